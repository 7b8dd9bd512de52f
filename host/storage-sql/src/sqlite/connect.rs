//! Connections to the database file, and what every one of them is told.

use std::{
    cmp::Ordering,
    fs::{File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    time::Duration,
};

use sqlx::{
    ConnectOptions as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use crate::{Config, error::Fault};

/// Marks the file as Parapet's in its header: `Para`.
pub(super) const APPLICATION_ID: i64 = 0x5061_7261;

/// The collation of unique groups that ignore case, for letters of every script.
pub(super) const FOLD: &str = "parapet_fold";

/// The size of a page in bytes, SQLite's own default.
const PAGE_BYTES: u64 = 4096;

/// How many statements a connection keeps prepared.
const PREPARED: usize = 256;

/// Makes the file, if it is missing, for its owner's eyes only: it holds PHI. Its companions inherit the mode.
pub(super) fn make_file(config: &Config) -> io::Result<()> {
    let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&config.path)?;
    if file.metadata()?.len() > 0 {
        return Ok(());
    }
    // SQLite flushes what is in the file, not that there is one.
    File::open(folder(&config.path))?.sync_all()
}

/// The folder that a file is in.
pub(super) fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a new, empty file for its owner's eyes only.
pub(super) fn make_new_file(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map(drop)
}

/// Opens the connection that writes.
pub(super) async fn writer(config: &Config) -> Result<SqliteConnection, Fault> {
    let mut options = common(config)
        .journal_mode(SqliteJournalMode::Wal)
        // Every commit is flushed to disk before it is answered.
        .synchronous(SqliteSynchronous::Full)
        .pragma("wal_autocheckpoint", "2000")
        .pragma("journal_size_limit", "67108864")
        // What was deleted is overwritten where that costs no extra writes.
        .pragma("secure_delete", "FAST");
    if let Some(limit) = config.max_size_mb {
        options = options.pragma("max_page_count", (u64::from(limit) * 1024 * 1024 / PAGE_BYTES).to_string());
    }
    Ok(options.connect().await?)
}

/// Opens a connection that only reads.
pub(super) async fn reader(config: &Config) -> Result<SqliteConnection, Fault> {
    Ok(common(config).pragma("query_only", "ON").connect().await?)
}

/// Opens a connection that can't change anything, not even beside a server that writes.
pub(super) async fn looker(config: &Config) -> Result<SqliteConnection, Fault> {
    Ok(common(config).read_only(true).connect().await?)
}

/// Opens a connection for copying; it never changes the database itself.
pub(super) async fn copier(config: &Config) -> Result<SqliteConnection, Fault> {
    Ok(common(config).connect().await?)
}

fn common(config: &Config) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(&config.path)
        .busy_timeout(Duration::from_millis(config.patience_ms))
        .statement_cache_capacity(PREPARED)
        .row_buffer_size(256)
        .thread_name(|number| format!("sqlite-{number}"))
        .collation(FOLD, folded)
        .pragma("cache_size", format!("-{}", u64::from(config.page_cache_mb) * 1024))
        // Nothing of a sort or a temporary table reaches a disk.
        .pragma("temp_store", "MEMORY")
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON")
        // The driver would log statements.
        .disable_statement_logging()
}

/// Compares two texts without regard to case.
fn folded(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() {
        let lower = |byte: u8| byte.to_ascii_lowercase();
        return a.bytes().map(lower).cmp(b.bytes().map(lower));
    }
    a.to_lowercase().cmp(&b.to_lowercase())
}
