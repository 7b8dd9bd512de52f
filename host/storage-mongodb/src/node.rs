//! What the backend and its follower share: the connection, and which classes this node knows of.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use model::{ClassName, FieldName, FieldType, Schema};
use mongodb::{Client, ClientSession, Database};
use parking_lot::{Mutex, RwLock};
use storage::{Error, Write};
use tokio::sync::{Notify, watch};

use crate::{Config, Offer, error::Fault, late::Dropped, run::Link, schema};

/// How long a change of a class may take: an index over many objects isn't made in a moment.
const ALTERING: Duration = Duration::from_secs(60);

/// How long an answer is kept back while the caller hears that its class has another field.
const HEARING: Duration = Duration::from_millis(250);

/// How long it takes the caller to go by what it heard.
const PLACING: Duration = Duration::from_millis(5);

/// How many names are remembered that stand in objects and in no class.
const STRAYS: usize = 1_000;

type Known = BTreeMap<ClassName, Arc<Schema>>;

/// A connected backend.
pub(crate) struct Node {
    pub(crate) client: Client,
    pub(crate) database: Database,
    pub(crate) offer: Offer,
    pub(crate) config: Config,
    known: RwLock<Arc<Known>>,
    told: RwLock<Arc<Known>>,
    telling: Notify,
    changes: watch::Sender<u64>,
    /// Fields that objects have though their class lacks them.
    strays: Mutex<BTreeSet<(ClassName, FieldName)>>,
    /// Classes that this node dropped a moment ago.
    pub(crate) dropped: Mutex<Dropped>,
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
            telling: Notify::new(),
            changes: watch::Sender::new(0),
            strays: Mutex::default(),
            dropped: Mutex::default(),
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
            stray: None,
            read_time: Duration::from_millis(self.config.read_time_ms),
        }
    }

    pub(crate) fn patience(&self) -> Duration {
        Duration::from_millis(self.config.patience_ms)
    }

    /// Runs what asks the server, unless it was closed, and as long as it takes to find a server and to read.
    pub(crate) async fn ask<T>(&self, asking: impl Future<Output = Result<T, Fault>>) -> Result<T, Error> {
        self.ask_for(self.patience() + Duration::from_millis(self.config.read_time_ms), asking).await
    }

    /// Runs what changes classes, unless it was closed.
    pub(crate) async fn alter<T>(&self, asking: impl Future<Output = Result<T, Fault>>) -> Result<T, Error> {
        self.ask_for(self.patience() + ALTERING, asking).await
    }

    /// Runs what asks the server, unless it was closed, for so long at most.
    pub(crate) async fn ask_for<T>(
        &self,
        time: Duration,
        asking: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Error> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::Unavailable("it was closed; open it again".into()));
        }
        within(time, asking).await
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
                self.strays.lock().clear();
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
        self.telling.notify_waiters();
        Ok(schemas)
    }

    /// A class as the caller knows it: what this node has heard since then is news to it.
    pub(crate) fn told(&self, class: &ClassName) -> Option<Arc<Schema>> {
        self.told.read().get(class).cloned()
    }

    /// A class as this node last knew it.
    pub(crate) fn known(&self, class: &ClassName) -> Option<Arc<Schema>> {
        self.known.read().get(class).cloned()
    }

    /// Looks whether a field that the caller's class lacks but one of its objects has is news, and gives the caller a moment
    /// to hear it. One that isn't is remembered: it isn't looked for again until a class changes.
    pub(crate) async fn meet(&self, class: &ClassName, field: FieldName) -> Result<(), Fault> {
        let is_known =
            || self.known(class).is_some_and(|schema: Arc<Schema>| schema.fields.contains_key(&field));
        let stray = (class.clone(), field.clone());
        if self.strays.lock().contains(&stray) {
            return Ok(());
        }
        if !is_known() {
            self.refresh().await?;
        }
        if is_known() {
            let heard = async {
                loop {
                    let told = self.telling.notified();
                    if self.told(class).is_some_and(|schema| schema.fields.contains_key(&field)) {
                        break;
                    }
                    told.await;
                }
                // It has the class now, and puts it in its place.
                tokio::time::sleep(PLACING).await;
            };
            tokio::time::timeout(HEARING, heard).await.ok();
        } else {
            let mut strays = self.strays.lock();
            if strays.len() >= STRAYS {
                strays.clear();
            }
            strays.insert(stray);
        }
        Ok(())
    }

    /// Learns what became of a class by the caller's own hands. What it wanted, it knows; if the class is another one
    /// because of what others did to it, that is news. Answers how often the classes were read until then.
    pub(crate) fn learn(&self, class: &ClassName, wanted: Option<&Schema>, is: Option<&Schema>) -> u64 {
        let mut known = self.known.write();
        replace(&mut known, class, is);
        // Whoever began to read before this may have read what the class was.
        let reads = self.reads.fetch_add(1, Ordering::AcqRel);
        drop(known);
        replace(&mut self.told.write(), class, wanted);
        if wanted != is {
            self.changes.send_modify(|count| *count += 1);
        }
        reads
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

fn replace(known: &mut Arc<Known>, class: &ClassName, schema: Option<&Schema>) {
    let map = Arc::make_mut(known);
    match schema {
        Some(schema) => map.insert(class.clone(), Arc::new(schema.clone())),
        None => map.remove(class),
    };
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
