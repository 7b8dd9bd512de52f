//! The one task that changes the database: it takes what is queued and shares one flush among it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use model::{ClassName, Schema};
use parking_lot::RwLock;
use sqlx::SqliteConnection;
use storage::{Error, Write, Written};
use tokio::sync::{mpsc, oneshot};

use super::{lock::Lock, run, schema, write};
use crate::{error::Fault, layout::Layouts};

/// Where the answer to a job goes.
pub(super) type Reply<T> = oneshot::Sender<Result<T, Error>>;

/// What can be asked of the writer.
pub(super) enum Job {
    /// Carry changes out, all or none.
    Commit(Commit),
    /// Bring a class to a state.
    Put(Box<Schema>, Reply<()>),
    /// Drop a class.
    Drop(ClassName, Reply<()>),
    /// Let go of the database, once everything queued before is done.
    Close(oneshot::Sender<()>),
}

/// Changes that belong together; none are a probe of whether writing works.
pub(super) struct Commit {
    pub(super) writes: Vec<Write>,
    pub(super) reply: Reply<Vec<Written>>,
}

/// How often the writer did what, since the database was opened.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Commits that were asked for.
    pub(super) asked: AtomicU64,
    /// Transactions that carried them.
    pub(super) transactions: AtomicU64,
}

/// The classes as they are now; readers take a copy of the pointer, the writer alone replaces it.
pub(super) type Shared = Arc<RwLock<Arc<Layouts>>>;

const RESTART: &str = "the disk failed to keep what it was told to: check the disk and the system's log, then restart the server";

/// The state of the task.
pub(super) struct Writer {
    pub(super) connection: SqliteConnection,
    pub(super) layouts: Shared,
    pub(super) counters: Arc<Counters>,
    /// How many commits one transaction may carry.
    pub(super) group: usize,
    /// Held as long as the connection is open.
    pub(super) lock: Lock,
    /// A flush failed: the disk and the page cache may disagree, so nothing may be acknowledged any more.
    pub(super) broken: bool,
}

impl Writer {
    /// Works until told to close, or until nobody can ask any more.
    pub(super) async fn work(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut waiting = None;
        let mut closed = None;
        loop {
            let job = match waiting.take() {
                Some(job) => job,
                None => match jobs.recv().await {
                    Some(job) => job,
                    None => break,
                },
            };
            match job {
                Job::Commit(first) => {
                    let mut group = vec![first];
                    while group.len() < self.group.max(1) {
                        match jobs.try_recv() {
                            Ok(Job::Commit(next)) => group.push(next),
                            Ok(other) => {
                                waiting = Some(other);
                                break;
                            }
                            Err(_) => break,
                        }
                    }
                    self.commit(group).await;
                }
                Job::Put(schema, reply) => {
                    let done = self.put(&schema).await;
                    reply.send(done).ok();
                }
                Job::Drop(class, reply) => {
                    let done = self.drop_class(&class).await;
                    reply.send(done).ok();
                }
                Job::Close(reply) => {
                    closed = Some(reply);
                    break;
                }
            }
        }
        // Anything queued later is answered by its dropped reply.
        jobs.close();
        if let Err(fault) = run::batch(&mut self.connection, "PRAGMA optimize").await {
            tracing::warn!(error = %fault.error, "the database wasn't tidied before closing");
        }
        run::close(self.connection).await;
        drop(self.lock);
        if let Some(reply) = closed {
            reply.send(()).ok();
        }
    }

    /// Runs commits in one transaction; those that it lost with a fault of another one get a transaction of their own.
    async fn commit(&mut self, mut group: Vec<Commit>) {
        self.counters.asked.fetch_add(group.len() as u64, Ordering::Relaxed);
        let results = match self.together(&group).await {
            Ok(results) => results,
            // Each alone would wait for the lock as long again, one after the other.
            Err(fault) if group.len() == 1 || self.broken || fault.flush || fault.is_locked() => {
                group.iter().map(|_| Err(fault.error.clone())).collect()
            }
            Err(_) => {
                let mut results = Vec::with_capacity(group.len());
                for commit in group.chunks(1) {
                    let alone = self.together(commit).await.map_err(|fault| fault.error);
                    results.push(alone.and_then(|mut one| one.pop().unwrap_or(Ok(Vec::new()))));
                }
                results
            }
        };
        for (commit, result) in group.drain(..).zip(results) {
            commit.reply.send(result).ok();
        }
    }

