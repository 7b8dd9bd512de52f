//! A clock that can be put forward.

use std::sync::atomic::{AtomicI64, Ordering};

use data::{Clock, SystemClock};
use model::Date;

/// The machine's clock, and how far it was put forward.
#[derive(Default)]
pub(super) struct Forward(AtomicI64);

impl Forward {
    /// Puts the clock forward by some milliseconds.
    pub(super) fn by(&self, ms: u64) {
        let ms = i64::try_from(ms).unwrap_or(i64::MAX);
        let add = |ahead: i64| Some(ahead.saturating_add(ms));
        // Never refuses: the closure always answers.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// Takes back what it was put forward.
    pub(super) fn back(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

impl Clock for Forward {
    fn now(&self) -> Date {
        Date(SystemClock.now().ms().saturating_add(self.0.load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_forward_and_back() {
        let clock = Forward::default();
        let start = SystemClock.now().ms();
        clock.by(1_000_000);
        clock.by(1_000_000);
        assert!((2_000_000..2_060_000).contains(&(clock.now().ms() - start)));
        clock.by(u64::MAX);
        assert_eq!(clock.now().ms(), i64::MAX);
        clock.back();
        assert!(clock.now().ms() - start < 60_000);
    }
}
