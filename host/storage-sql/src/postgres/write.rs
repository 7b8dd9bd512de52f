//! One change carried out on a connection.

use std::collections::BTreeMap;

use model::{ClassName, Date, Filter, Limit, Object, ObjectId, Op, Schema, Test, Update, Value};
use storage::{Error, Wish, Write, Written};

use super::{Pg, decode, fault::Fault, run, wire::Wire};
use crate::{
    arg::Arg,
    compile,
    delete::delete,
    dialect::Dialect as _,
    layout::{Column, Layout, Layouts},
    load, row,
    statement::{Statement, quoted},
};

/// Whether changes need a transaction around them; a statement alone is one by itself.
pub(super) fn is_compound(layouts: &Layouts, writes: &[Write]) -> bool {
    match writes {
        [] | [Write::Insert { .. }] => false,
        [Write::Update { schema, filter, update, .. }] => {
            layouts.get(&schema.class).is_some_and(|layout| plan(layouts, layout, filter, update).is_none())
        }
        [Write::Delete { schema, filter, .. }] => layouts.get(&schema.class).is_some_and(|layout| {
            compile::condition(&Pg, layouts, layout, filter).is_ok_and(|condition| !condition.exact)
        }),
        [Write::Relate { add, remove, .. }] => !add.is_empty() && !remove.is_empty(),
        _ => true,
    }
}

/// Carries one change out.
pub(super) async fn carry_out(
    connection: &mut Wire,
    layouts: &Layouts,
    write: &Write,
) -> Result<Written, Fault> {
    match write {
        Write::Insert { schema, object } => insert(connection, layout(layouts, schema)?, object).await,
        Write::Update { schema, filter, update: changes, at } => {
            update(connection, layouts, layout(layouts, schema)?, filter, changes, *at).await
        }
        Write::Delete { schema, filter, must_exist } => {
            delete(connection, layouts, &schema.class, filter, *must_exist, " FOR UPDATE").await
        }
        Write::Relate { schema, key, owner, add, remove } => {
            relate(connection, layout(layouts, schema)?, key, owner, add, remove).await
        }
    }
}

/// A class that isn't known may have been made by another server a moment ago.
fn layout<'a>(layouts: &'a Layouts, schema: &Schema) -> Result<&'a Layout, Fault> {
    let gone = || Error::Conflict(format!("there is no class {} now", schema.class));
    layouts.get(&schema.class).map(AsRef::as_ref).ok_or_else(|| Fault { stale: true, ..gone().into() })
}

/// Says that a field isn't known; another server may have added it a moment ago.
fn unknown(error: Error) -> Fault {
    Fault { stale: matches!(error, Error::Conflict(_)), ..error.into() }
}

/// Locks the objects that changes name, always in one order, so that two who change the same ones don't wait for each other.
pub(super) async fn lock(connection: &mut Wire, layouts: &Layouts, writes: &[Write]) -> Result<(), Fault> {
    let mut named: BTreeMap<&ClassName, Vec<String>> = BTreeMap::new();
    for write in writes {
        if let Write::Update { schema, filter, .. } | Write::Delete { schema, filter, .. } = write
            && let Some(id) = named_one(filter)
        {
            named.entry(&schema.class).or_default().push(id.to_owned());
        }
    }
    if named.values().map(Vec::len).sum::<usize>() < 2 {
        return Ok(());
    }
    for (class, ids) in named {
        let Some(layout) = layouts.get(class) else { continue };
        let mut statement = Statement::new("SELECT FROM ");
        statement.push(&layout.quoted_table()).push(" WHERE \"objectId\" = ANY(").bind(&Pg, Arg::Texts(ids));
        statement.push(") ORDER BY \"objectId\" FOR UPDATE");
        run::execute(connection, statement).await?;
    }
    Ok(())
}

async fn insert(connection: &mut Wire, layout: &Layout, object: &Object) -> Result<Written, Fault> {
    let mut statement = Statement::new(&layout.insert);
    statement.args = row::args(&Pg, layout, object).map_err(unknown)?;
    run::execute(connection, statement).await?;
    Ok(Written::Inserted)
}

/// Changes that one statement carries out: what each column is set to.
struct Plan<'a> {
    condition: Statement,
    set: Vec<(&'a Column, Set)>,
}

enum Set {
    To(Arg),
    More(f64),
}

/// Plans an update that needs no look at the object before: an exact filter for one id, and operations on whole fields
/// whose outcome the database computes. `None` when it isn't so, and for what is an error: that is found on the long way.
fn plan<'a>(layouts: &Layouts, layout: &'a Layout, filter: &Filter, update: &Update) -> Option<Plan<'a>> {
    named_one(filter)?;
    let mut set = Vec::with_capacity(update.ops.len());
    for (path, op) in update.ops.iter().filter(|(_, op)| !op.is_relation()) {
        if path.is_dotted() {
            return None;
        }
        let column = layout.columns.iter().find(|column| column.field == *path.root());
        let to = match (op, column) {
            (Op::Delete | Op::Set(Value::Null), None) => continue,
            (_, None) => return None,
            (Op::Delete, Some(_)) => Set::To(Arg::Null),
            (Op::Set(value), Some(column)) => Set::To(Pg.stored(&column.kind, Some(value))?),
            (Op::Increment(amount), Some(column)) if column.kind == model::FieldType::Number => {
                Set::More(*amount)
            }
            _ => return None,
        };
        set.push((column?, to));
    }
    let condition = compile::condition(&Pg, layouts, layout, filter).ok()?;
    condition.exact.then_some(Plan { condition: condition.statement, set })
}

/// The id of the one object that a filter can pass at most, if it says so.
fn named_one(filter: &Filter) -> Option<&str> {
    // No id of the database has a NUL character.
    filter.named_id().filter(|id| !id.contains('\0'))
}

