//! A class as `_SCHEMA` keeps it, in parse-server's form.
//!
//! What that form has no word for stands under `_parapet`, which parse-server passes over: names that had to differ from
//! the wished-for ones, and operations that permissions don't speak of. Unique groups are read off the table's indexes.

use std::collections::BTreeMap;

use model::{
    ClassName, Field, FieldName, FieldType, Permissions, Schema, Unique,
    schema::{ClassOp, Entities, IndexKeys},
    schema_json::index_json,
};
use serde_json::{Map, Value as Json, json};

use super::{
    Pg,
    connect::Server,
    found::{Collation, Found, Index, Table},
};
use crate::{
    catalog::{field_json, field_of, indexes_of, permissions},
    dialect::Dialect as _,
    layout::Layout,
};

/// The fields that `_SCHEMA` names in every class, with their types.
const FIXED: [(&str, &str); 3] = [("objectId", "String"), ("createdAt", "Date"), ("updatedAt", "Date")];

/// Columns of `_User` that parse-server makes without naming them in `_SCHEMA`.
pub(super) const HIDDEN: [(&str, FieldType); 8] = [
    ("_email_verify_token_expires_at", FieldType::Date),
    ("_email_verify_token", FieldType::String),
    ("_account_lockout_expires_at", FieldType::Date),
    ("_failed_login_count", FieldType::Number),
    ("_perishable_token", FieldType::String),
    ("_perishable_token_expires_at", FieldType::Date),
    ("_password_changed_at", FieldType::Date),
    ("_password_history", FieldType::Array),
];

/// Reads a class; `None` when the JSON isn't that of one.
pub(super) fn layout(class: &str, json: &Json, found: &Found, server: &Server) -> Option<Layout> {
    let mut schema = Schema::new(ClassName::new(class).ok()?);
    let ours = json.get("_parapet");
    let rules = Pg.names();
    let mut names = BTreeMap::new();
    let mut joins = BTreeMap::new();
    let named = |key: &str, name: &str| Some(ours?.get(key)?.get(name)?.as_str()?.to_owned());
    for (name, json) in json.get("fields")?.as_object()? {
        if FIXED.iter().any(|(fixed, _)| fixed == name)
            || matches!(name.as_str(), "_rperm" | "_wperm" | "ACL")
        {
            continue;
        }
        let Some((name, field)) = FieldName::stored(name).ok().zip(field_of(json)) else {
            tracing::warn!(class, field = name, "a field isn't understood and left alone");
            continue;
        };
        if matches!(field.kind, FieldType::Relation(_)) {
            let join = named("joins", &name).unwrap_or_else(|| rules.cut(&format!("_Join:{name}:{class}")));
            joins.insert(name.clone(), join);
        } else {
            let column = named("columns", &name).unwrap_or_else(|| rules.cut(&name));
            if rules.columns.contains(&column.as_str()) {
                tracing::warn!(
                    class,
                    field = name.as_str(),
                    "a field that can't have a column is left alone"
                );
                continue;
            }
            names.insert(name.clone(), column);
        }
        schema.fields.insert(name, field);
    }
    let table =
        ours.and_then(|ours| ours.get("table")?.as_str()).map_or_else(|| rules.cut(class), ToOwned::to_owned);
    if table.starts_with(rules.reserved) {
        // The name would be taken for one of the database's own tables.
        return None;
    }
    let of_table = found.tables.get(&table);
    if class == "_User" {
        for (name, kind) in HIDDEN {
            if of_table.is_some_and(|table| table.columns.contains_key(name)) {
                schema.fields.entry(FieldName::known(name)).or_insert(Field::new(kind));
            }
        }
        schema.fields.insert(FieldName::known("password"), Field::new(FieldType::String));
    }
    schema.permissions = read_permissions(json.get("classLevelPermissions"), ours);
    schema.indexes = json.get("indexes").map_or(Some(BTreeMap::new()), indexes_of)?;
    schema.indexes.remove("_id_");
    for (name, keys) in &mut schema.indexes {
        if let Some(order) = ours.and_then(|ours| ours.get("order")?.get(name)?.as_array()) {
            *keys = in_order(keys, order);
        }
    }
    let mut layout = Layout::new(&Pg, schema, table, &names, joins);
    if let Some(table) = of_table {
        mark(&mut layout, table, server);
        read_unique(&mut layout, table);
        if let Some(newer) = &table.newer {
            layout.watch(&Pg, newer.clone());
        }
    }
    Some(layout)
}

