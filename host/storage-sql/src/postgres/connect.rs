//! New connections, and what a server must promise before it is used.

use std::time::{Duration, Instant};

use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};
use storage::Error;

use super::{
    PostgresConfig, decode,
    fault::Fault,
    run,
    wire::{Limits, Wire},
};
use crate::statement::Statement;

/// How long to wait between tries while a server starts.
const PAUSE: Duration = Duration::from_millis(200);

/// What is known of the server and its database.
#[derive(Debug, Clone)]
pub(super) struct Server {
    /// Whether texts of columns without a collation of their own are in the order of their code points.
    pub(super) by_code_point: bool,
    /// The id by which this node tells its own notifications.
    pub(super) node: String,
}

/// Opens a connection.
pub(super) async fn open(options: &PgConnectOptions, limits: Limits) -> Result<Wire, Fault> {
    match tokio::time::timeout(limits.patience, options.connect()).await {
        Ok(connection) => Ok(Wire { inner: connection?, limits, behind: false }),
        Err(_) => {
            let text = "the database server doesn't answer: check that it runs and can be reached";
            Err(Fault { broken: true, ..Error::Unavailable(text.into()).into() })
        }
    }
}

/// Opens the first connection, waiting a while for a server that is just starting.
pub(super) async fn first(options: &PgConnectOptions, limits: Limits) -> Result<Wire, Fault> {
    let end = Instant::now() + limits.patience;
    loop {
        match open(options, limits).await {
            Err(fault) if Instant::now() < end && fault.may_pass => tokio::time::sleep(PAUSE).await,
            other => return other,
        }
    }
}

/// The oldest version that is understood, as the server numbers it.
const OLDEST: u32 = 140_000;

/// Asks what the server is, and refuses one that may lose what it has answered.
pub(super) async fn examine(connection: &mut Wire, config: &PostgresConfig) -> Result<Server, Fault> {
    let text = "SELECT current_setting('fsync'), current_setting('synchronous_commit'), \
        current_setting('server_encoding'), coalesce(current_schema(), ''), gen_random_uuid()::text, \
        (SELECT datcollate FROM pg_database WHERE datname = current_database()), \
        coalesce((SELECT to_jsonb(d)->>'datlocprovider' FROM pg_database d WHERE datname = current_database()), 'c'), \
        lower('Ä'), current_setting('server_version_num')";
    let rows = run::all(connection, Statement::new(text)).await?;
    let row =
        rows.first().ok_or_else(|| Error::Internal("the database server says nothing of itself".into()))?;
    let said = |at: usize| decode::text(row, at);
    let unavailable = |text: &str| Err(Error::Unavailable(text.to_owned()).into());
    if said(0)? != "on" && !config.accept_data_loss {
        return unavailable(
            "the database server may lose what it has answered: set fsync = on in its configuration",
        );
    }
    // An older one claims privileges on columns that aren't there.
    if said(8)?.parse::<u32>().is_ok_and(|version| version < OLDEST) {
        return unavailable("the database server is older than PostgreSQL 14: upgrade it");
    }
    if said(2)? != "UTF8" {
        return unavailable(
            "the database isn't encoded in UTF8: make one that is, and restore the data into it",
        );
    }
    if said(3)?.is_empty() {
        return unavailable("the database's user has no schema to work in: check its search_path and rights");
    }
    if said(1)? == "off" {
        tracing::warn!(
            "the database server answers before it flushes (synchronous_commit = off); this server asks it to wait"
        );
    }
    if said(7)? != "ä" {
        tracing::warn!(
            "the database's locale folds only ASCII letters: user names that differ in the case of others are told apart"
        );
    }
    let by_code_point = match said(6)? {
        "c" => matches!(said(5)?, "C" | "POSIX" | "C.UTF-8" | "C.utf8"),
        "b" => true,
        _ => false,
    };
    Ok(Server { by_code_point, node: said(4)?.to_owned() })
}
