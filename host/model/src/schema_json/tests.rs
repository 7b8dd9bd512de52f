//! Schemas there and back, and what is no schema.

use super::*;
use crate::{Acl, Rights, Unique, Value, schema::ClassOp};

fn map(json: Json) -> JsonMap<String, Json> {
    match json {
        Json::Object(map) => map,
        _ => unreachable!("tests give objects"),
    }
}

fn full() -> Schema {
    let mut schema = Schema::new(ClassName::user());
    let mut put = |name, field| schema.fields.insert(FieldName::known(name), field);
    put("username", Field { required: true, ..Field::new(FieldType::String) });
    put("authData", Field::new(FieldType::Object));
    put("_hashed_password", Field::new(FieldType::String));
    put("ward", Field::new(FieldType::Pointer(ClassName::new("Ward").unwrap())));
    put("friends", Field::new(FieldType::Relation(ClassName::user())));
    put("since", Field { default: Some(Value::Date(crate::Date(-1))), ..Field::new(FieldType::Date) });
    put("spot", Field::new(FieldType::GeoPoint));
    put("area", Field::new(FieldType::Polygon));
    put("photo", Field::new(FieldType::File));
    put("raw", Field { default: Some(Value::Bytes(vec![0, 255])), ..Field::new(FieldType::Bytes) });
    put("level", Field { default: Some(Value::Number(0.1)), ..Field::new(FieldType::Number) });
    put("nothing", Field { default: Some(Value::Null), ..Field::new(FieldType::Array) });
    put("on", Field { default: Some(Value::Boolean(false)), ..Field::new(FieldType::Boolean) });
    schema.unique.push(Unique { fields: vec![FieldName::known("username")], ignore_case: true });
    schema.unique.push(Unique {
        fields: vec![FieldName::known("level"), FieldName::known("_hashed_password")],
        ignore_case: false,
    });
    schema.indexes.insert(
        "by_all".into(),
        [
            ("level".into(), IndexKind::Ascending),
            ("since".into(), IndexKind::Descending),
            ("username".into(), IndexKind::Named("text".into())),
            ("on".into(), IndexKind::Named("-".into())),
        ]
        .into(),
    );
    schema.permissions.operations.remove(&ClassOp::Get);
    schema.permissions.operations.insert(ClassOp::Delete, crate::schema::Entities::default());
    if let Some(update) = schema.permissions.operations.get_mut(&ClassOp::Update) {
        update.groups.insert("role:Nurse".into());
        update.pointer_fields.insert("ward".into());
    }
    schema.permissions.read_user_fields.insert("ward".into());
    schema.permissions.write_user_fields.insert("ward".into());
    schema.permissions.protected_fields.insert("userField:ward".into(), ["level".to_owned()].into());
    schema.permissions.default_acl = Some(Acl(BTreeMap::from([
        ("currentUser".into(), Rights { read: true, write: false }),
        ("x".into(), Rights::default()),
    ])));
    schema
}

#[test]
fn a_class_without_permissions_is_shown_open() {
    let class = Schema::new(ClassName::new("Patient").unwrap());
    let everyone = json!({"*": true});
    assert_eq!(
        encode(&class),
        json!({
            "className": "Patient",
            "fields": {
                "objectId": {"type": "String"}, "createdAt": {"type": "Date"},
                "updatedAt": {"type": "Date"}, "ACL": {"type": "ACL"},
            },
            "classLevelPermissions": {
                "find": everyone, "get": everyone, "count": everyone, "create": everyone, "update": everyone,
                "delete": everyone, "addField": everyone, "protectedFields": {"*": []},
                "ACL": {"*": {"read": true, "write": true}},
            },
        })
    );
}

#[test]
fn users_show_a_password_and_hide_what_is_internal() {
    let json = encode(&full());
    assert_eq!(json["fields"]["password"], json!({"type": "String"}));
    assert_eq!(json["fields"]["authData"], json!({"type": "Object"}));
    assert!(json["fields"].get("_hashed_password").is_none());
    assert_eq!(json["fields"]["ward"], json!({"type": "Pointer", "targetClass": "Ward"}));
    assert_eq!(json["fields"]["username"], json!({"type": "String", "required": true}));
    assert_eq!(json["fields"]["level"], json!({"type": "Number", "defaultValue": 0.1}));
    assert_eq!(json["indexes"]["_id_"], json!({"_id": 1}));
    assert_eq!(json["indexes"]["by_all"], json!({"level": 1, "since": -1, "username": "text", "on": "-"}));
    assert_eq!(
        json["classLevelPermissions"]["update"],
        json!({"*": true, "role:Nurse": true, "pointerFields": ["ward"]})
    );
    assert_eq!(json["classLevelPermissions"]["ACL"], json!({"currentUser": {"read": true}}));
}

