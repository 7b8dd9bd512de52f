//! The reference server, as a process of its own.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use servers::Running;

use crate::{guest, node, process};

/// The keys of a database that changes hands.
pub const KEYS: [(&str, &str); 3] = [
    ("PARSE_SERVER_APPLICATION_ID", "test"),
    ("PARSE_SERVER_MASTER_KEY", "test-master"),
    ("PARSE_SERVER_JAVASCRIPT_KEY", "test-js"),
];

/// A running parse-server; dropping it kills it.
pub struct Peer {
    running: Running,
    /// Where Parse clients reach it.
    pub url: String,
}

/// The folder of the reference server and of the steps of a takeover.
pub fn folder() -> PathBuf {
    guest::root().join("tests/peer")
}

impl Peer {
    /// Starts one on a database and waits until it listens.
    pub fn start(database_uri: &str) -> Peer {
        node::install(&folder());
        let port = servers::free_port().expect("a free port");
        let mut command = Command::new("node");
        command.arg("serve.js").current_dir(folder()).stderr(Stdio::null()).envs([
            ("DATABASE_URI", database_uri),
            ("PORT", &port.to_string()),
            ("MASTER_KEY", "test-master"),
            ("JAVASCRIPT_KEY", "test-js"),
        ]);
        let (running, [url]) = process::listening(&mut command);
        Peer { running, url }
    }

    /// Asks it to stop and waits until it has.
    pub fn stop(self) {
        process::stop(self.running);
    }
}
