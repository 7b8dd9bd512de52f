//! A server without replica set: what it can't do is refused, nothing is done by halves.

use model::Test;

use super::*;
use crate::Mongo;

#[tokio::test(flavor = "multi_thread")]
async fn one_object_at_a_time() {
    let server = server::own(&["--standalone"]);
    let mongo = server::open(&server).await;
    assert!(!mongo.offer().transactions);
    let schema = class("Thing", &[("n", "Number"), ("o", "Object"), ("friends", "<Thing")]);
    mongo.put_schema(&schema).await.unwrap();
    for id in ["a", "b"] {
        mongo.commit(vec![insert(&schema, id, json!({"n": 1, "o": {"k": {"l": 1}}}))]).await.unwrap();
    }
    let unsupported = |answer: Result<Vec<Written>, ::storage::Error>| {
        assert!(matches!(answer, Err(::storage::Error::Unsupported(_))), "{answer:?}");
    };
    let add = || update(&schema, "a", json!({"n": {"__op": "Increment", "amount": 1}}));
    unsupported(mongo.commit(vec![add(), add()]).await);
    let ones = || Filter::test("n", Test::Eq(1.0.into()));
    let sweep = Write::Delete { schema: schema.clone(), filter: ones(), must_exist: false };
    unsupported(mongo.commit(vec![sweep]).await);
    let relate = |add: &[&str]| Write::Relate {
        schema: schema.clone(),
        key: "friends".into(),
        owner: ObjectId::new("a").unwrap(),
        add: add.iter().map(|id| ObjectId::new(id).unwrap()).collect(),
        remove: Vec::new(),
    };
    unsupported(mongo.commit(vec![relate(&["a", "b"])]).await);
    // Nothing of it happened.
    assert_eq!(mongo.count(&schema, &ones()).await.unwrap(), 2);

    mongo.commit(vec![relate(&["b"])]).await.unwrap();
    mongo.commit(vec![add()]).await.unwrap();
    mongo.commit(vec![update(&schema, "a", json!({"o.k.l": 2}))]).await.unwrap();
    let one = Filter::id(&ObjectId::new("b").unwrap());
    let inexact = Filter::Test(
        model::Path::new("o").unwrap(),
        Test::Eq(encode::value(json!({"k": {"l": 1}})).unwrap()),
    );
    let delete = Write::Delete { schema: schema.clone(), filter: one.and(inexact), must_exist: true };
    assert_eq!(mongo.commit(vec![delete]).await.unwrap(), [Written::Deleted(1)]);
    let found = mongo.find(&select(&schema)).await.unwrap();
    assert!(
        found
            == [{
                let mut expected = object(&schema, "a", json!({"n": 2, "o": {"k": {"l": 2}}}));
                expected.updated_at = Date(1_700_000_001_000);
                expected
            }]
    );
    mongo.close().await;
}

/// A find tells of a field that another node made; the next look at the classes was seconds away.
#[tokio::test(flavor = "multi_thread")]
async fn a_field_of_another_node_is_heard_of_with_its_first_object() {
    let server = server::own(&["--standalone"]);
    let config = server::config(&server);
    let (a, b) = (Mongo::open(&config).await.unwrap(), Mongo::open(&config).await.unwrap());
    let old = class("Thing", &[("n", "Number")]);
    a.put_schema(&old).await.unwrap();
    b.schemas().await.unwrap();
    let wider = class("Thing", &[("n", "Number"), ("t", "String")]);
    a.put_schema(&wider).await.unwrap();
    a.commit(vec![insert(&wider, "x", json!({"t": "new"}))]).await.unwrap();
    let mut changes = b.changes().unwrap();
    changes.mark_unchanged();
    assert_eq!(ids(&b, &old).await, ["x"]);
    assert!(changes.has_changed().unwrap(), "the node saw the field and didn't ask for it");
    a.close().await;
    b.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn classes_of_another_node_are_heard_of_all_the_same() {
    let server = server::own(&["--standalone"]);
    let config = server::config(&server);
    let (a, b) = (Mongo::open(&config).await.unwrap(), Mongo::open(&config).await.unwrap());
    let mut changes = b.changes().unwrap();
    changes.mark_unchanged();
    a.put_schema(&class("Thing", &[("n", "Number")])).await.unwrap();
    tokio::time::timeout(std::time::Duration::from_secs(20), changes.changed()).await.unwrap().unwrap();
    assert_eq!(b.schemas().await.unwrap().len(), 1);
    a.close().await;
    b.close().await;
}
