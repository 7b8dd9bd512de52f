//! Keys: the application's, the client's, the master's, and from where.

use expect_test::expect;
use kit::{APP_ID, Kit, MASTER_KEY};
use serde_json::json;

fn secret(text: &str) -> Option<auth::Secret> {
    Some(auth::Secret::new(text.to_owned()))
}

#[tokio::test]
async fn without_the_application_nobody_comes_in() {
    let kit = Kit::new().class("Thing", json!({})).start().await;
    let shut = kit
        .get("/classes/Thing")
        .as_stranger()
        .await
        .is(expect![[r#"403 {"error":"unauthorized"}"#]])
        .trail(expect!["AUTH.DENIED by anonymous -> denied 119 by rule keys"]);
    assert_eq!(shut.text, r#"{"error":"unauthorized"}"#);
    kit.get("/classes/Thing").as_stranger().header("X-Parse-Application-Id", "other").await.ok(403);
    kit.get("/classes/Thing").await.ok(200);
    kit.finish().await;
}

#[tokio::test]
async fn a_client_key_is_needed_once_one_is_set() {
    let kit = Kit::new()
        .class("Thing", json!({}))
        .configure(|config| {
            config.keys.rest = secret("rest");
            config.keys.javascript = secret("js");
        })
        .start()
        .await;
    let get = || kit.get("/classes/Thing");
    let shut = get().await.ok(403).trail(expect!["AUTH.DENIED by anonymous -> denied 119 by rule keys"]);
    assert_eq!(shut.text, r#"{"error":"unauthorized"}"#);
    get().header("X-Parse-REST-API-Key", "rest").await.ok(200);
    get().header("X-Parse-Javascript-Key", "js").await.ok(200);
    get().header("X-Parse-REST-API-Key", "js").await.ok(403);
    get().header("X-Parse-REST-API-Key", "wrong").header("X-Parse-Javascript-Key", "js").await.ok(200);
    get().header("X-Parse-Client-Key", "").await.ok(403);
    get().as_master().await.ok(200);
    kit.finish().await;
}

#[tokio::test]
async fn the_master_key_counts_from_where_it_may_come() {
    let kit = Kit::new().class("Thing", json!({})).start().await;
    let get = || kit.get("/schemas");
    get().as_master().await.ok(200);
    let far = get()
        .as_master()
        .from("192.0.2.7")
        .await
        .is(expect![[r#"403 {"error":"unauthorized"}"#]])
        .trail(expect!["AUTH.DENIED by anonymous -> denied 119 by rule keys"]);
    assert_eq!(far.text, r#"{"error":"unauthorized"}"#);
    get().as_master().from("::1").await.ok(200);
    get().as_master().from("::ffff:127.0.0.1").await.ok(200);
    // A forwarded address is believed from nobody unless that is set.
    get().as_master().header("X-Forwarded-For", "192.0.2.7").await.ok(200);
    get().as_master().from("192.0.2.7").header("X-Forwarded-For", "127.0.0.1").await.ok(403);
    // A wrong key is no key.
    kit.get("/classes/Thing").header("X-Parse-Master-Key", "wrong").await.ok(200);
    kit.get("/schemas").header("X-Parse-Master-Key", "wrong").await.ok(403);
    kit.finish().await;
}

#[tokio::test]
async fn proxies_are_believed_where_that_is_set() {
    let kit = Kit::new()
        .configure(|config| config.rest.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()])
        .start()
        .await;
    let get = |address: &str, forwarded: &str| {
        kit.get("/schemas").as_master().from(address).header("X-Forwarded-For", forwarded)
    };
    get("10.1.1.1", "127.0.0.1").await.ok(200);
    get("10.1.1.1", "192.0.2.7").await.ok(403);
    // The client's own claim, in front of what the proxy saw, counts for nothing.
    get("10.1.1.1", "127.0.0.1, 192.0.2.7").await.ok(403);
    get("192.0.2.7", "127.0.0.1").await.ok(403);
    kit.finish().await;
}

#[tokio::test]
async fn the_read_only_master_key_reads() {
    let kit = Kit::new()
        .class("Thing", json!({"n": {"type": "Number"}}))
        .configure(|config| config.keys.read_only_master = secret("look"))
        .start()
        .await;
    let id = kit.seed("Thing", json!({"n": 1, "ACL": {}})).await;
    let path = format!("/classes/Thing/{id}");
    kit.get(&path)
        .header("X-Parse-Master-Key", "look")
        .await
        .ok(200)
        .trail(expect!["PHI.READ by read-only-master Thing*1 read(n) -> ok rows 1"]);
    kit.get("/schemas").header("X-Parse-Master-Key", "look").await.ok(200);
    kit.put(&path)
        .json(json!({"n": 2}))
        .header("X-Parse-Master-Key", "look")
        .await
        .is(expect![[r#"400 {"code":119,"error":"Permission denied"}"#]])
        .trail(expect![[r#"
            PHI.UPDATE intent by read-only-master Thing*1 wrote(n)
            PHI.UPDATE outcome by read-only-master Thing*1 wrote(n) -> denied 119 by rule policy"#]]);
    for request in [
        kit.post("/classes/Thing").json(json!({"n": 2})),
        kit.delete(&path),
        kit.post("/schemas/Other").json(json!({"className": "Other"})),
        kit.delete("/purge/Thing"),
        kit.post("/loginAs").json(json!({"userId": "abcdefghij"})),
    ] {
        let answer = request.header("X-Parse-Master-Key", "look").await;
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!(119)), "{}", answer.text);
    }
    assert_eq!(kit.get(&path).as_master().await.body["n"], 1);
    kit.finish().await;
}

#[tokio::test]
async fn a_wrong_maintenance_key_is_no_way_in() {
    let kit = Kit::new().configure(|config| config.keys.maintenance = secret("mend")).start().await;
    kit.get("/users").header("X-Parse-Maintenance-Key", "mend").await.ok(200);
    kit.get("/users").header("X-Parse-Maintenance-Key", "mend").from("192.0.2.7").await.ok(403);
    kit.finish().await;
}

#[tokio::test]
async fn basic_authorisation_carries_keys() {
    let kit = Kit::new().configure(|config| config.keys.javascript = secret("js")).start().await;
    let basic = |user: &str, password: &str| {
        use base64::Engine as _;
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
    };
    let get = |value: String| kit.get("/schemas").as_stranger().header("Authorization", &value);
    get(basic(APP_ID, MASTER_KEY)).await.ok(200);
    get(basic(APP_ID, "wrong")).await.ok(403);
    get(basic("other", MASTER_KEY)).await.ok(403);
    let users = kit.get("/users").as_stranger().header("Authorization", &basic(APP_ID, "javascript-key=js"));
    users.await.ok(200);
    kit.finish().await;
}
