//! Classes made, changed and dropped, each in a transaction of its own.

use std::{collections::BTreeSet, sync::Arc};

use model::Schema;
use sqlx::SqliteConnection;
use storage::Error;

use super::{
    Lite,
    index::{self, Index},
    run,
    write::named,
};
use crate::{
    arg::Arg,
    catalog,
    dialect::Dialect as _,
    error::Fault,
    layout::{Layout, Layouts, head},
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
    let wanted = index::wanted(&new)?;

    let mut steps = Vec::new();
    match old {
        None => steps.extend(table(&new)),
        Some(old) => {
            let had = index::wanted(old)?;
            steps.extend(had.iter().filter(|index| !wanted.contains(index)).flat_map(Index::drop));
            steps.extend(columns(old, &new));
            steps.extend(joins(old, &new));
        }
    }
    if old.is_none() {
        steps.extend(new.joins.values().flat_map(|join| join_table(join)));
    }
    let had = old.map(index::wanted).transpose()?.unwrap_or_default();
    steps.extend(wanted.iter().filter(|index| !had.contains(index)).flat_map(Index::make));
    let mut save = Statement::new("INSERT OR REPLACE INTO \"_SCHEMA\" VALUES (");
    save.bind(&Lite, schema.class.as_str()).push(", ");
    save.bind(&Lite, Arg::Text(catalog::json(&new).to_string())).push(", 1)");
    steps.push(save);
    transact(connection, steps).await.map_err(|fault| named(fault, &new))?;
    Ok(Some(new))
}

/// Drops a class with its rows and join rows.
pub(super) async fn drop(connection: &mut SqliteConnection, layout: &Layout) -> Result<(), Fault> {
    let elements = layout.columns.iter().filter_map(|column| column.elements.as_ref());
    let tables = layout.joins.values().chain([&layout.table]).chain(elements);
    let mut steps: Vec<Statement> =
        tables.map(|table| text(format!("DROP TABLE IF EXISTS {}", quoted(table)))).collect();
    let mut forget = Statement::new("DELETE FROM \"_SCHEMA\" WHERE \"className\" = ");
    forget.bind(&Lite, layout.schema.class.as_str());
    steps.push(forget);
    transact(connection, steps).await
}

/// Runs statements, all or none.
pub(super) async fn transact(connection: &mut SqliteConnection, steps: Vec<Statement>) -> Result<(), Fault> {
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
pub(super) fn text(text: String) -> Statement {
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
    let gone = gone.map(|(_, join)| text(format!("DROP TABLE IF EXISTS {}", quoted(join))));
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
