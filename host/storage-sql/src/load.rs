//! Finds and counts: the statement, then what SQL left to do.

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream::BoxStream};
use model::{Filter, Limit, Object, ObjectId, Value};
use storage::{Error, Sift, Wish, recheck};

use crate::{
    compile::{self, Find},
    dialect::Dialect,
    layout::{Column, Layout, Layouts},
    plan::Plan,
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

    /// Runs a statement and says how many rows it changed.
    async fn execute(&mut self, statement: Statement) -> Result<u64, Self::Fault>;

    /// Answers how the database would carry a statement about a class out.
    async fn plan(&mut self, layout: &Layout, statement: Statement) -> Result<Plan, Self::Fault>;
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
    checked(layout, &wish)?;
    let find = compile::find(link.dialect(), layouts, layout, &wish)?;
    if find.nothing {
        return Ok(Vec::new());
    }
    if !find.done.windowed()
        && let Some(filter) = resolve(link, layouts, wish.filter).await?
    {
        let wish = Wish { filter: &filter, ..wish };
        let find = compile::find(link.dialect(), layouts, layout, &wish)?;
        return sift(link, layout, &wish, find, suffix).await;
    }
    sift(link, layout, &wish, find, suffix).await
}

/// Checks what a database takes no notice of.
fn checked(layout: &Layout, wish: &Wish<'_>) -> Result<(), Error> {
    wish.advice.map_or(Ok(()), |advice| storage::hinted(&layout.schema, advice))
}

/// Asks the database how it would find objects.
pub(crate) async fn explain<L: Link>(
    link: &mut L,
    layouts: &Layouts,
    layout: &Layout,
    wish: Wish<'_>,
) -> Result<Value, L::Fault> {
    checked(layout, &wish)?;
    let find = compile::find(link.dialect(), layouts, layout, &wish)?;
    if find.nothing {
        return Ok(Plan::default().value(true));
    }
    let mut plan = link.plan(layout, find.statement).await?;
    plan.sorts |= !find.done.sorted;
    Ok(plan.value(find.done.exact))
}

/// Counts objects.
pub(crate) async fn count<L: Link>(
    link: &mut L,
    layouts: &Layouts,
    layout: &Layout,
    filter: &Filter,
) -> Result<u64, L::Fault> {
    let condition = compile::condition(link.dialect(), layouts, layout, filter)?;
    if condition.nothing() {
        return Ok(0);
    }
    if condition.exact {
        let mut statement = Statement::new("SELECT count(*) FROM ");
        statement.push(&layout.quoted_table());
        compile::append(&mut statement, condition.statement);
        return Ok(link.number(statement).await?.unsigned_abs());
    }
    let resolved = resolve(link, layouts, filter).await?;
    let filter = resolved.as_ref().unwrap_or(filter);
    let wish = Wish { fields: Some(&[]), ..Wish::all(filter) };
    let find = compile::find(link.dialect(), layouts, layout, &wish)?;
    let matcher = recheck::matcher(filter)?;
    let mut rows = link.each(find.statement, layout, &find.columns)?;
    let mut count = 0;
    while let Some(object) = rows.next().await {
        count += u64::from(recheck::passes(&matcher, &object?));
    }
    Ok(count)
}

/// Carries a find out, and does what the statement doesn't.
async fn sift<L: Link>(
    link: &mut L,
    layout: &Layout,
    wish: &Wish<'_>,
    mut find: Find<'_>,
    suffix: &str,
) -> Result<Vec<Object>, L::Fault> {
    find.statement.push(suffix);
    let mut sift = Sift::new(wish, find.done)?;
    let mut rows = link.each(find.statement, layout, &find.columns)?;
    while let Some(object) = rows.next().await {
        if !sift.take(object?) {
            break;
        }
    }
    Ok(sift.finish())
}

/// Looks up the members of every relation that the filter names, since the matcher can't; `None` when it names none.
async fn resolve<L: Link>(
    link: &mut L,
    layouts: &Layouts,
    filter: &Filter,
) -> Result<Option<Filter>, L::Fault> {
    let mut relations = Vec::new();
    recheck::relations(filter, &mut relations);
    let mut members = Vec::with_capacity(relations.len());
    for relation in relations {
        if let Filter::RelatedTo { owner_class, owner, key } = relation {
            members.push(related(link, layouts, owner_class, key, owner).await?);
        }
    }
    Ok((!members.is_empty()).then(|| recheck::resolved(filter, &mut members.into_iter())))
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

/// The ids of the owners whose relation holds one of some members, sorted, each once; none when there is no such relation.
pub(crate) async fn owners<L: Link>(
    link: &mut L,
    layouts: &Layouts,
    class: &str,
    key: &str,
    members: &[ObjectId],
) -> Result<Vec<String>, L::Fault> {
    let Some(join) = layouts.get(class).and_then(|layout| layout.joins.get(key)) else {
        return Ok(Vec::new());
    };
    let mut statement = Statement::new("SELECT DISTINCT \"owningId\" FROM ");
    statement.push(&quoted(join)).push(" WHERE ");
    statement.within(link.dialect(), "\"relatedId\"", members);
    let mut ids = link.texts(statement).await?;
    ids.sort_unstable();
    Ok(ids)
}
