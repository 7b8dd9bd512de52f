//! Statements run on a connection.

use futures_util::{StreamExt as _, stream::BoxStream};
use sqlx::{
    Arguments as _, AssertSqlSafe, Connection as _, Executor as _, PgConnection, Postgres,
    postgres::{PgArguments, PgRow},
    query::Query,
};
use storage::Error;

use super::{bind::Bound, decode, fault::Fault};
use crate::statement::Statement;

/// Runs a statement and answers how many rows it changed.
pub(super) async fn execute(connection: &mut PgConnection, statement: Statement) -> Result<u64, Fault> {
    Ok(query(statement)?.execute(connection).await?.rows_affected())
}

/// Runs words of ours, several statements if need be, without arguments and without preparing them.
pub(super) async fn words(connection: &mut PgConnection, text: &str) -> Result<(), Fault> {
    connection.execute(AssertSqlSafe(text)).await?;
    Ok(())
}

/// Answers every row.
pub(super) async fn all(connection: &mut PgConnection, statement: Statement) -> Result<Vec<PgRow>, Fault> {
    Ok(query(statement)?.fetch_all(connection).await?)
}

/// Answers the first row.
pub(super) async fn first(
    connection: &mut PgConnection,
    statement: Statement,
) -> Result<Option<PgRow>, Fault> {
    Ok(query(statement)?.fetch_optional(connection).await?)
}

/// Answers row by row.
pub(super) fn each(
    connection: &mut PgConnection,
    statement: Statement,
) -> Result<BoxStream<'_, Result<PgRow, Fault>>, Fault> {
    Ok(query(statement)?.fetch(connection).map(|row| row.map_err(Fault::from)).boxed())
}

/// Answers the first column of every row as text.
pub(super) async fn texts(connection: &mut PgConnection, statement: Statement) -> Result<Vec<String>, Fault> {
    all(connection, statement).await?.iter().map(|row| Ok(decode::text(row, 0)?.to_owned())).collect()
}

/// Answers a single whole number; 0 without a row.
pub(super) async fn number(connection: &mut PgConnection, statement: Statement) -> Result<i64, Fault> {
    let Some(row) = first(connection, statement).await? else { return Ok(0) };
    Ok(decode::cell(&row, 0)?.and_then(|cell| cell.int()).unwrap_or_default())
}

/// Says good-bye to the server.
pub(super) async fn close(connection: PgConnection) {
    // It may be gone already.
    connection.close().await.ok();
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
