//! The server of the demo: started on a free port, asked, stopped.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use anyhow::{Context as _, anyhow, bail};
use serde_json::Value;
use servers::{Running, origin};

use crate::web::{self, Answer};

/// A running server; dropping it ends it at once.
pub(crate) struct Server {
    running: Running,
    address: SocketAddr,
    data_dir: PathBuf,
    keys: BTreeMap<String, String>,
}

impl Server {
    /// Starts a server on a free port and waits until it listens.
    ///
    /// # Errors
    /// A server that ends instead.
    pub(crate) fn start(parapet: &Path, data_dir: &Path) -> anyhow::Result<Server> {
        let mut command = super::command(parapet);
        command.args(["serve", "--port", "0", "--data-dir"]).arg(data_dir).env("PARAPET_LOG", "warn");
        let (running, [url]) = Running::start(&mut command).map_err(|said| anyhow!(said))?;
        let address =
            origin(&url).trim_start_matches("http://").parse().context("where the server listens")?;
        let keys = keys(data_dir)?;
        Ok(Server { running, address, data_dir: data_dir.to_owned(), keys })
    }

    /// Where it is, without its mount path.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its data folder.
    pub(crate) fn data_dir(&self) -> String {
        self.data_dir.display().to_string()
    }

    /// One of the keys that its first start made.
    ///
    /// # Errors
    /// A key that it didn't make.
    pub(crate) fn key(&self, name: &str) -> anyhow::Result<&str> {
        self.keys.get(name).map(String::as_str).ok_or_else(|| anyhow!("the key file holds no {name}"))
    }

    /// Asks it once.
    ///
    /// # Errors
    /// A server that doesn't answer.
    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        web::ask(self.address, method, path, headers, body)
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// An end that wasn't orderly.
    pub(crate) fn wait(self) -> anyhow::Result<()> {
        orderly(self.running.wait()?)
    }

    /// Asks it to stop and waits until it has.
    ///
    /// # Errors
    /// An end that wasn't orderly.
    pub(crate) fn stop(self) -> anyhow::Result<()> {
        orderly(self.running.stop()?)
    }
}

fn orderly(end: ExitStatus) -> anyhow::Result<()> {
    if end.success() { Ok(()) } else { bail!("the server failed ({end})") }
}

/// Reads the key file: lines of `name = "key"`.
fn keys(data_dir: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(data_dir.join("keys.toml")).context("the key file can't be read")?;
    let pairs = text.lines().filter_map(|line| line.split_once(" = \""));
    Ok(pairs.map(|(name, key)| (name.to_owned(), key.trim_end_matches('"').to_owned())).collect())
}
