//! Documents look as parse-server writes them, and its own are understood.

use model::{Acl, Test, Value};
use mongodb::{
    IndexModel,
    bson::{Binary, Bson, DateTime, Document, doc, spec::BinarySubtype},
    options::IndexOptions,
};

use super::*;
use crate::Mongo;

const EVERYTHING: [(&str, &str); 12] = [
    ("t", "String"),
    ("n", "Number"),
    ("p", "*Ward"),
    ("rel", "<Ward"),
    ("g", "GeoPoint"),
    ("poly", "Polygon"),
    ("f", "File"),
    ("y", "Bytes"),
    ("a", "Array"),
    ("o", "Object"),
    ("b", "Boolean"),
    ("d", "Date"),
];

fn everything() -> Json {
    let pointer = json!({"__type": "Pointer", "className": "Ward", "objectId": "xukQzV8iPT"});
    let date = json!({"__type": "Date", "iso": "2024-01-01T00:00:00.000Z"});
    json!({
        "t": "x", "n": 12_345_678_901_i64, "p": pointer, "b": true, "d": date,
        "g": {"__type": "GeoPoint", "latitude": 1, "longitude": 2},
        "poly": {"__type": "Polygon", "coordinates": [[0, 0], [0, 1], [1, 1], [0, 0]]},
        "f": {"__type": "File", "name": "a.txt"},
        "y": {"__type": "Bytes", "base64": "AQI="},
        "a": [1, 1.5, pointer, date, {"k": {"__type": "GeoPoint", "latitude": 1, "longitude": 2}}],
        "o": {"k": pointer, "n": null},
    })
}

/// What parse-server 9.10 stores for this object; keys of its own order.
fn stored() -> Document {
    let pointer = doc! {"__type": "Pointer", "className": "Ward", "objectId": "xukQzV8iPT"};
    let date = DateTime::from_millis(1_704_067_200_000);
    doc! {
        "_id": "QhXvyVYF9Q", "t": "x", "n": 12_345_678_901.0, "_p_p": "Ward$xukQzV8iPT", "b": true, "d": date,
        "g": [2, 1],
        "poly": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
        "f": "a.txt",
        "y": Bson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: vec![1, 2] }),
        "a": [1, 1.5, pointer.clone(), date, {"k": {"__type": "GeoPoint", "latitude": 1, "longitude": 2}}],
        "o": {"k": pointer, "n": Bson::Null},
        "_wperm": ["role:A"], "_rperm": ["*", "role:A"],
        "_acl": {"*": {"r": true}, "role:A": {"w": true, "r": true}},
        "_created_at": DateTime::from_millis(1_700_000_000_000),
        "_updated_at": DateTime::from_millis(1_700_000_000_000),
    }
}

