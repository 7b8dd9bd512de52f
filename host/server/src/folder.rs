//! The data folder: made for its owner alone, held by one process.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};

/// Holds the data folder for this process; dropping it lets another process have it.
#[derive(Debug)]
pub(crate) struct Folder {
    _lock: File,
}

impl Folder {
    /// Makes the folder if it isn't there, locks it, and proves that it can be written.
    ///
    /// # Errors
    /// Why the folder can't be used, in words that say what to do.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Folder> {
        make(path)?;
        let lock = lock(path)?;
        probe(path)?;
        let mode = fs::metadata(path).map(|metadata| metadata.permissions().mode()).unwrap_or_default();
        if mode & 0o077 != 0 {
            tracing::warn!(folder = %path.display(), "others on this machine can look into the data folder: chmod 700 it");
        }
        Ok(Folder { _lock: lock })
    }
}

/// Whether another process holds a lock file; nothing is made or changed.
pub(crate) fn is_held(lock: &Path) -> bool {
    // A shared lock for an instant is the only way to ask.
    File::open(lock).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// The process that holds a data folder, as a person may be told of it; `None` when nobody does.
pub(crate) fn holder(path: &Path) -> Option<String> {
    let at = path.join("lock");
    let pid = || fs::read_to_string(&at).ok()?.trim().parse::<u32>().ok();
    is_held(&at).then(|| pid().map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}")))
}

/// Looks whether a folder could be used: it, or the nearest one above it that is there, can be written.
///
/// # Errors
/// Why it couldn't, in words that say what to do.
pub(crate) fn survey(path: &Path) -> anyhow::Result<()> {
    let named = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let there =
        named.ancestors().map(|above| if above.as_os_str().is_empty() { Path::new(".") } else { above });
    for above in there {
        match fs::metadata(above) {
            Ok(found) if !found.is_dir() => bail!("{} is not a folder", above.display()),
            Ok(_) => {
                let may = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
                return rustix::fs::access(above, may)
                    .map_err(|error| explain(&error.into()))
                    .with_context(|| above.display().to_string());
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(explain(&error)).with_context(|| above.display().to_string()),
        }
    }
    Ok(())
}

/// Makes a folder that its owner alone may enter.
///
/// # Errors
/// Why it can't be made.
pub(crate) fn make(path: &Path) -> anyhow::Result<()> {
    match DirBuilder::new().recursive(true).mode(0o700).create(path) {
        Ok(()) if path.is_dir() => Ok(()),
        Ok(()) => bail!("{} is not a folder", path.display()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => bail!("{} is not a folder", path.display()),
        Err(error) => Err(explain(&error)).with_context(|| path.display().to_string()),
    }
}

/// Writes a file that its owner alone may read: it is there whole and durable, or not at all.
///
/// # Errors
/// Why it can't be written.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let half = path.with_extension("half");
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&half)?;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&half, path)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|error| explain(&error)).with_context(|| path.display().to_string())
}

/// Reads a file that must be its owner's alone; `None` if it isn't there.
///
/// # Errors
/// A file that others may read, or that can't be read.
pub(crate) fn read_private(path: &Path) -> anyhow::Result<Option<String>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(explain(&error)).with_context(|| path.display().to_string()),
    };
    let mode = file.metadata().map(|metadata| metadata.permissions().mode()).unwrap_or_default();
    if mode & 0o077 != 0 {
        bail!("others on this machine can read {}: chmod 600 it, and change the keys in it", path.display());
    }
    let mut text = String::new();
    file.read_to_string(&mut text).with_context(|| path.display().to_string())?;
    Ok(Some(text))
}

fn lock(path: &Path) -> anyhow::Result<File> {
    let at = path.join("lock");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&at)
        .map_err(|error| explain(&error))
        .with_context(|| at.display().to_string())?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            let holder =
                holder.trim().parse::<u32>().map(|pid| format!(" (process {pid})")).unwrap_or_default();
            bail!(
                "{} is in use by another server{holder}: stop it, or choose another data folder",
                path.display()
            );
        }
        Err(TryLockError::Error(error)) => {
            return Err(explain(&error)).with_context(|| at.display().to_string());
        }
    }
    file.set_len(0)
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(|error| explain(&error))
        .with_context(|| at.display().to_string())?;
    Ok(file)
}

/// Writes and removes a small file, so that a full or read-only disk is told before anything is served.
fn probe(path: &Path) -> anyhow::Result<()> {
    let at = path.join("probe");
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&at)?;
        file.write_all(&[0; 65_536])?;
        file.sync_all()
    };
    let wrote = write();
    let _ = fs::remove_file(&at);
    wrote.map_err(|error| explain(&error)).with_context(|| path.display().to_string())
}

/// Says what went wrong with a file and what to do about it.
pub(crate) fn explain(error: &io::Error) -> anyhow::Error {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            anyhow!("the disk is full: free some space and start again")
        }
        ErrorKind::ReadOnlyFilesystem => anyhow!("the disk is mounted read-only"),
        ErrorKind::PermissionDenied => {
            anyhow!(
                "this user may not write here: change the owner, or choose another folder with PARAPET_DATA_DIR"
            )
        }
        _ => anyhow!("{error}"),
    }
}

/// Says what another crate's error means for whoever runs the server: once, and with what to do about a disk.
pub(crate) fn told(error: impl std::error::Error + 'static) -> anyhow::Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(current) = cause {
        let io = current.downcast_ref::<io::Error>();
        if let Some(io) = io.or_else(|| current.downcast_ref::<Arc<io::Error>>().map(Arc::as_ref))
            && !matches!(io.kind(), ErrorKind::NotFound | ErrorKind::Other)
        {
            return explain(io);
        }
        cause = current.source();
    }
    anyhow!("{error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_made_for_its_owner_and_held_by_one() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("a/b");
        let folder = Folder::open(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        let said = format!("{:#}", Folder::open(&path).unwrap_err());
        assert!(
            said.contains(&format!("in use by another server (process {})", std::process::id())),
            "{said}"
        );
        assert_eq!(holder(&path), Some(format!("process {}", std::process::id())));
        drop(folder);
        assert_eq!(holder(&path), None);
        Folder::open(&path).unwrap();
    }

    #[test]
    fn a_look_makes_nothing() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("a/b");
        survey(&path).unwrap();
        survey(Path::new("parapet-data-of-nobody")).unwrap();
        assert!(!path.exists() && holder(&path).is_none() && !path.exists());
        fs::write(temp.path().join("file"), "").unwrap();
        assert!(survey(&temp.path().join("file/below")).unwrap_err().to_string().contains("file"));
    }

    #[test]
    fn a_file_in_its_place_is_told() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("file");
        fs::write(&path, "").unwrap();
        assert!(format!("{:#}", Folder::open(&path).unwrap_err()).contains("is not a folder"));
        assert!(Folder::open(&path.join("below")).is_err());
    }

    #[test]
    fn private_files_are_private() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("keys.toml");
        assert_eq!(read_private(&path).unwrap(), None);
        write_private(&path, b"x").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read_private(&path).unwrap().as_deref(), Some("x"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(read_private(&path).unwrap_err().to_string().contains("chmod 600"));
    }

    #[test]
    fn a_full_disk_is_told_plainly() {
        let full = io::Error::from(ErrorKind::StorageFull);
        assert!(explain(&full).to_string().contains("the disk is full"));
        assert!(explain(&io::Error::from(ErrorKind::ReadOnlyFilesystem)).to_string().contains("read-only"));
    }
}
