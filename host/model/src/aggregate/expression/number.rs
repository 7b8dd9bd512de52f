//! Arithmetic.

use super::{
    Answer, Function,
    operator::{at, nullable, numeric, present, refused},
};
use crate::{Date, ParseError, Value};

/// A number for arithmetic; `None` for null and missing.
fn operand(value: Option<&Value>, operator: &str) -> Result<Option<f64>, ParseError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => Ok(Some(*number)),
        Some(_) => Err(refused(operator, "numbers")),
    }
}

fn two(args: &[Option<Value>], operator: &str, work: fn(f64, f64) -> f64) -> Answer {
    match (operand(at(args, 0), operator)?, operand(at(args, 1), operator)?) {
        (Some(a), Some(b)) => numeric(work(a, b)),
        _ => Ok(Some(Value::Null)),
    }
}

fn moment(ms: f64, operator: &str) -> Answer {
    let date = Date::from_ms(ms as i64).ok_or_else(|| refused(operator, "dates that can be written"))?;
    Ok(Some(Value::Date(date)))
}

/// `$add`: numbers, or one date and milliseconds.
pub(super) fn add(args: &[Option<Value>]) -> Answer {
    let (mut sum, mut date) = (0.0, false);
    for value in args {
        match value {
            None | Some(Value::Null) => return Ok(Some(Value::Null)),
            Some(Value::Number(number)) => sum += number,
            Some(Value::Date(at)) if !date => {
                date = true;
                sum += at.ms() as f64;
            }
            Some(_) => return Err(refused("$add", "numbers, and at most one date")),
        }
    }
    if date { moment(sum, "$add") } else { numeric(sum) }
}

/// `$subtract`: numbers, two dates, or a date and milliseconds.
pub(super) fn subtract(args: &[Option<Value>]) -> Answer {
    match (at(args, 0), at(args, 1)) {
        (Some(Value::Date(a)), Some(Value::Date(b))) => numeric((a.ms() - b.ms()) as f64),
        (Some(Value::Date(a)), Some(Value::Number(b))) => moment(a.ms() as f64 - b, "$subtract"),
        _ => two(args, "$subtract", |a, b| a - b),
    }
}

/// `$multiply`
pub(super) fn multiply(args: &[Option<Value>]) -> Answer {
    let mut product = 1.0;
    for value in args {
        match operand(value.as_ref(), "$multiply")? {
            Some(number) => product *= number,
            None => return Ok(Some(Value::Null)),
        }
    }
    numeric(product)
}

/// `$divide`
pub(super) fn divide(args: &[Option<Value>]) -> Answer {
    if operand(at(args, 1), "$divide")? == Some(0.0) {
        return Err(refused("$divide", "no zero to divide by"));
    }
    two(args, "$divide", |a, b| a / b)
}

/// `$mod`
pub(super) fn remainder(args: &[Option<Value>]) -> Answer {
    if operand(at(args, 1), "$mod")? == Some(0.0) {
        return Err(refused("$mod", "no zero to divide by"));
    }
    two(args, "$mod", |a, b| a % b)
}

/// `$pow`
pub(super) fn power(args: &[Option<Value>]) -> Answer {
    two(args, "$pow", f64::powf)
}

/// `$log`
pub(super) fn logarithm(args: &[Option<Value>]) -> Answer {
    two(args, "$log", f64::log)
}

/// An operator of one number.
pub(super) fn each(args: &[Option<Value>], operator: &str, work: fn(f64) -> f64) -> Answer {
    match operand(at(args, 0), operator)? {
        Some(number) => numeric(work(number)),
        None => Ok(Some(Value::Null)),
    }
}

fn places(args: &[Option<Value>], operator: &str, work: fn(f64) -> f64) -> Answer {
    let Some(number) = operand(at(args, 0), operator)? else { return Ok(Some(Value::Null)) };
    let places = operand(at(args, 1), operator)?.unwrap_or(0.0);
    if places.fract() != 0.0 || !(-20.0..=100.0).contains(&places) {
        return Err(refused(operator, "whole places from -20 to 100"));
    }
    let scale = 10_f64.powf(places);
    let scaled = number * scale;
    // Beyond what a double tells apart there is nothing to cut.
    if scaled.is_finite() { numeric(work(scaled) / scale) } else { numeric(number) }
}

