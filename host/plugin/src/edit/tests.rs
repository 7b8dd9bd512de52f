//! What guests may change, and how it is put together.

use std::sync::Arc;

use serde_json::json;

use super::*;
use model::encode;

fn value(json: serde_json::Value) -> Value {
    encode::value(json).unwrap()
}

fn path(text: &str) -> Path {
    Path::new(text).unwrap()
}

/// A change of an object with `original` fields by a client that sent `ops`.
fn change(original: serde_json::Value, ops: &[(&str, Op)]) -> Change {
    let class = ClassName::new("Patient").unwrap();
    let mut object = Object::new(class.clone(), ObjectId::new("p1").unwrap(), Date(0));
    for (name, json) in original.as_object().unwrap() {
        object.fields.insert(FieldName::new(name).unwrap(), value(json.clone()));
    }
    let mut update = Update::new();
    for (name, op) in ops {
        update.set(path(name), op.clone());
    }
    Change {
        class,
        id: Some(object.id.clone()),
        announced: None,
        original: Some(Arc::new(object)),
        update,
        saved: None,
    }
}

fn set(json: serde_json::Value) -> Op {
    Op::Set(value(json))
}

#[test]
fn a_place_inside_what_the_client_replaces_is_folded_in() {
    let mut change = change(json!({}), &[("address", set(json!({"city": "Bern"})))]);
    put(&mut change, path("address.zip"), set(json!("3000"))).unwrap();
    assert_eq!(change.update.ops.len(), 1);
    assert_eq!(change.value(&path("address")).unwrap(), value(json!({"city": "Bern", "zip": "3000"})));
}

#[test]
fn replacing_the_whole_drops_edits_inside() {
    let mut change = change(json!({"address": {"city": "Bern"}}), &[("address.zip", set(json!("1")))]);
    put(&mut change, path("address"), set(json!({"city": "Chur"}))).unwrap();
    assert_eq!(change.update.ops.len(), 1);
    assert_eq!(change.value(&path("address.zip")), None);
}

#[test]
fn operations_build_on_what_the_client_did() {
    let mut change = change(json!({"n": 1}), &[("n", Op::Increment(1.0))]);
    put(&mut change, path("n"), Op::Increment(5.0)).unwrap();
    assert_eq!(change.update.op("n"), Some(&set(json!(7))));
    put(&mut change, path("tags"), Op::AddUnique(vec![Value::from("a")])).unwrap();
    assert_eq!(change.update.op("tags"), Some(&Op::AddUnique(vec![Value::from("a")])));
    assert!(put(&mut change, path("n"), Op::Add(vec![Value::Null])).is_err());
}

#[test]
fn relation_edits_join_and_the_later_word_counts() {
    let pointer =
        |id: &str| model::Pointer { class: ClassName::new("Tag").unwrap(), id: ObjectId::new(id).unwrap() };
    let mut change = change(json!({}), &[("tags", Op::AddRelation(vec![pointer("a"), pointer("b")]))]);
    put(&mut change, path("tags"), Op::RemoveRelation(vec![pointer("a")])).unwrap();
    let joined = Op::Relate { add: vec![pointer("b")], remove: vec![pointer("a")] };
    assert_eq!(change.update.op("tags"), Some(&joined));
}

#[test]
fn revert_and_names_follow_the_change() {
    let ops = [("name", Op::Delete), ("address.zip", set(json!("1"))), ("new", set(json!(1)))];
    let mut change = change(json!({"name": "x", "old": 1}), &ops);
    assert_eq!(names(&change).into_iter().collect::<Vec<_>>(), ["address", "new", "old"]);
    revert(&mut change.update, "address");
    revert(&mut change.update, "name");
    assert_eq!(names(&change).into_iter().collect::<Vec<_>>(), ["name", "new", "old"]);
}
