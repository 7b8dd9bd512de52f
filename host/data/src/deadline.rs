//! The end of a request's time, and what may still happen then: a write that has begun.

use std::{
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use audit::Ticket;
use model::{Code, ParseError};
use parking_lot::Mutex;
use tokio::time::timeout_at;

use crate::{Context, Error};

/// Until when a request may work, and whether it has begun to write.
pub(crate) struct Deadline {
    at: Instant,
    begun: AtomicBool,
    /// Records of what was cut off, which the answer waits for.
    cut: Mutex<Vec<Ticket>>,
}

/// Says that a request's writes have begun: from here on it isn't cut off. Whatever changes storage asks for one; several
/// commits of one write show the same.
#[derive(Clone, Copy)]
pub(crate) struct Begun(());

impl Deadline {
    pub(crate) fn new(at: Instant) -> Deadline {
        Deadline { at, begun: AtomicBool::new(false), cut: Mutex::default() }
    }

    /// The moment itself.
    pub(crate) fn at(&self) -> Instant {
        self.at
    }

    /// Keeps a record of what was cut off until the answer waits for it.
    pub(crate) fn note(&self, record: Ticket) {
        self.cut.lock().push(record);
    }

    /// Whether the time is over and nothing was written in it.
    pub(crate) fn cuts_off(&self) -> bool {
        !self.begun.load(Ordering::Acquire) && Instant::now() >= self.at
    }
}

impl Context {
    /// Works in the time that the request has: what isn't done then is dropped, unless it has begun to write. Such work
    /// goes on to its end, so that whoever asked learns what has become of it; only it begins nothing new.
    ///
    /// A part of several requests has no end of its own: all of them have, and wait for the records of what was cut off.
    ///
    /// # Errors
    /// 124 when the time is over and nothing was written, [`Error::Unavailable`] when that can't be recorded.
    pub async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, Error> {
        if self.is_part {
            return Ok(work.await);
        }
        let deadline = &self.request.deadline;
        let done = {
            let mut work = pin!(work);
            match timeout_at(deadline.at.into(), work.as_mut()).await {
                Ok(done) => Some(done),
                Err(_) if deadline.begun.load(Ordering::Acquire) => Some(work.await),
                Err(_) => None,
            }
        };
        if let Some(done) = done {
            return Ok(done);
        }
        // What it had opened is closed now: nobody is told of an end that isn't recorded.
        let records = std::mem::take(&mut *deadline.cut.lock());
        for record in records {
            record.durable().await?;
        }
        Err(timed_out())
    }

    /// Refuses to begin anything once the time is over.
    ///
    /// # Errors
    /// 124 then.
    pub(crate) fn has_time(&self) -> Result<(), Error> {
        if Instant::now() < self.request.deadline.at { Ok(()) } else { Err(timed_out()) }
    }

    /// Begins to write.
    ///
    /// # Errors
    /// 124 when the time is over.
    pub(crate) fn begin_write(&self) -> Result<Begun, Error> {
        self.has_time()?;
        self.request.deadline.begun.store(true, Ordering::Release);
        Ok(Begun(()))
    }
}

/// The answer to a request whose time is over. Not one of those that clients repeat by themselves.
pub(crate) fn timed_out() -> Error {
    Error::Refused(ParseError::of(Code::Timeout))
}
