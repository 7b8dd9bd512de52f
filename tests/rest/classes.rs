//! Objects over `/classes`: create, get, find, update, delete.

use expect_test::expect;
use kit::{Kit, database::Backend};
use serde_json::json;

fn notes() -> kit::Setup {
    Kit::new().class("Note", json!({"text": {"type": "String"}, "n": {"type": "Number"}}))
}

#[tokio::test]
async fn create_answers_id_time_and_place() {
    let kit = notes().start().await;
    let text = kit.canary();
    let made = kit
        .post("/classes/Note")
        .json(json!({"text": text, "n": 1}))
        .as_user("ann")
        .await
        .is(expect![[r#"201 {"createdAt":"<now>","objectId":"<2>"}"#]])
        .trail(expect![[r#"
            PHI.CREATE intent by <ann> Note*1 wrote(n text)
            PHI.CREATE outcome by <ann> Note*1 wrote(n text) -> ok"#]]);
    assert_eq!(made.header("location"), format!("/parse/classes/Note/{}", made.id()));
    assert_eq!(made.header("content-type"), "application/json; charset=utf-8");
    // The value is stored, so that searching for it elsewhere means something.
    assert_eq!(kit.data_holds(&text), Backend::of_kits() == Backend::Sqlite);
    kit.finish().await;
}

#[tokio::test]
async fn get_answers_the_object_and_tells_the_trail_what_left() {
    let kit = notes().start().await;
    let id = kit.seed("Note", json!({"text": "x", "n": 1.5})).await;
    kit.get(&format!("/classes/Note/{id}"))
        .await
        .is(expect![[r#"200 {"createdAt":"<now>","n":1.5,"objectId":"<1>","text":"x","updatedAt":"<now>"}"#]])
        .trail(expect!["PHI.READ by anonymous Note*1 read(n text) -> ok rows 1"]);
    kit.get(&format!("/classes/Note/{id}"))
        .query("keys", "n")
        .await
        .is(expect![[r#"200 {"createdAt":"<now>","n":1.5,"objectId":"<1>","updatedAt":"<now>"}"#]])
        .trail(expect!["PHI.READ by anonymous Note*1 read(n) -> ok rows 1"]);
    kit.finish().await;
}

#[tokio::test]
async fn a_missing_object_is_404_whatever_is_asked_of_it() {
    let kit = notes().start().await;
    let path = "/classes/Note/abcdefghij";
    kit.get(path)
        .await
        .is(expect![[r#"404 {"code":101,"error":"Object not found."}"#]])
        .trail(expect!["PHI.READ by anonymous Note*1 -> error 101"]);
    kit.put(path)
        .json(json!({"n": 1}))
        .await
        .is(expect![[r#"404 {"code":101,"error":"Object not found."}"#]])
        .trail(expect![[r#"
        PHI.UPDATE intent by anonymous Note*1 wrote(n)
        PHI.UPDATE outcome by anonymous Note*1 wrote(n) -> error 101"#]]);
    kit.delete(path).await.is(expect![[r#"404 {"code":101,"error":"Object not found."}"#]]).trail(expect![[
        r#"
        PHI.DELETE intent by anonymous Note*1
        PHI.DELETE outcome by anonymous Note*1 -> error 101"#
    ]]);
    kit.finish().await;
}

#[tokio::test]
async fn find_tells_the_trail_which_objects_and_fields_left() {
    let kit = notes().start().await;
    let secret = kit.canary();
    for n in 0..3 {
        kit.seed("Note", json!({"text": format!("{secret}{n}"), "n": n})).await;
    }
    let found = kit
        .get("/classes/Note")
        .query("where", json!({"n": {"$gte": 1}, "text": {"$ne": secret}}))
        .query("order", "-n")
        .query("count", 1)
        .query("limit", 1)
        .as_user("ann")
        .await
        .ok(200)
        .trail(expect!["PHI.QUERY by <ann> Note*1 read(n text) where[n>=? & text!=?] -> ok rows 1"]);
    assert_eq!(found.all("n"), [json!(2)]);
    assert_eq!(found.body["count"], 2);
    kit.get("/classes/Note")
        .query("where", json!({"n": 99}))
        .await
        .is(expect![[r#"200 {"results":[]}"#]])
        .trail(expect!["PHI.QUERY by anonymous Note where[n=?] -> ok"]);
    kit.get("/classes/Note")
        .query("limit", 0)
        .query("count", 1)
        .await
        .is(expect![[r#"200 {"count":3,"results":[]}"#]])
        .trail(expect!["PHI.COUNT by anonymous Note -> ok rows 3"]);
    kit.finish().await;
}

#[tokio::test]
async fn update_answers_its_time_and_bumps_it_even_when_empty() {
    let kit = notes().start().await;
    let id = kit.seed("Note", json!({"text": "x", "n": 1})).await;
    let path = format!("/classes/Note/{id}");
    kit.put(&path)
        .json(json!({"text": "y"}))
        .as_user("ann")
        .await
        .is(expect![[r#"200 {"updatedAt":"<now>"}"#]])
        .trail(expect![[r#"
        PHI.UPDATE intent by <ann> Note*1 wrote(text)
        PHI.UPDATE outcome by <ann> Note*1 wrote(text) -> ok"#]]);
    let before = kit.get(&path).await.body["updatedAt"].clone();
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    kit.put(&path).json(json!({})).await.is(expect![[r#"200 {"updatedAt":"<now>"}"#]]);
    let after = kit.get(&path).await;
    assert!(after.body["updatedAt"].as_str() > before.as_str(), "{} > {before}", after.body["updatedAt"]);
    assert_eq!(after.body["text"], "y");
    kit.finish().await;
}

#[tokio::test]
async fn delete_answers_nothing_and_the_object_is_gone() {
    let kit = notes().start().await;
    let id = kit.seed("Note", json!({"text": "x"})).await;
    let path = format!("/classes/Note/{id}");
    kit.delete(&path).as_user("ann").await.is(expect!["200 {}"]).trail(expect![[r#"
        PHI.DELETE intent by <ann> Note*1
        PHI.DELETE outcome by <ann> Note*1 -> ok"#]]);
    kit.get(&path).await.fails(404, 101);
    kit.delete(&path).await.fails(404, 101);
    kit.finish().await;
}

#[tokio::test]
async fn a_class_that_nobody_made_is_closed_to_clients_and_made_by_the_master_key() {
    let kit = Kit::new().start().await;
    kit.post("/classes/Fresh")
        .json(json!({"a": 1}))
        .await
        .is(expect![[r#"400 {"code":119,"error":"Permission denied"}"#]])
        .trail(expect![[r#"
        PHI.CREATE intent by anonymous Fresh*1 wrote(a)
        PHI.CREATE outcome by anonymous Fresh*1 wrote(a) -> denied 119 by rule policy"#]]);
    kit.get("/classes/Fresh").await.fails(400, 119);
    kit.post("/classes/Fresh").json(json!({"a": 1})).as_master().await.ok(201).trail(expect![[r#"
        PHI.CREATE intent by master Fresh*1 wrote(a)
          SCHEMA.CREATE by master Fresh -> ok
          SCHEMA.UPDATE by master Fresh wrote(a) -> ok
        PHI.CREATE outcome by master Fresh*1 wrote(a) -> ok"#]]);
    let seen = kit.get("/classes/Fresh").await.ok(200);
    assert_eq!(seen.all("a"), [json!(1)]);
    kit.finish().await;
}

#[tokio::test]
async fn clients_may_make_classes_where_that_is_allowed() {
    let kit = Kit::new().configure(|config| config.data.allow_client_class_creation = true).start().await;
    kit.post("/classes/Fresh").json(json!({"a": 1})).await.ok(201);
    kit.get("/classes/Other").await.is(expect![[r#"200 {"results":[]}"#]]);
    kit.finish().await;
}

#[tokio::test]
async fn ids_are_the_servers_to_give() {
    let kit = notes().start().await;
    kit.post("/classes/Note")
        .json(json!({"objectId": "mine", "n": 1}))
        .await
        .is(expect![[r#"400 {"code":105,"error":"objectId is an invalid field name."}"#]]);
    kit.post("/classes/Note")
        .json(json!({"id": "mine", "n": 1}))
        .await
        .is(expect![[r#"400 {"code":105,"error":"id is an invalid field name."}"#]]);
    kit.finish().await;

    let kit = notes().configure(|config| config.data.allow_custom_object_id = true).start().await;
    let made = kit.post("/classes/Note").json(json!({"objectId": "mine", "n": 1})).await.ok(201);
    assert_eq!(made.id(), "mine");
    kit.post("/classes/Note")
        .json(json!({"objectId": "", "n": 1}))
        .await
        .is(expect![[r#"400 {"code":104,"error":"objectId must not be empty, null or undefined"}"#]]);
    kit.post("/classes/Note")
        .json(json!({"objectId": null, "n": 1}))
        .await
        .is(expect![[r#"400 {"code":104,"error":"objectId must not be empty, null or undefined"}"#]]);
    kit.post("/classes/Note").json(json!({"objectId": "mine", "n": 2})).await.is(expect![[
        r#"400 {"code":137,"error":"A duplicate value for a field with unique values was provided"}"#
    ]]);
    kit.finish().await;
}

#[tokio::test]
async fn paths_ignore_case_and_a_slash_at_the_end() {
    let kit = notes().start().await;
    let id = kit.seed("Note", json!({"n": 1})).await;
    for path in [
        format!("/parse/classes/Note/{id}/"),
        format!("/parse/Classes/Note/{id}"),
        format!("/PARSE/CLASSES/Note/{id}"),
        format!("//parse/classes/Note/{id}"),
    ] {
        kit.at(http::Method::GET, &path).await.ok(200);
    }
    // The class's own name keeps its case.
    kit.get("/classes/note").await.fails(400, 119);
    kit.finish().await;
}

#[tokio::test]
async fn a_class_that_cannot_be_holds_nothing_and_takes_nothing() {
    let kit = Kit::new().start().await;
    kit.get("/classes/1bad/abc").as_master().await.fails(404, 101);
    kit.delete("/classes/1bad/abc").as_master().await.fails(404, 101);
    for request in [kit.put("/classes/1bad/abc"), kit.post("/classes/1bad")] {
        request
            .json(json!({"a": 1}))
            .as_master()
            .await
            .is(expect![[r#"400 {"code":107,"error":"schema class name does not revalidate"}"#]]);
    }
    kit.finish().await;
}