/// Marks the columns of a table that keep their texts in another order than that of the code points.
pub(super) fn mark(layout: &mut Layout, table: &Table, server: &Server) {
    layout.mark_foreign(|column| match table.columns.get(column) {
        // What isn't there yet is made in the right order.
        Some(Collation::CodePoints) | None => false,
        Some(Collation::Database) => !server.by_code_point,
        Some(Collation::Other) => true,
    });
}

/// The keys of an index in the order that they were given in: the database keeps JSON in one of its own.
fn in_order(keys: &IndexKeys, order: &[Json]) -> IndexKeys {
    let place = |field: &str| order.iter().position(|name| name.as_str() == Some(field));
    let mut keys: Vec<_> = keys.iter().map(|(field, kind)| (field.clone(), kind.clone())).collect();
    // What parse-server has added since then comes last.
    keys.sort_by_key(|(field, _)| place(field).unwrap_or(usize::MAX));
    keys.into_iter().collect()
}

/// Reads permissions; where there are none, everybody may do everything, and what some don't speak of is the master key's.
fn read_permissions(json: Option<&Json>, ours: Option<&Json>) -> Permissions {
    let Some(json) = json.filter(|json| !json.is_null()) else { return Permissions::open() };
    // What isn't understood opens nothing.
    let mut read = permissions::read(json).unwrap_or_default();
    for op in ClassOp::ALL {
        read.operations.entry(op).or_default();
    }
    let open = ours.and_then(|ours| ours.get("open")?.as_array());
    for name in open.into_iter().flatten().filter_map(Json::as_str) {
        let op = ClassOp::ALL.into_iter().find(|op| op.name() == name);
        // Unless parse-server has changed it since.
        if let Some(op) = op.filter(|op| read.operations.get(op).is_some_and(is_open)) {
            read.operations.remove(&op);
        }
    }
    read
}

fn is_open(entities: &Entities) -> bool {
    entities.pointer_fields.is_empty() && entities.groups.iter().eq(["*"])
}

fn read_unique(layout: &mut Layout, table: &Table) {
    for index in &table.indexes {
        if index.primary {
            layout.unique.insert(index.name.clone(), vec!["objectId".to_owned()]);
        } else if let Some(group) = group(layout, index) {
            let fields = group.fields.iter().map(|field| field.as_str().to_owned()).collect();
            layout.unique.insert(index.name.clone(), fields);
            layout.schema.unique.push(group);
        }
    }
}

/// The group that a unique index keeps; `None` for other indexes, and for those that aren't about fields alone.
pub(super) fn group(layout: &Layout, index: &Index) -> Option<Unique> {
    let parts = index.columns.as_ref().filter(|_| index.unique)?;
    let fields = parts.iter().map(|part| layout.field_of(&part.column).cloned()).collect::<Option<_>>()?;
    Some(Unique { fields, ignore_case: parts.iter().any(|part| part.folds) })
}

