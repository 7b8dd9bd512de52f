//! The server of the demo: started on a free port, asked, stopped.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, anyhow, bail};
use serde_json::Value;

use crate::web::{self, Answer};

/// A running server; dropping it ends it at once.
pub(crate) struct Server {
    child: Child,
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
        let mut child = super::command(parapet)
            .args(["serve", "--port", "0", "--data-dir"])
            .arg(data_dir)
            .env("PARAPET_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("the server can't be started")?;
        let said = child.stdout.take().context("the server has no output")?;
        let mut address = None;
        let mut lines = BufReader::new(said).lines();
        for line in lines.by_ref() {
            if let Some((_, url)) = line?.split_once("listens on http://") {
                address = url.split('/').next().and_then(|address| address.parse().ok());
                break;
            }
        }
        let Some(address) = address else {
            let status = child.wait()?;
            bail!("the server ended instead of listening ({status})");
        };
        // Nobody reads what else it says, but it must not be stopped by a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let keys = keys(data_dir)?;
        Ok(Server { child, address, data_dir: data_dir.to_owned(), keys })
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
    pub(crate) fn wait(mut self) -> anyhow::Result<()> {
        let status = self.child.wait()?;
        if !status.success() {
            bail!("the server failed ({status})");
        }
        Ok(())
    }

    /// Asks it to stop and waits until it has.
    ///
    /// # Errors
    /// An end that wasn't orderly.
    pub(crate) fn stop(self) -> anyhow::Result<()> {
        // The shell's own kill: a bare machine may have no other.
        let id = self.child.id();
        let status = Command::new("sh").arg("-c").arg(format!("kill -TERM {id}")).status()?;
        if !status.success() {
            bail!("the server can't be told to stop");
        }
        self.wait()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads the key file: lines of `name = "key"`.
fn keys(data_dir: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(data_dir.join("keys.toml")).context("the key file can't be read")?;
    let pairs = text.lines().filter_map(|line| line.split_once(" = \""));
    Ok(pairs.map(|(name, key)| (name.to_owned(), key.trim_end_matches('"').to_owned())).collect())
}
