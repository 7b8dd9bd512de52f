//! The table of operators, and what several of them share.

use std::ops::RangeInclusive;

use super::{
    Answer, Function, array, convert, date, number, object, parts, search, set, several, statistics, text,
};
use crate::{ParseError, Value, aggregate::document, query::sort};

use super::super::invalid;

/// An operator whose arguments are told apart by their place, and how many it takes.
pub(super) fn function(name: &str) -> Option<(Function, RangeInclusive<usize>)> {
    const ANY: RangeInclusive<usize> = 0..=1_000;
    Some(match name {
        "$eq" => (|args| order(args, |ordering| ordering.is_eq()), 2..=2),
        "$ne" => (|args| order(args, |ordering| ordering.is_ne()), 2..=2),
        "$gt" => (|args| order(args, |ordering| ordering.is_gt()), 2..=2),
        "$gte" => (|args| order(args, |ordering| ordering.is_ge()), 2..=2),
        "$lt" => (|args| order(args, |ordering| ordering.is_lt()), 2..=2),
        "$lte" => (|args| order(args, |ordering| ordering.is_le()), 2..=2),
        "$cmp" => (compare, 2..=2),
        "$not" => (|args| flag(!truthy(at(args, 0))), 1..=1),
        "$add" => (number::add, ANY),
        "$subtract" => (number::subtract, 2..=2),
        "$multiply" => (number::multiply, ANY),
        "$divide" => (number::divide, 2..=2),
        "$mod" => (number::remainder, 2..=2),
        "$pow" => (number::power, 2..=2),
        "$log" => (number::logarithm, 2..=2),
        "$abs" => (|args| number::each(args, "$abs", f64::abs), 1..=1),
        "$ceil" => (|args| number::each(args, "$ceil", f64::ceil), 1..=1),
        "$floor" => (|args| number::each(args, "$floor", f64::floor), 1..=1),
        "$sqrt" => (|args| number::each(args, "$sqrt", f64::sqrt), 1..=1),
        "$exp" => (|args| number::each(args, "$exp", f64::exp), 1..=1),
        "$ln" => (|args| number::each(args, "$ln", f64::ln), 1..=1),
        "$log10" => (|args| number::each(args, "$log10", f64::log10), 1..=1),
        "$round" => (number::round, 1..=2),
        "$trunc" => (number::truncate, 1..=2),
        "$sum" => (number::sum, ANY),
        "$avg" => (number::average, ANY),
        "$min" => (|args| Ok(extreme(args, false)), ANY),
        "$max" => (|args| Ok(extreme(args, true)), ANY),
        "$toInt" => (|args| number::whole(args, false), 1..=1),
        "$toLong" => (|args| number::whole(args, true), 1..=1),
        "$toDouble" | "$toDecimal" => (number::number, 1..=1),
        "$toBool" => (|args| nullable(args, |value| flag(truthy(Some(value)))), 1..=1),
        "$toString" => (text::string, 1..=1),
        "$toDate" => (date::to_date, 1..=1),
        "$type" => (kind, 1..=1),
        "$isNumber" => (|args| flag(matches!(at(args, 0), Some(Value::Number(_)))), 1..=1),
        "$concat" => (text::concat, ANY),
        "$toLower" => (|args| text::each(args, |text| text.to_lowercase()), 1..=1),
        "$toUpper" => (|args| text::each(args, |text| text.to_uppercase()), 1..=1),
        "$substr" | "$substrBytes" => (text::substring_bytes, 3..=3),
        "$substrCP" => (text::substring, 3..=3),
        "$strLenCP" => (|args| text::length(args, |text| text.chars().count()), 1..=1),
        "$strLenBytes" => (|args| text::length(args, str::len), 1..=1),
        "$strcasecmp" => (text::compare_ignoring_case, 2..=2),
        "$split" => (text::split, 2..=2),
        "$indexOfBytes" => (text::index_bytes, 2..=4),
        "$indexOfCP" => (text::index, 2..=4),
        "$size" => (array::size, 1..=1),
        "$isArray" => (|args| flag(matches!(at(args, 0), Some(Value::Array(_)))), 1..=1),
        "$arrayElemAt" => (array::element, 2..=2),
        "$first" => (|args| array::end(args, false), 1..=1),
        "$last" => (|args| array::end(args, true), 1..=1),
        "$slice" => (array::slice, 2..=3),
        "$concatArrays" => (array::concat, ANY),
        "$in" => (array::contains, 2..=2),
        "$indexOfArray" => (array::index, 2..=4),
        "$reverseArray" => (array::reverse, 1..=1),
        "$range" => (array::range, 2..=3),
        "$arrayToObject" => (object::to_object, 1..=1),
        "$objectToArray" => (object::from_object, 1..=1),
        "$mergeObjects" => (object::merge, ANY),
        "$setUnion" => (set::union, ANY),
        "$setIntersection" => (set::intersection, ANY),
        "$setDifference" => (set::difference, 2..=2),
        "$setEquals" => (set::equals, 2..=1_000),
        "$setIsSubset" => (set::is_subset, 2..=2),
        "$anyElementTrue" => (set::any_true, 1..=1),
        "$allElementsTrue" => (set::all_true, 1..=1),
        "$stdDevPop" => (|args| statistics::deviates(args, false), ANY),
        "$stdDevSamp" => (|args| statistics::deviates(args, true), ANY),
        "$bitAnd" => (|args| statistics::bits(args, "$bitAnd", -1, |a, b| a & b), ANY),
        "$bitOr" => (|args| statistics::bits(args, "$bitOr", 0, |a, b| a | b), ANY),
        "$bitXor" => (|args| statistics::bits(args, "$bitXor", 0, |a, b| a ^ b), ANY),
        "$bitNot" => (statistics::flipped, 1..=1),
        "$atan2" => (number::angle, 2..=2),
        "$binarySize" => (text::bytes, 1..=1),
        name => (parts::part(name).or_else(|| number::curve(name))?, 1..=1),
    })
}

