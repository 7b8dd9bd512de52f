//! Roles as objects of their own.

use expect_test::expect;
use kit::Kit;
use serde_json::json;

#[tokio::test]
async fn a_role_needs_a_name_and_an_acl() {
    let kit = Kit::new().start().await;
    let acl = json!({"*": {"read": true}});
    let body = json!({"name": "nurses", "ACL": acl});
    let made = kit
        .post("/roles")
        .json(body.clone())
        .as_master()
        .await
        .is(expect![[r#"201 {"createdAt":"<now>","objectId":"<1>"}"#]])
        .trail(expect![[r#"
        ROLE.CHANGE intent by master _Role*1 wrote(ACL name)
        ROLE.CHANGE outcome by master _Role*1 wrote(ACL name) -> ok"#]]);
    assert_eq!(made.header("location"), format!("/parse/classes/_Role/{}", made.id()));
    kit.post("/roles")
        .json(json!({"name": "x"}))
        .as_master()
        .await
        .is(expect![[r#"400 {"code":111,"error":"ACL is required."}"#]]);
    kit.post("/roles")
        .json(json!({"ACL": acl}))
        .as_master()
        .await
        .is(expect![[r#"400 {"code":111,"error":"name is required."}"#]]);
    kit.post("/roles").json(body).as_master().await.is(expect![[
        r#"400 {"code":137,"error":"A duplicate value for a field with unique values was provided"}"#
    ]]);
    kit.finish().await;
}

/// Anybody could make a role, and with it whatever an ACL of later days gives to a role of that name.
#[tokio::test]
async fn a_role_is_made_by_the_master_key_or_by_whom_the_class_names() {
    let kit = Kit::new().start().await;
    kit.role("wardens", &["wendy"]).await;
    let body = |name: &str| json!({"name": name, "ACL": {"*": {"read": true}}});
    for path in ["/roles", "/classes/_Role"] {
        kit.post(path)
            .json(body("doctors"))
            .as_user("ann")
            .await
            .is(expect![[r#"400 {"code":119,"error":"Permission denied"}"#]])
            .trail(expect![[r#"
                ROLE.CHANGE intent by <ann> _Role*1 wrote(ACL name)
                ROLE.CHANGE outcome by <ann> _Role*1 wrote(ACL name) -> denied 119 by rule policy"#]]);
        kit.post(path).json(body("doctors")).await.fails(400, 119);
        kit.post(path).json(body("doctors")).as_user("wendy").await.fails(400, 119);
    }
    let may = json!({"find": {"*": true}, "get": {"*": true}, "create": {"role:wardens": true}});
    kit.put("/schemas/_Role").json(json!({"classLevelPermissions": may})).as_master().await.ok(200);
    kit.post("/roles").json(body("doctors")).as_user("wendy").await.ok(201);
    kit.post("/roles").json(body("nurses")).as_user("ann").await.fails(400, 119);
    kit.finish().await;
}

#[tokio::test]
async fn where_that_is_set_anybody_makes_a_role_as_in_the_reference() {
    let kit = Kit::new().configure(|config| config.data.allow_client_role_creation = true).start().await;
    let body = json!({"name": "friends", "ACL": {"*": {"read": true}}});
    kit.post("/roles").json(body).as_user("ann").await.ok(201);
    kit.finish().await;
}

#[tokio::test]
async fn its_acl_says_who_may_change_it() {
    let kit = Kit::new().start().await;
    let id = kit.role("nurses", &["ann"]).await;
    let path = format!("/roles/{id}");
    let bob = json!({"__type": "Pointer", "className": "_User", "objectId": kit.id_of("bob").await});
    let join = json!({"users": {"__op": "AddRelation", "objects": [bob]}});
    kit.put(&path)
        .json(join.clone())
        .as_user("bob")
        .await
        .is(expect![[r#"404 {"code":101,"error":"Object not found."}"#]])
        .trail(expect![[r#"
        ROLE.CHANGE intent by <bob> _Role*1 wrote(users)
        ROLE.CHANGE outcome by <bob> _Role*1 wrote(users) -> error 101"#]]);
    kit.put(&path).json(join).as_master().await.is(expect![[r#"200 {"updatedAt":"<now>"}"#]]).trail(expect![
        [r#"
        ROLE.CHANGE intent by master _Role*1 wrote(users)
        ROLE.CHANGE outcome by master _Role*1 wrote(users) -> ok"#]
    ]);
    kit.get(&path)
        .as_user("bob")
        .await
        .ok(200)
        .trail(expect!["PHI.READ by <bob>(nurses) _Role*1 read(name roles users) -> ok rows 1"]);
    let members = json!({"$relatedTo": {
        "object": {"__type": "Pointer", "className": "_Role", "objectId": id}, "key": "users",
    }});
    let found = kit.get("/users").query("where", members).query("order", "username").as_master().await;
    assert_eq!(found.all("username"), [json!("ann"), json!("bob")]);
    kit.delete(&path).as_user("ann").await.fails(404, 101);
    kit.delete(&path).as_master().await.is(expect!["200 {}"]).trail(expect![[r#"
        ROLE.CHANGE intent by master _Role*1
        ROLE.CHANGE outcome by master _Role*1 -> ok"#]]);
    kit.finish().await;
}

/// The server let nobody rename a role, not even the master key.
#[tokio::test]
async fn the_master_key_alone_renames_a_role() {
    let kit = Kit::new().start().await;
    let acl = json!({"*": {"read": true, "write": true}});
    let id = kit.post("/roles").json(json!({"name": "nurses", "ACL": acl})).as_master().await.ok(201).id();
    let path = format!("/roles/{id}");
    kit.put(&path).json(json!({"name": "doctors"})).as_user("ann").await.fails(400, -1);
    kit.put(&path).json(json!({"name": "carers"})).as_master().await.ok(200);
    assert_eq!(kit.get(&path).await.body["name"], "carers");
    kit.finish().await;
}

#[tokio::test]
async fn roles_are_found_by_name() {
    let kit = Kit::new().start().await;
    kit.role("nurses", &[]).await;
    let found =
        kit.get("/roles").query("where", json!({"name": "nurses"})).await.is(expect![[r#"200 {"results":[{"ACL":{"*":{"read":true}},"createdAt":"<now>","name":"nurses","objectId":"<1>","roles":{"__type":"Relation","className":"_Role"},"updatedAt":"<now>","users":{"__type":"Relation","className":"_User"}}]}"#]]).trail(expect!["PHI.QUERY by anonymous _Role*1 read(name roles users) where[name=?] -> ok rows 1"]);
    assert_eq!(found.results().len(), 1);
    kit.finish().await;
}
