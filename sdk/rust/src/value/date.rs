//! A moment in time, as Parse counts it.

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::fmt;
use time::macros::format_description;
use time::{Month, OffsetDateTime, PrimitiveDateTime};

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
        if let Ok(day) = time::Date::parse(text, format_description!("[year]-[month]-[day]")) {
            return Some(Self(day.midnight().assume_utc().unix_timestamp().checked_mul(1000)?));
        }
        let iso =
            format_description!("[year]-[month]-[day]T[hour]:[minute]:[second][optional [.[subsecond]]]Z");
        let moment = PrimitiveDateTime::parse(text, iso).ok()?.assume_utc();
        i64::try_from(moment.unix_timestamp_nanos().div_euclid(1_000_000)).ok().map(Self)
    }

    /// Writes Parse's form; `None` beyond the years 0 to 9999, which Parse can't say.
    pub fn iso(self) -> Option<String> {
        let iso = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
        self.calendar().filter(|date| date.year() >= 0)?.format(iso).ok()
    }

    fn calendar(self) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000).ok()
    }
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
        assert_eq!(Date::parse("yesterday"), None);
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
