#![doc = include_str!("../README.md")]

mod aggregate;
pub mod bounds;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod distinct;
pub mod error;
pub mod features;
mod hint;
pub mod lookup;
pub mod memory;
mod merge;
pub mod prefix;
pub mod recheck;
mod score;
pub mod select;
pub mod sift;
pub mod write;

pub use error::Error;
pub use features::Features;
pub use hint::hinted;
pub use memory::Memory;
pub use merge::merge;
pub use score::score;
pub use select::{Select, Wish};
pub use sift::Sift;
pub use write::{Write, Written};

use std::sync::Arc;

use async_trait::async_trait;
use model::{
    ClassName, Filter, Object, ObjectId, Path, Pipeline, Schema, Value,
    query::{Advice, Explain},
};
use tokio::sync::watch;

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

    /// Answers the classes that the storage knows without telling them: a change of a class goes on being compared with what
    /// [`Storage::schemas`] answered last, so that nothing which another node added counts as taken away.
    ///
    /// # Errors
    /// As [`Storage::schemas`].
    async fn known(&self) -> Result<Vec<Schema>, Error> {
        self.schemas().await
    }

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

    /// The different values at a path among the objects that a filter passes: the elements of an array each for itself,
    /// nulls and missing values not at all. In no order.
    ///
    /// # Errors
    /// As [`Storage::find`].
    async fn distinct(
        &self,
        schema: &Arc<Schema>,
        path: &Path,
        filter: &Filter,
        advice: &Advice,
    ) -> Result<Vec<Value>, Error> {
        distinct::over_find(self, schema, path, filter, advice).await
    }

    /// Sends the objects of a class through a pipeline, and answers the documents that come out, each a
    /// [`Value::Object`]; `_id` is called `objectId`.
    ///
    /// The server's own columns (those that start with `_`, and the tokens of sessions) never enter the pipeline, nor
    /// does a stage that looks at other classes see theirs.
    ///
    /// # Errors
    /// [`Error::Refused`] for a stage or an operator that isn't known or is told what it can't do.
    async fn aggregate(&self, schema: &Arc<Schema>, pipeline: &Pipeline) -> Result<Vec<Value>, Error> {
        aggregate::over_find(self, schema, pipeline).await
    }

    /// Tells how the database would find something, in its own words. Holds no values of objects.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where [`Features::explain`] says so.
    async fn explain(&self, select: &Select, mode: Explain) -> Result<Value, Error> {
        let _ = (select, mode);
        Err(Error::Unsupported("explaining a find"))
    }

    /// Tells how the database would find what a pipeline works on. Holds no values of objects.
    ///
    /// # Errors
    /// As [`Storage::aggregate`] and [`Storage::explain`].
    async fn explain_aggregate(
        &self,
        schema: &Arc<Schema>,
        pipeline: &Pipeline,
        mode: Explain,
    ) -> Result<Value, Error> {
        aggregate::explain_find(self, schema, pipeline, mode).await
    }

    /// What this backend offers; may be asked often.
    fn features(&self) -> Features {
        Features::default()
    }

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
