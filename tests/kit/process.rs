//! The real server, as a process of its own on a free port.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;

use reqwest::Method;
use serde_json::Value as Json;

use crate::kit::{APP_ID, MASTER_KEY};

/// The JavaScript key of every such server.
pub const JAVASCRIPT_KEY: &str = "the-javascript-key-of-the-kit";

/// The `parapet` program, built when a scenario first asks for it.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        // The whole workspace's features: those that the tests were built with.
        let build = ["build", "--quiet", "--workspace", "--bin", "parapet"];
        let status = crate::guest::cargo().args(build).status().expect("cargo runs");
        assert!(status.success(), "the server doesn't build");
        crate::guest::target().join("debug/parapet")
    })
}

/// A running server; dropping it kills it.
pub struct Process {
    child: Child,
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
        command.env("PARAPET_LOG", "warn").stdin(Stdio::null()).stdout(Stdio::piped());
        change(&mut command);
        let mut child = command.spawn().expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
        let url = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.split_once("listens on ").map(|(_, url)| url.trim().to_owned()));
        let Some(url) = url else {
            let status = child.wait().expect("a process that ended");
            panic!("the server ended instead of listening ({status})");
        };
        // Nobody reads what else it says, but a full pipe must not stop it.
        std::thread::spawn(move || lines.for_each(drop));
        let origin = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        Process { child, url, origin, http: reqwest::Client::new() }
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
        let installed = self
            .http
            .post(format!("{}/parapet/v1/plugins", self.origin))
            .header("X-Parse-Application-Id", APP_ID)
            .header("X-Parse-Master-Key", MASTER_KEY)
            .body(component)
            .send()
            .await
            .expect("the server answers");
        let (status, text) = (installed.status().as_u16(), installed.text().await.expect("a whole answer"));
        assert_eq!(status, 201, "{text}");
        let body: Json = serde_json::from_str(&text).expect("JSON");
        let (name, digest) =
            (body["name"].as_str().expect("a name"), body["digest"].as_str().expect("a digest"));
        for act in ["approve", "activate"] {
            let body = match act {
                "approve" => serde_json::json!({"version": digest, "by": "the kit"}),
                _ => serde_json::json!({"version": digest}),
            };
            let path = format!("/parapet/v1/plugins/{name}/{act}");
            let (status, body) =
                self.ask(Method::POST, &path, Some(&body)).await.expect("the server answers");
            assert_eq!(status, 200, "{body}");
        }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to stop and waits until it has.
    pub fn stop(mut self) -> ExitStatus {
        let told = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", self.id())).status();
        assert!(told.expect("a shell").success(), "the server can't be told to stop");
        self.child.wait().expect("a process that ends")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
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
