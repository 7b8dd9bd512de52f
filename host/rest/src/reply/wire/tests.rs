//! Answers as they stand on the wire.

use std::{collections::BTreeMap, sync::Arc};

use model::{ClassName, Date, FieldName, ObjectId, Pointer, encode};
use serde_json::{Value as Json, json};

use super::*;

fn patient() -> Object {
    let class = ClassName::new("Patient").unwrap();
    let mut object = Object::new(class.clone(), ObjectId::new("p1").unwrap(), Date(1_577_934_245_006));
    let mut put = |name, value| object.fields.insert(FieldName::known(name), value);
    put("nothing", Value::Null);
    put("flag", Value::Boolean(true));
    put("whole", Value::Number(-3.0));
    put("part", Value::Number(0.1));
    put("huge", Value::Number(1e21));
    put("text", Value::text("a \"quote\" \u{1F600}"));
    put("when", Value::Date(Date(0)));
    put("raw", Value::Bytes(vec![0, 1, 255]));
    put("spot", Value::GeoPoint { latitude: 40.0, longitude: -30.5 });
    put("area", Value::Polygon(vec![(0.0, 0.0), (0.0, 1.0), (1.5, 1.0), (0.0, 0.0)]));
    put("file", Value::File { name: "a.txt".into(), url: None });
    put("linked", Value::File { name: "a.txt".into(), url: Some("http://a".into()) });
    put("ward", Value::Pointer(Pointer { class: class.clone(), id: ObjectId::new("w1").unwrap() }));
    put("friends", Value::Relation(class));
    put("list", Value::Array(vec![Value::from(1.0), Value::from("x"), Value::Array(vec![])]));
    put("inner", Value::Object(BTreeMap::from([("b".to_owned(), Value::Date(Date(5)))])));
    put("_hashed_password", Value::text("secret"));
    object.acl =
        Some(encode::acl(&json!({"*": {"read": true}, "u": {"read": true, "write": true}})).unwrap());
    object
}

fn written(value: &impl Serialize) -> Json {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

#[test]
fn what_is_written_is_what_the_model_shows() {
    let mut object = patient();
    object.fields.insert(FieldName::known("copy"), Value::Record(Box::new(patient())));
    assert_eq!(written(&ObjectJson(&object)), Json::Object(encode::object_json(&object)));
    for value in object.fields.values() {
        assert_eq!(written(&ValueJson(value)), encode::json(value));
    }
    assert_eq!(written(&ValueJson(&Value::Number(f64::NAN))), Json::Null);
}

#[test]
fn a_find_answers_results_and_the_count_that_was_asked_for() {
    let mut found = Found { objects: vec![patient()], ..Found::default() };
    assert_eq!(written(&FoundJson(&found)), json!({"results": [encode::object_json(&patient())]}));
    found = Found { count: Some(7), ..Found::default() };
    assert_eq!(written(&FoundJson(&found)), json!({"results": [], "count": 7}));
}

#[test]
fn a_login_answers_the_user_and_one_token() {
    let mut user = patient();
    user.fields.insert(FieldName::known("sessionToken"), Value::text("r:old"));
    let text = serde_json::to_string(&LoggedInJson(&LoggedIn { user, token: Arc::from("r:new") })).unwrap();
    assert_eq!(text.matches("sessionToken").count(), 1);
    assert!(text.ends_with(r#""sessionToken":"r:new"}"#) && !text.contains("secret"));
}

#[test]
fn a_save_answers_what_the_client_could_not_know() {
    let mut saved = Saved {
        id: ObjectId::new("p1").unwrap(),
        created_at: Date(0),
        updated_at: Date(1),
        created: true,
        changed: BTreeMap::new(),
        acl: None,
        session_token: None,
    };
    assert_eq!(
        written(&SavedJson(&saved)),
        json!({"objectId": "p1", "createdAt": "1970-01-01T00:00:00.000Z"})
    );
    saved.created = false;
    saved.changed.insert(FieldName::known("score"), Some(Value::from(6.0)));
    saved.changed.insert(FieldName::known("draft"), None);
    saved.changed.insert(FieldName::known("_hashed_password"), Some(Value::from("secret")));
    saved.acl = Some(Acl::private_to("u"));
    saved.session_token = Some(Arc::from("r:1"));
    assert_eq!(
        written(&SavedJson(&saved)),
        json!({
            "updatedAt": "1970-01-01T00:00:00.001Z", "score": 6, "draft": {"__op": "Delete"},
            "ACL": {"u": {"read": true, "write": true}}, "sessionToken": "r:1",
        })
    );
}
