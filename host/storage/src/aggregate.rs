//! Aggregations carried out on what a find answers.

use std::sync::Arc;

use model::{
    Filter, Limit, Pipeline, Schema, Value,
    aggregate::{Foreign, MOST_DOCUMENTS, Plan, document},
    query::Explain,
};

use crate::{Error, Select, Storage};

/// Answers [`Storage::aggregate`] from what [`Storage::find`] answers: the conditions, the order and the window that a
/// pipeline begins with are the find's, the other stages are the model's.
pub(crate) async fn over_find<S: Storage + ?Sized>(
    storage: &S,
    schema: &Arc<Schema>,
    pipeline: &Pipeline,
) -> Result<Vec<Value>, Error> {
    let plan = Plan::new(pipeline, schema).map_err(Error::Refused)?;
    let mut foreign = Foreign::new();
    let classes = pipeline.classes();
    if !classes.is_empty() {
        for schema in storage.known().await? {
            if classes.contains(schema.class.as_str()) {
                let class = schema.class.clone();
                let select = bounded(Select::new(Arc::new(schema), Filter::all()));
                let found = storage.find(&select).await?;
                foreign.insert(class, found.into_iter().map(document).collect());
            }
        }
    }
    let found = storage.find(&head(&plan, schema, pipeline)).await?;
    plan.run(found, &foreign, pipeline.now).map_err(Error::Refused)
}

/// Answers [`Storage::explain_aggregate`] with the plan of the find that a pipeline begins with.
pub(crate) async fn explain_find<S: Storage + ?Sized>(
    storage: &S,
    schema: &Arc<Schema>,
    pipeline: &Pipeline,
    mode: Explain,
) -> Result<Value, Error> {
    let plan = Plan::new(pipeline, schema).map_err(Error::Refused)?;
    storage.explain(&head(&plan, schema, pipeline), mode).await
}

/// The find that a pipeline begins with.
fn head(plan: &Plan, schema: &Arc<Schema>, pipeline: &Pipeline) -> Select {
    bounded(Select {
        order: plan.order.clone(),
        skip: plan.skip,
        limit: plan.limit,
        advice: pipeline.advice.clone(),
        ..Select::new(Arc::clone(schema), plan.filter.clone())
    })
}

/// Loads one object more than may be held, so that the run tells that there are too many.
fn bounded(mut select: Select) -> Select {
    let most = MOST_DOCUMENTS as u64 + 1;
    select.limit = match select.limit {
        Limit::Rows(rows) => Limit::Rows(rows.min(most)),
        Limit::All => Limit::Rows(most),
    };
    select
}
