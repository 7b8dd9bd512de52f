//! Classes made, changed and dropped, each in a transaction of its own.

use std::{collections::BTreeSet, sync::Arc};

use model::{ClassName, FieldType, Schema, Unique};
use serde_json::{Value as Json, json};
use storage::Error;

use super::{
    Pg, catalog,
    connect::Server,
    decode,
    fault::Fault,
    found::{self, Found, Table},
    helper, index, run,
    wire::Wire,
};
use crate::{
    arg::Arg,
    catalog::lay_out,
    dialect::Dialect as _,
    layout::{Layout, Layouts, head},
    row,
    statement::{Statement, quoted},
};

/// The channel on which servers tell each other that a class changed; parse-server's, so that it listens, too.
pub(super) const CHANNEL: &str = "schema.change";

/// Makes servers change classes one after the other.
const LOCK: &str = "SELECT pg_advisory_xact_lock(hashtext('parapet.schema.' || current_schema()))";

/// Makes the table of classes if it is missing.
pub(super) async fn prepare(connection: &mut Wire) -> Result<(), Fault> {
    let text = "SELECT count(*) FROM pg_class WHERE relname = '_SCHEMA' AND relnamespace = current_schema()::regnamespace";
    if run::number(connection, Statement::new(text)).await? > 0 {
        return Ok(());
    }
    let make = "CREATE TABLE IF NOT EXISTS \"_SCHEMA\" (\"className\" varChar(120), \"schema\" jsonb, \
        \"isParseClass\" bool, PRIMARY KEY (\"className\"))";
    run::words(connection, &format!("BEGIN; {LOCK}; {make}; COMMIT")).await
}

/// Reads every class that the database knows.
pub(super) async fn read(connection: &mut Wire, server: &Server) -> Result<Layouts, Fault> {
    let found = found::look(connection).await?;
    let mut layouts = Layouts::new();
    let text = "SELECT \"className\"::text, \"schema\" FROM \"_SCHEMA\"";
    for row in run::all(connection, Statement::new(text)).await? {
        let class = decode::text(&row, 0)?;
        match catalog::layout(class, &parsed(&row, 1)?, &found, server) {
            Some(layout) => {
                layouts.insert(layout.schema.class.clone(), Arc::new(layout));
            }
            None => tracing::warn!(class, "a class isn't understood and left alone"),
        }
    }
    Ok(layouts)
}

fn parsed(row: &sqlx::postgres::PgRow, at: usize) -> Result<Json, Fault> {
    let text = decode::cell(row, at)?.and_then(|cell| cell.json()).unwrap_or("null");
    Ok(serde_json::from_str(text).map_err(|_| row::unreadable())?)
}

/// Brings a class to a state, and answers what it is then: others may have changed it since the caller was told of it.
pub(super) async fn put(
    connection: &mut Wire,
    server: &Server,
    layouts: &Layouts,
    told: Option<&Schema>,
    wanted: &Schema,
) -> Result<Layout, Fault> {
    if let Some(name) = wanted.fields.keys().find(|name| head(&Pg).contains(&name.as_str())) {
        return Err(Error::Conflict(format!("{name} is a field of every class")).into());
    }
    begin(connection).await?;
    let done = put_inside(connection, server, layouts, told, wanted).await;
    end(connection, done).await
}

async fn begin(connection: &mut Wire) -> Result<(), Fault> {
    // An index on a large table takes its time; the wait for other servers' changes has its limits.
    match run::words(connection, &format!("BEGIN; {LOCK}; SET LOCAL statement_timeout = 0")).await {
        Ok(()) => Ok(()),
        refused => end(connection, refused).await,
    }
}

async fn end<T>(connection: &mut Wire, done: Result<T, Fault>) -> Result<T, Fault> {
    match done {
        Ok(done) => run::words(connection, "COMMIT").await.map(|()| done),
        // Nothing is heard of it any more: the server undoes what it was in the middle of.
        Err(fault) if fault.broken => Err(fault),
        Err(fault) => {
            let undone = run::words(connection, "ROLLBACK").await;
            Err(Fault { broken: undone.is_err(), ..fault })
        }
    }
}

