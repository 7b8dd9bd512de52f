//! The thread that makes records durable.

use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, Reason};
use crate::files;
use crate::log::disk::Disk;
use crate::log::pending;
use crate::log::publisher::Message;
use crate::log::queue::{Durable, Item, Ready, Shared};
use crate::tree::{Hash, leaf};

/// After how many bytes a new write-ahead file is begun.
const SEGMENT: u64 = 4 << 20;

/// Of how many waiting callers on syncs keep a distance, so that more of them share one.
const CROWD: usize = 8;

/// That distance; a disk that takes as long by itself isn't waited for.
const DISTANCE: Duration = Duration::from_micros(500);

/// How large a write-ahead file is made ahead: a segment and what the last batch adds to it.
pub(crate) const ROOM: u64 = SEGMENT + (512 << 10);

/// The owner of the write-ahead files.
pub(crate) struct Writer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) dir: PathBuf,
    pub(crate) file: File,
    /// The durable length of the file.
    pub(crate) length: u64,
    /// The position after the last durable record.
    pub(crate) durable: u64,
    pub(crate) publisher: Sender<Message>,
    /// At how many records or bytes the publisher is woken before its time.
    pub(crate) many: (usize, usize),
}

impl Writer {
    /// Writes until the log closes: all that waits becomes one write and one sync.
    pub(crate) fn run(mut self) {
        while let Some(batch) = self.shared.take() {
            if self.shared.failure() == Some(Reason::Broken) {
                self.shared.fail(batch, self.durable, Reason::Broken, &Reason::Broken.into());
                continue;
            }
            let (begun, waiting) = (Instant::now(), batch.iter().filter(|item| item.done.is_some()).count());
            self.write(batch);
            if waiting >= CROWD {
                thread::sleep(DISTANCE.saturating_sub(begun.elapsed()));
            }
        }
        let _ = self.publisher.send(Message::Close);
    }

    fn write(&mut self, batch: Vec<Item>) {
        let mut buffer = Vec::with_capacity(batch.iter().map(|item| item.entry.len() + 16).sum());
        let leaves: Vec<Hash> = batch
            .iter()
            .map(|item| {
                let leaf = leaf(&item.entry);
                pending::frame(&mut buffer, &item.entry, &leaf);
                leaf
            })
            .collect();
        match self.append(&buffer) {
            Ok(()) => {
                self.shared.answered();
                self.length += buffer.len() as u64;
                self.durable = batch.last().map_or(self.durable, |item| item.seq + 1);
                let mut settled = Vec::with_capacity(batch.len());
                let mut durable = Vec::with_capacity(batch.len());
                for (item, leaf) in batch.into_iter().zip(leaves) {
                    settled.extend(item.done);
                    durable.push(Durable { entry: item.entry, leaf, mark: item.mark });
                }
                // First the publisher, then the callers: who saw a record durable can have it sealed.
                self.hand_over(durable);
                for done in settled {
                    let _ = done.send(Ok(()));
                }
                self.roll();
            }
            Err((reason, error)) => {
                tracing::error!(%error, records = batch.len(), "audit records could not be written");
                self.shared.fail(batch, self.durable, reason, &error);
            }
        }
    }

    /// Gives durable records to the publisher, and wakes it when they have become many.
    fn hand_over(&self, durable: Vec<Durable>) {
        let (records, bytes) = self.many;
        let many = |ready: &Ready| ready.records.len() >= records || ready.bytes >= bytes;
        let mut ready = self.shared.ready();
        let before = many(&ready);
        ready.bytes += durable.iter().map(|record| record.entry.len()).sum::<usize>();
        ready.records.extend(durable);
        let wake = !before && many(&ready);
        drop(ready);
        if wake {
            let _ = self.publisher.send(Message::Many);
        }
    }

    /// Appends and syncs; on a full disk gives up the reserve and tries once more.
    fn append(&mut self, bytes: &[u8]) -> Result<(), (Reason, Error)> {
        for again in [true, false] {
            let Err(error) = self.disk.append(&mut self.file, bytes) else { break };
            let full = files::is_full(&error);
            let error = Error::io("append to", &self.path(), error);
            // Part of it may have been written: back to what is known to be durable.
            let back =
                self.file.set_len(self.length).and_then(|()| self.file.seek(SeekFrom::Start(self.length)));
            if !full || back.is_err() {
                return Err((Reason::Broken, error));
            }
            self.shared.refuse(Reason::Full);
            let freed = self.shared.reserve.lock().unwrap_or_else(PoisonError::into_inner).give_up();
            if !again || !freed {
                return Err((Reason::Full, error));
            }
            tracing::warn!("the disk of the audit log is full, the reserve is in use");
        }
        // A failed sync can't be repeated: the system may have dropped the pages already.
        self.disk.sync(&self.file).map_err(|error| (Reason::Broken, Error::io("sync", &self.path(), error)))
    }

    /// Begins a new file when this one is large, and drops those whose records are all in bundles.
    fn roll(&mut self) {
        // Who writes little never needs a second file.
        if self.length >= SEGMENT / 4 && self.shared.spare().ask() {
            // A publisher that is gone makes none, and the writer is about to end, too.
            let _ = self.publisher.send(Message::Room);
        }
        if self.length < SEGMENT {
            return;
        }
        let spare = self.shared.spare().take();
        let next = match spare {
            Some(file) => adopt(&self.dir, self.durable, file),
            None => begin(&self.dir, self.durable),
        };
        match next {
            Ok(file) => {
                self.file = file;
                self.length = 0;
            }
            Err(error) => {
                tracing::warn!(%error, "no new write-ahead file");
                // It goes on in the old file, unless the new one is there: then the next start could not tell.
                if pending::path(&self.dir, self.durable).exists() {
                    self.shared.refuse(Reason::Broken);
                }
            }
        }
        if let Err(error) = prune(&self.dir, self.shared.bundled()) {
            tracing::warn!(%error, "old write-ahead files stay");
        }
    }

    fn path(&self) -> PathBuf {
        self.dir.join("pending")
    }
}

/// Makes the write-ahead file that begins at a position, durably.
pub(crate) fn begin(dir: &Path, first: u64) -> Result<File, Error> {
    let path = pending::path(dir, first);
    let file = files::private()
        .append(true)
        .create_new(true)
        .open(&path)
        .map_err(|error| Error::io("create", &path, error))?;
    let safe = file.sync_all().map_err(|error| Error::io("sync", &path, error));
    match safe.and_then(|()| files::sync_dir(files::parent(&path))) {
        Ok(()) => Ok(file),
        Err(error) => {
            let _ = fs::remove_file(&path);
            Err(error)
        }
    }
}

/// Makes the file with room the one that begins at a position, durably.
fn adopt(dir: &Path, first: u64, file: File) -> Result<File, Error> {
    let path = pending::path(dir, first);
    fs::rename(pending::spare(dir), &path).map_err(|error| Error::io("move", &path, error))?;
    files::sync_dir(files::parent(&path))?;
    Ok(file)
}

/// Removes the write-ahead files all of whose records are below a position; the last one stays.
pub(crate) fn prune(dir: &Path, below: u64) -> Result<(), Error> {
    let segments = pending::list(dir)?;
    for (this, next) in segments.iter().zip(segments.iter().skip(1)) {
        if next.0 <= below {
            fs::remove_file(&this.1).map_err(|error| Error::io("remove", &this.1, error))?;
        }
    }
    Ok(())
}
