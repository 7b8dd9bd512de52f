//! The server's own log: to standard error, never with a field's value.

use std::io::IsTerminal as _;

use anyhow::{Context as _, anyhow};
use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, Server};

/// Starts logging as the settings say; a second start in one process changes nothing.
///
/// # Errors
/// Levels that aren't understood.
pub(crate) fn start(server: &Server) -> anyhow::Result<()> {
    let filter = check(server)?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let started = match server.log_format {
        LogFormat::Text => log.with_target(false).try_init(),
        LogFormat::Json => log.json().try_init(),
    };
    // Tests of one process start it more than once.
    drop(started);
    Ok(())
}

/// Reads the levels that the settings name.
///
/// # Errors
/// Levels that aren't understood.
pub(crate) fn check(server: &Server) -> anyhow::Result<EnvFilter> {
    EnvFilter::builder()
        .parse(&server.log)
        .map_err(|_| anyhow!("write levels such as info, or warn,rest=debug"))
        .context("the setting log")
}
