//! Filters and orders against single objects.

use serde_json::{Value as Json, json};

use super::*;
use crate::{Acl, Date, FieldName, encode, query::parse};

fn object(fields: Json) -> Object {
    let mut object =
        Object::new(ClassName::new("Thing").unwrap(), ObjectId::new("id1").unwrap(), Date(1_000));
    for (name, json) in fields.as_object().unwrap() {
        object.fields.insert(FieldName::new(name).unwrap(), encode::value(json.clone()).unwrap());
    }
    object
}

fn passes(fields: &Json, condition: &Json) -> bool {
    let filter = parse::filter(condition.clone(), &parse::Limits::default(), Date(0)).unwrap();
    Matcher::new(&filter).unwrap().matches(&object(fields.clone()), &NoRelations)
}

fn pointer(class: &str, id: &str) -> Json {
    json!({"__type": "Pointer", "className": class, "objectId": id})
}

#[test]
fn conditions_hold_as_in_mongodb() {
    let date = |iso: &str| json!({"__type": "Date", "iso": iso});
    let (early, late) = (date("2024-01-01T00:00:00.000Z"), date("2024-01-02T00:00:00.000Z"));
    let cases = [
        (json!({"a": 1}), json!({"a": 1}), true),
        (json!({"a": 1}), json!({"a": "1"}), false),
        (json!({"a": 0}), json!({"a": false}), false),
        (json!({}), json!({"a": null}), true),
        (json!({"a": null}), json!({"a": null}), true),
        (json!({"a": [1, null]}), json!({"a": null}), true),
        (json!({"a": []}), json!({"a": null}), false),
        (json!({"a": [1, 2]}), json!({"a": 2}), true),
        (json!({"a": [1, 2]}), json!({"a": [1, 2]}), true),
        (json!({"a": [[1, 2]]}), json!({"a": [1, 2]}), true),
        (json!({"a": [1, 2]}), json!({"a": [2, 1]}), false),
        (json!({"a": {"x": 1, "y": 2}}), json!({"a": {"y": 2, "x": 1}}), true),
        (json!({"a": pointer("Ward", "1")}), json!({"a": pointer("Ward", "1")}), true),
        (json!({"a": pointer("Ward", "1")}), json!({"a": pointer("Bed", "1")}), false),
        (json!({"a": 1}), json!({"a": {"$ne": 2}}), true),
        (json!({}), json!({"a": {"$ne": 2}}), true),
        (json!({"a": [1, 2]}), json!({"a": {"$ne": 2}}), false),
        (json!({}), json!({"a": {"$ne": null}}), false),
        (json!({"a": 1}), json!({"a": {"$lt": 2, "$gt": 0}}), true),
        (json!({"a": "1"}), json!({"a": {"$lt": 2}}), false),
        (json!({}), json!({"a": {"$lt": 2}}), false),
        (json!({"a": [5, 1]}), json!({"a": {"$lt": 2}}), true),
        (json!({"a": [5, 1]}), json!({"a": {"$gt": 2, "$lt": 2}}), true),
        (json!({}), json!({"a": {"$gte": null}}), true),
        (json!({"a": null}), json!({"a": {"$gt": null}}), false),
        (json!({"a": early}), json!({"a": {"$lt": late}}), true),
        (json!({"a": late}), json!({"a": {"$lte": early}}), false),
        (json!({"a": "b"}), json!({"a": {"$gte": "a"}}), true),
        (json!({}), json!({"a": {"$in": [1, null]}}), true),
        (json!({"a": 1}), json!({"a": {"$in": []}}), false),
        (json!({}), json!({"a": {"$nin": []}}), true),
        (json!({}), json!({"a": {"$nin": [null]}}), false),
        (json!({"a": [1, 2]}), json!({"a": {"$nin": [2, 3]}}), false),
        (json!({"a": null}), json!({"a": {"$exists": true}}), true),
        (json!({}), json!({"a": {"$exists": false}}), true),
        (json!({"a": [1, 2, 3]}), json!({"a": {"$all": [1, 3]}}), true),
        (json!({"a": [1]}), json!({"a": {"$all": [1, 3]}}), false),
        (json!({"a": 1}), json!({"a": {"$all": [1]}}), false),
        (json!({"a": [1]}), json!({"a": {"$all": []}}), false),
        (json!({"a": ["abc", "x"]}), json!({"a": {"$all": [{"$regex": "^\\Qab\\E"}]}}), true),
        (json!({"a": ["xab"]}), json!({"a": {"$all": [{"$regex": "^\\Qab\\E"}]}}), false),
        (json!({"a": [1, 1]}), json!({"a": {"$containedBy": [1, 2]}}), true),
        (json!({"a": [1, 3]}), json!({"a": {"$containedBy": [1, 2]}}), false),
        (json!({"a": []}), json!({"a": {"$containedBy": []}}), true),
        (json!({}), json!({"a": {"$containedBy": [1]}}), false),
        (json!({"a": "Hello"}), json!({"a": {"$regex": "^hel", "$options": "i"}}), true),
        (json!({"a": ["x", "Hello"]}), json!({"a": {"$regex": "ell"}}), true),
        (json!({"a": 5}), json!({"a": {"$regex": "5"}}), false),
        (json!({"a": {"b": {"c": 1}}}), json!({"a.b.c": 1}), true),
        (json!({"a": [{"b": 1}, {"b": 2}]}), json!({"a.b": 2}), true),
        (json!({"a": [{"b": 1}, {"b": [3]}]}), json!({"a.b": 3}), true),
        (json!({"a": [{"b": 1}, {"b": 2}]}), json!({"a.1.b": 2}), true),
        (json!({"a": [{"b": 1}, {"b": 2}]}), json!({"a.0.b": 2}), false),
        (json!({"a": [{"b": 1}, {}]}), json!({"a.b": null}), true),
        (json!({"a": [{"b": 1}, {}]}), json!({"a.b": {"$exists": true}}), true),
        (json!({"a": [1]}), json!({"a.b": null}), false),
        (json!({"a": 1}), json!({"a.b": null}), true),
        (json!({"a": [[{"b": 1}]]}), json!({"a.b": 1}), false),
        (json!({"a": pointer("Ward", "w1")}), json!({"a.objectId": "w1"}), false),
        (json!({}), json!({"objectId": "id1"}), true),
        (json!({}), json!({"objectId": {"$gt": "id1"}}), false),
        (json!({}), json!({"createdAt": {"$lte": "1970-01-01T00:00:01.000Z"}}), true),
        (json!({}), json!({"updatedAt": {"$lt": "1970-01-01T00:00:01.000Z"}}), false),
        (json!({"a": 1}), json!({"$or": [{"a": 2}, {"a": 1}]}), true),
        (json!({"a": 1}), json!({"$nor": [{"a": 2}, {"a": 1}]}), false),
        (json!({"a": 1}), json!({"$nor": [{"a": 2}]}), true),
        (json!({"a": 1}), json!({"$and": [{"a": 1}, {"b": null}]}), true),
    ];
    for (fields, condition, expected) in cases {
        assert_eq!(passes(&fields, &condition), expected, "{fields} {condition}");
    }
}

