//! Documents on their way through a pipeline: from objects, and to the answer.

use std::cmp::Ordering;

use super::{run::Run, size};
use crate::{Acl, ClassName, Object, ParseError, Value, query::sort, value::Map};

/// Columns of the server's own classes that nobody gathers, besides all that start with `_`.
const SECRET: [(&str, &str); 3] =
    [("_User", "password"), ("_User", "sessionToken"), ("_Session", "sessionToken")];

/// Whether no pipeline sees a column and nobody gathers its values.
pub fn is_secret(class: &ClassName, field: &str) -> bool {
    field.starts_with('_') || SECRET.contains(&(class.as_str(), field))
}

/// Makes the document of an object: `_id`, `createdAt`, `updatedAt`, `ACL`, and every field that isn't secret.
pub fn document(object: Object) -> Map {
    let class = object.class;
    let mut map: Map = object
        .fields
        .into_iter()
        .filter(|(name, _)| !is_secret(&class, name))
        .map(|(name, value)| (name.as_str().to_owned(), value))
        .collect();
    map.insert("_id".to_owned(), Value::text(object.id.as_str()));
    map.insert("createdAt".to_owned(), Value::Date(object.created_at));
    map.insert("updatedAt".to_owned(), Value::Date(object.updated_at));
    map.extend(object.acl.as_ref().map(|acl| ("ACL".to_owned(), acl_value(acl))));
    map
}

fn acl_value(acl: &Acl) -> Value {
    let entry = |read: bool, write: bool| {
        let rights = [("read", read), ("write", write)].into_iter().filter(|(_, holds)| *holds);
        Value::Object(rights.map(|(name, _)| (name.to_owned(), Value::Boolean(true))).collect())
    };
    Value::Object(
        acl.0.iter().map(|(group, rights)| (group.clone(), entry(rights.read, rights.write))).collect(),
    )
}

/// Makes the answer of a document: `_id` is called `objectId`, a pointer there is its id, the object's own dates are
/// texts, and what starts with `_` stays behind.
pub fn answer(mut document: Map) -> Value {
    let id = document.remove("_id");
    document.retain(|name, _| !name.starts_with('_'));
    for name in ["createdAt", "updatedAt"] {
        if let Some(value) = document.get_mut(name)
            && let Value::Date(date) = value
        {
            *value = Value::String(date.to_string());
        }
    }
    if let Some(id) = id {
        document.insert("objectId".to_owned(), told_id(id));
    }
    Value::Object(document)
}

/// The `objectId` of an answer: of a pointer, what it points at; nothing for what is empty.
pub(super) fn told_id(id: Value) -> Value {
    match id {
        Value::Pointer(pointer) => Value::text(pointer.id.as_str()),
        Value::Object(map) if map.is_empty() => Value::Null,
        Value::String(text) if text.is_empty() => Value::Null,
        other => other,
    }
}

/// A field of a document, or a place below it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct FieldPath {
    root: String,
    /// Whether a pointer means its text `Class$id`, as the columns `_p_…` hold it.
    text: bool,
    rest: Vec<String>,
}

impl FieldPath {
    /// Reads a path in the words of REST or of MongoDB's columns; `None` for what can't be a path.
    pub(super) fn parse(path: &str) -> Option<FieldPath> {
        let mut parts = path.split('.');
        let root = parts.next()?;
        if path.split('.').any(|part| part.is_empty() || part.starts_with('$'))
            || path.split('.').count() > 64
        {
            return None;
        }
        let (root, text) = match root {
            "objectId" => ("_id", false),
            "_created_at" => ("createdAt", false),
            "_updated_at" => ("updatedAt", false),
            root => match root.strip_prefix("_p_") {
                Some(pointer) => (pointer, true),
                None => (root, false),
            },
        };
        Some(FieldPath { root: root.to_owned(), text, rest: parts.map(ToOwned::to_owned).collect() })
    }

    /// The field that the path starts at.
    pub(super) fn root(&self) -> &str {
        &self.root
    }

    /// Every part of the path.
    pub(super) fn parts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.root.as_str()).chain(self.rest.iter().map(String::as_str))
    }

    /// What is at the path: of an array of objects, an array of what is in each of them.
    pub(super) fn find(&self, map: &Map) -> Option<Value> {
        let found = below(map.get(&self.root)?, &self.rest)?;
        match found {
            Value::Pointer(pointer) if self.text => {
                Some(Value::String(format!("{}${}", pointer.class, pointer.id)))
            }
            other => Some(other),
        }
    }
}

/// What is below a value, through arrays.
pub(super) fn below(value: &Value, rest: &[String]) -> Option<Value> {
    let Some((first, deeper)) = rest.split_first() else { return Some(value.clone()) };
    match value {
        Value::Object(map) => below(map.get(first)?, deeper),
        Value::Array(items) => {
            Some(Value::Array(items.iter().filter_map(|item| below(item, rest)).collect()))
        }
        _ => None,
    }
}

/// Writes a value at a place, making objects on the way; through an array, a copy into each of its objects.
///
/// # Errors
/// 102 when the copies are too many.
pub(super) fn put(map: &mut Map, parts: &[String], value: Value, run: &Run<'_>) -> Result<(), ParseError> {
    let Some((first, rest)) = parts.split_first() else { return Ok(()) };
    if rest.is_empty() {
        map.insert(first.clone(), value);
        return Ok(());
    }
    match map.entry(first.clone()).or_insert_with(|| Value::Object(Map::new())) {
        Value::Object(inner) => put(inner, rest, value, run)?,
        Value::Array(items) => {
            let bytes = size::of(&value)?;
            for item in items {
                if let Value::Object(inner) = item {
                    run.fill(bytes)?;
                    put(inner, rest, value.clone(), run)?;
                }
            }
        }
        other => {
            let mut inner = Map::new();
            put(&mut inner, rest, value, run)?;
            *other = Value::Object(inner);
        }
    }
    Ok(())
}

/// Takes a place out, through arrays.
pub(super) fn take(map: &mut Map, parts: &[String]) {
    let Some((first, rest)) = parts.split_first() else { return };
    if rest.is_empty() {
        map.remove(first);
        return;
    }
    match map.get_mut(first) {
        Some(Value::Object(inner)) => take(inner, rest),
        Some(Value::Array(items)) => {
            for item in items {
                if let Value::Object(inner) = item {
                    take(inner, rest);
                }
            }
        }
        _ => {}
    }
}

/// A value that sorts and compares as keys of groups and sets do; a missing one comes before null.
#[derive(Clone)]
pub(super) struct Key(pub(super) Option<Value>);

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Key) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Key) -> Ordering {
        compare(self.0.as_ref(), other.0.as_ref())
    }
}

/// Orders values as their keys are ordered.
pub(super) fn compare(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => sort::values(a, b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}
