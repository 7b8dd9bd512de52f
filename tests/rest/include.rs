//! Included pointers: what is expanded, what is dropped, and what the trail says of it.

use expect_test::expect;
use kit::Kit;
use serde_json::{Value as Json, json};

fn point(class: &str, id: &str) -> Json {
    json!({"__type": "Pointer", "className": class, "objectId": id})
}

fn houses() -> kit::Setup {
    Kit::new()
        .class("City", json!({"name": {"type": "String"}}))
        .class(
            "House",
            json!({"name": {"type": "String"}, "city": {"type": "Pointer", "targetClass": "City"}}),
        )
        .class(
            "Person",
            json!({
                "name": {"type": "String"}, "home": {"type": "Pointer", "targetClass": "House"},
                "homes": {"type": "Array"}, "map": {"type": "Object"},
            }),
        )
}

#[tokio::test]
async fn pointers_are_expanded_along_the_path_and_recorded_class_by_class() {
    let kit = houses().start().await;
    let city = kit.seed("City", json!({"name": "Zürich"})).await;
    let house = kit.seed("House", json!({"name": "Nr 1", "city": point("City", &city)})).await;
    let homes = json!([point("House", &house), point("House", &house), "text"]);
    let map = json!({"in": {"side": point("City", &city)}});
    let body = json!({"name": "Ann", "home": point("House", &house), "homes": homes, "map": map});
    let ann = kit.seed("Person", body).await;
    let path = format!("/classes/Person/{ann}");

    kit.get(&path).query("include", "home").as_user("ann").await.is(expect![[r#"200 {"createdAt":"<now>","home":{"__type":"Object","city":{"__type":"Pointer","className":"City","objectId":"<1>"},"className":"House","createdAt":"<now>","name":"Nr 1","objectId":"<2>","updatedAt":"<now>"},"homes":[{"__type":"Pointer","className":"House","objectId":"<2>"},{"__type":"Pointer","className":"House","objectId":"<2>"},"text"],"map":{"in":{"side":{"__type":"Pointer","className":"City","objectId":"<1>"}}},"name":"Ann","objectId":"<3>","updatedAt":"<now>"}"#]]).trail(expect![[r#"
        PHI.READ by <ann> House*1 read(city name) -> ok rows 1
        PHI.READ by <ann> Person*1 read(home homes map name) -> ok rows 1"#]]);
    let deep =
        kit.get("/classes/Person").query("include", "home.city").as_user("ann").await.trail(expect![[r#"
        PHI.READ by <ann> City*1 read(name) -> ok rows 1
        PHI.READ by <ann> House*1 read(city name) -> ok rows 1
        PHI.QUERY by <ann> Person*1 read(home homes map name) -> ok rows 1"#]]);
    assert_eq!(deep.results()[0]["home"]["city"]["name"], "Zürich");
    let list = kit.get(&path).query("include", "homes").await.ok(200);
    assert_eq!(list.body["homes"][1]["name"], "Nr 1");
    assert_eq!(list.body["homes"][2], "text");
    assert_eq!(list.body["homes"][0]["city"], point("City", &city));
    let inside = kit.get(&path).query("include", "map.in.side").await.ok(200);
    assert_eq!(inside.body["map"]["in"]["side"]["name"], "Zürich");
    let all = kit.get("/classes/Person").query("include", "*").await.ok(200);
    assert_eq!(all.results()[0]["home"]["name"], "Nr 1");
    let keys = kit.get(&path).query("keys", "home.name").query("include", "home").await.ok(200);
    assert_eq!(keys.body["home"]["name"], "Nr 1");
    assert!(keys.body["home"].get("city").is_none(), "{}", keys.text);
    kit.finish().await;
}

#[tokio::test]
async fn what_the_caller_may_not_read_is_dropped_and_not_recorded_as_read() {
    let kit = houses().start().await;
    let secret = kit.canary();
    let hidden = kit.seed("House", json!({"name": secret, "ACL": {}})).await;
    let homes = json!([point("House", &hidden), point("House", "abcdefghij")]);
    kit.seed("Person", json!({"name": "Ann", "home": point("House", &hidden), "homes": homes})).await;
    let seen = kit.get("/classes/Person").query("include", "home,homes").as_user("ann").await;
    let seen = seen.is(expect![[r#"200 {"results":[{"createdAt":"<now>","homes":[],"name":"Ann","objectId":"<2>","updatedAt":"<now>"}]}"#]]).trail(expect!["PHI.QUERY by <ann> Person*1 read(homes name) -> ok rows 1"]);
    assert!(!seen.text.contains(&secret));
    // Without include the pointer itself is no secret.
    let plain = kit.get("/classes/Person").as_user("ann").await.ok(200);
    assert_eq!(plain.results()[0]["home"], point("House", &hidden));
    kit.finish().await;
}

#[tokio::test]
async fn how_far_includes_reach_is_limited() {
    let kit = houses().configure(|config| config.data.include_depth = 2).start().await;
    kit.get("/classes/Person")
        .query("include", "home.city.x")
        .await
        .is(expect![[r#"400 {"code":102,"error":"The query includes too much, or too deep."}"#]]);
    kit.get("/classes/Person").query("include", "home.city").await.ok(200);
    kit.finish().await;
}
