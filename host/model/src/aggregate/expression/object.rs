//! Operators on objects.

use super::{
    Answer,
    array::items,
    operator::{at, present, refused},
};
use crate::{Value, value::Map};

/// `$arrayToObject`: of pairs, or of objects `{k, v}`.
pub(super) fn to_object(args: &[Option<Value>]) -> Answer {
    if present(args, 0).is_none() {
        return Ok(Some(Value::Null));
    }
    let mut map = Map::new();
    for item in items(at(args, 0), "$arrayToObject")? {
        let pair = match item {
            Value::Array(pair) => pair.first().zip(pair.get(1)),
            Value::Object(pair) => pair.get("k").zip(pair.get("v")),
            _ => None,
        };
        match pair {
            Some((Value::String(name), value)) => map.insert(name.clone(), value.clone()),
            _ => return Err(refused("$arrayToObject", "pairs of a name and a value")),
        };
    }
    Ok(Some(Value::Object(map)))
}

/// `$objectToArray`
pub(super) fn from_object(args: &[Option<Value>]) -> Answer {
    match present(args, 0) {
        None => Ok(Some(Value::Null)),
        Some(Value::Object(map)) => {
            let pair = |(name, value): (&String, &Value)| {
                Value::Object(Map::from([
                    ("k".to_owned(), Value::text(name)),
                    ("v".to_owned(), value.clone()),
                ]))
            };
            Ok(Some(Value::Array(map.iter().map(pair).collect())))
        }
        Some(_) => Err(refused("$objectToArray", "an object")),
    }
}

/// `$mergeObjects`: later members win; of a single array, its elements.
pub(super) fn merge(args: &[Option<Value>]) -> Answer {
    let parts: Vec<&Value> = match args {
        [Some(Value::Array(items))] => items.iter().collect(),
        args => args.iter().flatten().collect(),
    };
    let mut all = Map::new();
    for part in parts {
        match part {
            Value::Null => {}
            Value::Object(map) => all.extend(map.clone()),
            _ => return Err(refused("$mergeObjects", "objects")),
        }
    }
    Ok(Some(Value::Object(all)))
}

/// `$getField`
pub(super) fn field(args: &[Option<Value>]) -> Answer {
    match (at(args, 0), at(args, 1)) {
        (Some(Value::String(name)), Some(Value::Object(map))) => Ok(map.get(name).cloned()),
        (Some(Value::String(_)), None | Some(Value::Null)) => Ok(at(args, 1).cloned()),
        (Some(Value::String(_)), Some(_)) => Ok(None),
        _ => Err(refused("$getField", "a name as field")),
    }
}

/// `$setField`, and `$unsetField` without a value.
pub(super) fn set_field(args: &[Option<Value>]) -> Answer {
    let Some(Value::String(name)) = at(args, 0) else { return Err(refused("$setField", "a name as field")) };
    match at(args, 1) {
        None | Some(Value::Null) => Ok(Some(Value::Null)),
        Some(Value::Object(map)) => {
            let mut map = map.clone();
            match at(args, 2) {
                Some(value) => map.insert(name.clone(), value.clone()),
                None => map.remove(name),
            };
            Ok(Some(Value::Object(map)))
        }
        Some(_) => Err(refused("$setField", "an object as input")),
    }
}
