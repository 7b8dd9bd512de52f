//! Tests on Object fields, and on places inside fields.

use model::{Test, Value};
use mongodb::bson::{Bson, Document, doc};

use super::{Bound, Cond, Part, Place, all, join, ordered, pattern};
use crate::encode;

/// Keys of values with a `__type`: MongoDB looks inside these, Parse doesn't.
const TYPED: [&str; 10] = [
    "__type",
    "className",
    "objectId",
    "iso",
    "base64",
    "latitude",
    "longitude",
    "coordinates",
    "name",
    "url",
];

/// A test on a whole Object field.
pub(super) fn object(place: &Place<'_>, test: &Test, bound: Bound) -> Part {
    match test {
        Test::Eq(Value::Null) | Test::Lte(Value::Null) | Test::Gte(Value::Null) => place.missing(),
        Test::Eq(value @ Value::Object(map)) => match map.is_empty() {
            true => Part::exact(place.equal(Bson::Document(Document::new()))),
            false => Part::upper(like(place.key, value), bound),
        },
        Test::Eq(_)
        | Test::Lt(_)
        | Test::Lte(_)
        | Test::Gt(_)
        | Test::Gte(_)
        | Test::Regex(_)
        | Test::All(_)
        | Test::AllRegex(_)
        | Test::ContainedBy(_)
        | Test::Near { .. }
        | Test::Within(_)
        | Test::Covers(_)
        | Test::Text(_) => Part::constant(false),
        Test::Ne(_)
        | Test::In(_)
        | Test::Nin(_)
        | Test::Exists(_)
        | Test::InQuery { .. }
        | Test::Select { .. } => Part::anything(bound),
    }
}

/// A test on a place inside an Object or an Array.
pub(super) fn test(place: &Place<'_>, test: &Test, bound: Bound) -> Part {
    if place.path.rest().any(is_number) {
        // Whether a number is an index, a key or both, and what an element that is a list means then, servers tell apart
        // in ways of their own.
        let root = place.key.split('.').next().unwrap_or(place.key);
        return match test {
            Test::Eq(value) | Test::Lte(value) | Test::Gte(value) if value.is_null() => Part::anything(bound),
            Test::Exists(false) => Part::anything(bound),
            _ => Part::upper(Cond::Clause(doc! {root: {"$exists": true}}), bound),
        };
    }
    // Whatever MongoDB finds there, Parse finds as well, unless it looked into a value with a `__type`.
    let same = place.path.rest().all(|part| !TYPED.contains(&part));
    let found = |cond: Cond| if same { Part::exact(cond) } else { Part::upper(cond, bound) };
    let range = |sign: &str, value: &Value| match ordered(value) {
        Some(operand) => found(place.clause(doc! {sign: operand})),
        None => Part::constant(false),
    };
    match test {
        // Nothing and null look different to the two wherever lists are on the way.
        Test::Eq(Value::Null) | Test::Lte(Value::Null) | Test::Gte(Value::Null) | Test::Exists(false) => {
            Part::anything(bound)
        }
        Test::Eq(value) if is_atom(value) => found(place.equal(encode::nested(value))),
        Test::Eq(value) => Part::upper(like(place.key, value), bound),
        Test::Lt(value) => range("$lt", value),
        Test::Lte(value) => range("$lte", value),
        Test::Gt(value) => range("$gt", value),
        Test::Gte(value) => range("$gte", value),
        Test::Regex(source) => {
            let part = pattern::test(place, source, bound);
            Part { exact: part.exact && same, ..part }
        }
        Test::Exists(true)
        | Test::ContainedBy(_)
        | Test::Near { .. }
        | Test::Within(_)
        | Test::Covers(_)
        | Test::Text(_) => place.present(bound),
        Test::All(values) if values.is_empty() => Part::constant(false),
        Test::All(values) => {
            let each = values.iter().filter(|value| !value.is_null());
            let each = each.map(|value| Part::upper(like(place.key, value), bound)).collect();
            inexact(join(each, &Cond::Never, all), bound)
        }
        Test::AllRegex(patterns) if patterns.is_empty() => Part::constant(false),
        Test::AllRegex(patterns) => {
            let each = patterns.iter().map(|source| pattern::test(place, source, bound)).collect();
            inexact(join(each, &Cond::Never, all), bound)
        }
        Test::Ne(_) | Test::In(_) | Test::Nin(_) | Test::InQuery { .. } | Test::Select { .. } => {
            Part::anything(bound)
        }
    }
}

fn is_number(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
}

fn inexact(part: Part, bound: Bound) -> Part {
    Part::upper(part.cond, bound)
}

/// Whether a value is one that has no order of keys and no elements.
fn is_atom(value: &Value) -> bool {
    match value {
        Value::Boolean(_) | Value::Number(_) | Value::String(_) | Value::Date(_) | Value::Bytes(_) => true,
        Value::Null
        | Value::Array(_)
        | Value::Object(_)
        | Value::Pointer(_)
        | Value::Record(_)
        | Value::GeoPoint { .. }
        | Value::Polygon(_)
        | Value::File { .. }
        | Value::Relation(_) => false,
    }
}

/// What every value that is equal to this one passes, in whatever order its keys stand.
pub(super) fn like(key: &str, value: &Value) -> Cond {
    if is_atom(value) {
        return Cond::Equal(key.to_owned(), encode::nested(value));
    }
    let present = || Cond::Clause(doc! {key: {"$exists": true}});
    let members = match encode::nested(value) {
        Bson::Document(members) => members,
        _ => return present(),
    };
    let plain = |member: &Bson| !matches!(member, Bson::Null | Bson::Array(_) | Bson::Document(_));
    let parts: Vec<Cond> = members
        .into_iter()
        .filter(|(name, member)| !name.is_empty() && plain(member))
        .map(|(name, member)| Cond::Equal(format!("{key}.{name}"), member))
        .collect();
    if parts.is_empty() { present() } else { all(parts) }
}
