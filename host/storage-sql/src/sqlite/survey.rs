//! A look at a database file that changes nothing: could it be opened, and what would it offer?

use std::{fmt::Display, io::ErrorKind};

use ::storage::{Error, Features};

use super::{Sqlite, connect, migrate, run};
use crate::Config;

impl Sqlite {
    /// Looks whether [`Sqlite::open`] could use a file; a server may be using it meanwhile. A file that isn't there yet
    /// would be made, so it is right.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the file was written by a newer server or another program, or can't be read.
    pub async fn survey(config: &Config) -> Result<Features, Error> {
        let unusable = |why: &dyn Display| {
            Err(Error::Unavailable(format!("{} can't be a database: {why}", config.path.display())))
        };
        match config.path.metadata() {
            Ok(found) if found.is_file() => {}
            Ok(_) => return unusable(&"it isn't a file"),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(features()),
            Err(error) => return unusable(&error.kind()),
        }
        let looking = async {
            let mut connection = connect::looker(config).await?;
            let done = migrate::known(&mut connection).await;
            run::close(connection).await;
            done
        };
        looking.await.map_err(|fault| fault.error)?;
        Ok(features())
    }
}

/// What every such database offers: one server alone uses it, so nobody else changes it.
pub(super) fn features() -> Features {
    Features { explain: true, ..Features::default() }
}
