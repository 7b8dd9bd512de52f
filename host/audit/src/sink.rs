//! The port through which everything is recorded.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::draft::Draft;
use crate::error::{Error, Reason};

/// Where records go.
///
/// [`conformance::run`](crate::conformance::run) states what every sink promises.
pub trait Sink: Send + Sync {
    /// Queues a record and fixes its position at once: the order of calls is the order in the log.
    ///
    /// A draft that is too large for one record becomes several in a row; the ticket is that of the last one.
    /// Durability is awaited on the ticket.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when no record can be taken now, [`Error::Invalid`] when the draft can't be a record.
    fn enqueue(&self, draft: Draft) -> Result<Ticket, Error>;

    /// Queues a record that nobody waits for, and gives its position: the next awaited record makes it durable with itself.
    ///
    /// So what a plugin's call touched costs no sync of its own. Where no awaited record follows, it is durable a checkpoint
    /// later.
    ///
    /// # Errors
    ///
    /// As [`Sink::enqueue`].
    fn queue(&self, draft: Draft) -> Result<u64, Error> {
        Ok(self.enqueue(draft)?.seq())
    }

    /// Tells whether a record could be made durable now; cheap, without I/O, asked before each read.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] with the reason why not.
    fn health(&self) -> Result<(), Error>;
}

impl<S: Sink + ?Sized> Sink for Arc<S> {
    fn enqueue(&self, draft: Draft) -> Result<Ticket, Error> {
        (**self).enqueue(draft)
    }

    fn queue(&self, draft: Draft) -> Result<u64, Error> {
        (**self).queue(draft)
    }

    fn health(&self) -> Result<(), Error> {
        (**self).health()
    }
}

/// A place in the log that is not yet known to be durable; dropping it does not take the record back.
#[derive(Debug)]
#[must_use = "a record counts only once it is durable"]
pub struct Ticket {
    seq: u64,
    done: oneshot::Receiver<Result<(), Error>>,
}

/// The other end of a [`Ticket`].
pub(crate) type Done = oneshot::Sender<Result<(), Error>>;

impl Ticket {
    /// Makes a ticket that waits for what its [`Done`] tells.
    pub(crate) fn new(seq: u64, done: oneshot::Receiver<Result<(), Error>>) -> Ticket {
        Ticket { seq, done }
    }

    /// Makes a ticket for a record that needn't be waited for, so that sinks can be written outside this crate.
    pub fn settled(seq: u64) -> Ticket {
        let (settle, done) = oneshot::channel();
        // The other end is in hand, so this can't fail.
        let _ = settle.send(Ok(()));
        Ticket::new(seq, done)
    }

    /// Tells the record's position.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Waits until the record is durable and gives its position.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] or [`Error::Io`] when the record could not be written; the position is then void.
    pub async fn durable(self) -> Result<u64, Error> {
        match self.done.await {
            Ok(Ok(())) => Ok(self.seq),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(Reason::Closed.into()),
        }
    }
}
