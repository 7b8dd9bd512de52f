//! Typed values on the wire: there and back, and what is no value.

use expect_test::expect;
use kit::{Kit, database::Backend};
use serde_json::json;

fn all() -> kit::Setup {
    Kit::new().class(
        "All",
        json!({
            "text": {"type": "String"}, "n": {"type": "Number"}, "flag": {"type": "Boolean"}, "day": {"type": "Date"},
            "list": {"type": "Array"}, "map": {"type": "Object"}, "raw": {"type": "Bytes"},
            "place": {"type": "GeoPoint"}, "file": {"type": "File"}, "who": {"type": "Pointer", "targetClass": "_User"},
        }),
    )
}

#[tokio::test]
async fn every_type_comes_back_as_it_went() {
    let kit = all().start().await;
    let end = match Backend::of_kits() {
        Backend::Postgres => {
            kit.post("/classes/All").json(json!({"text": "\u{0}"})).await.fails(400, 108);
            ""
        }
        Backend::Sqlite | Backend::MongoDb => "\u{0}?",
    };
    let sent = json!({
        "text": format!("naïve \u{1F600} \"q\" \\ \u{2028} {end}"),
        "n": 1.0000000000000002, "flag": true,
        "day": {"__type": "Date", "iso": "1969-07-20T20:17:40.123Z"},
        "list": [1, "two", {"__type": "Date", "iso": "1969-07-20T20:17:40.123Z"}, [], {"a": [null]}],
        "map": {"p": {"__type": "Pointer", "className": "All", "objectId": "abcdefghij"}, "deep": {"er": 1}},
        "raw": {"__type": "Bytes", "base64": "AAECAwT/"},
        "place": {"__type": "GeoPoint", "latitude": 47.3769, "longitude": -8.5417},
        "who": {"__type": "Pointer", "className": "_User", "objectId": "abcdefghij"},
    });
    let made = kit.post("/classes/All").json(sent.clone()).await.ok(201);
    assert_eq!(made.body.as_object().map(|body| body.len()), Some(2), "{}", made.text);
    let got = kit.get(&format!("/classes/All/{}", made.id())).await.ok(200);
    for (field, value) in sent.as_object().unwrap() {
        assert_eq!(&got.body[field], value, "{field}");
    }
    kit.finish().await;
}

#[tokio::test]
async fn what_is_no_value_is_refused_without_being_repeated() {
    let kit = all().start().await;
    let odd = kit.canary();
    for (field, value) in [
        ("day", json!({"__type": "Date", "iso": odd})),
        ("day", json!({"__type": "Date"})),
        ("raw", json!({"__type": "Bytes", "base64": format!("{odd}!")})),
        ("place", json!({"__type": "GeoPoint", "latitude": odd, "longitude": 1})),
        ("who", json!({"__type": "Pointer", "className": "_User"})),
        ("map", json!({"__type": odd})),
        ("map", json!({"__type": "Nonsense", "x": odd})),
        ("map", json!({"a": {"b": {"__type": "Nonsense", "x": odd}}})),
        ("n", json!(odd)),
        ("text", json!({"x": odd})),
        ("who", json!({"__type": "Pointer", "className": "All", "objectId": "abcdefghij"})),
    ] {
        let mut body = json!({});
        body[field] = value.clone();
        let answer = kit.post("/classes/All").json(body).await;
        assert!((400..500).contains(&answer.status), "{value} is answered with {}", answer.text);
        answer.fails(400, 111);
    }
    kit.finish().await;
}

#[tokio::test]
async fn null_is_a_value_that_may_be_stored_and_asked_for() {
    let kit = all().start().await;
    let made = kit.post("/classes/All").json(json!({"text": null, "n": 1})).await.ok(201).id();
    let got = kit.get(&format!("/classes/All/{made}")).await;
    match Backend::of_kits() {
        // parse-server's tables have no place for it.
        Backend::Postgres => {
            got.is(expect![[r#"200 {"createdAt":"<now>","n":1,"objectId":"<1>","updatedAt":"<now>"}"#]])
        }
        Backend::Sqlite | Backend::MongoDb => got.is(expect![[
            r#"200 {"createdAt":"<now>","n":1,"objectId":"<1>","text":null,"updatedAt":"<now>"}"#
        ]]),
    };
    let found = kit.get("/classes/All").query("where", json!({"text": null})).await.ok(200);
    assert_eq!(found.results().len(), 1);
    kit.finish().await;
}

/// Clients show a file by its address, which the reference tells wherever a file leaves.
#[tokio::test]
async fn a_file_comes_with_its_address() {
    let kit = all()
        .configure(|config| config.rest.public_url = Some("https://api.clinic.example/parse".to_owned()))
        .start()
        .await;
    let file = json!({"__type": "File", "name": "scans/x ray.png"});
    let made = kit.post("/classes/All").json(json!({"file": file})).await.ok(201);
    let url = "https://api.clinic.example/parse/files/kit/scans/x%20ray.png";
    let seen = json!({"__type": "File", "name": "scans/x ray.png", "url": url});
    assert_eq!(kit.get(&format!("/classes/All/{}", made.id())).await.body["file"], seen);
    assert_eq!(kit.get("/classes/All").await.all("file"), [seen]);
    kit.finish().await;
}
