//! Statements run on a connection.

use futures_util::{StreamExt as _, stream, stream::BoxStream};
use sqlx::{
    Arguments as _, AssertSqlSafe, Connection as _, Executor as _, PgConnection, Postgres,
    postgres::{PgArguments, PgRow},
    query::Query,
};
use storage::Error;

use super::{
    bind::Bound,
    decode,
    fault::Fault,
    wire::{Limits, Wire},
};
use crate::statement::Statement;

/// Runs a statement and answers how many rows it changed.
pub(super) async fn execute(connection: &mut Wire, statement: Statement) -> Result<u64, Fault> {
    let asked = query(statement)?.execute(&mut connection.inner);
    Ok(connection.limits.answer(asked).await?.rows_affected())
}

/// Runs words of ours, several statements if need be, without arguments and without preparing them.
pub(super) async fn words(connection: &mut Wire, text: &str) -> Result<(), Fault> {
    connection.limits.answer(connection.inner.execute(AssertSqlSafe(text))).await?;
    Ok(())
}

/// Runs words of ours that may take as long as they need: an index on a large table takes its time.
pub(super) async fn work(connection: &mut Wire, text: &str) -> Result<(), Fault> {
    connection.inner.execute(AssertSqlSafe(text)).await?;
    Ok(())
}

/// Answers every row.
pub(super) async fn all(connection: &mut Wire, statement: Statement) -> Result<Vec<PgRow>, Fault> {
    connection.limits.answer(query(statement)?.fetch_all(&mut connection.inner)).await
}

/// Answers the first row.
pub(super) async fn first(connection: &mut Wire, statement: Statement) -> Result<Option<PgRow>, Fault> {
    connection.limits.answer(query(statement)?.fetch_optional(&mut connection.inner)).await
}

/// Answers row by row.
pub(super) fn each(
    connection: &mut PgConnection,
    limits: Limits,
    statement: Statement,
) -> Result<BoxStream<'_, Result<PgRow, Fault>>, Fault> {
    let rows = query(statement)?.fetch(connection);
    Ok(stream::unfold(Some(rows), move |rows| async move {
        let mut rows = rows?;
        match limits.answer(async { rows.next().await.transpose() }).await {
            Ok(row) => Some((Ok(row?), Some(rows))),
            Err(fault) => Some((Err(fault), None)),
        }
    })
    .boxed())
}

/// Answers the first column of every row as text.
pub(super) async fn texts(connection: &mut Wire, statement: Statement) -> Result<Vec<String>, Fault> {
    all(connection, statement).await?.iter().map(|row| Ok(decode::text(row, 0)?.to_owned())).collect()
}

/// Answers a single whole number; 0 without a row.
pub(super) async fn number(connection: &mut Wire, statement: Statement) -> Result<i64, Fault> {
    let Some(row) = first(connection, statement).await? else { return Ok(0) };
    Ok(decode::cell(&row, 0)?.and_then(|cell| cell.int()).unwrap_or_default())
}

/// Whether the server gives a sign of life.
pub(super) async fn lives(connection: &mut Wire) -> bool {
    matches!(tokio::time::timeout(connection.limits.patience, connection.inner.ping()).await, Ok(Ok(())))
}

/// Says good-bye to the server.
pub(super) async fn close(connection: Wire) {
    // It may be gone already, or not answer.
    tokio::time::timeout(connection.limits.patience, connection.inner.close()).await.ok();
}

fn query(statement: Statement) -> Result<Query<'static, Postgres, PgArguments>, Fault> {
    let mut args = PgArguments::default();
    args.reserve(statement.args.len(), 0);
    for arg in statement.args {
        args.add(Bound::from(arg)).map_err(|_| Error::Internal("an argument can't be bound".into()))?;
    }
    // Safe: texts are made of our words, quoted identifiers and place-holders.
    Ok(sqlx::query_with(AssertSqlSafe(statement.text), args).persistent(!statement.rare))
}
