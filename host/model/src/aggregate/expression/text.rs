//! Operators on texts.

use super::{
    Answer,
    operator::{at, nullable, numeric, present, refused},
};
use crate::{ParseError, Value};

/// The longest text that replacing makes, in bytes; no document of MongoDB is longer.
const LONGEST: usize = 16 << 20;

/// What a value is as a text; pointers are `Class$id`, `None` what has no text.
pub(super) fn shown(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(crate::encode::number_json(*number).to_string()),
        Value::Boolean(flag) => Some(flag.to_string()),
        Value::Date(date) => Some(date.to_string()),
        Value::Pointer(pointer) => Some(format!("{}${}", pointer.class, pointer.id)),
        Value::File { name, .. } => Some(name.clone()),
        _ => None,
    }
}

/// A text for an operator that takes null for the empty text.
fn soft(value: Option<&Value>, operator: &str) -> Result<String, ParseError> {
    match value {
        None | Some(Value::Null) => Ok(String::new()),
        Some(value) => shown(value).ok_or_else(|| refused(operator, "texts")),
    }
}

/// `$toString`
pub(super) fn string(args: &[Option<Value>]) -> Answer {
    nullable(args, |value| match shown(value) {
        Some(text) => Ok(Some(Value::String(text))),
        None => Err(refused("$toString", "texts, numbers, flags, dates and pointers")),
    })
}

/// `$concat`
pub(super) fn concat(args: &[Option<Value>]) -> Answer {
    let mut all = String::new();
    for value in args {
        match value {
            None | Some(Value::Null) => return Ok(Some(Value::Null)),
            Some(value @ (Value::String(_) | Value::Pointer(_))) => {
                all.push_str(&shown(value).unwrap_or_default())
            }
            Some(_) => return Err(refused("$concat", "texts")),
        }
    }
    Ok(Some(Value::String(all)))
}

/// An operator from text to text.
pub(super) fn each(args: &[Option<Value>], work: fn(&str) -> String) -> Answer {
    Ok(Some(Value::String(work(&soft(at(args, 0), "This operator")?))))
}

fn whole(value: Option<&Value>, operator: &str) -> Result<i64, ParseError> {
    match value {
        Some(Value::Number(number)) if number.fract() == 0.0 => Ok(*number as i64),
        _ => Err(refused(operator, "whole numbers for places")),
    }
}

/// `$substrCP`
pub(super) fn substring(args: &[Option<Value>]) -> Answer {
    let text = soft(at(args, 0), "$substrCP")?;
    let (start, count) = (whole(at(args, 1), "$substrCP")?, whole(at(args, 2), "$substrCP")?);
    let Ok(start) = usize::try_from(start) else { return Err(refused("$substrCP", "places from 0 on")) };
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    Ok(Some(Value::String(text.chars().skip(start).take(count).collect())))
}

/// `$substr`, `$substrBytes`: a negative length reaches to the end.
pub(super) fn substring_bytes(args: &[Option<Value>]) -> Answer {
    let text = soft(at(args, 0), "$substr")?;
    let (start, count) = (whole(at(args, 1), "$substr")?, whole(at(args, 2), "$substr")?);
    let Ok(start) = usize::try_from(start) else { return Ok(Some(Value::text(""))) };
    let end = usize::try_from(count).map_or(text.len(), |count| start.saturating_add(count).min(text.len()));
    if start >= text.len() {
        return Ok(Some(Value::text("")));
    }
    match text.get(start..end) {
        Some(part) => Ok(Some(Value::text(part))),
        None => Err(refused("$substr", "places between characters")),
    }
}

/// `$strLenCP`, `$strLenBytes`
pub(super) fn length(args: &[Option<Value>], measure: fn(&str) -> usize) -> Answer {
    match at(args, 0) {
        Some(Value::String(text)) => numeric(measure(text) as f64),
        _ => Err(refused("$strLen", "a text")),
    }
}

/// `$binarySize`
pub(super) fn bytes(args: &[Option<Value>]) -> Answer {
    match present(args, 0) {
        None => Ok(Some(Value::Null)),
        Some(Value::String(text)) => numeric(text.len() as f64),
        Some(Value::Bytes(bytes)) => numeric(bytes.len() as f64),
        Some(_) => Err(refused("$binarySize", "texts and bytes")),
    }
}