async fn raw(mongo: &Mongo, class: &str, id: &str) -> Document {
    let collection = mongo.node.database.collection::<Document>(class);
    collection.find_one(doc! {"_id": id}).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_is_stored_as_parse_server_stores_it() {
    let mongo = server::open(server::shared()).await;
    let schema = class("Full", &EVERYTHING);
    mongo.put_schema(&schema).await.unwrap();
    let mut full = object(&schema, "QhXvyVYF9Q", everything());
    full.acl = Some(Acl::from_groups(&["*", "role:A"], &["role:A"]));
    mongo.commit(vec![Write::Insert { schema: schema.clone(), object: full.clone() }]).await.unwrap();
    let mut found = raw(&mongo, "Full", "QhXvyVYF9Q").await;
    let mut expected = stored();
    for key in stored().keys() {
        assert_eq!(found.remove(key), expected.remove(key), "{key}");
    }
    assert!(found.is_empty(), "more is stored: {:?}", found.keys().collect::<Vec<_>>());
    assert!(mongo.find(&select(&schema)).await.unwrap() == [full]);

    let classes = mongo.node.database.collection::<Document>("_SCHEMA");
    let known = classes.find_one(doc! {"_id": "Full"}).await.unwrap().unwrap();
    for (field, kind) in [("p", "*Ward"), ("rel", "relation<Ward>"), ("g", "geopoint"), ("n", "number")] {
        assert_eq!(known.get_str(field).unwrap(), kind);
    }
    mongo.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_of_parse_server_is_read_and_changed() {
    let mongo = server::open(server::shared()).await;
    let schema = class("Full", &EVERYTHING);
    mongo.put_schema(&schema).await.unwrap();
    let full = mongo.node.database.collection::<Document>("Full");
    let mut older = stored();
    older.insert("n", 5);
    older.insert("unheardOf", 1);
    full.insert_one(&older).await.unwrap();
    // A pointer that is created as null has no prefix there.
    full.insert_one(doc! {"_id": "vXukDUKyz8", "t": "y", "p": Bson::Null, "_created_at": DateTime::from_millis(1), "_updated_at": DateTime::from_millis(2)}).await.unwrap();

    let found = mongo.find(&select(&schema)).await.unwrap();
    let mut expected = object(&schema, "QhXvyVYF9Q", everything());
    expected.acl = Some(Acl::from_groups(&["*", "role:A"], &["role:A"]));
    expected.fields.insert(FieldName::known("n"), Value::Number(5.0));
    assert!(found.contains(&expected));
    let other = found.iter().find(|object| object.id == *"vXukDUKyz8").unwrap();
    assert!(other.field("p") == Some(&Value::Null) && other.created_at == Date(1) && other.acl.is_none());

    let pointer = json!({"__type": "Pointer", "className": "Ward", "objectId": "w9"});
    let writes = vec![
        update(&schema, "QhXvyVYF9Q", json!({"n": {"__op": "Increment", "amount": 1}, "o.z": 1})),
        update(&schema, "vXukDUKyz8", json!({ "p": pointer })),
    ];
    mongo.commit(writes).await.unwrap();
    let changed = raw(&mongo, "Full", "QhXvyVYF9Q").await;
    assert_eq!(changed.get("n"), Some(&Bson::Int32(6)));
    assert_eq!(changed.get("unheardOf"), Some(&Bson::Int32(1)), "what isn't a field was lost");
    assert_eq!(raw(&mongo, "Full", "vXukDUKyz8").await.get_str("_p_p").unwrap(), "Ward$w9");
    let points = Filter::test("p", Test::Eq(encode::value(pointer).unwrap()));
    assert_eq!(mongo.count(&schema, &points).await.unwrap(), 1);
    mongo.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn users_and_sessions_have_columns_of_their_own() {
    let mongo = server::open(server::shared()).await;
    let users = class(
        "_User",
        &[
            ("username", "String"),
            ("authData", "Object"),
            ("_hashed_password", "String"),
            ("password", "String"),
        ],
    );
    let sessions =
        class("_Session", &[("sessionToken", "String"), ("expiresAt", "Date"), ("user", "*_User")]);
    mongo.put_schema(&users).await.unwrap();
    mongo.put_schema(&sessions).await.unwrap();
    let auth = json!({"anonymous": {"id": "1"}, "github": {"id": "g", "token": "t"}});
    let session = json!({
        "sessionToken": "r:1", "expiresAt": {"__type": "Date", "iso": "2030-01-01T00:00:00.000Z"},
        "user": {"__type": "Pointer", "className": "_User", "objectId": "u1"},
    });
    let writes = vec![
        insert(&users, "u1", json!({"username": "Ann", "authData": auth, "_hashed_password": "$2y$"})),
        insert(&sessions, "s1", session),
    ];
    mongo.commit(writes).await.unwrap();
    let user = raw(&mongo, "_User", "u1").await;
    assert_eq!(user.get_document("_auth_data_anonymous").unwrap(), &doc! {"id": "1"});
    assert_eq!(user.get_str("_hashed_password").unwrap(), "$2y$");
    assert!(!user.contains_key("authData"));
    let session = raw(&mongo, "_Session", "s1").await;
    assert_eq!(session.get_str("_session_token").unwrap(), "r:1");
    assert_eq!(session.get_str("_p_user").unwrap(), "_User$u1");
    assert!(session.get_datetime("expiresAt").is_ok() && !session.contains_key("sessionToken"));

    let by_id = Filter::Test(model::Path::new("authData.github.id").unwrap(), Test::Eq("g".into()));
    assert_eq!(mongo.count(&users, &by_id).await.unwrap(), 1);
    let unlink = json!({"authData": {"github": {"id": "h"}}});
    mongo.commit(vec![update(&users, "u1", unlink.clone())]).await.unwrap();
    let user = raw(&mongo, "_User", "u1").await;
    assert!(!user.contains_key("_auth_data_anonymous"));
    let found = mongo.find(&select(&users)).await.unwrap().pop().unwrap();
    assert_eq!(encode::json(found.field("authData").unwrap()), unlink["authData"]);
    // Everything of the class is remembered, also what parse-server wouldn't want to read.
    let known = mongo.schemas().await.unwrap();
    assert!(known.contains(&users) && known.contains(&sessions));
    mongo.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parse_servers_own_indexes_are_kept() {
    let mongo = server::open(server::shared()).await;
    let collection = mongo.node.database.collection::<Document>("_User");
    let options = IndexOptions::builder().unique(true).sparse(true).name("username_1".to_owned()).build();
    collection
        .create_index(IndexModel::builder().keys(doc! {"username": 1}).options(options).build())
        .await
        .unwrap();
    let mut users = Schema::clone(&class("_User", &[("username", "String")]));
    users.unique.push(model::Unique { fields: vec![FieldName::known("username")], ignore_case: true });
    mongo.put_schema(&users).await.unwrap();
    let mut names = collection.list_index_names().await.unwrap();
    names.sort();
    assert_eq!(names, ["_id_", "parapet_username_1_ci", "username_1"]);
    let users = Arc::new(users);
    mongo.commit(vec![insert(&users, "a", json!({"username": "Ann"}))]).await.unwrap();
    for name in ["Ann", "ANN"] {
        let refused = mongo.commit(vec![insert(&users, "b", json!({ "username": name }))]).await;
        let expected = ::storage::Error::Duplicate { fields: vec!["username".into()] };
        assert_eq!(refused, Err(expected), "{name}");
    }
    mongo.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_error_repeats_a_value() {
    let mongo = server::open(server::shared()).await;
    let mut schema = Schema::clone(&class("Thing", &[("t", "String"), ("o", "Object")]));
    schema.unique.push(model::Unique { fields: vec![FieldName::known("t")], ignore_case: false });
    mongo.put_schema(&schema).await.unwrap();
    let schema = Arc::new(schema);
    const SECRET: &str = "hunter2 index: t dup key";
    mongo.commit(vec![insert(&schema, "a", json!({ "t": SECRET }))]).await.unwrap();
    let attempts = [
        insert(&schema, "b", json!({ "t": SECRET })),
        insert(&schema, "c", json!({"o": {format!("{SECRET}\0"): 1}})),
        update(&schema, "a", json!({"t": {"__op": "Increment", "amount": 1}})),
    ];
    for attempt in attempts {
        let error = mongo.commit(vec![attempt]).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "a value is in the error");
    }
    mongo.close().await;
}
