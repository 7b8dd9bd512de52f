//! A copy of a log, made while it may be written.

use std::fs::{DirBuilder, File};
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use crate::archive::Archive;
use crate::checkpoint::Checkpoint;
use crate::error::Error;
use crate::files;
use crate::tile;
use crate::tree::WIDTH;

#[cfg(test)]
mod tests;

/// How often a file is looked for that the writer has just replaced by a wider one.
const LOOKS: usize = 3;

/// Copies a log up to its latest checkpoint into a new folder; it may be written meanwhile.
///
/// The copy holds every record that the checkpoint covers, flushed to disk, the checkpoint last. Operations that were
/// under way then are open in it for ever: [`Options::copied`](crate::verify::Options::copied) says so to a verification.
///
/// # Errors
///
/// [`Error::Io`] when the folder to make exists or can't be written; [`Error::NotFound`] for a log without a
/// checkpoint; [`Error::Damaged`] for one that isn't whole.
pub fn copy(from: &Path, to: &Path) -> Result<Checkpoint, Error> {
    let archive = Archive::open(from)?;
    let note = archive.checkpoint()?.ok_or(Error::NotFound("the log has no checkpoint yet"))?;
    let checkpoint = Checkpoint::parse(&note)?;
    let size = checkpoint.size();
    DirBuilder::new().mode(0o700).create(to).map_err(|error| Error::io("create the folder", to, error))?;
    for (index, width) in places(size) {
        let entries = found(|| archive.bundle(index, width))?;
        let mut bundle = Vec::new();
        entries.iter().for_each(|entry| tile::append(&mut bundle, entry));
        write(&to.join(tile::bundle_path(index, width)), &bundle)?;
    }
    for level in 0..=u8::MAX {
        let hashes = size.checked_shr(8 * u32::from(level)).unwrap_or_default();
        if hashes == 0 {
            break;
        }
        for (index, width) in places(hashes) {
            let tile = found(|| archive.tile(level, index, width))?;
            write(&to.join(tile::path(level, index, width)), &tile::join(&tile))?;
        }
    }
    write(&to.join("checkpoint"), note.as_bytes())?;
    Ok(checkpoint)
}

/// Where so many items lie, in files of at most [`WIDTH`].
fn places(items: u64) -> impl Iterator<Item = (u64, usize)> {
    let width = WIDTH as u64;
    (0..items.div_ceil(width)).map(move |index| {
        (index, usize::try_from(items.saturating_sub(index * width).min(width)).unwrap_or(WIDTH))
    })
}

fn found<T>(look: impl Fn() -> Result<Option<T>, Error>) -> Result<T, Error> {
    for _ in 0..LOOKS {
        if let Some(found) = look()? {
            return Ok(found);
        }
    }
    Err(Error::damaged("a tile that the checkpoint covers is missing"))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = files::parent(path);
    files::create_dir(folder)?;
    let written = || -> std::io::Result<()> {
        let mut file = files::private().write(true).create_new(true).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        File::open(folder)?.sync_all()
    };
    written().map_err(|error| Error::io("write", path, error))
}
