//! Two doors on one storage, as two servers on one database are.

use std::time::Duration;

use async_trait::async_trait;
use model::{Field, FieldName, FieldType, Filter, Object, Schema, SchemaEdit, Value};
use parking_lot::Mutex;
use serde_json::json;
use storage::{Memory, Select, Storage, Write, Written};
use tokio::sync::watch;

use super::*;

/// A storage in memory where another server changes a class, and saves an object of it, just before the next read answers.
#[derive(Default)]
struct Overtaken {
    inside: Memory,
    news: Mutex<Option<(Schema, Object)>>,
}

impl Overtaken {
    async fn overtake(&self) -> Result<(), storage::Error> {
        let news = self.news.lock().take();
        let Some((schema, object)) = news else { return Ok(()) };
        self.inside.put_schema(&schema).await?;
        self.inside.commit(vec![Write::Insert { schema: Arc::new(schema), object }]).await.map(drop)
    }
}

#[async_trait]
impl Storage for Overtaken {
    async fn schemas(&self) -> Result<Vec<Schema>, storage::Error> {
        self.inside.schemas().await
    }
    async fn put_schema(&self, schema: &Schema) -> Result<(), storage::Error> {
        self.inside.put_schema(schema).await
    }
    async fn drop_schema(&self, class: &ClassName) -> Result<(), storage::Error> {
        self.inside.drop_schema(class).await
    }
    async fn find(&self, select: &Select) -> Result<Vec<Object>, storage::Error> {
        self.overtake().await?;
        self.inside.find(select).await
    }
    async fn count(&self, schema: &Arc<Schema>, filter: &Filter) -> Result<u64, storage::Error> {
        self.overtake().await?;
        self.inside.count(schema, filter).await
    }
    async fn commit(&self, writes: Vec<Write>) -> Result<Vec<Written>, storage::Error> {
        self.inside.commit(writes).await
    }
    async fn related(
        &self,
        class: &ClassName,
        key: &str,
        owner: &ObjectId,
    ) -> Result<Vec<ObjectId>, storage::Error> {
        self.inside.related(class, key, owner).await
    }
    async fn owners(
        &self,
        class: &ClassName,
        key: &str,
        members: &[ObjectId],
    ) -> Result<Vec<ObjectId>, storage::Error> {
        self.inside.owners(class, key, members).await
    }
    async fn ping(&self) -> Result<(), storage::Error> {
        self.inside.ping().await
    }
    async fn close(&self) {
        self.inside.close().await;
    }
    fn changes(&self) -> Option<watch::Receiver<u64>> {
        self.inside.changes()
    }
}

/// A door that hasn't heard yet of a protected field that its storage is about to hold.
async fn overtaken() -> House {
    let storage = Arc::new(Overtaken::default());
    let config = Config { allow_client_class_creation: true, ..Config::default() };
    let house = house_on(storage.clone(), config).await;
    house.save(&house.master().await, "Patient", json!({"name": "Jane"})).await.unwrap();
    let mut schema = Schema::clone(&house.data.inner.schemas.find("Patient").unwrap());
    schema.fields.insert(FieldName::known("ssn"), Field::new(FieldType::String));
    schema.permissions.protected_fields = [("*".to_owned(), ["ssn".to_owned()].into_iter().collect())].into();
    let mut object = Object::new(class_name("Patient"), ObjectId::new("other").unwrap(), Date(0));
    object.fields.insert(FieldName::known("ssn"), Value::text("123"));
    *storage.news.lock() = Some((schema, object));
    house
}

/// Storage answered a field that another server had just protected, and the door still went by its old class.
#[tokio::test]
async fn a_field_that_has_just_been_protected_elsewhere_is_hidden() {
    let house = overtaken().await;
    let rows = house.find(&house.anyone().await, "Patient", json!({})).await.unwrap();
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows.iter().all(|row| row.get("ssn").is_none()), "{rows:?}");
}

#[tokio::test]
async fn a_field_that_has_just_been_protected_elsewhere_is_neither_asked_for_nor_counted_by() {
    let house = overtaken().await;
    let error = house.find(&house.anyone().await, "Patient", json!({"ssn": "123"})).await.unwrap_err();
    assert_eq!(code(&error), 119);

    let house = overtaken().await;
    let mut query = model::Query::new(class_name("Patient"));
    query.restrict(json!({"ssn": "123"}), &query::Limits::default(), Date(0)).unwrap();
    (query.count, query.limit) = (true, Some(model::Limit::Rows(0)));
    let counted = house.data.find(&house.anyone().await, query).await;
    assert_eq!(counted.err().map(|error| code(&error)), Some(119));
}

/// Asks again until a class has a field, for as long as a reload may take.
async fn comes_to_know(house: &House, class: &str, field: &str) -> bool {
    for _ in 0..200 {
        let known = house.data.inner.schemas.find(class);
        if known.is_some_and(|schema| schema.kind(field).is_some()) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

#[tokio::test]
async fn a_class_changed_through_one_door_is_known_behind_the_other() {
    let storage = Arc::new(storage::Memory::new());
    let config = Config { allow_client_class_creation: true, ..Config::default() };
    let (here, there) =
        (house_on(storage.clone(), config.clone()).await, house_on(storage.clone(), config).await);
    let cx = here.master().await;
    let class = ClassName::new("Patient").unwrap();
    here.data.create(&cx, &class, read(json!({"name": "x"}))).await.unwrap();
    assert!(comes_to_know(&there, "Patient", "name").await);

    let cx = there.master().await;
    let edit = SchemaEdit {
        class,
        fields: [(FieldName::new("age").unwrap(), Some(Field::new(FieldType::Number)))].into(),
        permissions: None,
        indexes: Default::default(),
    };
    there.data.update_schema(&cx, edit).await.unwrap();
    assert!(comes_to_know(&here, "Patient", "age").await);
}

#[tokio::test]
async fn a_door_that_is_gone_follows_nothing() {
    let storage = Arc::new(storage::Memory::new());
    let house = house_on(storage.clone(), Config::default()).await;
    let door = Arc::downgrade(&house.data.inner);
    drop(house);
    assert!(door.upgrade().is_none(), "following must not keep a door open");
}
