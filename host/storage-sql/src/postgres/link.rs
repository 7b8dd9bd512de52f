//! A connection as finds and counts use it.

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream::BoxStream};
use model::Object;
use sqlx::PgConnection;

use super::{Pg, decode, fault::Fault, run};
use crate::{
    dialect::Dialect,
    layout::{Column, Layout},
    load::Link,
    statement::Statement,
};

#[async_trait]
impl Link for PgConnection {
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

    async fn plan(&mut self, mut statement: Statement) -> Result<Vec<String>, Fault> {
        statement.text.insert_str(0, "EXPLAIN (COSTS OFF) ");
        Ok(without_values(&run::texts(self, statement).await?.join("\n")))
    }
}

/// The lines of a plan, without the values that the server writes into it, line ends within them included.
fn without_values(plan: &str) -> Vec<String> {
    // A quote within a value is doubled, and so ends one and begins the next.
    let parts = plan.split('\'').enumerate().map(|(at, part)| if at % 2 == 1 { "?" } else { part });
    parts.collect::<Vec<_>>().join("'").lines().map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_told_without_values() {
        let plan = "Limit\n  ->  Seq Scan on \"Note\"\n        Filter: ((text = 'Ann''s\n  diary'::text) AND (n = '777'::double precision))";
        assert_eq!(
            without_values(plan),
            [
                "Limit",
                "  ->  Seq Scan on \"Note\"",
                "        Filter: ((text = '?''?'::text) AND (n = '?'::double precision))",
            ]
        );
    }
}
