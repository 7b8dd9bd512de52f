//! Documents as objects and values.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use model::{Acl, ClassName, Date, FieldName, FieldType, Map, Object, ObjectId, Pointer, Schema, Value};
use mongodb::bson::{Bson, Document};
use storage::Error;

use crate::layout;

/// Reads an object; what belongs to no field of the class is passed over, unless it is a null, which has no type.
///
/// # Errors
/// [`Error::Internal`] for a document whose id no object can have.
pub(crate) fn object(schema: &Schema, document: Document) -> Result<Object, Error> {
    object_with(schema, document, &mut None)
}

/// Reads an object as [`object`] does, and says which field with a value the class doesn't know.
///
/// # Errors
/// As [`object`].
pub(crate) fn object_with(
    schema: &Schema,
    document: Document,
    stray: &mut Option<FieldName>,
) -> Result<Object, Error> {
    let mut id = None;
    let (mut created, mut updated) = (None, None);
    let (mut readers, mut writers) = (None, None);
    let mut fields = model::Fields::new();
    let mut providers = Map::new();
    for (key, value) in document {
        match (key.as_str(), value) {
            ("_id", Bson::String(text)) => id = ObjectId::new(&text).ok(),
            ("_id", Bson::ObjectId(bytes)) => id = ObjectId::new(&bytes.to_hex()).ok(),
            ("_id", value) => id = nested(value).as_ref().and_then(number_id),
            ("_created_at", value) => created = date(&value),
            ("_updated_at", value) => updated = date(&value),
            ("_rperm", value) => readers = groups(value),
            ("_wperm", value) => writers = groups(value),
            ("_acl", _) => {}
            (key, value) if key.starts_with(layout::AUTH) && schema.class == "_User" => {
                let provider = key.strip_prefix(layout::AUTH).unwrap_or_default().to_owned();
                // A provider that was taken away may have left a null.
                providers
                    .extend(nested(value).filter(|value| !value.is_null()).map(|value| (provider, value)));
            }
            (key, value) => match layout::field(schema, key) {
                Some(name) if layout::is_spread(schema, &name) => {}
                Some(name) => {
                    if let Some(value) = schema.kind(&name).and_then(|kind| whole(kind, value)) {
                        put(&mut fields, name, value);
                    }
                }
                None => match (layout::unknown(schema, key), value) {
                    (Some(name), Bson::Null) => put(&mut fields, name, Value::Null),
                    (None, Bson::Null) => {}
                    (name, _) if stray.is_none() => {
                        let pointer = || layout::unknown(schema, key.strip_prefix("_p_")?);
                        *stray = name.or_else(pointer);
                    }
                    _ => {}
                },
            },
        }
    }
    if !providers.is_empty() && schema.fields.contains_key("authData") {
        fields.insert(FieldName::known("authData"), Value::Object(providers));
    }
    let id = id.ok_or_else(|| Error::Internal(format!("an object of {} has no usable id", schema.class)))?;
    let created = created.or(updated).unwrap_or(Date(0));
    let mut object = Object::new(schema.class.clone(), id, created);
    object.updated_at = updated.unwrap_or(created);
    object.acl = match (readers, writers) {
        (None, None) => None,
        (readers, writers) => {
            Some(Acl::from_groups(&readers.unwrap_or_default(), &writers.unwrap_or_default()))
        }
    };
    object.fields = fields;
    Ok(object)
}

/// Two keys may stand for one field: parse-server stores a pointer that is created as null without prefix.
fn put(fields: &mut model::Fields, name: FieldName, value: Value) {
    let known = fields.entry(name).or_insert(Value::Null);
    if !value.is_null() {
        *known = value;
    }
}

fn number_id(value: &Value) -> Option<ObjectId> {
    value.as_number().and_then(|number| ObjectId::new(&number.to_string()).ok())
}

fn groups(value: Bson) -> Option<Vec<String>> {
    let Bson::Array(items) = value else { return None };
    let text = |item| match item {
        Bson::String(text) => Some(text),
        _ => None,
    };
    Some(items.into_iter().filter_map(text).collect())
}

fn date(value: &Bson) -> Option<Date> {
    match value {
        Bson::DateTime(at) => Some(Date(at.timestamp_millis())),
        Bson::String(text) => Date::parse(text),
        _ => None,
    }
}

