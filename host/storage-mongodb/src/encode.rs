//! Values and objects as documents.

use model::{Acl, FieldType, Object, Schema, Value};
use mongodb::bson::{Binary, Bson, DateTime, Document, doc, spec::BinarySubtype};
use storage::Error;

use crate::layout;

/// Writes an object whole.
///
/// # Errors
/// [`Error::Mismatch`] for a value that its field can't hold, [`Error::Conflict`] for a field that the class lacks.
pub(crate) fn object(schema: &Schema, object: &Object) -> Result<Document, Error> {
    let mut document = Document::new();
    document.insert("_id", id(&object.class, object.id.as_str()));
    for (name, value) in &object.fields {
        for (key, value) in field(schema, name, value)? {
            document.insert(key, value);
        }
    }
    if let Some(acl) = &object.acl {
        document.extend(marks(acl));
    }
    document.insert("_created_at", DateTime::from_millis(object.created_at.ms()));
    document.insert("_updated_at", DateTime::from_millis(object.updated_at.ms()));
    Ok(document)
}

/// An object's id as the database holds it.
pub(crate) fn id(class: &str, id: &str) -> Bson {
    match id.parse::<i32>() {
        Ok(number) if layout::has_number_ids(class) => Bson::Int32(number),
        _ => Bson::String(id.to_owned()),
    }
}

/// A field's keys and values: none for a relation, whose members stand elsewhere, several for sign-in data.
///
/// # Errors
/// As [`object`].
pub(crate) fn field(schema: &Schema, name: &str, value: &Value) -> Result<Vec<(String, Bson)>, Error> {
    let Some(kind) = schema.kind(name) else {
        return match value {
            // A null needs no type, so it is kept before anybody knows the field's.
            Value::Null if !layout::is_spread(schema, name) => {
                Ok(vec![(layout::key(schema, name).into_owned(), Bson::Null)])
            }
            // A relation's mark stores nothing.
            Value::Relation(_) | Value::Null => Ok(Vec::new()),
            _ => Err(Error::Conflict(format!("{} has no field {name} now", schema.class))),
        };
    };
    if matches!(kind, FieldType::Relation(_)) && matches!(value, Value::Relation(_) | Value::Null) {
        return Ok(Vec::new());
    }
    let mismatch = || Error::Mismatch { field: name.to_owned(), expected: kind.name() };
    if layout::is_spread(schema, name) {
        return match value {
            Value::Null => Ok(Vec::new()),
            Value::Object(providers) => {
                let key = |provider: &String| format!("{}{provider}", layout::AUTH);
                Ok(providers.iter().map(|(provider, value)| (key(provider), nested(value))).collect())
            }
            _ => Err(mismatch()),
        };
    }
    let value = if value.is_null() { Bson::Null } else { whole(kind, value).ok_or_else(mismatch)? };
    Ok(vec![(layout::key(schema, name).into_owned(), value)])
}

/// A field's value as its column holds it; `None` when the column can't, and for null.
pub(crate) fn whole(kind: &FieldType, value: &Value) -> Option<Bson> {
    Some(match (kind, value) {
        (FieldType::String, Value::String(_))
        | (FieldType::Number, Value::Number(_))
        | (FieldType::Boolean, Value::Boolean(_))
        | (FieldType::Date, Value::Date(_))
        | (FieldType::Bytes, Value::Bytes(_))
        | (FieldType::Array, Value::Array(_))
        | (FieldType::Object, Value::Object(_)) => nested(value),
        (FieldType::GeoPoint, Value::GeoPoint { latitude, longitude }) => {
            Bson::Array(vec![number(*longitude), number(*latitude)])
        }
        (FieldType::Polygon, Value::Polygon(ring)) => {
            let ring = ring.iter().map(|(latitude, longitude)| [number(*longitude), number(*latitude)]);
            doc! {"type": "Polygon", "coordinates": [ring.map(Vec::from).collect::<Vec<_>>()]}.into()
        }
        // Only the name is parse-server's; an address that somebody gave is kept beside it.
        (FieldType::File, Value::File { name, url: None }) => Bson::String(name.clone()),
        (FieldType::File, Value::File { .. }) => nested(value),
        (FieldType::Pointer(class), value) => {
            let pointer = value.as_pointer().filter(|pointer| pointer.class == *class)?;
            Bson::String(format!("{class}${}", pointer.id))
        }
        _ => return None,
    })
}

