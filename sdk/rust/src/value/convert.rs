//! Rust types in and out of field values.

use super::{Date, GeoPoint, Pointer, Value};
use serde_json::Value as Json;

/// A Rust type that a field value can be read as.
pub trait FromValue: Sized {
    /// What the type is called in the error text.
    const EXPECTED: &'static str;

    /// Reads the value; `None` when it is of another kind.
    fn from_value(value: Value) -> Option<Self>;
}

impl FromValue for Value {
    const EXPECTED: &'static str = "a value";

    fn from_value(value: Value) -> Option<Self> {
        Some(value)
    }
}

/// Reads one variant as one type.
macro_rules! from_variant {
    ($($type:ty, $variant:ident, $expected:literal;)*) => {$(
        impl FromValue for $type {
            const EXPECTED: &'static str = $expected;

            fn from_value(value: Value) -> Option<Self> {
                match value {
                    Value::$variant(inner) => Some(inner),
                    _ => None,
                }
            }
        }

        impl From<$type> for Value {
            fn from(inner: $type) -> Self {
                Self::$variant(inner)
            }
        }
    )*};
}

from_variant! {
    bool, Boolean, "a boolean";
    f64, Number, "a number";
    String, Text, "a text";
    Date, Date, "a date";
    Vec<u8>, Bytes, "bytes";
    Pointer, Pointer, "a pointer";
}

/// Reads whole numbers that fit.
macro_rules! from_whole {
    ($($type:ty),*) => {$(
        impl FromValue for $type {
            const EXPECTED: &'static str = "a whole number in range";

            fn from_value(value: Value) -> Option<Self> {
                match value {
                    Value::Number(number)
                        if number.fract() == 0.0
                            && number >= f64::from(<$type>::MIN)
                            && number <= f64::from(<$type>::MAX) =>
                    {
                        Some(number as $type)
                    }
                    _ => None,
                }
            }
        }

        impl From<$type> for Value {
            fn from(number: $type) -> Self {
                Self::Number(f64::from(number))
            }
        }
    )*};
}

from_whole!(i32, u32);

impl FromValue for GeoPoint {
    const EXPECTED: &'static str = "a GeoPoint";

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Json(text) => serde_json::from_str(&text).ok(),
            _ => None,
        }
    }
}

impl FromValue for Json {
    const EXPECTED: &'static str = "JSON";

    fn from_value(value: Value) -> Option<Self> {
        value.to_rest().ok()
    }
}

/// Reads an array, element by element.
macro_rules! from_array {
    ($($element:ty),*) => {$(
        impl FromValue for Vec<$element> {
            const EXPECTED: &'static str = "an array of such elements";

            fn from_value(value: Value) -> Option<Self> {
                let Value::Json(text) = value else { return None };
                let elements: Vec<Json> = serde_json::from_str(&text).ok()?;
                elements.into_iter().map(|json| FromValue::from_value(Value::from_rest(json))).collect()
            }
        }
    )*};
}

from_array!(bool, f64, i32, u32, String, Date, Pointer, Value);

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_owned())
    }
}

impl From<GeoPoint> for Value {
    fn from(point: GeoPoint) -> Self {
        let GeoPoint { latitude, longitude } = point;
        serde_json::json!({"__type": "GeoPoint", "latitude": latitude, "longitude": longitude}).into()
    }
}

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        Self::from_rest(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whole_numbers_must_be_whole_and_fit() {
        assert_eq!(u32::from_value(Value::Number(7.0)), Some(7));
        assert_eq!(i32::from_value(Value::Number(-7.0)), Some(-7));
        for bad in [7.5, -1.0, 4_294_967_296.0, f64::NAN, f64::INFINITY] {
            assert_eq!(u32::from_value(Value::Number(bad)), None);
        }
    }

    #[test]
    fn arrays_are_read_whole_or_not_at_all() {
        assert_eq!(Vec::<String>::from_value(json!(["a", "b"]).into()), Some(vec!["a".into(), "b".into()]));
        assert_eq!(Vec::<String>::from_value(json!(["a", 1]).into()), None);
        assert_eq!(Vec::<f64>::from_value(json!({"a": 1}).into()), None);
        let pointers = json!([{"__type": "Pointer", "className": "Patient", "objectId": "p1"}]);
        assert_eq!(Vec::<Pointer>::from_value(pointers.into()), Some(vec![Pointer::new("Patient", "p1")]));
    }

    #[test]
    fn a_place_survives() {
        let place = GeoPoint { latitude: 47.05, longitude: 8.3 };
        assert_eq!(GeoPoint::from_value(place.into()), Some(place));
        assert_eq!(GeoPoint::from_value(json!([47.05, 8.3]).into()), None);
    }
}
