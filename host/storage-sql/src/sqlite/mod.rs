//! `Storage` on an embedded SQLite database.

mod backup;
mod complete;
mod connect;
mod decode;
mod dialect;
mod index;
mod link;
mod lock;
mod migrate;
mod plan;
mod readers;
mod run;
mod schema;
mod storage;
mod survey;
mod write;
mod writer;

use std::{
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use ::storage::Error;
use model::ClassName;
use parking_lot::RwLock;
use tokio::sync::{mpsc, oneshot};

pub(crate) use dialect::Lite;
use lock::Lock;
use readers::{Reader, Readers, closed};
use writer::{Counters, Job, Reply, Shared, Writer};

use crate::{Config, error::Fault, layout::Layouts};

/// How often a read is tried again when its class changes under it.
const TRIES: usize = 4;

/// Objects in one file, written by one task and read by several connections.
///
/// Every answer to [`::storage::Storage::commit`] waits for a flush to disk; changes that wait at the same time share one.
pub struct Sqlite {
    config: Config,
    readers: Readers,
    layouts: Shared,
    counters: Arc<Counters>,
    jobs: mpsc::Sender<Job>,
}

/// How well commits shared transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commits {
    /// Commits that were asked for since the database was opened, probes included.
    pub asked: u64,
    /// Transactions, and so flushes to disk, that carried them.
    pub transactions: u64,
}

impl Sqlite {
    /// Opens a database, making the file if there is none, and brings its own tables up to date.
    ///
    /// Runs its writer on the Tokio runtime that it is called in.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when another process uses it, when it was written by a newer server or by another
    /// program, and when the file or its folder can't be read and written.
    pub async fn open(config: &Config) -> Result<Sqlite, Error> {
        let patience = Duration::from_millis(config.patience_ms);
        let lock = Lock::take(&config.path, patience).await?;
        connect::make_file(config).map_err(|error| {
            let path = config.path.display();
            Error::Unavailable(format!("{path} can't be opened for writing: {}", error.kind()))
        })?;
        let mut connection = connect::writer(config).await.map_err(|fault| fault.error)?;
        migrate::migrate(&mut connection).await.map_err(|fault| fault.error)?;
        let layouts = schema::read(&mut connection).await.map_err(|fault| fault.error)?;
        complete::complete(&mut connection, &layouts).await;
        let layouts: Shared = Arc::new(RwLock::new(Arc::new(layouts)));
        let counters = Arc::new(Counters::default());
        let (jobs, queue) = mpsc::channel(config.queue.max(1));
        let writer = Writer {
            connection,
            layouts: Arc::clone(&layouts),
            counters: Arc::clone(&counters),
            group: config.group,
            lock,
            broken: false,
        };
        tokio::spawn(writer.work(queue));
        Ok(Sqlite { config: config.clone(), readers: Readers::new(config.clone()), layouts, counters, jobs })
    }

    /// Copies the database, as it is now, into a new file, while reads and writes go on.
    ///
    /// As [`Sqlite::copy`], by the server that has the database open.
    ///
    /// # Errors
    /// As [`Sqlite::copy`], and [`Error::Unavailable`] once the storage is closed.
    pub async fn backup(&self, to: &Path) -> Result<(), Error> {
        if self.jobs.is_closed() {
            return Err(closed());
        }
        backup::copy(&self.config, to).await
    }

    /// Copies a database, as it is now, into a new file; a server, of another process, too, may read and write meanwhile.
    ///
    /// The copy is of one moment, compact, read through once (`PRAGMA integrity_check`), flushed to disk, and opens like
    /// any other database. Where it isn't made, no file is left; one that is cut short ends in `.half`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the file exists or can't be written, and when the database is missing, damaged, another
    /// program's or a newer server's.
    pub async fn copy(config: &Config, to: &Path) -> Result<(), Error> {
        backup::copy(config, to).await
    }

    /// How often commits were asked for, and how many transactions they took.
    pub fn commits(&self) -> Commits {
        Commits {
            asked: self.counters.asked.load(Ordering::Relaxed),
            transactions: self.counters.transactions.load(Ordering::Relaxed),
        }
    }

    fn layouts(&self) -> Arc<Layouts> {
        Arc::clone(&self.layouts.read())
    }

    /// Asks the writer and waits for its answer; the job is done even if nobody waits for it any more.
    async fn ask<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(job(reply)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// What comes of a read: its answer, or nothing when it must be made again because the class changed under it,
    /// since rows and layout must belong together.
    fn settle<T>(
        &self,
        class: &ClassName,
        layouts: &Layouts,
        reader: Reader<'_>,
        done: Result<T, Fault>,
        tries: &mut usize,
    ) -> Option<Result<T, Error>> {
        let layout = |layouts: &Layouts| layouts.get(class).map(Arc::as_ptr);
        *tries += 1;
        match done {
            Ok(done) if layout(layouts) == layout(&self.layouts()) => Some(Ok(done)),
            Ok(_) if *tries < TRIES => None,
            Ok(_) => Some(Err(Error::Conflict(format!("{class} changes too often to be read")))),
            Err(fault) if fault.stale && *tries < TRIES => None,
            Err(fault) => {
                if fault.is_fatal() {
                    reader.discard();
                }
                Some(Err(fault.error))
            }
        }
    }
}

#[cfg(test)]
mod tests;