/// Writes a class over what `_SCHEMA` has of it, keeping what others wrote there and nobody changed.
pub(super) fn json(new: &Layout, before: Option<(&Layout, Json)>) -> Json {
    let (old, mut map) = match before {
        Some((old, Json::Object(map))) => (Some(old), map),
        _ => (None, Map::new()),
    };
    let schema = &new.schema;
    map.insert("className".into(), schema.class.as_str().into());
    let mut fields = match map.remove("fields") {
        Some(Json::Object(fields)) => fields,
        _ => Map::new(),
    };
    fields.retain(|name, _| match old {
        Some(old) => {
            !old.schema.fields.contains_key(name.as_str()) || schema.fields.contains_key(name.as_str())
        }
        None => true,
    });
    for (name, kind) in FIXED {
        fields.insert(name.into(), json!({ "type": kind }));
    }
    for name in ["_rperm", "_wperm"] {
        fields.insert(name.into(), json!({"type": "Array", "contents": {"type": "String"}}));
    }
    for (name, field) in schema.fields.iter().filter(|(name, _)| !is_unnamed(&schema.class, name)) {
        if old.is_none_or(|old| old.schema.fields.get(name) != Some(field)) {
            fields.insert(name.as_str().to_owned(), field_json(field));
        }
    }
    map.insert("fields".into(), Json::Object(fields));
    let mut open = Vec::new();
    let changed = old.map_or(schema.permissions != Permissions::open(), |old| {
        old.schema.permissions != schema.permissions
    });
    if changed {
        let mut permissions = permissions::json(&schema.permissions);
        for op in ClassOp::ALL.into_iter().filter(|op| !schema.permissions.operations.contains_key(op)) {
            if let Some(permissions) = permissions.as_object_mut() {
                permissions.insert(op.name().to_owned(), json!({"*": true}));
            }
            open.push(op.name());
        }
        map.insert("classLevelPermissions".into(), permissions);
    }
    if old.is_none_or(|old| old.schema.indexes != schema.indexes)
        && !(old.is_none() && schema.indexes.is_empty())
    {
        let indexes: Map<String, Json> =
            schema.indexes.iter().map(|(name, index)| (name.clone(), index_json(index))).collect();
        map.insert("indexes".into(), Json::Object(indexes));
    }
    let mut ours = match map.remove("_parapet") {
        Some(Json::Object(ours)) => ours,
        _ => Map::new(),
    };
    if changed {
        ours.insert("open".into(), json!(open));
    }
    let several = schema.indexes.iter().filter(|(_, keys)| keys.keys().len() > 1);
    let order: Map<String, Json> =
        several.map(|(name, keys)| (name.clone(), keys.keys().cloned().collect())).collect();
    ours.insert("order".into(), order.into());
    ours.extend(names(new));
    ours.retain(|_, value| {
        !matches!(value, Json::Array(list) if list.is_empty())
            && !matches!(value, Json::Object(map) if map.is_empty())
    });
    if !ours.is_empty() {
        map.insert("_parapet".into(), Json::Object(ours));
    }
    Json::Object(map)
}

/// Names that aren't the wished-for ones.
fn names(layout: &Layout) -> Map<String, Json> {
    let (rules, class) = (Pg.names(), &layout.schema.class);
    let columns = layout.columns.iter().filter(|column| column.name != rules.cut(&column.field));
    let columns: Map<String, Json> =
        columns.map(|column| (column.field.as_str().to_owned(), column.name.clone().into())).collect();
    let joins =
        layout.joins.iter().filter(|(name, join)| **join != rules.cut(&format!("_Join:{name}:{class}")));
    let joins: Map<String, Json> =
        joins.map(|(name, join)| (name.as_str().to_owned(), join.clone().into())).collect();
    let mut names =
        Map::from_iter([("columns".to_owned(), columns.into()), ("joins".to_owned(), joins.into())]);
    if layout.table != rules.cut(class) {
        names.insert("table".into(), layout.table.clone().into());
    }
    names
}

/// Whether `_SCHEMA` doesn't name a field.
fn is_unnamed(class: &ClassName, field: &str) -> bool {
    Pg.is_implied(class, field) || (*class == *"_User" && HIDDEN.iter().any(|(name, _)| *name == field))
}
