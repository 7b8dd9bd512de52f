//! The backend against a real server.

mod faults;
mod helpers;
mod layout;
mod plans;
mod server;
mod shared;
mod standalone;

use std::sync::Arc;

use ::storage::{
    Select, Storage, Write, Written,
    conformance::{self, Indexed, indexed::Serves},
};
use model::{
    ClassName, Date, Field, FieldName, FieldType, Filter, Object, ObjectId, Schema, encode, schema::IndexKind,
};
use serde_json::{Value as Json, json};

fn making() -> conformance::Making {
    Box::pin(async { Arc::new(server::open(server::shared()).await) as Arc<dyn Storage> })
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_the_contract() {
    // Whoever mends one case names it.
    let part = std::env::var("STORAGE_MONGODB_CASE").unwrap_or_default();
    let ran = conformance::run_some(&making, &part).await.unwrap();
    assert!(ran > 200 || !part.is_empty(), "only {ran} cases ran");
}

#[tokio::test(flavor = "multi_thread")]
async fn agrees_with_the_matcher() {
    conformance::agree(&making, 60).await.unwrap();
}

/// With an index on every field, nothing of all this scans a collection where one of them serves.
#[tokio::test(flavor = "multi_thread")]
async fn no_query_of_the_suite_scans_where_an_index_serves() {
    // This is what the server of the tests plans; MongoDB plans more.
    let serves = Serves { elements: true, places: None, alone: true };
    let indexed = || -> conformance::Making {
        Box::pin(async move { Arc::new(Indexed::new(making().await, serves)) as Arc<dyn Storage> })
    };
    let part = std::env::var("STORAGE_MONGODB_CASE").unwrap_or_default();
    // The server of the tests mislays the least of all numbers in its indexes.
    let wanted = |case: &str| case.contains(&part) && case != "range::extreme_numbers_have_an_order";
    let ran = conformance::run_which(&indexed, &wanted).await.unwrap();
    assert!(ran > 200 || !part.is_empty(), "only {ran} cases ran");
    conformance::agree(&indexed, 20).await.unwrap();
}

/// A class with fields of the given types; `*Ward` is a pointer, `<Ward` a relation.
fn class(name: &str, fields: &[(&'static str, &str)]) -> Arc<Schema> {
    let mut schema = Schema::new(ClassName::new(name).unwrap());
    for (name, kind) in fields {
        let kind = match (kind.strip_prefix('*'), kind.strip_prefix('<')) {
            (Some(class), _) => FieldType::Pointer(ClassName::new(class).unwrap()),
            (_, Some(class)) => FieldType::Relation(ClassName::new(class).unwrap()),
            _ => FieldType::from_name(kind, || Err(())).unwrap().unwrap(),
        };
        schema.fields.insert(FieldName::known(name), Field::new(kind));
    }
    Arc::new(schema)
}

fn object(schema: &Schema, id: &str, fields: Json) -> Object {
    let mut object = Object::new(schema.class.clone(), ObjectId::new(id).unwrap(), Date(1_700_000_000_000));
    for (name, json) in fields.as_object().unwrap() {
        object.fields.insert(FieldName::stored(name).unwrap(), encode::value(json.clone()).unwrap());
    }
    object
}

fn insert(schema: &Arc<Schema>, id: &str, fields: Json) -> Write {
    Write::Insert { schema: Arc::clone(schema), object: object(schema, id, fields) }
}

fn update(schema: &Arc<Schema>, id: &str, body: Json) -> Write {
    let update = model::parse_update::update(body.as_object().unwrap().clone()).unwrap().update;
    let filter = Filter::id(&ObjectId::new(id).unwrap());
    Write::Update { schema: Arc::clone(schema), filter, update, at: Date(1_700_000_001_000) }
}

fn select(schema: &Arc<Schema>) -> Select {
    Select::new(Arc::clone(schema), Filter::all())
}

/// The ids of everything in a class, sorted.
async fn ids(storage: &dyn Storage, schema: &Arc<Schema>) -> Vec<String> {
    let found = storage.find(&select(schema)).await.unwrap();
    let mut ids: Vec<String> = found.iter().map(|object| object.id.as_str().to_owned()).collect();
    ids.sort();
    ids
}
