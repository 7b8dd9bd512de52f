//! The real server, as a process of its own on a free port.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::OnceLock;

use reqwest::Method;
use serde_json::Value as Json;
use servers::{Running, origin};

use crate::kit::{APP_ID, MASTER_KEY};

/// The JavaScript key of every such server.
pub const JAVASCRIPT_KEY: &str = "the-javascript-key-of-the-kit";

/// The `parapet` program, built when a scenario first asks for it.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| build("parapet", &[]))
}

/// Builds a program of the server and says where it is.
pub(crate) fn build(name: &str, further: &[&str]) -> PathBuf {
    // The whole workspace's features: those that the tests were built with.
    let build = ["build", "--quiet", "--workspace", "--bin", name];
    let status = crate::guest::cargo().args(build).args(further).status().expect("cargo runs");
    assert!(status.success(), "{name} doesn't build");
    crate::guest::target().join("debug").join(name)
}

/// A running server; dropping it kills it.
pub struct Process {
    running: Running,
    /// Where Parse clients reach it.
    pub url: String,
    /// Where it is, without a mount path.
    pub origin: String,
    http: reqwest::Client,
}

impl Process {
    /// Starts a server in a data folder and waits until it listens.
    pub fn start(data_dir: &Path) -> Process {
        Process::start_with(data_dir, |_| {})
    }

    /// Starts a server whose command a scenario changes first.
    pub fn start_with(data_dir: &Path, change: impl FnOnce(&mut Command)) -> Process {
        let mut command = command();
        command.args(["serve", "--port", "0", "--data-dir"]).arg(data_dir);
        command.env("PARAPET_LOG", "warn");
        change(&mut command);
        let (running, [url]) = listening(&mut command);
        Process { running, origin: origin(&url), url, http: reqwest::Client::new() }
    }

    /// What the programs in JavaScript are told of it.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("PARAPET_URL", self.url.clone()),
            ("PARAPET_APP_ID", APP_ID.to_owned()),
            ("PARAPET_JS_KEY", JAVASCRIPT_KEY.to_owned()),
            ("PARAPET_MASTER_KEY", MASTER_KEY.to_owned()),
        ]
    }

    /// Asks it once with the master key; the path begins behind the origin.
    ///
    /// # Errors
    /// A server that doesn't answer.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Json>,
    ) -> Result<(u16, Json), reqwest::Error> {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.origin))
            .header("X-Parse-Application-Id", APP_ID)
            .header("X-Parse-Master-Key", MASTER_KEY);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let text = answer.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Json::String(text))))
    }

    /// Installs, approves and activates a plugin.
    pub async fn activate(&self, component: Vec<u8>) {
        activate(&self.http, &self.origin, (APP_ID, MASTER_KEY), component).await;
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.running.id()
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(self) {
        drop(self.running);
    }

    /// Asks it to stop and waits until it has.
    pub fn stop(self) -> ExitStatus {
        stop(self.running)
    }
}

/// Starts a server and waits until it has said where it listens, as often as wanted.
pub(crate) fn listening<const TIMES: usize>(command: &mut Command) -> (Running, [String; TIMES]) {
    Running::start(command).unwrap_or_else(|said| panic!("{said}"))
}

/// Asks a server to stop and waits until it has.
pub(crate) fn stop(running: Running) -> ExitStatus {
    running.stop().expect("a server that can be stopped")
}

/// Installs, approves and activates a plugin on a server with these keys.
pub(crate) async fn activate(
    http: &reqwest::Client,
    origin: &str,
    (app_id, master_key): (&str, &str),
    component: Vec<u8>,
) {
    let ask = |path: String, body: reqwest::Body| async move {
        let request = http.post(format!("{origin}/parapet/v1/plugins{path}")).body(body);
        let request =
            request.header("X-Parse-Application-Id", app_id).header("X-Parse-Master-Key", master_key);
        let answer = request.send().await.expect("the server answers");
        let (status, text) = (answer.status(), answer.text().await.expect("a whole answer"));
        assert!(status.is_success(), "{status} {text}");
        serde_json::from_str::<Json>(&text).expect("JSON")
    };
    let body = ask(String::new(), component.into()).await;
    let (name, digest) = (body["name"].as_str().expect("a name"), body["digest"].as_str().expect("a digest"));
    for (act, body) in [
        ("approve", serde_json::json!({"version": digest, "by": "the kit"})),
        ("activate", serde_json::json!({"version": digest})),
    ] {
        ask(format!("/{name}/{act}"), body.to_string().into()).await;
    }
}

/// The program with the kit's keys and nothing of this process's own settings.
pub fn command() -> Command {
    let mut command = Command::new(program());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name == "PORT" || name.starts_with("PARAPET_") || name.starts_with("PARSE_SERVER_") {
            command.env_remove(&*name);
        }
    }
    command
        .env("PARSE_SERVER_APPLICATION_ID", APP_ID)
        .env("PARSE_SERVER_MASTER_KEY", MASTER_KEY)
        .env("PARSE_SERVER_JAVASCRIPT_KEY", JAVASCRIPT_KEY);
    command
}
