//! Operators on dates: their texts, sums and differences.

use time::{Month, PrimitiveDateTime, Time};

use super::{
    Answer,
    operator::{at, numeric, present, refused},
    zone::Zone,
};
use crate::{Date, ParseError, Value};

pub(super) const DAY_MS: i64 = 86_400_000;

/// A date among arguments; `None` for null and missing.
fn argument(args: &[Option<Value>], place: usize, operator: &str) -> Result<Option<Date>, ParseError> {
    match present(args, place) {
        None => Ok(None),
        Some(Value::Date(date)) => Ok(Some(*date)),
        Some(_) => Err(refused(operator, "a date")),
    }
}

pub(super) fn answer(ms: Option<i64>, operator: &str) -> Answer {
    let date = ms.and_then(Date::from_ms).ok_or_else(|| refused(operator, "dates that can be written"))?;
    Ok(Some(Value::Date(date)))
}

/// `$toDate`: of dates, milliseconds and ISO texts.
pub(super) fn to_date(args: &[Option<Value>]) -> Answer {
    match present(args, 0) {
        None => Ok(Some(Value::Null)),
        Some(Value::Date(date)) => Ok(Some(Value::Date(*date))),
        Some(Value::Number(ms)) => answer(Some(*ms as i64), "$toDate"),
        Some(Value::String(text)) => {
            read(text).map(|date| Some(Value::Date(date))).ok_or_else(|| refused("$toDate", "ISO 8601 texts"))
        }
        Some(_) => Err(refused("$toDate", "dates, milliseconds and ISO 8601 texts")),
    }
}

/// Reads a moment; one without a zone is UTC's, and a day means its beginning.
fn read(text: &str) -> Option<Date> {
    Date::parse(text).or_else(|| read_local(text))
}

fn read_local(text: &str) -> Option<Date> {
    let text = text.replacen(' ', "T", 1);
    Date::parse(&format!("{text}Z")).or_else(|| Date::parse(&format!("{text}T00:00:00.000Z")))
}

/// Reads a moment that is local to a zone unless it tells its own.
fn read_in(text: &str, zone: &Zone) -> Option<Date> {
    Date::parse(text).or_else(|| Date::from_ms(zone.moment(read_local(text)?.ms())?))
}

/// `$dateFromString`
pub(super) fn from_string(args: &[Option<Value>]) -> Answer {
    let zone = Zone::of(at(args, 3))?;
    match present(args, 0) {
        None => Ok(Some(at(args, 1).cloned().unwrap_or(Value::Null))),
        Some(Value::String(text)) => match (read_in(text, &zone), at(args, 2)) {
            (Some(date), _) => Ok(Some(Value::Date(date))),
            (None, Some(otherwise)) => Ok(Some(otherwise.clone())),
            (None, None) => Err(refused("$dateFromString", "ISO 8601 texts")),
        },
        Some(_) => Err(refused("$dateFromString", "a text")),
    }
}

/// The milliseconds of the first day of a month counted from the year 0.
pub(super) fn first_of_month(months: i64) -> Option<i64> {
    let year = i32::try_from(months.div_euclid(12)).ok()?;
    let month = Month::try_from(u8::try_from(months.rem_euclid(12) + 1).ok()?).ok()?;
    let date = time::Date::from_calendar_date(year, month, 1).ok()?;
    let moment = PrimitiveDateTime::new(date, Time::MIDNIGHT).assume_utc();
    moment.unix_timestamp().checked_mul(1_000)
}

/// A unit of time: so many months, or so many milliseconds.
enum Unit {
    Months(i64),
    Ms(i64),
}

impl Unit {
    /// Whether it lasts as long when clocks are changed.
    fn is_steady(&self) -> bool {
        matches!(self, Unit::Ms(ms) if *ms < DAY_MS)
    }
}

fn unit(args: &[Option<Value>], place: usize, operator: &str) -> Result<Unit, ParseError> {
    Ok(match present(args, place).and_then(Value::as_str) {
        Some("year") => Unit::Months(12),
        Some("quarter") => Unit::Months(3),
        Some("month") => Unit::Months(1),
        Some("week") => Unit::Ms(7 * DAY_MS),
        Some("day") => Unit::Ms(DAY_MS),
        Some("hour") => Unit::Ms(3_600_000),
        Some("minute") => Unit::Ms(60_000),
        Some("second") => Unit::Ms(1_000),
        Some("millisecond") => Unit::Ms(1),
        _ => return Err(refused(operator, "a unit from year to millisecond")),
    })
}

