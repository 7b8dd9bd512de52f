//! What the writers were told, so that it can be asked for again after a crash.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// An operation that the server said it has done.
#[derive(Debug, Clone)]
pub(super) struct Acknowledged {
    /// The request's id, which the trail must have.
    pub(super) request: String,
    /// The code of its records.
    pub(super) code: &'static str,
}

/// What an object may look like after a crash.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// The last value that was acknowledged; `None` when its deletion was.
    pub(super) value: Option<i64>,
    /// What was asked for and not answered: it may have happened or not. `Some(None)` is a deletion.
    pub(super) asked: Option<Option<i64>>,
}

impl Known {
    /// Whether an object may be found like this.
    pub(super) fn allows(&self, found: Option<i64>) -> bool {
        found == self.value || self.asked.is_some_and(|asked| asked == found)
    }
}

/// Everything that was acknowledged.
#[derive(Default)]
pub(super) struct Ledger {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    operations: Vec<Acknowledged>,
    objects: BTreeMap<String, Known>,
}

impl Ledger {
    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that an object is about to be changed to a value, or deleted.
    pub(super) fn ask(&self, id: &str, change: Option<i64>) {
        self.inner().objects.entry(id.to_owned()).or_default().asked = Some(change);
    }

    /// Notes that the server has done it.
    pub(super) fn acknowledge(&self, id: &str, value: Option<i64>, operation: Acknowledged) {
        let mut inner = self.inner();
        inner.objects.insert(id.to_owned(), Known { value, asked: None });
        inner.operations.push(operation);
    }

    /// Notes an operation that changes nothing.
    pub(super) fn saw(&self, operation: Acknowledged) {
        self.inner().operations.push(operation);
    }

    /// Notes what was found after a crash: from now on it is what must be there.
    pub(super) fn settle(&self, id: &str, value: Option<i64>) {
        self.inner().objects.insert(id.to_owned(), Known { value, asked: None });
    }

    pub(super) fn objects(&self) -> Vec<(String, Known)> {
        self.inner().objects.iter().map(|(id, known)| (id.clone(), known.clone())).collect()
    }

    pub(super) fn operations(&self) -> Vec<Acknowledged> {
        self.inner().operations.clone()
    }
}
