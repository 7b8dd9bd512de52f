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

/// Names the backend of kits, `postgresql` or `mongodb`, where it isn't to be SQLite.
const VARIABLE: &str = "KIT_DATABASE";

/// What kits keep their objects in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// An embedded database in each kit's data folder.
    Sqlite,
    /// A database of each kit's own.
    Postgres,
    /// A database of each kit's own.
    MongoDb,
}

impl Backend {
    /// The one of this test run.
    pub fn of_kits() -> Backend {
        match std::env::var(VARIABLE).ok().as_deref() {
            None | Some("" | "sqlite") => Backend::Sqlite,
            Some("postgresql") => Backend::Postgres,
            Some("mongodb") => Backend::MongoDb,
            Some(other) => panic!("{VARIABLE} is sqlite, postgresql or mongodb, not {other}"),
        }
    }

    /// A new database of it, by its URI; none for the embedded one.
    pub(crate) fn database(self) -> Option<String> {
        match self {
            Backend::Sqlite => None,
            Backend::Postgres => Some(postgres()),
            Backend::MongoDb => Some(mongodb()),
        }
    }
}

fn name() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("scenario_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}
