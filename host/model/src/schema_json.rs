//! Schemas to and from the JSON of the schema API.

mod permissions;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Map as JsonMap, Value as Json, json};

use crate::{
    ClassName, Code, Field, FieldName, FieldType, ParseError, Schema, SchemaEdit, encode as values,
    name::shown,
    schema::{IndexKeys, IndexKind},
};

/// The name of the index that every class has on its id.
const ID_INDEX: &str = "_id_";

/// Shows a class as the schema API does: the default fields included, the server's own columns left out.
///
/// `_User` shows `password`, as in the reference.
pub fn encode(schema: &Schema) -> Json {
    let mut fields = JsonMap::new();
    fields.insert("objectId".into(), json!({"type": "String"}));
    fields.insert("createdAt".into(), json!({"type": "Date"}));
    fields.insert("updatedAt".into(), json!({"type": "Date"}));
    fields.insert("ACL".into(), json!({"type": "ACL"}));
    if schema.class == "_User" {
        fields.insert("password".into(), json!({"type": "String"}));
    }
    for (name, field) in &schema.fields {
        if !name.is_internal() {
            fields.insert(name.as_str().into(), field_json(field));
        }
    }
    let mut map = JsonMap::new();
    map.insert("className".into(), schema.class.as_str().into());
    map.insert("fields".into(), Json::Object(fields));
    map.insert("classLevelPermissions".into(), permissions::encode(&schema.permissions));
    if !schema.indexes.is_empty() {
        let mut indexes: JsonMap<String, Json> =
            schema.indexes.iter().map(|(name, index)| (name.clone(), index_json(index))).collect();
        indexes.insert(ID_INDEX.into(), json!({"_id": 1}));
        map.insert("indexes".into(), Json::Object(indexes));
    }
    Json::Object(map)
}

/// Reads the body of a request of the schema API; `class_in_path` is the class that the URL names.
///
/// Permissions replace the old ones whole: an operation that they leave out belongs to the master key.
/// Whether the edit fits the class that it is about (a field exists, a default value has the field's type)
/// is for whoever applies it.
///
/// # Errors
/// 103 for a class name that isn't legal or differs from the URL's, 105 for a field name that isn't legal,
/// 107 for a malformed body or permissions, 111 for an unknown type, 135 for a missing class name.
pub fn parse(body: JsonMap<String, Json>, class_in_path: Option<&str>) -> Result<SchemaEdit, ParseError> {
    let mut edit = SchemaEdit {
        class: class_name(body.get("className"), class_in_path)?,
        fields: BTreeMap::new(),
        permissions: None,
        indexes: BTreeMap::new(),
    };
    for (key, json) in body {
        match (key.as_str(), json) {
            ("className", _) | ("fields" | "classLevelPermissions" | "indexes", Json::Null) => {}
            ("fields", Json::Object(fields)) => {
                for (name, field) in fields {
                    let known = FieldName::new(&name).map_err(|_| {
                        ParseError::new(Code::InvalidKeyName, format!("invalid field name: {}", shown(&name)))
                    })?;
                    edit.fields
                        .insert(known, if is_delete(&field) { None } else { Some(field_of(&name, field)?) });
                }
            }
            ("classLevelPermissions", Json::Object(map)) => edit.permissions = Some(permissions::parse(map)?),
            ("indexes", Json::Object(indexes)) => {
                for (name, index) in indexes {
                    if name == ID_INDEX {
                        return Err(ParseError::new(
                            Code::InvalidQuery,
                            format!("Index {ID_INDEX} exists, cannot update."),
                        ));
                    }
                    let read = if is_delete(&index) { None } else { Some(index_of(index)?) };
                    edit.indexes.insert(name, read);
                }
            }
            ("fields" | "classLevelPermissions" | "indexes", _) => {
                return Err(invalid(format!("{key} of a schema must be an object")));
            }
            // A misspelt `classLevelPermissions` must not leave a class open unnoticed.
            (other, _) => return Err(invalid(format!("{} is not a member of a schema", shown(other)))),
        }
    }
    Ok(edit)
}

fn invalid(text: impl Into<std::borrow::Cow<'static, str>>) -> ParseError {
    ParseError::new(Code::InvalidJson, text)
}

