//! What callers, the writer and the publisher share: the queue, the positions, the health.

use std::collections::BTreeSet;
use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::draft::{Draft, Stage};
use crate::error::{Error, Reason};
use crate::log::reserve::Reserve;
use crate::log::spare::Spare;
use crate::name::Name;
use crate::record::{Body, LARGEST, Record};
use crate::sink::Done;
use crate::stamp::Stamper;
use crate::tree::Hash;

/// How many records wait at most for one that is awaited.
const MANY: usize = 256;

/// A record on its way to the disk.
pub(crate) struct Item {
    pub(crate) seq: u64,
    pub(crate) entry: Vec<u8>,
    pub(crate) mark: Mark,
    pub(crate) done: Option<Done>,
}

/// A durable record on its way to the tiles.
pub(crate) struct Durable {
    pub(crate) entry: Vec<u8>,
    pub(crate) leaf: Hash,
    pub(crate) mark: Mark,
}

/// Durable records that the publisher hasn't taken yet.
#[derive(Default)]
pub(crate) struct Ready {
    pub(crate) records: Vec<Durable>,
    pub(crate) bytes: usize,
}

/// What a record means for the set of open intents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Nothing,
    Opens,
    Closes(u64),
}

impl Mark {
    /// Reads what a record means; of several parts the last one counts.
    pub(crate) fn of(draft: &Draft) -> Mark {
        match draft.stage {
            _ if !draft.is_whole() => Mark::Nothing,
            Stage::Intent => Mark::Opens,
            Stage::Outcome { intent } => Mark::Closes(intent),
            Stage::Single => Mark::Nothing,
        }
    }

    /// Takes the record of this position into account.
    pub(crate) fn apply(self, seq: u64, open: &mut BTreeSet<u64>) {
        match self {
            Mark::Nothing => {}
            Mark::Opens => drop(open.insert(seq)),
            Mark::Closes(intent) => drop(open.remove(&intent)),
        }
    }
}

struct State {
    stamper: Stamper,
    next: u64,
    queue: Vec<Item>,
    /// Whether the queue is to be written now: somebody waits for a record in it, or it has waited long enough.
    wanted: bool,
    /// Whether the writer sleeps.
    idle: bool,
    /// Bytes that wait for the disk or for the tiles.
    bytes: usize,
    busy_since: Option<Instant>,
    failed: Option<Reason>,
    closing: bool,
}

impl State {
    /// Has the queue written; whether the writer must be woken for it.
    fn want(&mut self) -> bool {
        self.wanted = true;
        self.idle
    }
}

/// The meeting point of all threads of a log.
pub(crate) struct Shared {
    state: Mutex<State>,
    wake: Condvar,
    ready: Mutex<Ready>,
    /// The next write-ahead file.
    spare: Mutex<Spare>,
    tenant: Name,
    queue_bytes: usize,
    slow: Duration,
    /// All records below are in full bundles, durable and covered by a checkpoint.
    pub(crate) bundled: AtomicU64,
    pub(crate) reserve: Mutex<Reserve>,
    lock: Mutex<Option<File>>,
}