    /// Runs commits in one transaction, each undone alone if it fails.
    async fn together(&mut self, group: &[Commit]) -> Result<Vec<Result<Vec<Written>, Error>>, Fault> {
        if self.broken {
            return Err(Error::Unavailable(RESTART.into()).into());
        }
        self.counters.transactions.fetch_add(1, Ordering::Relaxed);
        let done = self.transact(group).await;
        if let Err(fault) = &done {
            // The database may have rolled back itself.
            run::word(&mut self.connection, "ROLLBACK").await.ok();
            if fault.flush {
                self.broken = true;
                tracing::error!(
                    "a flush to disk failed: the database refuses changes until the server is restarted"
                );
            }
        }
        done
    }

    async fn transact(&mut self, group: &[Commit]) -> Result<Vec<Result<Vec<Written>, Error>>, Fault> {
        let layouts = Arc::clone(&self.layouts.read());
        run::word(&mut self.connection, "BEGIN IMMEDIATE").await?;
        let mut results = Vec::with_capacity(group.len());
        for commit in group {
            match self.one(&layouts, &commit.writes).await {
                Err(fault) if fault.is_fatal() => return Err(fault),
                other => results.push(other.map_err(|fault| fault.error)),
            }
        }
        run::word(&mut self.connection, "COMMIT").await?;
        Ok(results)
    }

    async fn one(&mut self, layouts: &Layouts, writes: &[Write]) -> Result<Vec<Written>, Fault> {
        if writes.is_empty() {
            let probe = "INSERT OR REPLACE INTO \"_parapet_meta\" VALUES ('probe', datetime('now'))";
            run::word(&mut self.connection, probe).await?;
            return Ok(Vec::new());
        }
        if !write::is_compound(writes) {
            // A statement that fails undoes itself.
            return self.each(layouts, writes).await;
        }
        run::word(&mut self.connection, "SAVEPOINT one").await?;
        let done = self.each(layouts, writes).await;
        match &done {
            Ok(_) => run::word(&mut self.connection, "RELEASE one").await?,
            // There may be nothing left to undo.
            Err(fault) if fault.is_fatal() => {}
            Err(_) => {
                run::word(&mut self.connection, "ROLLBACK TO one").await?;
                run::word(&mut self.connection, "RELEASE one").await?;
            }
        }
        done
    }

    async fn each(&mut self, layouts: &Layouts, writes: &[Write]) -> Result<Vec<Written>, Fault> {
        let mut done = Vec::with_capacity(writes.len());
        for write in writes {
            done.push(write::carry_out(&mut self.connection, layouts, write).await?);
        }
        Ok(done)
    }

    async fn put(&mut self, schema: &Schema) -> Result<(), Error> {
        let layouts = self.usable()?;
        match schema::put(&mut self.connection, &layouts, schema).await {
            Ok(None) => Ok(()),
            Ok(Some(layout)) => {
                let mut layouts = Layouts::clone(&layouts);
                layouts.insert(schema.class.clone(), Arc::new(layout));
                *self.layouts.write() = Arc::new(layouts);
                Ok(())
            }
            Err(fault) => Err(self.failed(fault)),
        }
    }

    async fn drop_class(&mut self, class: &ClassName) -> Result<(), Error> {
        let layouts = self.usable()?;
        let Some(layout) = layouts.get(class) else { return Ok(()) };
        match schema::drop(&mut self.connection, layout).await {
            Ok(()) => {
                let mut layouts = Layouts::clone(&layouts);
                layouts.remove(class);
                *self.layouts.write() = Arc::new(layouts);
                Ok(())
            }
            Err(fault) => Err(self.failed(fault)),
        }
    }

    fn usable(&self) -> Result<Arc<Layouts>, Error> {
        if self.broken {
            return Err(Error::Unavailable(RESTART.into()));
        }
        Ok(Arc::clone(&self.layouts.read()))
    }

    fn failed(&mut self, fault: Fault) -> Error {
        self.broken |= fault.flush;
        fault.error
    }
}
