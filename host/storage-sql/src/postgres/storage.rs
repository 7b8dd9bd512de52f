//! The port, answered by the pool's connections.

use std::sync::{Arc, atomic::Ordering};

use ::storage::{Error, Features, Select, Storage, Write, Written};
use async_trait::async_trait;
use model::{ClassName, Filter, Object, ObjectId, Schema, Value, query::Explain};
use tokio::sync::watch;

use super::{Postgres, TRIES, fault::Fault, run, schema, survey, wire::Wire, write};
use crate::{layout::Layouts, load, plan::Plan, row, statement::Statement};

#[async_trait]
impl Storage for Postgres {
    async fn schemas(&self) -> Result<Vec<Schema>, Error> {
        let mut told = self.inner.told.lock().await;
        let schemas = self.known().await?;
        *told = schemas.iter().map(|schema| (schema.class.clone(), schema.clone())).collect();
        Ok(schemas)
    }

    async fn known(&self) -> Result<Vec<Schema>, Error> {
        if self.inner.is_closed() {
            return Err(super::pool::closed());
        }
        Ok(self.inner.layouts().values().map(|layout| layout.schema.clone()).collect())
    }

    async fn put_schema(&self, schema: &Schema) -> Result<(), Error> {
        let inner = &self.inner;
        // One change at a time: a caller's next one builds on what this one tells it.
        let mut told = inner.told.lock().await;
        let reads = inner.reads.load(Ordering::Acquire);
        let mut tries = 0;
        let layout = loop {
            let mut lent = inner.pool.lend().await.map_err(|fault| fault.error)?;
            let before = told.get(&schema.class);
            if before == Some(schema) && inner.layouts().contains_key(&schema.class) {
                lent.back(&Ok(()));
                return Ok(());
            }
            let layouts = inner.layouts();
            let done = schema::put(lent.connection(), &inner.server, &layouts, before, schema).await;
            if let Some(done) = inner.settle(lent, done, false, &mut tries).await {
                break done.map_err(|fault| fault.error)?;
            }
        };
        told.insert(schema.class.clone(), schema.clone());
        let differs = layout.schema != *schema;
        inner.replace(|layouts| drop(layouts.insert(schema.class.clone(), Arc::new(layout))));
        if differs {
            inner.changes.send_modify(|count| *count += 1);
        }
        // What was read meanwhile may be newer than what this change saw of its class.
        if inner.reads.load(Ordering::Acquire) != reads
            && let Err(fault) = inner.reload().await
        {
            // The change is done, whatever becomes of this: the listener tries again.
            tracing::warn!(error = %fault.error, "the classes can't be read again yet");
        }
        Ok(())
    }

    async fn drop_schema(&self, class: &ClassName) -> Result<(), Error> {
        let inner = &self.inner;
        let mut told = inner.told.lock().await;
        let mut tries = 0;
        loop {
            let mut lent = inner.pool.lend().await.map_err(|fault| fault.error)?;
            let layouts = inner.layouts();
            let done = match layouts.get(class) {
                Some(layout) => schema::drop(lent.connection(), &inner.server, layout).await,
                None => Ok(()),
            };
            if let Some(done) = inner.settle(lent, done, true, &mut tries).await {
                done.map_err(|fault| fault.error)?;
                break;
            }
        }
        told.remove(class);
        inner.replace(|layouts| drop(layouts.remove(class)));
        Ok(())
    }

    async fn find(&self, select: &Select) -> Result<Vec<Object>, Error> {
        let mut tries = 0;
        loop {
            let layouts = self.inner.layouts_for(&select.schema.class, &select.filter, &select.order).await;
            let layouts = layouts.map_err(|fault| fault.error)?;
            let Some(layout) = layouts.get(&select.schema.class) else { return Ok(Vec::new()) };
            let mut lent = self.inner.pool.lend().await.map_err(|fault| fault.error)?;
            let done = load::find(lent.connection(), &layouts, layout, select.wish(), "").await;
            let behind = lent.connection().behind;
            if let Some(done) = self.inner.settle(lent, done, true, &mut tries).await {
                // The rows may have fields that nobody here has heard of. Unless fields come faster than they are read.
                if behind && done.is_ok() && tries < TRIES && self.inner.reload().await.is_ok() {
                    continue;
                }
                return done.map_err(|fault| fault.error);
            }
        }
    }

    async fn explain(&self, select: &Select, _: Explain) -> Result<Value, Error> {
        let mut tries = 0;
        loop {
            let layouts = self.inner.layouts();
            let Some(layout) = layouts.get(&select.schema.class) else {
                return Ok(Plan::default().value(true));
            };
            let mut lent = self.inner.pool.lend().await.map_err(|fault| fault.error)?;
            let done = load::explain(lent.connection(), &layouts, layout, select.wish()).await;
            if let Some(done) = self.inner.settle(lent, done, true, &mut tries).await {
                return done.map_err(|fault| fault.error);
            }
        }
    }

