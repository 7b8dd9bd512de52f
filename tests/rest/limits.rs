//! Limits: bodies, rows, nesting.

use expect_test::expect;
use kit::Kit;
use serde_json::{Value as Json, json};

fn things() -> kit::Setup {
    Kit::new().class(
        "Thing",
        json!({"n": {"type": "Number"}, "text": {"type": "String"}, "map": {"type": "Object"}}),
    )
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_and_the_next_request_is_served() {
    let kit = things().configure(|config| config.rest.max_body = 2_000).start().await;
    let secret = kit.canary();
    let body = json!({"text": format!("{secret}{}", "x".repeat(3_000))});
    kit.post("/classes/Thing").json(body).await.is(expect![[r#"413 {"error":"request entity too large"}"#]]);
    kit.post("/classes/Thing").json(json!({"text": "x".repeat(1_500)})).await.ok(201);
    assert_eq!(kit.get("/classes/Thing").await.results().len(), 1);
    kit.finish().await;
}

#[tokio::test]
async fn rows_are_limited_as_configured() {
    let kit = things()
        .configure(|config| {
            config.data.default_limit = 2;
            config.data.max_limit = 3;
        })
        .start()
        .await;
    for n in 0..5 {
        kit.seed("Thing", json!({"n": n})).await;
    }
    assert_eq!(kit.get("/classes/Thing").await.results().len(), 2);
    assert_eq!(kit.get("/classes/Thing").query("limit", 3).await.results().len(), 3);
    let all = kit.get("/classes/Thing").query("limit", 1000).query("count", 1).await;
    assert_eq!((all.results().len(), &all.body["count"]), (3, &json!(5)));
    kit.finish().await;
}

#[tokio::test]
async fn nesting_is_limited_in_bodies_and_in_queries() {
    let kit = things().start().await;
    let nested = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!({"a": inner}));
    kit.post("/classes/Thing").json(json!({"map": nested(10)})).await.ok(201);
    // Ten thousand levels aren't even built: the text is enough.
    let text = format!("{{\"map\":{}1{}}}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    kit.post("/classes/Thing")
        .bytes(text)
        .await
        .is(expect![[r#"400 {"error":"the body is nested too deep"}"#]]);
    let lists = format!("{{\"map\":{{\"a\":{}{}}}}}", "[".repeat(10_000), "]".repeat(10_000));
    kit.post("/classes/Thing")
        .bytes(lists)
        .await
        .is(expect![[r#"400 {"error":"the body is nested too deep"}"#]]);
    let deep = |depth: usize| (0..depth).fold(json!({"n": 1}), |inner, _| json!({"$or": [inner]}));
    kit.get("/classes/Thing").query("where", deep(3)).await.ok(200);
    let answer = kit.post("/classes/Thing").json(json!({"_method": "GET", "where": deep(200)})).await;
    assert!((400..500).contains(&answer.status), "{}", answer.text);
    kit.finish().await;
}

/// Of a negation, an answer cut short would be too wide a one.
#[tokio::test]
async fn sub_queries_find_all_or_are_refused_whatever_a_find_may_answer() {
    let kit = things()
        .configure(|config| {
            config.data.max_limit = 2;
            config.data.subquery_limit = 4;
        })
        .start()
        .await;
    for n in 0..5 {
        kit.seed("Thing", json!({"n": n})).await;
    }
    let without = |filter: Json| json!({"n": {"$dontSelect": {"key": "n", "query": {"className": "Thing", "where": filter}}}});
    let four = kit.get("/classes/Thing").query("where", without(json!({"n": {"$lt": 4}}))).await;
    let left: Vec<&Json> = four.results().iter().map(|row| &row["n"]).collect();
    assert_eq!(left, [&json!(4)]);
    kit.get("/classes/Thing")
        .query("where", without(json!({})))
        .await
        .is(expect![[r#"400 {"code":102,"error":"A sub-query finds more than the maximum of 4 objects."}"#]]);
    kit.finish().await;
}

#[tokio::test]
async fn where_that_is_set_sub_queries_are_cut_as_in_the_reference() {
    let kit = things()
        .configure(|config| {
            config.data.subquery_limit = 2;
            config.data.subquery_cut = true;
        })
        .start()
        .await;
    for n in 0..5 {
        kit.seed("Thing", json!({"n": n})).await;
    }
    let within = json!({"n": {"$select": {"key": "n", "query": {"className": "Thing", "where": {}}}}});
    assert_eq!(kit.get("/classes/Thing").query("where", within.clone()).await.results().len(), 2);
    assert_eq!(kit.get("/classes/Thing").query("where", within).as_master().await.results().len(), 5);
    kit.finish().await;
}

#[tokio::test]
async fn sub_queries_nest_only_so_deep() {
    let kit = Kit::new()
        .class("Thing", json!({"next": {"type": "Pointer", "targetClass": "Thing"}}))
        .configure(|config| config.data.subquery_depth = 2)
        .start()
        .await;
    let deep = |depth: usize| {
        (0..depth).fold(
            json!({}),
            |inner: Json, _| json!({"next": {"$inQuery": {"className": "Thing", "where": inner}}}),
        )
    };
    kit.get("/classes/Thing").query("where", deep(2)).await.ok(200);
    kit.get("/classes/Thing").query("where", deep(3)).await.is(expect![[
        r#"400 {"code":102,"error":"Subquery nesting depth exceeds maximum allowed depth of 2"}"#
    ]]);
    kit.finish().await;
}

#[tokio::test]
async fn a_url_over_the_limit_is_414() {
    let kit = things().start().await;
    let long = json!({"text": "x".repeat(60_000)});
    let answer = kit.get("/classes/Thing").query("where", long).await;
    assert_eq!(answer.status, 414, "{}", answer.text);
    kit.finish().await;
}
