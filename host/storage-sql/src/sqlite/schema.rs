//! Classes made, changed and dropped, each in a transaction of its own.

use std::{collections::BTreeSet, sync::Arc};

use model::{FieldType, Schema, Unique, schema::IndexKind};
use sqlx::SqliteConnection;
use storage::{Error, lookup};

use super::{Lite, connect::FOLD, dialect::place, run, write::named};
use crate::{
    arg::Arg,
    catalog,
    dialect::Dialect as _,
    error::Fault,
    layout::{Column, Layout, Layouts, head},
    row,
    statement::{Statement, quoted},
};

/// Reads every class that the database knows.
pub(super) async fn read(connection: &mut SqliteConnection) -> Result<Layouts, Fault> {
    let rows = run::texts(connection, Statement::new("SELECT \"schema\" FROM \"_SCHEMA\"")).await?;
    let layout = |text: &String| catalog::layout(&Lite, &serde_json::from_str(text).ok()?);
    let layouts = rows.iter().map(|text| layout(text).ok_or_else(row::unreadable));
    Ok(layouts
        .map(|layout| layout.map(|layout| (layout.schema.class.clone(), Arc::new(layout))))
        .collect::<Result<_, _>>()?)
}

/// Brings a class to a state; `None` when it is in it already.
pub(super) async fn put(
    connection: &mut SqliteConnection,
    layouts: &Layouts,
    schema: &Schema,
) -> Result<Option<Layout>, Fault> {
    let old = layouts.get(&schema.class).map(Arc::as_ref);
    if old.is_some_and(|old| old.schema == *schema) {
        return Ok(None);
    }
    compatible(old, schema)?;
    let tables = layouts.values().flat_map(|layout| layout.joins.values().chain([&layout.table]));
    let tables: BTreeSet<String> = tables.map(|name| name.to_ascii_lowercase()).collect();
    let new = catalog::lay_out(&Lite, schema, old, &tables);
    // Checked before anything is changed.
    let wanted = indexes(&new)?;

    let mut steps = Vec::new();
    match old {
        None => steps.extend(table(&new)),
        Some(old) => {
            let had = indexes(old)?;
            steps.extend(had.iter().filter(|index| !wanted.contains(index)).flat_map(Index::drop));
            steps.extend(columns(old, &new));
            steps.extend(joins(old, &new));
        }
    }
    if old.is_none() {
        steps.extend(new.joins.values().flat_map(|join| join_table(join)));
    }
    let had = old.map(indexes).transpose()?.unwrap_or_default();
    steps.extend(wanted.iter().filter(|index| !had.contains(index)).flat_map(Index::make));
    let mut save = Statement::new("INSERT OR REPLACE INTO \"_SCHEMA\" VALUES (");
    save.bind(&Lite, schema.class.as_str()).push(", ");
    save.bind(&Lite, Arg::Text(catalog::json(&new).to_string())).push(", 1)");
    steps.push(save);
    transact(connection, steps).await.map_err(|fault| named(fault, &new))?;
    Ok(Some(new))
}

/// Makes the indexes that the database lacks, as after an upgrade. What can't be made is told, and nothing else fails.
pub(super) async fn complete(connection: &mut SqliteConnection, layouts: &Layouts) {
    let text = "SELECT name FROM sqlite_schema WHERE type IN ('index', 'table')";
    let there: BTreeSet<String> = match run::texts(connection, Statement::new(text)).await {
        Ok(names) => names.iter().map(|name| quoted(name)).collect(),
        Err(fault) => {
            tracing::warn!(error = %fault.error, "missing indexes can't be looked for");
            return;
        }
    };
    for layout in layouts.values() {
        let class = layout.schema.class.as_str();
        for index in indexes(layout).into_iter().flatten().filter(|index| !there.contains(&index.name)) {
            match transact(connection, index.make().collect()).await {
                Ok(()) => tracing::info!(class, index = index.name, "an index that was missing is made"),
                Err(fault) => tracing::warn!(
                    class, index = index.name, error = %fault.error,
                    "an index can't be made: look-ups in the class read all of it until the next start can make it"
                ),
            }
        }
    }
}

