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
