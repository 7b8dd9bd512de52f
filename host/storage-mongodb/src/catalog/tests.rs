//! Classes come back as they were, and look as parse-server writes them.

use super::*;
use model::Value;

fn full() -> Schema {
    let mut schema = Schema::new(ClassName::new("Patient").unwrap());
    let ward = ClassName::new("Ward").unwrap();
    let mut put = |name: &str, field| schema.fields.insert(FieldName::new(name).unwrap(), field);
    put("name", Field { required: true, ..Field::new(FieldType::String) });
    put("beds", Field { default: Some(Value::Number(2.0)), ..Field::new(FieldType::Number) });
    put("born", Field { default: Some(Value::Date(model::Date(1))), ..Field::new(FieldType::Date) });
    put("ward", Field::new(FieldType::Pointer(ward.clone())));
    put("past", Field::new(FieldType::Relation(ward)));
    put("place", Field::new(FieldType::GeoPoint));
    schema.unique = vec![Unique { fields: vec![FieldName::new("name").unwrap()], ignore_case: true }];
    schema.indexes.insert("by_name".into(), [("name".into(), IndexKind::Descending)].into());
    schema.permissions.operations.insert(model::schema::ClassOp::Delete, Default::default());
    schema.permissions.protected_fields.insert("*".into(), ["name".to_owned()].into());
    schema.permissions.default_acl = Some(model::Acl::private_to("currentUser"));
    schema
}

#[test]
fn a_class_comes_back_as_it_was() {
    let written = full();
    let document = document(&written);
    assert_eq!(schema(&document), Some(written));
    assert_eq!(document.get_str("ward").unwrap(), "*Ward");
    assert_eq!(document.get_str("past").unwrap(), "relation<Ward>");
    assert_eq!(document.get_str("place").unwrap(), "geopoint");
}

#[test]
fn what_parse_server_has_no_words_for_stands_aside() {
    let mut users = Schema::new(ClassName::user());
    for name in ["password", "_hashed_password"] {
        users.fields.insert(FieldName::known(name), Field::new(FieldType::String));
    }
    let document = document(&users);
    assert!(!document.contains_key("password") && !document.contains_key("_hashed_password"));
    assert_eq!(schema(&document), Some(users));
}

#[test]
fn a_class_of_parse_server_is_understood() {
    let found = schema(&doc! {
        "_id": "Full", "objectId": "string", "updatedAt": "date", "createdAt": "date",
        "_metadata": {
            "fields_options": {"t": {"required": true}, "n": {"defaultValue": 5}},
            "class_permissions": {"find": {"*": true}, "get": {}, "create": {"requiresAuthentication": true}, "protectedFields": {"*": ["t"]}},
            "indexes": {"_id_": {"_id": 1}, "t_i": {"t": 1}},
        },
        "_client_permissions": {"find": true},
        "t": "string", "n": "number", "p": "*Ward", "o": "map", "odd": "novelty",
    })
    .unwrap();
    assert_eq!(found.fields.keys().map(|name| name.as_str()).collect::<Vec<_>>(), ["n", "o", "p", "t"]);
    assert!(found.fields["t"].required);
    assert_eq!(found.fields["n"].default, Some(Value::Number(5.0)));
    // What is left out is nobody's.
    assert!(found.permissions.operations[&model::schema::ClassOp::Update].groups.is_empty());
    assert!(found.permissions.operations[&model::schema::ClassOp::Find].groups.contains("*"));
    assert_eq!(found.indexes.keys().collect::<Vec<_>>(), ["t_i"]);
    let bare = schema(&doc! {"_id": "Ward", "x": "number"}).unwrap();
    assert_eq!(bare.permissions, Permissions::open());
}
