//! What a group gathers of its documents.

use std::collections::BTreeSet;

use serde_json::{Map as JsonMap, Value as Json};

use super::{
    document::{Key, compare},
    expression::{Expression, Scope, deviation, extremes, fractions, literal, percentiles},
    invalid,
    shape::Sort,
    whole,
};
use crate::{ParseError, Value, name::shown, value::Map};

/// An accumulator of `$group`, of buckets and of windows.
#[derive(Clone)]
pub(super) struct Accumulator {
    kind: Kind,
    of: Expression,
}

#[derive(Clone)]
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
    Deviation {
        sample: bool,
    },
    FirstN(usize),
    LastN(usize),
    ExtremeN {
        n: usize,
        largest: bool,
    },
    /// The first or the last ones in an order of the documents; `None` is a single one.
    Ranked {
        by: Sort,
        n: Option<usize>,
        last: bool,
    },
    Percentiles(Vec<f64>),
    Median,
}

/// What was gathered so far.
#[derive(Clone, Default)]
pub(super) struct Gathered {
    numbers: Vec<f64>,
    sum: f64,
    /// How many numbers are in the sum.
    summed: u64,
    count: u64,
    value: Option<Value>,
    seen: bool,
    items: Vec<Value>,
    set: BTreeSet<Key>,
    map: Map,
    ranked: Vec<(Vec<Value>, Value)>,
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
        Accumulator::named(name, operand)
    }

    /// Reads an accumulator by its name and what it is told.
    ///
    /// # Errors
    /// As [`Accumulator::parse`].
    pub(super) fn named(name: &str, operand: &Json) -> Result<Accumulator, ParseError> {
        let kind = match name {
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
            _ => return Accumulator::of_members(name, operand),
        };
        Ok(Accumulator { kind, of: Expression::parse(operand)? })
    }

    /// Reads an accumulator whose operand has members.
    fn of_members(name: &str, operand: &Json) -> Result<Accumulator, ParseError> {
        let nothing = JsonMap::new();
        let map = operand.as_object().unwrap_or(&nothing);
        let member = |key: &str| map.get(key).ok_or_else(|| invalid(format!("{} needs {key}", shown(name))));
        let n = || whole(member("n")?, 1.0, &format!("n of {}", shown(name)));
        let by = || Sort::parse(member("sortBy")?, "sortBy");
        let (kind, of) = match name {
            "$firstN" => (Kind::FirstN(n()?), "input"),
            "$lastN" => (Kind::LastN(n()?), "input"),
            "$minN" => (Kind::ExtremeN { n: n()?, largest: false }, "input"),
            "$maxN" => (Kind::ExtremeN { n: n()?, largest: true }, "input"),
            "$top" => (Kind::Ranked { by: by()?, n: None, last: false }, "output"),
            "$topN" => (Kind::Ranked { by: by()?, n: Some(n()?), last: false }, "output"),
            "$bottom" => (Kind::Ranked { by: by()?, n: None, last: true }, "output"),
            "$bottomN" => (Kind::Ranked { by: by()?, n: Some(n()?), last: true }, "output"),
            "$median" => (Kind::Median, "input"),
            "$percentile" => (Kind::Percentiles(fractions(Some(&literal(member("p")?)?))?), "input"),
            other => return Err(invalid(format!("Unrecognized accumulator '{}'", shown(other)))),
        };
        Ok(Accumulator { kind, of: Expression::parse(member(of)?)? })
    }

    /// Takes one document in.
    ///
    /// # Errors
    /// As its expression.
    pub(super) fn gather(&self, into: &mut Gathered, scope: Scope<'_>) -> Result<(), ParseError> {
        let value = match self.kind {
            Kind::Count => None,
            Kind::First if into.seen => return Ok(()),
            Kind::FirstN(n) if into.items.len() >= n => return Ok(()),
            _ => self.of.answer(scope)?,
        };
        into.count += 1;
        let present = value.as_ref().filter(|value| !value.is_null());
        match &self.kind {
            Kind::Count => {}
            Kind::Sum | Kind::Average => {
                if let Some(number) = present.and_then(Value::as_number) {
                    into.sum += number;
                    into.summed += 1;
                }
            }
            Kind::Deviation { .. } | Kind::Percentiles(_) | Kind::Median => {
                into.numbers.extend(present.and_then(Value::as_number));
            }
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
            Kind::FirstN(_) | Kind::LastN(_) => into.items.push(value.unwrap_or(Value::Null)),
            Kind::ExtremeN { .. } => into.items.extend(present.cloned()),
            Kind::Ranked { by, .. } => {
                into.ranked.push((by.ranks(scope.document), value.unwrap_or(Value::Null)));
            }
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
        match &self.kind {
            Kind::Sum => number(gathered.sum),
            Kind::Count => number(gathered.count as f64),
            Kind::Average => number(gathered.sum / gathered.summed as f64),
            Kind::Smallest | Kind::Largest | Kind::First | Kind::Last => {
                gathered.value.unwrap_or(Value::Null)
            }
            Kind::Push | Kind::FirstN(_) => Value::Array(gathered.items),
            Kind::LastN(n) => {
                let mut items = gathered.items;
                Value::Array(items.split_off(items.len().saturating_sub(*n)))
            }
            Kind::ExtremeN { n, largest } => Value::Array(extremes(gathered.items, *n, *largest)),
            Kind::Ranked { by, n, last } => ranked(gathered.ranked, by, *n, *last),
            Kind::Percentiles(wanted) => Value::Array(percentiles(gathered.numbers, wanted)),
            Kind::Median => percentiles(gathered.numbers, &[0.5]).pop().unwrap_or(Value::Null),
            Kind::AddToSet => Value::Array(gathered.set.into_iter().filter_map(|Key(value)| value).collect()),
            Kind::Merge => Value::Object(gathered.map),
            Kind::Deviation { sample } => deviation(&gathered.numbers, *sample),
        }
    }
}

impl Gathered {
    /// About how many bytes a copy takes.
    pub(super) fn weight(&self) -> usize {
        let values = self.items.len() + self.set.len() + self.map.len() + 2 * self.ranked.len();
        size_of::<Gathered>() + self.numbers.len() * size_of::<f64>() + values * size_of::<Value>()
    }
}

/// The first or the last ones in an order.
fn ranked(mut found: Vec<(Vec<Value>, Value)>, by: &Sort, n: Option<usize>, last: bool) -> Value {
    found.sort_by(|(a, _), (b, _)| by.compare(a, b));
    let count = n.unwrap_or(1);
    if last {
        found.drain(..found.len().saturating_sub(count));
    } else {
        found.truncate(count);
    }
    let mut values = found.into_iter().map(|(_, value)| value);
    match n {
        Some(_) => Value::Array(values.collect()),
        None => values.next().unwrap_or(Value::Null),
    }
}