async fn update(
    connection: &mut Wire,
    layouts: &Layouts,
    layout: &Layout,
    filter: &Filter,
    update: &Update,
    at: Date,
) -> Result<Written, Fault> {
    let (condition, mut set) = match plan(layouts, layout, filter, update) {
        Some(plan) => {
            (plan.condition, plan.set.into_iter().map(|(column, to)| (column.quoted.as_str(), to)).collect())
        }
        None => looked_up(connection, layouts, layout, filter, update).await?,
    };
    set.push(("\"updatedAt\"", Set::To(Pg.moment(at))));
    if update.acl.is_some() {
        let marks = row::marks(&Pg, update.acl.as_ref().and_then(Option::as_ref));
        set.extend([("\"_rperm\"", Set::To(marks.readers)), ("\"_wperm\"", Set::To(marks.writers))]);
    }
    let sum = set.iter().find(|(_, to)| matches!(to, Set::More(_))).map(|(column, _)| *column);
    let summed = sum.and_then(|sum| layout.columns.iter().find(|column| column.quoted == sum));
    // The condition's place-holders are numbered first, wherever they stand.
    let mut statement = Statement::new("UPDATE ");
    statement.args = condition.args;
    statement.rare = condition.rare;
    statement.push(&layout.quoted_table()).push(" SET ");
    for (at, (column, to)) in set.into_iter().enumerate() {
        statement.push(if at > 0 { ", " } else { "" }).push(column).push(" = ");
        match to {
            Set::To(arg) => statement.bind(&Pg, arg),
            Set::More(amount) => {
                statement.push("coalesce(").push(column).push(", 0) + ").bind(&Pg, Arg::Real(amount))
            }
        };
    }
    statement.push(&condition.text).push(" RETURNING ").push(&layout.names);
    let columns: Vec<&Column> = layout.columns.iter().collect();
    let row = run::first(connection, statement).await.map_err(|fault| match summed {
        Some(column) if fault.overflow => {
            let field = column.field.as_str().to_owned();
            Fault { error: Error::Mismatch { field, expected: column.kind.name() }, ..fault }
        }
        _ => fault,
    })?;
    let row = row.ok_or(Error::NotFound)?;
    Ok(Written::Updated(Box::new(decode::object(&row, layout, &columns)?)))
}

/// Looks at the object, locked until the transaction's end, and answers what its columns become.
async fn looked_up<'a>(
    connection: &mut Wire,
    layouts: &Layouts,
    layout: &'a Layout,
    filter: &Filter,
    update: &Update,
) -> Result<(Statement, Vec<(&'a str, Set)>), Fault> {
    let wish = Wish { limit: Limit::Rows(1), ..Wish::all(filter) };
    let found = load::find(connection, layouts, layout, wish, " FOR UPDATE").await?.pop();
    let mut object = found.ok_or(Error::NotFound)?;
    object.apply(update).map_err(|error| Error::Mismatch { field: error.field, expected: error.expected })?;
    row::known(&Pg, layout, &object).map_err(unknown)?;
    let mut set = Vec::new();
    for field in update.roots() {
        // What has no column is a relation, or was deleted or set to null: nothing to store.
        if let Some(column) = layout.column(field) {
            set.push((column.quoted.as_str(), Set::To(row::arg(&Pg, layout, &object, field)?)));
        }
    }
    let one = Filter::test("objectId", Test::Eq(Value::String(object.id.as_str().to_owned())));
    Ok((compile::condition(&Pg, layouts, layout, &one)?.statement, set))
}

async fn relate(
    connection: &mut Wire,
    layout: &Layout,
    key: &str,
    owner: &ObjectId,
    add: &[ObjectId],
    remove: &[ObjectId],
) -> Result<Written, Fault> {
    let class = &layout.schema.class;
    let none = || unknown(Error::Conflict(format!("{class} has no relation {key} now")));
    let join = layout.joins.get(key).ok_or_else(none)?;
    if !add.is_empty() {
        let mut statement = Statement::new("INSERT INTO ");
        statement.push(&quoted(join)).push(" (\"relatedId\", \"owningId\") SELECT DISTINCT unnest(");
        statement.bind(&Pg, list(add.iter())).push("::text[]), ").bind(&Pg, owner.as_str());
        // Always in one order, so that two who add the same members don't wait for each other.
        statement.push("::text ORDER BY 1 ON CONFLICT DO NOTHING");
        run::execute(connection, statement).await?;
    }
    if !remove.is_empty() {
        let mut statement = Statement::new("DELETE FROM ");
        statement.push(&quoted(join)).push(" WHERE \"owningId\" = ").bind(&Pg, owner.as_str()).push(" AND ");
        statement.within(&Pg, "\"relatedId\"", remove);
        run::execute(connection, statement).await?;
    }
    Ok(Written::Related)
}

fn list<'a>(ids: impl Iterator<Item = &'a ObjectId>) -> Arg {
    Arg::Texts(ids.map(|id| id.as_str().to_owned()).collect())
}

/// Says a unique group's fields where the database named its index.
pub(super) fn named(fault: Fault, writes: &[Write], layouts: &Layouts) -> Error {
    let Some(index) = fault.index else { return fault.error };
    let classes = writes.iter().map(|write| match write {
        Write::Insert { schema, .. }
        | Write::Update { schema, .. }
        | Write::Delete { schema, .. }
        | Write::Relate { schema, .. } => &schema.class,
    });
    let layouts = classes.filter_map(|class| layouts.get(class));
    Error::Duplicate {
        fields: layouts.filter_map(|layout| layout.unique.get(&index)).next().cloned().unwrap_or_default(),
    }
}
