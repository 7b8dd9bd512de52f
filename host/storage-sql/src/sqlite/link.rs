//! A connection as finds and counts use it.

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream::BoxStream};
use model::Object;
use sqlx::{Row as _, SqliteConnection};

use super::{Lite, decode, plan, run};
use crate::{
    dialect::Dialect,
    error::Fault,
    layout::{Column, Layout},
    load::Link,
    plan::Plan,
    statement::Statement,
};

#[async_trait]
impl Link for SqliteConnection {
    type Fault = Fault;

    fn dialect(&self) -> &'static dyn Dialect {
        &Lite
    }

    fn each<'a>(
        &'a mut self,
        statement: Statement,
        layout: &'a Layout,
        columns: &'a [&'a Column],
    ) -> Result<BoxStream<'a, Result<Object, Fault>>, Fault> {
        let rows = run::each(self, statement)?;
        Ok(rows.map(|row| decode::object(&row?, layout, columns)).boxed())
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
        // What is only explained never compares the schema with the file's: what runs does, and does it for it.
        run::number(self, Statement::new("SELECT count(*) FROM sqlite_schema WHERE 0")).await?;
        statement.rare = true;
        statement.text.insert_str(0, "EXPLAIN QUERY PLAN ");
        let rows = run::all(self, statement).await?;
        let steps = rows.iter().map(|row| Ok(row.try_get("detail")?)).collect::<Result<_, Fault>>()?;
        Ok(plan::read(layout, steps))
    }
}
