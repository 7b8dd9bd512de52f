//! `Storage` on PostgreSQL, in the layout of parse-server's tables.

mod bind;
mod catalog;
mod complete;
mod config;
mod connect;
mod decode;
mod dialect;
mod fault;
mod found;
mod helper;
mod index;
mod link;
mod listen;
mod plan;
mod pool;
mod run;
mod schema;
mod storage;
mod survey;
mod uri;
mod wire;
mod write;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use ::storage::Error;
use model::{ClassName, Filter, Order, Path, Schema};
use parking_lot::RwLock;
use tokio::{
    sync::{Mutex, watch},
    task::JoinHandle,
};

pub use config::PostgresConfig;
use connect::Server;
pub(crate) use dialect::Pg;
use fault::Fault;
use pool::{Lent, Pool};
use wire::Limits;

use crate::{layout::Layouts, statement::Statement};

/// How often something is tried again when its class changes under it, or when another transaction is met.
const TRIES: u32 = 6;

/// Objects in a PostgreSQL database, which other servers may use at the same time, parse-server among them.
pub struct Postgres {
    inner: Arc<Inner>,
    listener: JoinHandle<()>,
    completing: JoinHandle<()>,
}

struct Inner {
    pool: Pool,
    server: Server,
    layouts: RwLock<Arc<Layouts>>,
    /// The classes as the caller was told of them last, so that its changes can be told from those of others.
    told: Mutex<BTreeMap<ClassName, Schema>>,
    changes: watch::Sender<u64>,
    /// How often this node changed a class itself.
    edits: AtomicU64,
    /// How often the classes were read again.
    reads: AtomicU64,
    /// How often somebody asked for that.
    asked: AtomicU64,
    reading: Mutex<Reading>,
    /// Whether the classes couldn't be read again when it was asked for last.
    behind: AtomicBool,
    closed: AtomicBool,
}

/// What came of the last reading of the classes.
#[derive(Default)]
struct Reading {
    /// Whoever asked before it began, by number: it is their answer.
    upto: u64,
    failed: Option<Error>,
}

impl Postgres {
    /// Connects to the database of a URI, and makes the table of classes if there is none.
    ///
    /// Runs two tasks on the Tokio runtime that it is called in: one listens for changes of other servers, the other makes
    /// indexes that are missing.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the URI isn't understood, the server can't be reached in time or may lose what it
    /// has answered, or the user may not do what is needed. No text quotes the URI.
    pub async fn open(uri: &str, config: &PostgresConfig) -> Result<Postgres, Error> {
        let (options, size) = uri::options(uri, config)?;
        let limits = Limits::new(config);
        let open = async {
            let mut connection = connect::first(&options, limits).await?;
            let server = connect::examine(&mut connection, config).await?;
            schema::prepare(&mut connection).await?;
            let layouts = schema::read(&mut connection, &server).await?;
            run::close(connection).await;
            Ok::<_, Fault>((server, layouts))
        };
        let (server, layouts) = open.await.map_err(|fault| fault.error)?;
        let inner = Arc::new(Inner {
            pool: Pool::new(options.clone(), size, limits),
            server,
            layouts: RwLock::new(Arc::new(layouts)),
            told: Mutex::default(),
            changes: watch::Sender::new(0),
            edits: AtomicU64::new(0),
            reads: AtomicU64::new(0),
            asked: AtomicU64::new(0),
            reading: Mutex::default(),
            behind: AtomicBool::new(false),
            closed: AtomicBool::new(false),
        });
        let listener = tokio::spawn(listen::listen(Arc::downgrade(&inner), options.clone()));
        let completing = tokio::spawn(complete::complete(Arc::downgrade(&inner), options, limits));
        Ok(Postgres { inner, listener, completing })
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.listener.abort();
        self.completing.abort();
    }
}

