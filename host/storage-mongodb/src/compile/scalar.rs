//! Tests on fields that hold one plain value.

use model::{FieldType, Schema, Test, Value};
use mongodb::bson::{Bson, doc};

use super::{Bound, Part, Place, ordered, pattern, place};
use crate::encode;

pub(super) fn test(schema: &Schema, place: &Place<'_>, test: &Test, bound: Bound) -> Part {
    match test {
        Test::Eq(Value::Null) | Test::Lte(Value::Null) | Test::Gte(Value::Null) => place.missing(),
        Test::Eq(value) => match operand(schema, place, value) {
            Some(operand) => Part::exact(place.equal(operand)),
            None => Part::constant(false),
        },
        Test::Lt(value) => range(schema, place, "$lt", value),
        Test::Lte(value) => range(schema, place, "$lte", value),
        Test::Gt(value) => range(schema, place, "$gt", value),
        Test::Gte(value) => range(schema, place, "$gte", value),
        Test::Regex(found) if *place.kind == FieldType::String => pattern::test(place, found, bound),
        // Only texts match a pattern, and only arrays hold all of something or nothing else.
        Test::Regex(_) | Test::All(_) | Test::AllRegex(_) | Test::ContainedBy(_) => Part::constant(false),
        Test::Near { .. } | Test::Within(_) if *place.kind == FieldType::GeoPoint => {
            place::test(place, test, bound)
        }
        Test::Covers(_) if *place.kind == FieldType::Polygon => place.present(bound),
        Test::Text(_) if *place.kind == FieldType::String => {
            Part::upper(place.clause(doc! {"$type": "string"}), bound)
        }
        Test::Near { .. } | Test::Within(_) | Test::Covers(_) | Test::Text(_) => Part::constant(false),
        Test::Ne(_)
        | Test::In(_)
        | Test::Nin(_)
        | Test::Exists(_)
        | Test::InQuery { .. }
        | Test::Select { .. } => Part::anything(bound),
    }
}

/// The value as the column holds it; `None` when no object can hold it there.
fn operand(schema: &Schema, place: &Place<'_>, value: &Value) -> Option<Bson> {
    let operand = encode::whole(place.kind, value)?;
    match (place.key, value) {
        ("_id", Value::String(text)) => Some(encode::id(&schema.class, text)),
        _ => Some(operand),
    }
}

/// Comparisons hold only within a kind, and only kinds that have an order.
fn range(schema: &Schema, place: &Place<'_>, sign: &str, value: &Value) -> Part {
    match operand(schema, place, value).zip(ordered(value)) {
        Some((operand @ Bson::String(_), _)) if sign.starts_with("$lt") => {
            // An index that holds texts alone serves only who says that texts are meant.
            Part::exact(place.clause(doc! {"$gte": "", sign: operand}))
        }
        Some((operand, _)) => Part::exact(place.clause(doc! {sign: operand})),
        None => Part::constant(false),
    }
}
