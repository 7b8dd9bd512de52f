//! The composition root: the only place that knows every concrete type.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use axum::Router;
use data::{Clock, Data, Ids, RandomIds, SystemClock};
use storage_mongodb::Mongo;
use storage_sql::{Postgres, Sqlite};

use crate::{
    Config, admin,
    config::Place,
    exit::Exit,
    folder,
    keyfile::{self, Fresh},
};

/// A whole server, built and ready to be asked.
pub struct App {
    /// Every route: the Parse mount, and the administration beside it.
    pub router: Router,
    /// The door.
    pub data: Data,
    /// The plugins.
    pub plugins: plugin::Host,
    /// The requests that are being worked on, those whose client has left included.
    pub running: rest::Running,
    /// The keys that this start made, if it was the first.
    pub fresh: Option<Fresh>,
    log: Option<Arc<audit::Log>>,
}

/// A server that lives in memory, and what a caller needs to know of it.
pub struct Memory {
    /// The server.
    pub app: App,
    /// Its trail.
    pub sink: Arc<audit::Memory>,
    /// Its application id.
    pub app_id: String,
    /// Its master key.
    pub master_key: String,
    /// The folder of its plugins; it goes when this is dropped.
    pub folder: Folder,
}

/// A folder for temporary files, removed when dropped.
pub type Folder = tempfile::TempDir;

/// Where a server takes time and chance from; a test fixes both.
///
/// The trail keeps its own time: nobody may fix when something was recorded.
#[derive(Clone)]
pub struct Sources {
    /// The time of objects and sessions.
    pub clock: Arc<dyn Clock>,
    /// Ids and tokens.
    pub ids: Arc<dyn Ids>,
}

impl Default for Sources {
    /// The machine's clock and randomness.
    fn default() -> Sources {
        Sources { clock: Arc::new(SystemClock), ids: Arc::new(RandomIds) }
    }
}

/// Builds a server in its data folder, which is made if it isn't there.
///
/// Intents that a crash left open in the trail are closed before anything is answered.
///
/// # Errors
/// What can't be opened, with the [`Exit`] that goes with it.
pub async fn build(config: Config, sources: Sources) -> anyhow::Result<App> {
    folder::make(&config.server.data_dir).context(Exit::Folder)?;
    let (keys, fresh) =
        keyfile::complete(config.keys.clone(), &config.server.data_dir).context(Exit::Settings)?;
    let keys = keys.resolve().context(Exit::Settings)?;
    let app_id = keys.app_id.clone();

    let storage = storage(&config).await?;
    let (log, refs, recovery) = trail(&config)?;
    let parts = data::Parts {
        storage,
        sink: log.clone(),
        refs,
        keys,
        config: door(&config, &app_id),
        clock: sources.clock,
        ids: sources.ids,
    };
    let data = Data::open(parts).await?;
    let closed = data.recover(recovery.open_intents).await.context("closing what a crash left open")?;
    if closed > 0 {
        tracing::warn!(closed, "a crash had left operations open; the trail now says what became of them");
    }
    define(&data, &config).await?;
    let server_key = keyfile::server_key(&config.keys_dir(), "plugin-cache.key").context(Exit::Folder)?;
    let mut app = assemble(data, app_id, &config, &config.server.data_dir, server_key).await?;
    app.fresh = fresh;
    app.log = Some(log);
    Ok(app)
}

/// Makes the classes that the settings define.
///
/// # Errors
/// Definitions that can't be read, or can't be brought about.
pub(crate) async fn define(data: &Data, config: &Config) -> anyhow::Result<()> {
    let definitions = config.schema.read(&config.server.data_dir).context(Exit::Settings)?;
    match definitions {
        Some(definitions) => data.define(&definitions).await.context(Exit::Settings),
        None => Ok(()),
    }
}

/// Opens the backend that the settings name.
///
/// # Errors
/// Settings that name none, and a database that can't be used: the text says what to do.
pub(crate) async fn storage(config: &Config) -> anyhow::Result<Arc<dyn storage::Storage>> {
    match config.database_place().context(Exit::Settings)? {
        Place::Sqlite(path) => {
            let settings = storage_sql::Config { path, ..config.database.sqlite.clone() };
            let opened = Sqlite::open(&settings).await.context("the database").context(Exit::Folder)?;
            Ok(Arc::new(opened))
        }
        Place::Postgres(uri) => {
            let opened = Postgres::open(&uri, &config.database.postgres).await;
            Ok(Arc::new(opened.context("the database").context(Exit::Database)?))
        }
        Place::MongoDb(uri) => {
            let settings = storage_mongodb::Config { uri, ..config.database.mongodb.clone() };
            // Its driver's way in is too long for the future of everybody who starts a server.
            let opened = Box::pin(Mongo::open(&settings)).await;
            let opened = opened.context("the database").context(Exit::Database)?;
            if !opened.offer().transactions {
                tracing::warn!(
                    "the database is a standalone server, so changes of several objects are refused: make it a replica set of one node"
                );
            }
            Ok(Arc::new(opened))
        }
    }
}