/// Drops a class with its rows and join rows.
pub(super) async fn drop(connection: &mut SqliteConnection, layout: &Layout) -> Result<(), Fault> {
    let elements = layout.columns.iter().filter_map(|column| column.elements.as_ref());
    let tables = layout.joins.values().chain([&layout.table]).chain(elements);
    let mut steps: Vec<Statement> =
        tables.map(|table| text(format!("DROP TABLE {}", quoted(table)))).collect();
    let mut forget = Statement::new("DELETE FROM \"_SCHEMA\" WHERE \"className\" = ");
    forget.bind(&Lite, layout.schema.class.as_str());
    steps.push(forget);
    transact(connection, steps).await
}

async fn transact(connection: &mut SqliteConnection, steps: Vec<Statement>) -> Result<(), Fault> {
    run::word(connection, "BEGIN IMMEDIATE").await?;
    let done = async {
        for step in steps {
            run::execute(connection, step).await?;
        }
        run::word(connection, "COMMIT").await
    }
    .await;
    if done.is_err() {
        // The database may have rolled back itself.
        run::word(connection, "ROLLBACK").await.ok();
    }
    done
}

/// A statement that isn't worth keeping prepared.
fn text(text: String) -> Statement {
    Statement { text, args: Vec::new(), rare: true }
}

/// Types never change: their values would lose their meaning.
fn compatible(old: Option<&Layout>, schema: &Schema) -> Result<(), Error> {
    for (name, field) in &schema.fields {
        if head(&Lite).contains(&name.as_str()) {
            return Err(Error::Conflict(format!("{name} is a field of every class")));
        }
        match old.and_then(|old| old.schema.fields.get(name)) {
            Some(known) if known.kind != field.kind => {
                let kind = known.kind.describe();
                return Err(Error::Conflict(format!("{}.{name} exists with the type {kind}", schema.class)));
            }
            _ => {}
        }
    }
    Ok(())
}

fn table(new: &Layout) -> Vec<Statement> {
    let mut words = format!(
        "CREATE TABLE {} (\"objectId\" TEXT PRIMARY KEY NOT NULL, \"createdAt\" INTEGER NOT NULL, \
         \"updatedAt\" INTEGER NOT NULL, \"_rperm\" TEXT, \"_wperm\" TEXT, \"_nulls\" TEXT",
        new.quoted_table()
    );
    for column in &new.columns {
        words.push_str(&format!(
            ", {} {}",
            column.quoted,
            Lite.column_type(&column.kind).unwrap_or_default()
        ));
    }
    words.push(')');
    vec![text(words)]
}

fn columns(old: &Layout, new: &Layout) -> Vec<Statement> {
    let table = new.quoted_table();
    let mut steps = Vec::new();
    for gone in old.schema.fields.keys().filter(|name| !new.schema.fields.contains_key(*name)) {
        if let Some(column) = old.column(gone) {
            steps.push(text(format!("ALTER TABLE {table} DROP COLUMN {}", column.quoted)));
        }
        // A field of this name that comes later must not begin with nulls.
        let mut forget = Statement::new("UPDATE ");
        forget
            .push(&table)
            .push(" SET \"_nulls\" = nullif((SELECT json_group_array(value) FROM json_each(\"_nulls\")");
        forget.push(" WHERE value <> ").bind(&Lite, gone.as_str()).push("), '[]') WHERE instr(\"_nulls\", ");
        forget.bind(&Lite, Arg::Text(format!("\"{gone}\""))).push(") > 0");
        steps.push(forget);
    }
    for column in new.columns.iter().filter(|column| old.column(&column.field).is_none()) {
        let kind = Lite.column_type(&column.kind).unwrap_or_default();
        steps.push(text(format!("ALTER TABLE {table} ADD COLUMN {} {kind}", column.quoted)));
    }
    steps
}

