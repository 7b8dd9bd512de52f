//! Settings of the connection to PostgreSQL.

use serde::{Deserialize, Serialize};

/// How a PostgreSQL database is used. Where it is says the URI alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PostgresConfig {
    /// How many connections may be open at the same time; one more listens for changes of classes.
    pub pool: usize,
    /// How long to wait for a free connection, and for the server to accept a new one, in milliseconds.
    pub patience_ms: u64,
    /// How long one statement may take, in milliseconds; 0 means for ever.
    pub statement_timeout_ms: u64,
    /// How long a statement waits for what others have locked (a migration, a backup, a change of a class), in milliseconds.
    pub lock_timeout_ms: u64,
    /// How many statements a connection keeps prepared; 0 for a proxy that gives each transaction another connection.
    pub prepared: usize,
    /// Whether a server is used that doesn't flush to disk what it has answered (`fsync=off`): for tests only.
    pub accept_data_loss: bool,
}

impl Default for PostgresConfig {
    fn default() -> PostgresConfig {
        PostgresConfig {
            pool: 20,
            patience_ms: 10_000,
            statement_timeout_ms: 15_000,
            lock_timeout_ms: 10_000,
            prepared: 256,
            accept_data_loss: false,
        }
    }
}
