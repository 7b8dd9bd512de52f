//! Tests on Array fields: one element suffices.

use model::{Test, Value};
use mongodb::bson::{Bson, doc};

use super::{Bound, Cond, Part, Place, all, below, join, ordered, pattern};
use crate::encode;

pub(super) fn test(place: &Place<'_>, test: &Test, bound: Bound) -> Part {
    match test {
        Test::Eq(value) => equal(place, value, bound),
        Test::Lte(Value::Null) | Test::Gte(Value::Null) => place.missing(),
        Test::Lt(value) => range(place, "$lt", value),
        Test::Lte(value) => range(place, "$lte", value),
        Test::Gt(value) => range(place, "$gt", value),
        Test::Gte(value) => range(place, "$gte", value),
        Test::Regex(found) => pattern::test(place, found, bound),
        Test::All(values) if values.is_empty() => Part::constant(false),
        Test::All(values) => {
            let each = values.iter().map(|value| element(place, value, bound)).collect();
            join(each, &Cond::Never, all)
        }
        Test::AllRegex(patterns) if patterns.is_empty() => Part::constant(false),
        Test::AllRegex(patterns) => {
            let each = patterns.iter().map(|found| pattern::test(place, found, bound)).collect();
            join(each, &Cond::Never, all)
        }
        Test::ContainedBy(values) => contained(place, values, bound),
        Test::Near { .. } | Test::Within(_) | Test::Covers(_) | Test::Text(_) => place.present(bound),
        Test::Ne(_)
        | Test::In(_)
        | Test::Nin(_)
        | Test::Exists(_)
        | Test::InQuery { .. }
        | Test::Select { .. } => Part::anything(bound),
    }
}

/// An element, or the whole list, is equal.
fn equal(place: &Place<'_>, value: &Value, bound: Bound) -> Part {
    if encode::is_plain(value) {
        return Part::exact(place.equal(encode::nested(value)));
    }
    Part::upper(below::like(place.key, value), bound)
}

/// An element is equal. Of a list or a null, MongoDB would also find the field itself.
fn element(place: &Place<'_>, value: &Value, bound: Bound) -> Part {
    let equal = equal(place, value, bound);
    match value {
        Value::Null | Value::Array(_) => Part::upper(equal.cond, bound),
        _ => equal,
    }
}

fn range(place: &Place<'_>, sign: &str, value: &Value) -> Part {
    match ordered(value) {
        Some(operand) => Part::exact(place.clause(doc! {sign: operand})),
        None => Part::constant(false),
    }
}

/// No element is anything else; an element that is a list of allowed values would pass here, too.
fn contained(place: &Place<'_>, values: &[Value], bound: Bound) -> Part {
    let list = Cond::Clause(doc! {place.key: {"$type": "array"}});
    if !values.iter().all(encode::is_plain) {
        return Part::upper(list, bound);
    }
    let allowed: Vec<Bson> = values.iter().map(encode::nested).collect();
    let other = Cond::Clause(doc! {"$nor": [{place.key: {"$elemMatch": {"$nin": allowed}}}]});
    Part::upper(all(vec![list, other]), bound)
}
