//! Indexes that the server's own look-ups need are there, also where parse-server made none.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use mongodb::bson::{Document, doc};

use super::*;
use crate::Mongo;

async fn keys(mongo: &Mongo, collection: &str) -> Vec<String> {
    let indexes = mongo.node.database.collection::<Document>(collection).list_indexes().await.unwrap();
    let indexes: Vec<mongodb::IndexModel> = indexes.try_collect().await.unwrap();
    indexes.iter().flat_map(|index| index.keys.keys().cloned().collect::<Vec<_>>()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_database_of_parse_server_lacks_is_made() {
    let config = server::config(server::shared());
    let theirs = Mongo::open(&config).await.unwrap();
    let database = &theirs.node.database;
    let classes = [
        doc! {"_id": "_Session", "objectId": "string", "user": "*_User", "sessionToken": "string"},
        doc! {"_id": "Ward", "objectId": "string", "beds": "relation<Bed>", "none": "relation<Bed>"},
    ];
    database.collection("_SCHEMA").insert_many(classes).await.unwrap();
    for name in ["_Session", "Ward", "_Join:beds:Ward"] {
        database.create_collection(name).await.unwrap();
    }
    let ours = Mongo::open(&config).await.unwrap();
    let wanted = ["_id", "owningId", "relatedId"];
    for _ in 0..200 {
        if keys(&ours, "_Join:beds:Ward").await == wanted {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(keys(&ours, "_Join:beds:Ward").await, wanted);
    assert_eq!(keys(&ours, "_Session").await, ["_id", "_p_user"]);
    // What parse-server makes when it needs it isn't made for an index.
    assert!(!database.list_collection_names().await.unwrap().contains(&"_Join:none:Ward".to_owned()));
    theirs.close().await;
    ours.close().await;
}

fn indexed(schema: &Schema, name: &str, field: &str) -> Schema {
    let mut schema = schema.clone();
    schema.indexes.insert(name.into(), [(field.to_owned(), IndexKind::Ascending)].into());
    schema
}

/// MongoDB refuses a second index on the same keys; the class was told to have both.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_index_on_the_same_keys_is_refused_and_nothing_is_made() {
    let mongo = server::open(server::shared()).await;
    let plain = class("Thing", &[("t", "String"), ("n", "Number")]);
    let first = indexed(&plain, "first", "t");
    mongo.put_schema(&first).await.unwrap();
    for (name, field, beside) in [("second", "t", "a_n"), ("_id_", "n", "a_n")] {
        let answer = mongo.put_schema(&indexed(&indexed(&first, beside, "n"), name, field)).await;
        let Err(::storage::Error::Refused(error)) = answer else { panic!("{name}: {answer:?}") };
        assert!(error.code == model::Code::InvalidQuery && error.message.contains("drop it"), "{error:?}");
    }
    assert_eq!(keys(&mongo, "Thing").await, ["_id", "t"]);
    assert!(mongo.schemas().await.unwrap() == [first.clone()]);
    let mut turned = first.clone();
    turned.indexes.insert("first".into(), [("t".to_owned(), IndexKind::Descending)].into());
    mongo.put_schema(&turned).await.unwrap();
    let things = mongo.node.database.collection::<Document>("Thing");
    let indexes: Vec<mongodb::IndexModel> = things.list_indexes().await.unwrap().try_collect().await.unwrap();
    assert!(indexes.iter().any(|index| index.keys == doc! {"t": -1}), "it is as it was");
    // Under another name it may go on.
    mongo.put_schema(&indexed(&plain, "second", "t")).await.unwrap();
    assert_eq!(keys(&mongo, "Thing").await, ["_id", "t"]);
    mongo.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_of_the_class_takes_the_place_of_a_helper_and_gives_it_back() {
    let mongo = server::open(server::shared()).await;
    let plain = class("_Session", &[("user", "*_User")]);
    mongo.put_schema(&plain).await.unwrap();
    assert_eq!(keys(&mongo, "_Session").await, ["_id", "_p_user"]);
    let named = indexed(&plain, "by_user", "user");
    let names = || async {
        let mut names =
            mongo.node.database.collection::<Document>("_Session").list_index_names().await.unwrap();
        names.sort();
        names
    };
    mongo.put_schema(&named).await.unwrap();
    assert_eq!(names().await, ["_id_", "by_user"]);
    assert!(mongo.schemas().await.unwrap() == [named]);
    mongo.put_schema(&plain).await.unwrap();
    assert_eq!(names().await, ["_id_", "_p_user_1"]);
    mongo.close().await;
}

fn odd(schema: &Schema, name: &str) -> Schema {
    let mut schema = schema.clone();
    schema.indexes.insert(name.into(), [("t".to_owned(), IndexKind::Named("nonsense".into()))].into());
    schema
}

/// A class was left without the index that a refused one was to replace, and later edits took it for there.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_edit_leaves_every_index_as_it_was() {
    let mongo = server::open(server::shared()).await;
    let there = |class: &'static str| {
        let collection = mongo.node.database.collection::<Document>(class);
        async move {
            let indexes: Vec<mongodb::IndexModel> =
                collection.list_indexes().await.unwrap().try_collect().await.unwrap();
            let shown = |index: mongodb::IndexModel| (index.options.unwrap().name.unwrap(), index.keys);
            let mut shown: Vec<(String, Document)> = indexes.into_iter().map(shown).collect();
            shown.sort_by(|a, b| a.0.cmp(&b.0));
            shown
        }
    };
    let plain = class("Thing", &[("t", "String"), ("n", "Number")]);
    let both = indexed(&indexed(&plain, "first", "t"), "other", "n");
    mongo.put_schema(&both).await.unwrap();
    let swapped = indexed(&indexed(&plain, "first", "n"), "other", "t");
    let named = class("_Session", &[("user", "*_User"), ("t", "String")]);
    mongo.put_schema(&named).await.unwrap();
    let before = (there("Thing").await, there("_Session").await);
    for (what, edit) in [
        ("changed", odd(&both, "first")),
        ("changed before the refused one", odd(&indexed(&both, "first", "u"), "second")),
        ("both changed", odd(&odd(&both, "first"), "other")),
        ("exchanged", odd(&swapped, "zoo")),
        ("renamed", odd(&indexed(&plain, "fourth", "t"), "other")),
        ("in place of a helper", odd(&indexed(&named, "by_user", "user"), "zoo")),
    ] {
        let answer = mongo.put_schema(&edit).await;
        assert!(matches!(answer, Err(::storage::Error::Refused(_))), "{what}: {answer:?}");
        assert_eq!((there("Thing").await, there("_Session").await), before, "{what}");
    }
    mongo.put_schema(&swapped).await.unwrap();
    let swapped = there("Thing").await;
    assert_eq!(swapped[1..], [("first".to_owned(), doc! {"n": 1}), ("other".to_owned(), doc! {"t": 1})]);
    mongo.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_can_not_be_is_refused_with_what_to_do() {
    let mongo = server::open(server::shared()).await;
    let mut schema = Schema::clone(&class("Thing", &[("t", "String")]));
    schema.indexes.insert("odd".into(), [("t".to_owned(), IndexKind::Named("nonsense".into()))].into());
    match mongo.put_schema(&schema).await {
        Err(::storage::Error::Refused(error)) => assert_eq!(error.code, model::Code::InvalidQuery),
        other => panic!("expected a refusal, got {other:?}"),
    }
    mongo.close().await;
}