/// A field's value; what doesn't have the form of its type is read as if it stood inside an Object.
fn whole(kind: &FieldType, value: Bson) -> Option<Value> {
    match (kind, value) {
        (FieldType::Pointer(class), Bson::String(text)) => {
            // A pointer to another class is no value of this field; the reference refuses the whole object.
            let id = text.strip_prefix(class.as_str())?.strip_prefix('$')?;
            Some(Value::pointer(class.clone(), ObjectId::new(id).ok()?))
        }
        (FieldType::File, Bson::String(name)) => Some(Value::File { name, url: None }),
        (FieldType::Bytes, Bson::String(text)) => STANDARD.decode(text).ok().map(Value::Bytes),
        (FieldType::Date, value @ Bson::String(_)) => date(&value).map(Value::Date),
        (FieldType::GeoPoint, Bson::Array(items)) => match degrees(&items) {
            Some((longitude, latitude)) => Some(Value::GeoPoint { latitude, longitude }),
            None => nested(Bson::Array(items)),
        },
        (FieldType::Polygon, Bson::Document(document)) => match ring(&document) {
            Some(ring) => Some(Value::Polygon(ring)),
            None => nested(Bson::Document(document)),
        },
        (FieldType::Relation(_), _) => None,
        (_, value) => nested(value),
    }
}

fn ring(document: &Document) -> Option<Vec<(f64, f64)>> {
    let outer = document.get_array("coordinates").ok()?.first()?.as_array()?;
    let point = |point: &Bson| degrees(point.as_array()?).map(|(longitude, latitude)| (latitude, longitude));
    outer.iter().map(point).collect()
}

fn degrees(items: &[Bson]) -> Option<(f64, f64)> {
    match items {
        [a, b] => Some((double(a)?, double(b)?)),
        _ => None,
    }
}

fn double(value: &Bson) -> Option<f64> {
    match value {
        Bson::Double(number) => Some(*number),
        Bson::Int32(number) => Some(f64::from(*number)),
        #[expect(clippy::cast_precision_loss, reason = "Parse's numbers are doubles")]
        Bson::Int64(number) => Some(*number as f64),
        Bson::Decimal128(number) => number.to_string().parse().ok(),
        _ => None,
    }
    .filter(|number| number.is_finite())
}

/// A value inside an Array or an Object; `None` for what no Parse value can stand for.
pub(crate) fn nested(value: Bson) -> Option<Value> {
    Some(match value {
        Bson::Null | Bson::Undefined => Value::Null,
        Bson::Boolean(flag) => Value::Boolean(flag),
        Bson::String(text) | Bson::Symbol(text) => Value::String(text),
        Bson::DateTime(at) => Value::Date(Date(at.timestamp_millis())),
        Bson::Timestamp(at) => Value::Date(Date(i64::from(at.time) * 1_000)),
        Bson::Binary(binary) => Value::Bytes(binary.bytes),
        Bson::ObjectId(id) => Value::String(id.to_hex()),
        Bson::Array(items) => {
            Value::Array(items.into_iter().map(|item| nested(item).unwrap_or(Value::Null)).collect())
        }
        Bson::Document(document) => match typed(&document) {
            Some(value) => value,
            None => Value::Object(
                document.into_iter().filter_map(|(key, value)| Some((key, nested(value)?))).collect(),
            ),
        },
        // What isn't finite is no number that JSON knows.
        Bson::Double(_) | Bson::Int32(_) | Bson::Int64(_) | Bson::Decimal128(_) => {
            double(&value).map_or(Value::Null, Value::Number)
        }
        Bson::RegularExpression(_)
        | Bson::JavaScriptCode(_)
        | Bson::JavaScriptCodeWithScope(_)
        | Bson::MaxKey
        | Bson::MinKey
        | Bson::DbPointer(_) => return None,
    })
}

/// The typed value that a document is, if it has the form of one.
fn typed(document: &Document) -> Option<Value> {
    let text = |key: &str| document.get_str(key).ok();
    let number = |key: &str| document.get(key).and_then(double);
    Some(match text("__type")? {
        "Pointer" => Value::Pointer(Pointer {
            class: ClassName::new(text("className")?).ok()?,
            id: ObjectId::new(text("objectId")?).ok()?,
        }),
        "Relation" => Value::Relation(ClassName::new(text("className")?).ok()?),
        "File" => Value::File { name: text("name")?.to_owned(), url: text("url").map(ToOwned::to_owned) },
        "GeoPoint" => Value::GeoPoint { latitude: number("latitude")?, longitude: number("longitude")? },
        "Polygon" => {
            let point = |point: &Bson| degrees(point.as_array()?);
            Value::Polygon(document.get_array("coordinates").ok()?.iter().map(point).collect::<Option<_>>()?)
        }
        "Bytes" => Value::Bytes(STANDARD.decode(text("base64")?).ok()?),
        "Date" => Value::Date(date(document.get("iso")?)?),
        _ => return None,
    })
}
