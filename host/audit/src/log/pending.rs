//! The write-ahead files: records that are durable but perhaps not yet in a full bundle.
//!
//! `pending/<position of the first record>` holds frames: the length in two bytes, the first eight bytes of the leaf
//! hash, the entry. A frame that was torn by a crash does not match its hash. Behind the last frame there may be room: zeros
//! that were written ahead, so that a sync of records needn't also note that the file grew.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Seek as _};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::files;
use crate::tree::{Hash, leaf};

const HEAD: usize = 10;

/// Names the file that begins at a position.
pub(crate) fn path(dir: &Path, first: u64) -> PathBuf {
    dir.join("pending").join(format!("{first:020}"))
}

/// Adds a frame.
pub(crate) fn frame(buffer: &mut Vec<u8>, entry: &[u8], leaf: &Hash) {
    let length = u16::try_from(entry.len()).unwrap_or(u16::MAX);
    buffer.extend_from_slice(&length.to_be_bytes());
    buffer.extend(leaf.iter().take(HEAD - 2));
    buffer.extend_from_slice(entry);
}

/// Takes the first frame off; `None` where it ends or is torn.
pub(crate) fn unframe(bytes: &[u8]) -> Option<(Hash, &[u8], &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
    let [high, low, mark @ ..] = head;
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    let (entry, rest) = rest.split_at_checked(length)?;
    let leaf = leaf(entry);
    (length > 0 && leaf.starts_with(mark)).then_some((leaf, entry, rest))
}

/// Counts the bytes behind the last sound frame that an unfinished write has left; room isn't among them.
pub(crate) fn torn(rest: &[u8]) -> usize {
    rest.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}

/// Names the file that waits, with room, to become the next one.
pub(crate) fn spare(dir: &Path) -> PathBuf {
    dir.join("pending").join("spare")
}

/// Makes the file that waits to become the next one, durably.
pub(crate) fn prepare(dir: &Path, room: u64) -> Result<File, Error> {
    let path = spare(dir);
    let made: std::io::Result<File> = (|| {
        let mut file = files::private().write(true).create(true).truncate(true).open(&path)?;
        std::io::copy(&mut std::io::repeat(0).take(room), &mut file)?;
        file.sync_all()?;
        file.rewind()?;
        Ok(file)
    })();
    made.map_err(|error| {
        let _ = fs::remove_file(&path);
        Error::io("make", &path, error)
    })
}

/// Lists the files with the position of their first record, in order.
pub(crate) fn list(dir: &Path) -> Result<Vec<(u64, PathBuf)>, Error> {
    let folder = dir.join("pending");
    let listing = match fs::read_dir(&folder) {
        Ok(listing) => listing,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("read the folder", &folder, error)),
    };
    let mut segments = Vec::new();
    for file in listing {
        let file = file.map_err(|error| Error::io("read the folder", &folder, error))?;
        let first =
            file.file_name().to_str().filter(|name| name.len() == 20).and_then(|name| name.parse().ok());
        if let Some(first) = first {
            segments.push((first, file.path()));
        }
    }
    segments.sort_unstable();
    Ok(segments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_frame_is_none() {
        let mut buffer = Vec::new();
        frame(&mut buffer, b"one", &leaf(b"one"));
        let first = buffer.len();
        frame(&mut buffer, b"second", &leaf(b"second"));
        let (hash, entry, rest) = unframe(&buffer).unwrap();
        assert_eq!((hash, entry), (leaf(b"one"), &b"one"[..]));
        assert_eq!(unframe(rest).unwrap().1, b"second");
        for cut in first..buffer.len() {
            assert!(unframe(&buffer[first..cut]).is_none());
        }
        for at in first..buffer.len() {
            let mut changed = buffer.clone();
            changed[at] ^= 4;
            assert!(unframe(&changed[first..]).is_none(), "{at}");
        }
        assert!(unframe(&[0; 64]).is_none(), "zeros of a file that grew but was not written");
        assert_eq!((torn(&[]), torn(&[0; 64]), torn(&[0, 7, 0, 0])), (0, 0, 2));
    }
}
