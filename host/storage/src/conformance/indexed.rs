//! Any backend with an index on every field, which lets no query scan a table where one of them serves.

mod serves;

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use model::{ClassName, Filter, Limit, Object, ObjectId, Schema, Value, query::Explain, schema::IndexKind};
use parking_lot::Mutex;
use tokio::sync::watch;

use serves::Needs;
pub use serves::Serves;

use crate::{Error, Features, Select, Storage, Write, Written};

/// How the names of its own indexes begin.
const OURS: &str = "every_";

/// A backend whose classes get an index on every field that takes one, unseen by the caller.
///
/// Whatever is then found, counted, changed or deleted is explained first: a plan that scans the class although an
/// index serves is an error. So the cases of the suite, run on it, show that no query of theirs scans.
pub struct Indexed {
    inner: Arc<dyn Storage>,
    serves: Serves,
    classes: Mutex<BTreeMap<ClassName, Schema>>,
}

impl Indexed {
    /// Wraps a fresh backend.
    pub fn new(inner: Arc<dyn Storage>, serves: Serves) -> Indexed {
        Indexed { inner, serves, classes: Mutex::default() }
    }

    /// The class with our indexes on top.
    fn with_indexes(&self, schema: &Schema) -> Schema {
        let mut indexed = schema.clone();
        let mut add = |name: &str, field: &str, kind| {
            let keys = [(field.to_owned(), kind)].into();
            // A database needn't keep two of the same.
            if !schema.indexes.values().any(|index| *index == keys) {
                indexed.indexes.insert(format!("{OURS}{name}"), keys);
            }
        };
        for (name, field) in &schema.fields {
            let kind = match self.serves.kind(&field.kind) {
                // What is unique has an index of its own.
                Some(kind) if !schema.unique.iter().any(|group| group.fields.iter().eq([name])) => kind,
                _ => continue,
            };
            add(name, name, kind);
        }
        add("made", "createdAt", IndexKind::Ascending);
        indexed
    }

    /// Ends in an error where a plan scans without need.
    async fn check(&self, select: &Select) -> Result<(), Error> {
        let Some(schema) = self.classes.lock().get(&select.schema.class).cloned() else { return Ok(()) };
        let needs = self.serves.needs(&schema, select);
        if needs == Needs::Nothing {
            return Ok(());
        }
        let plan = self.inner.explain(select, Explain::QueryPlanner).await?;
        let told = Told::of(&plan);
        let wrong = match needs {
            Needs::Search if told.scans || told.walks => "scans",
            Needs::Either if told.scans => "scans",
            Needs::Order if told.sorts => "sorts",
            Needs::Nothing | Needs::Search | Needs::Either | Needs::Order => return Ok(()),
        };
        Err(Error::Internal(format!(
            "{} {wrong} although an index serves {:?} in the order {:?}: {}",
            select.schema.class,
            select.filter,
            select.order,
            model::encode::json(&plan)
        )))
    }

    /// Takes our indexes off the classes of some changes.
    async fn without_indexes(&self, writes: &[Write]) -> Result<(), Error> {
        for write in writes {
            let (Write::Insert { schema, .. } | Write::Update { schema, .. }) = write else { continue };
            let Some(mut plain) = self.classes.lock().remove(&schema.class) else { continue };
            plain.indexes.retain(|name, _| !name.starts_with(OURS));
            self.inner.put_schema(&plain).await?;
        }
        Ok(())
    }

    async fn check_filter(&self, schema: &Arc<Schema>, filter: &Filter) -> Result<(), Error> {
        self.check(&Select { limit: Limit::All, ..Select::new(Arc::clone(schema), filter.clone()) }).await
    }
}

/// What a plan tells.
#[derive(Default)]
struct Told {
    /// A table is read from end to end.
    scans: bool,
    /// An index is.
    walks: bool,
    sorts: bool,
}

impl Told {
    /// Reads the plan that was chosen, however deep its stages lie: in MongoDB's words, as every backend has them.
    fn of(plan: &Value) -> Told {
        let mut told = Told::default();
        let chosen = member(plan, "queryPlanner").and_then(|planner| member(planner, "winningPlan"));
        told.read(chosen.unwrap_or(plan));
        told
    }

    fn read(&mut self, value: &Value) {
        match value {
            Value::Object(map) => {
                match map.get("stage").and_then(Value::as_str) {
                    Some("COLLSCAN") => self.scans = true,
                    Some("SORT") => self.sorts = true,
                    _ => {}
                }
                self.walks |= map.get("wholeIndex") == Some(&Value::Boolean(true));
                map.values().for_each(|value| self.read(value));
            }
            Value::Array(items) => items.iter().for_each(|item| self.read(item)),
            _ => {}
        }
    }
}

fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(map) => map.get(name),
        _ => None,
    }
}

#[async_trait]
impl Storage for Indexed {
    async fn schemas(&self) -> Result<Vec<Schema>, Error> {
        let mut schemas = self.inner.schemas().await?;
        for schema in &mut schemas {
            schema.indexes.retain(|name, _| !name.starts_with(OURS));
        }
        Ok(schemas)
    }

    async fn put_schema(&self, schema: &Schema) -> Result<(), Error> {
        let indexed = self.with_indexes(schema);
        self.inner.put_schema(&indexed).await?;
        self.classes.lock().insert(schema.class.clone(), indexed);
        Ok(())
    }

    async fn drop_schema(&self, class: &ClassName) -> Result<(), Error> {
        self.classes.lock().remove(class);
        self.inner.drop_schema(class).await
    }

    async fn find(&self, select: &Select) -> Result<Vec<Object>, Error> {
        self.check(select).await?;
        self.inner.find(select).await
    }

    async fn count(&self, schema: &Arc<Schema>, filter: &Filter) -> Result<u64, Error> {
        self.check_filter(schema, filter).await?;
        self.inner.count(schema, filter).await
    }

    async fn explain(&self, select: &Select, mode: Explain) -> Result<Value, Error> {
        self.inner.explain(select, mode).await
    }

    fn features(&self) -> Features {
        self.inner.features()
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<Vec<Written>, Error> {
        for write in &writes {
            if let Write::Update { schema, filter, .. } | Write::Delete { schema, filter, .. } = write {
                self.check_filter(schema, filter).await?;
            }
        }
        match self.inner.commit(writes.clone()).await {
            // Some databases take no long text into an index.
            Err(Error::Unsupported(_)) => {
                self.without_indexes(&writes).await?;
                self.inner.commit(writes).await
            }
            other => other,
        }
    }

    async fn related(&self, class: &ClassName, key: &str, owner: &ObjectId) -> Result<Vec<ObjectId>, Error> {
        self.inner.related(class, key, owner).await
    }

    async fn owners(
        &self,
        class: &ClassName,
        key: &str,
        members: &[ObjectId],
    ) -> Result<Vec<ObjectId>, Error> {
        self.inner.owners(class, key, members).await
    }

    async fn ping(&self) -> Result<(), Error> {
        self.inner.ping().await
    }

    fn changes(&self) -> Option<watch::Receiver<u64>> {
        self.inner.changes()
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}
