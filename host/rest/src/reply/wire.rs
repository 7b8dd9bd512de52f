//! Objects and values written straight to REST JSON, without a tree in between.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use data::{Found, LoggedIn, Saved};
use model::{Acl, ClassName, Object, Value};
use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};

#[cfg(test)]
mod tests;

/// A value, as [`model::encode::json`] shows it.
pub(crate) struct ValueJson<'a>(pub(crate) &'a Value);

impl Serialize for ValueJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Boolean(flag) => serializer.serialize_bool(*flag),
            Value::Number(number) => Number(*number).serialize(serializer),
            Value::String(text) => serializer.serialize_str(text),
            Value::Date(date) => {
                let mut map = typed(serializer, "Date", 2)?;
                map.serialize_entry("iso", &Shown(date))?;
                map.end()
            }
            Value::Bytes(bytes) => {
                let mut map = typed(serializer, "Bytes", 2)?;
                map.serialize_entry("base64", &STANDARD.encode(bytes))?;
                map.end()
            }
            Value::GeoPoint { latitude, longitude } => {
                let mut map = typed(serializer, "GeoPoint", 3)?;
                map.serialize_entry("latitude", &Number(*latitude))?;
                map.serialize_entry("longitude", &Number(*longitude))?;
                map.end()
            }
            Value::Polygon(ring) => {
                let mut map = typed(serializer, "Polygon", 2)?;
                map.serialize_entry("coordinates", &Ring(ring))?;
                map.end()
            }
            Value::File { name, url } => {
                let mut map = typed(serializer, "File", 2 + usize::from(url.is_some()))?;
                map.serialize_entry("name", name)?;
                if let Some(url) = url {
                    map.serialize_entry("url", url)?;
                }
                map.end()
            }
            Value::Pointer(pointer) => {
                let mut map = typed(serializer, "Pointer", 3)?;
                map.serialize_entry("className", pointer.class.as_str())?;
                map.serialize_entry("objectId", pointer.id.as_str())?;
                map.end()
            }
            Value::Relation(class) => {
                let mut map = typed(serializer, "Relation", 2)?;
                map.serialize_entry("className", class.as_str())?;
                map.end()
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(ValueJson)),
            Value::Object(members) => {
                serializer.collect_map(members.iter().map(|(key, value)| (key, ValueJson(value))))
            }
            Value::Record(object) => {
                let mut map = typed(serializer, "Object", object.fields.len() + 6)?;
                map.serialize_entry("className", object.class.as_str())?;
                members(&mut map, object, false)?;
                map.end()
            }
        }
    }
}

/// A date or a name by its text, without a string in between.
struct Shown<'a, T>(&'a T);

impl<T: std::fmt::Display> Serialize for Shown<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

/// A double; whole ones without a fraction, as JavaScript writes them.
struct Number(f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if self.0.fract() == 0.0 && self.0.abs() < EXACT {
            // Whole and within 2^53, so the cast is exact.
            return serializer.serialize_i64(self.0 as i64);
        }
        serializer.serialize_f64(self.0)
    }
}

struct Ring<'a>(&'a [(f64, f64)]);

impl Serialize for Ring<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer
            .collect_seq(self.0.iter().map(|(latitude, longitude)| [Number(*latitude), Number(*longitude)]))
    }
}

/// An ACL; entries that allow nothing vanish.
struct AclJson<'a>(&'a Acl);

impl Serialize for AclJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Rights {
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            read: bool,
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            write: bool,
        }
        let entries = self.0.0.iter().filter(|(_, rights)| rights.read || rights.write);
        serializer.collect_map(
            entries.map(|(group, rights)| (group, Rights { read: rights.read, write: rights.write })),
        )
    }
}

fn typed<S: Serializer>(serializer: S, kind: &str, members: usize) -> Result<S::SerializeMap, S::Error> {
    let mut map = serializer.serialize_map(Some(members))?;
    map.serialize_entry("__type", kind)?;
    Ok(map)
}

