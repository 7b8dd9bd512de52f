//! The server's own tables, brought up to date when the database is opened.

use sqlx::SqliteConnection;
use storage::Error;

use super::{Lite, connect::APPLICATION_ID, run};
use crate::{arg::Arg, error::Fault, statement::Statement};

/// What leads from each version of the tables to the next; the first one starts with an empty file. Never edit, only append.
const STEPS: &[&str] = &[r#"
    CREATE TABLE "_parapet_meta" ("key" TEXT PRIMARY KEY, "value" TEXT) WITHOUT ROWID;
    CREATE TABLE "_SCHEMA" ("className" TEXT PRIMARY KEY, "schema" TEXT NOT NULL, "isParseClass" INTEGER NOT NULL);
"#];

/// Brings the tables to this server's version, each step in a transaction of its own.
///
/// # Errors
/// [`Error::Unavailable`] when the file belongs to another program or to a newer server; it is left as it was then.
pub(super) async fn migrate(connection: &mut SqliteConnection) -> Result<(), Fault> {
    // Versions count from 1, the index of a step from 0.
    let found = known(connection).await?;
    for (step, text) in STEPS.iter().enumerate().skip(found) {
        run::batch(connection, "BEGIN IMMEDIATE").await?;
        let done = async {
            run::batch(connection, text).await?;
            run::batch(connection, &format!("PRAGMA application_id = {APPLICATION_ID}")).await?;
            let mut set = Statement::new("INSERT OR REPLACE INTO \"_parapet_meta\" VALUES ('layout', ");
            set.bind(&Lite, Arg::Text((step + 1).to_string())).push(")");
            run::execute(connection, set).await?;
            run::batch(connection, "COMMIT").await
        }
        .await;
        if let Err(fault) = done {
            // Not worth a word of its own: the first fault says it all.
            run::batch(connection, "ROLLBACK").await.ok();
            return Err(fault);
        }
        tracing::info!(layout = step + 1, "the database's own tables are made");
    }
    Ok(())
}

/// The version of the tables, of an empty file 0: one that this server can bring to its own.
///
/// # Errors
/// As [`migrate`].
pub(super) async fn known(connection: &mut SqliteConnection) -> Result<usize, Fault> {
    let known = STEPS.len();
    let found = version(connection).await?;
    if found > known {
        return Err(Error::Unavailable(format!(
            "the database was written by a newer server (layout {found}, this one knows {known}): upgrade this server"
        ))
        .into());
    }
    Ok(found)
}

async fn version(connection: &mut SqliteConnection) -> Result<usize, Fault> {
    let tables = run::number(connection, Statement::new("SELECT count(*) FROM sqlite_schema")).await?;
    if tables == 0 {
        return Ok(0);
    }
    let text = "SELECT count(*) FROM sqlite_schema WHERE name = '_parapet_meta'";
    if run::number(connection, Statement::new(text)).await? == 0 {
        let text = "the file is another program's database: choose another path, it is left untouched";
        return Err(Error::Unavailable(text.into()).into());
    }
    let text = "SELECT CAST(\"value\" AS INTEGER) FROM \"_parapet_meta\" WHERE \"key\" = 'layout'";
    let version = run::number(connection, Statement::new(text)).await?;
    Ok(usize::try_from(version).unwrap_or_default())
}
