//! Operators on many numbers: how far they scatter, and which of them lies where.

use super::{
    Answer,
    operator::{at, numeric, refused},
};
use crate::{ParseError, Value};

/// How far numbers lie from their mean; null when there are too few.
pub(in super::super) fn deviation(numbers: &[f64], sample: bool) -> Value {
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
    let deviation = (squares / if sample { count - 1.0 } else { count }).sqrt();
    if deviation.is_finite() { Value::Number(deviation) } else { Value::Null }
}

/// `$stdDevPop`, `$stdDevSamp`
pub(super) fn deviates(args: &[Option<Value>], sample: bool) -> Answer {
    Ok(Some(deviation(&super::number::numbers(args), sample)))
}

/// Reads which parts of all numbers are wanted, from 0 to 1.
///
/// # Errors
/// 102 for anything else.
pub(in super::super) fn fractions(value: Option<&Value>) -> Result<Vec<f64>, ParseError> {
    let bad = || refused("$percentile", "an array of numbers from 0 to 1 as p");
    let Some(Value::Array(fractions)) = value else { return Err(bad()) };
    if fractions.is_empty() {
        return Err(bad());
    }
    let part = |value: &Value| value.as_number().filter(|part| (0.0..=1.0).contains(part)).ok_or_else(bad);
    fractions.iter().map(part).collect()
}

/// The number below which a part of all of them lies, each one of them; null when there are none.
pub(in super::super) fn percentiles(mut numbers: Vec<f64>, fractions: &[f64]) -> Vec<Value> {
    numbers.sort_by(f64::total_cmp);
    let at = |fraction: &f64| {
        let place = (fraction * numbers.len() as f64).ceil().max(1.0) as usize - 1;
        numbers.get(place).map_or(Value::Null, |number| Value::Number(*number))
    };
    fractions.iter().map(at).collect()
}

fn input(args: &[Option<Value>]) -> Vec<f64> {
    match at(args, 0) {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_number).collect(),
        Some(Value::Number(number)) => vec![*number],
        _ => Vec::new(),
    }
}

/// `$percentile`
pub(super) fn percentile(args: &[Option<Value>]) -> Answer {
    Ok(Some(Value::Array(percentiles(input(args), &fractions(at(args, 1))?))))
}

/// `$median`
pub(super) fn median(args: &[Option<Value>]) -> Answer {
    Ok(percentiles(input(args), &[0.5]).pop())
}

/// A whole number that a double holds exactly.
fn whole(value: &Value, operator: &str) -> Result<i64, ParseError> {
    match value {
        Value::Number(number) if number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0 => {
            Ok(*number as i64)
        }
        _ => Err(refused(operator, "whole numbers")),
    }
}

/// `$bitAnd`, `$bitOr`, `$bitXor`
pub(super) fn bits(args: &[Option<Value>], operator: &str, start: i64, work: fn(i64, i64) -> i64) -> Answer {
    let values: Vec<Option<&Value>> = match args {
        [Some(Value::Array(items))] => items.iter().map(Some).collect(),
        args => args.iter().map(Option::as_ref).collect(),
    };
    let mut bits = start;
    for value in values {
        match value {
            None | Some(Value::Null) => return Ok(Some(Value::Null)),
            Some(value) => bits = work(bits, whole(value, operator)?),
        }
    }
    numeric(bits as f64)
}

/// `$bitNot`
pub(super) fn flipped(args: &[Option<Value>]) -> Answer {
    match at(args, 0) {
        None | Some(Value::Null) => Ok(Some(Value::Null)),
        Some(value) => numeric(!whole(value, "$bitNot")? as f64),
    }
}
