//! A moment in time, as Parse counts it.

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::fmt;
use time::{Month, OffsetDateTime};

/// A moment in UTC, to the millisecond. In JSON it is Parse's `{"__type": "Date", "iso": "…"}`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i64);

impl Date {
    /// Makes a moment of milliseconds since 1970-01-01T00:00:00Z.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The milliseconds since 1970-01-01T00:00:00Z.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Makes the first moment of a day, if there is such a day: `from_ymd(1980, 2, 30)` is `None`.
    pub fn from_ymd(year: i32, month: u8, day: u8) -> Option<Self> {
        let date = time::Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
        Some(Self(date.midnight().assume_utc().unix_timestamp().checked_mul(1000)?))
    }

    /// The year, month (1 to 12) and day of the month, in UTC; `None` beyond the years -9999 to 9999.
    pub fn ymd(self) -> Option<(i32, u8, u8)> {
        let (year, month, day) = self.calendar()?.to_calendar_date();
        Some((year, month.into(), day))
    }

    /// Reads Parse's form (`2024-05-01T13:00:00.000Z`) or a bare day (`2024-05-01`).
    pub fn parse(text: &str) -> Option<Self> {
        // By hand: the formats of `time` would be a fifth of a small component.
        let (day, clock) = match text.split_once('T') {
            Some((day, clock)) => (day, Some(clock.strip_suffix('Z')?)),
            None => (text, None),
        };
        let [year, month, day] = numbers(day, '-', [4, 2, 2])?;
        let start =
            Self::from_ymd(i32::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)?;
        let Some(clock) = clock else { return Some(start) };
        let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
        let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
        if hour > 23 || minute > 59 || second > 59 || fraction.len() > 9 {
            return None;
        }
        // What is finer than a millisecond is cut off, as JavaScript does.
        whole(fraction)?;
        let millis = whole(format!("{fraction:0<3}").get(..3)?)?;
        let within = ((hour * 60 + minute) * 60 + second) * 1000 + millis;
        start.0.checked_add(i64::from(within)).map(Self)
    }

    /// Writes Parse's form; `None` beyond the years 0 to 9999, which Parse can't say.
    pub fn iso(self) -> Option<String> {
        let at = self.calendar().filter(|at| (0..=9999).contains(&at.year()))?;
        let (year, month, day) = at.to_calendar_date();
        let (hour, minute, second, milli) = at.to_hms_milli();
        let month = u8::from(month);
        Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z"))
    }

    fn calendar(self) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000).ok()
    }
}

/// Reads numbers of exactly these widths.
fn numbers(text: &str, separator: char, widths: [usize; 3]) -> Option<[u32; 3]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; 3];
    for (number, width) in numbers.iter_mut().zip(widths) {
        *number = whole(parts.next().filter(|part| part.len() == width)?)?;
    }
    parts.next().is_none().then_some(numbers)
}

/// Reads digits and nothing else.
fn whole(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Date")
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let iso = self.iso().ok_or_else(|| serde::ser::Error::custom("a date beyond the year 9999"))?;
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("__type", "Date")?;
        map.serialize_entry("iso", &iso)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Rest {
            Typed {
                #[serde(rename = "__type")]
                kind: String,
                iso: String,
            },
            Plain(String),
        }
        let iso = match Rest::deserialize(deserializer)? {
            Rest::Typed { kind, iso } if kind == "Date" => iso,
            Rest::Plain(iso) => iso,
            Rest::Typed { .. } => return Err(D::Error::custom("expected a Date")),
        };
        Self::parse(&iso).ok_or_else(|| D::Error::custom("expected a date in ISO form"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for iso in ["1969-12-31T23:59:59.999Z", "2024-02-29T00:00:00.000Z", "0001-01-01T00:00:00.000Z"] {
            assert_eq!(Date::parse(iso).unwrap().iso().unwrap(), iso);
        }
        assert_eq!(Date::parse("2024-02-29"), Date::from_ymd(2024, 2, 29));
        assert_eq!(Date::parse("2024-02-29T01:02:03Z").unwrap().iso().unwrap(), "2024-02-29T01:02:03.000Z");
    }

    #[test]
    fn refuses_days_that_never_were() {
        assert_eq!(Date::from_ymd(2023, 2, 29), None);
        assert_eq!(Date::parse("1980-13-01"), None);
        for bad in [
            "",
            "yesterday",
            "1980-1-01",
            "+980-01-01",
            "1980-01-01-01",
            "1980-01-01T",
            "1980-01-01T24:00:00Z",
            "1980-01-01T00:00:00",
            "1980-01-01T00:00:00.Z",
            "1980-01-01T00:00:00.1x4Z",
            "1980-01-01T00:00:00.1234567890Z",
            "1980-01-01Tä0:00:00Z",
        ] {
            assert_eq!(Date::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn cuts_what_is_finer_than_a_millisecond() {
        for (fraction, millis) in [("5", 500), ("05", 50), ("123456789", 123), ("000", 0)] {
            let text = format!("1970-01-01T00:00:00.{fraction}Z");
            assert_eq!(Date::parse(&text).map(Date::millis), Some(millis), "{text}");
        }
    }

    #[test]
    fn has_no_form_beyond_what_parse_can_say() {
        assert_eq!(Date::from_millis(i64::MAX).iso(), None);
        assert_eq!(Date::from_millis(i64::MIN).ymd(), None);
        assert!(serde_json::to_string(&Date::from_millis(i64::MAX)).is_err());
    }

    #[test]
    fn json_is_typed_or_a_plain_text() {
        let date = Date::from_ymd(2024, 5, 1).unwrap();
        let json = serde_json::json!({"__type": "Date", "iso": "2024-05-01T00:00:00.000Z"});
        assert_eq!(serde_json::to_value(date).unwrap(), json);
        assert_eq!(serde_json::from_value::<Date>(json).unwrap(), date);
        assert_eq!(serde_json::from_value::<Date>("2024-05-01".into()).unwrap(), date);
        assert!(
            serde_json::from_value::<Date>(serde_json::json!({"__type": "File", "iso": "2024-05-01"}))
                .is_err()
        );
    }
}
