#![doc = include_str!("../README.md")]

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod error;
pub mod memory;
pub mod write;

pub use error::Error;
pub use memory::Memory;
pub use write::{Write, Written};

use std::sync::Arc;

use async_trait::async_trait;
use model::{ClassName, FieldName, Filter, Limit, Object, ObjectId, Order, Schema};
use tokio::sync::watch;

/// The rows that a find wants from storage: every sub-query is already resolved, every include left to the caller.
#[derive(Clone, Debug)]
pub struct Select {
    /// The class, as the caller knows it now.
    pub schema: Arc<Schema>,
    /// Which rows; contains the row filter of the permit.
    pub filter: Filter,
    /// Sort keys, strongest first; a tie is broken by nothing.
    pub order: Vec<Order>,
    /// Rows to pass over.
    pub skip: u64,
    /// Rows to answer.
    pub limit: Limit,
    /// Root fields to load; `None` loads all. Ids, dates and ACL are always loaded.
    pub fields: Option<Vec<FieldName>>,
}

/// Where objects are kept. Speaks Parse, never a database's language.
///
/// Semantics are those of the conformance suite (`storage::conformance`), which follows MongoDB wherever
/// the reference's backends differ: a missing value sorts lowest, `Eq(Null)` matches missing, one element of an array suffices.
#[async_trait]
pub trait Storage: Send + Sync {
    /// Reads every class that the storage knows, at start and when another node changed one.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the storage can't be reached.
    async fn schemas(&self) -> Result<Vec<Schema>, Error>;

    /// Makes a class, or brings it to this state: adds fields, indexes and unique groups, replaces permissions.
    /// Fields and indexes that the schema no longer names are dropped with their values. Idempotent.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when a unique group can't be made because values repeat; [`Error::Conflict`] when a field exists with another type.
    async fn put_schema(&self, schema: &Schema) -> Result<(), Error>;

    /// Drops a class, its rows and the join rows of its relations. An unknown class is fine.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn drop_schema(&self, class: &ClassName) -> Result<(), Error>;

    /// Finds objects.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when the filter asks for what this backend can't do, never a wrong answer instead.
    async fn find(&self, select: &Select) -> Result<Vec<Object>, Error>;

    /// Counts objects exactly.
    ///
    /// # Errors
    /// As [`Storage::find`].
    async fn count(&self, schema: &Arc<Schema>, filter: &Filter) -> Result<u64, Error>;

    /// Carries out changes, all or none, in order; durable when it answers. One [`Written`] per write.
    ///
    /// # Errors
    /// [`Error::NotFound`] when an update or delete matches nothing, [`Error::Duplicate`] for a unique group,
    /// [`Error::Mismatch`] when an operation meets a value of another type. Nothing is changed then.
    async fn commit(&self, writes: Vec<Write>) -> Result<Vec<Written>, Error>;

    /// The ids in `owner`'s relation `key`, sorted; join rows whose object is gone are included.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn related(&self, class: &ClassName, key: &str, owner: &ObjectId) -> Result<Vec<ObjectId>, Error>;

    /// The ids of the objects of `class` whose relation `key` holds one of `members`, sorted, each once.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn owners(
        &self,
        class: &ClassName,
        key: &str,
        members: &[ObjectId],
    ) -> Result<Vec<ObjectId>, Error>;

    /// Asks whether reads and writes would work now.
    ///
    /// # Errors
    /// [`Error::Unavailable`] with what to do about it.
    async fn ping(&self) -> Result<(), Error>;

    /// Counts the times when a class may have changed behind the caller's back, as another server on the same
    /// database does it; [`Storage::schemas`] then answers the new state. `None` when nobody else can change one.
    fn changes(&self) -> Option<watch::Receiver<u64>> {
        None
    }

    /// Finishes what was accepted and lets go of files and connections; later calls fail.
    async fn close(&self);
}
