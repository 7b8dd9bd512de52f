//! Nested values as the JSON text in which columns keep them.
//!
//! It is REST JSON, written so that equal values give equal text: keys sorted, whole numbers without fraction.
//! One thing is added: a text with a NUL character becomes `{"__type":"Text","parts":[…]}`, because SQL functions
//! end a text at its first NUL.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use model::{ClassName, Date, Map, ObjectId, Pointer, Value};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, SeqAccess, Visitor},
    ser::SerializeMap,
};

/// The deepest nesting that reads back: the JSON reader stops at 128 levels.
const DEEPEST: usize = 120;

/// Whole numbers below it are exact doubles.
pub(crate) const EXACT: f64 = 9_007_199_254_740_992.0;

/// Writes a value; `None` when it is nested too deeply to be read back.
pub(crate) fn text(value: &Value) -> Option<String> {
    if !shallow(value, DEEPEST) {
        return None;
    }
    serde_json::to_string(&Text(value)).ok()
}

/// Reads a value; `None` when the text isn't JSON.
pub(crate) fn value(text: &str) -> Option<Value> {
    serde_json::from_str::<Read>(text).ok().map(|read| read.0)
}

/// Whether a number is whole and exact, so that every JSON reader agrees about it.
pub(crate) fn whole(number: f64) -> Option<i64> {
    // Within 2^53, so the cast is exact.
    (number.fract() == 0.0 && number.abs() < EXACT).then_some(number as i64)
}

/// Whether a text or a key in a value has a NUL character, which not every database can store.
pub(crate) fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::File { name, url } => {
            name.contains('\0') || url.as_ref().is_some_and(|url| url.contains('\0'))
        }
        Value::Pointer(pointer) => pointer.id.as_str().contains('\0'),
        Value::Record(object) => object.id.as_str().contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(map) => map.iter().any(|(key, member)| key.contains('\0') || has_nul(member)),
        Value::Null
        | Value::Boolean(_)
        | Value::Number(_)
        | Value::Date(_)
        | Value::Bytes(_)
        | Value::GeoPoint { .. }
        | Value::Polygon(_)
        | Value::Relation(_) => false,
    }
}

fn shallow(value: &Value, left: usize) -> bool {
    match value {
        Value::Array(items) => left > 0 && items.iter().all(|item| shallow(item, left - 1)),
        Value::Object(map) => left > 0 && map.values().all(|item| shallow(item, left - 1)),
        _ => true,
    }
}

struct Text<'a>(&'a Value);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => out.serialize_unit(),
            Value::Boolean(flag) => out.serialize_bool(*flag),
            Value::Number(number) => match whole(*number) {
                Some(whole) => out.serialize_i64(whole),
                None => out.serialize_f64(*number),
            },
            Value::String(text) if text.contains('\0') => {
                typed(out, "Text", |map| map.serialize_entry("parts", &text.split('\0').collect::<Vec<_>>()))
            }
            Value::String(text) => out.serialize_str(text),
            Value::Date(date) => typed(out, "Date", |map| map.serialize_entry("iso", &date.to_string())),
            Value::Bytes(bytes) => {
                typed(out, "Bytes", |map| map.serialize_entry("base64", &STANDARD.encode(bytes)))
            }
            Value::GeoPoint { latitude, longitude } => typed(out, "GeoPoint", |map| {
                map.serialize_entry("latitude", &Text(&Value::Number(*latitude)))?;
                map.serialize_entry("longitude", &Text(&Value::Number(*longitude)))
            }),
            Value::Polygon(ring) => typed(out, "Polygon", |map| {
                let number = |number: f64| Value::Number(number);
                let ring: Vec<Value> =
                    ring.iter().map(|(a, b)| Value::Array(vec![number(*a), number(*b)])).collect();
                map.serialize_entry("coordinates", &Text(&Value::Array(ring)))
            }),
            Value::File { name, url } => typed(out, "File", |map| {
                map.serialize_entry("name", name)?;
                url.as_ref().map_or(Ok(()), |url| map.serialize_entry("url", url))
            }),
            Value::Pointer(Pointer { class, id }) => typed(out, "Pointer", |map| pointer(map, class, id)),
            Value::Record(object) => typed(out, "Pointer", |map| pointer(map, &object.class, &object.id)),
            Value::Relation(class) => {
                typed(out, "Relation", |map| map.serialize_entry("className", class.as_str()))
            }
            Value::Array(items) => out.collect_seq(items.iter().map(Text)),
            Value::Object(members) => {
                out.collect_map(members.iter().map(|(key, member)| (key, Text(member))))
            }
        }
    }
}

