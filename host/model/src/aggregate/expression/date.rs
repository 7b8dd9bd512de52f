//! Operators on dates: their parts, their texts, sums and differences.

use time::{Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

use super::{
    Answer, Function,
    operator::{at, numeric, present, refused},
};
use crate::{Date, ParseError, Value};

const DAY_MS: i64 = 86_400_000;

/// The operator that takes one part of a date.
pub(super) fn part(name: &str) -> Option<Function> {
    Some(match name {
        "$year" => |args| of(args, |at| f64::from(at.year())),
        "$month" => |args| of(args, |at| f64::from(u8::from(at.month()))),
        "$dayOfMonth" => |args| of(args, |at| f64::from(at.day())),
        "$dayOfYear" => |args| of(args, |at| f64::from(at.ordinal())),
        "$dayOfWeek" => |args| of(args, |at| f64::from(at.weekday().number_from_sunday())),
        "$isoDayOfWeek" => |args| of(args, |at| f64::from(at.weekday().number_from_monday())),
        "$week" => |args| of(args, |at| f64::from(at.sunday_based_week())),
        "$isoWeek" => |args| of(args, |at| f64::from(at.iso_week())),
        "$isoWeekYear" => |args| of(args, |at| f64::from(at.to_iso_week_date().0)),
        "$hour" => |args| of(args, |at| f64::from(at.hour())),
        "$minute" => |args| of(args, |at| f64::from(at.minute())),
        "$second" => |args| of(args, |at| f64::from(at.second())),
        "$millisecond" => |args| of(args, |at| f64::from(at.millisecond())),
        _ => return None,
    })
}

/// A part of a date, or of `{date, timezone}`.
fn of(args: &[Option<Value>], part: fn(OffsetDateTime) -> f64) -> Answer {
    let (date, zone) = match at(args, 0) {
        Some(Value::Object(map)) => (map.get("date"), map.get("timezone")),
        other => (other, None),
    };
    match date {
        None | Some(Value::Null) => Ok(Some(Value::Null)),
        Some(Value::Date(date)) => numeric(part(local(*date, zone)?)),
        Some(_) => Err(refused("A part of a date", "a date")),
    }
}

fn local(date: Date, zone: Option<&Value>) -> Result<OffsetDateTime, ParseError> {
    let bad = || refused("A date operator", "UTC or an offset like +02:00 as timezone");
    let offset = match zone {
        None | Some(Value::Null) => UtcOffset::UTC,
        Some(Value::String(zone)) => offset(zone).ok_or_else(bad)?,
        Some(_) => return Err(bad()),
    };
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(date.ms()) * 1_000_000);
    let local = moment.ok().and_then(|moment| moment.checked_to_offset(offset));
    local.ok_or_else(|| refused("A date operator", "dates that can be written"))
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

/// A date among arguments; `None` for null and missing.
fn argument(args: &[Option<Value>], place: usize, operator: &str) -> Result<Option<Date>, ParseError> {
    match present(args, place) {
        None => Ok(None),
        Some(Value::Date(date)) => Ok(Some(*date)),
        Some(_) => Err(refused(operator, "a date")),
    }
}

fn answer(ms: Option<i64>, operator: &str) -> Answer {
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

/// Reads a moment, or a day as its beginning.
fn read(text: &str) -> Option<Date> {
    Date::parse(text).or_else(|| Date::parse(&format!("{text}T00:00:00.000Z")))
}

/// `$dateFromString`
pub(super) fn from_string(args: &[Option<Value>]) -> Answer {
    match present(args, 0) {
        None => Ok(Some(at(args, 1).cloned().unwrap_or(Value::Null))),
        Some(Value::String(text)) => match (read(text), at(args, 2)) {
            (Some(date), _) => Ok(Some(Value::Date(date))),
            (None, Some(otherwise)) => Ok(Some(otherwise.clone())),
            (None, None) => Err(refused("$dateFromString", "ISO 8601 texts")),
        },
        Some(_) => Err(refused("$dateFromString", "a text")),
    }
}

/// `$dateFromParts`: what is left out is the smallest.
pub(super) fn from_parts(args: &[Option<Value>]) -> Answer {
    let bad = || refused("$dateFromParts", "whole numbers that make a date");
    let mut parts = [0_i64, 1, 1, 0, 0, 0, 0];
    for (place, part) in parts.iter_mut().enumerate() {
        match at(args, place) {
            Some(Value::Number(number)) if number.fract() == 0.0 => *part = *number as i64,
            Some(Value::Null) => return Ok(Some(Value::Null)),
            None if place > 0 => {}
            _ => return Err(bad()),
        }
    }
    let [year, month, day, hour, minute, second, ms] = parts;
    // Months beyond a year carry over; days and times are added.
    let (month, day) = month.checked_sub(1).zip(day.checked_sub(1)).ok_or_else(bad)?;
    let months = year.checked_mul(12).and_then(|months| months.checked_add(month)).ok_or_else(bad)?;
    let first = first_of_month(months).ok_or_else(bad)?;
    let rest = [(day, DAY_MS), (hour, 3_600_000), (minute, 60_000), (second, 1_000), (ms, 1)];
    let sum =
        rest.into_iter().try_fold(first, |sum, (count, unit)| count.checked_mul(unit)?.checked_add(sum));
    answer(sum, "$dateFromParts")
}

/// The milliseconds of the first day of a month counted from the year 0.
fn first_of_month(months: i64) -> Option<i64> {
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
    let local = local(date, None)?;
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
    let Some(amount) = amount.checked_mul(sign) else { return answer(None, operator) };
    match unit(args, 1, operator)? {
        Unit::Ms(unit) => answer(amount.checked_mul(unit).and_then(|ms| ms.checked_add(date.ms())), operator),
        Unit::Months(unit) => {
            let before = months(date)?;
            let into = first_of_month(before);
            let after = amount.checked_mul(unit).and_then(|more| before.checked_add(more));
            let next = after.and_then(|after| after.checked_add(1)).and_then(first_of_month);
            let first = after.and_then(first_of_month);
            let (Some(into), Some(first), Some(next)) = (into, first, next) else {
                return answer(None, operator);
            };
            let (day, time) = ((date.ms() - into).div_euclid(DAY_MS), (date.ms() - into).rem_euclid(DAY_MS));
            let day = day.min((next - first) / DAY_MS - 1);
            answer(Some(first + day * DAY_MS + time), operator)
        }
    }
}

/// The start of the unit that a moment lies in, in milliseconds; weeks begin on Sunday.
fn start(date: Date, unit: &Unit) -> Result<Option<i64>, ParseError> {
    Ok(match unit {
        Unit::Months(unit) => first_of_month(months(date)?.div_euclid(*unit) * unit),
        // The first Sunday after the epoch was its fourth day.
        Unit::Ms(unit) if *unit == 7 * DAY_MS => {
            Some((date.ms() - 3 * DAY_MS).div_euclid(*unit) * unit + 3 * DAY_MS)
        }
        Unit::Ms(unit) => Some(date.ms().div_euclid(*unit) * unit),
    })
}

/// `$dateTrunc`
pub(super) fn truncate(args: &[Option<Value>]) -> Answer {
    let Some(date) = argument(args, 0, "$dateTrunc")? else { return Ok(Some(Value::Null)) };
    answer(start(date, &unit(args, 1, "$dateTrunc")?)?, "$dateTrunc")
}

/// `$dateDiff`: how many bounds of the unit lie between two dates.
pub(super) fn difference(args: &[Option<Value>]) -> Answer {
    let operator = "$dateDiff";
    let (Some(from), Some(to)) = (argument(args, 0, operator)?, argument(args, 1, operator)?) else {
        return Ok(Some(Value::Null));
    };
    let unit = unit(args, 2, operator)?;
    match unit {
        Unit::Months(size) => numeric((months(to)?.div_euclid(size) - months(from)?.div_euclid(size)) as f64),
        Unit::Ms(size) => {
            let (from, to) = (start(from, &unit)?, start(to, &unit)?);
            numeric(from.zip(to).map_or(0.0, |(from, to)| ((to - from) / size) as f64))
        }
    }
}

/// `$dateToString`
pub(super) fn to_string(args: &[Option<Value>]) -> Answer {
    let Some(date) = argument(args, 0, "$dateToString")? else {
        return Ok(Some(at(args, 3).cloned().unwrap_or(Value::Null)));
    };
    let format = match present(args, 1) {
        None => "%Y-%m-%dT%H:%M:%S.%LZ",
        Some(Value::String(format)) => format.as_str(),
        Some(_) => return Err(refused("$dateToString", "a text as format")),
    };
    let at = local(date, present(args, 2))?;
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
