//! The one holder of storage: opens only to a permit.

use std::sync::Arc;

use model::{
    ClassName, FieldName, Filter, Limit, Object, ObjectId, Order, Path, Pipeline, Schema, Value,
    query::{Advice, Explain},
};
use storage::{Select, Storage, Written};
use tokio::sync::watch;

use crate::{
    Error,
    deadline::Begun,
    policy::{Authorised, Permit},
};

/// Reads and writes objects for whoever shows a permit; the permit's rows and fields are part of each statement.
pub(crate) struct Vault {
    storage: Arc<dyn Storage>,
}

/// Which of the permitted rows are wanted.
pub(crate) struct Wanted {
    pub(crate) filter: Filter,
    pub(crate) order: Vec<Order>,
    pub(crate) skip: u64,
    pub(crate) limit: Limit,
    pub(crate) fields: Option<Vec<FieldName>>,
    pub(crate) score: bool,
    pub(crate) advice: Advice,
}

impl Wanted {
    /// Wants every row that a filter passes.
    pub(crate) fn all(filter: Filter) -> Wanted {
        Wanted {
            filter,
            order: Vec::new(),
            skip: 0,
            limit: Limit::All,
            fields: None,
            score: false,
            advice: Advice::default(),
        }
    }

    /// Wants the ids of every row that a filter passes.
    pub(crate) fn ids(filter: Filter) -> Wanted {
        Wanted { fields: Some(Vec::new()), ..Wanted::all(filter) }
    }

    /// Wants the id of any row, to learn whether there is one.
    pub(crate) fn any() -> Wanted {
        Wanted { limit: Limit::Rows(1), ..Wanted::ids(Filter::all()) }
    }

    fn select(self, permit: &Permit) -> Select {
        Select {
            order: self.order,
            skip: self.skip,
            limit: self.limit,
            fields: self.fields,
            score: self.score,
            advice: self.advice,
            ..Select::new(permit.schema().clone(), self.filter.and(permit.rows().clone()))
        }
    }

    /// Wants one object.
    pub(crate) fn one(id: &ObjectId) -> Wanted {
        Wanted { limit: Limit::Rows(1), ..Wanted::all(Filter::id(id)) }
    }
}

impl Vault {
    pub(crate) fn new(storage: Arc<dyn Storage>) -> Vault {
        Vault { storage }
    }

    pub(crate) async fn find(&self, permit: &Permit, wanted: Wanted) -> Result<Vec<Object>, Error> {
        Ok(self.storage.find(&wanted.select(permit)).await?)
    }

    pub(crate) async fn one(&self, permit: &Permit, id: &ObjectId) -> Result<Option<Object>, Error> {
        Ok(self.find(permit, Wanted::one(id)).await?.pop())
    }

    pub(crate) async fn count(&self, permit: &Permit, filter: Filter) -> Result<u64, Error> {
        Ok(self.storage.count(permit.schema(), &filter.and(permit.rows().clone())).await?)
    }

    /// The different values at a path among the permitted rows.
    pub(crate) async fn distinct(
        &self,
        permit: &Permit,
        path: &Path,
        filter: Filter,
        advice: &Advice,
    ) -> Result<Vec<Value>, Error> {
        let filter = filter.and(permit.rows().clone());
        Ok(self.storage.distinct(permit.schema(), path, &filter, advice).await?)
    }

    /// Sends a class through a pipeline. A permit that hides rows or fields doesn't reach this far.
    pub(crate) async fn aggregate(&self, permit: &Permit, pipeline: &Pipeline) -> Result<Vec<Value>, Error> {
        if !permit.mask().is_empty() || *permit.rows() != Filter::all() {
            return Err(Error::denied("A pipeline needs every row and field of its class."));
        }
        Ok(self.storage.aggregate(permit.schema(), pipeline).await?)
    }

    /// Tells how the database would find what a pipeline works on.
    pub(crate) async fn explain_aggregate(
        &self,
        permit: &Permit,
        pipeline: &Pipeline,
        mode: Explain,
    ) -> Result<Value, Error> {
        Ok(self.storage.explain_aggregate(permit.schema(), pipeline, mode).await?)
    }

    /// Tells how the database would find the wanted rows.
    pub(crate) async fn explain(
        &self,
        permit: &Permit,
        wanted: Wanted,
        mode: Explain,
    ) -> Result<Value, Error> {
        Ok(self.storage.explain(&wanted.select(permit), mode).await?)
    }

    /// Carries out writes, all or none.
    pub(crate) async fn commit(
        &self,
        _: Begun,
        writes: Vec<Authorised>,
    ) -> Result<Vec<Written>, storage::Error> {
        self.storage.commit(writes.into_iter().map(Authorised::into_write).collect()).await
    }

    /// Ids of the objects whose relation holds one of `members`; for role lookups.
    pub(crate) async fn owners(
        &self,
        permit: &Permit,
        key: &str,
        members: &[ObjectId],
    ) -> Result<Vec<ObjectId>, Error> {
        Ok(self.storage.owners(&permit.schema().class, key, members).await?)
    }

    pub(crate) async fn schemas(&self) -> Result<Vec<Schema>, Error> {
        Ok(self.storage.schemas().await?)
    }

    pub(crate) async fn put_schema(&self, schema: &Schema) -> Result<(), Error> {
        self.storage.put_schema(schema).await.map_err(|error| match error {
            storage::Error::Conflict(_) => Error::refused(
                model::Code::IncorrectType,
                format!("a field of {} exists with another type", schema.class),
            ),
            other => other.into(),
        })
    }

    pub(crate) async fn drop_schema(&self, class: &ClassName) -> Result<(), Error> {
        Ok(self.storage.drop_schema(class).await?)
    }

    /// Takes out of a new object what the storage has no place for, so that the answer and the trail tell what is kept.
    pub(crate) fn fit(&self, object: &mut Object) {
        self.storage.features().fit(object);
    }

    /// Counts the changes of classes that others made.
    pub(crate) fn changes(&self) -> Option<watch::Receiver<u64>> {
        self.storage.changes()
    }

    pub(crate) async fn ping(&self) -> Result<(), Error> {
        Ok(self.storage.ping().await?)
    }

    pub(crate) async fn close(&self) {
        self.storage.close().await;
    }
}
