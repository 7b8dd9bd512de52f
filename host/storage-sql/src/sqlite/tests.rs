//! What is SQLite's own: files, grouped commits, faults, plans. The contract itself is `storage::conformance`.

use std::{path::PathBuf, sync::Arc};

use ::storage::{
    Error, Select, Storage, Write, Written,
    conformance::{Indexed, indexed::Serves},
};
use model::{
    Acl, Date, FieldType, Filter, Limit, Object, ObjectId, Op, Path as FieldPath, Schema, Test, Unique,
    Update, Value,
    query::filter::{Access, Pattern},
    schema::IndexKind,
};
use tempfile::TempDir;

use super::*;
use crate::sample::{insert, name, object, schema, select, test};

mod backup;
mod faults;
mod older;
mod plans;

/// What indexes of SQLite serve.
const SERVES: Serves = Serves { elements: true, places: Some("2dsphere"), alone: false };

/// A database in a folder of its own.
pub(super) struct Place {
    folder: TempDir,
    pub(super) config: Config,
}

impl Place {
    pub(super) fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { path: folder.path().join("test.db"), patience_ms: 2000, ..Config::default() };
        Place { folder, config }
    }

    pub(super) async fn open(&self) -> Sqlite {
        Sqlite::open(&self.config).await.unwrap()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn text(n: usize) -> [(&'static str, Value); 1] {
    [("text", Value::String(format!("v{n}")))]
}

/// A database of its own each time; the folders live as long as the answer.
fn making(places: &Arc<parking_lot::Mutex<Vec<Place>>>) -> ::storage::conformance::Making {
    let (place, places) = (Place::new(), Arc::clone(places));
    Box::pin(async move {
        let storage = Arc::new(place.open().await);
        places.lock().push(place);
        storage as Arc<dyn Storage>
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_the_contract() {
    let places = Arc::default();
    let ran = ::storage::conformance::run(&|| making(&places)).await.unwrap();
    assert!(ran > 250, "only {ran} cases ran");
}

#[tokio::test(flavor = "multi_thread")]
async fn agrees_with_the_matcher() {
    let places = Arc::default();
    ::storage::conformance::agree(&|| making(&places), 200).await.unwrap();
}

/// With an index on every field, nothing of all this scans a table where one of them serves.
#[tokio::test(flavor = "multi_thread")]
async fn no_query_of_the_suite_scans_where_an_index_serves() {
    let places = Arc::default();
    let indexed = || -> ::storage::conformance::Making {
        let plain = making(&places);
        Box::pin(async { Arc::new(Indexed::new(plain.await, SERVES)) as Arc<dyn Storage> })
    };
    let ran = ::storage::conformance::run(&indexed).await.unwrap();
    assert!(ran > 250, "only {ran} cases ran");
    ::storage::conformance::agree(&indexed, 20).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_that_wait_share_transactions() {
    let place = Place::new();
    let storage = Arc::new(place.open().await);
    let schema = Arc::new(schema(&[("text", FieldType::String)]));
    storage.put_schema(&schema).await.unwrap();
    let tasks: Vec<_> = (0..64)
        .map(|n| {
            let (storage, write) =
                (Arc::clone(&storage), insert(&schema, object(&format!("o{n}"), &text(n))));
            tokio::spawn(async move { storage.commit(vec![write]).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap(), [Written::Inserted]);
    }
    let commits = storage.commits();
    assert_eq!(commits.asked, 64);
    assert!(commits.transactions < 64, "{commits:?}");
    assert_eq!(storage.count(&schema, &Filter::all()).await.unwrap(), 64);
}

#[tokio::test]
async fn a_failing_commit_is_undone_alone() {
    let place = Place::new();
    let storage = place.open().await;
    let schema = Arc::new(schema(&[("text", FieldType::String)]));
    storage.put_schema(&schema).await.unwrap();
    storage.commit(vec![insert(&schema, object("taken", &[]))]).await.unwrap();
    let before = storage.commits();
    // One thread: all of them are queued before the writer runs.
    let commits = (0..20).map(|n| {
        let mut writes = vec![insert(&schema, object(&format!("a{n}"), &text(n)))];
        if n % 2 == 1 {
            writes.push(insert(&schema, object("taken", &[])));
        }
        storage.commit(writes)
    });
    let results = futures_util::future::join_all(commits).await;
    for (n, result) in results.iter().enumerate() {
        match n % 2 {
            0 => assert_eq!(result.as_ref().unwrap(), &[Written::Inserted]),
            _ => assert_eq!(result, &Err(Error::Duplicate { fields: vec!["objectId".into()] })),
        }
    }
    assert_eq!(storage.count(&schema, &Filter::all()).await.unwrap(), 11);
    let after = storage.commits();
    assert_eq!(after.asked - before.asked, 20);
    assert!(after.transactions - before.transactions <= 2, "{after:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_there_after_a_drop_without_close() {
    let place = Place::new();
    let schema =
        Arc::new(schema(&[("text", FieldType::String), ("friends", FieldType::Relation(ClassName::user()))]));
    {
        let storage = place.open().await;
        storage.put_schema(&schema).await.unwrap();
        for n in 0..10 {
            storage.commit(vec![insert(&schema, object(&format!("o{n}"), &text(n)))]).await.unwrap();
        }
    }
    let storage = place.open().await;
    assert!(storage.schemas().await.unwrap() == [Schema::clone(&schema)]);
    assert_eq!(storage.count(&schema, &Filter::all()).await.unwrap(), 10);
    storage.close().await;
    assert!(matches!(
        storage.commit(vec![insert(&schema, object("x", &[]))]).await,
        Err(Error::Unavailable(_))
    ));
    assert!(matches!(storage.count(&schema, &Filter::all()).await, Err(Error::Unavailable(_))));
    assert!(matches!(storage.ping().await, Err(Error::Unavailable(_))));
    assert!(!place.path("test.db-wal").exists(), "closing folds the log into the file");
}

#[tokio::test]
async fn names_that_differ_in_case_live_together() {
    let place = Place::new();
    let storage = place.open().await;
    let fields = [("name", FieldType::String), ("Name", FieldType::Number), ("objectid", FieldType::Boolean)];
    let upper = Arc::new(schema(&fields));
    let mut lower = Schema::clone(&upper);
    lower.class = ClassName::new("patient").unwrap();
    lower.indexes.insert("a".into(), [("name".to_owned(), IndexKind::Ascending)].into());
    lower.indexes.insert("A".into(), [("Name".to_owned(), IndexKind::Descending)].into());
    let lower = Arc::new(lower);
    storage.put_schema(&upper).await.unwrap();
    storage.put_schema(&lower).await.unwrap();
    let values = [("name", "x".into()), ("Name", 5.0.into()), ("objectid", true.into())];
    let kept = object("a", &values);
    storage.commit(vec![insert(&upper, kept.clone())]).await.unwrap();
    let found = storage.find(&select(&upper, test("Name", Test::Eq(5.0.into())))).await.unwrap();
    assert!(found == [kept]);
    assert_eq!(storage.count(&lower, &Filter::all()).await.unwrap(), 0);
    drop(storage);
    assert_eq!(place.open().await.count(&upper, &test("name", Test::Eq("x".into()))).await.unwrap(), 1);
}

#[tokio::test]
async fn nothing_in_a_value_or_a_path_is_taken_for_a_statement() {
    let place = Place::new();
    let storage = place.open().await;
    let fields = [("text", FieldType::String), ("list", FieldType::Array), ("map", FieldType::Object)];
    let schema = Arc::new(schema(&fields));
    storage.put_schema(&schema).await.unwrap();
    let evil = [
        "'; DROP TABLE \"Patient\"; --",
        "\"; DROP TABLE \"Patient\"; --",
        "' OR '1'='1",
        "\" OR 1=1 --",
        "?1",
        "$1",
        "a\0' OR 1=1",
        "%_*[]",
        "\\",
        "\u{202e}\u{1F600}",
    ];
    for (n, text) in evil.iter().enumerate() {
        let map = Value::Object([((*text).to_owned(), (*text).into())].into());
        let list = Value::Array(vec![(*text).into()]);
        let fields = [("text", (*text).into()), ("list", list), ("map", map)];
        storage.commit(vec![insert(&schema, object(&format!("o'\"{n}"), &fields))]).await.unwrap();
    }
    for (n, text) in evil.iter().enumerate() {
        let pattern = Pattern { source: format!("\\Q{text}\\E"), options: String::new() };
        let mut filters = vec![
            test("text", Test::Eq((*text).into())),
            test("text", Test::In(vec![(*text).into(), 7.0.into(), "none".into()])),
            test("list", Test::Eq((*text).into())),
            test("list", Test::In(vec![(*text).into(), "none".into()])),
            test("list", Test::All(vec![(*text).into()])),
            Filter::id(&ObjectId::new(&format!("o'\"{n}")).unwrap()),
        ];
        if *text != "\\" {
            filters.push(test("text", Test::Regex(pattern)));
        }
        if !text.contains(['\0', '$', '.']) {
            filters.push(test(&format!("map.{text}"), Test::Eq((*text).into())));
        }
        for filter in filters {
            let found = storage.find(&select(&schema, filter.clone())).await.unwrap();
            let ids: Vec<&str> = found.iter().map(|object| object.id.as_str()).collect();
            assert_eq!(ids, [format!("o'\"{n}")], "{text:?} {filter:?}");
            assert_eq!(found[0].field("text").unwrap().as_str(), Some(*text));
        }
    }
    assert_eq!(storage.count(&schema, &Filter::all()).await.unwrap(), evil.len() as u64);
}

#[tokio::test]
async fn a_dropped_field_leaves_no_null_behind() {
    let place = Place::new();
    let storage = place.open().await;
    let with = Arc::new(schema(&[("a", FieldType::String), ("b", FieldType::String)]));
    let without = Arc::new(schema(&[("b", FieldType::String)]));
    storage.put_schema(&with).await.unwrap();
    storage
        .commit(vec![insert(&with, object("x", &[("a", Value::Null), ("b", Value::Null)]))])
        .await
        .unwrap();
    assert_eq!(storage.count(&with, &test("a", Test::Exists(true))).await.unwrap(), 1);
    storage.put_schema(&without).await.unwrap();
    storage.put_schema(&with).await.unwrap();
    assert_eq!(storage.count(&with, &test("a", Test::Exists(true))).await.unwrap(), 0);
    assert_eq!(storage.count(&with, &test("b", Test::Exists(true))).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_go_on_while_a_class_changes() {
    let place = Place::new();
    let storage = Arc::new(place.open().await);
    let with = Arc::new(schema(&[("a", FieldType::String), ("b", FieldType::String)]));
    let without = Arc::new(schema(&[("b", FieldType::String)]));
    storage.put_schema(&with).await.unwrap();
    storage.commit(vec![insert(&with, object("x", &[("b", "kept".into())]))]).await.unwrap();
    let (reader, schema) = (Arc::clone(&storage), Arc::clone(&with));
    let reading = tokio::spawn(async move {
        for _ in 0..300 {
            match reader.find(&select(&schema, Filter::all())).await {
                Ok(found) => assert_eq!(found[0].field("b").unwrap().as_str(), Some("kept")),
                Err(error) => assert!(matches!(error, Error::Conflict(_)), "{error}"),
            }
        }
    });
    for _ in 0..10 {
        storage.put_schema(&without).await.unwrap();
        storage.put_schema(&with).await.unwrap();
    }
    reading.await.unwrap();
}

#[tokio::test]
async fn an_update_carries_its_row_filter() {
    let place = Place::new();
    let storage = place.open().await;
    let schema = Arc::new(schema(&[("text", FieldType::String)]));
    storage.put_schema(&schema).await.unwrap();
    let mut guarded = object("x", &text(1));
    guarded.acl = Some(Acl::from_groups(&["*"], &["ann"]));
    storage.commit(vec![insert(&schema, guarded.clone())]).await.unwrap();
    let change = |group: &str| Write::Update {
        schema: Arc::clone(&schema),
        filter: Filter::id(&guarded.id)
            .and(Filter::Acl(Access::Write, vec![group.to_owned(), "role:x".into()])),
        update: Update { ops: [(FieldPath::new("text").unwrap(), Op::Set("new".into()))].into(), acl: None },
        at: Date(2000),
    };
    assert_eq!(storage.commit(vec![change("*")]).await, Err(Error::NotFound));
    let written = storage.commit(vec![change("ann")]).await.unwrap();
    let [Written::Updated(now)] = written.as_slice() else { panic!("an update answers the object") };
    assert_eq!((now.updated_at, now.field("text").unwrap().as_str()), (Date(2000), Some("new")));
    assert!(storage.find(&select(&schema, Filter::all())).await.unwrap() == [Object::clone(now)]);
}
