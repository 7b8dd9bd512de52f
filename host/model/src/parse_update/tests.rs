//! What the body of a save may say and what it is refused for.

use serde_json::json;

use super::*;
use crate::{ClassName, ObjectId};

fn body(json: Json) -> Result<Body, ParseError> {
    match json {
        Json::Object(map) => update(map),
        _ => panic!("a body is an object"),
    }
}

fn only(json: Json) -> Op {
    let read = body(json!({"f": json})).unwrap();
    assert_eq!(read.update.ops.len(), 1);
    read.update.op("f").unwrap().clone()
}

fn pointer(class: &str, id: &str) -> Json {
    json!({"__type": "Pointer", "className": class, "objectId": id})
}

fn ward(id: &str) -> Pointer {
    Pointer { class: ClassName::new("Ward").unwrap(), id: ObjectId::new(id).unwrap() }
}

#[test]
fn every_operation_is_read() {
    let one = vec![Value::Number(1.0)];
    let (w1, w2) = (pointer("Ward", "w1"), pointer("Ward", "w2"));
    let cases = [
        (json!(1), Op::Set(Value::Number(1.0))),
        (json!(null), Op::Set(Value::Null)),
        (json!({"a": 1}), Op::Set(Value::Object([("a".to_owned(), Value::Number(1.0))].into()))),
        (json!({"__op": "Delete"}), Op::Delete),
        (json!({"__op": "Increment", "amount": -2.5}), Op::Increment(-2.5)),
        (json!({"__op": "Add", "objects": [1]}), Op::Add(one.clone())),
        (json!({"__op": "AddUnique", "objects": [1]}), Op::AddUnique(one.clone())),
        (json!({"__op": "Remove", "objects": [1]}), Op::Remove(one)),
        (json!({"__op": "AddRelation", "objects": [w1]}), Op::AddRelation(vec![ward("w1")])),
        (json!({"__op": "RemoveRelation", "objects": []}), Op::RemoveRelation(vec![])),
        (
            json!({"__op": "Batch", "ops": [
                {"__op": "AddRelation", "objects": [w1]}, {"__op": "RemoveRelation", "objects": [w2]},
            ]}),
            Op::Relate { add: vec![ward("w1")], remove: vec![ward("w2")] },
        ),
    ];
    for (json, expected) in cases {
        assert_eq!(only(json), expected, "{}", expected.name());
    }
}

#[test]
fn what_every_object_has_is_kept_apart() {
    let read =
        body(json!({"objectId": "a", "createdAt": "b", "updatedAt": {"__op": "Delete"}, "n": 1})).unwrap();
    assert_eq!(read.object_id, Some(json!("a")));
    assert_eq!(read.created_at, Some(json!("b")));
    assert_eq!(read.updated_at, Some(json!({"__op": "Delete"})));
    assert_eq!(read.update.ops.len(), 1);
}

#[test]
fn an_acl_is_set_or_removed() {
    let set = body(json!({"ACL": {"*": {"read": true, "write": false}}})).unwrap();
    assert_eq!(set.update.acl, Some(Some(Acl::from_groups(&["*"], &[]))));
    assert_eq!(body(json!({"ACL": {"__op": "Delete"}})).unwrap().update.acl, Some(None));
    assert_eq!(body(json!({})).unwrap().update.acl, None);
    // It says nothing, as in the reference.
    assert_eq!(body(json!({"ACL": null})).unwrap().update.acl, None);
    assert_eq!(body(json!({"ACL": 1})).unwrap_err().code, Code::InvalidAcl);
}

#[test]
fn paths_may_be_dotted() {
    let read = body(json!({"a.b": 1, "a.c-d.0": {"__op": "Delete"}, "a_b": 2})).unwrap();
    assert_eq!(read.update.roots().collect::<Vec<_>>(), ["a", "a_b"]);
    assert_eq!(read.update.op("a.c-d.0"), Some(&Op::Delete));
}

