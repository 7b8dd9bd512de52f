//! Variables, and the operators that name them.

use super::{Answer, Expression, Scope, inside, truthy};
use crate::{Value, value::Map};

use super::super::invalid;

/// What a variable holds.
pub(super) fn find(name: &str, rest: &[String], scope: Scope<'_>) -> Option<Value> {
    if let Some((_, value)) = scope.variables.iter().rev().find(|(known, _)| known == name) {
        return inside(value.as_ref()?, rest);
    }
    match name {
        "ROOT" | "CURRENT" => inside(&Value::Object(Map::clone(scope.document)), rest),
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
        let variables = scope.with(vec![(name.to_owned(), Some(item))]);
        made.push(into.answer(Scope { variables: &variables, ..scope })?.unwrap_or(Value::Null));
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
        let variables = scope.with(vec![(name.to_owned(), Some(item.clone()))]);
        if truthy(condition.answer(Scope { variables: &variables, ..scope })?.as_ref()) {
            kept.push(item);
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
        let variables = scope.with(vec![("this".to_owned(), Some(item)), ("value".to_owned(), value)]);
        value = into.answer(Scope { variables: &variables, ..scope })?;
    }
    Ok(value)
}
