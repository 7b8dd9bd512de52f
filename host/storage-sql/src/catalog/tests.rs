//! What is written of a class must come back.

use std::collections::BTreeSet;

use model::{Acl, Date, Value, schema::Entities};

use super::*;
use crate::sqlite::Lite;

fn every_kind() -> Schema {
    let class = ClassName::new("Patient").unwrap();
    let mut schema = Schema::new(class.clone());
    let kinds = [
        ("text", FieldType::String),
        ("Text", FieldType::String),
        ("number", FieldType::Number),
        ("flag", FieldType::Boolean),
        ("at", FieldType::Date),
        ("object", FieldType::Object),
        ("list", FieldType::Array),
        ("place", FieldType::GeoPoint),
        ("area", FieldType::Polygon),
        ("file", FieldType::File),
        ("bytes", FieldType::Bytes),
        ("doctor", FieldType::Pointer(ClassName::user())),
        ("visits", FieldType::Relation(class)),
        ("createdat", FieldType::Number),
    ];
    for (name, kind) in kinds {
        schema.fields.insert(FieldName::new(name).unwrap(), Field::new(kind));
    }
    let at = FieldName::new("at").unwrap();
    schema.fields.insert(FieldName::known("_hashed_password"), Field::new(FieldType::String));
    schema.fields.insert(
        at.clone(),
        Field { kind: FieldType::Date, required: true, default: Some(Value::Date(Date(5))) },
    );
    schema.unique.push(Unique { fields: vec![at, FieldName::new("text").unwrap()], ignore_case: true });
    let fields = [("at".to_owned(), IndexKind::Descending), ("text".to_owned(), IndexKind::Ascending)];
    schema.indexes.insert("two".into(), fields.into());
    schema.indexes.insert("words".into(), [("text".to_owned(), IndexKind::Named("text".into()))].into());
    let entities =
        Entities { groups: ["role:x".to_owned()].into(), pointer_fields: ["doctor".to_owned()].into() };
    schema.permissions.operations.insert(model::schema::ClassOp::Find, entities);
    schema.permissions.operations.remove(&model::schema::ClassOp::Get);
    schema.permissions.read_user_fields.insert("doctor".into());
    schema.permissions.protected_fields.insert("*".into(), ["text".to_owned()].into());
    schema.permissions.default_acl = Some(Acl::private_to("currentUser"));
    schema
}

#[test]
fn a_class_reads_back_with_its_names() {
    let taken = BTreeSet::from(["patient".to_owned()]);
    let laid = lay_out(&Lite, &every_kind(), None, &taken);
    assert_eq!(laid.table, "^2^Patient");
    assert_eq!(laid.column("text").unwrap().name, "^2^text");
    assert_eq!(laid.column("Text").unwrap().name, "Text");
    assert_eq!(laid.column("createdat").unwrap().name, "^2^createdat");
    assert_eq!(laid.joins["visits"], "_Join:visits:Patient");
    let read = layout(&Lite, &json(&laid)).unwrap();
    assert!(read.schema == every_kind());
    assert_eq!((read.table, read.columns, read.joins), (laid.table, laid.columns, laid.joins));
}

#[test]
fn names_stay_when_fields_come_and_go() {
    let first = lay_out(&Lite, &every_kind(), None, &BTreeSet::new());
    let mut schema = every_kind();
    schema.fields.remove("Text");
    schema.fields.insert(FieldName::new("TEXT").unwrap(), Field::new(FieldType::Number));
    let second = lay_out(&Lite, &schema, Some(&first), &BTreeSet::new());
    assert_eq!(second.column("text").unwrap().name, "^2^text");
    assert_eq!(second.column("TEXT").unwrap().name, "TEXT");
}
