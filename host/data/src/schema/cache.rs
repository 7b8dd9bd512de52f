//! The classes as every request sees them, without asking storage.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use model::{ClassName, Schema};
use tokio::sync::{Mutex, watch};

use super::builtin;
use crate::{Error, deadline::Begun, door::Inner, vault::Vault};

/// How long a reload that failed waits for its next try.
const PAUSE: Duration = Duration::from_secs(1);

type Map = BTreeMap<ClassName, Arc<Schema>>;

/// Every class by name. Readers take a snapshot; changes queue behind each other.
pub(crate) struct Schemas {
    map: ArcSwap<Map>,
    changing: Mutex<()>,
    /// Counts what others changed, if storage tells.
    changes: Option<watch::Receiver<u64>>,
    /// What that count was when the classes were read last.
    loaded: AtomicU64,
}

impl Schemas {
    /// Reads the classes and makes the built-in ones that are missing or lack a column.
    pub(crate) async fn open(vault: &Vault, changes: Option<watch::Receiver<u64>>) -> Result<Schemas, Error> {
        let loaded = AtomicU64::new(count(changes.as_ref()));
        let mut map: Map = vault
            .schemas()
            .await?
            .into_iter()
            .map(|schema| (schema.class.clone(), Arc::new(schema)))
            .collect();
        for wanted in builtin::all() {
            let schema = match map.get(&wanted.class) {
                None => wanted,
                Some(known) => {
                    let mut schema = Schema::clone(known);
                    let before = schema.fields.len() + schema.unique.len();
                    for (name, field) in wanted.fields {
                        schema.fields.entry(name).or_insert(field);
                    }
                    for unique in wanted.unique {
                        if !schema.unique.contains(&unique) {
                            schema.unique.push(unique);
                        }
                    }
                    if schema.fields.len() + schema.unique.len() == before {
                        continue;
                    }
                    schema
                }
            };
            vault.put_schema(&schema).await?;
            map.insert(schema.class.clone(), Arc::new(schema));
        }
        Ok(Schemas { map: ArcSwap::from_pointee(map), changing: Mutex::new(()), changes, loaded })
    }

    /// Reads the classes again, after another server on the same database changed one.
    async fn reload(&self, vault: &Vault) -> Result<(), Error> {
        let _one_at_a_time = self.changing.lock().await;
        // Counted first: what changes while the classes are read is read again.
        let heard = count(self.changes.as_ref());
        let classes = vault.schemas().await?.into_iter();
        let map: Map = classes.map(|schema| (schema.class.clone(), Arc::new(schema))).collect();
        self.map.store(Arc::new(map));
        self.loaded.store(heard, Ordering::Release);
        Ok(())
    }

    /// The class as it is after what storage has answered: storage may have met a field that another server has just
    /// made, and tells of it before it answers. `None` when `known` is still the class, or when it has gone.
    ///
    /// # Errors
    /// When the classes can't be read again: nobody may see rows of a class that isn't known.
    pub(crate) async fn newer(
        &self,
        vault: &Vault,
        known: &Arc<Schema>,
    ) -> Result<Option<Arc<Schema>>, Error> {
        if count(self.changes.as_ref()) != self.loaded.load(Ordering::Acquire) {
            self.reload(vault).await?;
        }
        Ok(self.find(&known.class).filter(|now| !Arc::ptr_eq(now, known) && now != known))
    }

    /// A class, if there is one.
    pub(crate) fn find(&self, class: &str) -> Option<Arc<Schema>> {
        self.map.load().get(class).cloned()
    }

    /// Every class, by name.
    pub(crate) fn all(&self) -> Vec<Arc<Schema>> {
        self.map.load().values().cloned().collect()
    }

    /// Changes a class: `edit` gets it as it is now and answers it as it shall be. One change at a time,
    /// so that two requests that add the same field don't meet.
    pub(crate) async fn change(
        &self,
        vault: &Vault,
        _: Begun,
        class: &ClassName,
        edit: impl FnOnce(Option<&Schema>) -> Result<Option<Schema>, Error>,
    ) -> Result<Option<Arc<Schema>>, Error> {
        let _one_at_a_time = self.changing.lock().await;
        let known = self.find(class);
        let Some(schema) = edit(known.as_deref())? else { return Ok(known) };
        vault.put_schema(&schema).await?;
        let schema = Arc::new(schema);
        let mut map = Map::clone(&self.map.load());
        map.insert(class.clone(), schema.clone());
        self.map.store(Arc::new(map));
        Ok(Some(schema))
    }

    /// Drops a class after `check` said that it may go.
    pub(crate) async fn drop_class(
        &self,
        vault: &Vault,
        _: Begun,
        class: &ClassName,
        check: impl Future<Output = Result<(), Error>>,
    ) -> Result<(), Error> {
        let _one_at_a_time = self.changing.lock().await;
        check.await?;
        vault.drop_schema(class).await?;
        let mut map = Map::clone(&self.map.load());
        map.remove(class);
        self.map.store(Arc::new(map));
        Ok(())
    }
}

fn count(changes: Option<&watch::Receiver<u64>>) -> u64 {
    changes.map_or(0, |changes| *changes.borrow())
}

/// Keeps a door's classes fresh as long as the door stands.
pub(crate) async fn follow(door: Weak<Inner>, mut changes: watch::Receiver<u64>) {
    while changes.changed().await.is_ok() {
        loop {
            let Some(door) = door.upgrade() else { return };
            match door.schemas.reload(&door.vault).await {
                Ok(()) => break,
                Err(error) => tracing::warn!(%error, "the classes can't be read again yet"),
            }
            drop(door);
            tokio::time::sleep(PAUSE).await;
        }
    }
}