impl Shared {
    pub(crate) fn new(
        config: &crate::Config,
        stamper: Stamper,
        next: u64,
        reserve: Reserve,
        lock: File,
    ) -> Self {
        let state = State {
            stamper,
            next,
            queue: Vec::new(),
            wanted: false,
            idle: false,
            bytes: 0,
            busy_since: None,
            failed: None,
            closing: false,
        };
        Shared {
            state: Mutex::new(state),
            wake: Condvar::new(),
            ready: Mutex::default(),
            spare: Mutex::default(),
            tenant: Name::clean(&config.tenant),
            queue_bytes: config.queue_bytes,
            slow: Duration::from_millis(config.slow_ms),
            bundled: AtomicU64::new(0),
            reserve: Mutex::new(reserve),
            lock: Mutex::new(Some(lock)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a draft its place, or places, in the queue, and tells the last one.
    ///
    /// With `done` somebody waits, and the writer begins at once; without, it takes the record along with the next that is
    /// awaited.
    pub(crate) fn place(&self, draft: Draft, done: Option<Done>) -> Result<u64, Error> {
        let vital = draft.is_vital();
        let parts: Vec<(Body, Mark)> =
            draft.split().iter().map(|part| (Body::of(part, 0), Mark::of(part))).collect();
        // The place adds less than 512 bytes; better to refuse before any place is given out.
        if parts.iter().any(|(body, _)| body.len() + 512 > LARGEST) {
            return Err(Error::Invalid { what: "record", why: "it is larger than 65,535 bytes" });
        }
        let awaited = done.is_some();
        let mut state = self.state();
        check(&state, vital, self.queue_bytes, self.slow)?;
        for (body, mark) in parts {
            let seq = state.next;
            state.next += 1;
            let stamp = state.stamper.stamp(seq);
            let entry = body.entry(&stamp, &self.tenant);
            state.bytes += entry.len();
            state.queue.push(Item { seq, entry, mark, done: None });
        }
        // The last part stands for the whole.
        let seq = state.next.saturating_sub(1);
        if let Some(last) = state.queue.last_mut() {
            last.done = done;
        }
        let full = state.queue.len() >= MANY || state.bytes >= self.queue_bytes / 4;
        let wake = (awaited || full) && state.want();
        drop(state);
        if wake {
            self.wake.notify_one();
        }
        Ok(seq)
    }

    /// Has what waits written, though nobody asks for it.
    pub(crate) fn flush(&self) {
        let mut state = self.state();
        let wake = !state.queue.is_empty() && state.want();
        drop(state);
        if wake {
            self.wake.notify_one();
        }
    }

    pub(crate) fn health(&self) -> Result<(), Error> {
        check(&self.state(), false, self.queue_bytes, self.slow)
    }

    /// Waits until records are wanted and takes all that wait; `None` once the log is closing and nothing waits.
    pub(crate) fn take(&self) -> Option<Vec<Item>> {
        let mut state = self.state();
        loop {
            let (wanted, closing) = (state.wanted, state.closing);
            if !state.queue.is_empty() && (wanted || closing) {
                state.wanted = false;
                state.busy_since = Some(Instant::now());
                let room = Vec::with_capacity(state.queue.len());
                return Some(std::mem::replace(&mut state.queue, room));
            }
            if closing {
                return None;
            }
            state.idle = true;
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle = false;
        }
    }

    /// Lends the durable records that wait for the publisher.
    pub(crate) fn ready(&self) -> MutexGuard<'_, Ready> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lends the place of the write-ahead file that is made ahead.
    pub(crate) fn spare(&self) -> MutexGuard<'_, Spare> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the disk has answered.
    pub(crate) fn answered(&self) {
        self.state().busy_since = None;
    }

    /// Notes that bytes need no more room in memory.
    pub(crate) fn released(&self, bytes: usize) {
        let mut state = self.state();
        state.bytes = state.bytes.saturating_sub(bytes);
    }

    /// Fails a batch and all that waits behind it; positions go on from the last durable record.
    pub(crate) fn fail(&self, batch: Vec<Item>, durable: u64, reason: Reason, error: &Error) {
        let mut state = self.state();
        let behind = std::mem::take(&mut state.queue);
        state.next = durable;
        state.wanted = false;
        state.busy_since = None;
        if state.failed != Some(Reason::Broken) {
            state.failed = Some(reason);
        }
        for item in batch.into_iter().chain(behind) {
            state.bytes = state.bytes.saturating_sub(item.entry.len());
            if let Some(done) = item.done {
                let _ = done.send(Err(error.clone()));
            }
        }
    }

    /// Makes the log refuse records for a reason; a broken log stays broken.
    pub(crate) fn refuse(&self, reason: Reason) {
        let mut state = self.state();
        if state.failed != Some(Reason::Broken) {
            state.failed = Some(reason);
        }
    }

    /// Lets a log that was full take records again.
    pub(crate) fn recover(&self) {
        let mut state = self.state();
        if state.failed == Some(Reason::Full) {
            state.failed = None;
        }
    }

    pub(crate) fn failure(&self) -> Option<Reason> {
        self.state().failed
    }

    /// Takes no more records; the writer ends when it has written what waits.
    pub(crate) fn close(&self) {
        self.state().closing = true;
        self.wake.notify_all();
    }

    /// Gives the folder free for another process.
    pub(crate) fn unlock(&self) {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    pub(crate) fn bundled(&self) -> u64 {
        self.bundled.load(Ordering::Acquire)
    }
}

fn check(state: &State, vital: bool, limit: usize, slow: Duration) -> Result<(), Error> {
    match state.failed {
        // What must be told about a full disk is still tried.
        Some(Reason::Full) if vital => {}
        Some(reason) => return Err(reason.into()),
        None => {}
    }
    if state.closing {
        return Err(Reason::Closed.into());
    }
    if state.bytes >= limit && !vital {
        return Err(Reason::Busy.into());
    }
    if state.busy_since.is_some_and(|since| since.elapsed() > slow) {
        return Err(Reason::Slow.into());
    }
    Ok(())
}

/// Reads the mark of a stored record.
pub(crate) fn mark_of(record: &Record) -> Mark {
    Mark::of(&record.draft)
}
