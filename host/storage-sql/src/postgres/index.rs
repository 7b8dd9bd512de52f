//! The statements that make a class's indexes, under the names that parse-server gives them.

use std::collections::BTreeSet;

use model::{
    FieldType, Unique,
    schema::{IndexKeys, IndexKind},
};
use storage::Error;

use super::{Pg, found::Table};
use crate::{
    dialect::Dialect as _,
    layout::{Column, Layout, fresh},
    statement::quoted,
};

/// A unique index under the name that parse-server gives it.
pub(super) fn unique(
    layout: &Layout,
    table: Option<&Table>,
    group: &Unique,
    taken: &mut BTreeSet<String>,
) -> Result<Vec<String>, Error> {
    let class = &layout.schema.class;
    let mut parts = Vec::new();
    for field in &group.fields {
        let column = column(layout, field)?;
        parts.push(if group.ignore_case && column.kind == FieldType::String {
            format!("lower({}) varchar_pattern_ops", column.quoted)
        } else {
            column.quoted.clone()
        });
    }
    let mut names: Vec<&str> = group.fields.iter().map(|field| field.as_str()).collect();
    names.sort_unstable();
    let mut steps = Vec::new();
    let name = match (class.as_str(), names.as_slice(), group.ignore_case) {
        // Parse-server's own index of this name isn't unique.
        ("_User", ["username" | "email"], true) => {
            let name = format!("case_insensitive_{}", names.join("_"));
            if table.is_some_and(|table| table.indexes.iter().any(|index| index.name == name)) {
                steps.push(format!("DROP INDEX {}", quoted(&name)));
                taken.remove(&name);
            }
            name
        }
        (_, _, true) => format!("{class}_unique_{}_fold", names.join("_")),
        (_, _, false) => format!("{class}_unique_{}", names.join("_")),
    };
    let name = fresh(Pg.names(), &name, taken);
    steps.push(format!(
        "CREATE UNIQUE INDEX {} ON {} ({})",
        quoted(&name),
        layout.quoted_table(),
        parts.join(", ")
    ));
    taken.insert(name);
    Ok(steps)
}

/// An index under its own name, as parse-server makes it, unless another table's has it.
pub(super) fn plain(
    layout: &Layout,
    table: Option<&Table>,
    name: &str,
    fields: &IndexKeys,
    taken: &mut BTreeSet<String>,
) -> Result<Vec<String>, Error> {
    if fields.keys().all(|field| matches!(field.as_str(), "_id" | "objectId")) {
        // Every table has it.
        return Ok(Vec::new());
    }
    if name.contains('\0') {
        return Err(Error::Unsupported("an index of this name"));
    }
    if table.is_some_and(|table| table.indexes.iter().any(|index| index.name == name)) {
        return Ok(Vec::new());
    }
    let columns = fields.keys().map(|field| column(layout, field)).collect::<Result<Vec<_>, _>>()?;
    if fields.iter().any(|(_, kind)| matches!(kind, IndexKind::Named(name) if !name.starts_with("2d"))) {
        // Words are searched for in the texts themselves.
        return Ok(Vec::new());
    }
    let several =
        || Error::Unsupported("an index over several fields, one of which is a list, an object or a place");
    let made = match columns.as_slice() {
        [one] if matches!(one.kind, FieldType::Array | FieldType::Object) => {
            format!("USING gin ({})", one.quoted)
        }
        [one] if matches!(one.kind, FieldType::GeoPoint | FieldType::Polygon) => {
            format!("USING gist ({})", one.quoted)
        }
        columns => {
            let mut parts = Vec::with_capacity(columns.len());
            for (column, (_, kind)) in columns.iter().zip(fields.iter()) {
                parts.push(match column.kind {
                    FieldType::Array | FieldType::Object | FieldType::GeoPoint | FieldType::Polygon => {
                        return Err(several());
                    }
                    // Equality is all that is asked of it.
                    FieldType::Bytes => column.quoted.clone(),
                    _ => Pg.key(&own_order(column), *kind == IndexKind::Descending),
                });
            }
            format!("({})", parts.join(", "))
        }
    };
    let wish = if taken.contains(name) || name.starts_with("pg_") {
        own_name(layout, name)
    } else {
        name.to_owned()
    };
    let name = fresh(Pg.names(), &wish, taken);
    let text = format!("CREATE INDEX {} ON {} {made}", quoted(&name), layout.quoted_table());
    taken.insert(name);
    Ok(vec![text])
}

/// A column whose collation goes without saying: an index has the column's own.
pub(super) fn own_order(column: &Column) -> Column {
    Column { foreign: false, ..column.clone() }
}

/// The name of an index whose own name another table's has.
pub(super) fn own_name(layout: &Layout, name: &str) -> String {
    Pg.names().cut(&format!("{}:{name}", layout.schema.class))
}

/// An index's name as Parse has it; one that Parse has no name for keeps its own.
pub(super) fn told(layout: &Layout, index: &str) -> String {
    if layout.unique.get(index).is_some_and(|fields| fields.iter().eq(["objectId"]))
        || index.strip_suffix("_pkey") == Some(&layout.table)
    {
        return "_id_".to_owned();
    }
    let found = layout.schema.indexes.keys().find(|name| own_name(layout, name) == index);
    found.map_or(index, String::as_str).to_owned()
}

/// The column that an index names, in Parse's words or in those of its MongoDB layout.
pub(super) fn column<'a>(layout: &'a Layout, field: &str) -> Result<&'a Column, Error> {
    let field = match field {
        "_id" => "objectId",
        "_created_at" => "createdAt",
        "_updated_at" => "updatedAt",
        other => other.strip_prefix("_p_").unwrap_or(other),
    };
    layout.column(field).ok_or(Error::Unsupported("an index on a field that the class lacks"))
}