/// Looks, without changing anything, whether the backend that the settings name could be opened, and what it offers.
///
/// # Errors
/// As [`storage`].
pub(crate) async fn survey(config: &Config) -> anyhow::Result<storage::Features> {
    match config.database_place().context(Exit::Settings)? {
        Place::Sqlite(path) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            // The data folder is made at the first start, others aren't.
            if let Some(folder) =
                folder.filter(|folder| *folder != config.server.data_dir && !folder.is_dir())
            {
                let text = format!("the database: there is no folder {}: make it", folder.display());
                return Err(anyhow::anyhow!(text).context(Exit::Folder));
            }
            let settings = storage_sql::Config { path, ..config.database.sqlite.clone() };
            Sqlite::survey(&settings).await.context("the database").context(Exit::Folder)
        }
        Place::Postgres(uri) => {
            let looked = Postgres::survey(&uri, &config.database.postgres).await;
            looked.context("the database").context(Exit::Database)
        }
        Place::MongoDb(uri) => {
            let settings = storage_mongodb::Config { uri, ..config.database.mongodb.clone() };
            let looked = Box::pin(Mongo::survey(&settings)).await;
            looked.context("the database").context(Exit::Database)
        }
    }
}

/// Opens the trail, with the key of its pseudonyms, and what a crash left open in it.
///
/// # Errors
/// A folder that can't be used, and a trail that isn't whole.
pub(crate) fn trail(config: &Config) -> anyhow::Result<(Arc<audit::Log>, audit::RefKey, audit::Recovery)> {
    let keys =
        audit::Keys::open(&config.audit_keys_dir()).context("the trail's keys").context(Exit::Folder)?;
    let refs = keys.reference().clone();
    let settings =
        audit::Config { dir: config.audit_dir(), keys_dir: config.audit_keys_dir(), ..config.audit.clone() };
    let (log, recovery) = audit::Log::open(settings, keys)
        .map_err(folder::told)
        .context("the audit trail")
        .context(Exit::Folder)?;
    Ok((Arc::new(log), refs, recovery))
}

/// Builds a server that keeps nothing: objects and trail in memory, plugins in a folder that goes with it.
///
/// # Errors
/// Settings that don't work, and a machine without a folder for temporary files.
pub async fn in_memory(config: Config) -> anyhow::Result<Memory> {
    let folder = tempfile::tempdir()?;
    let app_id = config.keys.app_id.clone().unwrap_or_else(|| "memory".to_owned());
    let master_key = auth::token::key();
    let sink = Arc::new(audit::Memory::new());
    let sources = Sources::default();
    let mut refs = [0; 32];
    getrandom::fill(&mut refs).map_err(|_| anyhow::anyhow!("this machine has no randomness"))?;
    let parts = data::Parts {
        storage: Arc::new(storage::Memory::new()),
        sink: sink.clone(),
        refs: audit::RefKey::from_bytes(refs),
        keys: auth::Keys::new(app_id.clone(), master_key.clone()),
        config: door(&config, &app_id),
        clock: sources.clock,
        ids: sources.ids,
    };
    let app = assemble(Data::open(parts).await?, app_id.clone(), &config, folder.path(), refs).await?;
    Ok(Memory { app, sink, app_id, master_key, folder })
}

/// The settings of the door, with where files are: below the address of the API.
pub(crate) fn door(config: &Config, app_id: &str) -> data::Config {
    let base = config.rest.public_url.as_deref().unwrap_or(&config.rest.mount_path).trim_end_matches('/');
    data::Config { files_url: Some(format!("{base}/files/{app_id}")), ..config.data.clone() }
}

/// Puts plugins and routes around a door.
async fn assemble(
    data: Data,
    app_id: String,
    config: &Config,
    folder: &Path,
    key: [u8; 32],
) -> anyhow::Result<App> {
    config.rest.check().context(Exit::Settings)?;
    let plugins = plugin::Host::open(config.plugin.clone(), folder, &key).await.context("the plugins")?;
    let running = rest::Running::default();
    let router = routes(&data, app_id, &plugins, config, &running);
    Ok(App { router, data, plugins, running, fresh: None, log: None })
}

/// Lets plugins into a door and puts the routes in front of it.
pub(crate) fn routes(
    data: &Data,
    app_id: String,
    plugins: &plugin::Host,
    config: &Config,
    running: &rest::Running,
) -> Router {
    data.install(plugins.hooks());
    let administration = admin::router(data.clone(), plugins.clone(), config.plugin.component_bytes());
    let settings = rest::Config { app_id: Some(app_id), ..config.rest.clone() };
    rest::router_counting(data.clone(), settings, running.clone()).merge(administration)
}

impl App {
    /// Lets go of everything: storage first, then the trail, which signs its last checkpoint.
    ///
    /// # Errors
    /// A trail whose end can't be written.
    pub async fn close(self) -> anyhow::Result<()> {
        self.data.close().await;
        match self.log {
            Some(log) => Ok(log.close().await?),
            None => Ok(()),
        }
    }
}
