//! A look at a database that changes nothing: could it be opened, and what would it offer?

use ::storage::{Error, Features};

use super::{
    Postgres, PostgresConfig, connect,
    fault::Fault,
    run, uri,
    wire::{Limits, Wire},
};
use crate::statement::Statement;

impl Postgres {
    /// Looks whether a URI and its settings are understood, without connecting.
    ///
    /// # Errors
    /// [`Error::Unavailable`] with what to write; no text quotes the URI.
    pub fn understands(uri: &str, config: &PostgresConfig) -> Result<(), Error> {
        uri::options(uri, config).map(drop)
    }

    /// Looks whether [`Postgres::open`] could use the database of a URI.
    ///
    /// # Errors
    /// As [`Postgres::open`].
    pub async fn survey(uri: &str, config: &PostgresConfig) -> Result<Features, Error> {
        let (options, _) = uri::options(uri, config)?;
        let looking = async {
            let mut connection = connect::first(&options, Limits::new(config)).await?;
            let done = look(&mut connection, config).await;
            run::close(connection).await;
            done
        };
        looking.await.map_err(|fault| fault.error)?;
        Ok(features())
    }
}

async fn look(connection: &mut Wire, config: &PostgresConfig) -> Result<(), Fault> {
    connect::examine(connection, config).await?;
    let closed = "SELECT (current_setting('transaction_read_only') = 'on')::int::bigint";
    if run::number(connection, Statement::new(closed)).await? != 0 {
        return Err(Fault::read_only());
    }
    // Each class is a table, and clients make classes.
    let may = "SELECT has_schema_privilege(current_schema(), 'CREATE')::int::bigint";
    if run::number(connection, Statement::new(may)).await? == 0 {
        let text = "the database's user may not make tables: GRANT CREATE ON its schema to it";
        return Err(Error::Unavailable(text.into()).into());
    }
    Ok(())
}

/// What every such database offers: parse-server's tables have no place for more.
pub(super) fn features() -> Features {
    Features {
        explicit_nulls: false,
        nul_characters: false,
        file_urls: false,
        change_feed: true,
        explain: true,
        ..Features::default()
    }
}
