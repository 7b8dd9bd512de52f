//! The lock that keeps a second server away from the same database.

use std::{
    fs::{File, OpenOptions, TryLockError},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use storage::Error;

/// Holds the lock until it is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// How often a held lock is tried again.
const PAUSE: Duration = Duration::from_millis(25);

impl Lock {
    /// Takes the lock beside a database file, waiting a while for a server that is just stopping.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when another process holds it, or the folder can't be written.
    pub(super) async fn take(database: &Path, patience: Duration) -> Result<Lock, Error> {
        let path = beside(database);
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path).map_err(
                |error| {
                    Error::Unavailable(format!(
                        "{} can't be made ({}): the folder must exist and be writable for the server's user",
                        path.display(),
                        error.kind()
                    ))
                },
            )?;
        let end = Instant::now() + patience;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { _file: file }),
                Err(TryLockError::WouldBlock) if Instant::now() < end => tokio::time::sleep(PAUSE).await,
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::Unavailable(format!(
                        "another process uses {}: stop it first, two servers can't share an embedded database",
                        database.display()
                    )));
                }
                Err(TryLockError::Error(error)) => {
                    return Err(Error::Unavailable(format!(
                        "{} can't be locked: {}",
                        path.display(),
                        error.kind()
                    )));
                }
            }
        }
    }
}

fn beside(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}