/// `$round`: halves go to the even neighbour.
pub(super) fn round(args: &[Option<Value>]) -> Answer {
    places(args, "$round", f64::round_ties_even)
}

/// `$trunc`
pub(super) fn truncate(args: &[Option<Value>]) -> Answer {
    places(args, "$trunc", f64::trunc)
}

/// The numbers among values, those of a single array among its elements.
pub(super) fn numbers(args: &[Option<Value>]) -> Vec<f64> {
    match args {
        [Some(Value::Array(items))] => items.iter().filter_map(Value::as_number).collect(),
        args => args.iter().flatten().filter_map(Value::as_number).collect(),
    }
}

/// `$sum`: what isn't a number doesn't count.
pub(super) fn sum(args: &[Option<Value>]) -> Answer {
    numeric(numbers(args).iter().sum())
}

/// `$avg`: what isn't a number doesn't count.
pub(super) fn average(args: &[Option<Value>]) -> Answer {
    let numbers = numbers(args);
    if numbers.is_empty() {
        return Ok(Some(Value::Null));
    }
    numeric(numbers.iter().sum::<f64>() / numbers.len() as f64)
}

/// `$toDouble`
pub(super) fn number(args: &[Option<Value>]) -> Answer {
    nullable(args, |value| match value {
        Value::Number(number) => numeric(*number),
        Value::Boolean(flag) => numeric(f64::from(u8::from(*flag))),
        Value::Date(date) => numeric(date.ms() as f64),
        Value::String(text) => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => numeric(number),
            _ => Err(refused("A conversion to a number", "texts that are numbers")),
        },
        _ => Err(refused("A conversion to a number", "numbers, texts, flags and dates")),
    })
}

/// `$toInt`, `$toLong`: what a fraction has behind the point falls away, but a text has to be whole.
pub(super) fn whole(args: &[Option<Value>], long: bool) -> Answer {
    let (name, least, most) = if long {
        ("long", -(2_f64.powi(63)), 2_f64.powi(63))
    } else {
        ("int", -(2_f64.powi(31)), 2_f64.powi(31))
    };
    let found = number(args)?;
    let Some(number) = found.as_ref().and_then(Value::as_number) else { return Ok(Some(Value::Null)) };
    let fraction = matches!(present(args, 0), Some(Value::String(_))) && number.fract() != 0.0;
    if fraction || number.trunc() < least || number.trunc() >= most {
        return Err(refused(&format!("A conversion to {name}"), "whole numbers that fit into it"));
    }
    numeric(number.trunc())
}

/// `$atan2`
pub(super) fn angle(args: &[Option<Value>]) -> Answer {
    two(args, "$atan2", f64::atan2)
}

/// The trigonometric operator of a name.
pub(super) fn curve(name: &str) -> Option<Function> {
    Some(match name {
        "$sin" => |args| each(args, "$sin", f64::sin),
        "$cos" => |args| each(args, "$cos", f64::cos),
        "$tan" => |args| each(args, "$tan", f64::tan),
        "$asin" => |args| each(args, "$asin", f64::asin),
        "$acos" => |args| each(args, "$acos", f64::acos),
        "$atan" => |args| each(args, "$atan", f64::atan),
        "$sinh" => |args| each(args, "$sinh", f64::sinh),
        "$cosh" => |args| each(args, "$cosh", f64::cosh),
        "$tanh" => |args| each(args, "$tanh", f64::tanh),
        "$asinh" => |args| each(args, "$asinh", f64::asinh),
        "$acosh" => |args| each(args, "$acosh", f64::acosh),
        "$atanh" => |args| each(args, "$atanh", f64::atanh),
        "$degreesToRadians" => |args| each(args, "$degreesToRadians", f64::to_radians),
        "$radiansToDegrees" => |args| each(args, "$radiansToDegrees", f64::to_degrees),
        _ => return None,
    })
}
