//! Values in Parse's REST encoding: what stands in arrays, operations and queries.

use super::{Date, Pointer, Value};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json, json};

impl Value {
    /// Encodes the value as it stands in REST JSON.
    ///
    /// # Errors
    /// Says so when [`Value::Json`] holds no JSON or the date is beyond what Parse can say.
    pub fn to_rest(&self) -> Result<Json, serde_json::Error> {
        Ok(match self {
            Self::Null => Json::Null,
            Self::Boolean(flag) => Json::Bool(*flag),
            Self::Number(number) => number_to_rest(*number),
            Self::Text(text) => Json::String(text.clone()),
            Self::Date(date) => serde_json::to_value(date)?,
            Self::Bytes(bytes) => json!({"__type": "Bytes", "base64": STANDARD.encode(bytes)}),
            Self::Pointer(pointer) => serde_json::to_value(pointer)?,
            Self::Json(text) => serde_json::from_str(text)?,
        })
    }

    /// Decodes REST JSON into the flattest value that holds it.
    pub fn from_rest(json: Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(flag) => Self::Boolean(flag),
            Json::Number(number) => Self::Number(number.as_f64().unwrap_or(f64::NAN)),
            Json::String(text) => Self::Text(text),
            Json::Object(map) => typed(&map).unwrap_or_else(|| Self::Json(Json::Object(map).to_string())),
            array @ Json::Array(_) => Self::Json(array.to_string()),
        }
    }
}

/// The flat value of a JSON object with a `__type` that has one.
fn typed(map: &Map<String, Json>) -> Option<Value> {
    let text = |key: &str| map.get(key).and_then(Json::as_str);
    Some(match text("__type")? {
        "Date" => Value::Date(Date::parse(text("iso")?)?),
        "Bytes" => Value::Bytes(STANDARD.decode(text("base64")?).ok()?),
        "Pointer" => Value::Pointer(Pointer::new(text("className")?, text("objectId")?)),
        _ => return None,
    })
}

/// Writes whole numbers without a fraction, as Parse clients do.
fn number_to_rest(number: f64) -> Json {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        // Whole and within 2^53: nothing is lost.
        return Json::from(number as i64);
    }
    Json::from(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_kinds_go_there_and_back() {
        let flat = [
            json!(null),
            json!(true),
            json!(3),
            json!(0.5),
            json!("a"),
            json!({"__type": "Date", "iso": "2024-05-01T00:00:00.000Z"}),
            json!({"__type": "Bytes", "base64": "AP8="}),
            json!({"__type": "Pointer", "className": "Patient", "objectId": "p1"}),
        ];
        for json in flat {
            let value = Value::from_rest(json.clone());
            assert_ne!(value.kind(), "json");
            assert_eq!(value.to_rest().unwrap(), json);
        }
    }

    #[test]
    fn the_rest_travels_as_json() {
        for json in
            [json!([1]), json!({"a": 1}), json!({"__type": "GeoPoint", "latitude": 1, "longitude": 2})]
        {
            let value = Value::from_rest(json.clone());
            assert_eq!(value.kind(), "json");
            assert_eq!(value.to_rest().unwrap(), json);
        }
        assert!(Value::Json("{".into()).to_rest().is_err());
    }

    #[test]
    fn a_malformed_typed_value_stays_as_it_came() {
        assert_eq!(Value::from_rest(json!({"__type": "Date", "iso": "soon"})).kind(), "json");
    }
}
