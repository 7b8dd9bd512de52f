//! The section of the settings that says where objects are kept.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use anyhow::{anyhow, bail, ensure};
use serde::Deserialize;

/// Says which backend keeps the objects.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// Where the objects are kept: `sqlite:FILE`, `postgres://USER:PASSWORD@HOST/DATABASE` or
    /// `mongodb://USER:PASSWORD@HOST/DATABASE` (also `mongodb+srv://`).
    /// Default: the `path` of `[database.sqlite]`.
    pub uri: Option<String>,
    /// How the embedded database is kept; a relative `path` lies in the data folder.
    pub sqlite: storage_sql::Config,
    /// How a PostgreSQL database is used.
    pub postgres: storage_sql::PostgresConfig,
    /// How a MongoDB database is used.
    pub mongodb: storage_mongodb::Config,
}

/// Where objects are kept.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// In an embedded database, in this file.
    Sqlite(PathBuf),
    /// In a PostgreSQL database with this URI.
    Postgres(String),
    /// In a MongoDB database with this URI.
    MongoDb(String),
}

impl Database {
    /// Finds out where the objects are kept; a relative file lies in the data folder.
    ///
    /// # Errors
    /// A URI of a backend that this server doesn't have. The text names its scheme alone: a URI may hold a password.
    pub(super) fn place(&self, data_dir: &Path) -> anyhow::Result<Place> {
        let Some(uri) = &self.uri else { return Ok(Place::Sqlite(data_dir.join(&self.sqlite.path))) };
        let Some((scheme, rest)) = uri.split_once(':') else {
            bail!(
                "the database URI has no scheme: write sqlite:FILE or postgres://…, or leave it out for the embedded \
                 database"
            );
        };
        match scheme.to_ascii_lowercase().as_str() {
            "sqlite" => {
                let file = rest.strip_prefix("//").unwrap_or(rest);
                if file.is_empty() || file.contains('?') || file == ":memory:" {
                    bail!("the database URI must name a file without parameters: sqlite:FILE");
                }
                Ok(Place::Sqlite(data_dir.join(file)))
            }
            "postgres" | "postgresql" => Ok(Place::Postgres(uri.clone())),
            "mongodb" | "mongodb+srv" => Ok(Place::MongoDb(uri.clone())),
            _ => {
                let scheme: String =
                    scheme.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '+').take(20).collect();
                bail!(
                    "this version keeps objects in SQLite, PostgreSQL and MongoDB, so a database URI with the scheme \
                     {scheme:?} can't be used: write sqlite:FILE, postgres://… or mongodb://…, or leave it out for \
                     the embedded database"
                );
            }
        }
    }

    /// Checks the numbers of all sections, also of those that aren't used: they were meant.
    ///
    /// # Errors
    /// The first setting that can't be used.
    pub(super) fn check(&self, place: &Place) -> anyhow::Result<()> {
        let (sqlite, postgres, mongodb) = (&self.sqlite, &self.postgres, &self.mongodb);
        for (zero, name) in [
            (sqlite.readers == 0, "sqlite.readers"),
            (sqlite.queue == 0, "sqlite.queue"),
            (sqlite.group == 0, "sqlite.group"),
            (sqlite.patience_ms == 0, "sqlite.patience_ms"),
            (sqlite.max_size_mb == Some(0), "sqlite.max_size_mb"),
            (postgres.pool == 0, "postgres.pool"),
            (postgres.patience_ms == 0, "postgres.patience_ms"),
            (postgres.lock_timeout_ms == 0, "postgres.lock_timeout_ms"),
            (mongodb.connections == 0, "mongodb.connections"),
            (mongodb.patience_ms == 0, "mongodb.patience_ms"),
            (mongodb.read_time_ms == 0, "mongodb.read_time_ms"),
        ] {
            ensure!(!zero, "database.{name} must be larger than 0");
        }
        for (value, name) in [
            (postgres.statement_timeout_ms, "postgres.statement_timeout_ms"),
            (postgres.lock_timeout_ms, "postgres.lock_timeout_ms"),
            (postgres.patience_ms, "postgres.patience_ms"),
            (mongodb.patience_ms, "mongodb.patience_ms"),
            (mongodb.read_time_ms, "mongodb.read_time_ms"),
            (sqlite.patience_ms, "sqlite.patience_ms"),
        ] {
            // The databases hold it in 31 bits.
            ensure!(
                i32::try_from(value).is_ok(),
                "database.{name} must be at most {}, which is 24 days",
                i32::MAX
            );
        }
        if !mongodb.prefix.is_empty() && !matches!(place, Place::MongoDb(_)) {
            bail!(
                "only a MongoDB database has a prefix before its collections: give each application a PostgreSQL \
                 database or an SQLite file of its own"
            );
        }
        let understood = match place {
            Place::Sqlite(_) => Ok(()),
            Place::Postgres(uri) => storage_sql::Postgres::understands(uri, postgres),
            Place::MongoDb(uri) => {
                let settings = storage_mongodb::Config { uri: uri.clone(), ..mongodb.clone() };
                storage_mongodb::Mongo::understands(&settings)
            }
        };
        understood.map_err(|error| match error {
            // Nothing was asked yet that could be unavailable.
            storage::Error::Unavailable(text) => anyhow!(text),
            other => other.into(),
        })
    }

    /// The URI as it may be shown.
    pub(super) fn shown_uri(&self) -> Option<String> {
        self.uri.as_deref().map(shown)
    }
}

