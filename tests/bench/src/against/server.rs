//! One of the two servers, as a process of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, anyhow, bail};
use serde_json::{Value as Json, json};
use servers::{Running, origin};
use tempfile::TempDir;

/// The keys of both servers.
pub(crate) const APP_ID: &str = "test";
/// The key that clients carry.
pub(crate) const JAVASCRIPT_KEY: &str = "bench-js";
/// The key that opens everything.
pub(crate) const MASTER_KEY: &str = "bench-master";

/// A running server; dropping it kills it.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    /// Where it is, without a path.
    pub(crate) url: String,
    running: Running,
    http: reqwest::Client,
    _folder: Option<TempDir>,
}

impl Server {
    /// Starts parse-server with the Cloud Code that does what the guest does.
    ///
    /// # Errors
    /// A machine without Node, or without the packages of `tests/peer`.
    pub(crate) fn peer(database: &str) -> anyhow::Result<Server> {
        let folder = root()?.join("tests/peer");
        if !folder.join("node_modules/parse-server").exists() {
            bail!("tests/peer has no packages yet; `cargo xtask bench` installs them");
        }
        let port = servers::free_port()?;
        let mut node = Command::new("node");
        node.arg("serve.js").current_dir(&folder).envs([
            ("DATABASE_URI", database),
            ("PORT", &port.to_string()),
            ("MOUNT", "/parse"),
            ("CLOUD", "./cloud.js"),
            ("MASTER_KEY", MASTER_KEY),
            ("JAVASCRIPT_KEY", JAVASCRIPT_KEY),
            ("NODE_ENV", "production"),
        ]);
        Server::start("parse-server", node, None)
    }

    /// Starts Parapet, built as it is run.
    ///
    /// # Errors
    /// A server that isn't built or doesn't start.
    pub(crate) fn parapet(database: &str) -> anyhow::Result<Server> {
        let folder = tempfile::tempdir()?;
        // The one beside this program, so that both were built alike.
        let program = std::env::current_exe()?.with_file_name("parapet");
        let mut parapet = Command::new(&program);
        parapet.args(["serve", "--port", "0", "--data-dir"]).arg(folder.path().join("data")).envs([
            ("PARAPET_LOG", "warn"),
            ("PARSE_SERVER_APPLICATION_ID", APP_ID),
            ("PARSE_SERVER_MASTER_KEY", MASTER_KEY),
            ("PARSE_SERVER_JAVASCRIPT_KEY", JAVASCRIPT_KEY),
            ("PARSE_SERVER_DATABASE_URI", database),
        ]);
        Server::start("Parapet", parapet, Some(folder)).with_context(|| program.display().to_string())
    }

    fn start(name: &'static str, mut command: Command, folder: Option<TempDir>) -> anyhow::Result<Server> {
        let (running, [url]) = Running::start(&mut command).map_err(|said| anyhow!(said))?;
        Ok(Server { name, url: origin(&url), running, http: reqwest::Client::new(), _folder: folder })
    }

    /// Asks it once with the master key; the path begins behind the mount path.
    ///
    /// # Errors
    /// An answer that isn't a success.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: Option<&Json>) -> anyhow::Result<Json> {
        self.ask_with(("X-Parse-Master-Key", MASTER_KEY), method, path, body).await
    }

    /// Asks it as an app does.
    ///
    /// # Errors
    /// An answer that isn't a success.
    pub(crate) async fn ask_as_app(
        &self,
        method: &str,
        path: &str,
        body: Option<&Json>,
    ) -> anyhow::Result<Json> {
        self.ask_with(("X-Parse-Javascript-Key", JAVASCRIPT_KEY), method, path, body).await
    }

    async fn ask_with(
        &self,
        (header, key): (&str, &str),
        method: &str,
        path: &str,
        body: Option<&Json>,
    ) -> anyhow::Result<Json> {
        let mut request = self.http.request(method.parse()?, format!("{}/parse{path}", self.url));
        if let Some(body) = body {
            request = request.json(body);
        }
        answer(request.header(header, key)).await.with_context(|| format!("{method} {path}"))
    }

    /// Puts the guest to work in Parapet.
    ///
    /// # Errors
    /// A guest that it refuses.
    pub(crate) async fn activate(&self, component: &[u8]) -> anyhow::Result<()> {
        let plugins = format!("{}/parapet/v1/plugins", self.url);
        let ask = |path: String, body: Vec<u8>| {
            let request = self.http.post(format!("{plugins}{path}")).body(body);
            answer(request.header("X-Parse-Master-Key", MASTER_KEY))
        };
        let installed = ask(String::new(), component.to_vec()).await?;
        let name = installed.get("name").and_then(Json::as_str).context("an installed plugin has a name")?;
        let approval = json!({"version": installed.get("digest"), "by": "bench"});
        ask(format!("/{name}/approve"), approval.to_string().into_bytes()).await?;
        ask(format!("/{name}/activate"), Vec::new()).await?;
        Ok(())
    }

    /// The memory that it holds now, and the most that it held, in MiB.
    pub(crate) fn memory(&self) -> Option<(u64, u64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.running.id())).ok()?;
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            let kib: u64 = line.trim_start_matches(':').trim().split(' ').next()?.parse().ok()?;
            Some(kib / 1024)
        };
        Some((of("VmRSS")?, of("VmHWM")?))
    }
}

async fn answer(request: reqwest::RequestBuilder) -> anyhow::Result<Json> {
    let answer = request.header("X-Parse-Application-Id", APP_ID).send().await?;
    let (status, text) = (answer.status(), answer.text().await?);
    if !status.is_success() {
        bail!("{status} {text}");
    }
    Ok(serde_json::from_str(&text)?)
}

fn root() -> anyhow::Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).context("the workspace")?;
    Ok(root.to_owned())
}
