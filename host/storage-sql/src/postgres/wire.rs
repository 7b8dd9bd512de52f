//! A connection, and how long its server may be silent.

use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use sqlx::PgConnection;

use super::{PostgresConfig, fault::Fault};

/// A connection to the server.
///
/// A server that hangs, and a network that swallows what is sent, close no connection: without a limit whoever asks would
/// wait for ever, and keep the connection from everybody else. Each statement, and each row of an answer, has it.
pub(super) struct Wire {
    pub(super) inner: PgConnection,
    pub(super) limits: Limits,
    /// Whether a row came out of a table with columns that its layout lacks.
    pub(super) behind: bool,
}

/// How long to wait for a server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// For a connection or a sign of life.
    pub(super) patience: Duration,
    /// For the answer to a statement, which the server itself ends sooner; `None` where it may take as long as it likes.
    pub(super) silence: Option<Duration>,
}

impl Limits {
    /// What the settings say.
    pub(super) fn new(config: &PostgresConfig) -> Limits {
        let patience = Duration::from_millis(config.patience_ms);
        let statement = Duration::from_millis(config.statement_timeout_ms);
        Limits { patience, silence: (!statement.is_zero()).then(|| statement + patience) }
    }

    /// Waits for an answer as long as the server may work on it, and a while.
    ///
    /// # Errors
    /// [`storage::Error::Unavailable`] when the time is over: the connection is no good then, and what was asked may be
    /// done or not.
    pub(super) async fn answer<T>(
        self,
        asked: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, Fault> {
        let Some(silence) = self.silence else { return Ok(asked.await?) };
        let mut asked = pin!(asked);
        // Most rows have come already: they need no clock.
        if let Poll::Ready(answer) = poll_fn(|cx| Poll::Ready(asked.as_mut().poll(cx))).await {
            return Ok(answer?);
        }
        match tokio::time::timeout(silence, asked).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(Fault::silent()),
        }
    }
}
