//! What was lately looked up, until something of it may have changed.

use std::{
    hash::Hash,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use moka::sync::Cache;

/// Answers of look-ups, each for at most [`KEPT`]: that long another server on the same database may go unheard.
pub(crate) struct Recent<K, V> {
    kept: Cache<K, (Epoch, V)>,
    epoch: AtomicU64,
}

/// Between two changes. An answer serves only in the epoch in which its look-up began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Epoch(u64);

/// How long an answer serves.
const KEPT: Duration = Duration::from_secs(5);
/// How many answers are kept.
const MOST: u64 = 10_000;

impl<K: Hash + Eq + Send + Sync + 'static, V: Clone + Send + Sync + 'static> Default for Recent<K, V> {
    fn default() -> Self {
        let kept = Cache::builder().max_capacity(MOST).time_to_live(KEPT).build();
        Recent { kept, epoch: AtomicU64::new(0) }
    }
}

impl<K: Hash + Eq + Send + Sync + 'static, V: Clone + Send + Sync + 'static> Recent<K, V> {
    /// The present epoch; to be asked before the look-up whose answer is kept.
    pub(crate) fn epoch(&self) -> Epoch {
        Epoch(self.epoch.load(Ordering::Acquire))
    }

    /// An answer of this epoch.
    pub(crate) fn get(&self, key: &K) -> Option<V> {
        let now = self.epoch();
        self.kept.get(key).and_then(|(then, value)| (then == now).then_some(value))
    }

    /// Keeps the answer of a look-up that began in an epoch: if that one is over, the answer may be an old one, and
    /// never serves.
    pub(crate) fn keep(&self, began: Epoch, key: K, value: V) {
        self.kept.insert(key, (began, value));
    }

    /// Forgets all answers, also those of look-ups under way.
    pub(crate) fn clear(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        self.kept.invalidate_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A session that is looked up while it ends would otherwise go on for seconds.
    #[test]
    fn a_look_up_that_began_before_a_change_is_not_believed_after_it() {
        let recent = Recent::default();
        let began = recent.epoch();
        recent.keep(began, "a", 1);
        assert_eq!(recent.get(&"a"), Some(1));
        let slow = recent.epoch();
        recent.clear();
        recent.keep(slow, "a", 2);
        assert_eq!(recent.get(&"a"), None);
        recent.keep(recent.epoch(), "a", 3);
        assert_eq!(recent.get(&"a"), Some(3));
    }
}