impl Inner {
    fn layouts(&self) -> Arc<Layouts> {
        Arc::clone(&self.layouts.read())
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Whether a notification is one of this node's.
    fn is_own(&self, payload: &str) -> bool {
        let sender = serde_json::from_str::<serde_json::Value>(payload).ok();
        sender.is_some_and(|payload| {
            payload.get("senderId").and_then(|id| id.as_str()) == Some(&self.server.node)
        })
    }

    /// Reads the classes again. Those who ask while others are at it share the next reading.
    async fn reload(&self) -> Result<(), Fault> {
        let number = self.asked.fetch_add(1, Ordering::AcqRel) + 1;
        let mut reading = self.reading.lock().await;
        if reading.upto < number {
            let upto = self.asked.load(Ordering::Acquire);
            let read = self.read_again().await;
            self.behind.store(read.is_err(), Ordering::Release);
            *reading = Reading { upto, failed: read.as_ref().err().map(|fault| fault.error.clone()) };
            return read;
        }
        match &reading.failed {
            Some(error) => Err(error.clone().into()),
            None => Ok(()),
        }
    }

    async fn read_again(&self) -> Result<(), Fault> {
        loop {
            let marks = || (self.edits.load(Ordering::Acquire), self.reads.load(Ordering::Acquire));
            let before = marks();
            let mut lent = self.pool.lend().await?;
            let read = schema::read(lent.connection(), &self.server).await;
            lent.back(&read);
            let layouts = read?;
            let mut known = self.layouts.write();
            if marks() != before {
                // What was read may be older than what this node did or read meanwhile.
                continue;
            }
            let same = known.len() == layouts.len()
                && known
                    .iter()
                    .all(|(class, old)| layouts.get(class).is_some_and(|new| new.schema == old.schema));
            *known = Arc::new(layouts);
            self.reads.fetch_add(1, Ordering::AcqRel);
            if !same {
                self.changes.send_modify(|count| *count += 1);
            }
            return Ok(());
        }
    }

    /// The question whether another node has made by now what a read asks for and this node hasn't heard of: the class, or a
    /// field of it. `None` when everything is known, as nearly always.
    fn doubt(
        &self,
        layouts: &Layouts,
        class: &ClassName,
        filter: &Filter,
        order: &[Order],
    ) -> Option<Statement> {
        let Some(layout) = layouts.get(class) else {
            let mut statement = Statement::new("SELECT 1 FROM \"_SCHEMA\" WHERE \"className\" = ");
            statement.bind(&Pg, class.as_str());
            return Some(statement);
        };
        let newer = layout.newer.as_ref()?;
        let is_known = |path: &Path| {
            layout.column(path.root()).is_some() || layout.schema.fields.contains_key(path.root())
        };
        let mut known = order.iter().all(|key| is_known(&key.path));
        filter.each_path(&mut |path| known &= is_known(path));
        (!known).then(|| Statement::new(&format!("SELECT 1 WHERE {newer} IS NOT NULL")))
    }

    /// The layouts that a read is compiled for: read again first, where it asks for what only other nodes know.
    async fn layouts_for(
        &self,
        class: &ClassName,
        filter: &Filter,
        order: &[Order],
    ) -> Result<Arc<Layouts>, Fault> {
        let layouts = self.layouts();
        let Some(doubt) = self.doubt(&layouts, class, filter, order) else { return Ok(layouts) };
        let mut lent = self.pool.lend().await?;
        let answer = run::first(lent.connection(), doubt).await;
        lent.back(&answer);
        if answer?.is_some() {
            self.reload().await?;
        }
        Ok(self.layouts())
    }

    /// Changes what is known of the classes, after this node changed one.
    fn replace(&self, change: impl FnOnce(&mut Layouts)) {
        let mut known = self.layouts.write();
        let mut layouts = Layouts::clone(&known);
        change(&mut layouts);
        *known = Arc::new(layouts);
        self.edits.fetch_add(1, Ordering::AcqRel);
    }

    /// What comes of an attempt: its answer, or nothing when it must be made again.
    ///
    /// A class that changed under it is read again first, and whoever met another transaction waits a little.
    async fn settle<T>(
        &self,
        lent: Lent<'_>,
        done: Result<T, Fault>,
        repeatable: bool,
        tries: &mut u32,
    ) -> Option<Result<T, Fault>> {
        let used = lent.used;
        lent.back(&done);
        *tries += 1;
        match done {
            Ok(done) => Some(Ok(done)),
            Err(fault) if *tries >= TRIES => Some(Err(fault)),
            // Once is enough: what isn't there after that is really gone.
            Err(fault) if fault.stale && *tries < 3 => match self.reload().await {
                Ok(()) => None,
                Err(fault) => Some(Err(fault)),
            },
            Err(fault) if fault.met => {
                tokio::time::sleep(Duration::from_millis(pause_ms(*tries))).await;
                None
            }
            // The connection may have died while it idled; a new one tells.
            Err(fault) if fault.broken && fault.may_pass && used && repeatable => None,
            Err(fault) => Some(Err(fault)),
        }
    }
}

/// Milliseconds to wait before the next try: twice as many each time, and a little by chance so that two don't meet again.
fn pause_ms(tries: u32) -> u64 {
    let chance = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |now| now.subsec_micros());
    let base = 5_u64 << tries.min(6);
    base + u64::from(chance) % base
}

#[cfg(test)]
mod tests;
