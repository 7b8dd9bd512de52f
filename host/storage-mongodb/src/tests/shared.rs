//! Several nodes on one database.

use std::time::Duration;

use mongodb::bson::{Document, doc};

use super::*;
use crate::Mongo;

async fn two() -> (Mongo, Mongo) {
    let config = server::config(server::shared());
    (Mongo::open(&config).await.unwrap(), Mongo::open(&config).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_hears_what_another_one_changes() {
    let (a, b) = two().await;
    let mut changes = b.changes().unwrap();
    changes.mark_unchanged();
    let schema = class("Thing", &[("n", "Number")]);
    a.put_schema(&schema).await.unwrap();
    tokio::time::timeout(Duration::from_secs(10), changes.changed()).await.unwrap().unwrap();
    assert!(b.schemas().await.unwrap() == [Schema::clone(&schema)]);

    a.drop_schema(&schema.class).await.unwrap();
    tokio::time::timeout(Duration::from_secs(10), changes.changed()).await.unwrap().unwrap();
    assert!(b.schemas().await.unwrap().is_empty());
    a.close().await;
    b.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_of_another_node_takes_objects_at_once() {
    let (a, b) = two().await;
    let schema = class("Thing", &[("n", "Number"), ("friends", "<Thing")]);
    a.put_schema(&schema).await.unwrap();
    assert_eq!(b.commit(vec![insert(&schema, "x", json!({"n": 1}))]).await.unwrap(), [Written::Inserted]);
    assert_eq!(ids(&a, &schema).await, ["x"]);
    a.close().await;
    b.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_drops_a_field_that_it_has_not_heard_of() {
    let (a, b) = two().await;
    let old = class("Thing", &[("n", "Number")]);
    a.put_schema(&old).await.unwrap();
    b.schemas().await.unwrap();
    a.put_schema(&class("Thing", &[("n", "Number"), ("t", "String")])).await.unwrap();
    // Whether its own storage has heard the news by now or not: who asked wasn't told.
    let meant = class("Thing", &[("n", "Number"), ("b", "Boolean")]);
    let mut changes = b.changes().unwrap();
    changes.mark_unchanged();
    b.put_schema(&meant).await.unwrap();
    assert!(changes.has_changed().unwrap(), "the caller isn't told that the class is more than it wanted");
    let known = b.schemas().await.unwrap();
    let both = [("n", "Number"), ("t", "String"), ("b", "Boolean")];
    assert!(known == [Schema::clone(&class("Thing", &both))]);
    let clash = b.put_schema(&class("Thing", &[("n", "String")])).await;
    assert!(matches!(clash, Err(::storage::Error::Conflict(_))), "{clash:?}");
    a.close().await;
    b.close().await;
}

/// What two nodes said at once of a class beside its fields was lost for one of them.
#[tokio::test(flavor = "multi_thread")]
async fn indexes_and_groups_that_two_nodes_add_at_once_are_both_there() {
    let (a, b) = two().await;
    let plain = class("Thing", &[("n", "Number"), ("t", "String")]);
    a.put_schema(&plain).await.unwrap();
    for turn in 0..6 {
        let known = a.schemas().await.unwrap().pop().unwrap();
        assert!(b.schemas().await.unwrap() == [known.clone()]);
        let (mut one, mut other) = (known.clone(), known);
        for (schema, field) in [(&mut one, "n"), (&mut other, "t")] {
            let keys =
                [(field.to_owned(), IndexKind::Ascending), ("objectId".to_owned(), IndexKind::Ascending)];
            match turn % 2 {
                0 => {
                    schema.indexes.insert(format!("{field}{turn}"), keys.into());
                    schema.unique.clear();
                }
                _ => {
                    schema.indexes.clear();
                    let fields = vec![FieldName::known(field)];
                    schema.unique.push(model::Unique { fields, ignore_case: false });
                }
            }
        }
        let (first, second) = tokio::join!(a.put_schema(&one), b.put_schema(&other));
        assert_eq!((first, second), (Ok(()), Ok(())));
        let known = a.schemas().await.unwrap().pop().unwrap();
        assert_eq!(known.indexes.len() + known.unique.len(), 2, "turn {turn}: one is lost");
    }
    a.close().await;
    b.close().await;
}

/// Without news from the server, a node learned of a new field seconds after its objects.
#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_an_object_shows_is_looked_for_once() {
    let (a, b) = two().await;
    let old = class("Thing", &[("n", "Number")]);
    a.put_schema(&old).await.unwrap();
    b.schemas().await.unwrap();
    let things = a.node.database.collection::<Document>("Thing");
    things.insert_one(doc! {"_id": "x", "stray": 1, "_p_lost": "Ward$w"}).await.unwrap();
    ids(&b, &old).await;
    let reads = b.node.reads();
    ids(&b, &old).await;
    assert_eq!(b.node.reads(), reads, "what no class knows is looked for at each find");
    let wider = class("Thing", &[("n", "Number"), ("stray", "Number")]);
    a.put_schema(&wider).await.unwrap();
    let mut changes = b.changes().unwrap();
    tokio::time::timeout(Duration::from_secs(10), async {
        while b.schemas().await.unwrap() != [Schema::clone(&wider)] {
            changes.changed().await.unwrap();
        }
    })
    .await
    .unwrap();
    assert_eq!(b.find(&select(&wider)).await.unwrap()[0].field("stray"), Some(&model::Value::Number(1.0)));
    a.close().await;
    b.close().await;
}

/// An object of a node that hadn't heard was there again when the class was made anew.
#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_comes_after_its_class_is_gone_goes_as_well() {
    let (a, b) = two().await;
    let schema = class("Thing", &[("n", "Number"), ("friends", "<Thing")]);
    let other = class("Other", &[("n", "Number")]);
    for schema in [&schema, &other] {
        a.put_schema(schema).await.unwrap();
        a.drop_schema(&schema.class).await.unwrap();
    }
    // What a node writes that hasn't heard.
    let now = mongodb::bson::DateTime::now();
    let old = mongodb::bson::DateTime::from_millis(1_700_000_000_000);
    let database = &a.node.database;
    for class in ["Thing", "Other"] {
        let late = [
            doc! {"_id": "late", "_created_at": now, "_updated_at": now},
            doc! {"_id": "restored", "_created_at": old, "_updated_at": old},
        ];
        database.collection(class).insert_many(late).await.unwrap();
    }
    let rows = database.collection::<Document>("_Join:friends:Thing");
    rows.insert_one(doc! {"owningId": "late", "relatedId": "late"}).await.unwrap();
    // Made anew, a class is left alone.
    b.put_schema(&other).await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), async {
        while database.collection::<Document>("Thing").count_documents(doc! {}).await.unwrap() > 1 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await
    .unwrap();
    assert_eq!(rows.count_documents(doc! {}).await.unwrap(), 0);
    assert_eq!(ids(&b, &other).await, ["late", "restored"]);
    b.put_schema(&schema).await.unwrap();
    assert_eq!(ids(&b, &schema).await, ["restored"]);
    assert!(database.collection::<Document>("_SCHEMA").count_documents(doc! {}).await.unwrap() == 2);
    a.close().await;
    b.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_of_two_nodes_that_meet_both_happen() {
    let (a, b) = two().await;
    let schema = class("Thing", &[("n", "Number")]);
    a.put_schema(&schema).await.unwrap();
    let start = vec![insert(&schema, "x", json!({"n": 0})), insert(&schema, "y", json!({"n": 0}))];
    a.commit(start).await.unwrap();
    let add = || json!({"n": {"__op": "Increment", "amount": 1}});
    let mut tasks = tokio::task::JoinSet::new();
    let nodes = [Arc::new(a), Arc::new(b)];
    for n in 0..16_usize {
        let (node, schema) = (Arc::clone(&nodes[n % 2]), schema.clone());
        tasks.spawn(async move {
            node.commit(vec![update(&schema, "x", add()), update(&schema, "y", add())]).await
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap().unwrap();
    }
    let found = nodes[0].find(&select(&schema)).await.unwrap();
    let sixteen = Some(&model::Value::Number(16.0));
    assert!(found.iter().all(|object| object.field("n") == sixteen), "a change was lost or made twice");
    for node in nodes {
        node.close().await;
    }
}
