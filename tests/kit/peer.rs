//! The reference server, as a process of its own.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::{guest, node, process};

/// The keys of a database that changes hands.
pub const KEYS: [(&str, &str); 3] = [
    ("PARSE_SERVER_APPLICATION_ID", "test"),
    ("PARSE_SERVER_MASTER_KEY", "test-master"),
    ("PARSE_SERVER_JAVASCRIPT_KEY", "test-js"),
];

/// A running parse-server; dropping it kills it.
pub struct Peer {
    child: Child,
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
        // Let go of at once, so that the peer can have it.
        let port = std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|free| free.local_addr());
        let port = port.expect("a free port").port();
        let mut command = Command::new("node");
        command.arg("serve.js").current_dir(folder()).stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(Stdio::null()).envs([
            ("DATABASE_URI", database_uri),
            ("PORT", &port.to_string()),
            ("MASTER_KEY", "test-master"),
            ("JAVASCRIPT_KEY", "test-js"),
        ]);
        let (child, [url]) = process::listening(command);
        Peer { child, url }
    }

    /// Asks it to stop and waits until it has.
    pub fn stop(mut self) {
        process::terminate(&self.child);
        self.child.wait().expect("a process that ends");
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
