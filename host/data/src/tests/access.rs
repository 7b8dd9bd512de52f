//! ACLs, class-level permissions, protected fields, roles.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    Field, FieldName, FieldType, Permissions, SchemaEdit,
    schema::{ClassOp, Entities},
};
use serde_json::json;

use super::*;

async fn class_with(house: &House, permissions: Permissions) {
    let fields =
        ["name", "ssn"].into_iter().map(|name| (FieldName::known(name), Some(Field::new(FieldType::String))));
    let owner = (FieldName::known("owner"), Some(Field::new(FieldType::Pointer(ClassName::user()))));
    let edit = SchemaEdit {
        class: class_name("Patient"),
        fields: fields.chain([owner]).collect(),
        permissions: Some(permissions),
        indexes: BTreeMap::new(),
    };
    house.data.create_schema(&house.master().await, edit).await.unwrap();
}

fn only(op: ClassOp, groups: &[&str], pointers: &[&str]) -> Permissions {
    let mut permissions = Permissions::open();
    let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    permissions
        .operations
        .insert(op, Entities { groups: own(groups), pointer_fields: own(pointers).into_iter().collect() });
    permissions
}

#[tokio::test]
async fn an_acl_hides_and_guards() {
    let house = house().await;
    let (ann, ann_id) = house.user("ann").await;
    let (bob, _) = house.user("bob").await;
    let acl = json!({(ann_id.as_str()): {"read": true, "write": true}});
    let saved = house.save(&ann, "Patient", json!({"name": "Jane", "ACL": acl})).await.unwrap();
    assert!(house.fetch(&ann, "Patient", &saved.id).await.is_ok());
    assert_eq!(code(&house.fetch(&bob, "Patient", &saved.id).await.unwrap_err()), 101);
    assert_eq!(code(&house.change(&bob, "Patient", &saved.id, json!({"name": "X"})).await.unwrap_err()), 101);
    assert_eq!(house.find(&house.anyone().await, "Patient", json!({})).await.unwrap().len(), 0);
    assert_eq!(house.find(&house.master().await, "Patient", json!({})).await.unwrap().len(), 1);
}

#[tokio::test]
async fn roles_reach_through_their_children_at_once() {
    let house = house().await;
    let (ann, ann_id) = house.user("ann").await;
    let master = house.master().await;
    let acl = json!({"role:staff": {"read": true}});
    house.save(&master, "Patient", json!({"name": "Jane", "ACL": acl})).await.unwrap();
    assert_eq!(house.find(&ann, "Patient", json!({})).await.unwrap().len(), 0);
    let user = json!({"__type": "Pointer", "className": "_User", "objectId": ann_id.as_str()});
    let nurses = json!({"name": "nurses", "ACL": {}, "users": {"__op": "AddRelation", "objects": [user]}});
    let nurses = house.save(&master, "_Role", nurses).await.unwrap();
    let child = json!({"__type": "Pointer", "className": "_Role", "objectId": nurses.id.as_str()});
    let staff = json!({"name": "staff", "ACL": {}, "roles": {"__op": "AddRelation", "objects": [child]}});
    house.save(&master, "_Role", staff).await.unwrap();
    let ann = house.with_token(&ann.user().unwrap().token).await.unwrap();
    assert!(ann.has_role("nurses") && ann.has_role("staff"));
    assert_eq!(house.find(&ann, "Patient", json!({})).await.unwrap().len(), 1);
    assert!(house.records(0).contains(&"RoleChange intent _Rolex1".to_owned()));
}

#[tokio::test]
async fn class_permissions_decide_by_operation() {
    let house = house().await;
    class_with(&house, only(ClassOp::Find, &["requiresAuthentication"], &[])).await;
    let (ann, _) = house.user("ann").await;
    let anyone = house.anyone().await;
    assert_eq!(code(&house.find(&anyone, "Patient", json!({})).await.unwrap_err()), 101);
    assert!(house.find(&ann, "Patient", json!({})).await.is_ok());
    let denied = house.records(0).into_iter().filter(|line| line.contains("Denied")).count();
    assert_eq!(denied, 1);
}

#[tokio::test]
async fn pointer_permissions_narrow_the_rows() {
    let house = house().await;
    class_with(&house, only(ClassOp::Find, &[], &["owner"])).await;
    let (ann, ann_id) = house.user("ann").await;
    let (bob, _) = house.user("bob").await;
    let owner = json!({"__type": "Pointer", "className": "_User", "objectId": ann_id.as_str()});
    house.save(&ann, "Patient", json!({"name": "Jane", "owner": owner})).await.unwrap();
    assert_eq!(house.find(&ann, "Patient", json!({})).await.unwrap().len(), 1);
    assert_eq!(house.find(&bob, "Patient", json!({})).await.unwrap().len(), 0);
    assert_eq!(house.find(&house.anyone().await, "Patient", json!({})).await.unwrap().len(), 0);
}

#[tokio::test]
async fn protected_fields_stay_hidden_and_can_not_be_asked_about() {
    let house = house().await;
    let mut permissions = Permissions::open();
    permissions.protected_fields.insert("*".into(), ["ssn".to_owned()].into());
    permissions.protected_fields.insert("userField:owner".into(), Default::default());
    class_with(&house, permissions).await;
    let (ann, ann_id) = house.user("ann").await;
    let owner = json!({"__type": "Pointer", "className": "_User", "objectId": ann_id.as_str()});
    house.save(&ann, "Patient", json!({"name": "Jane", "ssn": "1", "owner": owner})).await.unwrap();
    let anyone = house.anyone().await;
    assert!(house.find(&anyone, "Patient", json!({})).await.unwrap()[0].get("ssn").is_none());
    assert_eq!(house.find(&ann, "Patient", json!({})).await.unwrap()[0]["ssn"], "1");
    for filter in
        [json!({"ssn": "1"}), json!({"$or": [{"ssn": {"$regex": "^1"}}, {"name": "x"}]}), json!({"ssn.x": 1})]
    {
        assert_eq!(code(&house.find(&anyone, "Patient", filter).await.unwrap_err()), 119);
    }
    assert_eq!(house.find(&house.master().await, "Patient", json!({"ssn": "1"})).await.unwrap().len(), 1);
}

#[tokio::test]
async fn schemas_belong_to_the_master_key() {
    let house = house().await;
    let (ann, _) = house.user("ann").await;
    assert!(matches!(house.data.schemas(&ann).await, Err(Error::Forbidden(_))));
    let master = house.master().await;
    let classes = house.data.schemas(&master).await.unwrap();
    let classes: Vec<&str> = classes.iter().map(|schema| schema.class.as_str()).collect();
    // There is a session by now, and no installation.
    assert_eq!(classes, ["_Role", "_Session", "_User"]);
    house.save(&master, "Patient", json!({"name": "Jane"})).await.unwrap();
    let error = house.data.delete_schema(&master, &class_name("Patient")).await.unwrap_err();
    assert_eq!(
        (code(&error), error.to_string()),
        (255, "Class Patient is not empty, contains 1 objects, cannot drop schema. (code 255)".to_owned())
    );
    house.data.purge(&master, &class_name("Patient")).await.unwrap();
    house.data.delete_schema(&master, &class_name("Patient")).await.unwrap();
    assert_eq!(code(&house.data.schema(&master, &class_name("Patient")).await.unwrap_err()), 103);
}
