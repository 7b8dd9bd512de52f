//! One change carried out on the writing connection, inside a transaction.

use std::sync::Arc;

use model::{Date, Filter, Limit, Object, ObjectId, Schema, Update};
use sqlx::SqliteConnection;
use storage::{Error, Wish, Write, Written};

use super::{Lite, run};
use crate::{
    arg::Arg,
    compile,
    delete::delete,
    error::Fault,
    layout::{Layout, Layouts},
    load, row,
    statement::{Statement, quoted},
};

/// Whether a change runs more than one statement that changes rows, so that a failure in the middle needs undoing.
pub(super) fn is_compound(writes: &[Write]) -> bool {
    match writes {
        [] => false,
        [Write::Insert { .. } | Write::Update { .. } | Write::Delete { .. }] => false,
        [Write::Relate { add, remove, .. }] => !add.is_empty() && !remove.is_empty(),
        _ => true,
    }
}

/// Carries one change out.
pub(super) async fn carry_out(
    connection: &mut SqliteConnection,
    layouts: &Layouts,
    write: &Write,
) -> Result<Written, Fault> {
    match write {
        Write::Insert { schema, object } => insert(connection, layout(layouts, schema)?, object).await,
        Write::Update { schema, filter, update: changes, at } => {
            update(connection, layouts, layout(layouts, schema)?, filter, changes, *at).await
        }
        Write::Delete { schema, filter, must_exist } => {
            delete(connection, layouts, &schema.class, filter, *must_exist, "").await
        }
        Write::Relate { schema, key, owner, add, remove } => {
            relate(connection, layout(layouts, schema)?, key, owner, add, remove).await
        }
    }
}

fn layout<'a>(layouts: &'a Layouts, schema: &Schema) -> Result<&'a Arc<Layout>, Fault> {
    layouts
        .get(&schema.class)
        .ok_or_else(|| Error::Conflict(format!("there is no class {} now", schema.class)).into())
}

async fn insert(
    connection: &mut SqliteConnection,
    layout: &Layout,
    object: &Object,
) -> Result<Written, Fault> {
    let mut statement = Statement::new(&layout.insert);
    statement.args = row::args(&Lite, layout, object)?;
    run::execute(connection, statement).await.map_err(|fault| named(fault, layout))?;
    Ok(Written::Inserted)
}

async fn update(
    connection: &mut SqliteConnection,
    layouts: &Layouts,
    layout: &Layout,
    filter: &Filter,
    update: &Update,
    at: Date,
) -> Result<Written, Fault> {
    let wish = Wish { limit: Limit::Rows(1), ..Wish::all(filter) };
    let mut object = load::find(connection, layouts, layout, wish, "").await?.pop().ok_or(Error::NotFound)?;
    object.apply(update).map_err(|error| Error::Mismatch { field: error.field, expected: error.expected })?;
    object.updated_at = at;

    row::known(&Lite, layout, &object)?;
    let mut set = vec![("\"updatedAt\"", Arg::Int(at.ms())), ("\"_nulls\"", row::nulls(&object))];
    if update.acl.is_some() {
        let marks = row::marks(&Lite, object.acl.as_ref());
        set.extend([("\"_rperm\"", marks.readers), ("\"_wperm\"", marks.writers)]);
    }
    for field in update.roots() {
        // What has no column is a relation, or was deleted or set to null: nothing to store.
        if let Some(column) = layout.column(field) {
            set.push((&column.quoted, row::arg(&Lite, layout, &object, field)?));
        }
    }
    let statement = compile::update(&Lite, layout, set, &object.id);
    run::execute(connection, statement).await.map_err(|fault| named(fault, layout))?;
    Ok(Written::Updated(Box::new(object)))
}

async fn relate(
    connection: &mut SqliteConnection,
    layout: &Layout,
    key: &str,
    owner: &ObjectId,
    add: &[ObjectId],
    remove: &[ObjectId],
) -> Result<Written, Fault> {
    let class = &layout.schema.class;
    let join =
        layout.joins.get(key).ok_or_else(|| Error::Conflict(format!("{class} has no relation {key} now")))?;
    if !add.is_empty() {
        let mut statement = Statement::new("INSERT OR IGNORE INTO ");
        statement
            .push(&quoted(join))
            .push(" (\"owningId\", \"relatedId\") SELECT ")
            .bind(&Lite, owner.as_str());
        statement.push(", value FROM json_each(").bind(&Lite, list(add)).push(")");
        run::execute(connection, statement).await?;
    }
    if !remove.is_empty() {
        let mut statement = Statement::new("DELETE FROM ");
        statement
            .push(&quoted(join))
            .push(" WHERE \"owningId\" = ")
            .bind(&Lite, owner.as_str())
            .push(" AND ");
        statement.within(&Lite, "\"relatedId\"", remove);
        run::execute(connection, statement).await?;
    }
    Ok(Written::Related)
}

fn list(ids: &[ObjectId]) -> Arg {
    let ids: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
    Arg::Text(serde_json::to_string(&ids).unwrap_or_default())
}

/// Says a unique group's fields where the database named its columns.
pub(super) fn named(fault: Fault, layout: &Layout) -> Fault {
    match fault.error {
        Error::Duplicate { .. } => {
            let fields = fault.columns.iter().filter_map(|column| layout.field_of(column));
            let fields = fields.map(|field| field.as_str().to_owned()).collect();
            Fault { error: Error::Duplicate { fields }, ..fault }
        }
        _ => fault,
    }
}
