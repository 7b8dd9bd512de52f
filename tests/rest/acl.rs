//! Object ACLs: who reads, who writes, and how little the others learn.

use expect_test::expect;
use kit::Kit;
use serde_json::json;

fn notes() -> kit::Setup {
    Kit::new().class("Note", json!({"text": {"type": "String"}}))
}

#[tokio::test]
async fn an_object_of_ones_own_is_nobody_elses() {
    let kit = notes().start().await;
    let text = kit.canary();
    let ann = kit.id_of("ann").await;
    let acl = json!({(ann): {"read": true, "write": true}});
    let id =
        kit.post("/classes/Note").json(json!({"text": text, "ACL": acl})).as_user("ann").await.ok(201).id();
    let path = format!("/classes/Note/{id}");

    let own = kit.get(&path).as_user("ann").await.ok(200);
    assert_eq!((&own.body["text"], &own.body["ACL"]), (&json!(text), &acl));
    kit.get(&path)
        .as_user("bob")
        .await
        .is(expect![[r#"404 {"code":101,"error":"Object not found."}"#]])
        .trail(expect!["PHI.READ by <bob> Note*1 -> error 101"]);
    kit.get(&path).await.fails(404, 101);
    kit.get("/classes/Note")
        .query("count", 1)
        .as_user("bob")
        .await
        .is(expect![[r#"200 {"count":0,"results":[]}"#]])
        .trail(expect!["PHI.QUERY by <bob> Note -> ok"]);
    kit.put(&path)
        .json(json!({"text": "x"}))
        .as_user("bob")
        .await
        .is(expect![[r#"404 {"code":101,"error":"Object not found."}"#]])
        .trail(expect![[r#"
        PHI.UPDATE intent by <bob> Note*1 wrote(text)
        PHI.UPDATE outcome by <bob> Note*1 wrote(text) -> error 101"#]]);
    kit.delete(&path)
        .as_user("bob")
        .await
        .is(expect![[r#"404 {"code":101,"error":"Object not found."}"#]])
        .trail(expect![[r#"
        PHI.DELETE intent by <bob> Note*1
        PHI.DELETE outcome by <bob> Note*1 -> error 101"#]]);
    kit.delete(&path).as_user("ann").await.ok(200);
    kit.finish().await;
}

/// A client that sends what it read of an object without an ACL was refused.
#[tokio::test]
async fn no_acl_changes_nothing_of_the_one_that_there_is() {
    let kit = notes().start().await;
    let open = kit.post("/classes/Note").json(json!({"text": "x", "ACL": null})).await.ok(201).id();
    assert!(kit.get(&format!("/classes/Note/{open}")).await.ok(200).body.get("ACL").is_none());
    let acl = json!({(kit.id_of("ann").await): {"read": true, "write": true}});
    let path = format!("/classes/Note/{}", kit.seed("Note", json!({"ACL": acl})).await);
    kit.put(&path).json(json!({"text": "y", "ACL": null})).as_user("ann").await.ok(200);
    assert_eq!(kit.get(&path).as_master().await.body["ACL"], acl);
    kit.finish().await;
}

#[tokio::test]
async fn writing_needs_no_reading() {
    let kit = notes().start().await;
    let bob = kit.id_of("bob").await;
    let id = kit.seed("Note", json!({"text": "x", "ACL": {(bob): {"write": true}}})).await;
    let path = format!("/classes/Note/{id}");
    kit.get(&path).as_user("bob").await.fails(404, 101);
    kit.put(&path).json(json!({"text": "y"})).as_user("bob").await.ok(200);
    assert_eq!(kit.get(&path).as_master().await.body["text"], "y");
    kit.finish().await;
}

#[tokio::test]
async fn an_empty_acl_leaves_the_master_key_alone() {
    let kit = notes().start().await;
    let id =
        kit.post("/classes/Note").json(json!({"text": "x", "ACL": {}})).as_user("ann").await.ok(201).id();
    let path = format!("/classes/Note/{id}");
    kit.get(&path).as_user("ann").await.fails(404, 101);
    kit.get(&path).as_master().await.is(expect![[
        r#"200 {"ACL":{},"createdAt":"<now>","objectId":"<2>","text":"x","updatedAt":"<now>"}"#
    ]]);
    kit.finish().await;
}

#[tokio::test]
async fn roles_count_also_through_other_roles() {
    let kit = notes().start().await;
    let nurses = kit.role("nurses", &["ann"]).await;
    kit.role("staff", &[]).await;
    let staff = kit.get("/roles").query("where", json!({"name": "staff"})).as_master().await;
    let staff = staff.results()[0]["objectId"].as_str().unwrap().to_owned();
    let child = json!({"__type": "Pointer", "className": "_Role", "objectId": nurses});
    let add = json!({"roles": {"__op": "AddRelation", "objects": [child]}});
    kit.put(&format!("/roles/{staff}")).json(add).as_master().await.ok(200);

    let id = kit.seed("Note", json!({"text": "x", "ACL": {"role:staff": {"read": true}}})).await;
    kit.get(&format!("/classes/Note/{id}"))
        .as_user("ann")
        .await
        .ok(200)
        .trail(expect!["PHI.READ by <ann>(nurses staff) Note*1 read(text) -> ok rows 1"]);
    kit.get(&format!("/classes/Note/{id}")).as_user("bob").await.fails(404, 101);
    // Leaving the inner role ends it at once.
    let member = json!({"__type": "Pointer", "className": "_User", "objectId": kit.id_of("ann").await});
    let leave = json!({"users": {"__op": "RemoveRelation", "objects": [member]}});
    kit.put(&format!("/roles/{nurses}")).json(leave).as_master().await.ok(200);
    kit.get(&format!("/classes/Note/{id}")).as_user("ann").await.fails(404, 101);
    kit.finish().await;
}

#[tokio::test]
async fn roles_in_a_circle_end() {
    let kit = notes().start().await;
    let (a, b) = (kit.role("a", &["ann"]).await, kit.role("b", &[]).await);
    for (parent, child) in [(&a, &b), (&b, &a)] {
        let child = json!({"__type": "Pointer", "className": "_Role", "objectId": child});
        let add = json!({"roles": {"__op": "AddRelation", "objects": [child]}});
        kit.put(&format!("/roles/{parent}")).json(add).as_master().await.ok(200);
    }
    let id = kit.seed("Note", json!({"text": "x", "ACL": {"role:b": {"read": true}}})).await;
    kit.get(&format!("/classes/Note/{id}")).as_user("ann").await.ok(200);
    kit.finish().await;
}

#[tokio::test]
async fn what_is_no_acl_is_refused() {
    let kit = notes().start().await;
    for acl in [json!("x"), json!([1]), json!({"*": "x"}), json!({"*": {"read": "yes"}})] {
        let answer = kit.post("/classes/Note").json(json!({"text": "x", "ACL": acl})).await;
        assert_eq!(answer.status, 400, "{acl} is answered with {}", answer.text);
    }
    let unresolved = json!({"*unresolved": {"read": true}});
    kit.post("/classes/Note")
        .json(json!({"ACL": unresolved}))
        .await
        .is(expect![[r#"400 {"code":123,"error":"Invalid ACL."}"#]]);
    kit.finish().await;
}
