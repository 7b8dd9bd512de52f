//! Finds and counts carried out on a connection: the statement, then what SQL left to do.

use futures_util::StreamExt as _;
use model::{Filter, Limit, Object, Value, query::Sorter, value::Map};
use sqlx::{Row as _, SqliteConnection};

use super::{Lite, decode, run};
use crate::{
    compile::{self, Find, Wish},
    error::Fault,
    layout::{Layout, Layouts},
    recheck,
    statement::{Statement, quoted},
};

/// Finds objects.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    layouts: &Layouts,
    layout: &Layout,
    wish: Wish<'_>,
) -> Result<Vec<Object>, Fault> {
    if wish.limit == Limit::Rows(0) {
        return Ok(Vec::new());
    }
    let find = compile::find(&Lite, layouts, layout, &wish)?;
    if find.windowed {
        let rows = run::all(connection, find.statement).await?;
        let objects = rows.iter().map(|row| decode::object(row, layout, &find.columns));
        let objects = objects.collect::<Result<Vec<_>, _>>()?;
        return Ok(trimmed(objects, &wish));
    }
    let filter = resolve(connection, layouts, wish.filter).await?;
    let wish = Wish { filter: &filter, ..wish };
    let objects = sift(connection, layout, &wish, compile::find(&Lite, layouts, layout, &wish)?).await?;
    Ok(trimmed(objects, &wish))
}

/// Asks SQLite how it would find objects.
pub(super) async fn explain(
    connection: &mut SqliteConnection,
    layouts: &Layouts,
    layout: &Layout,
    wish: Wish<'_>,
) -> Result<Value, Fault> {
    let find = compile::find(&Lite, layouts, layout, &wish)?;
    let mut statement = Statement::new("EXPLAIN QUERY PLAN ");
    compile::append(&mut statement, find.statement);
    let rows = run::all(connection, statement).await?;
    let steps = rows.iter().map(|row| Ok(Value::String(row.try_get("detail")?)));
    Ok(plan(steps.collect::<Result<_, sqlx::Error>>()?, find.exact))
}

/// A plan: the steps in SQLite's words, and whether the server checks each row again.
pub(super) fn plan(steps: Vec<Value>, exact: bool) -> Value {
    let plan = Map::from([
        ("steps".to_owned(), Value::Array(steps)),
        ("checkedAgain".to_owned(), Value::Boolean(!exact)),
    ]);
    let planner = Map::from([("winningPlan".to_owned(), Value::Object(plan))]);
    Value::Object(Map::from([("queryPlanner".to_owned(), Value::Object(planner))]))
}

/// Counts objects.
pub(super) async fn count(
    connection: &mut SqliteConnection,
    layouts: &Layouts,
    layout: &Layout,
    filter: &Filter,
) -> Result<u64, Fault> {
    let condition = compile::condition(&Lite, layouts, layout, filter)?;
    if condition.exact {
        let mut statement = Statement::new("SELECT count(*) FROM ");
        statement.push(&layout.quoted_table());
        compile::append(&mut statement, condition.statement);
        return Ok(run::number(connection, statement).await?.unsigned_abs());
    }
    let filter = resolve(connection, layouts, filter).await?;
    let wish = Wish { fields: Some(&[]), ..Wish::all(&filter) };
    let find = compile::find(&Lite, layouts, layout, &wish)?;
    let matcher = recheck::matcher(&filter)?;
    let mut rows = run::each(connection, find.statement)?;
    let mut count = 0;
    while let Some(row) = rows.next().await {
        count += u64::from(recheck::passes(&matcher, &decode::object(&row?, layout, &find.columns)?));
    }
    Ok(count)
}

/// Checks, sorts, skips and limits rows as far as the statement doesn't.
async fn sift(
    connection: &mut SqliteConnection,
    layout: &Layout,
    wish: &Wish<'_>,
    find: Find<'_>,
) -> Result<Vec<Object>, Fault> {
    let matcher = if find.exact { None } else { Some(recheck::matcher(wish.filter)?) };
    let skip = usize::try_from(wish.skip).unwrap_or(usize::MAX);
    let limit = match wish.limit {
        Limit::Rows(rows) => usize::try_from(rows).unwrap_or(usize::MAX),
        Limit::All => usize::MAX,
    };
    let mut skipped = 0;
    let mut objects = Vec::new();
    let mut rows = run::each(connection, find.statement)?;
    while let Some(row) = rows.next().await {
        let object = decode::object(&row?, layout, &find.columns)?;
        if matcher.as_ref().is_some_and(|matcher| !recheck::passes(matcher, &object)) {
            continue;
        }
        if find.sorted && skipped < skip {
            skipped += 1;
            continue;
        }
        objects.push(object);
        if find.sorted && objects.len() >= limit {
            break;
        }
    }
    if !find.sorted {
        Sorter::new(wish.order, wish.filter).sort(&mut objects);
        objects.drain(..skip.min(objects.len()));
        objects.truncate(limit);
    }
    Ok(objects)
}

/// Looks up the members of every relation that the filter names, since the matcher can't.
async fn resolve(
    connection: &mut SqliteConnection,
    layouts: &Layouts,
    filter: &Filter,
) -> Result<Filter, Fault> {
    let mut relations = Vec::new();
    recheck::relations(filter, &mut relations);
    let mut members = Vec::with_capacity(relations.len());
    for relation in relations {
        if let Filter::RelatedTo { owner_class, owner, key } = relation {
            members.push(related(connection, layouts, owner_class, key, owner).await?);
        }
    }
    Ok(if members.is_empty() { filter.clone() } else { recheck::resolved(filter, &mut members.into_iter()) })
}

/// The ids in a relation, sorted; none when there is no such relation.
pub(super) async fn related(
    connection: &mut SqliteConnection,
    layouts: &Layouts,
    class: &str,
    key: &str,
    owner: &str,
) -> Result<Vec<String>, Fault> {
    let Some(join) = layouts.get(class).and_then(|layout| layout.joins.get(key)) else {
        return Ok(Vec::new());
    };
    let mut statement = Statement::new("SELECT \"relatedId\" FROM ");
    statement.push(&quoted(join)).push(" WHERE \"owningId\" = ").bind(&Lite, owner).push(" ORDER BY 1");
    run::texts(connection, statement).await
}

/// Adds the scores that are wanted, and takes off what was loaded for the matcher only.
fn trimmed(mut objects: Vec<Object>, wish: &Wish<'_>) -> Vec<Object> {
    if wish.score {
        storage::score(wish.filter, &mut objects);
    }
    if let Some(fields) = wish.fields {
        for object in &mut objects {
            object.fields.retain(|name, _| fields.contains(name) || (wish.score && *name == *"score"));
        }
    }
    objects
}
