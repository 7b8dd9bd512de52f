//! Several nodes on one database.

use std::time::Duration;

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
