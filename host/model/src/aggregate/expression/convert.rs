//! Conversions whose target is told by name.

use super::{
    Answer, date, number,
    operator::{at, flag, present, refused, truthy},
    text,
};
use crate::Value;

/// The numbers that BSON gives its types.
const CODES: [(f64, &str); 6] =
    [(1.0, "double"), (2.0, "string"), (8.0, "bool"), (9.0, "date"), (16.0, "int"), (18.0, "long")];

/// `$convert`: `input`, `to`, `onError`, `onNull`.
pub(super) fn convert(args: &[Option<Value>]) -> Answer {
    let target = match present(args, 1) {
        None => return Ok(Some(Value::Null)),
        Some(Value::Object(target)) => target.get("type"),
        target => target,
    };
    let name = match target {
        Some(Value::String(name)) => Some(name.as_str()),
        Some(Value::Number(code)) => CODES.iter().find(|(known, _)| known == code).map(|(_, name)| *name),
        _ => None,
    };
    let converted = match name {
        Some(_) if present(args, 0).is_none() => {
            return Ok(Some(at(args, 3).cloned().unwrap_or(Value::Null)));
        }
        Some("double" | "decimal") => number::number(args),
        Some("int") => number::whole(args, false),
        Some("long") => number::whole(args, true),
        Some("string") => text::string(args),
        Some("bool") => flag(truthy(at(args, 0))),
        Some("date") => date::to_date(args),
        _ => return Err(refused("$convert", "double, int, long, string, bool or date as to")),
    };
    match (converted, at(args, 2)) {
        (Err(_), Some(otherwise)) => Ok(Some(otherwise.clone())),
        (converted, _) => converted,
    }
}
