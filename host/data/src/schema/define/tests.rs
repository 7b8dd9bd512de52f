//! What definitions make of classes.

use model::{Schema, schema_json};
use serde_json::{Value as Json, json};

use super::*;
use crate::tests::{House, house};

fn edit(json: Json) -> SchemaEdit {
    schema_json::parse(json.as_object().unwrap().clone(), None).unwrap()
}

fn defined(classes: &[Json]) -> Definitions {
    Definitions { classes: classes.iter().cloned().map(edit).collect(), ..Definitions::default() }
}

fn schema(house: &House, class: &str) -> Schema {
    Schema::clone(&house.data.inner.schemas.find(class).unwrap())
}

fn shown(house: &House, class: &str) -> Json {
    schema_json::encode(&schema(house, class))
}

#[tokio::test]
async fn a_class_becomes_what_is_defined_and_stays_untouched_then() {
    let house = house().await;
    let ward = json!({
        "className": "Ward", "fields": {"name": {"type": "String", "required": true}, "beds": {"type": "Number"}},
        "indexes": {"by_name": {"name": 1}},
        "classLevelPermissions": {"find": {"*": true}, "addField": {"*": true}},
    });
    house.data.define(&defined(std::slice::from_ref(&ward))).await.unwrap();
    let made = shown(&house, "Ward");
    assert_eq!(made["fields"]["name"], json!({"type": "String", "required": true}));
    assert_eq!(made["indexes"]["by_name"], json!({"name": 1}));
    let permissions = &made["classLevelPermissions"];
    assert_eq!((&permissions["find"], &permissions["get"]), (&json!({"*": true}), &json!({})));
    assert_eq!(
        permissions["addField"],
        json!({}),
        "who adds fields makes a class differ from its definition"
    );
    let (records, user) = (house.trail.records().len(), shown(&house, "_User"));
    assert_eq!(user["classLevelPermissions"]["addField"], json!({}));
    assert_eq!(user["classLevelPermissions"]["find"], json!({"*": true}));
    house.data.define(&defined(&[ward])).await.unwrap();
    assert_eq!(house.trail.records().len(), records, "a class as defined was changed");
}

#[tokio::test]
async fn fields_and_indexes_go_only_where_that_is_wanted() {
    let house = house().await;
    let first = json!({
        "className": "Ward", "fields": {"a": {"type": "String"}, "b": {"type": "Number"}, "c": {"type": "Date"}},
        "indexes": {"i": {"a": 1}, "j": {"b": 1}, "k": {"c": 1}},
    });
    house.data.define(&defined(&[first])).await.unwrap();
    let second = json!({
        "className": "Ward",
        "fields": {"a": {"type": "Number"}, "b": {"type": "Number", "defaultValue": 3}, "d": {"type": "Boolean"}},
        "indexes": {"i": {"a": -1}, "j": {"b": 1}},
    });
    let mut plain = defined(&[second]);
    plain.keep_unknown_indexes = true;
    plain.strict = true;
    house.data.define(&plain).await.unwrap();
    let kept = shown(&house, "Ward");
    assert_eq!(kept["fields"]["a"], json!({"type": "String"}));
    assert_eq!(kept["fields"]["b"], json!({"type": "Number", "defaultValue": 3}));
    assert_eq!(
        (&kept["fields"]["c"], &kept["fields"]["d"]),
        (&json!({"type": "Date"}), &json!({"type": "Boolean"}))
    );
    let names: Vec<_> = kept["indexes"].as_object().unwrap().keys().cloned().collect();
    assert_eq!((names.join(" "), &kept["indexes"]["i"]), ("i j k _id_".to_owned(), &json!({"a": -1})));

    let all = Definitions {
        delete_extra_fields: true,
        recreate_modified_fields: true,
        keep_unknown_indexes: false,
        ..plain
    };
    house.data.define(&all).await.unwrap();
    let made = shown(&house, "Ward");
    assert_eq!((&made["fields"]["a"], &made["fields"]["c"]), (&json!({"type": "Number"}), &Json::Null));
    let names: Vec<_> = made["indexes"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(names.join(" "), "i j _id_");
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_its_class() {
    let house = house().await;
    let ward = json!({"className": "Ward", "fields": {"a": {"type": "String"}}});
    let twice = house.data.define(&defined(&[ward.clone(), ward])).await.unwrap_err();
    assert_eq!(twice.to_string(), "Class Ward is defined twice. (code 103)");
    let bad = json!({"className": "Ward", "indexes": {"i": {"nowhere": 1}}});
    let error = house.data.define(&defined(&[bad])).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the definition of Ward: Field nowhere does not exist, cannot add index. (code 102)"
    );
}
