//! Aggregations and distinct values: reads with the master key's authority.

use std::collections::BTreeSet;

use model::{
    ClassName, Code, FieldName, Object, ObjectId, Path, Pipeline, Query, Value, aggregate::is_secret,
    query::Explain, schema::ClassOp,
};

use super::shape;
use crate::{
    Context, Data, Error, Principal,
    action::{Action, Target},
    ledger::Entry,
    policy,
};

impl Data {
    /// Sends the objects of a class through a pipeline.
    ///
    /// # Errors
    /// 403 without the master key, 102 for a pipeline that can't be.
    pub async fn aggregate(
        &self,
        cx: &Context,
        class: &ClassName,
        pipeline: &Pipeline,
    ) -> Result<Vec<Value>, Error> {
        let mut entry = self.inner.ledger.begin(cx, Action::Aggregate, &Target::class(class)).await?;
        let answer = self.try_aggregate(cx, &mut entry, class, pipeline).await;
        entry.finish(answer).await
    }

    async fn try_aggregate(
        &self,
        cx: &Context,
        entry: &mut Entry,
        class: &ClassName,
        pipeline: &Pipeline,
    ) -> Result<Vec<Value>, Error> {
        needs_master(cx)?;
        self.open_others(cx, pipeline)?;
        let fields = pipeline.fields();
        let fields: BTreeSet<FieldName> =
            fields.iter().filter_map(|name| FieldName::new(name).ok()).collect();
        entry.leaves_fields(&fields);
        let Some(schema) = self.inner.schemas.find(class) else { return Ok(Vec::new()) };
        let permit = policy::permit(cx, &schema, ClassOp::Find)?;
        let found = self.inner.vault.aggregate(&permit, pipeline).await?;
        entry.counted(found.len() as u64);
        if pipeline.keeps_objects() {
            let objects: Vec<Object> =
                found.iter().filter_map(|value| named(class, value, self.now())).collect();
            if objects.len() == found.len() {
                entry.counted(0);
                entry.leaves(&objects);
                return Ok(found);
            }
        }
        if pipeline.shows_whole() {
            entry.leaves_fields(schema.fields.keys().filter(|name| !is_secret(class, name)));
        }
        Ok(found)
    }

    /// Checks and records the other classes that a pipeline looks at.
    fn open_others(&self, cx: &Context, pipeline: &Pipeline) -> Result<(), Error> {
        for name in pipeline.classes() {
            let known = ClassName::new(name).ok().and_then(|class| self.inner.schemas.find(&class));
            let Some(schema) = known else {
                return Err(Error::refused(
                    Code::InvalidQuery,
                    "the pipeline looks at a class that isn't known",
                ));
            };
            policy::permit(cx, &schema, ClassOp::Find)?;
            // How many of its objects were looked at, only the database knows.
            self.inner.ledger.did(cx, Action::Aggregate, &Target::class(&schema.class))?;
        }
        Ok(())
    }

    /// Tells how the database would find what a pipeline works on; nothing of the objects leaves.
    /// `None` for a class that isn't known.
    ///
    /// # Errors
    /// As [`Data::aggregate`].
    pub async fn explain_aggregate(
        &self,
        cx: &Context,
        class: &ClassName,
        pipeline: &Pipeline,
        mode: Explain,
    ) -> Result<Option<Value>, Error> {
        let entry = self.inner.ledger.begin(cx, Action::Aggregate, &Target::class(class)).await?;
        let answer = async {
            needs_master(cx)?;
            self.open_others(cx, pipeline)?;
            let Some(schema) = self.inner.schemas.find(class) else { return Ok(None) };
            let permit = policy::permit(cx, &schema, ClassOp::Find)?;
            self.inner.vault.explain_aggregate(&permit, pipeline, mode).await.map(Some)
        };
        entry.finish(answer.await).await
    }

    /// The different values of a field among the objects that a query finds, its order and bounds aside.
    ///
    /// # Errors
    /// 403 without the master key, 105 for a field that nobody may gather; and as a find.
    pub async fn distinct(&self, cx: &Context, query: Query, path: &Path) -> Result<Vec<Value>, Error> {
        let target = Target { shape: shape::of(&query.filter), ..Target::class(&query.class) };
        let mut entry = self.inner.ledger.begin(cx, Action::Aggregate, &target).await?;
        let answer = self.try_distinct(cx, &mut entry, query, path).await;
        entry.finish(answer).await
    }

    async fn try_distinct(
        &self,
        cx: &Context,
        entry: &mut Entry,
        mut query: Query,
        path: &Path,
    ) -> Result<Vec<Value>, Error> {
        needs_master(cx)?;
        if is_secret(&query.class, path.root()) {
            return Err(Error::refused(Code::InvalidKeyName, "Invalid key name."));
        }
        let Some(schema) = self.inner.schemas.find(&query.class) else { return Ok(Vec::new()) };
        query.spread();
        let (permit, filter) = self.permitted(cx, &schema, ClassOp::Find, &query).await?;
        let values = self.inner.vault.distinct(&permit, path, filter, &query.advice).await?;
        entry.leaves_fields(&[path.field()]);
        entry.counted(values.len() as u64);
        Ok(values)
    }
}

fn needs_master(cx: &Context) -> Result<(), Error> {
    if matches!(cx.principal(), Principal::ReadOnlyMaster) && !cx.config().allow_read_only_aggregation {
        return Err(policy::read_only("aggregate"));
    }
    if cx.asks_as_master() {
        return Ok(());
    }
    Err(Error::Forbidden("Permission denied"))
}

/// The object that a document still is, with the names of its fields, for the trail.
fn named(class: &ClassName, document: &Value, at: model::Date) -> Option<Object> {
    let Value::Object(map) = document else { return None };
    let id = map.get("objectId").or_else(|| map.get("_id"))?;
    let id = ObjectId::new(id.as_str()?).ok()?;
    let mut object = Object::new(class.clone(), id, at);
    let own = ["objectId", "createdAt", "updatedAt", "ACL"];
    for name in map.keys().filter(|name| !own.contains(&name.as_str())) {
        // A raw answer names columns, of which only those of pointers are fields by another name.
        let name = name.strip_prefix("_p_").unwrap_or(name);
        object.fields.extend(FieldName::new(name).ok().map(|name| (name, Value::Null)));
    }
    Some(object)
}
