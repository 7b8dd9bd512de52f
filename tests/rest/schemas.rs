//! Schemas: the master key's alone, and strict.

use expect_test::expect;
use kit::{Kit, database::Backend};
use serde_json::{Value as Json, json};

#[tokio::test]
async fn a_class_is_made_shown_changed_and_dropped() {
    let kit = Kit::new().start().await;
    let body = json!({
        "className": "Chart",
        "fields": {
            "text": {"type": "String", "required": true}, "n": {"type": "Number", "defaultValue": 7},
            "who": {"type": "Pointer", "targetClass": "_User"},
        },
        "classLevelPermissions": {"find": {"*": true}, "protectedFields": {"*": ["text", "n"]}},
        "indexes": {"by_n": {"n": 1}},
    });
    kit.post("/schemas/Chart").json(body).as_master().await.is(expect![[r#"200 {"classLevelPermissions":{"addField":{},"count":{},"create":{},"delete":{},"find":{"*":true},"get":{},"protectedFields":{"*":["text","n"]},"update":{}},"className":"Chart","fields":{"ACL":{"type":"ACL"},"createdAt":{"type":"Date"},"n":{"defaultValue":7,"type":"Number"},"objectId":{"type":"String"},"text":{"required":true,"type":"String"},"updatedAt":{"type":"Date"},"who":{"targetClass":"_User","type":"Pointer"}},"indexes":{"_id_":{"_id":1},"by_n":{"n":1}}}"#]]).trail(expect![[r#"
        SCHEMA.CREATE intent by master Chart wrote(n text who)
        SCHEMA.CREATE outcome by master Chart wrote(n text who) -> ok"#]]);
    kit.get("/schemas/Chart").as_master().await.ok(200).trail(expect!["SCHEMA.READ by master Chart -> ok"]);
    let change = json!({"fields": {"day": {"type": "Date"}, "who": {"__op": "Delete"}}});
    kit.put("/schemas/Chart").json(change).as_master().await.is(expect![[r#"200 {"classLevelPermissions":{"addField":{},"count":{},"create":{},"delete":{},"find":{"*":true},"get":{},"protectedFields":{"*":["text","n"]},"update":{}},"className":"Chart","fields":{"ACL":{"type":"ACL"},"createdAt":{"type":"Date"},"day":{"type":"Date"},"n":{"defaultValue":7,"type":"Number"},"objectId":{"type":"String"},"text":{"required":true,"type":"String"},"updatedAt":{"type":"Date"}},"indexes":{"_id_":{"_id":1},"by_n":{"n":1}}}"#]]).trail(expect![[r#"
        SCHEMA.UPDATE intent by master Chart wrote(day who) dropped(who)
        SCHEMA.UPDATE outcome by master Chart wrote(day who) dropped(who) -> ok"#]]);
    kit.post("/classes/Chart")
        .json(json!({}))
        .as_master()
        .await
        .is(expect![[r#"400 {"code":142,"error":"text is required"}"#]]);
    let made = kit.post("/classes/Chart").json(json!({"text": "x"})).as_master().await.ok(201);
    assert_eq!(made.body["n"], 7, "a default is answered: {}", made.text);
    kit.delete("/schemas/Chart")
        .as_master()
        .await
        .is(expect![[
            r#"400 {"code":255,"error":"Class Chart is not empty, contains 1 objects, cannot drop schema."}"#
        ]])
        .trail(expect![[r#"
        SCHEMA.DELETE intent by master Chart
        SCHEMA.DELETE outcome by master Chart -> error 255"#]]);
    kit.delete("/purge/Chart").as_master().await.is(expect!["200 {}"]).trail(expect![[r#"
        PHI.DELETE intent by master Chart
        PHI.DELETE outcome by master Chart*1 -> ok rows 1"#]]);
    kit.delete("/schemas/Chart").as_master().await.is(expect!["200 {}"]).trail(expect![[r#"
        SCHEMA.DELETE intent by master Chart
        SCHEMA.DELETE outcome by master Chart -> ok"#]]);
    kit.get("/schemas/Chart")
        .as_master()
        .await
        .is(expect![[r#"400 {"code":103,"error":"Class Chart does not exist."}"#]]);
    kit.finish().await;
}

#[tokio::test]
async fn system_classes_are_listed_with_their_fields() {
    let kit = Kit::new().start().await;
    let all = kit.get("/schemas").as_master().await.ok(200).trail(expect!["SCHEMA.READ by master -> ok"]);
    assert_eq!(all.all("className"), ["_Role", "_User"]);
    // Sessions are there once there is one.
    kit.get("/schemas/_Session").as_master().await.fails(400, 103);
    kit.token_of("ann").await;
    let all = kit.get("/schemas").as_master().await.ok(200);
    assert_eq!(all.all("className"), ["_Role", "_Session", "_User"]);
    kit.get("/schemas/_Session").as_master().await.ok(200);
    let user = kit.get("/schemas/_User").as_master().await.ok(200);
    for field in
        ["objectId", "createdAt", "updatedAt", "ACL", "username", "password", "email", "emailVerified"]
    {
        assert!(user.body["fields"].get(field).is_some(), "{field} is missing");
    }
    assert!(!user.text.contains("_hashed_password"));
    // What the protocol has of its own is shown, though nothing of it is stored.
    for (class, field) in
        [("_Hooks", "functionName"), ("_GlobalConfig", "params"), ("_PushStatus", "pushHash")]
    {
        let shown = kit.get(&format!("/schemas/{class}")).as_master().await.ok(200);
        assert!(shown.body["fields"][field]["type"].is_string(), "{class}");
    }
    // One of products is there once it is made, with what every product has.
    kit.get("/schemas/_Product").as_master().await.fails(400, 103);
    let made = kit.post("/schemas/_Product").json(json!({})).as_master().await.ok(200);
    assert_eq!(made.body["fields"]["icon"], json!({"type": "File"}));
    kit.post("/classes/_Product").json(json!({"title": "x"})).as_master().await.fails(400, 111);
    kit.finish().await;
}

#[tokio::test]
async fn nobody_else_sees_or_changes_a_schema() {
    let kit = Kit::new().class("Chart", json!({})).start().await;
    kit.get("/schemas")
        .await
        .is(expect![[r#"403 {"error":"Permission denied"}"#]])
        .trail(expect!["SCHEMA.READ by anonymous -> denied by rule master-key"]);
    let seen = kit.get("/schemas/Chart").as_user("ann").await.ok(403);
    assert_eq!(seen.records().len(), 1);
    for request in [
        kit.post("/schemas/Other").json(json!({"className": "Other"})),
        kit.put("/schemas/Chart").json(json!({"fields": {"a": {"type": "String"}}})),
        kit.delete("/schemas/Chart"),
        kit.delete("/purge/Chart"),
    ] {
        let answer = request.as_user("ann").await.ok(403);
        assert!(answer.body.get("code").is_none(), "{}", answer.text);
        assert_eq!(answer.records().len(), 2, "an intent, and that it was denied");
    }
    // Nor is anybody else told what is wrong with an edit.
    kit.post("/schemas")
        .json(json!({"fields": 1}))
        .as_user("ann")
        .await
        .is(expect![[r#"403 {"error":"Permission denied"}"#]]);
    kit.get("/schemas/Chart").as_master().await.ok(200);
    kit.finish().await;
}

#[tokio::test]
async fn a_field_changes_what_is_asked_of_it_but_not_what_it_is() {
    let kit = Kit::new().class("Chart", json!({"n": {"type": "Number"}})).start().await;
    let change = |field: Json| kit.put("/schemas/Chart").json(json!({"fields": field})).as_master();
    let required = change(json!({"n": {"type": "Number", "required": true}})).await.ok(200);
    assert_eq!(required.body["fields"]["n"], json!({"type": "Number", "required": true}));
    kit.post("/classes/Chart").json(json!({})).await.fails(400, 142);
    let preset = change(json!({"n": {"type": "Number", "defaultValue": 4}})).await.ok(200);
    assert_eq!(preset.body["fields"]["n"], json!({"type": "Number", "defaultValue": 4}));
    assert_eq!(kit.post("/classes/Chart").json(json!({})).await.ok(201).body["n"], 4);
    for (name, kind) in [("n", "String"), ("createdAt", "String")] {
        let answer = change(json!({name: {"type": kind}})).await.fails(400, 255);
        assert_eq!(answer.body["error"], format!("Field {name} exists, cannot update."));
    }
    change(json!({"createdAt": {"type": "Date"}})).await.ok(200);
    change(json!({"n": {"type": "Number", "defaultValue": "x"}})).await.fails(400, 111);
    change(json!({"here": {"type": "GeoPoint"}})).await.ok(200);
    change(json!({"there": {"type": "GeoPoint"}})).await.is(expect![[r#"400 {"code":111,"error":"currently, only one GeoPoint field may exist in an object. Adding there when here already exists."}"#]]);
    kit.finish().await;
}

#[tokio::test]
async fn permissions_that_are_none_are_refused_by_what_is_wrong() {
    let kit = Kit::new().class("Chart", json!({"n": {"type": "Number"}})).start().await;
    let change = |permissions: Json| {
        kit.put("/schemas/Chart").json(json!({"classLevelPermissions": permissions})).as_master()
    };
    change(json!({"find": {"a-b": true}}))
        .await
        .is(expect![[r#"400 {"code":107,"error":"'a-b' is not a valid key for class level permissions"}"#]]);
    change(json!({"find": "x"})).await.is(expect![[r#"400 {"code":107,"error":"'x' is not a valid value for class level permissions find - must be an object"}"#]]);
    change(json!({"find": {"pointerFields": "n"}})).await.is(expect![[
        r#"400 {"code":107,"error":"'n' is not a valid value for find[pointerFields] - expected an array."}"#
    ]]);
    change(json!({"find": {"pointerFields": ["n"]}})).await.is(expect![[r#"400 {"code":107,"error":"'n' is not a valid column for class level pointer permissions [object Object]"}"#]]);
    change(json!({"readUserFields": ["n"]})).await.is(expect![[r#"400 {"code":107,"error":"'n' is not a valid column for class level pointer permissions readUserFields"}"#]]);
    change(json!({"readUserFields": "n"})).await.is(expect![[r#"400 {"code":107,"error":"'n' is not a valid value for class level permissions readUserFields - must be an array"}"#]]);
    change(json!({"protectedFields": {"*": "n"}})).await.is(expect![[
        r#"400 {"code":107,"error":"'n' is not a valid value for protectedFields[*] - expected an array."}"#
    ]]);
    change(json!({"protectedFields": {"*": ["none"]}}))
        .await
        .is(expect![[r#"400 {"code":107,"error":"Field 'none' in protectedFields:* does not exist"}"#]]);
    change(json!({"ACL": {"*": {"fly": true}}})).await.is(expect![[
        r#"400 {"code":107,"error":"'fly' is not a valid key for class level permissions acl"}"#
    ]]);
    change(json!({"ACL": {"*": {"read": 1}}})).await.is(expect![[
        r#"400 {"code":107,"error":"'1' is not a valid value for class level permissions acl"}"#
    ]]);
    kit.finish().await;
}

#[tokio::test]
async fn what_is_no_schema_is_refused() {
    let kit = Kit::new().class("Chart", json!({"n": {"type": "Number"}})).start().await;
    let make = |name: &str, body| kit.post(&format!("/schemas/{name}")).json(body).as_master();
    make("Chart", json!({"className": "Chart"}))
        .await
        .is(expect![[r#"400 {"code":103,"error":"Class Chart already exists."}"#]]);
    make("A", json!({"className": "B"}))
        .await
        .is(expect![[r#"400 {"code":103,"error":"Class name mismatch between B and A."}"#]]);
    kit.post("/schemas")
        .json(json!({}))
        .as_master()
        .await
        .is(expect![[r#"400 {"code":135,"error":"POST /schemas needs a class name."}"#]]);
    make("1bad", json!({"className": "1bad"})).await.is(expect![[r#"400 {"code":103,"error":"Invalid classname: 1bad, classnames can only have alphanumeric characters and _, and must start with an alpha character "}"#]]);
    let fields = |fields| json!({"className": "New", "fields": fields});
    make("New", fields(json!({"1bad": {"type": "String"}})))
        .await
        .is(expect![[r#"400 {"code":105,"error":"invalid field name: 1bad"}"#]]);
    make("New", fields(json!({"objectId": {"type": "Number"}})))
        .await
        .is(expect![[r#"400 {"code":136,"error":"field objectId cannot be added"}"#]]);
    make("New", fields(json!({"a": {"type": "Nonsense"}})))
        .await
        .is(expect![[r#"400 {"code":111,"error":"invalid field type: Nonsense"}"#]]);
    make("New", fields(json!({"a": {"type": "Pointer"}})))
        .await
        .is(expect![[r#"400 {"code":135,"error":"type Pointer needs a class name"}"#]]);
    make("New", fields(json!({"a": {"type": "Number", "defaultValue": "x"}}))).await.is(expect![[r#"400 {"code":111,"error":"schema mismatch for New.a default value; expected Number but got String"}"#]]);
    make("New", json!({"className": "New", "classLevelPermissions": {"fly": {"*": true}}})).await.is(
        expect![[r#"400 {"code":107,"error":"fly is not a valid operation for class level permissions"}"#]],
    );
    make("New", json!({"className": "New", "classLevelPermissions": {"find": {"*": "yes"}}})).await.is(
        expect![[
            r#"400 {"code":107,"error":"'yes' is not a valid value for class level permissions acl find:*"}"#
        ]],
    );
    let change = |body| kit.put("/schemas/Chart").json(body).as_master();
    change(json!({"fields": {"n": {"type": "String"}}}))
        .await
        .is(expect![[r#"400 {"code":255,"error":"Field n exists, cannot update."}"#]]);
    change(json!({"fields": {"gone": {"__op": "Delete"}}}))
        .await
        .is(expect![[r#"400 {"code":255,"error":"Field gone does not exist, cannot delete."}"#]]);
    change(json!({"fields": {"createdAt": {"__op": "Delete"}}}))
        .await
        .is(expect![[r#"400 {"code":136,"error":"field createdAt cannot be changed"}"#]]);
    kit.put("/schemas/Nowhere")
        .json(json!({"fields": {}}))
        .as_master()
        .await
        .is(expect![[r#"400 {"code":103,"error":"Class Nowhere does not exist."}"#]]);
    kit.delete("/schemas/Nowhere").as_master().await.is(expect!["200 {}"]);
    kit.finish().await;
}

#[tokio::test]
async fn an_index_on_words_is_remembered_and_goes_with_its_field() {
    let kit = Kit::new().class("Chart", json!({"text": {"type": "String"}})).start().await;
    let change = |body| kit.put("/schemas/Chart").json(body).as_master();
    let made = change(json!({"indexes": {"words": {"text": "text"}}})).await;
    if Backend::of_kits() == Backend::MongoDb {
        // What stands in for MongoDB has no such indexes, and says so; MongoDB makes it.
        made.is(expect![[r#"400 {"code":102,"error":"MongoDB can't make such an index: check its fields, their kinds and the objects there are"}"#]]);
        let kept = kit.get("/schemas/Chart").as_master().await.ok(200);
        assert_eq!(kept.body.get("indexes"), None, "{}", kept.text);
        return kit.finish().await;
    }
    let made = made.ok(200);
    assert_eq!(made.body["indexes"], json!({"_id_": {"_id": 1}, "words": {"text": "text"}}));
    change(json!({"indexes": {"near": {"text": "2d"}}})).await.is(expect![[
        r#"400 {"code":102,"error":"Field text can't have such an index: use 1 or -1, \"text\" for texts, \"2d\" or \"2dsphere\" for places."}"#
    ]]);
    let left = change(json!({"fields": {"text": {"__op": "Delete"}}})).await.ok(200);
    assert_eq!(left.body.get("indexes"), None, "{}", left.text);
    kit.finish().await;
}

/// They were read as a class without objects, and could be made as a class that shared a relation's rows.
#[tokio::test]
async fn the_rows_of_a_relation_are_no_class() {
    let kit =
        Kit::new().class("Ward", json!({"r": {"type": "Relation", "targetClass": "Ward"}})).start().await;
    kit.get("/classes/_Join:r:Ward").as_master().await.fails(400, 108);
    kit.post("/schemas/_Join:r:Ward").json(json!({})).as_master().await.fails(400, 103);
    kit.post("/classes/_Join:r:Ward").json(json!({})).as_master().await.fails(400, 108);
    kit.get("/classes/_Join:r:Ward").await.fails(400, 119);
    kit.finish().await;
}