fn typed<S: Serializer>(
    out: S,
    kind: &str,
    rest: impl FnOnce(&mut S::SerializeMap) -> Result<(), S::Error>,
) -> Result<S::Ok, S::Error> {
    let mut map = out.serialize_map(None)?;
    map.serialize_entry("__type", kind)?;
    rest(&mut map)?;
    map.end()
}

fn pointer<M: SerializeMap>(map: &mut M, class: &ClassName, id: &ObjectId) -> Result<(), M::Error> {
    map.serialize_entry("className", class.as_str())?;
    map.serialize_entry("objectId", id.as_str())
}

struct Read(Value);

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Read, D::Error> {
        from.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Read;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Read, E> {
        Ok(Read(Value::Null))
    }
    fn visit_bool<E>(self, flag: bool) -> Result<Read, E> {
        Ok(Read(Value::Boolean(flag)))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Read, E> {
        Ok(Read(Value::Number(number as f64)))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Read, E> {
        Ok(Read(Value::Number(number as f64)))
    }
    fn visit_f64<E>(self, number: f64) -> Result<Read, E> {
        Ok(Read(Value::Number(number)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Read, E> {
        Ok(Read(Value::text(text)))
    }
    fn visit_string<E>(self, text: String) -> Result<Read, E> {
        Ok(Read(Value::String(text)))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Read, A::Error> {
        let mut items = Vec::with_capacity(seq.size_hint().unwrap_or_default());
        while let Some(Read(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Read(Value::Array(items)))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Read, A::Error> {
        let mut map = Map::new();
        while let Some((key, Read(member))) = entries.next_entry::<String, Read>()? {
            map.insert(key, member);
        }
        Ok(Read(match map.get("__type").and_then(Value::as_str).and_then(|kind| revive(kind, &map)) {
            Some(value) => value,
            None => Value::Object(map),
        }))
    }
}

/// Reads a typed value back from its members; `None` leaves it an object, so that nothing stored is ever unreadable.
fn revive(kind: &str, map: &Map) -> Option<Value> {
    let text = |key: &str| map.get(key).and_then(Value::as_str);
    let number = |key: &str| map.get(key).and_then(Value::as_number);
    let class = || ClassName::new(text("className")?).ok();
    let items = |key: &str| match map.get(key) {
        Some(Value::Array(items)) => Some(items),
        _ => None,
    };
    Some(match kind {
        "Date" => Value::Date(Date::parse(text("iso")?)?),
        "Bytes" => Value::Bytes(STANDARD.decode(text("base64")?).ok()?),
        "GeoPoint" => Value::GeoPoint { latitude: number("latitude")?, longitude: number("longitude")? },
        "Polygon" => {
            let point = |point: &Value| match point {
                Value::Array(pair) => match pair.as_slice() {
                    [a, b] => a.as_number().zip(b.as_number()),
                    _ => None,
                },
                _ => None,
            };
            Value::Polygon(items("coordinates")?.iter().map(point).collect::<Option<_>>()?)
        }
        "File" => Value::File { name: text("name")?.to_owned(), url: text("url").map(ToOwned::to_owned) },
        "Pointer" => Value::pointer(class()?, ObjectId::new(text("objectId")?).ok()?),
        "Relation" => Value::Relation(class()?),
        "Text" => {
            let parts = items("parts")?.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?;
            Value::String(parts.join("\0"))
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back() {
        let class = ClassName::new("Patient").unwrap();
        let values = vec![
            Value::Null,
            Value::Boolean(true),
            Value::Number(0.1 + 0.2),
            Value::Number(1e300),
            Value::Number(-7.0),
            Value::text("quote \" and nul \0 and é\u{1F600}"),
            Value::text("\0"),
            Value::Date(Date(1_577_934_245_006)),
            Value::Bytes(vec![0, 255, 1]),
            Value::GeoPoint { latitude: 1.5, longitude: -2.0 },
            Value::Polygon(vec![(0.0, 0.0), (0.0, 1.25), (1.0, 1.0), (0.0, 0.0)]),
            Value::File { name: "a".into(), url: None },
            Value::File { name: "a".into(), url: Some("b".into()) },
            Value::pointer(class.clone(), ObjectId::new("x\"y").unwrap()),
            Value::Relation(class),
            Value::Object(Map::from([("a.b$".into(), Value::Null), ("__type".into(), Value::text("Other"))])),
        ];
        let all = Value::Array(values);
        assert!(value(&text(&all).unwrap()).unwrap() == all);
    }

    #[test]
    fn depth_has_an_end() {
        let nest = |levels: usize| (0..levels).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
        assert!(value(&text(&nest(120)).unwrap()).unwrap() == nest(120));
        assert!(text(&nest(121)).is_none());
        assert!(text(&nest(5000)).is_none());
    }
}