fn months(date: Date) -> Result<i64, ParseError> {
    let local = Zone::UTC.local(date)?;
    Ok(i64::from(local.year()) * 12 + i64::from(u8::from(local.month())) - 1)
}

/// `$dateAdd`, `$dateSubtract`: a day that a month lacks becomes its last one.
pub(super) fn add(args: &[Option<Value>], sign: i64) -> Answer {
    let operator = "$dateAdd and $dateSubtract";
    let Some(date) = argument(args, 0, operator)? else { return Ok(Some(Value::Null)) };
    let amount = match present(args, 2) {
        None => return Ok(Some(Value::Null)),
        Some(Value::Number(amount)) if amount.fract() == 0.0 => *amount as i64,
        Some(_) => return Err(refused(operator, "a whole number as amount")),
    };
    let unit = unit(args, 1, operator)?;
    let zone = Zone::of(present(args, 3))?;
    // An hour is an hour; a day lasts until clocks show the same again.
    let zone = if unit.is_steady() { zone.steady(date)? } else { zone };
    let date = zone.shown(date)?;
    let moved = amount.checked_mul(sign).map(|amount| moved(date, amount, &unit)).transpose()?.flatten();
    answer(moved.and_then(|ms| zone.moment(ms)), operator)
}

fn moved(date: Date, amount: i64, unit: &Unit) -> Result<Option<i64>, ParseError> {
    let unit = match unit {
        Unit::Ms(unit) => return Ok(amount.checked_mul(*unit).and_then(|ms| ms.checked_add(date.ms()))),
        Unit::Months(unit) => *unit,
    };
    let before = months(date)?;
    let into = first_of_month(before);
    let after = amount.checked_mul(unit).and_then(|more| before.checked_add(more));
    let next = after.and_then(|after| after.checked_add(1)).and_then(first_of_month);
    let first = after.and_then(first_of_month);
    let (Some(into), Some(first), Some(next)) = (into, first, next) else { return Ok(None) };
    let (day, time) = ((date.ms() - into).div_euclid(DAY_MS), (date.ms() - into).rem_euclid(DAY_MS));
    let day = day.min((next - first) / DAY_MS - 1);
    Ok(Some(first + day * DAY_MS + time))
}

const WEEK_MS: i64 = 7 * DAY_MS;

/// The milliseconds from the epoch to the first beginning of a week, by the name of its first day; Sunday's without one.
fn week_start(value: Option<&Value>, operator: &str) -> Result<i64, ParseError> {
    let bad = || refused(operator, "the name of a day as startOfWeek");
    let Some(value) = value else { return Ok(3 * DAY_MS) };
    let name = value.as_str().ok_or_else(bad)?.to_ascii_lowercase();
    // The epoch was a Thursday.
    let days = ["thursday", "friday", "saturday", "sunday", "monday", "tuesday", "wednesday"];
    let found = days.iter().position(|day| *day == name || (name.len() == 3 && day.starts_with(&name)));
    Ok(found.ok_or_else(bad)? as i64 * DAY_MS)
}

/// The start of the so many units that a moment lies in, in milliseconds; counted from the year 2000, weeks from the epoch.
fn start(date: Date, unit: &Unit, bins: i64, week: i64) -> Result<Option<i64>, ParseError> {
    let floor = |number: i64, size: i64, from: i64| Some((number - from).div_euclid(size) * size + from);
    Ok(match unit {
        Unit::Months(unit) => match unit.checked_mul(bins) {
            Some(size) => floor(months(date)?, size, 24_000).and_then(first_of_month),
            None => None,
        },
        Unit::Ms(unit) => match unit.checked_mul(bins) {
            Some(size) => floor(date.ms(), size, if *unit == WEEK_MS { week } else { 946_684_800_000 }),
            None => None,
        },
    })
}

