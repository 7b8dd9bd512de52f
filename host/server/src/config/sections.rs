//! The sections of the settings that belong to the server itself.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use anyhow::bail;
use serde::Deserialize;

/// Says where the server listens, where its data lie, and how it starts and stops.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// The address to listen on. Default: `127.0.0.1`, this machine alone.
    pub host: IpAddr,
    /// The port to listen on; 0 takes a free one. Default: 1337.
    pub port: u16,
    /// The folder that holds everything this server keeps. Default: `./parapet-data`.
    pub data_dir: PathBuf,
    /// The most connections that are open at once; more wait in the kernel. Default: 4096.
    pub max_connections: usize,
    /// How long a client may take to send the head of a request, in seconds. Default: 15.
    pub header_timeout: u64,
    /// How long requests in flight may go on after the server is told to stop, in seconds. Default: 20.
    pub drain: u64,
    /// What is logged, as levels by target: `info`, `warn,rest=debug`. Default: `info`.
    pub log: String,
    /// How a log line is written. Default: `text`.
    pub log_format: LogFormat,
}

impl Default for Server {
    fn default() -> Server {
        Server {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 1337,
            data_dir: PathBuf::from("parapet-data"),
            max_connections: 4096,
            header_timeout: 15,
            drain: 20,
            log: "info".to_owned(),
            log_format: LogFormat::Text,
        }
    }
}

/// Says how a log line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// Says which backend keeps the objects.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// Where the objects are kept: `sqlite:FILE`. Default: the `path` of `[database.sqlite]`.
    pub uri: Option<String>,
    /// How the embedded database is kept; a relative `path` lies in the data folder.
    pub sqlite: storage_sql::Config,
}

impl Database {
    /// The URI as it may be shown: of SQLite, which holds no secret, itself; of any other only that there is one.
    pub(super) fn shown_uri(&self) -> Option<&str> {
        self.uri.as_deref().map(|uri| if uri.starts_with("sqlite:") { uri } else { "[secret]" })
    }

    /// Finds the database file; a relative one lies in the data folder.
    ///
    /// # Errors
    /// A URI of another backend. The text names its scheme alone: a URI may hold a password.
    pub(super) fn file(&self, data_dir: &Path) -> anyhow::Result<PathBuf> {
        let Some(uri) = &self.uri else { return Ok(data_dir.join(&self.sqlite.path)) };
        let Some((scheme, rest)) = uri.split_once(':') else {
            bail!(
                "the database URI has no scheme: write sqlite:FILE, or leave it out for the embedded database"
            );
        };
        if !scheme.eq_ignore_ascii_case("sqlite") {
            let scheme: String =
                scheme.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '+').take(20).collect();
            bail!(
                "this version keeps objects in SQLite only, so a database URI with the scheme {scheme:?} can't be \
                 used: write sqlite:FILE, or leave it out for the embedded database"
            );
        }
        let file = rest.strip_prefix("//").unwrap_or(rest);
        if file.is_empty() || file.contains('?') || file == ":memory:" {
            bail!("the database URI must name a file without parameters: sqlite:FILE");
        }
        Ok(data_dir.join(file))
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("uri", &self.shown_uri()).field("sqlite", &self.sqlite).finish()
    }
}
