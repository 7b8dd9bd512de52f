//! Failures that come with every request as long as they last, told now and then with their number.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How long nothing more is said of a failure that goes on.
const QUIET: Duration = Duration::from_secs(10);

/// What was last said of a kind of failure.
pub(crate) struct Outage(Mutex<Option<Said>>);

struct Said {
    at: Instant,
    /// Failures since.
    unsaid: u64,
}

impl Outage {
    pub(crate) const fn new() -> Outage {
        Outage(Mutex::new(None))
    }

    /// Whether a failure is told of, and then how many there were that weren't.
    pub(crate) fn tell(&self, now: Instant) -> Option<u64> {
        let mut said = self.0.lock();
        match &mut *said {
            Some(said) if now.saturating_duration_since(said.at) < QUIET => {
                said.unsaid += 1;
                None
            }
            before => {
                let unsaid = before.as_ref().map_or(0, |before| before.unsaid);
                *before = Some(Said { at: now, unsaid: 0 });
                Some(unsaid)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// While a database was down, each request wrote a line of its own into the log.
    #[test]
    fn a_failure_that_goes_on_is_told_now_and_then() {
        let (outage, start) = (Outage::new(), Instant::now());
        assert_eq!(outage.tell(start), Some(0));
        for after in [1, 500, 9_999] {
            assert_eq!(outage.tell(start + Duration::from_millis(after)), None);
        }
        assert_eq!(outage.tell(start + QUIET), Some(3));
        assert_eq!(outage.tell(start + QUIET + Duration::from_secs(1)), None);
        assert_eq!(outage.tell(start + 3 * QUIET), Some(1));
    }
}
