//! A door to an embedded database: with the trail or without, with a plugin or without.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use audit::{Draft, Log, Sink, Ticket};
use data::{Context, Credentials, Data, Parts, RandomIds, SystemClock};
use plugin::Host;
use storage::Storage;

use crate::Options;

/// The application id.
pub(crate) const APP_ID: &str = "bench";
const MASTER_KEY: &str = "a-master-key-for-benches";

/// What stands around the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Whether the guest is at work.
    pub(crate) plugin: bool,
    /// Whether there is a trail.
    pub(crate) audit: bool,
}

/// A shape's name on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Name {
    /// Plugin and trail.
    Whole,
    /// The trail alone.
    Trail,
    /// The plugin alone.
    Plugin,
    /// Neither.
    Plain,
}

impl Shape {
    /// Those that were asked for; all of them, the whole one first, if none was.
    pub(crate) fn chosen(options: &Options) -> Vec<Shape> {
        let names = match options.shapes.as_slice() {
            [] => &[Name::Whole, Name::Trail, Name::Plugin, Name::Plain],
            some => some,
        };
        let shape = |name: &Name| Shape {
            plugin: matches!(name, Name::Whole | Name::Plugin),
            audit: matches!(name, Name::Whole | Name::Trail),
        };
        names.iter().map(shape).collect()
    }
}

/// A sink that takes everything and keeps nothing.
#[derive(Default)]
struct Nowhere {
    next: AtomicU64,
}

impl Sink for Nowhere {
    fn enqueue(&self, _: Draft) -> Result<Ticket, audit::Error> {
        Ok(Ticket::settled(self.next.fetch_add(1, Ordering::Relaxed)))
    }

    fn health(&self) -> Result<(), audit::Error> {
        Ok(())
    }
}

/// A door and what is behind it.
pub(crate) struct Door {
    pub(crate) data: Data,
    pub(crate) host: Host,
    log: Option<Arc<Log>>,
}

impl Door {
    /// Opens a door in a folder.
    ///
    /// # Errors
    /// Whatever can't be opened there.
    pub(crate) async fn open(
        dir: &Path,
        storage: Arc<dyn Storage>,
        shape: Shape,
        component: &[u8],
    ) -> anyhow::Result<Door> {
        let keys = audit::Keys::open(&dir.join("keys"))?;
        let refs = keys.reference().clone();
        let (sink, log): (Arc<dyn Sink>, _) = match shape.audit {
            true => {
                let trail = audit::Config {
                    dir: dir.join("audit"),
                    keys_dir: dir.join("keys"),
                    ..Default::default()
                };
                let (log, _) = Log::open(trail, keys)?;
                let log = Arc::new(log);
                (log.clone(), Some(log))
            }
            false => (Arc::new(Nowhere::default()), None),
        };
        let parts = Parts {
            storage,
            sink,
            refs,
            keys: auth::Keys::new(APP_ID, MASTER_KEY.to_owned()),
            config: data::Config::default(),
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
        };
        let data = Data::open(parts).await?;
        let host = Host::open(plugin::Config::default(), dir, &[7; 32]).await?;
        data.install(host.hooks());
        let door = Door { data, host, log };
        if shape.plugin {
            let cx = door.master().await?;
            let installed = door.host.install(&door.data, &cx, component.to_vec()).await?;
            door.host.approve(&door.data, &cx, &installed.name, None, plugin::Decision::default()).await?;
            door.host.activate(&door.data, &cx, &installed.name, None).await?;
        }
        Ok(door)
    }

    /// The context of somebody with the master key.
    ///
    /// # Errors
    /// None with these keys.
    pub(crate) async fn master(&self) -> anyhow::Result<Context> {
        let credentials = Credentials {
            app_id: Some(APP_ID.to_owned()),
            master_key: Some(MASTER_KEY.to_owned()),
            address: Some([127, 0, 0, 1].into()),
            ..Credentials::default()
        };
        Ok(self.data.enter(credentials).await?)
    }

    /// Lets go of everything.
    ///
    /// # Errors
    /// A trail whose end can't be written.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.data.close().await;
        match self.log {
            Some(log) => Ok(log.close().await?),
            None => Ok(()),
        }
    }
}
