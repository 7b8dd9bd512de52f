//! The one door to stored objects.

use std::sync::Arc;

use arc_swap::ArcSwap;
use model::Date;

use crate::{
    Clock, Config, Error, HookSource, Ids, NoHooks,
    access::{Renewing, Roles, Sessions},
    account::Hashing,
    ledger::Ledger,
    schema::{self, Schemas},
    vault::Vault,
};

/// What the door is built from.
pub struct Parts {
    /// Where objects are kept.
    pub storage: Arc<dyn storage::Storage>,
    /// Where records go.
    pub sink: Arc<dyn audit::Sink>,
    /// The key of the pseudonyms in records.
    pub refs: audit::RefKey,
    /// The application's keys.
    pub keys: auth::Keys,
    /// How the door behaves.
    pub config: Config,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where ids come from.
    pub ids: Arc<dyn Ids>,
}

pub(crate) struct Inner {
    pub(crate) vault: Vault,
    pub(crate) ledger: Ledger,
    pub(crate) schemas: Schemas,
    pub(crate) roles: Roles,
    pub(crate) sessions: Sessions,
    pub(crate) renewing: Renewing,
    pub(crate) hashing: Hashing,
    pub(crate) keys: auth::Keys,
    pub(crate) config: Arc<Config>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    hooks: ArcSwap<Arc<dyn HookSource>>,
}

/// The one door: whatever reads or changes an object asks here, so that one place authorises and one records.
///
/// Cheap to clone; a clone is the same door.
#[derive(Clone)]
pub struct Data {
    pub(crate) inner: Arc<Inner>,
}

impl Data {
    /// Opens the door: reads the classes and makes those that Parse always has.
    ///
    /// # Errors
    /// When the storage can't be read or the keys contradict each other.
    pub async fn open(parts: Parts) -> Result<Data, Error> {
        parts.keys.validate().map_err(|error| Error::Internal(error.to_string().into()))?;
        let vault = Vault::new(parts.storage);
        // Asked for first, so that no change goes unseen between reading and following.
        let changes = vault.changes();
        let schemas = Schemas::open(&vault, changes.clone()).await?;
        let data = Data {
            inner: Arc::new(Inner {
                ledger: Ledger::new(parts.sink, parts.refs),
                schemas,
                roles: Roles::default(),
                sessions: Sessions::default(),
                renewing: Renewing::default(),
                hashing: Hashing::default(),
                vault,
                keys: parts.keys,
                config: Arc::new(parts.config.with_addresses_hidden()),
                clock: parts.clock,
                ids: parts.ids,
                hooks: ArcSwap::from_pointee(Arc::new(NoHooks) as Arc<dyn HookSource>),
            }),
        };
        if let Some(changes) = changes {
            tokio::spawn(schema::follow(Arc::downgrade(&data.inner), changes));
        }
        Ok(data)
    }

    /// Says where requests that enter from now on take their hooks from.
    pub fn install(&self, hooks: Arc<dyn HookSource>) {
        self.inner.hooks.store(Arc::new(hooks));
    }

    /// The settings of the door.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// Now, by the door's clock.
    pub fn now(&self) -> Date {
        self.inner.clock.now()
    }

    pub(crate) fn hooks(&self) -> Arc<dyn crate::Hooks> {
        self.inner.hooks.load().current()
    }

    /// Finishes what storage has accepted, closes it and records the stop; the trail is closed by whoever opened it.
    pub async fn close(&self) {
        if let Err(error) = self.record_refused() {
            tracing::error!(%error, "counted refusals could not be recorded");
        }
        if let Err(error) = self.say_stop().await {
            tracing::error!(%error, "the stop could not be recorded");
        }
        self.inner.vault.close().await;
    }
}
