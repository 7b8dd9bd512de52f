//! Finds and counts: the statement, then what SQL left to do.

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream::BoxStream};
use model::{Filter, Limit, Object, Value, query::Sorter, value::Map};
use storage::Error;

use crate::{
    compile::{self, Find, Wish},
    dialect::Dialect,
    layout::{Column, Layout, Layouts},
    recheck,
    statement::{Statement, quoted},
};

/// A connection that statements are run on.
#[async_trait]
pub(crate) trait Link: Send {
    /// What goes wrong on it.
    type Fault: From<Error> + Send;

    /// The spelling of its database.
    fn dialect(&self) -> &'static dyn Dialect;

    /// Answers row by row the objects that a statement selects: the head, then some columns.
    fn each<'a>(
        &'a mut self,
        statement: Statement,
        layout: &'a Layout,
        columns: &'a [&'a Column],
    ) -> Result<BoxStream<'a, Result<Object, Self::Fault>>, Self::Fault>;

    /// Answers the first column of every row as text.
    async fn texts(&mut self, statement: Statement) -> Result<Vec<String>, Self::Fault>;

    /// Answers a single whole number.
    async fn number(&mut self, statement: Statement) -> Result<i64, Self::Fault>;

    /// Answers how the database would carry a statement out, a line a step.
    async fn plan(&mut self, statement: Statement) -> Result<Vec<String>, Self::Fault>;
}

/// Finds objects; `suffix` ends the statement, as a lock on its rows does.
pub(crate) async fn find<L: Link>(
    link: &mut L,
    layouts: &Layouts,
    layout: &Layout,
    wish: Wish<'_>,
    suffix: &str,
) -> Result<Vec<Object>, L::Fault> {
    if wish.limit == Limit::Rows(0) {
        return Ok(Vec::new());
    }
    let find = compile::find(link.dialect(), layouts, layout, &wish)?;
    if find.windowed {
        let objects = sift(link, layout, &wish, find, suffix).await?;
        return Ok(trimmed(objects, &wish));
    }
    let filter = resolve(link, layouts, wish.filter).await?;
    let wish = Wish { filter: &filter, ..wish };
    let find = compile::find(link.dialect(), layouts, layout, &wish)?;
    Ok(trimmed(sift(link, layout, &wish, find, suffix).await?, &wish))
}

/// Asks the database how it would find objects.
pub(crate) async fn explain<L: Link>(
    link: &mut L,
    layouts: &Layouts,
    layout: &Layout,
    wish: Wish<'_>,
) -> Result<Value, L::Fault> {
    let find = compile::find(link.dialect(), layouts, layout, &wish)?;
    let steps = link.plan(find.statement).await?;
    Ok(plan(steps.into_iter().map(Value::String).collect(), find.exact))
}

/// A plan: the steps in the database's words, and whether the server checks each row again.
pub(crate) fn plan(steps: Vec<Value>, exact: bool) -> Value {
    let plan = Map::from([
        ("steps".to_owned(), Value::Array(steps)),
        ("checkedAgain".to_owned(), Value::Boolean(!exact)),
    ]);
    let planner = Map::from([("winningPlan".to_owned(), Value::Object(plan))]);
    Value::Object(Map::from([("queryPlanner".to_owned(), Value::Object(planner))]))
}

/// Counts objects.
pub(crate) async fn count<L: Link>(
    link: &mut L,
    layouts: &Layouts,
    layout: &Layout,
    filter: &Filter,
) -> Result<u64, L::Fault> {
    let condition = compile::condition(link.dialect(), layouts, layout, filter)?;
    if condition.exact {
        let mut statement = Statement::new("SELECT count(*) FROM ");
        statement.push(&layout.quoted_table());
        compile::append(&mut statement, condition.statement);
        return Ok(link.number(statement).await?.unsigned_abs());
    }
    let filter = resolve(link, layouts, filter).await?;
    let wish = Wish { fields: Some(&[]), ..Wish::all(&filter) };
    let find = compile::find(link.dialect(), layouts, layout, &wish)?;
    let matcher = recheck::matcher(&filter)?;
    let mut rows = link.each(find.statement, layout, &find.columns)?;
    let mut count = 0;
    while let Some(object) = rows.next().await {
        count += u64::from(recheck::passes(&matcher, &object?));
    }
    Ok(count)
}

/// Checks, sorts, skips and limits rows as far as the statement doesn't.
async fn sift<L: Link>(
    link: &mut L,
    layout: &Layout,
    wish: &Wish<'_>,
    mut find: Find<'_>,
    suffix: &str,
) -> Result<Vec<Object>, L::Fault> {
    find.statement.push(suffix);
    let mut objects = Vec::new();
    let mut rows = link.each(find.statement, layout, &find.columns)?;
    if find.windowed {
        while let Some(object) = rows.next().await {
            objects.push(object?);
        }
        return Ok(objects);
    }
    let matcher = if find.exact { None } else { Some(recheck::matcher(wish.filter)?) };
    let skip = usize::try_from(wish.skip).unwrap_or(usize::MAX);
    let limit = match wish.limit {
        Limit::Rows(rows) => usize::try_from(rows).unwrap_or(usize::MAX),
        Limit::All => usize::MAX,
    };
    let mut skipped = 0;
    while let Some(object) = rows.next().await {
        let object = object?;
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
async fn resolve<L: Link>(link: &mut L, layouts: &Layouts, filter: &Filter) -> Result<Filter, L::Fault> {
    let mut relations = Vec::new();
    recheck::relations(filter, &mut relations);
    let mut members = Vec::with_capacity(relations.len());
    for relation in relations {
        if let Filter::RelatedTo { owner_class, owner, key } = relation {
            members.push(related(link, layouts, owner_class, key, owner).await?);
        }
    }
    Ok(if members.is_empty() { filter.clone() } else { recheck::resolved(filter, &mut members.into_iter()) })
}

/// The ids in a relation, sorted; none when there is no such relation.
pub(crate) async fn related<L: Link>(
    link: &mut L,
    layouts: &Layouts,
    class: &str,
    key: &str,
    owner: &str,
) -> Result<Vec<String>, L::Fault> {
    let Some(join) = layouts.get(class).and_then(|layout| layout.joins.get(key)) else {
        return Ok(Vec::new());
    };
    let mut statement = Statement::new("SELECT \"relatedId\" FROM ");
    statement.push(&quoted(join)).push(" WHERE \"owningId\" = ").bind(link.dialect(), owner);
    let mut ids = link.texts(statement).await?;
    ids.sort_unstable();
    Ok(ids)
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
