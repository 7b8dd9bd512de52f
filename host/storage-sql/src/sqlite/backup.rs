//! A copy of the database made while it is in use.

use std::{fs::File, path::Path};

use storage::Error;

use super::{Lite, connect, migrate, run};
use crate::{Config, error::Fault, statement::Statement};

/// Copies the database into a new file, checks the copy and flushes it.
///
/// # Errors
/// [`Error::Unavailable`] when the file exists or can't be written, and when the database isn't one or is damaged.
pub(super) async fn copy(config: &Config, to: &Path) -> Result<(), Error> {
    let wrong = |what: std::io::Error| {
        Error::Unavailable(format!("{} can't be written: {}", to.display(), what.kind()))
    };
    let path = to.to_str().ok_or_else(|| Error::Unavailable("the path of a backup must be UTF-8".into()))?;
    // Made by us, so that nobody else can read it at any moment; SQLite accepts an empty file.
    connect::make_new_file(to).map_err(wrong)?;
    let done = async {
        fill(config, path).await?;
        check(config, to).await
    };
    if let Err(fault) = done.await {
        // Half a copy is worse than none; if it can't be removed either, the fault says why.
        std::fs::remove_file(to).ok();
        return Err(fault.error);
    }
    let file = File::open(to).map_err(wrong)?;
    let folder = File::open(connect::folder(to)).map_err(wrong)?;
    let flush = tokio::task::spawn_blocking(move || file.sync_all().and_then(|()| folder.sync_all()));
    flush.await.map_err(|_| Error::Internal("a flush was cut off".into()))?.map_err(wrong)
}

async fn fill(config: &Config, path: &str) -> Result<(), Fault> {
    // A connection of its own: a long copy must keep neither a reader nor the writer busy.
    let mut connection = connect::copier(config).await?;
    let done = async {
        migrate::known(&mut connection).await?;
        let mut statement = Statement::new("VACUUM INTO ");
        statement.bind(&Lite, path);
        run::execute(&mut connection, statement).await
    }
    .await;
    run::close(connection).await;
    done.map(drop)
}

/// Reads the whole copy: a backup that can't be restored is found out now, not when it is needed.
async fn check(config: &Config, to: &Path) -> Result<(), Fault> {
    let mut connection = connect::looker(&Config { path: to.to_owned(), ..config.clone() }).await?;
    let said = run::texts(&mut connection, Statement::new("PRAGMA integrity_check(1)")).await;
    run::close(connection).await;
    if said? == ["ok"] {
        return Ok(());
    }
    let text = "the copy isn't sound, so the database may be damaged: keep older backups, and check the disk";
    Err(Error::Unavailable(text.into()).into())
}
