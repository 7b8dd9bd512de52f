//! Reading the records of a log, also while it is written.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::archive::Archive;
use crate::checkpoint::Checkpoint;
use crate::error::Error;
use crate::log::pending;
use crate::record::Record;
use crate::tree::WIDTH;

mod condition;

pub use condition::Where;

/// The records of a log in order.
///
/// The iterator ends where the log ends; asked again later, it goes on with what was added meanwhile. It checks that
/// each record stands at its place and nothing more: trust comes from [`verify`](crate::verify::verify). A record at the
/// very end may not be durable yet.
#[derive(Debug)]
pub struct Records {
    archive: Archive,
    next: u64,
    waiting: VecDeque<Vec<u8>>,
    cursor: Option<Cursor>,
}

/// How far a write-ahead file was read.
#[derive(Debug)]
struct Cursor {
    path: PathBuf,
    offset: u64,
    seq: u64,
}

impl Records {
    /// Opens a folder at its first record.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when there is no such folder.
    pub fn open(dir: &Path) -> Result<Records, Error> {
        Ok(Records { archive: Archive::open(dir)?, next: 0, waiting: VecDeque::new(), cursor: None })
    }

    /// Goes to a position.
    pub fn starting_at(mut self, seq: u64) -> Records {
        self.next = seq;
        self.waiting.clear();
        self
    }

    /// Gives the bytes of the next entry as they are stored, with their position.
    fn next_entry(&mut self) -> Result<Option<(u64, Vec<u8>)>, Error> {
        if self.waiting.is_empty() {
            self.fill()?;
        }
        let Some(entry) = self.waiting.pop_front() else { return Ok(None) };
        self.next += 1;
        Ok(Some((self.next - 1, entry)))
    }

    fn fill(&mut self) -> Result<(), Error> {
        // The writer may move records from the write-ahead file into a bundle between two looks.
        for _ in 0..2 {
            let skip = usize::try_from(self.next % WIDTH as u64).unwrap_or(WIDTH);
            if let Some(entries) = self.archive.bundle(self.next / WIDTH as u64, WIDTH)? {
                self.waiting.extend(entries.into_iter().skip(skip));
                return Ok(());
            }
            if self.fill_from_pending()? {
                return Ok(());
            }
        }
        self.fill_from_partial()
    }

    /// Reads on in the write-ahead files; false when none has the position.
    fn fill_from_pending(&mut self) -> Result<bool, Error> {
        let segment = self.archive.segments()?.into_iter().rev().find(|(first, _)| *first <= self.next);
        let Some((first, path)) = segment else { return Ok(false) };
        let mut cursor = match self.cursor.take() {
            Some(cursor) if cursor.path == path && cursor.seq <= self.next => cursor,
            _ => Cursor { path, offset: 0, seq: first },
        };
        let mut bytes = Vec::new();
        let read = File::open(&cursor.path).and_then(|mut file| {
            file.seek(SeekFrom::Start(cursor.offset))?;
            file.read_to_end(&mut bytes)
        });
        match read {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            read => read.map_err(|error| Error::io("read", &cursor.path, error))?,
        };
        let mut rest = bytes.as_slice();
        while let Some((_, entry, more)) = pending::unframe(rest) {
            if cursor.seq >= self.next {
                self.waiting.push_back(entry.to_vec());
            }
            cursor.seq += 1;
            rest = more;
        }
        cursor.offset += (bytes.len() - rest.len()) as u64;
        self.cursor = Some(cursor);
        Ok(!self.waiting.is_empty())
    }

    /// Takes the records at the end from the partial bundle, where a copy of the log has no write-ahead file.
    fn fill_from_partial(&mut self) -> Result<(), Error> {
        let Some(note) = self.archive.checkpoint()? else { return Ok(()) };
        let size = Checkpoint::parse(&note)?.size();
        if self.next >= size {
            return Ok(());
        }
        let index = self.next / WIDTH as u64;
        let width = usize::try_from(size - index * WIDTH as u64).unwrap_or(WIDTH).min(WIDTH);
        let skip = usize::try_from(self.next % WIDTH as u64).unwrap_or(WIDTH);
        match self.archive.bundle(index, width)? {
            Some(entries) => self.waiting.extend(entries.into_iter().skip(skip)),
            None => return Err(Error::damaged(format!("record {} is missing", self.next))),
        }
        Ok(())
    }

    /// Counts the records of the log.
    fn size(&mut self) -> Result<u64, Error> {
        let note = self.archive.checkpoint()?;
        let signed = note.map(|note| Checkpoint::parse(&note)).transpose()?.map_or(0, |c| c.size());
        let start = self.next;
        self.next = signed;
        while self.next_entry()?.is_some() {}
        let size = self.next;
        self.next = start;
        self.waiting.clear();
        self.cursor = None;
        Ok(size)
    }
}

impl Iterator for Records {
    type Item = Result<Record, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.next_entry() {
            Ok(None) => None,
            Ok(Some((seq, entry))) => Some(Record::decode(&entry).and_then(|record| {
                if record.seq == seq {
                    Ok(record)
                } else {
                    Err(Error::damaged(format!("record {} stands at {seq}", record.seq)))
                }
            })),
            Err(error) => {
                // What can't be read now won't be readable at once: end instead of repeating the error for ever.
                self.waiting.clear();
                let again = std::mem::replace(&mut self.next, u64::MAX);
                (again != u64::MAX).then_some(Err(error))
            }
        }
    }
}

/// Reads the last `count` records.
///
/// # Errors
///
/// [`Error::Io`] or [`Error::Damaged`] when they can't be read.
pub fn tail(dir: &Path, count: u64) -> Result<Vec<Record>, Error> {
    let mut records = Records::open(dir)?;
    let size = records.size()?;
    records.starting_at(size.saturating_sub(count)).collect()
}

#[cfg(test)]
mod tests;
