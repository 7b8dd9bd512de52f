//! Operators on arrays and objects.

use super::{
    Answer,
    operator::{at, flag, numeric, present, refused},
};
use crate::{ParseError, Value, aggregate::document::compare, query::sort, value::Map};

/// The longest array that `$range` makes.
const LONGEST: f64 = 1_000_000.0;

fn items<'a>(value: Option<&'a Value>, operator: &str) -> Result<&'a [Value], ParseError> {
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
    let found =
        items(at(args, 0), "$indexOfArray")?.iter().position(|item| compare(Some(item), wanted).is_eq());
    numeric(found.map_or(-1.0, |place| place as f64))
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

/// `$arrayToObject`: of pairs, or of objects `{k, v}`.
pub(super) fn to_object(args: &[Option<Value>]) -> Answer {
    if present(args, 0).is_none() {
        return Ok(Some(Value::Null));
    }
    let mut map = Map::new();
    for item in items(at(args, 0), "$arrayToObject")? {
        let pair = match item {
            Value::Array(pair) => pair.first().zip(pair.get(1)),
            Value::Object(pair) => pair.get("k").zip(pair.get("v")),
            _ => None,
        };
        match pair {
            Some((Value::String(name), value)) => map.insert(name.clone(), value.clone()),
            _ => return Err(refused("$arrayToObject", "pairs of a name and a value")),
        };
    }
    Ok(Some(Value::Object(map)))
}

/// `$objectToArray`
pub(super) fn from_object(args: &[Option<Value>]) -> Answer {
    match present(args, 0) {
        None => Ok(Some(Value::Null)),
        Some(Value::Object(map)) => {
            let pair = |(name, value): (&String, &Value)| {
                Value::Object(Map::from([
                    ("k".to_owned(), Value::text(name)),
                    ("v".to_owned(), value.clone()),
                ]))
            };
            Ok(Some(Value::Array(map.iter().map(pair).collect())))
        }
        Some(_) => Err(refused("$objectToArray", "an object")),
    }
}

/// `$mergeObjects`: later members win; of a single array, its elements.
pub(super) fn merge(args: &[Option<Value>]) -> Answer {
    let parts: Vec<&Value> = match args {
        [Some(Value::Array(items))] => items.iter().collect(),
        args => args.iter().flatten().collect(),
    };
    let mut all = Map::new();
    for part in parts {
        match part {
            Value::Null => {}
            Value::Object(map) => all.extend(map.clone()),
            _ => return Err(refused("$mergeObjects", "objects")),
        }
    }
    Ok(Some(Value::Object(all)))
}

/// `$sortArray`: by 1, -1, or the members of objects.
pub(super) fn sort(args: &[Option<Value>]) -> Answer {
    if present(args, 0).is_none() {
        return Ok(Some(Value::Null));
    }
    let mut sorted = items(at(args, 0), "$sortArray")?.to_vec();
    let bad = || refused("$sortArray", "1, -1, or an object of one member as sortBy");
    match at(args, 1) {
        Some(Value::Number(by)) => {
            sorted.sort_by(sort::values);
            if *by < 0.0 {
                sorted.reverse();
            }
        }
        Some(Value::Object(by)) if by.len() == 1 => {
            let Some((name, Value::Number(direction))) = by.iter().next() else { return Err(bad()) };
            sorted.sort_by(|a, b| {
                let ordering = compare(member(a, name), member(b, name));
                if *direction < 0.0 { ordering.reverse() } else { ordering }
            });
        }
        _ => return Err(bad()),
    }
    Ok(Some(Value::Array(sorted)))
}

fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(map) => map.get(name),
        _ => None,
    }
}

/// `$getField`
pub(super) fn field(args: &[Option<Value>]) -> Answer {
    match (at(args, 0), at(args, 1)) {
        (Some(Value::String(name)), Some(Value::Object(map))) => Ok(map.get(name).cloned()),
        (Some(Value::String(_)), None | Some(Value::Null)) => Ok(at(args, 1).cloned()),
        (Some(Value::String(_)), Some(_)) => Ok(None),
        _ => Err(refused("$getField", "a name as field")),
    }
}