fn joins(old: &Layout, new: &Layout) -> Vec<Statement> {
    let gone = old.joins.iter().filter(|(name, _)| !new.joins.contains_key(*name));
    let gone = gone.map(|(_, join)| text(format!("DROP TABLE {}", quoted(join))));
    let come = new.joins.iter().filter(|(name, _)| !old.joins.contains_key(*name));
    gone.chain(come.flat_map(|(_, join)| join_table(join))).collect()
}

fn join_table(join: &str) -> Vec<Statement> {
    let (table, index) = (quoted(join), quoted(&format!("{join}:related")));
    vec![
        text(format!(
            "CREATE TABLE {table} (\"owningId\" TEXT NOT NULL, \"relatedId\" TEXT NOT NULL, \
             PRIMARY KEY (\"owningId\", \"relatedId\")) WITHOUT ROWID"
        )),
        text(format!("CREATE INDEX {index} ON {table} (\"relatedId\")")),
    ]
}

/// An index as the database has it.
#[derive(PartialEq, Eq)]
struct Index {
    name: String,
    make: Vec<String>,
    drop: Vec<String>,
}

impl Index {
    /// One of the database's own kind.
    fn plain(name: String, layout: &Layout, word: &str, parts: &[String]) -> Index {
        let name = quoted(&name);
        let make = format!("CREATE {word} {name} ON {} ({})", layout.quoted_table(), parts.join(", "));
        Index { make: vec![make], drop: vec![format!("DROP INDEX {name}")], name }
    }

    /// A table of the elements of lists, which triggers keep.
    fn elements(layout: &Layout, column: &Column, elements: &str) -> Index {
        let (name, table, list) = (quoted(elements), layout.quoted_table(), &column.quoted);
        let of = |row: &str| {
            format!(
                "SELECT e.type, e.value, {row}.\"objectId\" FROM json_each({row}.{list}) AS e \
                 WHERE e.type IN ('text', 'integer', 'true', 'false', 'object')"
            )
        };
        let add = |row: &str| format!("INSERT OR IGNORE INTO {name} {}", of(row));
        let remove =
            format!("DELETE FROM {name} WHERE (\"type\", \"value\", \"objectId\") IN ({})", of("old"));
        let changed = format!("WHEN new.{list} IS NOT old.{list}");
        let triggers = [
            ("added", "INSERT".to_owned(), String::new(), add("new")),
            ("changed", format!("UPDATE OF {list}"), changed, format!("{remove}; {}", add("new"))),
            ("removed", "DELETE".to_owned(), String::new(), remove.clone()),
        ];
        let trigger = |word: &str| quoted(&format!("{elements}:{word}"));
        let mut make = vec![format!(
            "CREATE TABLE {name} (\"type\" TEXT NOT NULL, \"value\" NOT NULL, \"objectId\" TEXT NOT NULL, \
             PRIMARY KEY (\"type\", \"value\", \"objectId\")) WITHOUT ROWID"
        )];
        for (word, event, when, body) in &triggers {
            make.push(format!(
                "CREATE TRIGGER {} AFTER {event} ON {table} {when} BEGIN {body}; END",
                trigger(word)
            ));
        }
        make.push(format!(
            "INSERT OR IGNORE INTO {name} SELECT e.type, e.value, t.\"objectId\" FROM {table} AS t, \
             json_each(t.{list}) AS e WHERE e.type IN ('text', 'integer', 'true', 'false', 'object')"
        ));
        let mut drop: Vec<String> =
            triggers.iter().map(|(word, ..)| format!("DROP TRIGGER {}", trigger(word))).collect();
        drop.push(format!("DROP TABLE {name}"));
        Index { make, drop, name }
    }

    fn make(&self) -> impl Iterator<Item = Statement> {
        self.make.iter().cloned().map(text)
    }

    fn drop(&self) -> impl Iterator<Item = Statement> {
        self.drop.iter().cloned().map(text)
    }
}

