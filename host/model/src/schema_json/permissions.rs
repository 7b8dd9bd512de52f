//! Class-level permissions to and from the JSON of the schema API.

use std::collections::BTreeMap;

use serde_json::{Map as JsonMap, Value as Json};

use super::invalid;
use crate::{
    Acl, ParseError, Permissions, encode as values,
    name::shown,
    schema::{ClassOp, Entities, Names},
};

/// Shows permissions; an operation that they don't speak of is open to everybody, and shown so.
pub(super) fn encode(permissions: &Permissions) -> Json {
    let mut map = JsonMap::new();
    for op in ClassOp::ALL {
        let entities = match permissions.operations.get(&op) {
            Some(entities) => entities_json(entities),
            None => Json::Object(JsonMap::from_iter([("*".to_owned(), Json::Bool(true))])),
        };
        map.insert(op.name().into(), entities);
    }
    for (key, fields) in [
        ("readUserFields", &permissions.read_user_fields),
        ("writeUserFields", &permissions.write_user_fields),
    ] {
        if !fields.is_empty() {
            map.insert(key.into(), names_json(fields));
        }
    }
    let protected =
        permissions.protected_fields.iter().map(|(group, fields)| (group.clone(), names_json(fields)));
    map.insert("protectedFields".into(), Json::Object(protected.collect()));
    // The reference says it of classes that were never given permissions, and of those whose permissions say it.
    let untouched = is_untouched(permissions).then(public);
    if let Some(acl) = permissions.default_acl.as_ref().or(untouched.as_ref()) {
        map.insert("ACL".into(), values::acl_json(acl));
    }
    Json::Object(map)
}

/// Reads permissions; an operation that they leave out becomes the master key's.
pub(super) fn parse(map: JsonMap<String, Json>) -> Result<Permissions, ParseError> {
    let mut permissions = Permissions {
        operations: ClassOp::ALL.into_iter().map(|op| (op, Entities::default())).collect(),
        ..Permissions::default()
    };
    for (key, json) in map {
        if let Some(op) = ClassOp::ALL.into_iter().find(|op| op.name() == key) {
            permissions.operations.insert(op, entities(op, json)?);
            continue;
        }
        match key.as_str() {
            "readUserFields" => permissions.read_user_fields = names(&key, json)?,
            "writeUserFields" => permissions.write_user_fields = names(&key, json)?,
            "protectedFields" => permissions.protected_fields = protected(json)?,
            "ACL" => {
                let acl = default_acl(&json)?;
                // The default that is shown for classes without one.
                permissions.default_acl = (acl != public()).then_some(acl);
            }
            other => {
                let text = format!("{} is not a valid operation for class level permissions", shown(other));
                return Err(invalid(text));
            }
        }
    }
    Ok(permissions)
}

/// Whether permissions are those of a class that was never given any, left out or spelt out.
fn is_untouched(permissions: &Permissions) -> bool {
    let operations = Permissions::open().operations.into_iter().chain(permissions.operations.clone());
    Permissions { operations: operations.collect(), ..permissions.clone() } == Permissions::open()
}

fn public() -> Acl {
    Acl::from_groups(&["*"], &["*"])
}

/// Reads the ACL of objects that bring none: `read` and `write`, and nothing else.
fn default_acl(json: &Json) -> Result<Acl, ParseError> {
    let Json::Object(entries) = json else { return Err(not_an(json, "ACL", "object")) };
    for entry in entries.values() {
        let text = |what: &str| invalid(format!("{what} for class level permissions acl"));
        let Json::Object(rights) = entry else {
            return Err(text(&format!("'{}' is not a valid value", told(entry))));
        };
        if let Some(key) = rights.keys().find(|key| !matches!(key.as_str(), "read" | "write")) {
            return Err(text(&format!("'{}' is not a valid key", shown(key))));
        }
        if let Some(value) = rights.values().find(|value| !value.is_boolean()) {
            return Err(text(&format!("'{}' is not a valid value", told(value))));
        }
    }
    values::acl(json).map_err(|_| bad_value("ACL"))
}

fn bad_value(place: &str) -> ParseError {
    invalid(format!("not a valid value for class level permissions {place}"))
}

fn not_an(json: &Json, place: &str, wanted: &str) -> ParseError {
    let given = told(json);
    invalid(format!(
        "'{given}' is not a valid value for class level permissions {place} - must be an {wanted}"
    ))
}

/// A value as an error text may repeat it.
fn told(json: &Json) -> String {
    match json {
        Json::Null | Json::Bool(_) | Json::Number(_) => json.to_string(),
        Json::String(name) => shown(name).to_owned(),
        _ => "(not shown)".to_owned(),
    }
}

fn entities_json(entities: &Entities) -> Json {
    let mut map: JsonMap<String, Json> =
        entities.groups.iter().map(|group| (group.clone(), Json::Bool(true))).collect();
    if !entities.pointer_fields.is_empty() {
        map.insert("pointerFields".into(), names_json(&entities.pointer_fields));
    }
    Json::Object(map)
}

fn entities(op: ClassOp, json: Json) -> Result<Entities, ParseError> {
    let Json::Object(map) = json else { return Err(not_an(&json, op.name(), "object")) };
    let mut entities = Entities::default();
    for (key, json) in map {
        if key == "pointerFields" {
            if !json.is_array() {
                let text = format!(
                    "'{}' is not a valid value for {}[{key}] - expected an array.",
                    told(&json),
                    op.name()
                );
                return Err(invalid(text));
            }
            entities.pointer_fields = names(&key, json)?;
            continue;
        }
        if !is_group(&key) {
            return Err(invalid(format!("'{}' is not a valid key for class level permissions", shown(&key))));
        }
        if json != Json::Bool(true) {
            let given = told(&json);
            return Err(invalid(format!(
                "'{given}' is not a valid value for class level permissions acl {}:{}",
                op.name(),
                if key == "*" { "*" } else { shown(&key) }
            )));
        }
        entities.groups.insert(key);
    }
    Ok(entities)
}

/// Whether a text names somebody in permissions: everybody, everybody with a session, a role, or a user's id.
fn is_group(key: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    key == "*"
        || key.strip_prefix("role:").is_some_and(|role| !role.is_empty())
        || (!key.is_empty() && key.bytes().all(plain))
}

fn protected(json: Json) -> Result<BTreeMap<String, Names>, ParseError> {
    let Json::Object(map) = json else { return Err(not_an(&json, "protectedFields", "object")) };
    map.into_iter()
        .map(|(group, fields)| {
            let known =
                is_group(&group) || group.strip_prefix("userField:").is_some_and(crate::name::is_identifier);
            if !known {
                let text = format!("'{}' is not a valid key for class level permissions", shown(&group));
                return Err(invalid(text));
            }
            if !fields.is_array() {
                let text = format!(
                    "'{}' is not a valid value for protectedFields[{group}] - expected an array.",
                    told(&fields)
                );
                return Err(invalid(text));
            }
            let fields = names("protectedFields", fields)?;
            Ok((group, fields))
        })
        .collect()
}

fn names(place: &str, json: Json) -> Result<Names, ParseError> {
    let Json::Array(items) = json else { return Err(not_an(&json, place, "array")) };
    items
        .into_iter()
        .map(|item| match item {
            Json::String(name) => Ok(name),
            _ => Err(bad_value(place)),
        })
        .collect()
}

fn names_json(names: &Names) -> Json {
    names.iter().map(|name| Json::from(name.as_str())).collect()
}
