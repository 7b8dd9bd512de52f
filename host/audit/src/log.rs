//! The log on disk.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use tokio::sync::oneshot;

use crate::checkpoint::Checkpoint;
use crate::config::Config;
use crate::draft::Draft;
use crate::error::{Error, Reason};
use crate::files;
use crate::keys::Keys;
use crate::note::VKey;
use crate::sink::{Sink, Ticket};
use crate::stamp::Stamper;
use crate::tree::WIDTH;

pub(crate) mod disk;
mod hint;
pub(crate) mod pending;
pub(crate) mod publisher;
pub(crate) mod queue;
mod recover;
mod reserve;
mod spare;
mod writer;

use disk::{Disk, Real};
use publisher::{Message, Press, Publisher};
use queue::Shared;
pub use recover::Recovery;
use reserve::Reserve;
use writer::Writer;

/// How long opening waits for a verifier that looks whether the lock is free.
const PATIENCE: Duration = Duration::from_millis(500);

/// An append-only log in a folder: records become durable together, then tiles, then a signed checkpoint.
///
/// One process writes it. Two threads own the files: the writer appends all that waits to a write-ahead file with one
/// sync and settles the tickets; the publisher turns durable records into tiles and signs checkpoints, out of the way of
/// requests.
pub struct Log {
    shared: Arc<Shared>,
    dir: PathBuf,
    vkey: VKey,
    publisher: Sender<Message>,
    latest: Arc<Mutex<Checkpoint>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    finished: Mutex<Option<oneshot::Receiver<Result<(), Error>>>>,
}

impl Log {
    /// Opens the log of a folder or begins it, and repairs what a crash has left.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] when another process writes it, [`Error::Untrusted`] when its checkpoint was signed by another
    /// key, [`Error::Damaged`] when what is stored contradicts the checkpoint, [`Error::Io`] when the folder can't be
    /// written.
    pub fn open(config: Config, keys: Keys) -> Result<(Log, Recovery), Error> {
        Log::open_on(config, keys, Arc::new(Real))
    }

    pub(crate) fn open_on(config: Config, keys: Keys, disk: Arc<dyn Disk>) -> Result<(Log, Recovery), Error> {
        let dir = config.dir.clone();
        files::create_dir(&dir)?;
        let lock = lock(&dir)?;
        recover::sweep(&dir)?;
        let origin = config.origin();
        let vkey = keys.vkey(&origin);
        let mut found = recover::recover(&dir, &vkey)?;

        let mut press = Press::new(
            &dir,
            disk.clone(),
            keys,
            origin,
            found.tree,
            std::mem::take(&mut found.open_at_border),
        );
        for record in &found.tail {
            press.add(record);
        }
        let size = press.tree().size();
        let checkpoint = press.publish()?;
        let mut reserve = Reserve::new(&dir, config.reserve_bytes, disk.clone());
        if config.reserve_bytes > 0 {
            reserve.hold().map_err(|error| Error::io("keep a reserve in", &dir, error))?;
        }

        let shared = Arc::new(Shared::new(&config, Stamper::new(found.last_ts)?, size, reserve, lock));
        let latest = Arc::new(Mutex::new(checkpoint));
        let (outbox, inbox) = mpsc::channel();
        let (finish, finished) = oneshot::channel();
        let (records, bytes) = (config.checkpoint_records.max(1), config.queue_bytes / 4);
        let writer = Writer {
            shared: shared.clone(),
            disk,
            dir: dir.clone(),
            file: found.file,
            length: found.length,
            durable: size,
            publisher: outbox.clone(),
            many: (WIDTH.min(usize::try_from(records).unwrap_or(WIDTH)), bytes),
        };
        let publisher = Publisher {
            shared: shared.clone(),
            press,
            inbox,
            latest: latest.clone(),
            every: Duration::from_millis(config.checkpoint_ms.max(1)),
            records,
            bytes,
            uncovered: 0,
            finished: finish,
        };
        let threads = vec![
            spawn("audit-writer", &dir, move || writer.run())?,
            spawn("audit-publisher", &dir, move || publisher.run())?,
        ];
        let log = Log {
            shared,
            dir,
            vkey,
            publisher: outbox,
            latest,
            threads: Mutex::new(threads),
            finished: Mutex::new(Some(finished)),
        };
        Ok((log, found.recovery))
    }

    /// Shows the folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Shows the key with which anybody can check this log's checkpoints.
    pub fn vkey(&self) -> &VKey {
        &self.vkey
    }

    /// Gives the latest signed checkpoint.
    pub fn checkpoint(&self) -> Checkpoint {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Signs a checkpoint over all that is durable now, instead of waiting for the next one.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the log is closed or broken; [`Error::Io`] when it can't be written.
    pub async fn seal(&self) -> Result<Checkpoint, Error> {
        let (reply, sealed) = oneshot::channel();
        self.publisher.send(Message::Seal(reply)).map_err(|_| Error::from(Reason::Closed))?;
        sealed.await.map_err(|_| Error::from(Reason::Closed))?
    }

    /// Takes no more records, writes those that wait, signs the last checkpoint and frees the folder.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] or [`Error::Io`] when the end could not be written.
    pub async fn close(&self) -> Result<(), Error> {
        self.stop();
        let finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner).take();
        match finished {
            Some(finished) => finished.await.unwrap_or(Err(Reason::Broken.into())),
            None => Ok(()),
        }
    }
}

impl Log {
    /// Takes no more records.
    pub(crate) fn stop(&self) {
        self.shared.close();
    }
}

impl Sink for Log {
    fn enqueue(&self, draft: Draft) -> Result<Ticket, Error> {
        let (settle, done) = oneshot::channel();
        Ok(Ticket::new(self.shared.place(draft, Some(settle))?, done))
    }

    fn queue(&self, draft: Draft) -> Result<u64, Error> {
        self.shared.place(draft, None)
    }

    fn health(&self) -> Result<(), Error> {
        self.shared.health()
    }
}

/// A log that goes away still writes what waits.
impl Drop for Log {
    fn drop(&mut self) {
        self.shared.close();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            let _ = thread.join();
        }
    }
}

fn spawn(name: &str, dir: &Path, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map_err(|error| Error::io("start a thread for", dir, error))
}

/// Takes the folder for this process.
fn lock(dir: &Path) -> Result<File, Error> {
    let path = dir.join("lock");
    let file = files::private()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|error| Error::io("open", &path, error))?;
    let started = Instant::now();
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(file),
            Err(rustix::io::Errno::WOULDBLOCK) if started.elapsed() < PATIENCE => {
                thread::sleep(Duration::from_millis(5));
            }
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(Error::Locked(dir.to_path_buf())),
            Err(error) => return Err(Error::io("lock", &path, error.into())),
        }
    }
}

#[cfg(test)]
mod tests;
