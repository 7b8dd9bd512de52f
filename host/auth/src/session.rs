//! When a session ends.

/// Computes when a session that starts now ends, in milliseconds since 1970.
///
/// A length that would pass the end of time ends there.
pub fn expiry(now_ms: i64, length_s: u64) -> i64 {
    let length_ms = i64::try_from(length_s).unwrap_or(i64::MAX).saturating_mul(1000);
    now_ms.saturating_add(length_ms)
}

/// Tells whether a session that ends at the given moment is over.
///
/// It is over at that very millisecond. A session without an end never is: don't ask.
pub fn is_expired(now_ms: i64, expires_at_ms: i64) -> bool {
    expires_at_ms <= now_ms
}

/// Tells whether a session has lain unused for the given time: automatic logoff
/// (45 CFR 164.312(a)(2)(iii)).
///
/// It has at that very millisecond. A last use in the future, after a clock was set back, is no idleness.
pub fn is_idle(now_ms: i64, last_used_ms: i64, limit_s: u64) -> bool {
    expiry(last_used_ms, limit_s) <= now_ms
}

/// Tells whether a session that is extended by use is due: more than half of its length
/// has passed since it was written last.
pub fn is_due_for_renewal(now_ms: i64, updated_at_ms: i64, length_s: u64) -> bool {
    now_ms.saturating_sub(updated_at_ms) > expiry(0, length_s) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_after_its_length() {
        let end = expiry(1_000, 31_536_000);
        assert_eq!(end, 31_536_001_000);
        assert!(!is_expired(end - 1, end));
        assert!(is_expired(end, end));
        assert!(is_expired(end + 1, end));
    }

    #[test]
    fn a_huge_length_does_not_wrap_into_the_past() {
        for length in [u64::MAX, i64::MAX.unsigned_abs(), 9_223_372_036_854_776] {
            assert_eq!(expiry(1_700_000_000_000, length), i64::MAX);
        }
        assert!(!is_idle(1_700_000_000_000, 0, u64::MAX));
        assert!(
            is_due_for_renewal(i64::MAX - 1, i64::MIN, 31_536_000),
            "a huge difference does not wrap either"
        );
    }

    #[test]
    fn idles_out_fifteen_minutes_after_its_last_use() {
        assert!(!is_idle(899_999, 0, 900));
        assert!(is_idle(900_000, 0, 900));
        assert!(!is_idle(0, 5_000, 900), "a clock that was set back logs nobody off");
    }

    #[test]
    fn is_renewed_in_its_second_half() {
        assert!(!is_due_for_renewal(500_000, 0, 1000));
        assert!(is_due_for_renewal(500_001, 0, 1000));
        assert!(!is_due_for_renewal(0, 500_001, 1000));
    }
}
