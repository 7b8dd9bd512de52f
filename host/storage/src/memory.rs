//! The backend that keeps everything in memory: for tests, trials, and as the measure of the others.

mod class;
mod commit;
mod joins;

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use model::{
    ClassName, FieldName, FieldType, Filter, Limit, Object, ObjectId, Path, Schema, Value,
    query::{Explain, Relations, Sorter, sort},
    value::Map,
};
use parking_lot::RwLock;
use tokio::sync::watch;

use crate::{
    Error, Features, Select, Storage, Write, Written,
    memory::{class::Class, joins::Joins},
    recheck,
};

/// Keeps objects until it is dropped. Clones of its `Arc` share them.
#[derive(Default)]
pub struct Memory {
    state: RwLock<State>,
    changes: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    classes: BTreeMap<ClassName, Class>,
    joins: Joins,
    closed: bool,
}

impl Memory {
    /// Makes an empty backend.
    pub fn new() -> Memory {
        Memory::default()
    }
}

impl State {
    fn open(&self) -> Result<&State, Error> {
        if self.closed { Err(closed()) } else { Ok(self) }
    }

    fn open_mut(&mut self) -> Result<&mut State, Error> {
        if self.closed { Err(closed()) } else { Ok(self) }
    }
}

fn closed() -> Error {
    Error::Unavailable("it was closed; open it again".into())
}

impl Relations for Joins {
    fn holds(&self, owner_class: &ClassName, owner: &ObjectId, key: &Path, member: &ObjectId) -> bool {
        self.contains(owner_class, key, owner, member)
    }
}

#[async_trait]
impl Storage for Memory {
    async fn schemas(&self) -> Result<Vec<Schema>, Error> {
        let state = self.state.read();
        Ok(state.open()?.classes.values().map(|class| class.schema.clone()).collect())
    }

    async fn put_schema(&self, schema: &Schema) -> Result<(), Error> {
        let mut state = self.state.write();
        let state = state.open_mut()?;
        self.changes.send_modify(|count| *count += 1);
        let Some(class) = state.classes.get_mut(&schema.class) else {
            state.classes.insert(schema.class.clone(), Class::new(schema.clone()));
            return Ok(());
        };
        let dropped = class.evolve(schema.clone())?;
        for (name, field) in dropped {
            if matches!(field.kind, FieldType::Relation(_)) {
                state.joins.drop_relation(&schema.class, &name);
            }
        }
        Ok(())
    }

    async fn drop_schema(&self, class: &ClassName) -> Result<(), Error> {
        let mut state = self.state.write();
        let state = state.open_mut()?;
        state.classes.remove(class);
        self.changes.send_modify(|count| *count += 1);
        state.joins.drop_class(class);
        Ok(())
    }

    async fn find(&self, select: &Select) -> Result<Vec<Object>, Error> {
        let matcher = recheck::matcher(&select.filter)?;
        let state = self.state.read();
        let state = state.open()?;
        let Some(class) = state.classes.get(&select.schema.class) else { return Ok(Vec::new()) };
        crate::hinted(&class.schema, &select.advice)?;
        let mut found = class.matching(&select.filter, &matcher, &state.joins);
        Sorter::new(&select.order, &select.filter).sort(&mut found);
        let most = match select.limit {
            Limit::Rows(rows) => usize::try_from(rows).unwrap_or(usize::MAX),
            Limit::All => usize::MAX,
        };
        let skip = usize::try_from(select.skip).unwrap_or(usize::MAX);
        let found: Vec<&Object> = found.into_iter().skip(skip).take(most).collect();
        let scores = if select.score { sort::scores(&select.filter, &found) } else { None };
        let mut objects: Vec<Object> = found.into_iter().map(|object| projected(object, select)).collect();
        for (object, score) in objects.iter_mut().zip(scores.into_iter().flatten()) {
            object.fields.insert(FieldName::known("score"), Value::Number(score));
        }
        Ok(objects)
    }

    async fn count(&self, schema: &Arc<Schema>, filter: &Filter) -> Result<u64, Error> {
        let matcher = recheck::matcher(filter)?;
        let state = self.state.read();
        let state = state.open()?;
        let Some(class) = state.classes.get(&schema.class) else { return Ok(0) };
        Ok(class.matching(filter, &matcher, &state.joins).len() as u64)
    }

    async fn explain(&self, select: &Select, _: Explain) -> Result<Value, Error> {
        let stage = if select.filter.named_id().is_some() { "IDHACK" } else { "COLLSCAN" };
        let plan = Value::Object(Map::from([("stage".to_owned(), Value::text(stage))]));
        let planner = Value::Object(Map::from([("winningPlan".to_owned(), plan)]));
        Ok(Value::Object(Map::from([("queryPlanner".to_owned(), planner)])))
    }

    fn features(&self) -> Features {
        Features { explain: true, ..Features::default() }
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<Vec<Written>, Error> {
        commit::commit(self.state.write().open_mut()?, writes)
    }

    async fn related(&self, class: &ClassName, key: &str, owner: &ObjectId) -> Result<Vec<ObjectId>, Error> {
        Ok(self.state.read().open()?.joins.members(class, key, owner))
    }

    async fn owners(
        &self,
        class: &ClassName,
        key: &str,
        members: &[ObjectId],
    ) -> Result<Vec<ObjectId>, Error> {
        Ok(self.state.read().open()?.joins.owners(class, key, members))
    }

    async fn ping(&self) -> Result<(), Error> {
        self.state.read().open().map(|_| ())
    }

    /// Two servers may share one backend in memory, too.
    fn changes(&self) -> Option<watch::Receiver<u64>> {
        Some(self.changes.subscribe())
    }

    async fn close(&self) {
        self.state.write().closed = true;
    }
}

/// Copies what a find asks for.
fn projected(object: &Object, select: &Select) -> Object {
    let Some(fields) = &select.fields else { return object.clone() };
    let mut copy = Object::new(object.class.clone(), object.id.clone(), object.created_at);
    copy.updated_at = object.updated_at;
    copy.acl.clone_from(&object.acl);
    copy.fields = fields
        .iter()
        .filter_map(|name| object.fields.get_key_value(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    copy
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make() -> crate::conformance::Making {
        Box::pin(async { Arc::new(Memory::new()) as Arc<dyn Storage> })
    }

    #[tokio::test]
    async fn keeps_the_contract() {
        let ran = crate::conformance::run(&make).await.unwrap();
        assert!(ran > 250, "only {ran} cases ran");
    }

    #[tokio::test]
    async fn agrees_with_the_matcher() {
        crate::conformance::agree(&make, 300).await.unwrap();
    }
}