#[test]
fn given_permissions_lock_what_they_leave_out() {
    let body = json!({"classLevelPermissions": {"find": {"requiresAuthentication": true}}});
    let edit = parse(map(body), Some("Patient")).unwrap();
    let mut schema = Schema::new(edit.class);
    schema.permissions = edit.permissions.unwrap();
    let shown = &encode(&schema)["classLevelPermissions"];
    assert_eq!(shown["find"], json!({"requiresAuthentication": true}));
    assert_eq!(shown["get"], json!({}));
    assert_eq!(shown["protectedFields"], json!({}));
    assert!(shown.get("ACL").is_none());
    // What is shown can be sent back.
    let again = parse(map(json!({"classLevelPermissions": shown})), Some("Patient")).unwrap();
    assert_eq!(again.permissions.unwrap(), schema.permissions);
}

#[test]
fn edits_are_read() {
    let edit = parse(
        map(json!({
            "className": "Patient",
            "fields": {
                "name": {"type": "String", "required": true, "defaultValue": "x"},
                "ward": {"type": "Pointer", "targetClass": "Ward"},
                "gone": {"__op": "Delete"},
                "ACL": {"type": "ACL"},
            },
            "indexes": {"a": {"name": 1, "ward": -1}, "b": {"__op": "Delete"}},
        })),
        None,
    )
    .unwrap();
    assert_eq!(edit.class, "Patient");
    assert_eq!(edit.permissions, None);
    assert_eq!(edit.fields.get("gone"), Some(&None));
    let name = edit.fields["name"].clone().unwrap();
    assert!(name.required && name.default == Some(Value::from("x")));
    assert_eq!(edit.indexes["b"], None);
    let keys = [("name".to_owned(), IndexKind::Ascending), ("ward".to_owned(), IndexKind::Descending)];
    assert_eq!(edit.indexes["a"], Some(keys.into()));
}

#[test]
fn bad_edits_get_the_codes_of_the_reference() {
    let cases = [
        (json!({}), 135, "POST /schemas needs a class name."),
        (json!({"className": "Other"}), 103, "Class name mismatch between Other and Patient."),
        (json!({"className": 7}), 107, "className must be a string"),
        (json!({"fields": []}), 107, "fields of a schema must be an object"),
        (json!({"fields": {"a b": {"type": "String"}}}), 105, "invalid field name: (not shown)"),
        (json!({"fields": {"_a": {"type": "String"}}}), 105, "invalid field name: _a"),
        (json!({"fields": {"a": {}}}), 107, "invalid JSON"),
        (json!({"fields": {"a": {"type": "Text"}}}), 111, "invalid field type: Text"),
        (json!({"fields": {"a": {"type": "ACL"}}}), 111, "invalid field type: ACL"),
        (json!({"fields": {"a": {"type": "Pointer"}}}), 135, "type Pointer needs a class name"),
        (json!({"fields": {"a": {"type": "Pointer", "targetClass": 1}}}), 107, "invalid JSON"),
        (
            json!({"fields": {"a": {"type": "Relation", "targetClass": "B", "required": true}}}),
            111,
            "The 'required' option is not applicable for Relation<B>",
        ),
        (
            json!({"fields": {"a": {"type": "String", "required": "yes"}}}),
            107,
            "required must be true or false",
        ),
        (
            json!({"classLevelPermissions": {"drop": {}}}),
            107,
            "drop is not a valid operation for class level permissions",
        ),
        (
            json!({"classLevelPermissions": {"find": {"*": 1}}}),
            107,
            "'1' is not a valid value for class level permissions acl find:*",
        ),
        (
            json!({"classLevelPermissions": {"find": {"role:": true}}}),
            107,
            "'(not shown)' is not a valid key for class level permissions",
        ),
        (
            json!({"classLevelPermissions": {"find": {"pointerFields": "a"}}}),
            107,
            "'a' is not a valid value for find[pointerFields] - expected an array.",
        ),
        (
            json!({"classLevelPermissions": {"protectedFields": {"*": "a"}}}),
            107,
            "'a' is not a valid value for protectedFields[*] - expected an array.",
        ),
        (json!({"classLevelPermission": {}}), 107, "classLevelPermission is not a member of a schema"),
        (json!({"indexes": {"_id_": {"a": 1}}}), 102, "Index _id_ exists, cannot update."),
        (json!({"indexes": {"a": {}}}), 107, "an index must be an object of fields"),
        (json!({"indexes": {"a": {"b": 2}}}), 107, "a field of an index must be 1, -1 or the name of a kind"),
    ];
    for (body, code, text) in cases {
        let path = (code != 135 || body != json!({})).then_some("Patient");
        let error = parse(map(body), path).unwrap_err();
        assert_eq!((error.code.number(), &*error.message), (code, text));
    }
    assert_eq!(parse(map(json!({})), Some("1a")).unwrap_err().code, Code::InvalidClassName);
}
