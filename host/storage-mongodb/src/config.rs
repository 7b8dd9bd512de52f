//! Settings of a MongoDB database.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which MongoDB database is used, and how.
///
/// The connection string carries what is MongoDB's own: hosts, credentials, `replicaSet`, `tls`, `tlsCAFile`,
/// `tlsCertificateKeyFile`, `authSource` and the like. Its write concern and its `retryWrites` are overruled:
/// a change is answered when a majority has it in its journal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The connection string: `mongodb://…` or `mongodb+srv://…`. It may hold a password, so it is never shown, and it
    /// isn't a setting of this section: it is `database.uri`.
    #[serde(skip)]
    pub uri: String,
    /// What the names of all collections begin with, so that several applications may share a database.
    pub prefix: String,
    /// How many connections a server of the replica set is asked over at the same time.
    pub connections: u32,
    /// How long to wait for a server, a connection or a transaction, in milliseconds, before giving up.
    pub patience_ms: u64,
    /// How long one read may take on the server, in milliseconds. Together with the patience it should not exceed
    /// `data.request_timeout`: nobody waits for the rest.
    pub read_time_ms: u64,
}

/// The database when the connection string names none: the one that MongoDB's other drivers, and so parse-server, use then.
pub(crate) const DATABASE: &str = "test";

impl Default for Config {
    fn default() -> Config {
        Config {
            uri: "mongodb://localhost:27017/parse".into(),
            prefix: String::new(),
            connections: 100,
            patience_ms: 10_000,
            read_time_ms: 20_000,
        }
    }
}

/// Shows everything but the connection string.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("prefix", &self.prefix)
            .field("connections", &self.connections)
            .field("patience_ms", &self.patience_ms)
            .field("read_time_ms", &self.read_time_ms)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_connection_string_is_never_shown() {
        let config = Config { uri: "mongodb://ann:hunter2@db/parse".into(), ..Config::default() };
        assert!(!format!("{config:?}").contains("hunter2"));
        assert!(!serde_json::to_string(&config).unwrap().contains("hunter2"));
    }
}
