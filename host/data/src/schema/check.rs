//! Whether an update fits its class, and which fields it would add.

use std::collections::BTreeMap;

use model::{Code, Field, FieldName, FieldType, Op, ParseError, Schema, Update, Value};

use crate::Error;

/// Checks every operation against the class and answers the fields that the class doesn't know yet.
///
/// # Errors
/// 111 when a value doesn't fit its field, 105 when a name isn't a field's.
pub(crate) fn infer(schema: &Schema, update: &Update) -> Result<BTreeMap<FieldName, Field>, Error> {
    let mut new = BTreeMap::new();
    for (path, op) in &update.ops {
        let root = path.root();
        if root.starts_with('_') {
            if schema.fields.contains_key(root) {
                continue;
            }
            return Err(Error::refused(Code::InvalidKeyName, "Invalid field name."));
        }
        let Some(wanted) = wanted(op, path.is_dotted()) else { continue };
        match schema.kind(root).or_else(|| new.get(root).map(|field: &Field| &field.kind)) {
            Some(kind) if path.is_dotted() => {
                if !matches!(kind, FieldType::Object | FieldType::Array) {
                    return Err(mismatch(schema, root, kind, &FieldType::Object));
                }
            }
            Some(kind) if fits(kind, &wanted) => {}
            Some(kind) => return Err(mismatch(schema, root, kind, &wanted)),
            None => {
                let kind = if path.is_dotted() { FieldType::Object } else { wanted };
                new.insert(FieldName::new(root)?, Field::new(kind));
            }
        }
    }
    let mut places = new.iter().filter(|(_, field)| field.kind == FieldType::GeoPoint).map(|(name, _)| name);
    if let Some(first) = places.next()
        && let Some(other) = other_place(schema, first).or_else(|| places.next())
    {
        return Err(two_places(first, other));
    }
    Ok(new)
}

/// The type that an operation asks of its field; `None` when any will do.
fn wanted(op: &Op, dotted: bool) -> Option<FieldType> {
    Some(match op {
        Op::Set(value) if dotted => return FieldType::of(value).or(Some(FieldType::Object)),
        Op::Set(value) => return FieldType::of(value),
        Op::Delete => return None,
        Op::Increment(_) => FieldType::Number,
        Op::Add(_) | Op::AddUnique(_) | Op::Remove(_) => FieldType::Array,
        Op::AddRelation(pointers) | Op::RemoveRelation(pointers) => {
            FieldType::Relation(pointers.first()?.class.clone())
        }
        Op::Relate { add, remove } => FieldType::Relation(add.first().or(remove.first())?.class.clone()),
    })
}

fn fits(kind: &FieldType, wanted: &FieldType) -> bool {
    kind == wanted
}

fn mismatch(schema: &Schema, field: &str, expected: &FieldType, got: &FieldType) -> Error {
    Error::Refused(ParseError::mismatch(&schema.class, field, &expected.describe(), &got.describe()))
}

/// Checks that the class's required fields are there: on a create all of them, on an update those it touches.
///
/// # Errors
/// 142 with the field's name.
pub(crate) fn check_required(schema: &Schema, update: &Update, create: bool) -> Result<(), Error> {
    for (name, field) in &schema.fields {
        if !field.required {
            continue;
        }
        let empty = match update.op(name) {
            None => create,
            Some(Op::Delete) => true,
            Some(Op::Set(value)) => value.is_null() || value.as_str() == Some(""),
            Some(_) => false,
        };
        if empty {
            return Err(Error::refused(Code::ValidationError, format!("{name} is required")));
        }
    }
    Ok(())
}

/// The class's field of places besides a new one.
pub(super) fn other_place<'a>(schema: &'a Schema, new: &str) -> Option<&'a FieldName> {
    let mut places = schema.fields.iter().filter(|(_, field)| field.kind == FieldType::GeoPoint);
    places.find(|(name, _)| name.as_str() != new).map(|(name, _)| name)
}

/// Refuses a second field of places.
pub(super) fn two_places(new: &str, known: &str) -> Error {
    let text = "currently, only one GeoPoint field may exist in an object.";
    Error::refused(Code::IncorrectType, format!("{text} Adding {new} when {known} already exists."))
}

/// Checks that a default value fits its field.
///
/// # Errors
/// 111 when it doesn't.
pub(super) fn default_fits(class: &str, field: &str, kind: &FieldType, value: &Value) -> Result<(), Error> {
    match FieldType::of(value) {
        Some(given) if fits(kind, &given) => Ok(()),
        given => {
            let got = given.map_or_else(|| "undefined".to_owned(), |given| given.describe());
            let place = format!("{field} default value");
            Err(ParseError::mismatch(class, &place, &kind.describe(), &got).into())
        }
    }
}
