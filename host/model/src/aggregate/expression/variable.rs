//! Variables, and the operators that name them.

use super::{Answer, Expression, Frame, Scope, truthy};
use crate::{Value, aggregate::document::below};

use super::super::invalid;

/// What a variable holds.
pub(super) fn find(name: &str, rest: &[String], scope: Scope<'_>) -> Option<Value> {
    let mut frame = scope.frame;
    while let Some(Frame { held, outer }) = frame {
        if let Some((_, value)) = held.iter().find(|(known, _)| *known == name) {
            return below(value.as_ref()?, rest);
        }
        frame = *outer;
    }
    match name {
        "ROOT" | "CURRENT" => match rest.split_first() {
            Some((first, deeper)) => below(scope.document.get(first)?, deeper),
            None => Some(Value::Object(scope.document.clone())),
        },
        "NOW" => Some(Value::Date(scope.run.now)),
        _ => None,
    }
}

fn items(
    input: &Expression,
    operator: &str,
    scope: Scope<'_>,
) -> Result<Option<Vec<Value>>, crate::ParseError> {
    match input.answer(scope)? {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => Ok(Some(items)),
        Some(_) => Err(invalid(format!("input to {operator} must be an array"))),
    }
}

/// `$map`
pub(super) fn map(input: &Expression, name: &str, into: &Expression, scope: Scope<'_>) -> Answer {
    let Some(items) = items(input, "$map", scope)? else { return Ok(Some(Value::Null)) };
    let mut made = Vec::with_capacity(items.len());
    for item in items {
        let frame = Frame { held: vec![(name, Some(item))], outer: scope.frame };
        made.push(into.answer(Scope { frame: Some(&frame), ..scope })?.unwrap_or(Value::Null));
    }
    Ok(Some(Value::Array(made)))
}

/// `$filter`
pub(super) fn filter(
    input: &Expression,
    name: &str,
    condition: &Expression,
    limit: Option<&Expression>,
    scope: Scope<'_>,
) -> Answer {
    let Some(items) = items(input, "$filter", scope)? else { return Ok(Some(Value::Null)) };
    let most = match limit.map(|limit| limit.answer(scope)).transpose()?.flatten() {
        Some(Value::Number(most)) if most >= 1.0 => most as usize,
        None | Some(Value::Null) => usize::MAX,
        Some(_) => return Err(invalid("$filter: limit must be a number from 1 on")),
    };
    let mut kept = Vec::new();
    for item in items {
        if kept.len() >= most {
            break;
        }
        let frame = Frame { held: vec![(name, Some(item))], outer: scope.frame };
        if truthy(condition.answer(Scope { frame: Some(&frame), ..scope })?.as_ref()) {
            kept.extend(frame.held.into_iter().filter_map(|(_, item)| item));
        }
    }
    Ok(Some(Value::Array(kept)))
}

/// `$reduce`
pub(super) fn reduce(
    input: &Expression,
    initial: &Expression,
    into: &Expression,
    scope: Scope<'_>,
) -> Answer {
    let Some(items) = items(input, "$reduce", scope)? else { return Ok(Some(Value::Null)) };
    let mut value = initial.answer(scope)?;
    for item in items {
        let frame = Frame { held: vec![("this", Some(item)), ("value", value)], outer: scope.frame };
        value = into.answer(Scope { frame: Some(&frame), ..scope })?;
    }
    Ok(value)
}
