//! Operators on arrays.

use super::{
    Answer, Expression, Scope,
    operator::{at, flag, numeric, present, refused},
};
use crate::{
    ParseError, Value,
    aggregate::{document::compare, shape::Sort},
};

/// The longest array that `$range` makes.
pub(super) const LONGEST: f64 = 1_000_000.0;

/// The elements of an array.
///
/// # Errors
/// 102 for anything else.
pub(super) fn items<'a>(value: Option<&'a Value>, operator: &str) -> Result<&'a [Value], ParseError> {
    match value {
        Some(Value::Array(items)) => Ok(items),
        _ => Err(refused(operator, "an array")),
    }
}

fn whole(value: Option<&Value>, operator: &str) -> Result<i64, ParseError> {
    match value {
        Some(Value::Number(number)) if number.fract() == 0.0 => Ok(*number as i64),
        _ => Err(refused(operator, "whole numbers")),
    }
}

/// The place that a number means, counted from the end when it is negative.
fn place(number: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    usize::try_from(if number < 0 { number + length } else { number }).ok()
}

/// `$size`
pub(super) fn size(args: &[Option<Value>]) -> Answer {
    numeric(items(at(args, 0), "$size")?.len() as f64)
}

/// `$arrayElemAt`
pub(super) fn element(args: &[Option<Value>]) -> Answer {
    if present(args, 0).is_none() || present(args, 1).is_none() {
        return Ok(Some(Value::Null));
    }
    let items = items(at(args, 0), "$arrayElemAt")?;
    let place = place(whole(at(args, 1), "$arrayElemAt")?, items.len());
    Ok(place.and_then(|place| items.get(place)).cloned())
}

/// `$first`, `$last`
pub(super) fn end(args: &[Option<Value>], last: bool) -> Answer {
    if present(args, 0).is_none() {
        return Ok(Some(Value::Null));
    }
    let items = items(at(args, 0), "$first and $last")?;
    Ok(if last { items.last() } else { items.first() }.cloned())
}

/// `$slice`
pub(super) fn slice(args: &[Option<Value>]) -> Answer {
    if present(args, 0).is_none() {
        return Ok(Some(Value::Null));
    }
    let items = items(at(args, 0), "$slice")?;
    let first = whole(at(args, 1), "$slice")?;
    let (start, count) = match args.get(2) {
        Some(_) => {
            let count = usize::try_from(whole(at(args, 2), "$slice")?).ok().filter(|count| *count > 0);
            let count = count.ok_or_else(|| refused("$slice", "a count from 1 on"))?;
            (place(first, items.len()).unwrap_or(0), count)
        }
        None if first < 0 => (place(first, items.len()).unwrap_or(0), usize::MAX),
        None => (0, usize::try_from(first).unwrap_or(usize::MAX)),
    };
    Ok(Some(Value::Array(items.iter().skip(start).take(count).cloned().collect())))
}

/// `$concatArrays`
pub(super) fn concat(args: &[Option<Value>]) -> Answer {
    let mut all = Vec::new();
    for value in args {
        match value {
            None | Some(Value::Null) => return Ok(Some(Value::Null)),
            value => all.extend_from_slice(items(value.as_ref(), "$concatArrays")?),
        }
    }
    Ok(Some(Value::Array(all)))
}

/// `$in`
pub(super) fn contains(args: &[Option<Value>]) -> Answer {
    let wanted = at(args, 0);
    flag(items(at(args, 1), "$in")?.iter().any(|item| compare(Some(item), wanted).is_eq()))
}

/// `$indexOfArray`
pub(super) fn index(args: &[Option<Value>]) -> Answer {
    if present(args, 0).is_none() {
        return Ok(Some(Value::Null));
    }
    let wanted = at(args, 1);
    let bound = |place: usize, default: usize| match args.get(place) {
        None => Ok(default),
        Some(value) => usize::try_from(whole(value.as_ref(), "$indexOfArray")?)
            .map_err(|_| refused("$indexOfArray", "bounds from 0 on")),
    };
    let (start, end) = (bound(2, 0)?, bound(3, usize::MAX)?);
    let items = items(at(args, 0), "$indexOfArray")?.iter().enumerate().take(end).skip(start);
    let mut found = items.filter(|(_, item)| compare(Some(item), wanted).is_eq());
    numeric(found.next().map_or(-1.0, |(place, _)| place as f64))
}

/// `$reverseArray`
pub(super) fn reverse(args: &[Option<Value>]) -> Answer {
    if present(args, 0).is_none() {
        return Ok(Some(Value::Null));
    }
    Ok(Some(Value::Array(items(at(args, 0), "$reverseArray")?.iter().rev().cloned().collect())))
}

/// `$range`
pub(super) fn range(args: &[Option<Value>]) -> Answer {
    let number = |place: usize| whole(at(args, place), "$range").map(|number| number as f64);
    let (start, end) = (number(0)?, number(1)?);
    let step = if args.len() > 2 { number(2)? } else { 1.0 };
    if step == 0.0 {
        return Err(refused("$range", "a step that isn't 0"));
    }
    let count = ((end - start) / step).ceil().max(0.0);
    if count > LONGEST {
        return Err(refused("$range", "bounds at most a million steps apart"));
    }
    let numbers = (0..count as u64).map(|place| Value::Number(start + step * place as f64));
    Ok(Some(Value::Array(numbers.collect())))
}

/// `$sortArray`
pub(super) fn sorted(input: &Expression, by: &Sort, scope: Scope<'_>) -> Answer {
    match input.answer(scope)? {
        None | Some(Value::Null) => Ok(Some(Value::Null)),
        Some(Value::Array(items)) => Ok(Some(Value::Array(by.sort_values(items)))),
        Some(_) => Err(refused("$sortArray", "an array as input")),
    }
}
