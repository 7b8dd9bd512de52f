//! Schemas: the master key's alone, and strict.

use expect_test::expect;
use kit::Kit;
use serde_json::json;

#[tokio::test]
async fn a_class_is_made_shown_changed_and_dropped() {
    let kit = Kit::new().start().await;
    let body = json!({
        "className": "Chart",
        "fields": {
            "text": {"type": "String", "required": true}, "n": {"type": "Number", "defaultValue": 7},
            "who": {"type": "Pointer", "targetClass": "_User"},
        },
        "classLevelPermissions": {"find": {"*": true}, "protectedFields": {"*": ["text"]}},
        "indexes": {"by_n": {"n": 1}},
    });
    kit.post("/schemas/Chart").json(body).as_master().await.is(expect![[r#"200 {"classLevelPermissions":{"addField":{},"count":{},"create":{},"delete":{},"find":{"*":true},"get":{},"protectedFields":{"*":["text"]},"update":{}},"className":"Chart","fields":{"ACL":{"type":"ACL"},"createdAt":{"type":"Date"},"n":{"defaultValue":7,"type":"Number"},"objectId":{"type":"String"},"text":{"required":true,"type":"String"},"updatedAt":{"type":"Date"},"who":{"targetClass":"_User","type":"Pointer"}},"indexes":{"_id_":{"_id":1},"by_n":{"n":1}}}"#]]).trail(expect![[r#"
        SCHEMA.CREATE intent by master Chart wrote(n text who)
        SCHEMA.CREATE outcome by master Chart wrote(n text who) -> ok"#]]);
    kit.get("/schemas/Chart").as_master().await.ok(200).trail(expect!["SCHEMA.READ by master Chart -> ok"]);
    let change = json!({"fields": {"day": {"type": "Date"}, "who": {"__op": "Delete"}}});
    kit.put("/schemas/Chart").json(change).as_master().await.is(expect![[r#"200 {"classLevelPermissions":{"addField":{},"count":{},"create":{},"delete":{},"find":{"*":true},"get":{},"protectedFields":{"*":["text"]},"update":{}},"className":"Chart","fields":{"ACL":{"type":"ACL"},"createdAt":{"type":"Date"},"day":{"type":"Date"},"n":{"defaultValue":7,"type":"Number"},"objectId":{"type":"String"},"text":{"required":true,"type":"String"},"updatedAt":{"type":"Date"}},"indexes":{"_id_":{"_id":1},"by_n":{"n":1}}}"#]]).trail(expect![[r#"
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
    let names = all.all("className");
    for name in ["_User", "_Role", "_Session"] {
        assert!(names.contains(&json!(name)), "{name} is missing: {names:?}");
    }
    let user = kit.get("/schemas/_User").as_master().await.ok(200);
    for field in
        ["objectId", "createdAt", "updatedAt", "ACL", "username", "password", "email", "emailVerified"]
    {
        assert!(user.body["fields"].get(field).is_some(), "{field} is missing");
    }
    assert!(!user.text.contains("_hashed_password"));
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
    kit.get("/schemas/Chart").as_master().await.ok(200);
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
    make("1bad", json!({"className": "1bad"})).await.is(expect![[r#"400 {"code":103,"error":"Invalid classname, classnames can only have alphanumeric characters and _, and must start with an alpha character"}"#]]);
    let fields = |fields| json!({"className": "New", "fields": fields});
    make("New", fields(json!({"1bad": {"type": "String"}})))
        .await
        .is(expect![[r#"400 {"code":105,"error":"invalid field name: 1bad"}"#]]);
    make("New", fields(json!({"objectId": {"type": "Number"}})))
        .await
        .is(expect![[r#"400 {"code":136,"error":"field objectId cannot be changed"}"#]]);
    make("New", fields(json!({"a": {"type": "Nonsense"}})))
        .await
        .is(expect![[r#"400 {"code":111,"error":"invalid field type: Nonsense"}"#]]);
    make("New", fields(json!({"a": {"type": "Pointer"}})))
        .await
        .is(expect![[r#"400 {"code":135,"error":"type Pointer needs a class name"}"#]]);
    make("New", fields(json!({"a": {"type": "Number", "defaultValue": "x"}}))).await.is(expect![[
        r#"400 {"code":111,"error":"schema mismatch for New.a default value; expected Number"}"#
    ]]);
    make("New", json!({"className": "New", "classLevelPermissions": {"fly": {"*": true}}})).await.is(
        expect![[r#"400 {"code":107,"error":"fly is not a valid operation for class level permissions"}"#]],
    );
    make("New", json!({"className": "New", "classLevelPermissions": {"find": {"*": "yes"}}}))
        .await
        .is(expect![[r#"400 {"code":107,"error":"'(not shown)' is not a valid value for class level permissions acl find:*"}"#]]);
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
