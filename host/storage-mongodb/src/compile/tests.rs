//! What filters become.

use model::{Acl, Date, Field, FieldName, query};
use mongodb::bson::Document;
use serde_json::{Value as Json, json};

use super::*;

fn compiled(json: Json) -> (Document, bool) {
    let mut schema = Schema::new(model::ClassName::new("Thing").unwrap());
    let kinds = [
        ("t", FieldType::String),
        ("n", FieldType::Number),
        ("d", FieldType::Date),
        ("a", FieldType::Array),
        ("o", FieldType::Object),
        ("g", FieldType::GeoPoint),
        ("p", FieldType::Pointer(model::ClassName::new("Ward").unwrap())),
    ];
    schema.fields.extend(kinds.map(|(name, kind)| (FieldName::new(name).unwrap(), Field::new(kind))));
    let parsed = query::parse::filter(json, &query::Limits::trusted(), Date(0)).unwrap();
    let part = filter(&schema, &parsed).unwrap();
    (part.cond.document(), part.exact)
}

#[test]
fn plain_tests_are_mongodbs_own() {
    let never = doc! {"_id": {"$in": []}};
    let at = mongodb::bson::DateTime::from_millis(1);
    for (json, expected) in [
        (json!({}), doc! {}),
        (json!({"t": "x"}), doc! {"t": {"$eq": "x"}}),
        (json!({"objectId": "x"}), doc! {"_id": {"$eq": "x"}}),
        (json!({"n": {"$gt": 1, "$lte": 2.5}}), doc! {"$and": [{"n": {"$gt": 1}}, {"n": {"$lte": 2.5}}]}),
        (json!({"d": {"__type": "Date", "iso": Date(1).to_string()}}), doc! {"d": {"$eq": at}}),
        (
            json!({"p": {"__type": "Pointer", "className": "Ward", "objectId": "w"}}),
            doc! {"_p_p": {"$eq": "Ward$w"}},
        ),
        // A pointer to another class is in nobody's field, and so is a text.
        (json!({"p": {"__type": "Pointer", "className": "Bed", "objectId": "w"}}), never.clone()),
        (json!({"p": "Ward$w"}), never.clone()),
        (json!({"t": {"$lt": 1}}), never.clone()),
        (json!({"g": 1}), never.clone()),
        (json!({"zz": "x"}), never.clone()),
        // Only a null may stand where the class has no field.
        (json!({"zz": {"$exists": true}}), doc! {"zz": {"$type": "null", "$not": {"$type": "array"}}}),
        (json!({"t": {"$in": ["x", 1, null]}}), doc! {"t": {"$in": ["x", Bson::Null]}}),
        (json!({"t": {"$ne": "x"}}), doc! {"$nor": [{"t": {"$eq": "x"}}]}),
        (json!({"t": {"$nin": []}}), doc! {}),
        (json!({"t": {"$regex": "^\\Qa.b\\E"}}), doc! {"t": {"$gte": "a.b", "$lt": "a.c"}}),
        (json!({"a": {"$all": [1, "x"]}}), doc! {"$and": [{"a": {"$eq": 1}}, {"a": {"$eq": "x"}}]}),
        (json!({"o.k": {"$gt": 1}}), doc! {"o.k": {"$gt": 1}}),
        (json!({"$or": [{"t": "x"}, {"zz": 1}]}), doc! {"t": {"$eq": "x"}}),
        (json!({"$and": [{"t": {"$regex": "."}}, {"zz": 1}]}), never.clone()),
    ] {
        assert_eq!(compiled(json.clone()), (expected, true), "{json}");
    }
}

#[test]
fn what_is_not_exact_is_bounded_from_above() {
    for (json, expected) in [
        (json!({"t": {"$regex": "a.c"}}), doc! {"t": {"$type": "string"}}),
        (json!({"t": {"$regex": "abc$"}}), doc! {"t": {"$regex": "abc"}}),
        (json!({"t": {"$regex": "^abc", "$options": "i"}}), doc! {"t": {"$regex": "abc", "$options": "i"}}),
        (json!({"o": {"k": 1, "l": {"m": 2}}}), doc! {"o.k": {"$eq": 1}}),
        (json!({"a": {"$eq": {"k": {"l": 1}}}}), doc! {"a": {"$exists": true}}),
        // MongoDB would look into pointers.
        (json!({"o.k.objectId": "x"}), doc! {"o.k.objectId": {"$eq": "x"}}),
        (json!({"o.k": null}), doc! {}),
        // The opposite of what is only bounded is not known at all.
        (json!({"$nor": [{"t": {"$regex": "a.c"}}]}), doc! {}),
        (json!({"$nor": [{"t": {"$regex": "a.c"}}], "n": 1}), doc! {"n": {"$eq": 1}}),
    ] {
        assert_eq!(compiled(json.clone()), (expected, false), "{json}");
    }
}

#[test]
fn the_acl_is_always_exact() {
    let schema = Schema::new(model::ClassName::new("Thing").unwrap());
    let groups = vec!["*".to_owned(), "u1".to_owned()];
    let part = filter(&schema, &Filter::Acl(Access::Read, groups)).unwrap();
    let expected = doc! {"$or": [
        {"_rperm": {"$in": ["*", "u1"]}},
        {"_rperm": {"$eq": Bson::Null}, "_wperm": {"$eq": Bson::Null}},
    ]};
    assert_eq!((part.cond.document(), part.exact), (expected, true));
    let marks = encode::marks(&Acl::from_groups(&["u1"], &[]));
    assert!(marks.get_array("_wperm").unwrap().is_empty(), "an ACL without writers must not look like none");
}
