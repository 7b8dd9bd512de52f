//! The few ways in which the log touches its folder.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Makes a folder and those above it, for the owner only; an existing one is closed to others.
pub(crate) fn create_dir(path: &Path) -> Result<(), Error> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| Error::io("create the folder", path, error))?;
    let mode = fs::metadata(path).map_err(|error| Error::io("inspect", path, error))?.mode();
    if mode & 0o077 != 0 {
        fs::set_permissions(path, PermissionsExt::from_mode(0o700))
            .map_err(|error| Error::io("close to others", path, error))?;
    }
    Ok(())
}

/// Opens a file for its owner only.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

/// Makes a file with its content at once, unless it is there already.
pub(crate) fn create_once(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut nonce = [0; 8];
    getrandom::fill(&mut nonce)
        .map_err(|_| Error::Invalid { what: "system", why: "it gives no random numbers" })?;
    let draft = with_suffix(path, &format!(".{}.tmp", hex::encode(nonce)));
    let linked = (|| {
        let mut file = private().write(true).create_new(true).open(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::hard_link(&draft, path)
    })();
    let _ = fs::remove_file(&draft);
    match linked {
        Ok(()) => sync_dir(parent(path)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Error::io("create", path, error)),
    }
}

/// Reads a file; `None` when there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(Error::io("read", path, error)),
    }
}

/// Makes what was created or renamed in a folder durable.
pub(crate) fn sync_dir(path: &Path) -> Result<(), Error> {
    File::open(path).and_then(|dir| dir.sync_all()).map_err(|error| Error::io("sync the folder", path, error))
}

/// Gives the folder of a file.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

/// Adds to a file's name.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Tells whether an error means that the disk or the quota is full.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}
