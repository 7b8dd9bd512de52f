//! One server after the other on one port: emptied, configured anew, over the same storage or another.

use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use data::{Clock as _, Data, RandomIds};
use model::{FieldType, Filter, Schema};
use serde_json::{Map as JsonMap, Value as Json};
use storage::{Storage, Write};
use tokio::sync::watch;

use super::{clock::Forward, front, options};
use crate::{Config, exit::Exit, keyfile, wire};

/// What outlives a server: its storage, trail, plugins and clock, and the base of its options.
pub(super) struct Stage {
    base: Config,
    config: Config,
    storage: Arc<dyn Storage>,
    log: Arc<audit::Log>,
    refs: audit::RefKey,
    plugins: plugin::Host,
    clock: Arc<Forward>,
    running: rest::Running,
    now: watch::Sender<Option<Router>>,
    /// The classes as the last reset left them.
    pristine: Vec<Schema>,
}

impl Stage {
    /// Opens everything and puts up a server with the base's options; answers the router of its port, too.
    ///
    /// # Errors
    /// What can't be opened.
    pub(super) async fn open(base: Config) -> anyhow::Result<(Stage, Router)> {
        let storage = wire::storage(&base).await?;
        let (log, refs, recovery) = wire::trail(&base)?;
        let key = keyfile::server_key(&base.keys_dir(), "plugin-cache.key").context(Exit::Folder)?;
        let plugins = plugin::Host::open(base.plugin.clone(), &base.server.data_dir, &key)
            .await
            .context("the plugins")?;
        let (now, receiver) = watch::channel(None);
        let stage = Stage {
            config: base.clone(),
            base,
            storage,
            log,
            refs,
            plugins,
            clock: Arc::default(),
            running: rest::Running::default(),
            now,
            pristine: Vec::new(),
        };
        let (data, router) = stage.raise(&stage.config, &stage.storage).await?;
        data.recover(recovery.open_intents).await.context("closing what a crash left open")?;
        stage.now.send_replace(Some(router));
        Ok((stage, front::router(receiver)))
    }

    /// The requests that are being worked on, whichever server took them.
    pub(super) fn running(&self) -> &rest::Running {
        &self.running
    }

    /// Drops every class with its objects, makes the system classes again, forgets caches, limits and shifted time.
    ///
    /// Requests that come meanwhile wait; those that are being worked on are waited for.
    ///
    /// # Errors
    /// A storage that fails; the server from before then stands again.
    pub(super) async fn reset(&mut self) -> anyhow::Result<()> {
        let before = self.now.send_replace(None);
        self.running.idle().await;
        let done = async {
            self.empty().await?;
            self.clock.back();
            let (_, router) = self.raise(&self.config, &self.storage).await?;
            anyhow::Ok((router, self.storage.schemas().await?))
        };
        let (router, answer) = match done.await {
            Ok((router, schemas)) => {
                // Classes that settings define go with their definitions.
                self.pristine = if self.config.schema.definitions.is_some() { Vec::new() } else { schemas };
                (Some(router), Ok(()))
            }
            Err(error) => (before, Err(error.context("emptying the database"))),
        };
        self.now.send_replace(router);
        answer
    }

    /// Drops what a first start doesn't make; what it makes and nobody changed only loses its objects, which is quicker.
    async fn empty(&self) -> Result<(), storage::Error> {
        let (mut deletes, mut drops) = (Vec::new(), Vec::new());
        for schema in self.storage.schemas().await? {
            // The rows of relations go with their class alone.
            let relates = schema.fields.values().any(|field| matches!(field.kind, FieldType::Relation(_)));
            if relates || !self.pristine.contains(&schema) {
                drops.push(schema.class.clone());
            }
            let schema = Arc::new(schema);
            deletes.push(Write::Delete { schema, filter: Filter::all(), must_exist: false });
        }
        // What suites run instead of MongoDB drops a collection row by row, slowly; an empty one it drops at once.
        self.storage.commit(deletes).await?;
        for class in drops {
            self.storage.drop_schema(&class).await?;
        }
        Ok(())
    }

    /// Puts up a server with the base's options and these over them; objects stay, unless another database is named.
    ///
    /// # Errors
    /// An option that isn't known, supported or right; the server from before then goes on.
    pub(super) async fn reconfigure(&mut self, given: JsonMap<String, Json>) -> anyhow::Result<()> {
        let config = options::over(&self.base, given)?;
        let moves = config.database.uri != self.config.database.uri;
        let storage = if moves { wire::storage(&config).await? } else { self.storage.clone() };
        let router = match self.raise(&config, &storage).await {
            Ok((_, router)) => router,
            Err(error) => {
                if moves {
                    storage.close().await;
                }
                return Err(error);
            }
        };
        self.now.send_replace(Some(router));
        self.running.idle().await;
        if moves {
            std::mem::replace(&mut self.storage, storage).close().await;
            self.pristine.clear();
        }
        self.config = config;
        Ok(())
    }

    /// Puts the clock forward; answers what it shows then.
    pub(super) fn forward(&self, ms: u64) -> String {
        self.clock.by(ms);
        self.clock.now().to_string()
    }

    /// Lets go of storage and trail.
    ///
    /// # Errors
    /// A trail whose end can't be written.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        self.storage.close().await;
        Ok(self.log.close().await?)
    }

    /// Builds the door and the routes in front of it.
    async fn raise(&self, config: &Config, storage: &Arc<dyn Storage>) -> anyhow::Result<(Data, Router)> {
        let keys = config.keys.clone().resolve()?;
        let app_id = keys.app_id.clone();
        let parts = data::Parts {
            storage: storage.clone(),
            sink: self.log.clone(),
            refs: self.refs.clone(),
            keys,
            config: wire::door(config, &app_id),
            clock: self.clock.clone(),
            ids: Arc::new(RandomIds),
        };
        let data = Data::open(parts).await?;
        wire::define(&data, config).await?;
        let router = wire::routes(&data, app_id, &self.plugins, config, &self.running);
        Ok((data, router))
    }
}

#[cfg(test)]
mod tests {
    use audit::Sink as _;

    use super::*;

    /// What a killed server left open in its trail stayed open for ever.
    #[tokio::test]
    async fn an_intent_that_a_kill_left_open_is_closed_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let mut base = options::base();
        base.server.data_dir = folder.path().to_owned();
        Stage::open(base.clone()).await.unwrap().0.close().await.unwrap();

        let (log, _, _) = wire::trail(&base).unwrap();
        let name = |text: &str| audit::Name::new(text).unwrap();
        let actor = audit::Actor::new(audit::ActorKind::User, Some(name("ann")));
        let mut draft =
            audit::Draft::new(audit::Code::PhiCreate, audit::Stage::Intent, name("killed"), actor);
        draft.object = Some(audit::Objects { class: name("Note"), refs: Vec::new(), count: 0 });
        log.enqueue(draft).unwrap().durable().await.unwrap();
        log.close().await.unwrap();
        let left = || wire::trail(&base).unwrap().2.open_intents.len();
        assert_eq!(left(), 1);

        Stage::open(base.clone()).await.unwrap().0.close().await.unwrap();
        assert_eq!(left(), 0);
    }
}
