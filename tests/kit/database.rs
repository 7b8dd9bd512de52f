//! Databases of their own for scenarios.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A new database on the PostgreSQL of this run, by its URI.
pub fn postgres() -> String {
    let base = servers::postgres::shared().unwrap_or_else(|said| panic!("{said}"));
    let name = name();
    let mut psql = Command::new("psql");
    psql.args(["-X", "-q", "-c", &format!("CREATE DATABASE {name}"), &format!("{base}/postgres")]);
    let made = psql.stdin(Stdio::null()).output().expect("psql can be run, and the tests need it");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    format!("{base}/{name}")
}

/// A new database on what stands in for MongoDB in this process, by its URI.
pub fn mongodb() -> String {
    let server = servers::mongodb::shared().unwrap_or_else(|said| panic!("{said}"));
    server.uri(&name())
}

fn name() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("scenario_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}
