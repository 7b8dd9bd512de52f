//! What the backend and its follower share: the connection, and which classes this node knows of.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use model::{ClassName, FieldType, Schema};
use mongodb::{Client, ClientSession, Database};
use parking_lot::RwLock;
use storage::{Error, Write};
use tokio::sync::watch;

use crate::{Config, Offer, error::Fault, run::Link, schema};

type Known = BTreeMap<ClassName, Arc<Schema>>;

/// A connected backend.
pub(crate) struct Node {
    pub(crate) client: Client,
    pub(crate) database: Database,
    pub(crate) offer: Offer,
    pub(crate) config: Config,
    known: RwLock<Arc<Known>>,
    told: RwLock<Arc<Known>>,
    changes: watch::Sender<u64>,
    /// How often the classes were read.
    reads: AtomicU64,
    closed: AtomicBool,
}

impl Node {
    pub(crate) fn new(client: Client, database: Database, offer: Offer, config: Config) -> Node {
        Node {
            client,
            database,
            offer,
            config,
            known: RwLock::default(),
            told: RwLock::default(),
            changes: watch::Sender::new(0),
            reads: AtomicU64::new(0),
            closed: AtomicBool::new(false),
        }
    }

    /// Where commands go.
    pub(crate) fn link<'a>(&'a self, session: Option<&'a mut ClientSession>) -> Link<'a> {
        Link {
            database: &self.database,
            prefix: &self.config.prefix,
            session,
            read_time: Duration::from_millis(self.config.read_time_ms),
        }
    }

    pub(crate) fn patience(&self) -> Duration {
        Duration::from_millis(self.config.patience_ms)
    }

    /// Runs what asks the server, unless it was closed, and as long as reads may take.
    pub(crate) async fn ask<T>(&self, asking: impl Future<Output = Result<T, Fault>>) -> Result<T, Error> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::Unavailable("it was closed; open it again".into()));
        }
        within(Duration::from_millis(self.config.read_time_ms) + self.patience() * 2, asking).await
    }

    /// Marks it closed; answers whether it wasn't yet.
    pub(crate) fn shut(&self) -> bool {
        !self.closed.swap(true, Ordering::AcqRel)
    }

    /// Counts the times when a class turned out to be another one than this node had thought.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// How often the classes were read so far.
    pub(crate) fn reads(&self) -> u64 {
        self.reads.load(Ordering::Acquire)
    }

    /// Reads every class anew.
    pub(crate) async fn refresh(&self) -> Result<Vec<Schema>, Fault> {
        loop {
            let before = self.reads();
            let schemas = schema::read(&mut self.link(None)).await?;
            let fresh: Known =
                schemas.iter().map(|schema| (schema.class.clone(), Arc::new(schema.clone()))).collect();
            let mut known = self.known.write();
            if self.reads() != before {
                // What was read may be older than what somebody else read meanwhile.
                continue;
            }
            if **known != fresh {
                *known = Arc::new(fresh);
                self.changes.send_modify(|count| *count += 1);
            }
            self.reads.fetch_add(1, Ordering::AcqRel);
            return Ok(schemas);
        }
    }

    /// Reads every class for the caller, who from now on is taken to know them so.
    pub(crate) async fn tell(&self) -> Result<Vec<Schema>, Fault> {
        let schemas = self.refresh().await?;
        let told = schemas.iter().map(|schema| (schema.class.clone(), Arc::new(schema.clone())));
        *self.told.write() = Arc::new(told.collect());
        Ok(schemas)
    }

    /// A class as the caller knows it: what this node has heard since then is news to it.
    pub(crate) fn told(&self, class: &ClassName) -> Option<Arc<Schema>> {
        self.told.read().get(class).cloned()
    }

    /// A class as this node last knew it.
    fn known(&self, class: &ClassName) -> Option<Arc<Schema>> {
        self.known.read().get(class).cloned()
    }

    /// Learns what became of a class by the caller's own hands. What it wanted, it knows; if the class is another one
    /// because of what others did to it, that is news.
    pub(crate) fn learn(&self, class: &ClassName, wanted: Option<&Schema>, is: Option<&Schema>) {
        for (known, schema) in [(&self.known, is), (&self.told, wanted)] {
            let mut known = known.write();
            let mut map = Known::clone(&known);
            match schema {
                Some(schema) => map.insert(class.clone(), Arc::new(schema.clone())),
                None => map.remove(class),
            };
            *known = Arc::new(map);
        }
        if wanted != is {
            self.changes.send_modify(|count| *count += 1);
        }
    }

    /// Checks that the class of a change is there, and its relation: MongoDB would make what is missing.
    pub(crate) async fn check(&self, write: &Write) -> Result<(), Error> {
        let (schema, relation) = match write {
            Write::Insert { schema, .. } | Write::Update { schema, .. } => (schema, None),
            Write::Delete { .. } => return Ok(()),
            Write::Relate { schema, key, .. } => (schema, Some(key)),
        };
        let class = &schema.class;
        let fits = |known: Option<Arc<Schema>>| {
            let known = known.ok_or_else(|| Error::Conflict(format!("there is no class {class} now")))?;
            match relation {
                Some(key) if !matches!(known.kind(key), Some(FieldType::Relation(_))) => {
                    Err(Error::Conflict(format!("{class} has no relation {key} now")))
                }
                _ => Ok(()),
            }
        };
        if fits(self.known(class)).is_ok() {
            return Ok(());
        }
        // Another node may have made it.
        self.refresh().await.map_err(|fault| fault.error)?;
        fits(self.known(class))
    }
}

/// Waits for an answer, but not for ever: the driver waits for a free connection as long as it takes.
pub(crate) async fn within<T>(
    patience: Duration,
    asking: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Error> {
    match tokio::time::timeout(patience, asking).await {
        Ok(done) => done.map_err(|fault| fault.error),
        Err(_) => Err(Error::Unavailable(
            "MongoDB didn't answer in time, or every connection is in use: check its load, or raise database.mongodb.connections".into(),
        )),
    }
}