/// Every index of a class. Their names can't meet those of tables, nor each other when case is ignored.
fn indexes(layout: &Layout) -> Result<Vec<Index>, Error> {
    let mut indexes = Vec::new();
    for Unique { fields, ignore_case } in &layout.schema.unique {
        let mut names = Vec::new();
        let mut parts = Vec::new();
        for field in fields {
            let column = column(layout, field)?;
            let folds = *ignore_case && column.kind == FieldType::String;
            names.push(column.name.as_str());
            parts.push(if folds {
                format!("{} COLLATE {FOLD}", column.quoted)
            } else {
                column.quoted.clone()
            });
        }
        let (table, named) = (&layout.table, names.join(","));
        let fold = if *ignore_case { "_fold" } else { "" };
        indexes.push(Index::plain(format!("{table}:unique_{named}{fold}"), layout, "UNIQUE INDEX", &parts));
        if *ignore_case {
            // One that folds letters serves no look-up that is exact.
            let exact = fields.iter().map(|field| Ok(column(layout, field)?.quoted.clone()));
            let exact = exact.collect::<Result<Vec<_>, Error>>()?;
            indexes.push(Index::plain(format!("{table}:exact_{named}"), layout, "INDEX", &exact));
        }
    }
    for column in lookup::fields(&layout.schema.class).iter().filter_map(|field| layout.column(field)) {
        let name = format!("{}:find_{}", layout.table, column.name);
        indexes.push(Index::plain(name, layout, "INDEX", std::slice::from_ref(&column.quoted)));
    }
    for column in &layout.columns {
        indexes.extend(column.elements.iter().map(|elements| Index::elements(layout, column, elements)));
    }
    for (name, fields) in &layout.schema.indexes {
        if fields.keys().all(|field| matches!(field.as_str(), "_id" | "objectId")) {
            // Every table has it.
            continue;
        }
        if name.contains('\0') {
            return Err(Error::Unsupported("an index of this name"));
        }
        let mut parts = Vec::new();
        for (field, kind) in fields.iter() {
            let column = column(layout, field)?;
            match kind {
                IndexKind::Ascending | IndexKind::Descending if column.kind == FieldType::GeoPoint => {
                    parts.extend(place(&column.quoted));
                }
                IndexKind::Ascending => parts.push(column.quoted.clone()),
                IndexKind::Descending => parts.push(format!("{} DESC", column.quoted)),
                IndexKind::Named(name) if name.starts_with("2d") && column.kind == FieldType::GeoPoint => {
                    parts.extend(place(&column.quoted));
                }
                // Words are searched for in the texts themselves.
                IndexKind::Named(_) => {}
            }
        }
        let is_elements = fields.keys().len() == 1
            && layout
                .columns
                .iter()
                .any(|column| column.elements.is_some() && fields.keys().eq([column.field.as_str()]));
        if !parts.is_empty() && !is_elements {
            let name = format!("{}:index_{}", layout.table, lowered(name));
            indexes.push(Index::plain(name, layout, "INDEX", &parts));
        }
    }
    Ok(indexes)
}

/// An index's name as Parse has it; one that Parse has no name for keeps its own.
pub(super) fn told(layout: &Layout, index: &str) -> String {
    if index.starts_with("sqlite_autoindex_") {
        return "_id_".to_owned();
    }
    let lists = layout.columns.iter().find(|column| column.elements.as_deref() == Some(index));
    let named = index.strip_prefix(&format!("{}:index_", layout.table));
    let found = layout.schema.indexes.iter().find(|(name, fields)| match lists {
        Some(column) => fields.keys().eq([column.field.as_str()]),
        None => named == Some(&lowered(name)),
    });
    found.map_or(index, |(name, _)| name).to_owned()
}

/// The column that an index names, in Parse's words or in those of its MongoDB layout.
fn column<'a>(layout: &'a Layout, field: &str) -> Result<&'a Column, Error> {
    let field = match field {
        "_id" => "objectId",
        "_created_at" => "createdAt",
        "_updated_at" => "updatedAt",
        other => other.strip_prefix("_p_").unwrap_or(other),
    };
    layout.column(field).ok_or(Error::Unsupported("an index on a field that the class lacks"))
}

/// A name of small letters, different for different names.
fn lowered(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() || c == '^' {
            out.push('^');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
