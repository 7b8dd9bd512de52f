//! The port, answered by the writer and the readers.

use std::sync::Arc;

use ::storage::{Error, Features, Select, Storage, Write, Written};
use async_trait::async_trait;
use model::{ClassName, Filter, Object, ObjectId, Schema, Value, query::Explain};
use tokio::sync::oneshot;

use super::{
    Sqlite,
    readers::closed,
    run, survey,
    writer::{Commit, Job},
};
use crate::{load, plan::Plan, row, statement::Statement};

#[async_trait]
impl Storage for Sqlite {
    async fn schemas(&self) -> Result<Vec<Schema>, Error> {
        if self.jobs.is_closed() {
            return Err(closed());
        }
        Ok(self.layouts().values().map(|layout| layout.schema.clone()).collect())
    }

    async fn put_schema(&self, schema: &Schema) -> Result<(), Error> {
        let schema = Box::new(schema.clone());
        self.ask(|reply| Job::Put(schema, reply)).await
    }

    async fn drop_schema(&self, class: &ClassName) -> Result<(), Error> {
        let class = class.clone();
        self.ask(|reply| Job::Drop(class, reply)).await
    }

    async fn find(&self, select: &Select) -> Result<Vec<Object>, Error> {
        let class = &select.schema.class;
        let mut tries = 0;
        loop {
            let layouts = self.layouts();
            let Some(layout) = layouts.get(class) else { return Ok(Vec::new()) };
            let mut reader = self.readers.lend().await.map_err(|fault| fault.error)?;
            let done = load::find(reader.connection(), &layouts, layout, select.wish(), "").await;
            if let Some(done) = self.settle(class, &layouts, reader, done, &mut tries) {
                return done;
            }
        }
    }

    async fn count(&self, schema: &Arc<Schema>, filter: &Filter) -> Result<u64, Error> {
        let mut tries = 0;
        loop {
            let layouts = self.layouts();
            let Some(layout) = layouts.get(&schema.class) else { return Ok(0) };
            let mut reader = self.readers.lend().await.map_err(|fault| fault.error)?;
            let done = load::count(reader.connection(), &layouts, layout, filter).await;
            if let Some(done) = self.settle(&schema.class, &layouts, reader, done, &mut tries) {
                return done;
            }
        }
    }

    async fn explain(&self, select: &Select, _: Explain) -> Result<Value, Error> {
        let class = &select.schema.class;
        let mut tries = 0;
        loop {
            let layouts = self.layouts();
            let Some(layout) = layouts.get(class) else { return Ok(Plan::default().value(true)) };
            let mut reader = self.readers.lend().await.map_err(|fault| fault.error)?;
            let done = load::explain(reader.connection(), &layouts, layout, select.wish()).await;
            if let Some(done) = self.settle(class, &layouts, reader, done, &mut tries) {
                return done;
            }
        }
    }

    fn features(&self) -> Features {
        survey::features()
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<Vec<Written>, Error> {
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        self.ask(|reply| Job::Commit(Commit { writes, reply })).await
    }

    async fn related(&self, class: &ClassName, key: &str, owner: &ObjectId) -> Result<Vec<ObjectId>, Error> {
        let mut tries = 0;
        loop {
            let layouts = self.layouts();
            let mut reader = self.readers.lend().await.map_err(|fault| fault.error)?;
            let done = load::related(reader.connection(), &layouts, class, key, owner).await;
            if let Some(done) = self.settle(class, &layouts, reader, done, &mut tries) {
                return row::ids(&done?);
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
            let layouts = self.layouts();
            let mut reader = self.readers.lend().await.map_err(|fault| fault.error)?;
            let done = load::owners(reader.connection(), &layouts, class, key, members).await;
            if let Some(done) = self.settle(class, &layouts, reader, done, &mut tries) {
                return row::ids(&done?);
            }
        }
    }

    /// Reads, and makes a small change that waits for the disk like any other.
    async fn ping(&self) -> Result<(), Error> {
        let mut reader = self.readers.lend().await.map_err(|fault| fault.error)?;
        let text = "SELECT count(*) FROM \"_parapet_meta\"";
        run::number(reader.connection(), Statement::new(text)).await.map_err(|fault| fault.error)?;
        drop(reader);
        self.ask(|reply| Job::Commit(Commit { writes: Vec::new(), reply })).await.map(drop)
    }

    async fn close(&self) {
        let (reply, done) = oneshot::channel();
        // Readers go first, so that the writer's connection is the last one and folds the log into the file.
        self.readers.close().await;
        if self.jobs.send(Job::Close(reply)).await.is_ok() {
            done.await.ok();
        }
    }
}
