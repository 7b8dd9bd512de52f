//! Indexes that an older server made otherwise, or not at all, brought up to date when the database is opened.

use sqlx::{Row as _, SqliteConnection};

use super::{
    index::{self, Index, Part},
    run,
    schema::{text, transact},
};
use crate::{
    error::Fault,
    layout::{Layout, Layouts},
    statement::{Statement, quoted},
};

/// An index, a table or a trigger that the database has.
struct There {
    kind: String,
    name: String,
    table: String,
    make: String,
}

impl There {
    /// Whether it is there for the sake of a class's indexes: nothing else has a name like this.
    fn helps(&self, layout: &Layout) -> bool {
        let rest = self.name.strip_prefix(&layout.table).and_then(|rest| rest.strip_prefix(':'));
        match self.kind.as_str() {
            "table" => rest.is_some_and(|rest| rest.starts_with("elements_")),
            _ => rest.is_some() && self.table == layout.table,
        }
    }

    fn is(&self, part: &Part) -> bool {
        self.name == part.name && self.make == part.make
    }
}

/// Makes the indexes that the database lacks or has in another form, and drops those that nothing asks for any more.
/// What can't be done is told, and nothing else fails.
pub(super) async fn complete(connection: &mut SqliteConnection, layouts: &Layouts) {
    let there = match look(connection).await {
        Ok(there) => there,
        Err(fault) => {
            tracing::warn!(error = %fault.error, "missing indexes can't be looked for");
            return;
        }
    };
    for layout in layouts.values() {
        let class = layout.schema.class.as_str();
        let wanted = match index::wanted(layout) {
            Ok(wanted) => wanted,
            Err(error) => {
                tracing::warn!(class, %error, "the class's indexes can't be looked for");
                continue;
            }
        };
        let named =
            |there: &There| wanted.iter().any(|index| index.parts.iter().any(|part| part.name == there.name));
        let left: Vec<&There> = there.iter().filter(|there| there.helps(layout) && !named(there)).collect();
        if !left.is_empty() {
            // Triggers first: they speak of tables.
            let (triggers, others): (Vec<_>, Vec<_>) = left.iter().partition(|left| left.kind == "trigger");
            let drop =
                |there: &&There| text(format!("DROP {} IF EXISTS {}", there.kind, quoted(&there.name)));
            match transact(connection, triggers.into_iter().chain(others).map(drop).collect()).await {
                Ok(()) => {
                    tracing::info!(class, number = left.len(), "indexes of an older server are dropped")
                }
                Err(fault) => tracing::warn!(
                    class, number = left.len(), error = %fault.error,
                    "indexes of an older server can't be dropped: until the next start can, their fields can't be, either"
                ),
            }
        }
        let lacks = |index: &&Index| !index.parts.iter().all(|part| there.iter().any(|there| there.is(part)));
        for index in wanted.iter().filter(lacks) {
            let name = index.parts.first().map(|part| part.name.as_str());
            match transact(connection, index.drop().chain(index.make()).collect()).await {
                Ok(()) => tracing::info!(class, index = name, "an index that was missing is made"),
                Err(fault) => tracing::warn!(
                    class, index = name, error = %fault.error,
                    "an index can't be made: look-ups in the class read all of it until the next start can make it"
                ),
            }
        }
    }
}

async fn look(connection: &mut SqliteConnection) -> Result<Vec<There>, Fault> {
    let words = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL";
    let rows = run::all(connection, Statement::new(words)).await?;
    let there = rows.iter().map(|row| {
        let [kind, name, table, make] = [0, 1, 2, 3].map(|at| row.try_get::<String, _>(at));
        Ok(There { kind: kind?, name: name?, table: table?, make: make? })
    });
    there.collect()
}
