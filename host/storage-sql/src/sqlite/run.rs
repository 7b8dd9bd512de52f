//! Statements run on a connection.

use futures_util::{StreamExt as _, stream::BoxStream};
use sqlx::{
    Arguments as _, AssertSqlSafe, Connection as _, Executor as _, Row as _, Sqlite, SqliteConnection,
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};

use crate::{arg::Arg, error::Fault, statement::Statement};

/// Runs a statement and answers how many rows it changed.
pub(super) async fn execute(connection: &mut SqliteConnection, statement: Statement) -> Result<u64, Fault> {
    Ok(query(statement)?.execute(connection).await?.rows_affected())
}

/// Runs words of ours, several statements if need be, without arguments.
pub(super) async fn batch(connection: &mut SqliteConnection, text: &str) -> Result<(), Fault> {
    connection.execute(AssertSqlSafe(text)).await?;
    Ok(())
}

/// Runs fixed words that are worth keeping prepared.
pub(super) async fn word(connection: &mut SqliteConnection, text: &'static str) -> Result<(), Fault> {
    sqlx::query(text).execute(connection).await?;
    Ok(())
}

/// Answers the first row.
pub(super) async fn first(
    connection: &mut SqliteConnection,
    statement: Statement,
) -> Result<Option<SqliteRow>, Fault> {
    Ok(query(statement)?.fetch_optional(connection).await?)
}

/// Answers every row.
pub(super) async fn all(
    connection: &mut SqliteConnection,
    statement: Statement,
) -> Result<Vec<SqliteRow>, Fault> {
    Ok(query(statement)?.fetch_all(connection).await?)
}

/// Answers row by row; dropping the stream stops the statement.
pub(super) fn each(
    connection: &mut SqliteConnection,
    statement: Statement,
) -> Result<BoxStream<'_, Result<SqliteRow, Fault>>, Fault> {
    Ok(query(statement)?.fetch(connection).map(|row| row.map_err(Fault::from)).boxed())
}

/// Answers the first column of every row as text.
pub(super) async fn texts(
    connection: &mut SqliteConnection,
    statement: Statement,
) -> Result<Vec<String>, Fault> {
    all(connection, statement).await?.iter().map(|row| Ok(row.try_get_unchecked(0)?)).collect()
}

/// Answers a single whole number; 0 without a row.
pub(super) async fn number(connection: &mut SqliteConnection, statement: Statement) -> Result<i64, Fault> {
    let row = first(connection, statement).await?;
    row.map_or(Ok(0), |row| Ok(row.try_get_unchecked(0)?))
}

/// Closes a connection and waits until its files are let go.
pub(super) async fn close(connection: SqliteConnection) {
    if let Err(error) = connection.close().await {
        tracing::warn!(fault = ?Fault::from(error).error, "a database connection didn't close well");
    }
}

fn query(statement: Statement) -> Result<Query<'static, Sqlite, SqliteArguments>, Fault> {
    let mut args = SqliteArguments::default();
    args.reserve(statement.args.len(), 0);
    for arg in statement.args {
        let added = match arg {
            Arg::Null => args.add(None::<i64>),
            Arg::Int(int) => args.add(int),
            Arg::Real(number) => args.add(number),
            Arg::Text(text) => args.add(text),
            Arg::Blob(bytes) => args.add(bytes),
            Arg::Bool(_)
            | Arg::Moment(_)
            | Arg::Json(_)
            | Arg::Texts(_)
            | Arg::Reals(_)
            | Arg::Point(..)
            | Arg::Ring(_) => Err("SQLite has no such type".into()),
        };
        added.map_err(|_| storage::Error::Internal("an argument can't be bound".into()))?;
    }
    // Safe: texts are made of our words, quoted identifiers and place-holders.
    Ok(sqlx::query_with(AssertSqlSafe(statement.text), args).persistent(!statement.rare))
}
