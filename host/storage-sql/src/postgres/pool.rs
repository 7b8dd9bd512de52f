//! The connections, lent one at a time.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use sqlx::postgres::PgConnectOptions;
use storage::Error;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{
    connect,
    fault::Fault,
    run,
    wire::{Limits, Wire},
};

/// A connection that wasn't used for so long is asked for a sign of life first.
const FRESH: Duration = Duration::from_secs(1);

/// A connection older than this is replaced, so that what its server process gathers doesn't stay for ever.
const OLD: Duration = Duration::from_secs(30 * 60);

/// A fixed number of connections, opened when they are first needed.
///
/// The driver's own pool asks for a sign of life at every turn, which costs as much as a read.
pub(super) struct Pool {
    options: PgConnectOptions,
    limits: Limits,
    size: usize,
    idle: Mutex<Vec<Idle>>,
    permits: Semaphore,
    /// How often a connection broke: those that idle since before are suspects.
    breaks: AtomicU64,
    /// How often a statement turned out to be prepared for a class as it was: connections from before then go.
    turns: AtomicU64,
}

struct Idle {
    connection: Wire,
    born: Instant,
    since: Instant,
    breaks: u64,
    turn: u64,
}

impl Pool {
    /// Makes room for connections.
    pub(super) fn new(options: PgConnectOptions, size: usize, limits: Limits) -> Pool {
        Pool {
            options,
            limits,
            size,
            idle: Mutex::default(),
            permits: Semaphore::new(size),
            breaks: AtomicU64::new(0),
            turns: AtomicU64::new(0),
        }
    }

    /// Lends a connection.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when none comes free in time, none can be opened, or the storage is closed.
    pub(super) async fn lend(&self) -> Result<Lent<'_>, Fault> {
        let permit = match self.permits.try_acquire() {
            Ok(permit) => permit,
            Err(_) => tokio::time::timeout(self.limits.patience, self.permits.acquire())
                .await
                .map_err(|_| {
                    let text = "every connection to the database is busy: try again, or raise database.postgres.pool";
                    Error::Unavailable(text.into())
                })?
                .map_err(|_| closed())?,
        };
        let turn = self.turns.load(Ordering::Acquire);
        loop {
            let idle = self.idle.lock().pop();
            let Some(idle) = idle else { break };
            if idle.born.elapsed() > OLD || idle.turn != turn {
                tokio::spawn(run::close(idle.connection));
                continue;
            }
            let mut connection = idle.connection;
            let trusted = idle.since.elapsed() < FRESH && idle.breaks == self.breaks.load(Ordering::Relaxed);
            if trusted || run::lives(&mut connection).await {
                return Ok(Lent {
                    connection: Some(connection),
                    born: idle.born,
                    turn,
                    used: true,
                    pool: self,
                    _permit: permit,
                });
            }
        }
        let opened = connect::open(&self.options, self.limits).await;
        let connection = opened.inspect_err(|_| self.broke())?;
        Ok(Lent {
            connection: Some(connection),
            born: Instant::now(),
            turn,
            used: false,
            pool: self,
            _permit: permit,
        })
    }

    /// Closes every connection, once those that are lent have come back.
    pub(super) async fn close(&self) {
        let all = u32::try_from(self.size).unwrap_or(u32::MAX);
        let every = tokio::time::timeout(self.limits.patience, self.permits.acquire_many(all)).await;
        self.permits.close();
        drop(every);
        let idle = std::mem::take(&mut *self.idle.lock());
        for idle in idle {
            run::close(idle.connection).await;
        }
    }

    fn broke(&self) {
        self.breaks.fetch_add(1, Ordering::Relaxed);
    }
}

/// Says that [`storage::Storage::close`] was called.
pub(super) fn closed() -> Error {
    Error::Unavailable("the storage is closed".into())
}

/// A connection on loan. Unless it is given back it is dropped, and the server undoes what it was in the middle of:
/// so it is when a caller leaves half-way.
pub(super) struct Lent<'a> {
    connection: Option<Wire>,
    born: Instant,
    turn: u64,
    /// Whether somebody had it before.
    pub(super) used: bool,
    pool: &'a Pool,
    _permit: SemaphorePermit<'a>,
}

impl Lent<'_> {
    /// The connection.
    #[expect(clippy::expect_used, reason = "only the end of the loan takes it")]
    pub(super) fn connection(&mut self) -> &mut Wire {
        self.connection.as_mut().expect("a connection on loan is there")
    }

    /// Gives the connection back in good order; one that broke is dropped.
    pub(super) fn back<T>(mut self, done: &Result<T, Fault>) {
        match done {
            Err(fault) if fault.broken && fault.stale => {
                self.pool.turns.fetch_add(1, Ordering::AcqRel);
                return;
            }
            Err(fault) if fault.broken => return self.pool.broke(),
            _ => {}
        }
        if let Some(mut connection) = self.connection.take() {
            connection.behind = false;
            let (since, breaks) = (Instant::now(), self.pool.breaks.load(Ordering::Relaxed));
            self.pool.idle.lock().push(Idle { connection, born: self.born, since, breaks, turn: self.turn });
        }
    }
}
