//! What the database knows of a class: one document of `_SCHEMA`, shaped like parse-server's.
//!
//! What parse-server has no words for stands where it doesn't look: under `_metadata._parapet`.

mod permissions;

use model::{
    ClassName, Field, FieldName, FieldType, Permissions, Schema, Unique, encode as json,
    schema::{IndexKeys, IndexKind, Indexes},
};
use mongodb::bson::{Bson, Document, doc};
use serde_json::Value as Json;

use crate::decode;

/// The collection of classes.
pub(crate) const SCHEMA: &str = "_SCHEMA";

const ID_INDEX: &str = "_id_";

/// Keys of a `_SCHEMA` document that aren't fields of the class.
const OURS: [&str; 7] =
    ["_id", "_metadata", "_client_permissions", "objectId", "createdAt", "updatedAt", "ACL"];

/// Whether parse-server would stumble over the field in `_SCHEMA`: columns of its own go without saying there.
fn is_tacit(class: &str, name: &str) -> bool {
    name.starts_with('_') || (class == "_User" && name == "password")
}

/// Writes a class.
pub(crate) fn document(schema: &Schema) -> Document {
    let mut document = doc! {
        "_id": schema.class.as_str(), "objectId": "string", "updatedAt": "date", "createdAt": "date",
    };
    let mut tacit = Document::new();
    let mut options = Document::new();
    for (name, field) in &schema.fields {
        let Some(kind) = kind_name(&field.kind) else { continue };
        let place = if is_tacit(&schema.class, name) { &mut tacit } else { &mut document };
        place.insert(name.as_str(), kind);
        let settings = settings(field);
        if !settings.is_empty() {
            options.insert(name.as_str(), settings);
        }
    }
    let mut metadata = Document::new();
    if schema.permissions != Permissions::open() {
        metadata.insert("class_permissions", permissions::document(&schema.permissions));
    }
    if !schema.indexes.is_empty() {
        let mut indexes = doc! {ID_INDEX: {"_id": 1}};
        indexes.extend(schema.indexes.iter().map(|(name, index)| (name.clone(), index_keys(index).into())));
        metadata.insert("indexes", indexes);
    }
    if !options.is_empty() {
        metadata.insert("fields_options", options);
    }
    let unique: Vec<Bson> = schema.unique.iter().map(group).collect();
    let mut ours = Document::new();
    if !unique.is_empty() {
        ours.insert("unique", unique);
    }
    if !tacit.is_empty() {
        ours.insert("fields", tacit);
    }
    if schema.permissions != Permissions::open() {
        ours.extend(permissions::unspoken(&schema.permissions));
    }
    if !ours.is_empty() {
        metadata.insert("_parapet", ours);
    }
    if !metadata.is_empty() {
        document.insert("_metadata", metadata);
    }
    document
}

/// Reads a class; `None` when its name is no class's. Fields of unknown types are passed over.
pub(crate) fn schema(document: &Document) -> Option<Schema> {
    let mut schema = Schema::new(ClassName::new(document.get_str("_id").ok()?).ok()?);
    let metadata = document.get_document("_metadata").ok();
    let part = |key: &str| metadata.and_then(|metadata| metadata.get_document(key).ok());
    let ours = part("_parapet");
    let tacit = ours.and_then(|ours| ours.get_document("fields").ok());
    let options = part("fields_options");
    let named = document.iter().filter(|(key, _)| !OURS.contains(&key.as_str()));
    for (key, kind) in named.chain(tacit.into_iter().flatten()) {
        let field = FieldName::stored(key).ok().zip(kind.as_str().and_then(kind_of));
        let Some((name, kind)) = field else {
            tracing::warn!(class = %schema.class, "a field of an unknown type is left out of the class");
            continue;
        };
        let settings = options.and_then(|options| options.get_document(key).ok());
        schema.fields.insert(name, field_of(kind, settings));
    }
    if let Some(found) = part("class_permissions") {
        schema.permissions = permissions::read(found, ours);
    }
    schema.indexes = part("indexes").map(indexes).unwrap_or_default();
    if let Some(groups) = ours.and_then(|ours| ours.get_array("unique").ok()) {
        schema.unique = groups.iter().filter_map(group_of).collect();
    }
    Some(schema)
}

