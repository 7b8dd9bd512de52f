//! The connections that read, lent one at a time.

use std::time::Duration;

use parking_lot::Mutex;
use sqlx::SqliteConnection;
use storage::Error;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{connect, run};
use crate::{Config, error::Fault};

/// A fixed number of reading connections, opened when they are first needed.
///
/// The driver's own pool asks a connection's thread for a sign of life at every turn, which costs more than a read.
pub(super) struct Readers {
    config: Config,
    idle: Mutex<Vec<SqliteConnection>>,
    permits: Semaphore,
}

impl Readers {
    /// Makes room for the configured number of connections, at least one.
    pub(super) fn new(config: Config) -> Readers {
        let permits = Semaphore::new(config.readers.max(1));
        Readers { config, idle: Mutex::default(), permits }
    }

    /// Lends a connection.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when none comes free in time, none can be opened, or the storage is closed.
    pub(super) async fn lend(&self) -> Result<Reader<'_>, Fault> {
        let patience = Duration::from_millis(self.config.patience_ms);
        let permit = match self.permits.try_acquire() {
            Ok(permit) => permit,
            Err(_) => tokio::time::timeout(patience, self.permits.acquire())
                .await
                .map_err(|_| {
                    Error::Unavailable(
                        "every reader is busy: try again, or raise the number of readers".into(),
                    )
                })?
                .map_err(|_| closed())?,
        };
        let idle = self.idle.lock().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connect::reader(&self.config).await?,
        };
        Ok(Reader { connection: Some(connection), readers: self, _permit: permit })
    }

    /// Closes every connection, once those that are lent have come back.
    pub(super) async fn close(&self) {
        let all = u32::try_from(self.config.readers.max(1)).unwrap_or(u32::MAX);
        let _every = self.permits.acquire_many(all).await;
        self.permits.close();
        let idle = std::mem::take(&mut *self.idle.lock());
        for connection in idle {
            run::close(connection).await;
        }
    }
}

/// Says that [`storage::Storage::close`] was called.
pub(super) fn closed() -> Error {
    Error::Unavailable("the storage is closed".into())
}

/// A connection on loan.
pub(super) struct Reader<'a> {
    connection: Option<SqliteConnection>,
    readers: &'a Readers,
    _permit: SemaphorePermit<'a>,
}

impl Reader<'_> {
    /// The connection.
    #[expect(
        clippy::expect_used,
        reason = "only drop and discard take the connection, and both end the loan"
    )]
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        self.connection.as_mut().expect("a reader on loan has its connection")
    }

    /// Lets go of a connection that failed, so that a fresh one takes its place.
    pub(super) fn discard(mut self) {
        self.connection = None;
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.readers.idle.lock().push(connection);
        }
    }
}