/// Writes what a client may see of an object; `tokenless` leaves its session token to the caller.
fn members<M: SerializeMap>(map: &mut M, object: &Object, tokenless: bool) -> Result<(), M::Error> {
    map.serialize_entry("objectId", object.id.as_str())?;
    map.serialize_entry("createdAt", &Shown(&object.created_at))?;
    map.serialize_entry("updatedAt", &Shown(&object.updated_at))?;
    for (name, value) in &object.fields {
        let hidden = name.is_internal() || (tokenless && *name == "sessionToken");
        if !hidden {
            map.serialize_entry(name.as_str(), &ValueJson(value))?;
        }
    }
    if let Some(acl) = &object.acl {
        map.serialize_entry("ACL", &AclJson(acl))?;
    }
    Ok(())
}

/// An object, as [`model::encode::object_json`] shows it.
pub(crate) struct ObjectJson<'a>(pub(crate) &'a Object);

impl Serialize for ObjectJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        members(&mut map, self.0, false)?;
        map.end()
    }
}

/// A user with the token of its session.
pub(crate) struct LoggedInJson<'a>(pub(crate) &'a LoggedIn);

impl Serialize for LoggedInJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        members(&mut map, &self.0.user, true)?;
        map.serialize_entry("sessionToken", &*self.0.token)?;
        map.end()
    }
}

/// What a find answers: `{"results", "count"?}`.
pub(crate) struct FoundJson<'a>(pub(crate) &'a Found);

impl Serialize for FoundJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Rows<'a> {
            objects: &'a [Object],
            class: Option<&'a ClassName>,
        }
        struct OfClass<'a>(&'a Object, &'a ClassName);
        impl Serialize for OfClass<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                members(&mut map, self.0, false)?;
                map.serialize_entry("className", self.1.as_str())?;
                map.end()
            }
        }
        impl Serialize for Rows<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut rows = serializer.serialize_seq(Some(self.objects.len()))?;
                for object in self.objects {
                    match self.class {
                        Some(class) => rows.serialize_element(&OfClass(object, class))?,
                        None => rows.serialize_element(&ObjectJson(object))?,
                    }
                }
                rows.end()
            }
        }
        let mut map = serializer.serialize_map(None)?;
        match &self.0.plan {
            Some(plan) => map.serialize_entry("results", &ValueJson(plan))?,
            None => {
                let class = self.0.class.as_ref();
                map.serialize_entry("results", &Rows { objects: &self.0.objects, class })?;
            }
        }
        if let Some(count) = self.0.count {
            map.serialize_entry("count", &count)?;
        }
        map.end()
    }
}

/// What an aggregation or a distinct answers: `{"results"}`.
pub(crate) struct ValuesJson<'a>(pub(crate) &'a [Value]);

impl Serialize for ValuesJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Rows<'a>(&'a [Value]);
        impl Serialize for Rows<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.0.iter().map(ValueJson))
            }
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("results", &Rows(self.0))?;
        map.end()
    }
}

/// What a save answers: id and creation date of a new object, the new date of a changed one, and what the
/// client couldn't know.
pub(crate) struct SavedJson<'a>(pub(crate) &'a Saved);

impl Serialize for SavedJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Removed {
            #[serde(rename = "__op")]
            op: &'static str,
        }
        let saved = self.0;
        let mut map = serializer.serialize_map(None)?;
        if saved.created {
            map.serialize_entry("objectId", saved.id.as_str())?;
            map.serialize_entry("createdAt", &Shown(&saved.created_at))?;
        } else {
            map.serialize_entry("updatedAt", &Shown(&saved.updated_at))?;
        }
        for (name, value) in &saved.changed {
            if name.is_internal() || *name == "sessionToken" {
                continue;
            }
            match value {
                Some(value) => map.serialize_entry(name.as_str(), &ValueJson(value))?,
                None => map.serialize_entry(name.as_str(), &Removed { op: "Delete" })?,
            }
        }
        if let Some(acl) = &saved.acl {
            map.serialize_entry("ACL", &AclJson(acl))?;
        }
        if let Some(token) = &saved.session_token {
            map.serialize_entry("sessionToken", &**token)?;
        }
        map.end()
    }
}
