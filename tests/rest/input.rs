//! Bad input: refused with an error that says what is wrong and repeats nothing.

use expect_test::expect;
use kit::Kit;
use serde_json::json;

fn things() -> kit::Setup {
    Kit::new().class(
        "Thing",
        json!({"n": {"type": "Number"}, "text": {"type": "String"}, "map": {"type": "Object"}}),
    )
}

#[tokio::test]
async fn what_is_no_json_object_is_400_without_a_code() {
    let kit = things().start().await;
    let secret = kit.canary();
    for body in [
        format!("{{\"text\": \"{secret}\""),
        format!("{{\"text\": \"{secret}\"}} more"),
        format!("{{\"text\": {secret}}}"),
        format!("\"{secret}\""),
        "7".to_owned(),
        "null".to_owned(),
        "{\"a\": 01}".to_owned(),
        "{\"a\": NaN}".to_owned(),
        "{'a': 1}".to_owned(),
        format!("text={secret}"),
    ] {
        let answer = kit.post("/classes/Thing").bytes(&body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text);
        assert!(
            answer.body["error"].is_string() && answer.body.get("code").is_none(),
            "{body}: {}",
            answer.text
        );
    }
    kit.post("/classes/Thing")
        .bytes("{")
        .await
        .is(expect![[r#"400 {"error":"the body ends before its JSON does"}"#]])
        .trail(expect!["REQUEST.REFUSED by anonymous POST /classes/Thing -> denied by rule unreadable"]);
    kit.finish().await;
}

#[tokio::test]
async fn invalid_utf8_is_refused() {
    let kit = things().start().await;
    let secret = kit.canary();
    let mut body = format!("{{\"text\": \"{secret}").into_bytes();
    body.extend_from_slice(b"\xff\xfe\"}");
    kit.post("/classes/Thing")
        .bytes(body)
        .await
        .is(expect![[r#"400 {"error":"the body is not valid UTF-8"}"#]]);
    kit.post("/classes/Thing").bytes(b"{\"text\": \"\xed\xa0\x80\"}").await.ok(400);
    // Half a surrogate pair is no text either.
    kit.post("/classes/Thing").bytes(r#"{"text": "\ud800"}"#).await.ok(400);
    kit.get("/classes/Thing/%FF").await.ok(404);
    kit.finish().await;
}

#[tokio::test]
async fn a_list_is_no_object() {
    let kit = things().start().await;
    kit.post("/classes/Thing")
        .bytes("[1]")
        .await
        .is(expect![[r#"400 {"code":105,"error":"Invalid field name: 0."}"#]]);
    kit.finish().await;
}

#[tokio::test]
async fn an_empty_body_is_an_empty_object() {
    let kit = things().start().await;
    kit.post("/classes/Thing").await.ok(201);
    kit.post("/classes/Thing")
        .bytes(" \n ")
        .await
        .is(expect![[r#"201 {"createdAt":"<now>","objectId":"<2>"}"#]]);
    kit.finish().await;
}

#[tokio::test]
async fn names_that_are_none_are_refused() {
    let kit = things().start().await;
    let secret = kit.canary();
    for (name, code) in [
        ("1st", 105),
        ("a-b", 105),
        ("_hidden", 105),
        ("a b", 105),
        ("length", 105),
        ("", 105),
        ("ä", 105),
        ("$set", 105),
        ("className", 105),
    ] {
        let answer = kit.post("/classes/Thing").json(json!({(name): secret})).await;
        assert_eq!(
            (answer.status, answer.body["code"].as_i64()),
            (400, Some(code)),
            "{name}: {}",
            answer.text
        );
    }
    for class in ["1st", "a-b", "_Hidden", "length", "className", "_Join:users:_Role"] {
        let answer = kit.post(&format!("/classes/{class}")).json(json!({"n": 1})).await;
        assert!((400..500).contains(&answer.status), "{class}: {}", answer.text);
        let answer = kit.get(&format!("/classes/{class}")).await;
        assert!((400..500).contains(&answer.status), "{class}: {}", answer.text);
    }
    kit.post("/classes/1st")
        .json(json!({"n": 1}))
        .await
        .is(expect![[r#"400 {"code":107,"error":"schema class name does not revalidate"}"#]]);
    for body in
        [json!({"map": {"a.b": 1}}), json!({"map": {"$set": 1}}), json!({"map": {"a": [{"b": {"$x": 1}}]}})]
    {
        let answer = kit.post("/classes/Thing").json(body.clone()).await;
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!(121)), "{body}: {}", answer.text);
    }
    kit.finish().await;
}

#[tokio::test]
async fn keywords_of_scripting_languages_are_refused_at_any_depth() {
    let kit = things().start().await;
    for body in [
        json!({"map": {"__proto__": {"admin": true}}}),
        json!({"map": {"constructor": 1}}),
        json!({"map": {"a": [{"b": 1}, {"c": {"constructor": {"prototype": 1}}}]}}),
        json!({"map": {"_bsontype": "Code"}}),
    ] {
        let answer = kit.post("/classes/Thing").json(body.clone()).await;
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!(105)), "{body}: {}", answer.text);
    }
    kit.post("/classes/Thing").json(json!({"map": {"constructor": 1}})).await.is(expect![[
        r#"400 {"code":105,"error":"Prohibited keyword in request data: {\"key\":\"constructor\"}."}"#
    ]]);
    kit.finish().await;
}

#[tokio::test]
async fn fields_that_the_server_keeps_are_not_the_clients() {
    let kit = things().start().await;
    kit.post("/classes/Thing").json(json!({"createdAt": "2020-01-01T00:00:00.000Z"})).await.is(expect![[
        r#"400 {"code":111,"error":"schema mismatch for Thing.createdAt; expected Date but got String"}"#
    ]]);
    let id = kit.seed("Thing", json!({"n": 1})).await;
    let path = format!("/classes/Thing/{id}");
    let before = kit.get(&path).await.body["createdAt"].clone();
    let date = json!({"__type": "Date", "iso": "2000-01-01T00:00:00.000Z"});
    kit.put(&path).json(json!({"createdAt": date, "n": 2})).await.ok(200);
    assert_eq!(kit.get(&path).await.body["createdAt"], before);
    kit.finish().await;
}

#[tokio::test]
async fn numbers_that_no_double_holds_are_refused_or_rounded_alike() {
    let kit = things().start().await;
    let answer = kit.post("/classes/Thing").bytes("{\"n\": 1e999}").await;
    assert!((400..500).contains(&answer.status), "{}", answer.text);
    let made = kit.post("/classes/Thing").bytes("{\"n\": 9007199254740993}").await.ok(201).id();
    let got = kit.get(&format!("/classes/Thing/{made}")).await;
    assert_eq!(got.body["n"].as_f64(), Some(9_007_199_254_740_992.0));
    kit.finish().await;
}
