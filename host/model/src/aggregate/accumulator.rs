//! What a group gathers of its documents.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{
    document::{Key, compare},
    expression::{Expression, Scope},
    invalid,
};
use crate::{ParseError, Value, name::shown, value::Map};

/// An accumulator of `$group` and `$bucket`.
#[derive(Clone)]
pub(super) struct Accumulator {
    kind: Kind,
    of: Expression,
}

#[derive(Clone, Copy)]
enum Kind {
    Sum,
    Average,
    Smallest,
    Largest,
    Push,
    AddToSet,
    First,
    Last,
    Count,
    Merge,
    Deviation { sample: bool },
}

/// What was gathered so far.
#[derive(Default)]
pub(super) struct Gathered {
    numbers: Vec<f64>,
    sum: f64,
    count: u64,
    value: Option<Value>,
    seen: bool,
    items: Vec<Value>,
    set: BTreeSet<Key>,
    map: Map,
}

impl Accumulator {
    /// Reads `{"$sum": …}`.
    ///
    /// # Errors
    /// 102 for an accumulator that isn't known.
    pub(super) fn parse(json: &Json) -> Result<Accumulator, ParseError> {
        let only = json.as_object().filter(|map| map.len() == 1).and_then(|map| map.iter().next());
        let Some((name, operand)) = only else {
            return Err(invalid("The field of a group must be an object of one accumulator"));
        };
        let kind = match name.as_str() {
            "$sum" => Kind::Sum,
            "$avg" => Kind::Average,
            "$min" => Kind::Smallest,
            "$max" => Kind::Largest,
            "$push" => Kind::Push,
            "$addToSet" => Kind::AddToSet,
            "$first" => Kind::First,
            "$last" => Kind::Last,
            "$count" => Kind::Count,
            "$mergeObjects" => Kind::Merge,
            "$stdDevPop" => Kind::Deviation { sample: false },
            "$stdDevSamp" => Kind::Deviation { sample: true },
            other => return Err(invalid(format!("Unrecognized accumulator '{}'", shown(other)))),
        };
        Ok(Accumulator { kind, of: Expression::parse(operand)? })
    }

    /// Takes one document in.
    ///
    /// # Errors
    /// As its expression.
    pub(super) fn gather(&self, into: &mut Gathered, scope: Scope<'_>) -> Result<(), ParseError> {
        let value = match self.kind {
            Kind::Count => None,
            Kind::Last | Kind::First if into.seen && matches!(self.kind, Kind::First) => return Ok(()),
            _ => self.of.answer(scope)?,
        };
        into.count += 1;
        let present = value.as_ref().filter(|value| !value.is_null());
        match self.kind {
            Kind::Count => {}
            Kind::Sum => into.sum += present.and_then(Value::as_number).unwrap_or(0.0),
            Kind::Average | Kind::Deviation { .. } => into.numbers.extend(present.and_then(Value::as_number)),
            Kind::Smallest => {
                if let Some(value) = present
                    && (into.value.is_none() || compare(Some(value), into.value.as_ref()).is_lt())
                {
                    into.value = Some(value.clone());
                }
            }
            Kind::Largest => {
                if let Some(value) = present
                    && compare(Some(value), into.value.as_ref()).is_gt()
                {
                    into.value = Some(value.clone());
                }
            }
            Kind::Push => into.items.extend(value),
            Kind::AddToSet => {
                into.set.extend(value.map(|value| Key(Some(value))));
            }
            Kind::First | Kind::Last => {
                into.seen = true;
                into.value = value;
            }
            Kind::Merge => match value {
                None | Some(Value::Null) => {}
                Some(Value::Object(map)) => into.map.extend(map),
                Some(_) => return Err(invalid("$mergeObjects takes objects")),
            },
        }
        Ok(())
    }

    /// What was gathered.
    pub(super) fn settle(&self, gathered: Gathered) -> Value {
        let number = |number: f64| if number.is_finite() { Value::Number(number) } else { Value::Null };
        match self.kind {
            Kind::Sum => number(gathered.sum),
            Kind::Count => number(gathered.count as f64),
            Kind::Average => number(gathered.numbers.iter().sum::<f64>() / gathered.numbers.len() as f64),
            Kind::Smallest | Kind::Largest | Kind::First | Kind::Last => {
                gathered.value.unwrap_or(Value::Null)
            }
            Kind::Push => Value::Array(gathered.items),
            Kind::AddToSet => Value::Array(gathered.set.into_iter().filter_map(|Key(value)| value).collect()),
            Kind::Merge => Value::Object(gathered.map),
            Kind::Deviation { sample } => {
                let count = gathered.numbers.len() as f64;
                let mean = gathered.numbers.iter().sum::<f64>() / count;
                let squares: f64 = gathered.numbers.iter().map(|number| (number - mean).powi(2)).sum();
                number((squares / if sample { count - 1.0 } else { count }).sqrt())
            }
        }
    }
}