/// `$dateTrunc`
pub(super) fn truncate(args: &[Option<Value>]) -> Answer {
    let operator = "$dateTrunc";
    let Some(date) = argument(args, 0, operator)? else { return Ok(Some(Value::Null)) };
    let unit = unit(args, 1, operator)?;
    let zone = Zone::of(present(args, 2))?;
    let zone = if unit.is_steady() { zone.reference()? } else { zone };
    let bins = match present(args, 3) {
        None => 1,
        Some(Value::Number(bins)) if bins.fract() == 0.0 && *bins >= 1.0 => *bins as i64,
        Some(_) => return Err(refused(operator, "a whole number from 1 on as binSize")),
    };
    if bins > 1 && matches!(unit, Unit::Ms(WEEK_MS)) {
        return Err(refused(operator, "a binSize above 1 with every unit but the week"));
    }
    let start = start(zone.shown(date)?, &unit, bins, week_start(present(args, 4), operator)?)?;
    answer(start.and_then(|start| zone.moment(start)), operator)
}

/// `$dateDiff`: how many bounds of the unit lie between two dates.
pub(super) fn difference(args: &[Option<Value>]) -> Answer {
    let operator = "$dateDiff";
    let (Some(from), Some(to)) = (argument(args, 0, operator)?, argument(args, 1, operator)?) else {
        return Ok(Some(Value::Null));
    };
    let unit = unit(args, 2, operator)?;
    let zone = Zone::of(present(args, 3))?;
    let zone = if unit.is_steady() { zone.steady(from)? } else { zone };
    let (from, to) = (zone.shown(from)?, zone.shown(to)?);
    match unit {
        Unit::Months(size) => numeric((months(to)?.div_euclid(size) - months(from)?.div_euclid(size)) as f64),
        Unit::Ms(size) => {
            let week = week_start(present(args, 4), operator)?;
            let (from, to) = (start(from, &unit, 1, week)?, start(to, &unit, 1, week)?);
            numeric(from.zip(to).map_or(0.0, |(from, to)| ((to - from) / size) as f64))
        }
    }
}

/// `$dateToString`
pub(super) fn to_string(args: &[Option<Value>]) -> Answer {
    let Some(date) = argument(args, 0, "$dateToString")? else {
        return Ok(Some(at(args, 3).cloned().unwrap_or(Value::Null)));
    };
    let zone = Zone::of(present(args, 2))?;
    let at = zone.local(date)?;
    let format = match present(args, 1) {
        None if zone.is_utc() => "%Y-%m-%dT%H:%M:%S.%LZ",
        None => "%Y-%m-%dT%H:%M:%S.%L",
        Some(Value::String(format)) => format.as_str(),
        Some(_) => return Err(refused("$dateToString", "a text as format")),
    };
    let mut text = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let part = match chars.next() {
            Some('Y') => format!("{:04}", at.year()),
            Some('m') => format!("{:02}", u8::from(at.month())),
            Some('d') => format!("{:02}", at.day()),
            Some('H') => format!("{:02}", at.hour()),
            Some('M') => format!("{:02}", at.minute()),
            Some('S') => format!("{:02}", at.second()),
            Some('L') => format!("{:03}", at.millisecond()),
            Some('b') => at.month().to_string().chars().take(3).collect(),
            Some('B') => at.month().to_string(),
            Some('Z') => at.offset().whole_minutes().to_string(),
            Some('j') => format!("{:03}", at.ordinal()),
            Some('w') => at.weekday().number_from_sunday().to_string(),
            Some('u') => at.weekday().number_from_monday().to_string(),
            Some('U') => format!("{:02}", at.sunday_based_week()),
            Some('V') => format!("{:02}", at.iso_week()),
            Some('G') => format!("{:04}", at.to_iso_week_date().0),
            Some('z') => {
                let (hours, minutes, _) = at.offset().as_hms();
                let sign = if at.offset().is_negative() { '-' } else { '+' };
                format!("{sign}{:02}{:02}", hours.abs(), minutes.abs())
            }
            Some('%') => "%".to_owned(),
            _ => return Err(refused("$dateToString", "only the format specifiers of MongoDB")),
        };
        text.push_str(&part);
    }
    Ok(Some(Value::String(text)))
}
