//! Values and objects to and from Parse's REST JSON.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map as JsonMap, Number, Value as Json, json};

use crate::{
    Acl, ClassName, Code, Date, Object, ObjectId, ParseError, Pointer, Rights, Value, object::Fields,
    value::Map,
};

/// Turns REST JSON into a value.
///
/// # Errors
/// 111 for an unknown or malformed `__type`, 121 for a nested key with `$` or `.`.
pub fn value(json: Json) -> Result<Value, ParseError> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Boolean(flag),
        Json::Number(number) => Value::Number(number.as_f64().unwrap_or_default()),
        Json::String(text) => Value::String(text),
        Json::Array(items) => Value::Array(items.into_iter().map(value).collect::<Result<_, _>>()?),
        Json::Object(map) => match map.get("__type") {
            Some(_) => typed(map)?,
            None => Value::Object(members(map)?),
        },
    })
}

/// Turns any JSON into a value: what looks like a typed value becomes one, everything else stays as it is.
///
/// For what isn't stored, such as a function's parameters, where any key may stand.
pub fn loose(json: Json) -> Value {
    match json {
        Json::Array(items) => Value::Array(items.into_iter().map(loose).collect()),
        Json::Object(map) if map.contains_key("__type") => {
            let plain = map.clone();
            typed(map).unwrap_or_else(|_| {
                Value::Object(plain.into_iter().map(|(key, json)| (key, loose(json))).collect())
            })
        }
        Json::Object(map) => Value::Object(map.into_iter().map(|(key, json)| (key, loose(json))).collect()),
        scalar @ (Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_)) => {
            value(scalar).unwrap_or(Value::Null)
        }
    }
}

fn members(map: JsonMap<String, Json>) -> Result<Map, ParseError> {
    map.into_iter()
        .map(|(key, member)| {
            if key.contains(['$', '.']) {
                return Err(ParseError::of(Code::InvalidNestedKey));
            }
            Ok((key, value(member)?))
        })
        .collect()
}

fn invalid(kind: &str) -> ParseError {
    ParseError::new(Code::IncorrectType, format!("This is not a valid {kind}"))
}

fn typed(mut map: JsonMap<String, Json>) -> Result<Value, ParseError> {
    let kind = map.get("__type").and_then(Json::as_str).unwrap_or_default().to_owned();
    let text = |key: &str| map.get(key).and_then(Json::as_str);
    Ok(match kind.as_str() {
        "Date" => Value::Date(text("iso").and_then(Date::parse).ok_or_else(|| invalid("Date"))?),
        "Bytes" => Value::Bytes(
            text("base64").and_then(|text| STANDARD.decode(text).ok()).ok_or_else(|| invalid("Bytes"))?,
        ),
        "GeoPoint" => {
            let degrees = |key: &str| map.get(key).and_then(Json::as_f64).ok_or_else(|| invalid("GeoPoint"));
            Value::GeoPoint { latitude: degrees("latitude")?, longitude: degrees("longitude")? }
        }
        "Polygon" => Value::Polygon(ring(map.get("coordinates"))?),
        "File" => Value::File {
            name: text("name").ok_or_else(|| invalid("File"))?.to_owned(),
            url: text("url").map(ToOwned::to_owned),
        },
        "Pointer" => Value::Pointer(Pointer {
            class: text("className")
                .and_then(|name| ClassName::new(name).ok())
                .ok_or_else(|| invalid("Pointer"))?,
            id: text("objectId").and_then(|id| ObjectId::new(id).ok()).ok_or_else(|| invalid("Pointer"))?,
        }),
        "Relation" => Value::Relation(
            text("className")
                .and_then(|name| ClassName::new(name).ok())
                .ok_or_else(|| invalid("Relation"))?,
        ),
        "Object" => {
            let class = text("className").and_then(|name| ClassName::new(name).ok());
            let id = text("objectId").and_then(|id| ObjectId::new(id).ok());
            match (class, id) {
                // An expanded pointer that comes back from a client means the pointer.
                (Some(class), Some(id)) => Value::Pointer(Pointer { class, id }),
                _ => {
                    map.remove("__type");
                    map.remove("className");
                    Value::Object(members(map)?)
                }
            }
        }
        // The name isn't repeated: it may be anything.
        _ => return Err(ParseError::new(Code::IncorrectType, "This is not a valid __type")),
    })
}

fn ring(coordinates: Option<&Json>) -> Result<Vec<(f64, f64)>, ParseError> {
    let points = coordinates.and_then(Json::as_array).ok_or_else(|| invalid("Polygon"))?;
    let mut ring = points
        .iter()
        .map(|point| match point.as_array().map(Vec::as_slice) {
            Some([latitude, longitude]) => latitude.as_f64().zip(longitude.as_f64()),
            _ => None,
        })
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| invalid("Polygon"))?;
    if ring.first() != ring.last() {
        ring.extend(ring.first().copied());
    }
    let mut distinct = ring.clone();
    distinct.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    distinct.dedup();
    if distinct.len() < 3 {
        return Err(ParseError::new(
            Code::InternalServerError,
            "GeoJSON: Loop must have at least 3 different vertices",
        ));
    }
    Ok(ring)
}

