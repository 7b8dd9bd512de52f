//! The sections of the settings that belong to the server itself.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

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

impl Server {
    /// Checks the settings.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        for (zero, name) in
            [(self.max_connections == 0, "max_connections"), (self.header_timeout == 0, "header_timeout")]
        {
            anyhow::ensure!(!zero, "{name} must be larger than 0");
        }
        Ok(())
    }
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
