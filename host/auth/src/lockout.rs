//! How many wrong passwords an account bears.

use serde::Deserialize;

use crate::{Error, Result};

/// Says when an account locks, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// How many failures in a row lock the account: 1 to 999.
    pub threshold: u32,
    /// For how many minutes it stays locked: more than 0, at most 99 999.
    pub duration: f64,
}

impl Policy {
    /// Checks both numbers.
    ///
    /// # Errors
    /// [`Error::Range`] or [`Error::Above`] naming the one that is out of bounds.
    pub fn validate(&self) -> Result<()> {
        if !(1..=999).contains(&self.threshold) {
            return Err(Error::Range { setting: "lockout threshold", least: 1, most: 999 });
        }
        if !(self.duration > 0.0 && self.duration <= 99_999.0) {
            return Err(Error::Above { setting: "lockout duration in minutes", above: 0, most: 99_999 });
        }
        Ok(())
    }
}

/// Is what an account remembers of failed log-ins.
///
/// It is a value: whoever keeps it writes the successor back with a compare-and-set and
/// starts over on a conflict, or guesses made in parallel count as one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct State {
    /// How many passwords in a row were wrong.
    pub failures: u32,
    /// Until when the account is locked, in milliseconds since 1970.
    pub locked_until: Option<i64>,
}

/// Refuses a log-in to a locked account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "Your account is locked due to multiple failed login attempts. Please try again after {minutes} minute(s)"
)]
pub struct Locked {
    /// How long it stays locked, in minutes, rounded up: right after locking, the whole duration.
    pub minutes: u64,
}

impl State {
    /// Judges whether a log-in may be tried now.
    ///
    /// Ask before the password is looked at: a right one doesn't open a locked account.
    ///
    /// # Errors
    /// [`Locked`] until the moment the lock ends.
    pub fn judge(&self, now_ms: i64) -> std::result::Result<(), Locked> {
        match self.locked_until {
            Some(until) if until > now_ms => Err(Locked { minutes: until.abs_diff(now_ms).div_ceil(60_000) }),
            _ => Ok(()),
        }
    }

    /// Counts a wrong password, and locks the account at the threshold.
    ///
    /// While locked nothing changes, so attempts can't prolong a lock for ever. When a lock
    /// has ended the count stands: one more failure locks again, only a success clears it.
    #[must_use = "the new state has to be written back"]
    pub fn fail(self, policy: &Policy, now_ms: i64) -> State {
        if self.judge(now_ms).is_err() {
            return self;
        }
        let failures = self.failures.saturating_add(1);
        let until = now_ms.saturating_add((policy.duration * 60_000.0) as i64);
        State { failures, locked_until: (failures >= policy.threshold).then_some(until) }
    }

    /// Forgets the failures after a right password (or a password reset that unlocks).
    #[must_use = "the new state has to be written back"]
    pub fn succeed(self) -> State {
        State::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy { threshold: 3, duration: 5.0 };
    const NOW: i64 = 1_700_000_000_000;

    fn after(failures: u32) -> State {
        (0..failures).fold(State::default(), |state, _| state.fail(&POLICY, NOW))
    }

    #[test]
    fn locks_at_the_threshold_and_opens_when_the_time_is_over() {
        assert_eq!(after(2).judge(NOW), Ok(()));
        let locked = after(3);
        assert_eq!(locked.judge(NOW), Err(Locked { minutes: 5 }));
        assert_eq!(locked.judge(NOW + 1), Err(Locked { minutes: 5 }));
        assert_eq!(locked.judge(NOW + 240_000), Err(Locked { minutes: 1 }));
        assert_eq!(locked.judge(NOW + 299_999), Err(Locked { minutes: 1 }));
        assert_eq!(locked.judge(NOW + 300_000), Ok(()));
    }

    #[test]
    fn failing_while_locked_changes_nothing() {
        assert_eq!(after(3).fail(&POLICY, NOW + 299_999), after(3));
        assert_eq!(after(9), after(3));
    }

    #[test]
    fn one_failure_after_a_lock_locks_again_and_a_success_forgets() {
        let again = after(3).fail(&POLICY, NOW + 300_000);
        assert_eq!(again, State { failures: 4, locked_until: Some(NOW + 600_000) });
        assert_eq!(again.succeed(), State::default());
        assert_eq!(after(2).succeed().fail(&POLICY, NOW).judge(NOW), Ok(()));
    }

    #[test]
    fn extremes_saturate() {
        let policy = Policy { threshold: 1, duration: f64::MAX };
        let state = State { failures: u32::MAX, locked_until: None }.fail(&policy, i64::MAX);
        assert_eq!(state, State { failures: u32::MAX, locked_until: Some(i64::MAX) });
        assert!(State { failures: 1, locked_until: Some(i64::MAX) }.judge(i64::MIN).is_err());
    }

    #[test]
    fn says_what_parse_says() {
        assert_eq!(
            Locked { minutes: 5 }.to_string(),
            "Your account is locked due to multiple failed login attempts. Please try again after 5 minute(s)"
        );
    }

    #[test]
    fn refuses_numbers_out_of_bounds() {
        assert_eq!(POLICY.validate(), Ok(()));
        assert_eq!(Policy { threshold: 999, duration: 99_999.0 }.validate(), Ok(()));
        for (threshold, duration) in [(0, 5.0), (1000, 5.0), (3, 0.0), (3, 100_000.0), (3, f64::NAN)] {
            assert!(matches!(
                Policy { threshold, duration }.validate(),
                Err(Error::Range { .. } | Error::Above { .. })
            ));
        }
    }
}
