//! Databases of their own for scenarios.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A new database on the PostgreSQL of this run, by its URI.
pub fn postgres() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let base = servers::postgres::shared().unwrap_or_else(|said| panic!("{said}"));
    let name = format!("scenario_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut psql = Command::new("psql");
    psql.args(["-X", "-q", "-c", &format!("CREATE DATABASE {name}"), &format!("{base}/postgres")]);
    let made = psql.stdin(Stdio::null()).output().expect("psql can be run, and the tests need it");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    format!("{base}/{name}")
}