    async fn count(&self, schema: &Arc<Schema>, filter: &Filter) -> Result<u64, Error> {
        let mut tries = 0;
        loop {
            let layouts = self.inner.layouts_for(&schema.class, filter, &[]).await;
            let layouts = layouts.map_err(|fault| fault.error)?;
            let Some(layout) = layouts.get(&schema.class) else { return Ok(0) };
            let mut lent = self.inner.pool.lend().await.map_err(|fault| fault.error)?;
            let done = load::count(lent.connection(), &layouts, layout, filter).await;
            if let Some(done) = self.inner.settle(lent, done, true, &mut tries).await {
                return done.map_err(|fault| fault.error);
            }
        }
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<Vec<Written>, Error> {
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        let mut tries = 0;
        loop {
            let layouts = self.inner.layouts();
            let mut lent = self.inner.pool.lend().await.map_err(|fault| fault.error)?;
            let done = transact(lent.connection(), &layouts, &writes).await;
            if let Some(done) = self.inner.settle(lent, done, false, &mut tries).await {
                return done.map_err(|fault| write::named(fault, &writes, &layouts));
            }
        }
    }

    async fn related(&self, class: &ClassName, key: &str, owner: &ObjectId) -> Result<Vec<ObjectId>, Error> {
        let mut tries = 0;
        loop {
            let layouts = self.inner.layouts();
            let mut lent = self.inner.pool.lend().await.map_err(|fault| fault.error)?;
            let done = load::related(lent.connection(), &layouts, class, key, owner).await;
            if let Some(done) = self.inner.settle(lent, done, true, &mut tries).await {
                return row::ids(&done.map_err(|fault| fault.error)?);
            }
        }
    }

    async fn owners(
        &self,
        class: &ClassName,
        key: &str,
        members: &[ObjectId],
    ) -> Result<Vec<ObjectId>, Error> {
        let mut tries = 0;
        loop {
            let layouts = self.inner.layouts();
            let mut lent = self.inner.pool.lend().await.map_err(|fault| fault.error)?;
            let done = load::owners(lent.connection(), &layouts, class, key, members).await;
            if let Some(done) = self.inner.settle(lent, done, true, &mut tries).await {
                return row::ids(&done.map_err(|fault| fault.error)?);
            }
        }
    }

    /// Asks whether the server answers, and whether it would take a change.
    async fn ping(&self) -> Result<(), Error> {
        let mut tries = 0;
        loop {
            let mut lent = self.inner.pool.lend().await.map_err(|fault| fault.error)?;
            let text = "SELECT 1 WHERE current_setting('transaction_read_only') = 'on'";
            let done = match run::first(lent.connection(), Statement::new(text)).await {
                Ok(Some(_)) => Err(Fault::read_only()),
                Ok(None) => Ok(()),
                Err(fault) => Err(fault),
            };
            if let Some(done) = self.inner.settle(lent, done, true, &mut tries).await {
                return done.map_err(|fault| fault.error);
            }
        }
    }

    fn features(&self) -> Features {
        survey::features()
    }

    fn changes(&self) -> Option<watch::Receiver<u64>> {
        Some(self.inner.changes.subscribe())
    }

    async fn close(&self) {
        self.inner.closed.store(true, Ordering::Release);
        self.listener.abort();
        self.completing.abort();
        self.inner.pool.close().await;
    }
}

/// Carries changes out, all or none. A single statement is a transaction by itself.
async fn transact(connection: &mut Wire, layouts: &Layouts, writes: &[Write]) -> Result<Vec<Written>, Fault> {
    if !write::is_compound(layouts, writes) {
        return each(connection, layouts, writes).await;
    }
    run::words(connection, "BEGIN").await?;
    let done = match write::lock(connection, layouts, writes).await {
        Ok(()) => each(connection, layouts, writes).await,
        Err(fault) => Err(fault),
    };
    match done {
        Ok(done) => run::words(connection, "COMMIT").await.map(|()| done),
        // Nothing is heard of it any more: the server undoes what it was in the middle of.
        Err(fault) if fault.broken => Err(fault),
        Err(fault) => {
            let undone = run::words(connection, "ROLLBACK").await;
            Err(Fault { broken: undone.is_err(), ..fault })
        }
    }
}

async fn each(connection: &mut Wire, layouts: &Layouts, writes: &[Write]) -> Result<Vec<Written>, Fault> {
    let mut done = Vec::with_capacity(writes.len());
    for write in writes {
        done.push(write::carry_out(connection, layouts, write).await?);
    }
    Ok(done)
}