async fn put_inside(
    connection: &mut Wire,
    server: &Server,
    layouts: &Layouts,
    told: Option<&Schema>,
    wanted: &Schema,
) -> Result<Layout, Fault> {
    let class = &wanted.class;
    let found = found::look(connection).await?;
    let mut ask = Statement::new("SELECT \"schema\" FROM \"_SCHEMA\" WHERE \"className\" = ");
    ask.bind(&Pg, class.as_str());
    let before = match run::first(connection, ask).await? {
        Some(row) => {
            let json = parsed(&row, 0)?;
            catalog::layout(class, &json, &found, server).map(|layout| (layout, json))
        }
        None => None,
    };
    let old = before.as_ref().map(|(layout, _)| layout);
    let merged = storage::merge(told, old.map(|old| &old.schema), wanted)?;
    let mut new = lay_out(&Pg, &merged, old, &taken(&found, layouts, class));
    if let Some(table) = found.tables.get(&new.table) {
        catalog::mark(&mut new, table, server);
    }
    let (steps, indexes) = steps(server, &found, old, &new)?;
    for step in steps {
        run::words(connection, &step).await?;
    }
    for index in indexes {
        run::work(connection, &index).await.map_err(|fault| named(fault, &merged))?;
    }
    let json = catalog::json(&new, before.as_ref().map(|(layout, json)| (layout, json.clone())));
    let mut save =
        Statement::new("INSERT INTO \"_SCHEMA\" (\"className\", \"schema\", \"isParseClass\") VALUES (");
    save.bind(&Pg, class.as_str()).push(", ").bind(&Pg, Arg::Json(json.to_string()));
    save.push(", true) ON CONFLICT (\"className\") DO UPDATE SET \"schema\" = EXCLUDED.\"schema\"");
    run::execute(connection, save).await?;
    tell(connection, server).await?;
    let found = found::look(connection).await?;
    Ok(catalog::layout(class, &json, &found, server).ok_or_else(row::unreadable)?)
}

/// Drops a class with its rows and join rows.
pub(super) async fn drop(connection: &mut Wire, server: &Server, layout: &Layout) -> Result<(), Fault> {
    begin(connection).await?;
    let done = async {
        for table in layout.joins.values().chain([&layout.table]) {
            run::words(connection, &format!("DROP TABLE IF EXISTS {}", quoted(table))).await?;
        }
        let mut forget = Statement::new("DELETE FROM \"_SCHEMA\" WHERE \"className\" = ");
        forget.bind(&Pg, layout.schema.class.as_str());
        run::execute(connection, forget).await?;
        tell(connection, server).await
    }
    .await;
    end(connection, done).await
}

/// Tells the other servers, once the transaction stands.
async fn tell(connection: &mut Wire, server: &Server) -> Result<(), Fault> {
    let mut notify = Statement::new("SELECT pg_notify(");
    notify.bind(&Pg, CHANNEL).push(", ");
    notify.bind(&Pg, json!({"senderId": server.node}).to_string().as_str()).push(")");
    run::execute(connection, notify).await.map(|_| ())
}

/// The names that new tables can't have. Tables of this class's name that belong to no class are taken over, as
/// parse-server does.
fn taken(found: &Found, layouts: &Layouts, class: &ClassName) -> BTreeSet<String> {
    let owned = |name: &str| {
        let mut all = layouts.values().filter(|layout| layout.schema.class != *class);
        all.any(|layout| layout.table == name || layout.joins.values().any(|join| join == name))
    };
    let (table, suffix) = (Pg.names().cut(class), format!(":{class}"));
    let mine = |name: &str| name == table || (name.starts_with("_Join:") && name.ends_with(&suffix));
    let free = |name: &&String| found.tables.contains_key(*name) && mine(name) && !owned(name);
    found.taken.iter().filter(|name| !free(name)).cloned().collect()
}

/// What leads from the old state of the tables to the new one, and the indexes that are made then.
fn steps(
    server: &Server,
    found: &Found,
    old: Option<&Layout>,
    new: &Layout,
) -> Result<(Vec<String>, Vec<String>), Error> {
    let mut steps = Vec::new();
    let table = found.tables.get(&new.table);
    if let Some(old) = old {
        steps.extend(dropped(old, new, table));
    }
    steps.extend(made(server, table, new));
    for (name, join) in &new.joins {
        if old.is_none_or(|old| !old.joins.contains_key(name)) {
            steps.push(join_table(join));
        }
    }
    let mut indexes = Vec::new();
    let mut taken = found.taken.clone();
    taken.extend(new.joins.values().chain([&new.table]).cloned());
    for group in
        new.schema.unique.iter().filter(|group| old.is_none_or(|old| !old.schema.unique.contains(group)))
    {
        indexes.extend(index::unique(new, table, group, &mut taken)?);
    }
    for (name, fields) in &new.schema.indexes {
        if old.is_none_or(|old| !old.schema.indexes.contains_key(name)) {
            indexes.extend(index::plain(new, table, name, fields, &mut taken)?);
        }
    }
    // What was missing before is made beside the requests, see `complete`.
    let had = old.map(helper::wanted).unwrap_or_default();
    for helper in helper::wanted(new) {
        if helper.comes_along() && !had.contains(&helper) && !helper.is_there(found) {
            indexes.push(helper.make(new, &mut taken, ""));
        }
    }
    Ok((steps, indexes))
}