/// `$strcasecmp`
pub(super) fn compare_ignoring_case(args: &[Option<Value>]) -> Answer {
    let upper = |place| soft(at(args, place), "$strcasecmp").map(|text| text.to_uppercase());
    numeric(f64::from(upper(0)?.cmp(&upper(1)?) as i8))
}

/// `$split`
pub(super) fn split(args: &[Option<Value>]) -> Answer {
    match (present(args, 0), present(args, 1)) {
        (Some(Value::String(text)), Some(Value::String(by))) if !by.is_empty() => {
            Ok(Some(Value::Array(text.split(by.as_str()).map(Value::text).collect())))
        }
        (None, _) | (_, None) => Ok(Some(Value::Null)),
        _ => Err(refused("$split", "two texts, the second one not empty")),
    }
}

/// `$indexOfBytes`
pub(super) fn index_bytes(args: &[Option<Value>]) -> Answer {
    let (text, part) = match (present(args, 0), present(args, 1)) {
        (Some(Value::String(text)), Some(Value::String(part))) => (text, part),
        (None, _) => return Ok(Some(Value::Null)),
        _ => return Err(refused("$indexOfBytes", "texts")),
    };
    let bound = |place: usize, default: usize| match at(args, place) {
        None => Ok(default),
        value => usize::try_from(whole(value, "$indexOfBytes")?)
            .map_err(|_| refused("$indexOfBytes", "places from 0 on")),
    };
    let (start, end) = (bound(2, 0)?, bound(3, text.len())?.min(text.len()));
    match text.get(start..end) {
        Some(window) => numeric(window.find(part.as_str()).map_or(-1.0, |place| (start + place) as f64)),
        None if start > end => numeric(-1.0),
        None => Err(refused("$indexOfBytes", "places between characters")),
    }
}

/// `$indexOfCP`
pub(super) fn index(args: &[Option<Value>]) -> Answer {
    let (text, part) = match (present(args, 0), present(args, 1)) {
        (Some(Value::String(text)), Some(Value::String(part))) => (text, part),
        (None, _) => return Ok(Some(Value::Null)),
        _ => return Err(refused("$indexOfCP", "texts")),
    };
    let bound = |place: usize, default: usize| match at(args, place) {
        None => Ok(default),
        value => whole(value, "$indexOfCP").map(|bound| usize::try_from(bound).unwrap_or(0)),
    };
    let (start, end) = (bound(2, 0)?, bound(3, usize::MAX)?);
    let window: String = text.chars().take(end).skip(start).collect();
    match window.find(part.as_str()) {
        Some(bytes) => {
            numeric((start + window.get(..bytes).map_or(0, |before| before.chars().count())) as f64)
        }
        None => numeric(-1.0),
    }
}

/// `$trim` and its halves.
pub(super) fn trim(args: &[Option<Value>], start: bool, end: bool) -> Answer {
    let text = match present(args, 0) {
        None => return Ok(Some(Value::Null)),
        Some(Value::String(text)) => text.as_str(),
        Some(_) => return Err(refused("$trim", "a text")),
    };
    let chars = match present(args, 1) {
        None => None,
        Some(Value::String(chars)) => Some(chars.as_str()),
        Some(_) => return Err(refused("$trim", "characters as a text")),
    };
    let cut = |c: char| chars.map_or(c.is_whitespace() || c == '\0', |chars| chars.contains(c));
    let text = if start { text.trim_start_matches(cut) } else { text };
    let text = if end { text.trim_end_matches(cut) } else { text };
    Ok(Some(Value::text(text)))
}

/// `$replaceOne`, `$replaceAll`
pub(super) fn replace(args: &[Option<Value>], most: usize) -> Answer {
    match (present(args, 0), present(args, 1), present(args, 2)) {
        (Some(Value::String(text)), Some(Value::String(find)), Some(Value::String(by))) => {
            let more = text.matches(find.as_str()).take(most).count().saturating_mul(by.len());
            if more > LONGEST {
                return Err(refused("$replaceOne and $replaceAll", "what makes a text of at most 16 MB"));
            }
            Ok(Some(Value::String(text.replacen(find.as_str(), by, most))))
        }
        (None, _, _) | (_, None, _) | (_, _, None) => Ok(Some(Value::Null)),
        _ => Err(refused("$replaceOne and $replaceAll", "texts")),
    }
}
