//! Several servers on one database.

use model::Pipeline;
use serde_json::json;

use super::*;

/// Waits until a storage has told its caller that something changed.
async fn told(changes: &mut watch::Receiver<u64>) {
    tokio::time::timeout(Duration::from_secs(10), changes.changed()).await.expect("told in time").unwrap();
}

async fn names(storage: &Postgres) -> Vec<String> {
    let schemas = storage.schemas().await.unwrap();
    let patient = schemas.iter().find(|schema| schema.class == *"Patient").unwrap();
    patient.fields.keys().map(|name| name.as_str().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_class_is_told_to_the_others_alone() {
    let place = Place::new().await;
    let (here, there) = (place.open().await, place.open().await);
    let (mut own, mut others) = (here.changes().unwrap(), there.changes().unwrap());
    let class = Arc::new(schema(&[("a", FieldType::String)]));
    here.put_schema(&class).await.unwrap();
    told(&mut others).await;
    assert_eq!(names(&there).await, ["a"]);
    there.commit(vec![insert(&class, object("x", &[("a", "1".into())]))]).await.unwrap();
    assert_eq!(here.count(&class, &Filter::all()).await.unwrap(), 1);
    // Dropping is told, too.
    here.drop_schema(&class.class).await.unwrap();
    told(&mut others).await;
    assert!(there.schemas().await.unwrap().is_empty());
    assert!(!own.has_changed().unwrap(), "nobody is told of what it did itself");
    own.mark_unchanged();
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_two_add_at_once_are_both_there() {
    let place = Place::new().await;
    let (here, there) = (place.open().await, place.open().await);
    let start = schema(&[("a", FieldType::String)]);
    here.put_schema(&start).await.unwrap();
    // There the class isn't known, or in its first state: what it puts names none of the fields that are added here.
    there.put_schema(&start).await.unwrap();
    for round in 0..5 {
        let (mine, theirs, both) = (format!("mine{round}"), format!("theirs{round}"), format!("both{round}"));
        let mut changes = (schema_of(&here).await, schema_of(&there).await);
        for name in [&mine, &both] {
            changes.0.fields.insert(name_of(name), Field::new(FieldType::Number));
        }
        for name in [&theirs, &both] {
            changes.1.fields.insert(name_of(name), Field::new(FieldType::Number));
        }
        let (one, other) = tokio::join!(here.put_schema(&changes.0), there.put_schema(&changes.1));
        one.unwrap();
        other.unwrap();
        let (one, other) = (Arc::new(changes.0), Arc::new(changes.1));
        let values = [(mine.as_str(), 1.0.into()), (both.as_str(), 2.0.into())];
        here.commit(vec![insert(&one, object(&format!("h{round}"), &values))]).await.unwrap();
        let values = [(theirs.as_str(), 1.0.into()), (both.as_str(), 2.0.into())];
        there.commit(vec![insert(&other, object(&format!("t{round}"), &values))]).await.unwrap();
        let filter = test(&both, Test::Eq(2.0.into()));
        assert_eq!(here.count(&one, &filter).await.unwrap(), 2);
    }
    for storage in [&here, &there] {
        storage.inner.reload().await.unwrap();
        assert_eq!(names(storage).await.len(), 16);
    }
}

/// An object came without the field that another server had just added for it, until that was told.
#[tokio::test(flavor = "multi_thread")]
async fn what_another_server_added_is_read_before_it_is_told() {
    let place = Place::new().await;
    let (here, there) = (place.open().await, place.open().await);
    let narrow = Arc::new(schema(&[("a", FieldType::String)]));
    here.put_schema(&narrow).await.unwrap();
    there.inner.reload().await.unwrap();
    // From now on it is told nothing.
    there.listener.abort();
    let reads = || there.inner.reads.load(Ordering::Acquire);
    let before = reads();
    here.commit(vec![insert(&narrow, object("x", &[("a", "1".into())]))]).await.unwrap();
    assert_eq!(there.find(&select(&narrow, Filter::all())).await.unwrap().len(), 1);
    assert_eq!(reads(), before, "nothing was to be read again");

    let wide = Arc::new(schema(&[("a", FieldType::String), ("b", FieldType::Number)]));
    here.put_schema(&wide).await.unwrap();
    here.commit(vec![insert(&wide, object("y", &[("b", 2.0.into())]))]).await.unwrap();
    let by_id = |id: &str| Filter::id(&ObjectId::new(id).unwrap());
    let found = there.find(&select(&narrow, by_id("y"))).await.unwrap();
    assert_eq!(found[0].field("b"), Some(&Value::Number(2.0)));
    assert_eq!(reads(), before + 1);
    there.find(&select(&narrow, Filter::all())).await.unwrap();
    assert_eq!(reads(), before + 1, "once is enough");

    // Asked for by name, in an answer that would be empty.
    let wider = schema(&[("a", FieldType::String), ("b", FieldType::Number), ("c", FieldType::Number)]);
    let wider = Arc::new(wider);
    here.put_schema(&wider).await.unwrap();
    here.commit(vec![insert(&wider, object("z", &[("c", 3.0.into())]))]).await.unwrap();
    assert_eq!(there.count(&wider, &test("c", Test::Eq(3.0.into()))).await.unwrap(), 1);
    let mut other = Schema::clone(&wider);
    other.class = ClassName::new("Other").unwrap();
    let other = Arc::new(other);
    here.put_schema(&other).await.unwrap();
    let mut made = object("o", &[("a", "1".into())]);
    made.class = other.class.clone();
    here.commit(vec![insert(&other, made)]).await.unwrap();
    assert_eq!(there.find(&select(&other, by_id("o"))).await.unwrap().len(), 1);
    // What nobody has isn't looked for again and again.
    let now = reads();
    assert_eq!(there.count(&wider, &test("none", Test::Eq(1.0.into()))).await.unwrap(), 0);
    assert_eq!(reads(), now);
    // A field that is gone leaves no trace.
    here.put_schema(&narrow).await.unwrap();
    let found = there.find(&select(&wider, by_id("z"))).await.unwrap();
    assert!(found[0].field("c").is_none());
}

async fn schema_of(storage: &Postgres) -> Schema {
    storage.schemas().await.unwrap().into_iter().find(|schema| schema.class == *"Patient").unwrap()
}

fn name_of(name: &str) -> FieldName {
    FieldName::new(name).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_another_chose_first_is_a_conflict() {
    let place = Place::new().await;
    let (here, there) = (place.open().await, place.open().await);
    here.put_schema(&schema(&[("a", FieldType::String)])).await.unwrap();
    let clash = there.put_schema(&schema(&[("a", FieldType::Number)])).await;
    assert!(matches!(clash, Err(Error::Conflict(_))), "{clash:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_not_told_yet_looks_again() {
    let place = Place::new().await;
    let (here, there) = (place.open().await, place.open().await);
    // As if every notification were late.
    there.listener.abort();
    let narrow = Arc::new(schema(&[("a", FieldType::String)]));
    here.put_schema(&narrow).await.unwrap();
    there.commit(vec![insert(&narrow, object("x", &[("a", "1".into())]))]).await.unwrap();
    let wide = Arc::new(schema(&[("a", FieldType::String), ("b", FieldType::String)]));
    here.put_schema(&wide).await.unwrap();
    there.commit(vec![insert(&wide, object("y", &[("b", "1".into())]))]).await.unwrap();
    // A field that is gone is no longer asked for, and takes no value.
    here.put_schema(&schema(&[("b", FieldType::String)])).await.unwrap();
    let found = there.find(&select(&wide, Filter::all())).await.unwrap();
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|object| object.field("a").is_none()));
    let late = there.commit(vec![insert(&wide, object("z", &[("a", "1".into())]))]).await;
    assert!(matches!(late, Err(Error::Conflict(_))), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_wait_for_each_other_are_sorted_out() {
    let place = Place::new().await;
    let (here, there) = (Arc::new(place.open().await), Arc::new(place.open().await));
    let class = Arc::new(schema(&[("n", FieldType::Number)]));
    here.put_schema(&class).await.unwrap();
    there.put_schema(&class).await.unwrap();
    for id in ["a", "b"] {
        here.commit(vec![insert(&class, object(id, &[("n", 0.0.into())]))]).await.unwrap();
    }
    let add = |id: &str| Write::Update {
        schema: Arc::clone(&class),
        filter: Filter::id(&ObjectId::new(id).unwrap()),
        update: Update { ops: [(FieldPath::new("n").unwrap(), Op::Increment(1.0))].into(), acl: None },
        at: Date(2000),
    };
    let tasks: Vec<_> = (0..40)
        .map(|n| {
            let storage = Arc::clone(if n % 2 == 0 { &here } else { &there });
            // Half of them lock the two in the other order.
            let writes = if n % 2 == 0 { vec![add("a"), add("b")] } else { vec![add("b"), add("a")] };
            tokio::spawn(async move { storage.commit(writes).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap().len(), 2);
    }
    for object in here.find(&select(&class, Filter::all())).await.unwrap() {
        assert_eq!(object.field("n"), Some(&Value::Number(40.0)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_gives_way_tries_again() {
    let place = Place::new().await;
    let storage = Arc::new(place.open().await);
    let class = Arc::new(schema(&[("n", FieldType::Number)]));
    storage.put_schema(&class).await.unwrap();
    for (id, n) in [("a", 1.0), ("b", 2.0)] {
        storage.commit(vec![insert(&class, object(id, &[("n", n.into())]))]).await.unwrap();
    }
    let mut holder = plain(&place.uri).await;
    run::words(&mut holder, "BEGIN; UPDATE \"Patient\" SET \"n\" = \"n\" WHERE \"objectId\" = 'b'")
        .await
        .unwrap();
    // By their values, so that nobody can bring the two into one order.
    let delete = |n: f64| Write::Delete {
        schema: Arc::clone(&class),
        filter: test("n", Test::Eq(n.into())),
        must_exist: true,
    };
    let (waiting, writes) = (Arc::clone(&storage), vec![delete(1.0), delete(2.0)]);
    let task = tokio::spawn(async move { waiting.commit(writes).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    // Now each waits for the other; the one that has waited longest is sent back.
    run::words(&mut holder, "UPDATE \"Patient\" SET \"n\" = \"n\" WHERE \"objectId\" = 'a'; COMMIT")
        .await
        .unwrap();
    assert_eq!(
        task.await.unwrap().unwrap(),
        [::storage::Written::Deleted(1), ::storage::Written::Deleted(1)]
    );
}

/// An aggregation over two classes counted as telling the caller of fields that it had never heard of: its next change of the
/// class took them away.
#[tokio::test(flavor = "multi_thread")]
async fn an_aggregation_tells_nobody_of_classes() {
    let place = Place::new().await;
    let (here, there) = (place.open().await, place.open().await);
    let narrow = schema(&[("a", FieldType::String)]);
    here.put_schema(&narrow).await.unwrap();
    there.inner.reload().await.unwrap();
    there.schemas().await.unwrap();
    here.put_schema(&schema(&[("a", FieldType::String), ("theirs", FieldType::String)])).await.unwrap();
    there.inner.reload().await.unwrap();
    let look =
        json!({"$lookup": {"from": "Patient", "localField": "a", "foreignField": "a", "as": "others"}});
    let pipeline = Pipeline::parse(json!([look]), Date(0)).unwrap();
    there.aggregate(&Arc::new(narrow), &pipeline).await.unwrap();
    there.put_schema(&schema(&[("a", FieldType::String), ("own", FieldType::String)])).await.unwrap();
    here.inner.reload().await.unwrap();
    assert_eq!(names(&here).await, ["a", "own", "theirs"]);
}
