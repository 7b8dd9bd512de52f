//! Time and ids that a scenario can name: the same in every run.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use data::{Clock, Ids};
use model::{Date, ObjectId};
use server::wire::Sources;

/// When every scenario begins: 2027-01-01T00:00:00.000Z.
pub const START: i64 = 1_798_761_600_000;

/// A clock that stands, but for one millisecond at each look, so that nothing happens at the same time as something else.
#[derive(Debug)]
pub struct Fixed {
    now: AtomicI64,
    ids: AtomicU64,
}

impl Fixed {
    pub(crate) fn new() -> Arc<Fixed> {
        Arc::new(Fixed { now: AtomicI64::new(START), ids: AtomicU64::new(0) })
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).expect("no scenario takes that long");
        self.now.fetch_add(by, Ordering::Relaxed);
    }

    pub(crate) fn sources(self: &Arc<Fixed>) -> Sources {
        Sources { clock: self.clone(), ids: self.clone() }
    }

    fn next(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl Clock for Fixed {
    fn now(&self) -> Date {
        Date(self.now.fetch_add(1, Ordering::Relaxed))
    }
}

impl Ids for Fixed {
    fn object_id(&self, _: usize) -> ObjectId {
        ObjectId::new(&format!("fixed{:05}", self.next())).expect("letters and digits are a legal id")
    }

    fn session_token(&self) -> String {
        format!("r:{:032x}", self.next())
    }

    fn request_id(&self) -> String {
        format!("fixed-{}", self.next())
    }
}
