//! Sessions: one's own, and nobody else's.

use expect_test::expect;
use kit::Kit;
use serde_json::json;

#[tokio::test]
async fn one_sees_ones_own_sessions() {
    let kit = Kit::new().start().await;
    kit.id_of("bob").await;
    let own = kit.get("/sessions").as_user("ann").await.is(expect![[r#"200 {"results":[{"createdAt":"<now>","createdWith":{"action":"signup","authProvider":"password"},"expiresAt":{"__type":"Date","iso":"<now>"},"objectId":"<3>","sessionToken":"<token>","updatedAt":"<now>","user":{"__type":"Pointer","className":"_User","objectId":"<ann>"}}]}"#]]).trail(expect!["PHI.QUERY by <ann> _Session*1 read(createdWith expiresAt sessionToken user) -> ok rows 1"]);
    let id = own.results()[0]["objectId"].as_str().unwrap().to_owned();
    kit.get(&format!("/sessions/{id}")).as_user("ann").await.ok(200).trail(expect![
        "PHI.READ by <ann> _Session*1 read(createdWith expiresAt sessionToken user) -> ok rows 1"
    ]);
    kit.get(&format!("/sessions/{id}")).as_user("bob").await.fails(404, 101);
    kit.get("/sessions/me").as_user("ann").await.ok(200).trail(expect![
        "AUTH.SESSION by <ann> _Session*1 read(createdWith expiresAt sessionToken user) -> ok rows 1"
    ]);
    kit.get("/sessions")
        .await
        .is(expect![[r#"400 {"code":209,"error":"Permission denied"}"#]])
        .trail(expect!["PHI.QUERY by anonymous _Session -> denied 209 by rule policy"]);
    kit.get("/sessions/me")
        .await
        .is(expect![[r#"400 {"code":209,"error":"Session token required."}"#]])
        .trail(expect!["AUTH.SESSION by anonymous _Session -> denied 209 by rule policy"]);
    kit.get("/sessions/me")
        .with_session("r:00000000000000000000000000000000")
        .await
        .is(expect![[r#"400 {"code":209,"error":"Session token not found."}"#]]);
    assert_eq!(kit.get("/sessions").as_master().await.results().len(), 2);
    kit.finish().await;
}

#[tokio::test]
async fn one_opens_further_sessions_and_chooses_nothing_of_what_they_are() {
    let kit = Kit::new().start().await;
    let given = json!({
        "sessionToken": "r:chosen", "expiresAt": {"__type": "Date", "iso": "2999-01-01T00:00:00.000Z"},
        "createdWith": {"action": "chosen"}, "device": "phone",
    });
    let made = kit.post("/sessions").json(given).as_user("ann").await.is(expect![[r#"201 {"createdAt":"<now>","createdWith":{"action":"create"},"device":"phone","expiresAt":{"__type":"Date","iso":"<now>"},"objectId":"<2>","sessionToken":"<token>","updatedAt":"<now>","user":{"__type":"Pointer","className":"_User","objectId":"<ann>"}}"#]]).trail(expect![[r#"
        AUTH.SESSION intent by <ann> _Session*1 wrote(createdWith device expiresAt sessionToken)
          SCHEMA.UPDATE by <ann> _Session wrote(device) -> ok
        AUTH.SESSION outcome by <ann> _Session*1 read(createdWith device expiresAt sessionToken user) wrote(createdWith device expiresAt sessionToken user) -> ok"#]]);
    // The reference keeps what else is said of it; it was dropped.
    assert_eq!(made.body["device"], "phone");
    let token = made.body["sessionToken"].as_str().unwrap().to_owned();
    kit.get("/users/me").with_session(&token).await.ok(200);
    kit.post("/sessions").json(json!({"_x": 1})).as_user("ann").await.fails(400, 105);
    kit.post("/sessions")
        .json(json!({}))
        .await
        .is(expect![[r#"400 {"code":209,"error":"Session token required."}"#]])
        .trail(expect![[r#"
        AUTH.SESSION intent by anonymous _Session*1
        AUTH.SESSION outcome by anonymous _Session*1 -> denied 209 by rule policy"#]]);
    kit.finish().await;
}

#[tokio::test]
async fn what_a_session_is_cannot_be_changed() {
    let kit = Kit::new().start().await;
    let id = kit.get("/sessions/me").as_user("ann").await.id();
    let path = format!("/sessions/{id}");
    for body in [
        json!({"sessionToken": "r:x"}),
        json!({"user": {"__type": "Pointer", "className": "_User", "objectId": "abcdefghij"}}),
        json!({"installationId": "x"}),
        json!({"expiresAt": {"__type": "Date", "iso": "2999-01-01T00:00:00.000Z"}}),
        json!({"createdWith": {}}),
    ] {
        let answer = kit.put(&path).json(body.clone()).as_user("ann").await;
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!(105)), "{body}: {}", answer.text);
    }
    kit.put(&path).json(json!({"device": "phone"})).as_user("ann").await.ok(200).trail(expect![[r#"
        PHI.UPDATE intent by <ann> _Session*1 wrote(device)
          SCHEMA.UPDATE by <ann> _Session wrote(device) -> ok
        PHI.UPDATE outcome by <ann> _Session*1 wrote(device) -> ok"#]]);
    kit.put(&path).json(json!({"device": "mine"})).as_user("bob").await.fails(404, 101);
    kit.finish().await;
}

#[tokio::test]
async fn a_deleted_session_is_dead() {
    let kit = Kit::new().start().await;
    let id = kit.get("/sessions/me").as_user("ann").await.id();
    kit.delete(&format!("/sessions/{id}")).as_user("bob").await.fails(404, 101);
    kit.delete(&format!("/sessions/{id}")).as_user("ann").await.is(expect!["200 {}"]).trail(expect![[r#"
        PHI.DELETE intent by <ann> _Session*1
        PHI.DELETE outcome by <ann> _Session*1 -> ok"#]]);
    kit.get("/classes/Anything")
        .as_user("ann")
        .await
        .is(expect![[r#"400 {"code":209,"error":"Invalid session token"}"#]])
        .trail(expect!["AUTH.DENIED by anonymous -> denied 209 by rule session"]);
    kit.finish().await;
}

#[tokio::test]
async fn tokens_are_nobodys_to_search_for() {
    let kit = Kit::new().start().await;
    let token = kit.token_of("ann").await;
    let condition = json!({"sessionToken": token});
    let found = kit.get("/sessions").query("where", condition.clone()).as_user("bob").await;
    assert!(found.status == 400 || found.results().is_empty(), "{}", found.text);
    let found = kit.get("/classes/_Session").query("where", condition).as_user("bob").await;
    assert!(found.status == 400 || found.results().is_empty(), "{}", found.text);
    // The trail names a session by its hash.
    for record in kit.records() {
        assert!(!format!("{record:?}").contains(token.trim_start_matches("r:")));
    }
    kit.finish().await;
}

#[tokio::test]
async fn an_expired_session_is_dead_and_can_still_be_looked_at() {
    let kit = Kit::new().configure(|config| config.data.session_length = 1).start().await;
    kit.get("/users/me").as_user("ann").await.ok(200);
    kit.clock().advance(std::time::Duration::from_secs(1));
    kit.get("/users/me")
        .as_user("ann")
        .await
        .is(expect![[r#"400 {"code":209,"error":"Session token is expired."}"#]])
        .trail(expect!["AUTH.DENIED by anonymous -> denied 209 by rule session"]);
    kit.get("/sessions/me").as_user("ann").await.ok(200).trail(expect![
        "AUTH.SESSION by anonymous, then <ann> _Session*1 read(createdWith expiresAt sessionToken user) -> ok rows 1"
    ]);
    let body = json!({"username": "ann", "password": "correct horse battery"});
    kit.post("/login").json(body).as_user("ann").await.ok(200);
    kit.finish().await;
}

#[tokio::test]
async fn a_session_lives_as_long_as_the_settings_say_and_not_a_minute_longer() {
    let kit = Kit::new().configure(|config| config.data.session_length = 3600).start().await;
    let session = kit.get("/sessions/me").as_user("ann").await.ok(200);
    let date = |text: &serde_json::Value| model::Date::parse(text.as_str().unwrap()).unwrap().ms();
    let (made, ends) = (date(&session.body["createdAt"]), date(&session.body["expiresAt"]["iso"]));
    assert_eq!(ends - made, 3_600_000);
    assert!((kit::START..kit::START + 1000).contains(&made), "{}", session.text);
    let minute = std::time::Duration::from_secs(60);
    kit.clock().advance(59 * minute);
    kit.get("/users/me").as_user("ann").await.ok(200);
    kit.clock().advance(minute);
    kit.get("/users/me")
        .as_user("ann")
        .await
        .is(expect![[r#"400 {"code":209,"error":"Session token is expired."}"#]]);
    kit.finish().await;
}
