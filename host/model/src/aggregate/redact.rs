//! `$redact`: documents and what is inside them, kept or left out by an expression.

use super::{
    expression::{Expression, Frame, Scope},
    invalid, size,
};
use crate::{ParseError, Value, value::Map};

/// What the three variables of the stage hold, by which they are known again.
const WORDS: [(&str, &str); 3] = [("KEEP", "$$KEEP"), ("PRUNE", "$$PRUNE"), ("DESCEND", "$$DESCEND")];

/// Keeps a document whole, leaves it out, or looks at what is inside.
///
/// # Errors
/// 102 when the expression comes to something else, and as the expression.
pub(super) fn redact(
    expression: &Expression,
    document: Map,
    scope: Scope<'_>,
) -> Result<Option<Map>, ParseError> {
    // The fields that the expression names are those of what it looks at, but the root stays the root.
    scope.run.fill(size::of_map(&document))?;
    let root = ("ROOT", Some(Value::Object(document.clone())));
    let words = WORDS.iter().map(|(name, word)| (*name, Some(Value::text(*word))));
    let held = words.chain([root]).collect();
    let frame = Frame { held, outer: scope.frame };
    one(expression, document, Scope { frame: Some(&frame), ..scope })
}

fn one(expression: &Expression, document: Map, scope: Scope<'_>) -> Result<Option<Map>, ParseError> {
    scope.run.spend(1)?;
    let word = expression.answer(Scope { document: &document, ..scope })?;
    match word.as_ref().and_then(Value::as_str) {
        Some("$$KEEP") => Ok(Some(document)),
        Some("$$PRUNE") => Ok(None),
        Some("$$DESCEND") => {
            let mut kept = Map::new();
            for (name, value) in document {
                kept.extend(inside(expression, value, scope)?.map(|value| (name, value)));
            }
            Ok(Some(kept))
        }
        _ => Err(invalid("$redact's expression must come to $$DESCEND, $$PRUNE or $$KEEP")),
    }
}

fn inside(expression: &Expression, value: Value, scope: Scope<'_>) -> Result<Option<Value>, ParseError> {
    Ok(match value {
        Value::Object(map) => one(expression, map, scope)?.map(Value::Object),
        Value::Array(items) => {
            let mut kept = Vec::with_capacity(items.len());
            for item in items {
                kept.extend(inside(expression, item, scope)?);
            }
            Some(Value::Array(kept))
        }
        other => Some(other),
    })
}
