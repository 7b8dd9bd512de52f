//! What becomes of a request whose time is over.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize},
    time::Duration,
};

use async_trait::async_trait;
use model::{Filter, Object, Schema, SchemaEdit};
use serde_json::json;
use storage::{Memory, Select, Storage, Write, Written};

use super::*;

/// Longer than a request may take here.
const LONG: Duration = Duration::from_millis(1_300);

/// A storage in memory that takes its time when it is told to.
#[derive(Default)]
pub(super) struct Slow {
    inside: Memory,
    finds: AtomicBool,
    commits: AtomicBool,
    classes: AtomicBool,
    /// The commit, counted down from here, that fails; 0 for none.
    pub(super) breaks: AtomicUsize,
}

#[async_trait]
impl Storage for Slow {
    async fn schemas(&self) -> Result<Vec<Schema>, storage::Error> {
        self.inside.schemas().await
    }
    async fn put_schema(&self, schema: &Schema) -> Result<(), storage::Error> {
        if self.classes.load(Ordering::Relaxed) && !schema.class.is_system() {
            tokio::time::sleep(LONG).await;
        }
        self.inside.put_schema(schema).await
    }
    async fn drop_schema(&self, class: &ClassName) -> Result<(), storage::Error> {
        self.inside.drop_schema(class).await
    }
    async fn find(&self, select: &Select) -> Result<Vec<Object>, storage::Error> {
        if self.finds.load(Ordering::Relaxed) {
            tokio::time::sleep(LONG).await;
        }
        self.inside.find(select).await
    }
    async fn count(&self, schema: &Arc<Schema>, filter: &Filter) -> Result<u64, storage::Error> {
        self.inside.count(schema, filter).await
    }
    async fn commit(&self, writes: Vec<Write>) -> Result<Vec<Written>, storage::Error> {
        if self.commits.load(Ordering::Relaxed) {
            tokio::time::sleep(LONG).await;
        }
        match self.breaks.load(Ordering::Relaxed) {
            0 => {}
            1 => return Err(storage::Error::Unavailable("broken".into())),
            left => self.breaks.store(left - 1, Ordering::Relaxed),
        }
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
}

/// A door to an object in a storage that can be slow; requests may take a second.
async fn house_of_one() -> (House, Arc<Slow>, ObjectId) {
    let storage = Arc::new(Slow::default());
    let config = Config { allow_client_class_creation: true, request_timeout: 1, ..Config::default() };
    let house = house_on(storage.clone(), config).await;
    let saved = house.save(&house.master().await, "Patient", json!({"name": "Jane"})).await.unwrap();
    (house, storage, saved.id)
}

/// Codes and stages of what was recorded since.
fn outcomes(house: &House, since: usize) -> Vec<(String, Option<i32>)> {
    let records = house.trail.records();
    let ended = records.iter().skip(since).filter_map(|record| {
        Some((format!("{:?} {:?}", record.code, record.outcome?.status), record.outcome?.code))
    });
    ended.collect()
}

/// Settings bounded how long plugins may work for a request, and nothing else of it.
#[tokio::test]
async fn a_read_is_cut_off() {
    let (house, storage, _) = house_of_one().await;
    let (cx, since) = (house.anyone().await, house.trail.records().len());
    storage.finds.store(true, Ordering::Relaxed);
    let error = cx.in_time(house.find(&cx, "Patient", json!({}))).await.unwrap_err();
    assert_eq!((code(&error), error.to_string()), (124, "The request timed out. (code 124)".to_owned()));
    assert_eq!(outcomes(&house, since), [("PhiQuery Error".to_owned(), Some(124))]);
}

#[tokio::test]
async fn a_write_that_has_begun_ends_and_nothing_begins_after_it() {
    let (house, storage, id) = house_of_one().await;
    let (cx, since) = (house.anyone().await, house.trail.records().len());
    storage.commits.store(true, Ordering::Relaxed);
    let saved = cx.in_time(house.change(&cx, "Patient", &id, json!({"name": "Joe"}))).await.unwrap();
    assert!(!saved.unwrap().created);
    let late = house.change(&cx, "Patient", &id, json!({"name": "Jim"})).await.unwrap_err();
    assert_eq!(code(&late), 124);
    assert_eq!(outcomes(&house, since), [("PhiUpdate Ok".to_owned(), None)]);
    let seen = house.fetch(&house.anyone().await, "Patient", &id).await.unwrap();
    assert_eq!(seen["name"], "Joe");
}

#[tokio::test]
async fn a_write_that_has_not_begun_never_does() {
    let (house, storage, id) = house_of_one().await;
    let (cx, since) = (house.master().await, house.trail.records().len());
    storage.finds.store(true, Ordering::Relaxed);
    // A new field makes it look at the object first.
    let error = cx.in_time(house.change(&cx, "Patient", &id, json!({"age": 1}))).await.unwrap_err();
    assert_eq!(code(&error), 124);
    assert_eq!(outcomes(&house, since), [("PhiUpdate Error".to_owned(), Some(124))]);
    storage.finds.store(false, Ordering::Relaxed);
    let seen = house.fetch(&house.anyone().await, "Patient", &id).await.unwrap();
    assert!(seen.get("age").is_none());
}

/// More objects than one commit of a purge deletes.
async fn fill(house: &House, storage: &Slow) {
    let schema = house.data.inner.schemas.find("Patient").unwrap();
    let insert = |number: usize| Write::Insert {
        schema: schema.clone(),
        object: Object::new(class_name("Patient"), ObjectId::new(&format!("p{number}")).unwrap(), Date(0)),
    };
    storage.inside.commit((0..500).map(insert).collect()).await.unwrap();
}

/// A purge stopped half-way when the request's time was over, and no record named what it had deleted.
#[tokio::test]
async fn a_purge_that_has_begun_ends() {
    let (house, storage, _) = house_of_one().await;
    fill(&house, &storage).await;
    storage.commits.store(true, Ordering::Relaxed);
    let (cx, since) = (house.master().await, house.trail.records().len());
    cx.in_time(house.data.purge(&cx, &class_name("Patient"))).await.unwrap().unwrap();
    assert!(house.records(since).last().unwrap().ends_with("Ok Patientx501"), "{:?}", house.records(since));
    assert_eq!(house.find(&house.master().await, "Patient", json!({})).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_purge_that_breaks_off_names_what_is_gone() {
    let (house, storage, _) = house_of_one().await;
    fill(&house, &storage).await;
    storage.breaks.store(2, Ordering::Relaxed);
    let (cx, since) = (house.master().await, house.trail.records().len());
    house.data.purge(&cx, &class_name("Patient")).await.unwrap_err();
    let records = house.trail.records();
    let last = records.iter().skip(since).next_back().unwrap();
    assert_eq!(last.object.as_ref().map(|object| object.refs.len()), Some(500));
    assert_eq!(house.find(&house.master().await, "Patient", json!({})).await.unwrap().len(), 1);
}

/// All definitions had the time of one request together.
#[tokio::test]
async fn each_definition_has_its_own_time() {
    let (house, storage, _) = house_of_one().await;
    storage.classes.store(true, Ordering::Relaxed);
    let class = |name| SchemaEdit {
        class: class_name(name),
        fields: Default::default(),
        permissions: None,
        indexes: Default::default(),
    };
    let definitions = crate::Definitions { classes: vec![class("Bed"), class("Ward")], ..Default::default() };
    house.data.define(&definitions).await.unwrap();
    assert!(house.data.inner.schemas.find("Ward").is_some());
}

/// A part of a batch ended in the same moment as the batch, which then answered before the part's record was durable.
#[tokio::test]
async fn a_part_of_a_batch_ends_with_the_batch() {
    let (house, storage, _) = house_of_one().await;
    storage.finds.store(true, Ordering::Relaxed);
    let part = house.anyone().await.part();
    assert_eq!(part.in_time(house.find(&part, "Patient", json!({}))).await.unwrap().unwrap().len(), 1);

    let (cx, since) = (house.anyone().await, house.trail.records().len());
    let part = cx.part();
    let work = Box::pin(part.in_time(house.find(&part, "Patient", json!({}))));
    let error = cx.in_time(work).await.unwrap_err();
    assert_eq!(code(&error), 124);
    assert_eq!(outcomes(&house, since), [("PhiQuery Error".to_owned(), Some(124))]);
}
