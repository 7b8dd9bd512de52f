//! Objects: saved, found, changed, deleted.

use serde_json::json;

use super::*;

#[tokio::test]
async fn an_object_lives_and_each_step_is_recorded() {
    let house = house().await;
    let cx = house.anyone().await;
    let saved = house
        .save(&cx, "Patient", json!({"name": "Jane", "visits": {"__op": "Increment", "amount": 2}}))
        .await
        .unwrap();
    assert!(saved.created);
    assert_eq!(format!("{:?}", saved.changed.keys().collect::<Vec<_>>()), r#"["visits"]"#);
    let seen = house.fetch(&cx, "Patient", &saved.id).await.unwrap();
    assert_eq!((&seen["name"], &seen["visits"]), (&json!("Jane"), &json!(2)));
    let changed = house
        .change(&cx, "Patient", &saved.id, json!({"visits": {"__op": "Increment", "amount": 3}}))
        .await
        .unwrap();
    assert_eq!(format!("{:?}", changed.changed.keys().collect::<Vec<_>>()), r#"["visits"]"#);
    assert_eq!(house.find(&cx, "Patient", json!({"visits": 5})).await.unwrap().len(), 1);
    house.data.delete(&cx, &class_name("Patient"), &saved.id).await.unwrap();
    assert_eq!(code(&house.fetch(&cx, "Patient", &saved.id).await.unwrap_err()), 101);
    assert_eq!(
        house.records(0),
        [
            "PhiCreate intent Patientx1",
            "SchemaCreate single Ok Patientx0",
            "SchemaUpdate single Ok Patientx0",
            "PhiCreate outcome Ok Patientx1",
            "PhiRead single Ok Patientx1",
            "PhiUpdate intent Patientx1",
            "PhiUpdate outcome Ok Patientx1",
            "PhiQuery single Ok Patientx1",
            "PhiDelete intent Patientx1",
            "PhiDelete outcome Ok Patientx1",
            "PhiRead single Error Patientx1",
        ]
    );
}

#[tokio::test]
async fn no_record_no_request() {
    let house = house().await;
    let cx = house.anyone().await;
    let saved = house.save(&cx, "Patient", json!({"name": "Jane"})).await.unwrap();
    house.trail.fail(true);
    assert!(matches!(house.fetch(&cx, "Patient", &saved.id).await, Err(Error::Unavailable { .. })));
    assert!(matches!(
        house.save(&cx, "Patient", json!({"name": "Joe"})).await,
        Err(Error::Unavailable { .. })
    ));
    house.trail.fail(false);
    assert_eq!(
        house.find(&cx, "Patient", json!({})).await.unwrap().len(),
        1,
        "the refused save didn't happen"
    );
}

#[tokio::test]
async fn types_stay_what_they_are() {
    let house = house().await;
    let cx = house.anyone().await;
    house.save(&cx, "Patient", json!({"age": 3})).await.unwrap();
    let error = house.save(&cx, "Patient", json!({"age": "three"})).await.unwrap_err();
    assert_eq!((code(&error), error.to_string().contains("three")), (111, false));
    let mut body = parse_update::Body::default();
    let column = model::Path::from(model::FieldName::known("_hashed_password"));
    body.update.set(column, model::Op::Set(model::Value::text("x")));
    assert_eq!(code(&house.data.create(&cx, &class_name("Patient"), body).await.unwrap_err()), 105);
}

#[tokio::test]
async fn pointers_expand_and_vanish() {
    let house = house().await;
    let cx = house.anyone().await;
    let ward = house.save(&cx, "Ward", json!({"name": "North"})).await.unwrap();
    let to = |id: &str| json!({"__type": "Pointer", "className": "Ward", "objectId": id});
    house
        .save(&cx, "Patient", json!({"ward": to(&ward.id), "others": [to(&ward.id), to("gone")]}))
        .await
        .unwrap();
    house.save(&cx, "Patient", json!({"ward": to("gone")})).await.unwrap();
    let mut query = model::Query::new(class_name("Patient"));
    query.include = vec![model::Path::new("ward").unwrap(), model::Path::new("others").unwrap()];
    query.order = vec![model::Order::ascending(model::Path::new("createdAt").unwrap())];
    let found = house.data.find(&cx, query).await.unwrap().objects;
    let first = encode::object_json(&found[0]);
    assert_eq!(first["ward"]["name"], "North");
    assert_eq!(first["others"].as_array().unwrap().len(), 1);
    assert!(found[1].field("ward").is_none());
    let records = house.records(0);
    assert!(records.contains(&"PhiRead single Ok Wardx2".to_owned()), "{records:?}");
}

#[tokio::test]
async fn sub_queries_run_with_the_callers_rights() {
    let house = house().await;
    let (ann, _) = house.user("ann").await;
    let cx = house.anyone().await;
    let acl = json!({(ann.user().unwrap().user.as_str()): {"read": true, "write": true}});
    let ward = house.save(&ann, "Ward", json!({"name": "North", "ACL": acl})).await.unwrap();
    let to = json!({"__type": "Pointer", "className": "Ward", "objectId": ward.id.as_str()});
    house.save(&cx, "Patient", json!({"ward": to})).await.unwrap();
    let filter = json!({"ward": {"$inQuery": {"className": "Ward", "where": {"name": "North"}}}});
    assert_eq!(house.find(&ann, "Patient", filter.clone()).await.unwrap().len(), 1);
    let before = house.trail.records().len();
    assert_eq!(house.find(&cx, "Patient", filter.clone()).await.unwrap().len(), 0);
    assert_eq!(house.records(before), ["PhiQuery single Ok Wardx0", "PhiQuery single Ok Patientx0"]);
    let before = house.trail.records().len();
    house.find(&ann, "Patient", filter).await.unwrap();
    assert_eq!(house.records(before), ["PhiQuery single Ok Wardx1", "PhiQuery single Ok Patientx1"]);
}

#[tokio::test]
async fn class_creation_is_off_unless_allowed() {
    let house = house_with(Config::default()).await;
    let cx = house.anyone().await;
    assert_eq!(code(&house.save(&cx, "Patient", json!({"a": 1})).await.unwrap_err()), 119);
    assert_eq!(code(&house.find(&cx, "Patient", json!({})).await.unwrap_err()), 119);
    house.save(&house.master().await, "Patient", json!({"a": 1})).await.unwrap();
    assert_eq!(house.find(&cx, "Patient", json!({})).await.unwrap().len(), 1);
}
