//! The plugin host: what is installed, what is at work, and the way from one to the other.

mod lifecycle;
mod load;
mod look;

pub use load::check;
use std::{path::Path, sync::Arc};

use arc_swap::ArcSwap;
use data::{HookSource, Hooks};
use tokio::sync::Mutex;

use crate::{
    Config, Error, Result,
    cache::Cache,
    engine,
    error::Problems,
    registry::Registry,
    run::Runner,
    slots::Slots,
    store::{Saved, Store},
};

/// Runs plugins and keeps them. Cheap to clone.
#[derive(Clone)]
pub struct Host {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    config: Arc<Config>,
    runner: Arc<Runner>,
    cache: Cache,
    store: Store,
    now: ArcSwap<Registry>,
    /// What is saved; whoever changes what is at work holds it, so that changes come one at a time.
    saved: Mutex<Saved>,
}

impl Host {
    /// Opens the plugin folder below a data folder and puts to work what was at work.
    ///
    /// `server_key` signs the files of the folder: compiled code is run as it is, grants decide over data, so neither
    /// may come from anybody else. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`Error::Invalid`] for settings that can't work, [`Error::Internal`] when a file isn't what this server wrote or
    /// a plugin at work can't be loaded: a server without the plugin that guards it must not start.
    pub async fn open(config: Config, data_dir: &Path, server_key: &[u8; 32]) -> Result<Host> {
        Problems(config.problems()).settle()?;
        let dir = data_dir.join("plugins");
        let config = Arc::new(config);
        let runner = Arc::new(Runner {
            engine: engine::start(&config)?,
            slots: Slots::new(&config),
            config: config.clone(),
        });
        let store = Store::open(&dir, *server_key)?;
        let cache = Cache::open(dir.join("cache"), *server_key)?;
        let saved = store.load()?;
        let empty = Registry::new(saved.generation, runner.clone(), Vec::new())?;
        let inner = Inner {
            config,
            runner,
            cache,
            store,
            now: ArcSwap::from_pointee(empty),
            saved: Mutex::new(saved.clone()),
        };
        let host = Host { inner: Arc::new(inner) };
        let registry = host.assemble(&saved).await?;
        host.inner.now.store(Arc::new(registry));
        Ok(host)
    }

    /// Where requests take their hooks from.
    pub fn hooks(&self) -> Arc<dyn HookSource> {
        Arc::new(self.clone())
    }

    /// The generation that new requests see.
    pub fn generation(&self) -> u64 {
        self.inner.now.load().generation
    }

    /// The generation as it stands now.
    pub(crate) fn registry(&self) -> Arc<Registry> {
        self.inner.now.load_full()
    }

    pub(crate) fn blocking_error(error: tokio::task::JoinError) -> Error {
        Error::internal("loading a plugin failed", error)
    }
}

impl HookSource for Host {
    fn current(&self) -> Arc<dyn Hooks> {
        self.inner.now.load_full()
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Host(generation {})", self.generation())
    }
}
