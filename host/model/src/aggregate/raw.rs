//! What goes in and comes out as MongoDB writes it, when `rawValues` or `rawFieldNames` ask for that.

use serde_json::{Value as Json, json};

use super::document::told_id;
use crate::{Acl, FieldType, Schema, Value, encode, value::Map};

/// How close to MongoDB's own form an aggregation stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Raw {
    /// Values are extended JSON: `{"$date": …}` and the like. Texts aren't taken for dates.
    pub values: bool,
    /// Fields are named as columns are: `_id`, `_created_at`, `_p_…`.
    pub names: bool,
}

impl Raw {
    /// Whether either is asked for.
    pub fn any(self) -> bool {
        self.values || self.names
    }

    /// Makes the answer of a document. What comes out so is a column with its value, as MongoDB holds it.
    pub(super) fn answer(self, document: Map, schema: &Schema) -> Value {
        let mut out = Map::new();
        for (name, value) in document {
            if name == "_id" && !self.names {
                out.insert("objectId".to_owned(), self.inside(told_id(value)));
                continue;
            }
            let value = self.column(value);
            match name.as_str() {
                "createdAt" => out.insert("_created_at".to_owned(), value),
                "updatedAt" => out.insert("_updated_at".to_owned(), value),
                "ACL" => {
                    out.extend(marks(&value));
                    None
                }
                name if matches!(schema.kind(name), Some(FieldType::Pointer(_)))
                    && value.as_str().is_some() =>
                {
                    out.insert(format!("_p_{name}"), value)
                }
                _ => out.insert(name, value),
            };
        }
        Value::Object(out)
    }

    /// A value that has a column of its own.
    fn column(self, value: Value) -> Value {
        let pair = |a: f64, b: f64| Value::Array(vec![Value::Number(a), Value::Number(b)]);
        match value {
            Value::Pointer(pointer) => Value::String(format!("{}${}", pointer.class, pointer.id)),
            Value::File { name, .. } => Value::String(name),
            Value::GeoPoint { latitude, longitude } => pair(longitude, latitude),
            Value::Polygon(ring) => {
                let ring = ring.into_iter().map(|(latitude, longitude)| pair(longitude, latitude)).collect();
                Value::Object(Map::from([
                    ("type".to_owned(), Value::text("Polygon")),
                    ("coordinates".to_owned(), Value::Array(vec![Value::Array(ring)])),
                ]))
            }
            bytes @ Value::Bytes(_) => {
                let base64 =
                    encode::json(&bytes).get("base64").and_then(Json::as_str).unwrap_or_default().to_owned();
                if !self.values {
                    return Value::String(base64);
                }
                let binary =
                    [("base64".to_owned(), Value::String(base64)), ("subType".to_owned(), Value::text("00"))];
                Value::Object(Map::from([("$binary".to_owned(), Value::Object(Map::from(binary)))]))
            }
            other => self.inside(other),
        }
    }

    /// A value inside of another one, where only dates have a form of their own.
    fn inside(self, value: Value) -> Value {
        match value {
            Value::Date(date) if self.values => {
                Value::Object(Map::from([("$date".to_owned(), Value::String(date.to_string()))]))
            }
            Value::Date(date) => Value::String(date.to_string()),
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.inside(item)).collect()),
            Value::Object(map) => {
                Value::Object(map.into_iter().map(|(name, value)| (name, self.inside(value))).collect())
            }
            other => other,
        }
    }
}

/// The columns of an ACL.
fn marks(value: &Value) -> Vec<(String, Value)> {
    let acl = encode::acl(&encode::json(value)).unwrap_or_else(|_| Acl::default());
    let groups = |holds: fn(&crate::Rights) -> bool| {
        let groups = acl.0.iter().filter(|(_, rights)| holds(rights));
        Value::Array(groups.map(|(group, _)| Value::text(group)).collect())
    };
    vec![
        ("_rperm".to_owned(), groups(|rights| rights.read)),
        ("_wperm".to_owned(), groups(|rights| rights.write)),
    ]
}

/// Reads extended JSON: what it writes with a type becomes what the stages know. Dates stay, they are known everywhere.
pub(super) fn plain(json: &Json) -> Json {
    match json {
        Json::Array(items) => items.iter().map(plain).collect(),
        Json::Object(map) => {
            let only = if map.len() == 1 { map.iter().next() } else { None };
            only.and_then(|(name, inner)| typed(name, inner)).unwrap_or_else(|| {
                Json::Object(map.iter().map(|(name, inner)| (name.clone(), plain(inner))).collect())
            })
        }
        scalar => scalar.clone(),
    }
}

fn typed(name: &str, inner: &Json) -> Option<Json> {
    match name {
        "$oid" | "$symbol" => inner.as_str().map(Json::from),
        "$numberInt" | "$numberLong" | "$numberDouble" | "$numberDecimal" => {
            let number: f64 = inner.as_str()?.parse().ok()?;
            number.is_finite().then(|| encode::number_json(number))
        }
        "$undefined" => Some(Json::Null),
        "$binary" => Some(json!({"__type": "Bytes", "base64": inner.get("base64")?.as_str()?})),
        "$regularExpression" => Some(
            json!({"$regex": inner.get("pattern")?.as_str()?, "$options": inner.get("options")?.as_str()?}),
        ),
        _ => None,
    }
}