fn dropped(old: &Layout, new: &Layout, table: Option<&Table>) -> Vec<String> {
    let mut steps = Vec::new();
    for index in table.into_iter().flat_map(|table| &table.indexes) {
        let group = catalog::group(old, index);
        let gone = group.is_some_and(|group| !new.schema.unique.contains(&group));
        let unnamed = old.schema.indexes.keys().any(|name| {
            !new.schema.indexes.contains_key(name)
                && (index.name == *name || index.name == index::own_name(old, name))
        });
        if gone || unnamed {
            steps.push(format!("DROP INDEX IF EXISTS {}", quoted(&index.name)));
        }
    }
    steps.extend(table.into_iter().flat_map(|table| helper::dropped(old, new, table)));
    for gone in old.columns.iter().filter(|column| new.column(&column.field).is_none()) {
        steps.push(format!("ALTER TABLE {} DROP COLUMN IF EXISTS {}", new.quoted_table(), gone.quoted));
    }
    for (_, join) in old.joins.iter().filter(|(name, _)| !new.joins.contains_key(*name)) {
        steps.push(format!("DROP TABLE IF EXISTS {}", quoted(join)));
    }
    steps
}

/// The table with its columns, or the columns that it lacks.
fn made(server: &Server, table: Option<&Table>, new: &Layout) -> Vec<String> {
    let plain = |name: &str, kind: &FieldType| {
        let words = Pg.column_type(kind).unwrap_or_default();
        let by_code_point = server.by_code_point || words != "text" || folds(&new.schema, name);
        (quoted(name), format!("{words}{}", if by_code_point { "" } else { " COLLATE \"C\"" }))
    };
    let fixed =
        [("objectId", FieldType::String), ("createdAt", FieldType::Date), ("updatedAt", FieldType::Date)];
    let mut columns: Vec<(String, String)> = fixed.iter().map(|(name, kind)| plain(name, kind)).collect();
    columns.extend(["_rperm", "_wperm"].map(|name| (quoted(name), "text[]".to_owned())));
    columns.extend(new.columns.iter().map(|column| plain(&column.name, &column.kind)));
    if new.schema.class == *"_User" {
        let known = |name: &str| new.columns.iter().any(|column| column.name == name);
        columns.extend(
            catalog::HIDDEN.iter().filter(|(name, _)| !known(name)).map(|(name, kind)| plain(name, kind)),
        );
    }
    match table {
        None => {
            let list: Vec<String> = columns.iter().map(|(name, kind)| format!("{name} {kind}")).collect();
            let list = list.join(", ");
            vec![format!("CREATE TABLE {} ({list}, PRIMARY KEY (\"objectId\"))", new.quoted_table())]
        }
        Some(table) => {
            let lacks =
                |(name, _): &&(String, String)| !table.columns.keys().any(|known| quoted(known) == *name);
            let add = |(name, kind): &(String, String)| format!("ADD COLUMN IF NOT EXISTS {name} {kind}");
            let added: Vec<String> = columns.iter().filter(lacks).map(add).collect();
            if added.is_empty() {
                return Vec::new();
            }
            vec![format!("ALTER TABLE {} {}", new.quoted_table(), added.join(", "))]
        }
    }
}

/// Whether a column is in a group that ignores case: the database's own collation says what small letters are.
fn folds(schema: &Schema, column: &str) -> bool {
    schema.unique.iter().any(|group| group.ignore_case && group.fields.iter().any(|field| *field == *column))
}

fn join_table(join: &str) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {} (\"relatedId\" varChar(120), \"owningId\" varChar(120), \
         PRIMARY KEY (\"relatedId\", \"owningId\"))",
        quoted(join)
    )
}

/// Says the fields of the group that can't be made, because values repeat.
fn named(fault: Fault, schema: &Schema) -> Fault {
    match (&fault.error, &fault.index) {
        (Error::Duplicate { .. }, Some(index)) => {
            let names = |group: &&Unique| {
                let mut names: Vec<&str> = group.fields.iter().map(|field| field.as_str()).collect();
                names.sort_unstable();
                index.contains(&names.join("_"))
            };
            let group = schema.unique.iter().filter(names).max_by_key(|group| group.fields.len());
            let fields: Vec<String> = group
                .map(|group| group.fields.iter().map(|field| field.as_str().to_owned()).collect())
                .unwrap_or_default();
            let class = schema.class.as_str();
            tracing::error!(
                class,
                ?fields,
                "values repeat that must differ: make them different, then try again"
            );
            Fault { error: Error::Duplicate { fields }, ..fault }
        }
        _ => fault,
    }
}