/// A value inside an Array or an Object.
pub(crate) fn nested(value: &Value) -> Bson {
    match value {
        Value::Null => Bson::Null,
        Value::Boolean(flag) => Bson::Boolean(*flag),
        Value::Number(value) => number(*value),
        Value::String(text) => Bson::String(text.clone()),
        Value::Date(date) => Bson::DateTime(DateTime::from_millis(date.ms())),
        Value::Bytes(bytes) => Bson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: bytes.clone() }),
        Value::GeoPoint { latitude, longitude } => {
            doc! {"__type": "GeoPoint", "latitude": number(*latitude), "longitude": number(*longitude)}.into()
        }
        Value::Polygon(ring) => {
            let ring = ring.iter().map(|(latitude, longitude)| vec![number(*latitude), number(*longitude)]);
            doc! {"__type": "Polygon", "coordinates": ring.collect::<Vec<_>>()}.into()
        }
        Value::File { name, url } => {
            let mut file = doc! {"__type": "File", "name": name};
            if let Some(url) = url {
                file.insert("url", url);
            }
            file.into()
        }
        Value::Pointer(pointer) => reference(&pointer.class, &pointer.id),
        Value::Record(object) => reference(&object.class, &object.id),
        Value::Relation(class) => doc! {"__type": "Relation", "className": class.as_str()}.into(),
        Value::Array(items) => Bson::Array(items.iter().map(nested).collect()),
        Value::Object(map) => {
            Bson::Document(map.iter().map(|(key, value)| (key.clone(), nested(value))).collect())
        }
    }
}

fn reference(class: &str, id: &str) -> Bson {
    doc! {"__type": "Pointer", "className": class, "objectId": id}.into()
}

/// A number as JavaScript's driver writes it: whole ones that fit as 32 bits, others as doubles.
pub(crate) fn number(number: f64) -> Bson {
    #[expect(clippy::cast_possible_truncation, reason = "checked by casting back")]
    let whole = number as i32;
    let is_whole = f64::from(whole).to_bits() == number.to_bits();
    if is_whole { Bson::Int32(whole) } else { Bson::Double(number) }
}

/// The columns of an ACL, and the form that older servers read.
pub(crate) fn marks(acl: &Acl) -> Document {
    let groups = |groups: &mut dyn Iterator<Item = &str>| {
        Bson::Array(groups.map(|group| Bson::String(group.to_owned())).collect())
    };
    let mut legacy = Document::new();
    for (group, rights) in &acl.0 {
        let mut letters = Document::new();
        if rights.write {
            letters.insert("w", true);
        }
        if rights.read {
            letters.insert("r", true);
        }
        if !letters.is_empty() {
            legacy.insert(group, letters);
        }
    }
    doc! {"_wperm": groups(&mut acl.writers()), "_rperm": groups(&mut acl.readers()), "_acl": legacy}
}

/// Whether equality of such a value in the database is equality of the value: the order of keys never matters.
pub(crate) fn is_plain(value: &Value) -> bool {
    match value {
        Value::Null
        | Value::Boolean(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Date(_)
        | Value::Bytes(_)
        // Every server writes a pointer's three keys in the same order.
        | Value::Pointer(_)
        | Value::Record(_) => true,
        Value::Array(items) => items.iter().all(is_plain),
        Value::GeoPoint { .. }
        | Value::Polygon(_)
        | Value::File { .. }
        | Value::Relation(_)
        | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_stored_as_javascript_stores_them() {
        assert_eq!(number(3.0), Bson::Int32(3));
        assert_eq!(number(-2_147_483_648.0), Bson::Int32(i32::MIN));
        assert_eq!(number(2_147_483_648.0), Bson::Double(2_147_483_648.0));
        assert_eq!(number(0.5), Bson::Double(0.5));
        assert!(matches!(number(-0.0), Bson::Double(zero) if zero.is_sign_negative()));
    }
}