/// Turns a value into REST JSON.
pub fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(flag) => Json::Bool(*flag),
        Value::Number(number) => number_json(*number),
        Value::String(text) => Json::String(text.clone()),
        Value::Date(date) => json!({"__type": "Date", "iso": date.to_string()}),
        Value::Bytes(bytes) => json!({"__type": "Bytes", "base64": STANDARD.encode(bytes)}),
        Value::GeoPoint { latitude, longitude } => {
            json!({"__type": "GeoPoint", "latitude": number_json(*latitude), "longitude": number_json(*longitude)})
        }
        Value::Polygon(ring) => {
            let points: Vec<Json> =
                ring.iter().map(|(a, b)| json!([number_json(*a), number_json(*b)])).collect();
            json!({"__type": "Polygon", "coordinates": points})
        }
        Value::File { name, url: Some(url) } => json!({"__type": "File", "name": name, "url": url}),
        Value::File { name, url: None } => json!({"__type": "File", "name": name}),
        Value::Pointer(pointer) => {
            json!({"__type": "Pointer", "className": pointer.class.as_str(), "objectId": pointer.id.as_str()})
        }
        Value::Relation(class) => json!({"__type": "Relation", "className": class.as_str()}),
        Value::Array(items) => Json::Array(items.iter().map(json).collect()),
        Value::Object(map) => {
            Json::Object(map.iter().map(|(key, value)| (key.clone(), json(value))).collect())
        }
        Value::Record(object) => {
            let mut map = object_json(object);
            map.insert("__type".into(), "Object".into());
            map.insert("className".into(), object.class.as_str().into());
            Json::Object(map)
        }
    }
}

/// Writes whole numbers without a fraction, as JavaScript does.
pub fn number_json(number: f64) -> Json {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT {
        // Whole and within 2^53, so the cast is exact.
        return Json::Number(Number::from(number as i64));
    }
    Number::from_f64(number).map_or(Json::Null, Json::Number)
}

/// Turns an object into the JSON that a client may see: without the server's own fields.
pub fn object_json(object: &Object) -> JsonMap<String, Json> {
    let mut map = JsonMap::new();
    map.insert("objectId".into(), object.id.as_str().into());
    map.insert("createdAt".into(), object.created_at.to_string().into());
    map.insert("updatedAt".into(), object.updated_at.to_string().into());
    if let Some(acl) = &object.acl {
        map.insert("ACL".into(), acl_json(acl));
    }
    for (name, value) in &object.fields {
        if !name.is_internal() {
            map.insert(name.as_str().to_owned(), json(value));
        }
    }
    map
}

/// Turns an ACL into JSON; entries that allow nothing vanish.
pub fn acl_json(acl: &Acl) -> Json {
    let mut map = JsonMap::new();
    for (group, rights) in &acl.0 {
        let mut entry = JsonMap::new();
        if rights.read {
            entry.insert("read".into(), true.into());
        }
        if rights.write {
            entry.insert("write".into(), true.into());
        }
        if !entry.is_empty() {
            map.insert(group.clone(), Json::Object(entry));
        }
    }
    Json::Object(map)
}

/// Reads an ACL; only entries that are true are kept.
///
/// # Errors
/// 123 when it isn't an object of objects, or names an unresolved user.
pub fn acl(json: &Json) -> Result<Acl, ParseError> {
    let entries = json.as_object().ok_or_else(|| ParseError::of(Code::InvalidAcl))?;
    let mut acl = Acl::default();
    for (group, entry) in entries {
        if group == "*unresolved" {
            return Err(ParseError::of(Code::InvalidAcl));
        }
        let entry = entry.as_object().ok_or_else(|| ParseError::of(Code::InvalidAcl))?;
        let holds = |key: &str| match entry.get(key) {
            None | Some(Json::Null | Json::Bool(false)) => Ok(false),
            Some(Json::Bool(true)) => Ok(true),
            Some(_) => Err(ParseError::of(Code::InvalidAcl)),
        };
        let rights = Rights { read: holds("read")?, write: holds("write")? };
        if rights != Rights::default() {
            acl.0.insert(group.clone(), rights);
        }
    }
    Ok(acl)
}

/// Reads an object back from the JSON that [`object_json`] makes, as backends that keep JSON do.
///
/// # Errors
/// As [`value`]; 107 when an id or a date is missing.
pub fn object(class: &ClassName, mut map: JsonMap<String, Json>) -> Result<Object, ParseError> {
    let missing = || ParseError::new(Code::InvalidJson, "the object lacks its id or dates");
    let id = map.remove("objectId").and_then(|id| ObjectId::new(id.as_str()?).ok()).ok_or_else(missing)?;
    let mut date = |key: &str| map.remove(key).and_then(|at| Date::parse(at.as_str()?)).ok_or_else(missing);
    let (created_at, updated_at) = (date("createdAt")?, date("updatedAt")?);
    let acl = map.remove("ACL").map(|json| acl(&json)).transpose()?;
    map.remove("__type");
    map.remove("className");
    let fields = map
        .into_iter()
        .map(|(name, json)| Ok((crate::FieldName::new(&name)?, value(json)?)))
        .collect::<Result<Fields, ParseError>>()?;
    Ok(Object { class: class.clone(), id, created_at, updated_at, acl, fields })
}
