//! Signing up, logging in and out, sessions.

use serde_json::json;

use super::{deadline::Slow, *};
use crate::LogIn;

fn given(name: &str, password: &str) -> LogIn {
    LogIn { username: Some(json!(name)), email: None, password: Some(json!(password)) }
}

#[tokio::test]
async fn a_user_signs_up_logs_in_and_out() {
    let house = house().await;
    let anyone = house.anyone().await;
    let (ann, id) = house.user("ann").await;
    let me = house.data.me(&ann).await.unwrap();
    assert_eq!(me.user.id, id);
    assert!(me.user.fields.keys().all(|name| !name.starts_with('_') && name.as_str() != "password"));
    let again = house.data.log_in(&anyone, given("ann", "secret")).await.unwrap();
    assert_ne!(again.token, me.token);
    let second = house.with_token(&again.token).await.unwrap();
    house.data.log_out(&second).await.unwrap();
    assert_eq!(code(&house.with_token(&again.token).await.unwrap_err()), 209);
    assert!(house.with_token(&me.token).await.is_ok(), "the other session stays");
    let records = house.records(0);
    for wanted in [
        "AuthSignup outcome Ok _Userx1",
        "AuthLogin outcome Ok _Userx1",
        "AuthLogout outcome Ok _Sessionx1",
        "AuthDenied single Denied",
    ] {
        assert!(records.contains(&wanted.to_owned()), "{wanted} in {records:#?}");
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_answer_alike() {
    let house = house().await;
    let anyone = house.anyone().await;
    house.user("ann").await;
    let wrong = house.data.log_in(&anyone, given("ann", "guess")).await.unwrap_err();
    let unknown = house.data.log_in(&anyone, given("nobody", "guess")).await.unwrap_err();
    assert_eq!((code(&wrong), wrong.to_string()), (101, unknown.to_string()));
    let no_text = LogIn { username: Some(json!({"$ne": "x"})), ..given("ann", "secret") };
    assert_eq!(house.data.log_in(&anyone, no_text).await.unwrap_err().to_string(), wrong.to_string());
    let failed = house
        .records(0)
        .into_iter()
        .filter(|line| line.starts_with("AuthLoginFailed outcome Denied"))
        .count();
    assert_eq!(failed, 3);
    assert!(!format!("{:?}", house.trail.records()).contains("guess"));
}

#[tokio::test]
async fn names_are_unique_whatever_their_case() {
    let house = house().await;
    let anyone = house.anyone().await;
    house.user("ann").await;
    let taken = house.save(&anyone, "_User", json!({"username": "ANN", "password": "x"})).await.unwrap_err();
    assert_eq!(code(&taken), 202);
    for (body, expected) in [
        (json!({"password": "x"}), 200),
        (json!({"username": "x"}), 201),
        (json!({"username": "x", "password": "y", "email": "nope"}), 125),
        (json!({"username": "x", "password": "y", "authData": {"anonymous": {"id": "1"}}}), 252),
        (json!({"username": "x", "password": "y", "emailVerified": true}), 119),
    ] {
        assert_eq!(code(&house.save(&anyone, "_User", body).await.unwrap_err()), expected);
    }
}

#[tokio::test]
async fn only_the_user_changes_the_user() {
    let house = house().await;
    let (ann, ann_id) = house.user("ann").await;
    let (bob, _) = house.user("bob").await;
    assert_eq!(code(&house.change(&bob, "_User", &ann_id, json!({"nick": "x"})).await.unwrap_err()), 206);
    assert_eq!(
        code(&house.change(&house.anyone().await, "_User", &ann_id, json!({"nick": "x"})).await.unwrap_err()),
        206
    );
    house.change(&ann, "_User", &ann_id, json!({"nick": "x", "sessionToken": "r:sent-back"})).await.unwrap();
    let users = house.data.schema(&house.master().await, &ClassName::user()).await.unwrap();
    assert!(!users.fields.contains_key("sessionToken"), "a token that is sent back isn't kept");
    let changed = house.change(&ann, "_User", &ann_id, json!({"password": "other"})).await.unwrap();
    assert_eq!(code(&house.with_token(&ann.user().unwrap().token).await.unwrap_err()), 209);
    assert!(house.with_token(&changed.session_token.unwrap()).await.is_ok());
    assert!(house.data.log_in(&house.anyone().await, given("ann", "other")).await.is_ok());
}

#[tokio::test]
async fn an_account_locks_after_too_many_failures() {
    let house =
        house_with(Config { lockout_threshold: 3, allow_client_class_creation: true, ..Config::default() })
            .await;
    let anyone = house.anyone().await;
    house.user("ann").await;
    for _ in 0..3 {
        assert!(house.data.log_in(&anyone, given("ann", "guess")).await.is_err());
    }
    let locked = house.data.log_in(&anyone, given("ann", "secret")).await.unwrap_err();
    assert!(locked.to_string().contains("locked"), "{locked}");
}

#[tokio::test]
async fn wrong_keys_stay_outside_and_are_recorded() {
    let house = house().await;
    let wrong =
        house.data.enter(Credentials { app_id: Some("other".into()), ..Credentials::default() }).await;
    assert!(matches!(wrong, Err(Error::Forbidden("unauthorized"))));
    let elsewhere = Credentials {
        app_id: Some("app".into()),
        master_key: Some("master".into()),
        address: Some(IpAddr::from([10, 0, 0, 1])),
        ..Credentials::default()
    };
    assert!(matches!(house.data.enter(elsewhere).await, Err(Error::Forbidden("unauthorized"))));
    assert_eq!(house.records(0), ["AuthDenied single Denied", "AuthDenied single Denied"]);
}

#[tokio::test]
async fn a_deleted_user_has_no_sessions() {
    let house = house().await;
    let (ann, ann_id) = house.user("ann").await;
    house.data.delete(&ann, &ClassName::user(), &ann_id).await.unwrap();
    assert_eq!(code(&house.with_token(&ann.user().unwrap().token).await.unwrap_err()), 209);
    assert_eq!(house.find(&house.master().await, "_Session", json!({})).await.unwrap().len(), 0);
}

#[tokio::test]
async fn sessions_are_ones_own() {
    let house = house().await;
    let (ann, _) = house.user("ann").await;
    house.user("bob").await;
    assert_eq!(house.find(&ann, "_Session", json!({})).await.unwrap().len(), 1);
    assert_eq!(code(&house.find(&house.anyone().await, "_Session", json!({})).await.unwrap_err()), 209);
    let further = house.data.open_session(&ann, read(json!({"sessionToken": "r:chosen"}))).await.unwrap();
    let token = further.field("sessionToken").unwrap().as_str().unwrap();
    assert_ne!(token, "r:chosen");
    assert!(house.with_token(token).await.is_ok());
    let error =
        house.change(&ann, "_Session", &further.id, json!({"sessionToken": "r:x"})).await.unwrap_err();
    assert_eq!(code(&error), 105);
}

/// A relation in a session's body was answered with 201 and lost; default values and required fields were passed over.
#[tokio::test]
async fn a_further_session_holds_what_its_class_says() {
    let house = house().await;
    let (ann, _) = house.user("ann").await;
    let master = house.master().await;
    let ward = house.save(&master, "Ward", json!({"name": "North"})).await.unwrap();
    let ward = json!({"__type": "Pointer", "className": "Ward", "objectId": ward.id.as_str()});
    let body = json!({"wards": {"__op": "AddRelation", "objects": [ward]}});
    let saved = house.save(&ann, "_Session", body).await.unwrap();
    let owner = json!({"__type": "Pointer", "className": "_Session", "objectId": saved.id.as_str()});
    let related = json!({"$relatedTo": {"object": owner, "key": "wards"}});
    assert_eq!(house.find(&master, "Ward", related).await.unwrap().len(), 1);

    let field = |field: model::Field| model::SchemaEdit {
        class: ClassName::session(),
        fields: [(model::FieldName::known("device"), Some(field))].into(),
        permissions: None,
        indexes: Default::default(),
    };
    let plain = model::Field::new(model::FieldType::String);
    let required = model::Field { required: true, ..plain.clone() };
    house.data.update_schema(&master, field(required.clone())).await.unwrap();
    assert_eq!(code(&house.save(&ann, "_Session", json!({})).await.unwrap_err()), 142);
    let default = model::Field { default: Some(model::Value::text("desk")), ..required };
    house.data.update_schema(&master, field(default)).await.unwrap();
    let saved = house.save(&ann, "_Session", json!({})).await.unwrap();
    assert_eq!(house.fetch(&master, "_Session", &saved.id).await.unwrap()["device"], "desk");
}

/// A read failed because its session could not be renewed.
#[tokio::test]
async fn a_session_that_can_not_be_renewed_holds_as_long_as_it_did() {
    let storage = Arc::new(Slow::default());
    let config = Config { extend_session_on_use: true, session_length: 1_000, ..Config::default() };
    let house = house_on(storage.clone(), config).await;
    let (ann, _) = house.user("ann").await;
    let token = ann.user().unwrap().token.clone();
    (0..600).for_each(|_| _ = house.data.now());
    let renewals = |since: usize| {
        let records = house.records(since);
        let ended = records.into_iter().filter(|line| line.contains("outcome"));
        ended.map(|line| line.split(' ').nth(2).unwrap().to_owned()).collect::<Vec<_>>()
    };
    let since = house.trail.records().len();
    storage.breaks.store(1, Ordering::Relaxed);
    house.with_token(&token).await.unwrap();
    storage.breaks.store(0, Ordering::Relaxed);
    house.with_token(&token).await.unwrap();
    house.with_token(&token).await.unwrap();
    assert_eq!(renewals(since), ["Unknown", "Ok"]);
}
