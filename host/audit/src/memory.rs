//! A sink that keeps records in memory, for the tests of other crates.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::draft::Draft;
use crate::error::{Error, Reason};
use crate::name::Name;
use crate::record::{Body, LARGEST, Record};
use crate::sink::{Done, Sink, Ticket};
use crate::stamp::Stamper;

/// Records kept in memory: encoded and read back like the real ones, gone with the process.
#[derive(Debug)]
pub struct Memory {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    stamper: Stamper,
    tenant: Name,
    records: Vec<Record>,
    waiting: Vec<Done>,
    hold: bool,
    left: Option<usize>,
}

impl Memory {
    /// Makes an empty sink.
    #[expect(clippy::new_without_default, reason = "a sink is made knowingly")]
    pub fn new() -> Self {
        #[expect(clippy::expect_used, reason = "a test without random numbers can't go on")]
        let stamper = Stamper::new(0).expect("the system gives random numbers");
        let tenant = Name::clean("test");
        let state =
            State { stamper, tenant, records: Vec::new(), waiting: Vec::new(), hold: false, left: None };
        Memory { state: Mutex::new(state) }
    }

    /// Copies what was recorded so far, in order.
    pub fn records(&self) -> Vec<Record> {
        self.lock().records.clone()
    }

    /// Makes [`Sink::health`] and [`Sink::enqueue`] fail, or work again.
    pub fn fail(&self, fail: bool) {
        self.lock().left = fail.then_some(0);
    }

    /// Lets `drafts` more drafts through and then fails, so that an outcome is lost after its intent.
    pub fn fail_after(&self, drafts: usize) {
        self.lock().left = Some(drafts);
    }

    /// Keeps tickets waiting while `hold` is true, so that a test sees what happens before a record is durable.
    pub fn hold(&self, hold: bool) {
        let mut state = self.lock();
        state.hold = hold;
        if !hold {
            for done in state.waiting.drain(..) {
                let _ = done.send(Ok(()));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Memory {
    fn enqueue(&self, draft: Draft) -> Result<Ticket, Error> {
        let mut state = self.lock();
        match &mut state.left {
            Some(0) => return Err(Reason::Told.into()),
            Some(left) => *left -= 1,
            None => {}
        }
        let mut records = Vec::new();
        for part in draft.split() {
            let seq = (state.records.len() + records.len()) as u64;
            let stamp = state.stamper.stamp(seq);
            let entry = Body::of(&part, 0).entry(&stamp, &state.tenant);
            if entry.len() > LARGEST {
                return Err(Error::Invalid { what: "record", why: "it is larger than 65,535 bytes" });
            }
            records.push(Record::decode(&entry)?);
        }
        state.records.extend(records);
        let (settle, done) = oneshot::channel();
        let ticket = Ticket::new((state.records.len() - 1) as u64, done);
        if state.hold {
            state.waiting.push(settle);
        } else {
            let _ = settle.send(Ok(()));
        }
        Ok(ticket)
    }

    fn health(&self) -> Result<(), Error> {
        if self.lock().left == Some(0) { Err(Reason::Told.into()) } else { Ok(()) }
    }
}
