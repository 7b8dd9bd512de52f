//! Operators that take some elements of an array, or elements of several arrays.

use super::{
    Answer,
    array::items,
    operator::{at, flag_of, present, refused},
};
use crate::{ParseError, Value, query::sort};

/// How many elements are wanted.
fn count(value: Option<&Value>, operator: &str) -> Result<usize, ParseError> {
    match value {
        Some(Value::Number(number)) if number.fract() == 0.0 && *number >= 1.0 => Ok(*number as usize),
        _ => Err(refused(operator, "a whole number from 1 on as n")),
    }
}

/// `$firstN`
pub(super) fn first(args: &[Option<Value>]) -> Answer {
    let (items, n) = (items(at(args, 0), "$firstN")?, count(at(args, 1), "$firstN")?);
    Ok(Some(Value::Array(items.iter().take(n).cloned().collect())))
}

/// `$lastN`
pub(super) fn last(args: &[Option<Value>]) -> Answer {
    let (items, n) = (items(at(args, 0), "$lastN")?, count(at(args, 1), "$lastN")?);
    Ok(Some(Value::Array(items.iter().skip(items.len().saturating_sub(n)).cloned().collect())))
}

/// `$minN`, `$maxN`: nulls don't count.
pub(super) fn extreme(args: &[Option<Value>], largest: bool) -> Answer {
    let operator = if largest { "$maxN" } else { "$minN" };
    let (items, n) = (items(at(args, 0), operator)?, count(at(args, 1), operator)?);
    Ok(Some(Value::Array(extremes(items.to_vec(), n, largest))))
}

/// The smallest or the largest values, nulls left out.
pub(in super::super) fn extremes(mut values: Vec<Value>, n: usize, largest: bool) -> Vec<Value> {
    values.retain(|value| !value.is_null());
    values.sort_by(|a, b| if largest { sort::values(b, a) } else { sort::values(a, b) });
    values.truncate(n);
    values
}

/// `$zip`: an array of the first elements, one of the second ones, and so on.
pub(super) fn zip(args: &[Option<Value>]) -> Answer {
    if present(args, 0).is_none() {
        return Ok(Some(Value::Null));
    }
    let inputs = items(at(args, 0), "$zip")?;
    if inputs.iter().any(Value::is_null) {
        return Ok(Some(Value::Null));
    }
    let inputs = inputs.iter().map(|input| items(Some(input), "$zip")).collect::<Result<Vec<_>, _>>()?;
    let longest = flag_of(args, 1, "$zip")?;
    let defaults = match present(args, 2) {
        None => &[][..],
        Some(_) if !longest => return Err(refused("$zip", "defaults only beside useLongestLength")),
        defaults => items(defaults, "$zip")?,
    };
    if !defaults.is_empty() && defaults.len() != inputs.len() {
        return Err(refused("$zip", "one default for each input"));
    }
    let lengths = inputs.iter().map(|input| input.len());
    let length = if longest { lengths.max() } else { lengths.min() }.unwrap_or(0);
    if length.saturating_mul(inputs.len()) > super::array::LONGEST as usize {
        return Err(refused("$zip", "at most a million elements"));
    }
    let row = |place: usize| {
        let cells = inputs.iter().enumerate().map(|(column, input)| {
            input.get(place).or_else(|| defaults.get(column)).cloned().unwrap_or(Value::Null)
        });
        Value::Array(cells.collect())
    };
    Ok(Some(Value::Array((0..length).map(row).collect())))
}