/// An operator whose arguments are told apart by their names.
pub(super) fn members(name: &str) -> Option<(Function, &'static [&'static str])> {
    Some(match name {
        "$trim" => (|args| text::trim(args, true, true), &["input", "chars"]),
        "$ltrim" => (|args| text::trim(args, true, false), &["input", "chars"]),
        "$rtrim" => (|args| text::trim(args, false, true), &["input", "chars"]),
        "$replaceOne" => (|args| text::replace(args, 1), &["input", "find", "replacement"]),
        "$replaceAll" => (|args| text::replace(args, usize::MAX), &["input", "find", "replacement"]),
        "$regexMatch" => (search::matches, &["input", "regex", "options"]),
        "$regexFind" => (search::find, &["input", "regex", "options"]),
        "$regexFindAll" => (search::find_all, &["input", "regex", "options"]),
        "$convert" => (convert::convert, &["input", "to", "onError", "onNull"]),
        "$dateToString" => (date::to_string, &["date", "format", "timezone", "onNull"]),
        "$dateFromString" => (date::from_string, &["dateString", "onNull", "onError", "timezone"]),
        "$dateFromParts" => (parts::joined, parts::PARTS),
        "$dateToParts" => (parts::taken, &["date", "timezone", "iso8601"]),
        "$dateAdd" => (|args| date::add(args, 1), &["startDate", "unit", "amount", "timezone"]),
        "$dateSubtract" => (|args| date::add(args, -1), &["startDate", "unit", "amount", "timezone"]),
        "$dateDiff" => (date::difference, &["startDate", "endDate", "unit", "timezone", "startOfWeek"]),
        "$dateTrunc" => (date::truncate, &["date", "unit", "timezone", "binSize", "startOfWeek"]),
        "$firstN" => (several::first, &["input", "n"]),
        "$lastN" => (several::last, &["input", "n"]),
        "$minN" => (|args| several::extreme(args, false), &["input", "n"]),
        "$maxN" => (|args| several::extreme(args, true), &["input", "n"]),
        "$zip" => (several::zip, &["inputs", "useLongestLength", "defaults"]),
        "$percentile" => (statistics::percentile, &["input", "p", "method"]),
        "$median" => (statistics::median, &["input", "method"]),
        "$getField" => (object::field, &["field", "input"]),
        "$setField" => (object::set_field, &["field", "input", "value"]),
        "$unsetField" => (object::set_field, &["field", "input"]),
        _ => return None,
    })
}