fn class_name(in_body: Option<&Json>, in_path: Option<&str>) -> Result<ClassName, ParseError> {
    let in_body = match in_body {
        None | Some(Json::Null) => None,
        Some(Json::String(name)) => Some(name.as_str()),
        Some(_) => return Err(invalid("className must be a string")),
    };
    match (in_body, in_path) {
        (Some(body), Some(path)) if body != path => Err(ParseError::new(
            Code::InvalidClassName,
            format!("Class name mismatch between {} and {}.", shown(body), shown(path)),
        )),
        (Some(name), _) | (None, Some(name)) => ClassName::new(name),
        (None, None) => Err(ParseError::new(Code::MissingClassName, "POST /schemas needs a class name.")),
    }
}

fn is_delete(json: &Json) -> bool {
    json.get("__op").and_then(Json::as_str) == Some("Delete")
}

fn field_of(name: &str, json: Json) -> Result<Field, ParseError> {
    let Json::Object(mut map) = json else { return Err(invalid("a field of a schema must be an object")) };
    let kind = kind_of(name, &map)?;
    let required = match map.remove("required") {
        None | Some(Json::Null) => false,
        Some(Json::Bool(required)) => required,
        Some(_) => return Err(invalid("required must be true or false")),
    };
    let default =
        map.remove("defaultValue").filter(|value| !value.is_null()).map(values::value).transpose()?;
    if matches!(kind, FieldType::Relation(_)) && (required || default.is_some()) {
        let option = if required { "required" } else { "default value" };
        return Err(ParseError::new(
            Code::IncorrectType,
            format!("The '{option}' option is not applicable for {}", kind.describe()),
        ));
    }
    Ok(Field { kind, required, default })
}

fn kind_of(name: &str, map: &JsonMap<String, Json>) -> Result<FieldType, ParseError> {
    let Some(kind) = map.get("type").and_then(Json::as_str) else { return Err(invalid("invalid JSON")) };
    let target = || match map.get("targetClass") {
        None | Some(Json::Null) => {
            Err(ParseError::new(Code::MissingClassName, format!("type {} needs a class name", shown(kind))))
        }
        Some(Json::String(class)) => ClassName::new(class),
        Some(_) => Err(invalid("invalid JSON")),
    };
    match FieldType::from_name(kind, target)? {
        // A schema that was read and is sent back names the ACL, too; no other field may be one.
        Some(FieldType::Acl) if name != "ACL" => None,
        found => found,
    }
    .ok_or_else(|| ParseError::new(Code::IncorrectType, format!("invalid field type: {}", shown(kind))))
}

fn field_json(field: &Field) -> Json {
    let mut map = JsonMap::new();
    map.insert("type".into(), field.kind.name().into());
    if let FieldType::Pointer(class) | FieldType::Relation(class) = &field.kind {
        map.insert("targetClass".into(), class.as_str().into());
    }
    if field.required {
        map.insert("required".into(), true.into());
    }
    if let Some(default) = &field.default {
        map.insert("defaultValue".into(), values::json(default));
    }
    Json::Object(map)
}

fn index_of(json: Json) -> Result<IndexKeys, ParseError> {
    let fields = match json {
        Json::Object(fields) if !fields.is_empty() => fields,
        _ => return Err(invalid("an index must be an object of fields")),
    };
    let kind = |json: Json| match json {
        Json::String(kind) => Ok(IndexKind::Named(kind)),
        Json::Number(number) if number.as_f64() == Some(1.0) => Ok(IndexKind::Ascending),
        Json::Number(number) if number.as_f64() == Some(-1.0) => Ok(IndexKind::Descending),
        _ => Err(invalid("a field of an index must be 1, -1 or the name of a kind")),
    };
    fields.into_iter().map(|(field, json)| Ok((field, kind(json)?))).collect()
}

/// Shows an index as the schema API does: its fields with 1, -1 or the name of their kind.
pub fn index_json(index: &IndexKeys) -> Json {
    let kind = |kind: &IndexKind| match kind {
        IndexKind::Ascending => Json::from(1),
        IndexKind::Descending => Json::from(-1),
        IndexKind::Named(name) => Json::from(name.as_str()),
    };
    Json::Object(index.iter().map(|(field, direction)| (field.clone(), kind(direction))).collect())
}
