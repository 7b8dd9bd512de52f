//! Operators that work out no more than they need.

use super::{Answer, Expression, Scope, truthy};
use crate::Value;

use super::super::invalid;

/// `$and`
pub(super) fn all(parts: &[Expression], scope: Scope<'_>) -> Answer {
    for part in parts {
        if !truthy(part.answer(scope)?.as_ref()) {
            return Ok(Some(Value::Boolean(false)));
        }
    }
    Ok(Some(Value::Boolean(true)))
}

/// `$or`
pub(super) fn any(parts: &[Expression], scope: Scope<'_>) -> Answer {
    for part in parts {
        if truthy(part.answer(scope)?.as_ref()) {
            return Ok(Some(Value::Boolean(true)));
        }
    }
    Ok(Some(Value::Boolean(false)))
}

/// `$cond`, `$switch`
pub(super) fn switch(
    branches: &[(Expression, Expression)],
    default: Option<&Expression>,
    scope: Scope<'_>,
) -> Answer {
    for (condition, then) in branches {
        if truthy(condition.answer(scope)?.as_ref()) {
            return then.answer(scope);
        }
    }
    match default {
        Some(default) => default.answer(scope),
        None => Err(invalid("$switch found no branch that holds, and has no default")),
    }
}

/// `$ifNull`
pub(super) fn if_null(parts: &[Expression], scope: Scope<'_>) -> Answer {
    let Some((last, first)) = parts.split_last() else { return Ok(None) };
    for part in first {
        if let Some(value) = part.answer(scope)?.filter(|value| !value.is_null()) {
            return Ok(Some(value));
        }
    }
    last.answer(scope)
}
