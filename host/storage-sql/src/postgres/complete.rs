//! Indexes that are missing, as in a database taken over from parse-server, made while requests go on.

use std::{sync::Weak, time::Duration};

use sqlx::postgres::PgConnectOptions;

use super::{
    Inner, connect,
    fault::Fault,
    found, helper, run,
    wire::{Limits, Wire},
};
use crate::{
    layout::Layouts,
    statement::{Statement, quoted},
};

/// How long the classes must have been left alone: whoever starts changes them first.
const QUIET: Duration = Duration::from_secs(5);

/// Lets one server of several do it.
const LOCK: &str = "SELECT pg_try_advisory_lock(hashtext('parapet.indexes.' || current_schema()))::text";

/// Gives it back at once: after a good-bye the session holds it for a while.
const UNLOCK: &str = "SELECT pg_advisory_unlock(hashtext('parapet.indexes.' || current_schema()))";

/// Waits until the classes stand, then makes what is missing. What can't be made is told, and nothing else fails.
pub(super) async fn complete(inner: Weak<Inner>, options: PgConnectOptions, limits: Limits) {
    let mut seen = None;
    let layouts = loop {
        tokio::time::sleep(QUIET).await;
        let Some(inner) = inner.upgrade() else { return };
        let edits = inner.edits.load(std::sync::atomic::Ordering::Acquire);
        if seen.replace(edits) == Some(edits) {
            break inner.layouts();
        }
    };
    let made = async {
        let mut connection = connect::open(&options, limits).await?;
        let made = make(&mut connection, &layouts).await;
        run::close(connection).await;
        made
    };
    if let Err(fault) = made.await {
        tracing::warn!(error = %fault.error, "missing indexes can't be looked for; the next start tries again");
    }
}

/// Makes what is missing, and answers how much that was. Each index by itself: none of them waits for another's fault.
pub(super) async fn make(connection: &mut Wire, layouts: &Layouts) -> Result<usize, Fault> {
    // An index on a large table takes its time, and waits for transactions that are under way.
    run::words(connection, "SET statement_timeout = 0; SET lock_timeout = 0").await?;
    if run::texts(connection, Statement::new(LOCK)).await? != ["true"] {
        return Ok(0);
    }
    let made = make_all(connection, layouts).await;
    run::words(connection, UNLOCK).await?;
    made
}

async fn make_all(connection: &mut Wire, layouts: &Layouts) -> Result<usize, Fault> {
    let found = found::look(connection).await?;
    let mut taken = found.taken.clone();
    let mut made = 0;
    for layout in layouts.values() {
        let tables = layout.joins.values().chain([&layout.table]);
        for broken in tables.filter_map(|table| found.tables.get(table)).flat_map(helper::broken) {
            let drop = format!("DROP INDEX CONCURRENTLY IF EXISTS {}", quoted(broken));
            match run::work(connection, &drop).await {
                Ok(()) => {
                    taken.remove(broken);
                }
                Err(fault) if fault.broken => return Err(fault),
                Err(fault) => tracing::warn!(
                    class = layout.schema.class.as_str(), index = broken, error = %fault.error,
                    "an index that was broken off can't be dropped: it is of no use until the next start can drop it"
                ),
            }
        }
        for helper in helper::wanted(layout) {
            if helper.is_there(&found) || !helper.has_table(&found) {
                continue;
            }
            let class = layout.schema.class.as_str();
            match run::work(connection, &helper.make(layout, &mut taken, "CONCURRENTLY")).await {
                Ok(()) => {
                    made += 1;
                    tracing::info!(class, index = helper.name(), "an index that was missing is made");
                }
                Err(fault) if fault.broken => return Err(fault),
                Err(fault) => tracing::warn!(
                    class, index = helper.name(), error = %fault.error,
                    "an index can't be made: look-ups in the class read all of it until the next start can make it"
                ),
            }
        }
    }
    Ok(made)
}
