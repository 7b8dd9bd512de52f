//! What hooks may do, and what is done with what they say.

use std::sync::Arc;

use serde_json::json;

use super::{fake::Fake, *};

async fn hooked() -> (House, Fake) {
    let house = house().await;
    let fake = Fake::default();
    house.data.install(Arc::new(fake.clone()));
    (house, fake)
}

#[tokio::test]
async fn a_hook_changes_and_refuses_saves() {
    let (house, fake) = hooked().await;
    let cx = house.anyone().await;
    let saved = house.save(&cx, "Patient", json!({"name": "Jane"})).await.unwrap();
    assert_eq!(saved.changed.keys().map(|name| name.as_str()).collect::<Vec<_>>(), ["stamp"]);
    assert_eq!(house.fetch(&cx, "Patient", &saved.id).await.unwrap()["stamp"], "checked");
    let refused = house.save(&cx, "Patient", json!({"name": "refuse"})).await.unwrap_err();
    assert_eq!((code(&refused), refused.to_string()), (142, "not this one (code 142)".to_owned()));
    assert_eq!(house.records(0).last().unwrap(), "PhiCreate outcome Denied Patientx1");
    assert_eq!(house.find(&cx, "Patient", json!({})).await.unwrap().len(), 1);
    assert_eq!(fake.seen.lock()[..2], ["before-save original=false", "after-save saved=true"]);
    house.change(&cx, "Patient", &saved.id, json!({"name": "Joe"})).await.unwrap();
    assert!(fake.seen.lock().contains(&"before-save original=true".to_owned()));
}

#[tokio::test]
async fn hooks_that_save_end_in_a_plain_error() {
    let (house, _) = hooked().await;
    let cx = house.anyone().await;
    let error = house.save(&cx, "Patient", json!({"name": "again"})).await.unwrap_err();
    assert_eq!(code(&error), 142);
    assert_eq!(house.find(&cx, "Patient", json!({})).await.unwrap().len(), 0, "nothing of it was saved");
}

#[tokio::test]
async fn a_hook_can_not_write_the_servers_columns() {
    let (house, _) = hooked().await;
    let error = house.save(&house.anyone().await, "Patient", json!({"name": "sneaky"})).await.unwrap_err();
    assert_eq!(code(&error), 105);
}

#[tokio::test]
async fn finds_are_narrowed_and_masked_and_fail_closed() {
    let (house, _) = hooked().await;
    let cx = house.anyone().await;
    house.save(&cx, "Patient", json!({"name": "open", "ssn": "1"})).await.unwrap();
    house.save(&cx, "Patient", json!({"name": "closed", "ssn": "2"})).await.unwrap();
    let rows = house.find(&cx, "Patient", json!({})).await.unwrap();
    assert_eq!((rows.len(), rows[0].get("ssn")), (1, None));
    house.save(&cx, "Patient", json!({"name": "broken"})).await.unwrap();
    assert_eq!(code(&house.find(&cx, "Patient", json!({})).await.unwrap_err()), 142);
}

#[tokio::test]
async fn an_after_delete_failure_reaches_the_caller_but_the_object_is_gone() {
    let (house, _) = hooked().await;
    let cx = house.anyone().await;
    let saved = house.save(&cx, "Patient", json!({"name": "Jane"})).await.unwrap();
    let error = house.data.delete(&cx, &class_name("Patient"), &saved.id).await.unwrap_err();
    assert_eq!(error.to_string(), "after (code 142)");
    assert_eq!(house.find(&house.master().await, "Patient", json!({})).await.unwrap().len(), 0);
}

#[tokio::test]
async fn functions_answer_or_are_unknown() {
    let (house, _) = hooked().await;
    let cx = house.anyone().await;
    let answer = house.data.call(&cx, "echo", model::Value::text("hi")).await.unwrap();
    assert!(answer == Some(model::Value::text("hi")));
    let unknown = house.data.call(&cx, "nosuch", model::Value::Null).await.unwrap_err();
    assert_eq!(
        (code(&unknown), unknown.to_string()),
        (141, "Invalid function: \"nosuch\" (code 141)".to_owned())
    );
}

/// What a plugin saved itself was held against the standard list, whatever the settings deny.
#[tokio::test]
async fn a_plugin_saves_nothing_that_the_settings_deny() {
    let denied = serde_json::from_value(json!([{"key": "^secret$"}])).unwrap();
    let config = Config { allow_client_class_creation: true, denied_keywords: denied, ..Config::default() };
    let house = house_with(config).await;
    let saved = house.save(&house.master().await, "Note", json!({"name": {}})).await.unwrap();
    let all = crate::ClassGrant {
        read: crate::FieldSet::All,
        write: crate::FieldSet::All,
        create: true,
        delete: true,
    };
    let grant = Arc::new(crate::Grant {
        plugin: crate::PluginIdentity {
            name: "fake".into(),
            version: "1.0.0".into(),
            digest: [0; 32],
            generation: 1,
            grant: "grant".into(),
        },
        elevated: false,
        classes: [(class_name("Note"), all)].into(),
        purposes: ["TREAT".to_owned()].into(),
    });
    let plugin = house.anyone().await.for_plugin(&grant, "TREAT").unwrap();
    let body = || json!({"name": {"deep": {"secret": 1}}});
    assert_eq!(code(&house.save(&plugin, "Note", body()).await.unwrap_err()), 105);
    assert_eq!(code(&house.change(&plugin, "Note", &saved.id, body()).await.unwrap_err()), 105);
    house.change(&plugin, "Note", &saved.id, json!({"name": {"deep": 1}})).await.unwrap();
}
