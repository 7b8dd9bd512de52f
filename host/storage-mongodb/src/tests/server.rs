//! Databases of their own on the server that stands in for MongoDB.

use std::sync::atomic::{AtomicU32, Ordering};

use servers::mongodb::{self, Server};

use crate::{Config, Mongo};

/// The server of everybody who doesn't harm it.
pub(super) fn shared() -> &'static Server {
    mongodb::shared().unwrap_or_else(|said| panic!("{said}"))
}

/// A server to kill, or one with options.
pub(super) fn own(options: &[&str]) -> Server {
    Server::start(options).unwrap_or_else(|said| panic!("{said}"))
}

/// Settings of a fresh database.
pub(super) fn config(server: &Server) -> Config {
    static DATABASES: AtomicU32 = AtomicU32::new(0);
    let number = DATABASES.fetch_add(1, Ordering::Relaxed);
    Config { uri: server.uri(&format!("t{number}")), ..Config::default() }
}

/// Opens a fresh database.
pub(super) async fn open(server: &Server) -> Mongo {
    Mongo::open(&config(server)).await.unwrap()
}