#[test]
fn empty_lists_of_conditions_keep_their_promise() {
    let ask = |filter: Filter| Matcher::new(&filter).unwrap().matches(&object(json!({})), &NoRelations);
    assert!(ask(Filter::And(vec![])));
    assert!(!ask(Filter::Or(vec![])));
    assert!(ask(Filter::Nor(vec![])));
}

#[test]
fn acls_are_asked_for_each_access() {
    let ask = |acl: Option<Acl>, access, groups: &[&str]| {
        let mut object = object(json!({}));
        object.acl = acl;
        let filter = Filter::Acl(access, groups.iter().map(ToString::to_string).collect());
        Matcher::new(&filter).unwrap().matches(&object, &NoRelations)
    };
    let acl = || Some(Acl::from_groups(&["*"], &["u1"]));
    assert!(ask(None, Access::Write, &[]));
    assert!(ask(acl(), Access::Read, &["*"]));
    assert!(!ask(acl(), Access::Write, &["*"]));
    assert!(ask(acl(), Access::Write, &["*", "u1"]));
    assert!(!ask(Some(Acl::default()), Access::Read, &["*", "u1"]));
}

#[test]
fn relations_are_asked_of_who_knows_them() {
    struct One;
    impl Relations for One {
        fn holds(&self, class: &ClassName, owner: &ObjectId, key: &Path, member: &ObjectId) -> bool {
            *class == "Ward" && *owner == "w1" && *key == "patients" && *member == "id1"
        }
    }
    let ask = |owner: &str| {
        let condition = json!({"$relatedTo": {"object": pointer("Ward", owner), "key": "patients"}});
        let filter = parse::filter(condition, &parse::Limits::default(), Date(0)).unwrap();
        Matcher::new(&filter).unwrap().matches(&object(json!({})), &One)
    };
    assert!(ask("w1"));
    assert!(!ask("w2"));
}

#[test]
fn sub_queries_are_refused() {
    let condition = json!({"$or": [{"a": {"$notInQuery": {"className": "Ward", "where": {}}}}]});
    let filter = parse::filter(condition, &parse::Limits::default(), Date(0)).unwrap();
    assert!(matches!(Matcher::new(&filter), Err(Unmatchable::SubQuery("$notInQuery"))));
}
