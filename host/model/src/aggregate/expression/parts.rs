//! Parts of dates: taken out of them, and put together.

use time::{OffsetDateTime, Weekday};

use super::{
    Answer, Function,
    date::{DAY_MS, answer, first_of_month},
    operator::{at, flag_of, numeric, present, refused},
    zone::Zone,
};
use crate::{ParseError, Value, value::Map};

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
        Some(Value::Date(date)) => numeric(part(Zone::of(zone)?.local(*date)?)),
        Some(_) => Err(refused("A part of a date", "a date")),
    }
}

/// `$dateToParts`: `date`, `timezone`, `iso8601`.
pub(super) fn taken(args: &[Option<Value>]) -> Answer {
    let at = match present(args, 0) {
        None => return Ok(Some(Value::Null)),
        Some(Value::Date(date)) => Zone::of(present(args, 1))?.local(*date)?,
        Some(_) => return Err(refused("$dateToParts", "a date")),
    };
    let day = if flag_of(args, 2, "$dateToParts")? {
        let (year, week, weekday) = at.to_iso_week_date();
        [
            ("isoWeekYear", f64::from(year)),
            ("isoWeek", f64::from(week)),
            ("isoDayOfWeek", f64::from(weekday.number_from_monday())),
        ]
    } else {
        [
            ("year", f64::from(at.year())),
            ("month", f64::from(u8::from(at.month()))),
            ("day", f64::from(at.day())),
        ]
    };
    let time = [
        ("hour", f64::from(at.hour())),
        ("minute", f64::from(at.minute())),
        ("second", f64::from(at.second())),
        ("millisecond", f64::from(at.millisecond())),
    ];
    let parts = day.into_iter().chain(time);
    Ok(Some(Value::Object(parts.map(|(name, part)| (name.to_owned(), Value::Number(part))).collect::<Map>())))
}

/// The arguments of `$dateFromParts`; either the first three or the next three tell the day.
pub(super) const PARTS: &[&str] = &[
    "year",
    "month",
    "day",
    "isoWeekYear",
    "isoWeek",
    "isoDayOfWeek",
    "hour",
    "minute",
    "second",
    "millisecond",
    "timezone",
];

fn bad() -> ParseError {
    refused("$dateFromParts", "a year or an isoWeekYear, and whole numbers that make a date")
}

/// `$dateFromParts`: what is left out is the smallest; what is too large carries over.
pub(super) fn joined(args: &[Option<Value>]) -> Answer {
    let mut parts = [0_i64, 1, 1, 0, 1, 1, 0, 0, 0, 0];
    for (part, value) in parts.iter_mut().zip(args) {
        match value {
            Some(Value::Number(number)) if number.fract() == 0.0 => *part = *number as i64,
            Some(Value::Null) => return Ok(Some(Value::Null)),
            None => {}
            Some(_) => return Err(bad()),
        }
    }
    let [year, month, day, iso_year, week, weekday, hour, minute, second, ms] = parts;
    let given =
        |range: std::ops::Range<usize>| args.get(range).is_some_and(|args| args.iter().any(Option::is_some));
    let first = match (at(args, 0), at(args, 3)) {
        (Some(_), None) if !given(3..6) => calendar(year, month, day),
        (None, Some(_)) if !given(0..3) => weeks(iso_year, week, weekday),
        _ => return Err(bad()),
    };
    let times = [(hour, 3_600_000), (minute, 60_000), (second, 1_000), (ms, 1)];
    let sum = times
        .into_iter()
        .try_fold(first.ok_or_else(bad)?, |sum, (count, unit)| count.checked_mul(unit)?.checked_add(sum));
    let zone = Zone::of(at(args, 10))?;
    answer(sum.and_then(|sum| zone.moment(sum)), "$dateFromParts")
}

/// Months beyond a year carry over, days beyond a month are added.
fn calendar(year: i64, month: i64, day: i64) -> Option<i64> {
    let months = year.checked_mul(12)?.checked_add(month.checked_sub(1)?)?;
    first_of_month(months)?.checked_add(day.checked_sub(1)?.checked_mul(DAY_MS)?)
}

fn weeks(year: i64, week: i64, weekday: i64) -> Option<i64> {
    let monday = time::Date::from_iso_week_date(i32::try_from(year).ok()?, 1, Weekday::Monday).ok()?;
    let days = week.checked_sub(1)?.checked_mul(7)?.checked_add(weekday.checked_sub(1)?)?;
    let first = monday.midnight().assume_utc().unix_timestamp().checked_mul(1_000)?;
    first.checked_add(days.checked_mul(DAY_MS)?)
}
