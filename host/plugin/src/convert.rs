//! Field values on their way over the border.

use model::{ClassName, Code, Date, ObjectId, ParseError, Pointer, Value, encode};

use crate::bindings::parapet::cloud::types;

/// Turns a field's value into what a guest gets, with its weight in bytes.
///
/// An included object goes as the pointer that it stands for: its fields belong to another class, with a mask of its own.
pub(crate) fn lower(value: Value) -> (types::Value, usize) {
    match value {
        Value::Null => (types::Value::Null, 1),
        Value::Boolean(flag) => (types::Value::Boolean(flag), 1),
        Value::Number(number) => (types::Value::Number(number), 8),
        Value::String(text) => {
            let weight = text.len();
            (types::Value::Text(text), weight)
        }
        Value::Date(date) => (types::Value::Date(date.ms()), 8),
        Value::Bytes(bytes) => {
            let weight = bytes.len();
            (types::Value::Bytes(bytes), weight)
        }
        Value::Pointer(pointer) => lower_pointer(&pointer.class, &pointer.id),
        Value::Record(object) => lower_pointer(&object.class, &object.id),
        nested => {
            let text = encode::json(&flat(nested)).to_string();
            let weight = text.len();
            (types::Value::Json(text), weight)
        }
    }
}

fn lower_pointer(class: &ClassName, id: &ObjectId) -> (types::Value, usize) {
    let pointer = types::Pointer { class_name: class.as_str().to_owned(), object_id: id.as_str().to_owned() };
    let weight = pointer.class_name.len() + pointer.object_id.len();
    (types::Value::Pointer(pointer), weight)
}

/// Puts pointers in place of included objects, at any depth.
pub(crate) fn flat(value: Value) -> Value {
    match value {
        Value::Record(object) => {
            Value::Pointer(Pointer { class: object.class.clone(), id: object.id.clone() })
        }
        Value::Array(items) => Value::Array(items.into_iter().map(flat).collect()),
        Value::Object(map) => Value::Object(map.into_iter().map(|(key, value)| (key, flat(value))).collect()),
        other => other,
    }
}

/// How many bytes a value takes that a guest gives.
pub(crate) fn weight(value: &types::Value) -> usize {
    match value {
        types::Value::Text(text) | types::Value::Json(text) => text.len(),
        types::Value::Bytes(bytes) => bytes.len(),
        types::Value::Pointer(pointer) => pointer.class_name.len() + pointer.object_id.len(),
        _ => 8,
    }
}

/// Turns what a guest gives into a field's value.
///
/// # Errors
/// 107 for what isn't a value: NaN, a date beyond the calendar, malformed JSON; 103, 104, 111, 121 as clients get them.
pub(crate) fn raise(value: types::Value) -> Result<Value, ParseError> {
    Ok(match value {
        types::Value::Null => Value::Null,
        types::Value::Boolean(flag) => Value::Boolean(flag),
        types::Value::Number(number) if number.is_finite() => Value::Number(number),
        types::Value::Number(_) => return Err(invalid("a number must be finite")),
        types::Value::Text(text) => Value::String(text),
        types::Value::Date(ms) => {
            Value::Date(Date::from_ms(ms).ok_or_else(|| invalid("a date is out of range"))?)
        }
        types::Value::Bytes(bytes) => Value::Bytes(bytes),
        types::Value::Pointer(pointer) => {
            Value::pointer(ClassName::new(&pointer.class_name)?, ObjectId::new(&pointer.object_id)?)
        }
        types::Value::Json(text) => encode::value(json(&text)?)?,
    })
}

/// Reads JSON of a guest; it nests at most 128 deep.
///
/// # Errors
/// 107 when it is malformed, 105 for a prohibited keyword.
pub(crate) fn json(text: &str) -> Result<serde_json::Value, ParseError> {
    let json = serde_json::from_str(text).map_err(|_| invalid("malformed JSON"))?;
    model::Denylist::standard().check(&json)?;
    Ok(json)
}

/// Reads a JSON object of a guest.
///
/// # Errors
/// As [`json`]; 107 when it is something else.
pub(crate) fn json_object(text: &str) -> Result<serde_json::Map<String, serde_json::Value>, ParseError> {
    match json(text)? {
        serde_json::Value::Object(map) => Ok(map),
        _ => Err(invalid("a JSON object is needed")),
    }
}

fn invalid(text: &'static str) -> ParseError {
    ParseError::new(Code::InvalidJson, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Object;

    fn back(value: Value) -> Value {
        raise(lower(value).0).unwrap()
    }

    #[test]
    fn values_come_back_as_they_went() {
        let pointer = Value::pointer(ClassName::new("A").unwrap(), ObjectId::new("x").unwrap());
        for value in [
            Value::Null,
            Value::Boolean(true),
            Value::Number(-0.5),
            Value::from("é"),
            Value::Date(Date(-1)),
            Value::Bytes(vec![0, 255]),
            pointer,
            Value::GeoPoint { latitude: 1.0, longitude: -2.0 },
            Value::Array(vec![Value::Date(Date(5)), Value::Null]),
        ] {
            assert_eq!(back(value.clone()), value);
        }
    }

    #[test]
    fn included_objects_go_as_pointers() {
        let mut doctor =
            Object::new(ClassName::new("Doctor").unwrap(), ObjectId::new("d1").unwrap(), Date(0));
        doctor.fields.insert(model::FieldName::new("salary").unwrap(), Value::from("secret"));
        let record = Value::Record(Box::new(doctor));
        assert!(matches!(lower(record.clone()).0, types::Value::Pointer(_)));
        let (types::Value::Json(text), _) = lower(Value::Array(vec![record])) else { panic!("no JSON") };
        assert!(text.contains("Doctor") && !text.contains("secret"));
    }

    #[test]
    fn what_is_no_value_is_refused() {
        let deep = "[".repeat(10_000);
        for bad in [
            types::Value::Number(f64::NAN),
            types::Value::Date(i64::MAX),
            types::Value::Json("{".to_owned()),
            types::Value::Json(deep),
            types::Value::Json(r#"{"__type":"Nonsense"}"#.to_owned()),
            types::Value::Json(r#"{"constructor":1}"#.to_owned()),
            types::Value::Pointer(types::Pointer { class_name: "1".to_owned(), object_id: "x".to_owned() }),
        ] {
            assert!(raise(bad).is_err());
        }
    }
}
