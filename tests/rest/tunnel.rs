//! What the JavaScript SDK does: everything is a POST, and the body carries method and keys.

use expect_test::expect;
use kit::{APP_ID, Kit, MASTER_KEY};
use serde_json::{Value as Json, json};

fn things() -> kit::Setup {
    Kit::new().class("Thing", json!({"n": {"type": "Number"}}))
}

fn with(mut body: Json, more: Json) -> Json {
    body["_ApplicationId"] = json!(APP_ID);
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

#[tokio::test]
async fn methods_and_keys_travel_in_the_body() {
    let kit = things().start().await;
    let post = |path: &str, body: Json| {
        kit.post(path).as_stranger().bytes(body.to_string()).header("Content-Type", "text/plain")
    };
    let token = kit.token_of("ann").await;
    let client = json!({"_ClientVersion": "js8.6.2", "_InstallationId": "d0e1", "_SessionToken": token});
    let made =
        post("/classes/Thing", with(json!({"n": 1}), client.clone())).await.ok(201).trail(expect![[r#"
        PHI.CREATE intent by <ann> Thing*1 wrote(n)
        PHI.CREATE outcome by <ann> Thing*1 wrote(n) -> ok"#]]);
    let path = format!("/classes/Thing/{}", made.id());

    let get = post(&path, with(json!({"_method": "GET"}), json!({}))).await.ok(200);
    assert_eq!(get.body["n"], 1);
    assert!(get.body.as_object().unwrap().keys().all(|key| !key.starts_with('_')), "{}", get.text);
    let find = with(json!({"_method": "GET", "where": {"n": 1}, "limit": 5, "count": 1}), json!({}));
    let found = post("/classes/Thing", find).await.ok(200);
    assert_eq!((found.results().len(), &found.body["count"]), (1, &json!(1)));
    post(&path, with(json!({"_method": "put", "n": 2}), json!({}))).await.ok(200);
    post(&path, with(json!({"_method": "DELETE"}), json!({"_MasterKey": MASTER_KEY}))).await.ok(200);
    post("/schemas", with(json!({"_method": "GET"}), json!({"_MasterKey": MASTER_KEY}))).await.ok(200);
    kit.finish().await;
}

#[tokio::test]
async fn what_is_not_text_is_no_key() {
    let kit = things().start().await;
    let post = |body: Json| kit.post("/classes/Thing").as_stranger().json(body);
    for key in ["_InstallationId", "_SessionToken", "_MasterKey", "_ContentType"] {
        let answer = post(with(json!({"n": 1}), json!({(key): {"$ne": ""}}))).await.ok(403);
        assert_eq!(answer.text, r#"{"error":"unauthorized"}"#, "{key}");
    }
    post(json!({"_ApplicationId": {"$ne": ""}, "n": 1}))
        .await
        .is(expect![[r#"403 {"error":"unauthorized"}"#]])
        .trail(expect!["AUTH.DENIED by anonymous -> denied 119 by rule keys"]);
    post(json!({"_ApplicationId": "other", "n": 1})).await.ok(403);
    assert!(kit.get("/classes/Thing").await.results().is_empty());
    kit.finish().await;
}

#[tokio::test]
async fn with_keys_in_the_headers_the_body_is_only_a_body() {
    let kit = things().start().await;
    let body = json!({"n": 1, "_SessionToken": "r:x"});
    kit.post("/classes/Thing").json(body).await.fails(400, 105);
    // A method that isn't text is no method, and then a name like any other.
    kit.post("/classes/Thing").json(json!({"n": 1, "_method": 7})).await.fails(400, 105);
    kit.put("/classes/Thing/abcdefghij").json(json!({"_method": "DELETE", "n": 1})).await.fails(400, 105);
    kit.finish().await;
}

#[tokio::test]
async fn a_context_is_an_object() {
    let kit = things().start().await;
    let post = |context: Json| {
        kit.post("/classes/Thing").as_stranger().json(with(json!({"n": 1}), json!({"_context": context})))
    };
    post(json!({"a": 1})).await.ok(201);
    post(json!("{\"a\":1}")).await.ok(201);
    post(json!("nonsense")).await.is(expect![[r#"400 {"code":107,"error":"Invalid object for context."}"#]]);
    post(json!([1])).await.fails(400, 107);
    kit.post("/classes/Thing").json(json!({})).header("X-Parse-Cloud-Context", "{").await.fails(400, 107);
    kit.finish().await;
}