/// A URI without its password and its parameters; nothing of one that isn't understood.
fn shown(uri: &str) -> String {
    let secret = || "[secret]".to_owned();
    if uri.starts_with("sqlite:") {
        return uri.to_owned();
    }
    let Some((scheme, rest)) = uri.split_once("://") else { return secret() };
    if !["postgres", "postgresql", "mongodb", "mongodb+srv"].contains(&scheme) {
        return secret();
    }
    let (rest, tail) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    // A password may hold these characters too; then the cut lies within it.
    if tail.contains('@') {
        return secret();
    }
    // What comes before the last @ are user and password, whatever characters they have.
    match rest.rsplit_once('@') {
        Some((who, place)) => match who.split_once(':') {
            Some((user, _)) => format!("{scheme}://{user}:[secret]@{place}"),
            None => format!("{scheme}://{who}@{place}"),
        },
        None => format!("{scheme}://{rest}"),
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Database");
        shown.field("uri", &self.shown_uri()).field("sqlite", &self.sqlite);
        shown.field("postgres", &self.postgres).field("mongodb", &self.mongodb).finish()
    }
}

/// Shows no password.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Sqlite(file) => write!(f, "{}", file.display()),
            Place::Postgres(uri) | Place::MongoDb(uri) => f.write_str(&shown(uri)),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(uri: &str) -> Database {
        Database { uri: Some(uri.to_owned()), ..Database::default() }
    }

    #[test]
    fn a_uri_says_which_backend_and_keeps_its_password() {
        let place = |uri: &str| database(uri).place(Path::new("/d"));
        assert_eq!(place("sqlite:my.db").unwrap(), Place::Sqlite("/d/my.db".into()));
        assert_eq!(place("sqlite:///var/my.db").unwrap(), Place::Sqlite("/var/my.db".into()));
        for uri in ["postgres://u:hunter2@h/d", "postgresql://u:hunter2@h:5432/d?sslmode=require"] {
            assert_eq!(place(uri).unwrap(), Place::Postgres(uri.to_owned()));
        }
        for uri in ["mongodb://u:hunter2@h/d", "mongodb+srv://u:hunter2@h/d"] {
            assert_eq!(place(uri).unwrap(), Place::MongoDb(uri.to_owned()));
        }
        for uri in ["mysql://u:hunter2@h/d", "hunter2", "sqlite:", "sqlite::memory:"] {
            let said = format!("{:#}", place(uri).unwrap_err());
            assert!(said.contains("sqlite:FILE") && !said.contains("hunter2"), "{said}");
        }
        assert!(place("mysql://x").unwrap_err().to_string().contains("\"mysql\""));
    }

    #[test]
    fn a_uri_is_shown_without_its_password() {
        for (uri, expected) in [
            ("postgres://u:hunter2@h:5432/d", "postgres://u:[secret]@h:5432/d"),
            ("postgres://u:hun@ter2:x@h/d?password=hunter2", "postgres://u:[secret]@h/d"),
            ("postgres://u@h/d", "postgres://u@h/d"),
            ("postgres://u:hun#ter2@h/d", "[secret]"),
            ("hunter2", "[secret]"),
            ("mongodb://u:hunter2@h", "mongodb://u:[secret]@h"),
            ("mysql://u:hunter2@h", "[secret]"),
        ] {
            let database = database(uri);
            assert_eq!(database.shown_uri().unwrap(), expected);
            assert!(!format!("{database:?}").contains("hunter2"));
            assert!(
                database.place(Path::new("/d")).is_ok_and(|place| place.to_string() == expected)
                    || expected == "[secret]"
            );
        }
    }
}
