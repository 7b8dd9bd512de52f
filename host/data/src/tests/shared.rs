//! Two doors on one storage, as two servers on one database are.

use std::time::Duration;

use model::{Field, FieldName, FieldType, SchemaEdit};
use serde_json::json;

use super::*;

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
