//! The port, answered by the server.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use ::storage::{Error, Features, Select, Storage, Write, Written};
use async_trait::async_trait;
use model::{ClassName, Filter, Object, ObjectId, Schema, Value, query::Explain};
use tokio::sync::watch;

use crate::{commit, connect, error::Fault, explain, mongo::Mongo, read, schema};

/// By how much the driver, which knows why, gives up before its caller does.
const AHEAD: Duration = Duration::from_millis(500);

#[async_trait]
impl Storage for Mongo {
    async fn schemas(&self) -> Result<Vec<Schema>, Error> {
        self.node.ask(self.node.tell()).await
    }

    async fn known(&self) -> Result<Vec<Schema>, Error> {
        self.node.ask(self.node.refresh()).await
    }

    async fn put_schema(&self, schema: &Schema) -> Result<(), Error> {
        let node = &self.node;
        let (told, reads) = (node.told(&schema.class), node.reads());
        let putting = async { schema::put(&mut node.link(None), schema, told.as_deref()).await };
        match node.alter(putting).await {
            Ok(is) => {
                if node.learn(&schema.class, Some(schema), Some(&is)) != reads {
                    // What was read meanwhile may be newer than what this change saw of its class.
                    node.ask(node.refresh()).await?;
                }
                Ok(())
            }
            Err(error) => {
                // The class isn't what this node thought: the next try knows better.
                if matches!(error, Error::Conflict(_)) {
                    node.ask(node.refresh()).await?;
                }
                Err(error)
            }
        }
    }

    async fn drop_schema(&self, class: &ClassName) -> Result<(), Error> {
        let node = &self.node;
        node.alter(async { schema::drop(&mut node.link(None), class).await }).await?;
        node.learn(class, None, None);
        node.dropped.lock().insert(class.clone(), SystemTime::now());
        Ok(())
    }

    async fn find(&self, select: &Select) -> Result<Vec<Object>, Error> {
        let node = &self.node;
        let finding = async {
            let mut link = node.link(None);
            let found = read::find(&mut link, &select.schema, select.wish()).await?;
            if let Some(field) = link.stray.take() {
                // What is found is found, whether there is news of its class or not.
                node.meet(&select.schema.class, field).await.ok();
            }
            Ok(found)
        };
        node.ask(finding).await
    }

    async fn count(&self, schema: &Arc<Schema>, filter: &Filter) -> Result<u64, Error> {
        let node = &self.node;
        node.ask(async { read::count(&mut node.link(None), schema, filter).await }).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<Vec<Written>, Error> {
        let node = &self.node;
        // A transaction's state is large, and callers keep theirs on top of it.
        node.ask(Box::pin(async { commit::commit(node, &writes).await.map_err(Fault::from) })).await
    }

    async fn explain(&self, select: &Select, mode: Explain) -> Result<Value, Error> {
        let node = &self.node;
        node.ask(async { explain::explain(&mut node.link(None), select, mode).await }).await
    }

    fn features(&self) -> Features {
        self.node.offer.features()
    }

    async fn related(&self, class: &ClassName, key: &str, owner: &ObjectId) -> Result<Vec<ObjectId>, Error> {
        let node = &self.node;
        node.ask(async { read::related(&mut node.link(None), class, key, owner).await }).await
    }

    async fn owners(
        &self,
        class: &ClassName,
        key: &str,
        members: &[ObjectId],
    ) -> Result<Vec<ObjectId>, Error> {
        let node = &self.node;
        node.ask(async { read::owners(&mut node.link(None), class, key, members).await }).await
    }

    async fn ping(&self) -> Result<(), Error> {
        self.node.ask_for(self.node.patience() + AHEAD, connect::ping(&self.node.database)).await
    }

    fn changes(&self) -> Option<watch::Receiver<u64>> {
        Some(self.node.changes())
    }

    async fn close(&self) {
        self.shut().await;
    }
}
