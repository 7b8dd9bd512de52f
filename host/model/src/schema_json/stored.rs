//! The lossless form of a schema, which backends keep.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{
    Acl, ClassName, Code, Field, FieldName, FieldType, ParseError, Permissions, Rights, Schema, Unique,
    encode as values,
    schema::{ClassOp, Entities, IndexKind},
};

/// Writes a schema so that [`from_stored`] makes the same one again: internal columns, default values,
/// unique groups, and the difference between an open operation and a locked one included.
pub fn stored(schema: &Schema) -> Json {
    let kept = Stored {
        class: schema.class.clone(),
        fields: schema
            .fields
            .iter()
            .map(|(name, field)| (name.as_str().to_owned(), keep_field(field)))
            .collect(),
        permissions: keep_permissions(&schema.permissions),
        indexes: schema
            .indexes
            .iter()
            .map(|(name, index)| {
                (name.clone(), index.iter().map(|(field, kind)| (field.clone(), keep_kind(kind))).collect())
            })
            .collect(),
        unique: schema
            .unique
            .iter()
            .map(|unique| StoredUnique {
                fields: unique.fields.iter().map(|name| name.as_str().to_owned()).collect(),
                ignore_case: unique.ignore_case,
            })
            .collect(),
    };
    // Maps with text keys and plain members always serialise.
    serde_json::to_value(kept).unwrap_or_default()
}

/// Reads back what [`stored`] wrote.
///
/// # Errors
/// 1 when the JSON isn't such a form; the text says where, but shows no value.
pub fn from_stored(json: Json) -> Result<Schema, ParseError> {
    let kept: Stored = serde_json::from_value(json).map_err(|_| broken("its shape"))?;
    let mut schema = Schema::new(kept.class);
    schema.permissions = permissions(kept.permissions)?;
    for (name, field) in kept.fields {
        schema
            .fields
            .insert(FieldName::stored(&name).map_err(|_| broken("the name of a field"))?, field_of(field)?);
    }
    for (name, index) in kept.indexes {
        schema.indexes.insert(name, index.into_iter().map(|(field, kind)| (field, kind_of(kind))).collect());
    }
    for unique in kept.unique {
        let fields = unique.fields.iter().map(|name| FieldName::stored(name));
        schema.unique.push(Unique {
            fields: fields.collect::<Result<_, _>>().map_err(|_| broken("a unique group"))?,
            ignore_case: unique.ignore_case,
        });
    }
    Ok(schema)
}

fn broken(place: &str) -> ParseError {
    ParseError::new(Code::InternalServerError, format!("a stored schema is damaged: {place}"))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Stored {
    class: ClassName,
    fields: BTreeMap<String, StoredField>,
    permissions: StoredPermissions,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    indexes: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unique: Vec<StoredUnique>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct StoredField {
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    class: Option<ClassName>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    required: bool,
    /// In a list of at most one, so that a null default stays apart from none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    default: Vec<Json>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct StoredUnique {
    fields: Vec<String>,
    #[serde(default)]
    ignore_case: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct StoredPermissions {
    operations: BTreeMap<String, StoredEntities>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    read_user_fields: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    write_user_fields: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    protected_fields: BTreeMap<String, BTreeSet<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default_acl: Option<BTreeMap<String, (bool, bool)>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct StoredEntities {
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    groups: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pointer_fields: BTreeSet<String>,
}

fn keep_field(field: &Field) -> StoredField {
    StoredField {
        kind: field.kind.name().to_owned(),
        class: match &field.kind {
            FieldType::Pointer(class) | FieldType::Relation(class) => Some(class.clone()),
            _ => None,
        },
        required: field.required,
        default: field.default.iter().map(values::json).collect(),
    }
}

fn field_of(kept: StoredField) -> Result<Field, ParseError> {
    let kind = match (kept.kind.as_str(), kept.class) {
        ("Pointer", Some(class)) => FieldType::Pointer(class),
        ("Relation", Some(class)) => FieldType::Relation(class),
        ("String", None) => FieldType::String,
        ("Number", None) => FieldType::Number,
        ("Boolean", None) => FieldType::Boolean,
        ("Date", None) => FieldType::Date,
        ("Object", None) => FieldType::Object,
        ("Array", None) => FieldType::Array,
        ("GeoPoint", None) => FieldType::GeoPoint,
        ("Polygon", None) => FieldType::Polygon,
        ("File", None) => FieldType::File,
        ("Bytes", None) => FieldType::Bytes,
        ("ACL", None) => FieldType::Acl,
        _ => return Err(broken("the type of a field")),
    };
    let default = kept.default.into_iter().next().map(values::value).transpose();
    Ok(Field { kind, required: kept.required, default: default.map_err(|_| broken("a default value"))? })
}

/// The two directions have names that no kind of index can have.
fn keep_kind(kind: &IndexKind) -> String {
    match kind {
        IndexKind::Ascending => "+".to_owned(),
        IndexKind::Descending => "-".to_owned(),
        IndexKind::Named(name) => format!(":{name}"),
    }
}

fn kind_of(kept: String) -> IndexKind {
    match kept.strip_prefix(':') {
        Some(name) => IndexKind::Named(name.to_owned()),
        None if kept == "-" => IndexKind::Descending,
        None => IndexKind::Ascending,
    }
}

fn keep_permissions(permissions: &Permissions) -> StoredPermissions {
    StoredPermissions {
        operations: permissions
            .operations
            .iter()
            .map(|(op, entities)| {
                let kept = StoredEntities {
                    groups: entities.groups.clone(),
                    pointer_fields: entities.pointer_fields.clone(),
                };
                (op.name().to_owned(), kept)
            })
            .collect(),
        read_user_fields: permissions.read_user_fields.clone(),
        write_user_fields: permissions.write_user_fields.clone(),
        protected_fields: permissions.protected_fields.clone(),
        default_acl: permissions.default_acl.as_ref().map(|acl| {
            acl.0.iter().map(|(group, rights)| (group.clone(), (rights.read, rights.write))).collect()
        }),
    }
}

fn permissions(kept: StoredPermissions) -> Result<Permissions, ParseError> {
    let mut operations = BTreeMap::new();
    for (name, entities) in kept.operations {
        let op =
            ClassOp::ALL.into_iter().find(|op| op.name() == name).ok_or_else(|| broken("an operation"))?;
        operations.insert(op, Entities { groups: entities.groups, pointer_fields: entities.pointer_fields });
    }
    Ok(Permissions {
        operations,
        read_user_fields: kept.read_user_fields,
        write_user_fields: kept.write_user_fields,
        protected_fields: kept.protected_fields,
        default_acl: kept.default_acl.map(|acl| {
            Acl(acl.into_iter().map(|(group, (read, write))| (group, Rights { read, write })).collect())
        }),
    })
}
