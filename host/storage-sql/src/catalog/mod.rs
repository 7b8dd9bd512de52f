//! What the database knows of a class: one row of `_SCHEMA`, its JSON shaped like parse-server's.
//!
//! Parapet's own additions stand under `_parapet`: unique groups, and names that differ from the wished-for ones.

pub(crate) mod permissions;

use std::collections::{BTreeMap, BTreeSet};

use model::{
    ClassName, Field, FieldName, FieldType, Schema, Unique,
    schema::{IndexKeys, IndexKind, Indexes},
    schema_json::index_json,
};
use serde_json::{Map, Value as Json, json};

use crate::{
    dialect::Dialect,
    layout::{Layout, fresh, head},
    stored,
};

/// Tables of the server's own.
const TABLES: [&str; 2] = ["_SCHEMA", "_parapet_meta"];

/// Lays out a class, keeping the names that it has already and finding free ones for what is new.
pub(crate) fn lay_out(
    dialect: &dyn Dialect,
    schema: &Schema,
    old: Option<&Layout>,
    tables: &BTreeSet<String>,
) -> Layout {
    let rules = dialect.names();
    let own = rules.tables.iter().copied();
    let mut taken: BTreeSet<String> =
        tables.iter().map(String::as_str).chain(TABLES).chain(own).map(|name| rules.seen(name)).collect();
    let table = match old {
        Some(old) => old.table.clone(),
        None => fresh(rules, &schema.class, &taken),
    };
    taken.insert(rules.seen(&table));

    let mut names: BTreeMap<FieldName, String> = old
        .map(|old| old.columns.iter().filter(|column| schema.fields.contains_key(&column.field)))
        .into_iter()
        .flatten()
        .map(|column| (column.field.clone(), column.name.clone()))
        .collect();
    let fixed = head(dialect).iter().chain(rules.columns).copied();
    let mut columns: BTreeSet<String> =
        names.values().map(String::as_str).chain(fixed).map(|name| rules.seen(name)).collect();
    let mut joins = BTreeMap::new();
    for (name, field) in &schema.fields {
        if matches!(field.kind, FieldType::Relation(_)) {
            let join = match old.and_then(|old| old.joins.get(name)) {
                Some(join) => join.clone(),
                None => fresh(rules, &format!("_Join:{name}:{}", schema.class), &taken),
            };
            taken.insert(rules.seen(&join));
            joins.insert(name.clone(), join);
        } else if !names.contains_key(name) && !dialect.is_implied(&schema.class, name) {
            let column = fresh(rules, name, &columns);
            columns.insert(rules.seen(&column));
            names.insert(name.clone(), column);
        }
    }
    Layout::new(dialect, schema.clone(), table, &names, joins)
}

/// Writes a class as the JSON that `_SCHEMA` keeps.
pub(crate) fn json(layout: &Layout) -> Json {
    let schema = &layout.schema;
    let fields: Map<String, Json> =
        schema.fields.iter().map(|(name, field)| (name.as_str().to_owned(), field_json(field))).collect();
    let columns: Map<String, Json> = layout
        .columns
        .iter()
        .filter(|column| column.name != column.field.as_str())
        .map(|column| (column.field.as_str().to_owned(), column.name.clone().into()))
        .collect();
    let joins: Map<String, Json> =
        layout.joins.iter().map(|(name, join)| (name.as_str().to_owned(), join.clone().into())).collect();
    let unique: Vec<Json> = schema
        .unique
        .iter()
        .map(|group| json!({"fields": group.fields.iter().map(|f| f.as_str()).collect::<Vec<_>>(), "ignoreCase": group.ignore_case}))
        .collect();
    json!({
        "className": schema.class.as_str(),
        "fields": fields,
        "classLevelPermissions": permissions::json(&schema.permissions),
        "indexes": schema.indexes.iter().map(|(name, index)| (name.clone(), index_json(index))).collect::<Json>(),
        "_parapet": {"unique": unique, "table": layout.table, "columns": columns, "joins": joins},
    })
}

/// Reads a class back; `None` when the JSON isn't what [`json`] writes.
pub(crate) fn layout(dialect: &dyn Dialect, json: &Json) -> Option<Layout> {
    let mut schema = Schema::new(ClassName::new(json.get("className")?.as_str()?).ok()?);
    for (name, field) in json.get("fields")?.as_object()? {
        schema.fields.insert(FieldName::stored(name).ok()?, field_of(field)?);
    }
    schema.permissions = permissions::read(json.get("classLevelPermissions")?)?;
    schema.indexes = indexes_of(json.get("indexes")?)?;
    let ours = json.get("_parapet")?;
    for group in ours.get("unique")?.as_array()? {
        let fields = group.get("fields")?.as_array()?.iter();
        let fields = fields.map(|name| FieldName::stored(name.as_str()?).ok()).collect::<Option<_>>()?;
        schema.unique.push(Unique { fields, ignore_case: group.get("ignoreCase")?.as_bool()? });
    }
    let names = |key: &str| {
        let pairs = ours.get(key)?.as_object()?.iter();
        pairs
            .map(|(field, name)| Some((FieldName::stored(field).ok()?, name.as_str()?.to_owned())))
            .collect::<Option<BTreeMap<_, _>>>()
    };
    let table = ours.get("table")?.as_str()?.to_owned();
    Some(Layout::new(dialect, schema, table, &names("columns")?, names("joins")?))
}

/// Writes a field.
pub(crate) fn field_json(field: &Field) -> Json {
    let mut map = Map::from_iter([("type".to_owned(), field.kind.name().into())]);
    if let FieldType::Pointer(class) | FieldType::Relation(class) = &field.kind {
        map.insert("targetClass".into(), class.as_str().into());
    }
    if field.required {
        map.insert("required".into(), true.into());
    }
    if let Some(text) = field.default.as_ref().and_then(stored::text) {
        map.insert("defaultValue".into(), serde_json::from_str(&text).unwrap_or_default());
    }
    Json::Object(map)
}

/// Reads a field.
pub(crate) fn field_of(json: &Json) -> Option<Field> {
    let target = || ClassName::new(json.get("targetClass")?.as_str()?).ok();
    let kind = FieldType::from_name(json.get("type")?.as_str()?, || target().ok_or(())).ok()??;
    let default = json.get("defaultValue").map(|json| stored::value(&json.to_string()));
    let default = match default {
        Some(value) => Some(value?),
        None => None,
    };
    Some(Field { kind, required: json.get("required").and_then(Json::as_bool).unwrap_or_default(), default })
}

/// Reads indexes.
pub(crate) fn indexes_of(json: &Json) -> Option<Indexes> {
    let kind = |json: &Json| {
        Some(match json {
            Json::String(name) => IndexKind::Named(name.clone()),
            json if json.as_i64()? > 0 => IndexKind::Ascending,
            _ => IndexKind::Descending,
        })
    };
    let fields = |json: &Json| {
        let fields = json.as_object()?.iter();
        fields.map(|(name, of)| Some((name.clone(), kind(of)?))).collect::<Option<IndexKeys>>()
    };
    json.as_object()?.iter().map(|(name, of)| Some((name.clone(), fields(of)?))).collect()
}

#[cfg(test)]
mod tests;
