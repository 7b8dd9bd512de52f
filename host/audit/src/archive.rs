//! The files of a log as a reader sees them, who never takes the lock.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::error::Error;
use crate::files;
use crate::log::pending;
use crate::tile;
use crate::tree::{Hash, Nodes, WIDTH, perfect};

/// The folder of a log, opened for reading; it may be written at the same time.
#[derive(Debug, Clone)]
pub(crate) struct Archive {
    dir: PathBuf,
}

impl Archive {
    /// Looks at a folder.
    pub(crate) fn open(dir: &Path) -> Result<Self, Error> {
        match fs::metadata(dir) {
            Ok(meta) if meta.is_dir() => Ok(Archive { dir: dir.to_path_buf() }),
            Ok(_) => Err(Error::io("read the folder", dir, ErrorKind::NotADirectory.into())),
            Err(error) => Err(Error::io("read the folder", dir, error)),
        }
    }

    /// Reads the signed head.
    pub(crate) fn checkpoint(&self) -> Result<Option<String>, Error> {
        match files::read(&self.dir.join("checkpoint"))? {
            None => Ok(None),
            Some(bytes) => {
                String::from_utf8(bytes).map(Some).map_err(|_| Error::Untrusted("the checkpoint is not text"))
            }
        }
    }

    /// Reads the first `width` entries of a bundle; `None` when no file has them.
    pub(crate) fn bundle(&self, index: u64, width: usize) -> Result<Option<Vec<Vec<u8>>>, Error> {
        let place = |width| tile::bundle_path(index, width);
        let Some((bytes, named)) = self.widest(width, place)? else { return Ok(None) };
        let mut entries = tile::entries(&bytes)?;
        fit(&mut entries, width, named)?;
        Ok(Some(entries))
    }

    /// Reads the first `width` hashes of a tile; `None` when no file has them.
    pub(crate) fn tile(&self, level: u8, index: u64, width: usize) -> Result<Option<Vec<Hash>>, Error> {
        let place = |width| tile::path(level, index, width);
        let Some((bytes, named)) = self.widest(width, place)? else { return Ok(None) };
        let mut hashes = tile::parse(&bytes)?;
        fit(&mut hashes, width, named)?;
        Ok(Some(hashes))
    }

    /// Reads the file of this width, or else a wider one: it begins with the same content.
    fn widest(
        &self,
        width: usize,
        place: impl Fn(usize) -> PathBuf,
    ) -> Result<Option<(Vec<u8>, usize)>, Error> {
        if let Some(bytes) = files::read(&self.dir.join(place(width)))? {
            return Ok(Some((bytes, width)));
        }
        if width == WIDTH {
            return Ok(None);
        }
        // The writer drops narrower files once wider ones are there.
        if let Some(folder) = self.dir.join(place(width)).parent()
            && let Ok(listing) = fs::read_dir(folder)
        {
            let widths =
                listing.flatten().filter_map(|file| file.file_name().to_str()?.parse::<usize>().ok());
            if let Some(wider) = widths.filter(|wider| *wider > width).min()
                && let Some(bytes) = files::read(&self.dir.join(place(wider)))?
            {
                return Ok(Some((bytes, wider)));
            }
        }
        Ok(files::read(&self.dir.join(place(WIDTH)))?.map(|bytes| (bytes, WIDTH)))
    }

    /// Lists the write-ahead files with the position of their first record, in order.
    pub(crate) fn segments(&self) -> Result<Vec<(u64, PathBuf)>, Error> {
        pending::list(&self.dir)
    }

    /// Tells whether bundles or tiles exist at all.
    pub(crate) fn has_tiles(&self) -> bool {
        self.dir.join("tile").exists()
    }

    /// Tells whether a process writes the log now.
    ///
    /// Asks for the lock without waiting and gives it back at once; a log that opens in this moment tries again.
    pub(crate) fn is_written(&self) -> bool {
        let Ok(lock) = fs::File::open(self.dir.join("lock")) else { return false };
        match flock(&lock, FlockOperation::NonBlockingLockShared) {
            Ok(()) => false,
            Err(error) => error == rustix::io::Errno::WOULDBLOCK,
        }
    }

    /// Gives the tree's inner nodes at a size.
    pub(crate) fn nodes(&self, size: u64) -> ArchiveNodes<'_> {
        ArchiveNodes { archive: self, size }
    }
}

/// A file holds as much as its name says, and a reader takes the front of it.
fn fit<T>(items: &mut Vec<T>, width: usize, named: usize) -> Result<(), Error> {
    if items.len() != named {
        return Err(Error::damaged("a tile holds another number of items than its name says"));
    }
    items.truncate(width);
    Ok(())
}

/// The inner nodes of the tree at one size, read from tiles.
pub(crate) struct ArchiveNodes<'a> {
    archive: &'a Archive,
    size: u64,
}

impl Nodes for ArchiveNodes<'_> {
    fn node(&self, level: u32, index: u64) -> Result<Hash, Error> {
        const NONE: Error = Error::NotFound("the tree has no such node");
        let tile_level = u8::try_from(level / 8).map_err(|_| NONE)?;
        let (first, count) = (index << (level % 8), 1usize << (level % 8));
        let tile_index = first / WIDTH as u64;
        let there = (self.size >> (8 * u32::from(tile_level))).saturating_sub(tile_index * WIDTH as u64);
        let width = usize::try_from(there).unwrap_or(WIDTH).min(WIDTH);
        if width == 0 {
            return Err(NONE);
        }
        let hashes = self.archive.tile(tile_level, tile_index, width)?.ok_or_else(|| {
            Error::damaged(format!("{} is missing", tile::path(tile_level, tile_index, width).display()))
        })?;
        let from = usize::try_from(first % WIDTH as u64).map_err(|_| NONE)?;
        Ok(perfect(hashes.get(from..from + count).ok_or(NONE)?))
    }
}