/// Whether MongoDB knows an operator that isn't built here.
pub(super) fn is_foreign(name: &str) -> bool {
    matches!(name, "$meta" | "$toObjectId" | "$tsSecond" | "$tsIncrement" | "$bsonSize" | "$toHashedIndexKey")
}

/// Whether a value counts as true: all but false, null, missing and 0.
pub(in super::super) fn truthy(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Boolean(false)) => false,
        Some(Value::Number(number)) => *number != 0.0,
        Some(_) => true,
    }
}

/// An argument; `None` when it is missing.
pub(super) fn at(args: &[Option<Value>], place: usize) -> Option<&Value> {
    args.get(place).and_then(Option::as_ref)
}

/// An argument that is neither missing nor null.
pub(super) fn present(args: &[Option<Value>], place: usize) -> Option<&Value> {
    at(args, place).filter(|value| !value.is_null())
}

/// A flag among arguments; a missing one is false.
///
/// # Errors
/// 102 for anything else.
pub(super) fn flag_of(args: &[Option<Value>], place: usize, operator: &str) -> Result<bool, ParseError> {
    match present(args, place) {
        None => Ok(false),
        Some(Value::Boolean(flag)) => Ok(*flag),
        Some(_) => Err(refused(operator, "true and false for what is on or off")),
    }
}

/// Works on the one argument, unless it is null.
pub(super) fn nullable(args: &[Option<Value>], work: impl FnOnce(&Value) -> Answer) -> Answer {
    present(args, 0).map_or(Ok(Some(Value::Null)), work)
}

/// Answers a flag.
pub(super) fn flag(holds: bool) -> Answer {
    Ok(Some(Value::Boolean(holds)))
}

/// Answers a number; one that JSON can't say is null.
pub(super) fn numeric(number: f64) -> Answer {
    Ok(Some(if number.is_finite() { Value::Number(number) } else { Value::Null }))
}

/// Refuses what an operator can't take.
pub(super) fn refused(operator: &str, takes: &str) -> ParseError {
    invalid(format!("{operator} takes {takes}"))
}

fn order(args: &[Option<Value>], holds: fn(std::cmp::Ordering) -> bool) -> Answer {
    flag(holds(document::compare(at(args, 0), at(args, 1))))
}

fn compare(args: &[Option<Value>]) -> Answer {
    numeric(f64::from(document::compare(at(args, 0), at(args, 1)) as i8))
}

/// The smallest or the largest; of a single array, of its elements. Nulls don't count.
pub(super) fn extreme(args: &[Option<Value>], largest: bool) -> Option<Value> {
    let values: Vec<&Value> = match args {
        [Some(Value::Array(items))] => items.iter().collect(),
        args => args.iter().flatten().collect(),
    };
    let values = values.into_iter().filter(|value| !value.is_null());
    let order = |a: &&Value, b: &&Value| sort::values(a, b);
    let found = if largest { values.max_by(order) } else { values.min_by(order) };
    Some(found.cloned().unwrap_or(Value::Null))
}

fn kind(args: &[Option<Value>]) -> Answer {
    let name = match at(args, 0) {
        None => "missing",
        Some(Value::Null) => "null",
        Some(Value::Boolean(_)) => "bool",
        Some(Value::Number(_)) => "double",
        Some(Value::String(_) | Value::Pointer(_) | Value::Relation(_) | Value::File { .. }) => "string",
        Some(Value::Date(_)) => "date",
        Some(Value::Bytes(_)) => "binData",
        Some(Value::Array(_) | Value::GeoPoint { .. }) => "array",
        Some(Value::Object(_) | Value::Polygon(_) | Value::Record(_)) => "object",
    };
    Ok(Some(Value::text(name)))
}
