//! What browsers are told.

use expect_test::expect;
use http::Method;
use kit::Kit;
use serde_json::json;

#[tokio::test]
async fn preflights_are_answered_before_anybody_is_asked_for_keys() {
    let kit = Kit::new().start().await;
    let answer = kit
        .ask(Method::OPTIONS, "/classes/Thing")
        .as_stranger()
        .header("Origin", "https://app.example")
        .header("Access-Control-Request-Method", "POST")
        .await
        .ok(200);
    let headers = [
        "access-control-allow-origin",
        "access-control-allow-methods",
        "access-control-allow-headers",
        "access-control-expose-headers",
    ];
    let told: Vec<String> = headers.iter().map(|name| format!("{name}: {}", answer.header(name))).collect();
    expect![[r#"
        access-control-allow-origin: *
        access-control-allow-methods: GET,PUT,POST,DELETE,OPTIONS
        access-control-allow-headers: X-Parse-Master-Key, X-Parse-REST-API-Key, X-Parse-Javascript-Key, X-Parse-Application-Id, X-Parse-Client-Version, X-Parse-Session-Token, X-Requested-With, X-Parse-Revocable-Session, X-Parse-Request-Id, Content-Type, Pragma, Cache-Control
        access-control-expose-headers: X-Parse-Job-Status-Id, X-Parse-Push-Status-Id"#]].assert_eq(&told.join("\n"));
    assert!(answer.records().is_empty());
    kit.finish().await;
}

#[tokio::test]
async fn every_answer_carries_the_origin_also_an_error() {
    let kit = Kit::new().class("Thing", json!({})).start().await;
    for request in [kit.get("/classes/Thing"), kit.get("/classes/Thing").as_stranger(), kit.get("/nosuch")] {
        let answer = request.header("Origin", "https://app.example").await;
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{}", answer.status);
    }
    kit.finish().await;
}

#[tokio::test]
async fn origins_may_be_listed() {
    let origins = ["https://a.example", "https://b.example"].map(str::to_owned);
    let kit = Kit::new().configure(|config| config.rest.allow_origin = origins.to_vec()).start().await;
    for (origin, told) in [
        ("https://b.example", "https://b.example"),
        ("https://c.example", "https://a.example"),
        ("https://a.example", "https://a.example"),
    ] {
        let answer = kit.get("/health").header("Origin", origin).await;
        assert_eq!(answer.header("access-control-allow-origin"), told, "{origin}");
    }
    kit.finish().await;
}
