//! A moment in time as Parse has it: UTC, milliseconds.

use std::fmt;

use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

/// Milliseconds since 1970-01-01T00:00:00Z; may be negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub i64);

/// The largest distance from the epoch that both the `time` crate and the text form can express.
const LIMIT_MS: i64 = 253_402_300_799_999;

impl Date {
    /// Reads `2020-01-02T03:04:05.006Z`, with any offset and with or without fractions; `None` if it isn't a date.
    pub fn parse(text: &str) -> Option<Date> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        Date::from_ms(i64::try_from(moment.unix_timestamp_nanos().div_euclid(1_000_000)).ok()?)
    }

    /// Takes milliseconds since the epoch; `None` outside the years that the text form can hold.
    pub fn from_ms(ms: i64) -> Option<Date> {
        (-62_135_596_800_000..=LIMIT_MS).contains(&ms).then_some(Date(ms))
    }

    /// Milliseconds since the epoch.
    pub fn ms(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format =
            format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
        let nanos = i128::from(self.0) * 1_000_000;
        let text =
            OffsetDateTime::from_unix_timestamp_nanos(nanos).ok().and_then(|at| at.format(&format).ok());
        f.write_str(text.as_deref().unwrap_or("1970-01-01T00:00:00.000Z"))
    }
}

/// Shows no value: a date of birth is PHI.
impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Date")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_the_wire_form() {
        let date = Date::parse("2020-01-02T03:04:05.006Z").unwrap();
        assert_eq!(date.ms(), 1_577_934_245_006);
        assert_eq!(date.to_string(), "2020-01-02T03:04:05.006Z");
        assert_eq!(Date::parse("2020-01-02T04:04:05.006+01:00"), Some(date));
        assert_eq!(Date::parse("1969-12-31T23:59:59.999Z").unwrap().ms(), -1);
        assert!(Date::parse("yesterday").is_none());
        assert!(Date::from_ms(i64::MAX).is_none());
    }
}
