//! Operators on arrays as sets: order and repetition don't count.

use std::collections::BTreeSet;

use super::{
    Answer,
    operator::{at, flag, refused, truthy},
};
use crate::{ParseError, Value, aggregate::document::Key};

fn set(value: &Option<Value>, operator: &str) -> Result<Option<BTreeSet<Key>>, ParseError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => Ok(Some(items.iter().map(|item| Key(Some(item.clone()))).collect())),
        Some(_) => Err(refused(operator, "arrays")),
    }
}

fn array(set: BTreeSet<Key>) -> Answer {
    Ok(Some(Value::Array(set.into_iter().filter_map(|Key(value)| value).collect())))
}

/// `$setUnion`
pub(super) fn union(args: &[Option<Value>]) -> Answer {
    let mut all = BTreeSet::new();
    for value in args {
        match set(value, "$setUnion")? {
            Some(more) => all.extend(more),
            None => return Ok(Some(Value::Null)),
        }
    }
    array(all)
}

/// `$setIntersection`
pub(super) fn intersection(args: &[Option<Value>]) -> Answer {
    let mut common: Option<BTreeSet<Key>> = None;
    for value in args {
        match (set(value, "$setIntersection")?, common.take()) {
            (None, _) => return Ok(Some(Value::Null)),
            (Some(first), None) => common = Some(first),
            (Some(more), Some(before)) => common = Some(before.intersection(&more).cloned().collect()),
        }
    }
    array(common.unwrap_or_default())
}

/// `$setDifference`
pub(super) fn difference(args: &[Option<Value>]) -> Answer {
    match args {
        [a, b] => match (set(a, "$setDifference")?, set(b, "$setDifference")?) {
            (Some(a), Some(b)) => array(a.difference(&b).cloned().collect()),
            _ => Ok(Some(Value::Null)),
        },
        _ => Ok(None),
    }
}

/// `$setEquals`
pub(super) fn equals(args: &[Option<Value>]) -> Answer {
    let missing = || refused("$setEquals", "arrays");
    let sets = args.iter().map(|value| set(value, "$setEquals")?.ok_or_else(missing));
    let sets = sets.collect::<Result<Vec<_>, _>>()?;
    flag(sets.iter().zip(sets.iter().skip(1)).all(|(a, b)| a == b))
}

/// `$setIsSubset`
pub(super) fn is_subset(args: &[Option<Value>]) -> Answer {
    match args {
        [a, b] => match (set(a, "$setIsSubset")?, set(b, "$setIsSubset")?) {
            (Some(a), Some(b)) => flag(a.is_subset(&b)),
            _ => Err(refused("$setIsSubset", "arrays")),
        },
        _ => Ok(None),
    }
}

/// `$anyElementTrue`
pub(super) fn any_true(args: &[Option<Value>]) -> Answer {
    match at(args, 0) {
        Some(Value::Array(items)) => flag(items.iter().any(|item| truthy(Some(item)))),
        _ => Err(refused("$anyElementTrue", "an array")),
    }
}

/// `$allElementsTrue`
pub(super) fn all_true(args: &[Option<Value>]) -> Answer {
    match at(args, 0) {
        Some(Value::Array(items)) => flag(items.iter().all(|item| truthy(Some(item)))),
        _ => Err(refused("$allElementsTrue", "an array")),
    }
}
