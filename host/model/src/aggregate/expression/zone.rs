//! Time zones: offsets, and the names of the IANA's database, a copy of which is built in.

use jiff::{
    Timestamp,
    tz::{Offset, TimeZone},
};
use time::{OffsetDateTime, UtcOffset};

use super::operator::refused;
use crate::{Date, ParseError, Value};

/// The start of the year 2000, from which hours and what is shorter are counted.
const REFERENCE: i64 = 946_684_800_000;

/// How clocks are set somewhere.
pub(super) enum Zone {
    /// So many milliseconds ahead of UTC.
    Ahead(i64),
    /// As a place has set them over the years.
    Named(TimeZone),
}

impl Zone {
    pub(super) const UTC: Zone = Zone::Ahead(0);

    /// The zone that an argument names; UTC without one.
    ///
    /// # Errors
    /// 102 for what is neither an offset nor a known name.
    pub(super) fn of(zone: Option<&Value>) -> Result<Zone, ParseError> {
        let bad = || {
            refused("A date operator", "UTC, an offset like +02:00 or a name like Europe/Berlin as timezone")
        };
        match zone {
            None | Some(Value::Null) => Ok(Zone::UTC),
            Some(Value::String(zone)) => match offset(zone) {
                Some(offset) => Ok(Zone::Ahead(i64::from(offset.whole_seconds()) * 1_000)),
                None => TimeZone::get(zone).map(Zone::Named).map_err(|_| bad()),
            },
            Some(_) => Err(bad()),
        }
    }

    /// Whether clocks always show UTC.
    pub(super) fn is_utc(&self) -> bool {
        matches!(self, Zone::Ahead(0))
    }

    /// The zone for units that changes of the clocks don't move: as far ahead as at a moment.
    pub(super) fn steady(&self, at: Date) -> Result<Zone, ParseError> {
        self.ahead(at.ms()).map(Zone::Ahead)
    }

    /// The zone that hours and what is shorter are counted in.
    pub(super) fn reference(&self) -> Result<Zone, ParseError> {
        self.ahead(REFERENCE).map(Zone::Ahead)
    }

    fn ahead(&self, ms: i64) -> Result<i64, ParseError> {
        match self {
            Zone::Ahead(ahead) => Ok(*ahead),
            Zone::Named(zone) => {
                let at = Timestamp::from_millisecond(ms).map_err(|_| far())?;
                Ok(i64::from(zone.to_offset(at).seconds()) * 1_000)
            }
        }
    }

    /// What clocks show at a moment, with how far they are ahead.
    ///
    /// # Errors
    /// 102 for a date out of reach.
    pub(super) fn local(&self, date: Date) -> Result<OffsetDateTime, ParseError> {
        let seconds = i32::try_from(self.ahead(date.ms())? / 1_000).map_err(|_| far())?;
        let offset = UtcOffset::from_whole_seconds(seconds).map_err(|_| far())?;
        let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(date.ms()) * 1_000_000);
        moment.ok().and_then(|moment| moment.checked_to_offset(offset)).ok_or_else(far)
    }

    /// What clocks show at a moment, as if it were UTC.
    ///
    /// # Errors
    /// 102 for a date out of reach.
    pub(super) fn shown(&self, date: Date) -> Result<Date, ParseError> {
        Date::from_ms(date.ms() + self.ahead(date.ms())?).ok_or_else(far)
    }

    /// The moment at which clocks show this. A time that they leave out is one after the gap, by as much; of one that they
    /// show twice the first counts.
    pub(super) fn moment(&self, shown: i64) -> Option<i64> {
        match self {
            Zone::Ahead(ahead) => shown.checked_sub(*ahead),
            Zone::Named(zone) => {
                let clock = Offset::UTC.to_datetime(Timestamp::from_millisecond(shown).ok()?);
                Some(zone.to_ambiguous_timestamp(clock).compatible().ok()?.as_millisecond())
            }
        }
    }
}

fn far() -> ParseError {
    refused("A date operator", "dates that can be written")
}

fn offset(zone: &str) -> Option<UtcOffset> {
    if matches!(zone, "UTC" | "GMT" | "Z" | "Etc/UTC") {
        return Some(UtcOffset::UTC);
    }
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let digits = digits.replace(':', "");
    let number = |range| digits.get(range).map_or(Some(0), |digits: &str| digits.parse::<i8>().ok());
    let (hours, minutes) = match digits.len() {
        2 => (number(0..2)?, 0),
        4 => (number(0..2)?, number(2..4)?),
        _ => return None,
    };
    UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()
}
