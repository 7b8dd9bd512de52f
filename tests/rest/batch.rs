//! Batches: many requests in one, each with its own answer and record, or all in one transaction.

use expect_test::expect;
use kit::Kit;
use serde_json::{Value as Json, json};

fn things() -> kit::Setup {
    Kit::new().class("Thing", json!({"n": {"type": "Number"}}))
}

fn create(n: Json) -> Json {
    json!({"method": "POST", "path": "/parse/classes/Thing", "body": {"n": n}})
}

#[tokio::test]
async fn each_request_has_its_own_answer_and_its_own_record() {
    let kit = things().start().await;
    let id = kit.seed("Thing", json!({"n": 0})).await;
    let requests = json!([
        create(json!(1)),
        create(json!("wrong")),
        {"method": "PUT", "path": format!("/parse/classes/Thing/{id}"), "body": {"n": 2}},
        {"method": "DELETE", "path": "/parse/classes/Thing/abcdefghij"},
        {"method": "GET", "path": "/parse/classes/Thing", "body": {"where": {"n": 2}, "keys": "n"}},
    ]);
    let answer = kit.post("/batch").json(json!({"requests": requests})).as_user("ann").await.ok(200);
    let all = answer.body.as_array().unwrap();
    assert_eq!(all.len(), 5);
    assert!(all[0]["success"]["objectId"].is_string(), "{}", answer.text);
    assert_eq!(all[1]["error"]["code"], 111, "{}", answer.text);
    assert!(all[2]["success"]["updatedAt"].is_string(), "{}", answer.text);
    assert_eq!(all[3]["error"]["code"], 101, "{}", answer.text);
    assert!(all[4]["success"]["results"].is_array(), "{}", answer.text);
    let codes = |code: audit::Code| answer.records().iter().filter(|record| record.code == code).count();
    // An intent and an outcome for each change; one record for the read.
    assert_eq!(codes(audit::Code::PhiCreate), 4);
    assert_eq!(codes(audit::Code::PhiUpdate), 2);
    assert_eq!(codes(audit::Code::PhiDelete), 2);
    assert_eq!(codes(audit::Code::PhiQuery), 1);
    kit.finish().await;
}

#[tokio::test]
async fn a_transaction_is_all_or_nothing() {
    let kit = things().start().await;
    let id = kit.seed("Thing", json!({"n": 0})).await;
    let change = json!({"method": "PUT", "path": format!("/parse/classes/Thing/{id}"), "body": {"n": 5}});
    let both = json!({"requests": [create(json!(1)), change], "transaction": true});
    let done = kit.post("/batch").json(both).as_user("ann").await.ok(200).trail(expect![[r#"
        PHI.CREATE intent by <ann> Thing*1 wrote(n)
        PHI.UPDATE intent by <ann> Thing*1 wrote(n)
        PHI.CREATE outcome by <ann> Thing*1 wrote(n) -> ok
        PHI.UPDATE outcome by <ann> Thing*1 wrote(n) -> ok"#]]);
    assert!(done.body[0]["success"]["objectId"].is_string(), "{}", done.text);

    let half = json!({"requests": [create(json!(2)), change, create(json!("wrong"))], "transaction": true});
    kit.post("/batch")
        .json(half)
        .as_user("ann")
        .await
        .is(expect![[
            r#"400 {"code":111,"error":"schema mismatch for Thing.n; expected Number but got String"}"#
        ]])
        .trail(expect![[r#"
        PHI.CREATE intent by <ann> Thing*1 wrote(n)
        PHI.UPDATE intent by <ann> Thing*1 wrote(n)
        PHI.CREATE intent by <ann> Thing*1 wrote(n)
        PHI.CREATE outcome by <ann> Thing*1 wrote(n) -> error 111
        PHI.UPDATE outcome by <ann> Thing*1 wrote(n) -> error 111
        PHI.CREATE outcome by <ann> Thing*1 wrote(n) -> error 111"#]]);
    let gone = json!({"method": "DELETE", "path": "/parse/classes/Thing/abcdefghij"});
    let half = json!({"requests": [create(json!(3)), gone], "transaction": true});
    kit.post("/batch")
        .json(half)
        .as_user("ann")
        .await
        .is(expect![[r#"404 {"code":101,"error":"Object not found."}"#]])
        .trail(expect![[r#"
        PHI.CREATE intent by <ann> Thing*1 wrote(n)
        PHI.DELETE intent by <ann> Thing*1
        PHI.CREATE outcome by <ann> Thing*1 wrote(n) -> error 101
        PHI.DELETE outcome by <ann> Thing*1 -> error 101"#]]);
    let left = kit.get("/classes/Thing").query("order", "n").await;
    assert_eq!(left.all("n"), [json!(1), json!(5)]);
    kit.finish().await;
}

#[tokio::test]
async fn what_is_no_batch_is_refused_whole() {
    let kit = things().start().await;
    for body in [
        json!({}),
        json!({"requests": "x"}),
        json!({"requests": [7]}),
        json!({"requests": [create(json!(1)), {"method": "POST", "path": "/other/classes/Thing", "body": {}}]}),
        json!({"requests": [create(json!(1)), {"method": "POST", "path": "/parse/nosuch", "body": {}}]}),
        json!({"requests": [create(json!(1)), {"method": "POST", "path": 7}]}),
        json!({"requests": [create(json!(1)), {"method": "POST", "path": "/parse/batch", "body": {"requests": []}}]}),
    ] {
        let answer = kit.post("/batch").json(body.clone()).await;
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!(107)), "{body}: {}", answer.text);
    }
    kit.post("/batch")
        .json(json!({"requests": "x"}))
        .await
        .is(expect![[r#"400 {"code":107,"error":"requests must be an array"}"#]]);
    kit.post("/batch").json(json!({"requests": []})).await.is(expect!["200 []"]);
    assert!(kit.get("/classes/Thing").await.results().is_empty(), "nothing of a refused batch is done");
    kit.finish().await;
}

#[tokio::test]
async fn how_many_requests_a_batch_holds_is_limited() {
    let kit = things().configure(|config| config.data.batch_limit = 3).start().await;
    let many = |count: usize| json!({"requests": vec![create(json!(1)); count]});
    kit.post("/batch").json(many(3)).await.ok(200);
    kit.post("/batch").json(many(4)).await.is(expect![[
        r#"400 {"code":107,"error":"Batch request contains 4 sub-requests, which exceeds the limit of 3."}"#
    ]]);
    kit.post("/batch").json(many(4)).as_master().await.ok(200);
    assert_eq!(kit.get("/classes/Thing").await.results().len(), 7);
    kit.finish().await;
}

#[tokio::test]
async fn many_requests_that_add_the_same_field_agree() {
    let kit = things().start().await;
    let add = json!({"method": "POST", "path": "/parse/classes/Thing", "body": {"fresh": 1}});
    let answer = kit.post("/batch").json(json!({"requests": vec![add; 10]})).await.ok(200);
    assert!(
        answer.body.as_array().unwrap().iter().all(|one| one.get("success").is_some()),
        "{}",
        answer.text
    );
    kit.finish().await;
}
