//! A moment in time as Parse has it: UTC, milliseconds.

use std::fmt;

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

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
        // Two of these stand in every object that leaves: written digit by digit, without a format that is interpreted.
        let at = OffsetDateTime::from_unix_timestamp(self.0.div_euclid(1_000)).ok();
        let Some(at) = at.filter(|at| at.year() >= 0) else { return f.write_str("1970-01-01T00:00:00.000Z") };
        let [y1, y2, y3, y4] = digits(at.year().unsigned_abs());
        let [m1, m2] = digits(u8::from(at.month()).into());
        let [d1, d2] = digits(at.day().into());
        let [h1, h2] = digits(at.hour().into());
        let [n1, n2] = digits(at.minute().into());
        let [s1, s2] = digits(at.second().into());
        let [t1, t2, t3] = digits(self.0.rem_euclid(1_000) as u32);
        let text = [
            y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'.', t1,
            t2, t3, b'Z',
        ];
        f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

/// The last digits of a number, in ASCII.
fn digits<const N: usize>(number: u32) -> [u8; N] {
    let mut rest = number;
    let mut digits = [b'0'; N];
    for digit in digits.iter_mut().rev() {
        *digit += (rest % 10) as u8;
        rest /= 10;
    }
    digits
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
        assert_eq!(Date(i64::MAX).to_string(), Date(0).to_string());
    }

    #[test]
    fn every_moment_reads_back() {
        let (first, last) = (-62_135_596_800_000, LIMIT_MS);
        let steps = (first..=last).step_by(86_400_000 * 11 + 7_654_321);
        for ms in steps.chain([first, -1, 0, 951_782_399_999, 951_868_800_000, last]) {
            assert_eq!(Date::parse(&Date(ms).to_string()), Some(Date(ms)), "{ms}");
        }
    }
}
