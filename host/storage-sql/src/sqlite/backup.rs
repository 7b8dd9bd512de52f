//! A copy of the database made while it is in use.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use storage::Error;

use super::{Lite, connect, migrate, run};
use crate::{Config, error::Fault, statement::Statement};

/// Copies the database into a new file, checks the copy and flushes it. Until it is whole its name ends in `.half`.
///
/// # Errors
/// [`Error::Unavailable`] when the file exists or can't be written, and when the database isn't one or is damaged.
pub(super) async fn copy(config: &Config, to: &Path) -> Result<(), Error> {
    let wrong = |file: &Path, what: io::Error| {
        Error::Unavailable(format!("{} can't be written: {}", file.display(), what.kind()))
    };
    if to.symlink_metadata().is_ok() {
        return Err(wrong(to, io::ErrorKind::AlreadyExists.into()));
    }
    let mut half = to.as_os_str().to_owned();
    half.push(".half");
    let half = PathBuf::from(half);
    let path =
        half.to_str().ok_or_else(|| Error::Unavailable("the path of a backup must be UTF-8".into()))?;
    // Made by us, so that nobody else can read it at any moment; SQLite accepts an empty file.
    connect::make_new_file(&half).map_err(|what| wrong(&half, what))?;
    let done = async {
        fill(config, path).await?;
        check(config, &half).await?;
        let (from, name) = (half.clone(), to.to_owned());
        let naming = tokio::task::spawn_blocking(move || {
            File::open(&from)?.sync_all()?;
            fs::rename(&from, &name)?;
            File::open(connect::folder(&name))?.sync_all()
        });
        let named = naming.await.map_err(|_| Error::Internal("a flush was cut off".into()))?;
        Ok::<_, Fault>(named.map_err(|what| wrong(to, what))?)
    };
    done.await.map_err(|fault| {
        // Half a copy is worse than none; if it can't be removed either, the fault says why.
        fs::remove_file(&half).ok();
        fault.error
    })
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
