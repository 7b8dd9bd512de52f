//! One field value, flat as it crosses the border to the host.

mod convert;
mod date;
mod geo;
mod pointer;
mod rest;

pub use convert::FromValue;
pub use date::Date;
pub use geo::GeoPoint;
pub use pointer::Pointer;

use crate::host::types as wire;
use std::fmt;

/// One field value.
///
/// Scalars are themselves; arrays, objects and Parse's rarer types are REST JSON in [`Value::Json`]. Read it typed with
/// [`Object::get`](crate::Object::get); most handlers never name this type. Its `Debug` shows the kind, not the content.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// Parse's `null`, which isn't the same as an absent field.
    Null,
    /// A boolean.
    Boolean(bool),
    /// A number; Parse numbers are doubles.
    Number(f64),
    /// A text.
    Text(String),
    /// A moment.
    Date(Date),
    /// Raw bytes.
    Bytes(Vec<u8>),
    /// A reference to an object.
    Pointer(Pointer),
    /// Anything else, as a text in Parse's REST encoding.
    Json(String),
}

impl Value {
    /// The name of the kind of value, for error texts.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "boolean",
            Self::Number(_) => "number",
            Self::Text(_) => "text",
            Self::Date(_) => "date",
            Self::Bytes(_) => "bytes",
            Self::Pointer(_) => "pointer",
            Self::Json(_) => "json",
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({})", self.kind())
    }
}

impl From<wire::Value> for Value {
    fn from(value: wire::Value) -> Self {
        match value {
            wire::Value::Null => Self::Null,
            wire::Value::Boolean(flag) => Self::Boolean(flag),
            wire::Value::Number(number) => Self::Number(number),
            wire::Value::Text(text) => Self::Text(text),
            wire::Value::Date(millis) => Self::Date(Date::from_millis(millis)),
            wire::Value::Bytes(bytes) => Self::Bytes(bytes),
            wire::Value::Pointer(wire::Pointer { class_name, object_id }) => {
                Self::Pointer(Pointer::new(class_name, object_id))
            }
            wire::Value::Json(json) => Self::Json(json),
        }
    }
}

impl From<Value> for wire::Value {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Boolean(flag) => Self::Boolean(flag),
            Value::Number(number) => Self::Number(number),
            Value::Text(text) => Self::Text(text),
            Value::Date(date) => Self::Date(date.millis()),
            Value::Bytes(bytes) => Self::Bytes(bytes),
            Value::Pointer(Pointer { class_name, object_id }) => {
                Self::Pointer(wire::Pointer { class_name, object_id })
            }
            Value::Json(json) => Self::Json(json),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_kind_only() {
        let shown = format!("{:?}", [Value::from("CANARY"), Value::Json("\"CANARY\"".into())]);
        assert_eq!(shown, "[Value(text), Value(json)]");
    }

    #[test]
    fn every_kind_survives_the_border() {
        let values = [
            Value::Null,
            true.into(),
            1.5.into(),
            "a".into(),
            Date::from_millis(-1).into(),
            vec![0u8, 255].into(),
            Pointer::new("Patient", "p1").into(),
            serde_json::json!([1, 2]).into(),
        ];
        for value in values {
            assert!(Value::from(wire::Value::from(value.clone())) == value, "{value:?}");
        }
    }
}