#[test]
fn mistakes_have_the_codes_of_the_reference() {
    let mixed = json!([pointer("Ward", "a"), pointer("Bed", "b")]);
    let batch = json!([{"__op": "AddRelation", "objects": [pointer("Ward", "a")]}, {"__op": "RemoveRelation", "objects": [pointer("Bed", "b")]}]);
    let cases = [
        (json!({"_x": 1}), 105, "Invalid field name: _x."),
        (json!({"1x": 1}), 105, "Invalid field name: 1x."),
        (json!({"length": 1}), 105, "Invalid field name: length."),
        (json!({"className": 1}), 105, "Invalid field name: className."),
        (json!({"a b": 1}), 105, "Invalid field name: (not shown)."),
        (json!({"a..b": 1}), 105, "Invalid field name: a..b."),
        (json!({"a.$b": 1}), 105, "Invalid field name: a.$b."),
        (json!({"objectId.x": 1}), 105, "Invalid field name: objectId.x."),
        (json!({"ACL.x": 1}), 105, "Invalid field name: ACL.x."),
        (json!({"authData.x": 1}), 105, "Invalid field name: authData.x."),
        (json!({"a": 1, "a.b": 2}), 105, "Invalid field name: a.b. The same save changes a as a whole."),
        (
            json!({"a.b": 1, "a.b-c": 1, "a.b.c": 2}),
            105,
            "Invalid field name: a.b.c. The same save changes a.b as a whole.",
        ),
        (json!({"a": {"__op": "Increment", "amount": "1"}}), 107, "incrementing must provide a number"),
        (json!({"a": {"__op": "Add", "objects": 1}}), 107, "objects to add must be an array"),
        (json!({"a": {"__op": "Remove"}}), 107, "objects to add must be an array"),
        (json!({"a": {"__op": 1}}), 107, "__op must be a string"),
        (
            json!({"a": {"__op": "AddRelation", "objects": [1]}}),
            107,
            "objects of a relation must be pointers",
        ),
        (json!({"a": {"__op": "AddRelation", "objects": mixed}}), 107, MIXED),
        (json!({"a": {"__op": "Batch", "ops": batch}}), 107, MIXED),
        (json!({"a": {"__op": "Batch"}}), 107, "ops of a Batch must be an array"),
        (
            json!({"a": {"__op": "Batch", "ops": [{"__op": "Delete"}]}}),
            107,
            "a Batch may hold AddRelation and RemoveRelation only",
        ),
        (json!({"a.b": {"__op": "AddRelation", "objects": []}}), 107, "relations can't be nested"),
        (json!({"a": {"__op": "SetOnInsert"}}), 107, "SetOnInsert must provide an amount"),
        (json!({"a": {"__op": "Nope"}}), 108, "The Nope operator is not supported yet."),
        (json!({"a": {"__type": "Nope"}}), 111, "This is not a valid __type"),
        (json!({"a": {"b.c": 1}}), 121, "Nested keys should not contain the '$' or '.' characters"),
        (json!({"ACL": []}), 123, "Invalid ACL."),
    ];
    for (json, code, text) in cases {
        let shown = json.to_string();
        let error = body(json).unwrap_err();
        assert_eq!((error.code.number(), &*error.message), (code, text), "{shown}");
    }
}

#[test]
fn some_of_a_save_is_for_new_objects_only() {
    let save = || body(json!({"a": {"__op": "SetOnInsert", "amount": 1}, "b": 2})).unwrap();
    let names = |body: &Body| body.update.ops.keys().map(|path| path.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&save()), ["b"]);
    let new = save().inserting();
    assert_eq!(names(&new), ["a", "b"]);
    assert_eq!(new.update.ops.get("a"), Some(&Op::Set(1.0.into())));
    let both = body(json!({"a.b": {"__op": "SetOnInsert", "amount": 1}, "a": {}})).unwrap_err();
    assert_eq!(both.code.number(), 105);
}

#[test]
fn prohibited_keywords_are_found_anywhere() {
    let text = |rule: &str| format!("Prohibited keyword in request data: {rule}.");
    let constructor = text(r#"{"key":"constructor"}"#);
    let cases = [
        (json!({"constructor": 1}), &constructor),
        (json!({"a": {"b": [1, {"c": {"constructor": 1}}]}}), &constructor),
        (json!({"a": {"first": {}, "second": {"myconstructors": 1}}}), &constructor),
        (json!({"a.constructor": 1}), &constructor),
        (json!({"a": {"__op": "Add", "objects": [{"constructor": {}}]}}), &constructor),
        (json!({"objectId": {"constructor": 1}}), &constructor),
        (json!({"ACL": {"__proto__": {}}}), &text(r#"{"key":"__proto__"}"#)),
        (json!({"a": {"_bsontype": "Code"}}), &text(r#"{"key":"_bsontype","value":"Code"}"#)),
    ];
    for (json, expected) in cases {
        let shown = json.to_string();
        let error = body(json).unwrap_err();
        assert_eq!((error.code.number(), &*error.message), (105, expected.as_str()), "{shown}");
    }
    assert!(body(json!({"a": "constructor", "b": {"_bsontype": "ObjectId"}})).is_ok());
}

#[test]
fn debug_shows_no_value() {
    let read = body(json!({"name": "Ann Example"})).unwrap();
    assert_eq!(format!("{read:?}"), "Body(Update(1 operations))");
}
