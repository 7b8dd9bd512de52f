//! A connection as finds and counts use it.

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream::BoxStream};
use model::Object;
use sqlx::postgres::PgRow;

use super::{Pg, decode, fault::Fault, plan, run, wire::Wire};
use crate::{
    dialect::Dialect,
    layout::{Column, Layout, head},
    load::Link,
    plan::Plan,
    statement::Statement,
};

#[async_trait]
impl Link for Wire {
    type Fault = Fault;

    fn dialect(&self) -> &'static dyn Dialect {
        &Pg
    }

    fn each<'a>(
        &'a mut self,
        statement: Statement,
        layout: &'a Layout,
        columns: &'a [&'a Column],
    ) -> Result<BoxStream<'a, Result<Object, Fault>>, Fault> {
        let Wire { inner, limits, behind } = self;
        let rows = run::each(inner, *limits, statement)?;
        let told = layout.newer.is_some().then(|| head(&Pg).len() + columns.len());
        let object = move |row: Result<PgRow, Fault>| {
            let row = row?;
            if let Some(at) = told {
                *behind |= decode::cell(&row, at)?.is_some();
            }
            decode::object(&row, layout, columns)
        };
        Ok(rows.map(object).boxed())
    }

    async fn texts(&mut self, statement: Statement) -> Result<Vec<String>, Fault> {
        run::texts(self, statement).await
    }

    async fn number(&mut self, statement: Statement) -> Result<i64, Fault> {
        run::number(self, statement).await
    }

    async fn execute(&mut self, statement: Statement) -> Result<u64, Fault> {
        run::execute(self, statement).await
    }

    async fn plan(&mut self, layout: &Layout, mut statement: Statement) -> Result<Plan, Fault> {
        statement.text.insert_str(0, "EXPLAIN (COSTS OFF, FORMAT JSON) ");
        Ok(plan::read(layout, run::texts(self, statement).await?.first().map_or("", String::as_str)))
    }
}
