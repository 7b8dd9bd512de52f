//! Every `__op`, on create and on update, on fields that are there and on fields that aren't.

use expect_test::expect;
use kit::Kit;
use serde_json::{Value as Json, json};

fn things() -> kit::Setup {
    Kit::new().class(
        "Thing",
        json!({
            "n": {"type": "Number"}, "list": {"type": "Array"}, "text": {"type": "String"},
            "map": {"type": "Object"}, "others": {"type": "Relation", "targetClass": "Thing"},
        }),
    )
}

fn op(name: &str, objects: Json) -> Json {
    json!({"__op": name, "objects": objects})
}

#[tokio::test]
async fn numbers_grow_and_the_answer_tells_by_how_much() {
    let kit = things().start().await;
    let id = kit.seed("Thing", json!({"n": 5})).await;
    let path = format!("/classes/Thing/{id}");
    let grow = |by: f64| json!({"n": {"__op": "Increment", "amount": by}});
    kit.put(&path).json(grow(2.0)).await.is(expect![[r#"200 {"n":7,"updatedAt":"<now>"}"#]]).trail(expect![
        [r#"
        PHI.UPDATE intent by anonymous Thing*1 wrote(n)
        PHI.UPDATE outcome by anonymous Thing*1 read(n) wrote(n) -> ok"#]
    ]);
    kit.put(&path).json(grow(-0.5)).await.is(expect![[r#"200 {"n":6.5,"updatedAt":"<now>"}"#]]);
    let without = kit.seed("Thing", json!({})).await;
    kit.put(&format!("/classes/Thing/{without}"))
        .json(grow(3.0))
        .await
        .is(expect![[r#"200 {"n":3,"updatedAt":"<now>"}"#]]);
    let made = kit.post("/classes/Thing").json(grow(4.0)).await.ok(201).id();
    assert_eq!(kit.get(&format!("/classes/Thing/{made}")).await.body["n"], 4);
    kit.put(&path)
        .json(json!({"n": {"__op": "Increment", "amount": "2"}}))
        .await
        .is(expect![[r#"400 {"code":107,"error":"incrementing must provide a number"}"#]]);
    kit.put(&path).json(json!({"text": {"__op": "Increment", "amount": 2}})).await.is(expect![[
        r#"400 {"code":111,"error":"schema mismatch for Thing.text; expected String but got Number"}"#
    ]]);
    kit.finish().await;
}

#[tokio::test]
async fn lists_take_and_lose_elements() {
    let kit = things().start().await;
    let id = kit.seed("Thing", json!({"list": [1, 2]})).await;
    let path = format!("/classes/Thing/{id}");
    let put = |list: Json| kit.put(&path).json(json!({"list": list}));
    put(op("Add", json!([2, {"a": 1}])))
        .await
        .is(expect![[r#"200 {"list":[1,2,2,{"a":1}],"updatedAt":"<now>"}"#]]);
    put(op("AddUnique", json!([3, {"a": 1}, 2])))
        .await
        .is(expect![[r#"200 {"list":[1,2,2,{"a":1},3],"updatedAt":"<now>"}"#]]);
    put(op("Remove", json!([2, {"a": 1}]))).await.is(expect![[r#"200 {"list":[1,3],"updatedAt":"<now>"}"#]]);
    put(op("Remove", json!([99]))).await.is(expect![[r#"200 {"list":[1,3],"updatedAt":"<now>"}"#]]);
    put(op("Add", json!("no list")))
        .await
        .is(expect![[r#"400 {"code":107,"error":"objects to add must be an array"}"#]]);
    put(json!({"__op": "Add"}))
        .await
        .is(expect![[r#"400 {"code":107,"error":"objects to add must be an array"}"#]]);

    let without = kit.seed("Thing", json!({})).await;
    let path = format!("/classes/Thing/{without}");
    kit.put(&path)
        .json(json!({"list": op("Remove", json!([1]))}))
        .await
        .is(expect![[r#"200 {"list":[],"updatedAt":"<now>"}"#]]);
    kit.put(&path)
        .json(json!({"list": op("AddUnique", json!([1, 1, 2]))}))
        .await
        .is(expect![[r#"200 {"list":[1,2],"updatedAt":"<now>"}"#]]);
    let made = kit.post("/classes/Thing").json(json!({"list": op("Remove", json!([1]))})).await.ok(201).id();
    assert_eq!(kit.get(&format!("/classes/Thing/{made}")).await.body["list"], json!([]));
    kit.finish().await;
}

#[tokio::test]
async fn fields_go_away_and_parts_of_objects_change() {
    let kit = things().start().await;
    let id = kit.seed("Thing", json!({"text": "x", "map": {"a": {"b": 1}, "c": 2}})).await;
    let path = format!("/classes/Thing/{id}");
    kit.put(&path)
        .json(json!({"text": {"__op": "Delete"}}))
        .await
        .is(expect![[r#"200 {"updatedAt":"<now>"}"#]]);
    kit.put(&path)
        .json(json!({"map.c": 3, "map.d.e": "new"}))
        .await
        .is(expect![[r#"200 {"updatedAt":"<now>"}"#]]);
    kit.put(&path)
        .json(json!({"map.c": {"__op": "Increment", "amount": 4}}))
        .await
        .is(expect![[r#"200 {"map":{"c":7},"updatedAt":"<now>"}"#]]);
    kit.put(&path)
        .json(json!({"map.a": {"__op": "Delete"}}))
        .await
        .is(expect![[r#"200 {"updatedAt":"<now>"}"#]]);
    let now = kit.get(&path).await.ok(200);
    assert!(now.body.get("text").is_none());
    assert_eq!(now.body["map"], json!({"c": 7, "d": {"e": "new"}}));
    kit.put(&path).json(json!({"text.x": 1})).await.is(expect![[
        r#"400 {"code":111,"error":"schema mismatch for Thing.text; expected String but got Object"}"#
    ]]);
    kit.finish().await;
}

#[tokio::test]
async fn relations_take_and_lose_objects() {
    let kit = things().start().await;
    let (a, b) = (kit.seed("Thing", json!({})).await, kit.seed("Thing", json!({})).await);
    let point = |id: &str| json!({"__type": "Pointer", "className": "Thing", "objectId": id});
    let id = kit.seed("Thing", json!({"others": op("AddRelation", json!([point(&a)]))})).await;
    let path = format!("/classes/Thing/{id}");
    let both = json!({"__op": "Batch", "ops": [
        op("AddRelation", json!([point(&b)])), op("RemoveRelation", json!([point(&a)])),
    ]});
    kit.put(&path).json(json!({"others": both})).await.is(expect![[r#"200 {"updatedAt":"<now>"}"#]]);
    let related = json!({"$relatedTo": {"object": point(&id), "key": "others"}});
    let found = kit.get("/classes/Thing").query("where", related.clone()).await.ok(200);
    assert_eq!(found.all("objectId"), [json!(b)]);
    // Asked the other way round: who holds it, and who doesn't.
    let holds = |test: Json| kit.get("/classes/Thing").query("where", json!({"others": test}));
    assert_eq!(holds(point(&b)).await.ok(200).all("objectId"), [json!(id)]);
    assert_eq!(holds(json!({"$in": [point(&a), point(&b)]})).await.ok(200).all("objectId"), [json!(id)]);
    assert!(holds(point(&a)).await.ok(200).results().is_empty());
    assert_eq!(holds(json!({"$ne": point(&b)})).query("count", 1).await.ok(200).body["count"], 2);
    let inner = json!({"$inQuery": {"className": "Thing", "where": {"objectId": b}}});
    assert_eq!(holds(inner).await.ok(200).all("objectId"), [json!(id)]);
    // Adding twice and removing what isn't there are no errors.
    kit.put(&path).json(json!({"others": op("AddRelation", json!([point(&b)]))})).await.ok(200);
    kit.put(&path).json(json!({"others": op("RemoveRelation", json!([point(&a)]))})).await.ok(200);
    assert_eq!(kit.get("/classes/Thing").query("where", related).await.results().len(), 1);
    // Whatever fields are asked for, or left out.
    for (name, fields) in [("keys", "n"), ("keys", "others"), ("excludeKeys", "others")] {
        let seen = kit.get(&path).query(name, fields).await.ok(200).body;
        assert_eq!(seen["others"], json!({"__type": "Relation", "className": "Thing"}), "{name}={fields}");
    }
    let wrong = json!({"__type": "Pointer", "className": "_User", "objectId": "abcdefghij"});
    kit.put(&path).json(json!({"others": op("AddRelation", json!([wrong]))})).await.is(expect![[r#"400 {"code":111,"error":"schema mismatch for Thing.others; expected Relation<Thing> but got Relation<_User>"}"#]]);
    kit.finish().await;
}

#[tokio::test]
async fn an_operation_that_nobody_knows_is_refused() {
    let kit = things().start().await;
    let id = kit.seed("Thing", json!({"n": 1})).await;
    let path = format!("/classes/Thing/{id}");
    kit.put(&path)
        .json(json!({"n": {"__op": "Multiply", "amount": 2}}))
        .await
        .is(expect![[r#"400 {"code":108,"error":"The Multiply operator is not supported yet."}"#]]);
    kit.post("/classes/Thing").json(json!({"n": {"__op": "Multiply", "amount": 2}})).await.fails(400, 108);
    kit.put(&path)
        .json(json!({"n": {"__op": 7}}))
        .await
        .is(expect![[r#"400 {"code":107,"error":"__op must be a string"}"#]]);
    kit.finish().await;
}

#[tokio::test]
async fn concurrent_increments_all_count() {
    let kit = things().start().await;
    let id = kit.seed("Thing", json!({"n": 0})).await;
    let path = format!("/classes/Thing/{id}");
    let once =
        || async { kit.put(&path).json(json!({"n": {"__op": "Increment", "amount": 1}})).await.ok(200) };
    futures_util::future::join_all((0..20).map(|_| once())).await;
    assert_eq!(kit.get(&path).await.body["n"], 20);
    kit.finish().await;
}

#[tokio::test]
async fn a_new_object_tells_what_its_operations_came_to() {
    let kit = things().start().await;
    let body = json!({
        "text": "x", "n": {"__op": "Increment", "amount": 2}, "list": op("Add", json!([1, 2])),
    });
    kit.post("/classes/Thing")
        .json(body)
        .await
        .is(expect![[r#"201 {"createdAt":"<now>","list":[1,2],"n":2,"objectId":"<1>"}"#]]);
    kit.post("/classes/Thing")
        .json(json!({"list": op("Remove", json!([1]))}))
        .await
        .is(expect![[r#"201 {"createdAt":"<now>","list":[],"objectId":"<2>"}"#]]);
    kit.finish().await;
}

#[tokio::test]
async fn some_values_are_for_new_objects_only() {
    let kit = things().start().await;
    let body = json!({"text": {"__op": "SetOnInsert", "amount": "first"}, "n": 1});
    let id = kit.post("/classes/Thing").json(body).await.ok(201).id();
    let body = json!({"text": {"__op": "SetOnInsert", "amount": "second"}, "n": 2});
    kit.put(&format!("/classes/Thing/{id}")).json(body).await.ok(200);
    let thing = kit.get(&format!("/classes/Thing/{id}")).await.ok(200).body;
    assert_eq!((&thing["text"], &thing["n"]), (&json!("first"), &json!(2)));
    kit.finish().await;
}

/// What grew inside a list came back as an object with the list's numbers, which clients took for the list.
#[tokio::test]
async fn a_path_into_a_list_answers_the_list() {
    let kit = things().start().await;
    let id = kit.seed("Thing", json!({"list": [{"k": 1}, {"k": 2}], "map": {"k": 1, "l": 1}})).await;
    let grow = |path: &str| {
        let body = json!({path: {"__op": "Increment", "amount": 5}});
        kit.put(&format!("/classes/Thing/{id}")).json(body)
    };
    grow("list.1.k").await.is(expect![[r#"200 {"list":[{"k":1},{"k":7}],"updatedAt":"<now>"}"#]]);
    grow("map.k").await.is(expect![[r#"200 {"map":{"k":6},"updatedAt":"<now>"}"#]]);
    kit.finish().await;
}

#[tokio::test]
async fn times_that_are_no_dates_are_refused_in_changes_too() {
    let kit = things().start().await;
    let id = kit.seed("Thing", json!({})).await;
    for name in ["createdAt", "updatedAt"] {
        let body = json!({name: "2020-01-01T00:00:00.000Z"});
        kit.put(&format!("/classes/Thing/{id}")).json(body).await.fails(400, 111);
    }
    kit.finish().await;
}
