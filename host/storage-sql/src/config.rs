//! Settings of the embedded database.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// How the embedded SQLite database is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The database file; made when it is missing, its folder isn't. `-wal`, `-shm` and `.lock` files appear beside it.
    pub path: PathBuf,
    /// How many reads may run at the same time, each on a connection and thread of its own.
    pub readers: usize,
    /// How many changes may wait for the writer before new ones wait to be queued.
    pub queue: usize,
    /// How many queued changes share one transaction, and so one flush to disk.
    pub group: usize,
    /// How long to wait for a lock or a free reader, in milliseconds, before giving up.
    pub patience_ms: u64,
    /// Memory for cached pages of each connection, in MiB.
    pub page_cache_mb: u32,
    /// The size that the database file may reach, in MiB; `None` leaves it to the disk.
    pub max_size_mb: Option<u32>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            path: PathBuf::from("parapet.db"),
            readers: 4,
            queue: 1024,
            group: 256,
            patience_ms: 10_000,
            page_cache_mb: 16,
            max_size_mb: None,
        }
    }
}
