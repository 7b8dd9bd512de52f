//! The server with a control port, as a process of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::OnceLock;

use reqwest::Method;
use serde_json::Value as Json;
use servers::{Running, origin};

use crate::process;

/// The one word that is application id, master key and JavaScript key.
const TEST: &str = "test";

/// A running server that scenarios empty, reconfigure and move through time; dropping it kills it.
pub struct Port {
    running: Running,
    /// Where Parse clients reach it.
    pub url: String,
    /// Where its control routes are.
    pub control: String,
    http: reqwest::Client,
}

/// The `parapet-conformance` program, built when a scenario first asks for it.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| process::build("parapet-conformance", &["--features", "server/conformance"]))
}

impl Port {
    /// Starts a server on a database, or on an embedded one of its own.
    pub fn start(database_uri: Option<&str>) -> Port {
        let mut command = Command::new(program());
        command.args(["--port", "0", "--control-port", "0"]);
        if let Some(uri) = database_uri {
            command.args(["--database-uri", uri]);
        }
        let (running, [url, control]) = process::listening(&mut command);
        Port { running, url, control, http: reqwest::Client::new() }
    }

    /// Asks one of the control routes.
    pub async fn control(&self, path: &str, body: &Json) -> (u16, Json) {
        let answer = self.http.post(format!("{}/{path}", self.control)).json(body).send().await;
        let answer = answer.expect("the control port answers");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    /// Asks the server with the master key; the path begins behind the mount path.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Json>) -> (u16, Json) {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .header("X-Parse-Application-Id", TEST)
            .header("X-Parse-Master-Key", TEST);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.expect("the server answers");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    /// Installs, approves and activates a plugin.
    pub async fn activate(&self, component: Vec<u8>) {
        process::activate(&self.http, &origin(&self.url), (TEST, TEST), component).await;
    }

    /// What the programs in JavaScript are told of it.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("PARAPET_URL", self.url.clone()),
            ("PARAPET_CONTROL", self.control.clone()),
            ("PARAPET_APP_ID", TEST.to_owned()),
            ("PARAPET_JS_KEY", TEST.to_owned()),
            ("PARAPET_MASTER_KEY", TEST.to_owned()),
            ("PARAPET_READ_ONLY_KEY", "read-only-test".to_owned()),
            ("PARAPET_MAINTENANCE_KEY", "testing".to_owned()),
        ]
    }

    /// Asks it to stop and waits until it has.
    pub fn stop(self) -> ExitStatus {
        process::stop(self.running)
    }
}