/// The name of a type in `_SCHEMA`; `None` for the ACL's, which isn't written.
pub(crate) fn kind_name(kind: &FieldType) -> Option<String> {
    Some(match kind {
        FieldType::Pointer(class) => format!("*{class}"),
        FieldType::Relation(class) => format!("relation<{class}>"),
        FieldType::Acl => return None,
        other => other.name().to_ascii_lowercase(),
    })
}

fn kind_of(name: &str) -> Option<FieldType> {
    if let Some(class) = name.strip_prefix('*') {
        return ClassName::new(class).ok().map(FieldType::Pointer);
    }
    if let Some(class) = name.strip_prefix("relation<").and_then(|rest| rest.strip_suffix('>')) {
        return ClassName::new(class).ok().map(FieldType::Relation);
    }
    Some(match name {
        "string" => FieldType::String,
        "number" => FieldType::Number,
        "boolean" => FieldType::Boolean,
        "date" => FieldType::Date,
        "map" | "object" => FieldType::Object,
        "array" => FieldType::Array,
        "geopoint" => FieldType::GeoPoint,
        "polygon" => FieldType::Polygon,
        "file" => FieldType::File,
        "bytes" => FieldType::Bytes,
        _ => return None,
    })
}

/// What is said of a field beside its type.
pub(crate) fn settings(field: &Field) -> Document {
    let mut settings = Document::new();
    if field.required {
        settings.insert("required", true);
    }
    if let Some(default) = &field.default {
        settings.insert("defaultValue", bson(json::json(default)));
    }
    settings
}

fn field_of(kind: FieldType, settings: Option<&Document>) -> Field {
    let mut field = Field::new(kind);
    if let Some(settings) = settings {
        field.required = settings.get_bool("required").unwrap_or_default();
        let default = settings.get("defaultValue").cloned().and_then(decode::nested);
        field.default = default.filter(|value| !value.is_null());
    }
    field
}

/// JSON as it stands in a document; dates and bytes keep the form that they have in REST.
fn bson(json: Json) -> Bson {
    match json {
        Json::Null => Bson::Null,
        Json::Bool(flag) => Bson::Boolean(flag),
        Json::Number(number) => crate::encode::number(number.as_f64().unwrap_or_default()),
        Json::String(text) => Bson::String(text),
        Json::Array(items) => Bson::Array(items.into_iter().map(bson).collect()),
        Json::Object(map) => Bson::Document(map.into_iter().map(|(key, value)| (key, bson(value))).collect()),
    }
}

/// An index's keys, as `_SCHEMA` names them.
pub(crate) fn index_keys(index: &IndexKeys) -> Document {
    let kind = |kind: &IndexKind| match kind {
        IndexKind::Ascending => Bson::Int32(1),
        IndexKind::Descending => Bson::Int32(-1),
        IndexKind::Named(name) => Bson::String(name.clone()),
    };
    index.iter().map(|(field, direction)| (field.clone(), kind(direction))).collect()
}

fn indexes(document: &Document) -> Indexes {
    let kind = |value: &Bson| match value {
        Bson::String(name) => IndexKind::Named(name.clone()),
        Bson::Int32(direction) if *direction < 0 => IndexKind::Descending,
        Bson::Int64(direction) if *direction < 0 => IndexKind::Descending,
        Bson::Double(direction) if *direction < 0.0 => IndexKind::Descending,
        _ => IndexKind::Ascending,
    };
    let keys = |keys: &Document| keys.iter().map(|(field, value)| (field.clone(), kind(value))).collect();
    let named = document.iter().filter(|(name, _)| *name != ID_INDEX);
    named.filter_map(|(name, value)| Some((name.clone(), keys(value.as_document()?)))).collect()
}

fn group(unique: &Unique) -> Bson {
    let fields: Vec<&str> = unique.fields.iter().map(|name| name.as_str()).collect();
    doc! {"fields": fields, "ignoreCase": unique.ignore_case}.into()
}

fn group_of(value: &Bson) -> Option<Unique> {
    let group = value.as_document()?;
    let fields = group.get_array("fields").ok()?.iter();
    let fields = fields.map(|name| FieldName::stored(name.as_str()?).ok()).collect::<Option<_>>()?;
    Some(Unique { fields, ignore_case: group.get_bool("ignoreCase").unwrap_or_default() })
}

#[cfg(test)]
mod tests;
