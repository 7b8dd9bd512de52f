//! Class-level permissions, operation by operation.

use expect_test::expect;
use kit::Kit;
use serde_json::{Value as Json, json};

fn class(permissions: Json) -> kit::Setup {
    Kit::new().schema(json!({
        "className": "Chart",
        "fields": {
            "text": {"type": "String"}, "owner": {"type": "Pointer", "targetClass": "_User"},
            "team": {"type": "Array"},
        },
        "classLevelPermissions": permissions,
    }))
}

fn everything(who: Json) -> Json {
    json!({
        "find": who, "get": who, "count": who, "create": who, "update": who, "delete": who, "addField": who,
    })
}

#[tokio::test]
async fn a_locked_class_answers_the_master_key_alone_and_records_each_denial() {
    let kit = class(everything(json!({}))).start().await;
    let id = kit.seed("Chart", json!({"text": "x"})).await;
    let path = format!("/classes/Chart/{id}");
    kit.get("/classes/Chart")
        .as_user("ann")
        .await
        .is(expect![[r#"400 {"code":119,"error":"Permission denied"}"#]])
        .trail(expect!["PHI.QUERY by <ann> Chart -> denied 119 by rule policy"]);
    kit.get(&path)
        .as_user("ann")
        .await
        .fails(400, 119)
        .trail(expect!["PHI.READ by <ann> Chart*1 -> denied 119 by rule policy"]);
    kit.get("/classes/Chart")
        .query("limit", 0)
        .query("count", 1)
        .as_user("ann")
        .await
        .fails(400, 119)
        .trail(expect!["PHI.COUNT by <ann> Chart -> denied 119 by rule policy"]);
    kit.post("/classes/Chart")
        .json(json!({"text": "y"}))
        .as_user("ann")
        .await
        .is(expect![[r#"400 {"code":119,"error":"Permission denied"}"#]])
        .trail(expect![[r#"
        PHI.CREATE intent by <ann> Chart*1 wrote(text)
        PHI.CREATE outcome by <ann> Chart*1 wrote(text) -> denied 119 by rule policy"#]]);
    kit.put(&path).json(json!({"text": "y"})).as_user("ann").await.fails(400, 119).trail(expect![[r#"
        PHI.UPDATE intent by <ann> Chart*1 wrote(text)
        PHI.UPDATE outcome by <ann> Chart*1 wrote(text) -> denied 119 by rule policy"#]]);
    kit.delete(&path).as_user("ann").await.fails(400, 119).trail(expect![[r#"
        PHI.DELETE intent by <ann> Chart*1
        PHI.DELETE outcome by <ann> Chart*1 -> denied 119 by rule policy"#]]);
    kit.get(&path).as_master().await.ok(200);
    kit.finish().await;
}

#[tokio::test]
async fn a_session_is_required_where_the_class_says_so() {
    let kit = class(everything(json!({"requiresAuthentication": true}))).start().await;
    let id = kit.post("/classes/Chart").json(json!({"text": "x"})).as_user("ann").await.ok(201).id();
    let path = format!("/classes/Chart/{id}");
    kit.get("/classes/Chart").as_user("ann").await.ok(200);
    kit.get(&path).as_user("bob").await.ok(200);
    for request in [
        kit.get("/classes/Chart"),
        kit.get(&path),
        kit.post("/classes/Chart").json(json!({})),
        kit.put(&path).json(json!({"text": "y"})),
        kit.delete(&path),
    ] {
        request.await.fails(404, 101);
    }
    kit.get("/classes/Chart")
        .await
        .is(expect![[r#"404 {"code":101,"error":"Permission denied"}"#]])
        .trail(expect!["PHI.QUERY by anonymous Chart -> denied 101 by rule policy"]);
    kit.finish().await;
}

#[tokio::test]
async fn a_role_or_a_user_may_be_named() {
    let kit = Kit::new().start().await;
    let ann = kit.id_of("ann").await;
    kit.role("doctors", &["doc"]).await;
    let mut permissions = everything(json!({"role:doctors": true}));
    permissions["find"] = json!({"role:doctors": true, (ann): true});
    let schema = json!({"className": "Chart", "fields": {}, "classLevelPermissions": permissions});
    kit.post("/schemas/Chart").json(schema).as_master().await.ok(200);
    kit.get("/classes/Chart").as_user("doc").await.ok(200);
    kit.get("/classes/Chart").as_user("ann").await.ok(200);
    kit.get("/classes/Chart").as_user("bob").await.fails(400, 119);
    kit.post("/classes/Chart").json(json!({})).as_user("doc").await.ok(201);
    kit.post("/classes/Chart").json(json!({})).as_user("ann").await.fails(400, 119);
    kit.finish().await;
}

#[tokio::test]
async fn pointer_permissions_narrow_the_rows() {
    let mut permissions = everything(json!({}));
    for operation in ["find", "get", "count"] {
        permissions[operation] = json!({"pointerFields": ["owner", "team"]});
    }
    permissions["update"] = json!({"pointerFields": ["owner"]});
    let kit = class(permissions).start().await;
    let user = |id: &str| json!({"__type": "Pointer", "className": "_User", "objectId": id});
    let (ann, bob) = (user(&kit.id_of("ann").await), user(&kit.id_of("bob").await));
    let first = kit.seed("Chart", json!({"text": "1", "owner": ann})).await;
    let second = kit.seed("Chart", json!({"text": "2", "owner": bob, "team": [ann]})).await;
    kit.seed("Chart", json!({"text": "3", "owner": bob})).await;

    let seen =
        kit.get("/classes/Chart").query("order", "text").query("count", 1).as_user("ann").await.ok(200);
    assert_eq!((seen.all("text"), &seen.body["count"]), (vec![json!("1"), json!("2")], &json!(2)));
    let nobody = kit.get("/classes/Chart").await;
    nobody.is(expect![[r#"200 {"results":[]}"#]]).trail(expect!["PHI.QUERY by anonymous Chart -> ok"]);
    kit.put(&format!("/classes/Chart/{first}")).json(json!({"text": "1b"})).as_user("ann").await.ok(200);
    kit.put(&format!("/classes/Chart/{second}"))
        .json(json!({"text": "2b"}))
        .as_user("ann")
        .await
        .fails(404, 101);
    kit.finish().await;
}

#[tokio::test]
async fn new_fields_need_the_right_to_add_them() {
    let mut permissions = everything(json!({"*": true}));
    permissions["addField"] = json!({});
    let kit = class(permissions).start().await;
    kit.post("/classes/Chart").json(json!({"text": "x"})).as_user("ann").await.ok(201);
    kit.post("/classes/Chart")
        .json(json!({"fresh": 1}))
        .as_user("ann")
        .await
        .is(expect![[r#"400 {"code":119,"error":"Permission denied"}"#]])
        .trail(expect![[r#"
        PHI.CREATE intent by <ann> Chart*1 wrote(fresh)
        PHI.CREATE outcome by <ann> Chart*1 wrote(fresh) -> denied 119 by rule policy"#]]);
    let id = kit.seed("Chart", json!({"text": "x"})).await;
    kit.put(&format!("/classes/Chart/{id}")).json(json!({"fresh": 1})).as_user("ann").await.fails(400, 119);
    kit.put(&format!("/classes/Chart/{id}")).json(json!({"fresh": 1})).as_master().await.ok(200);
    kit.finish().await;
}

#[tokio::test]
async fn a_default_acl_of_the_class_is_given_to_new_objects() {
    let mut permissions = everything(json!({"*": true}));
    permissions["ACL"] =
        json!({"currentUser": {"read": true, "write": true}, "role:doctors": {"read": true}});
    let kit = class(permissions).start().await;
    let id = kit.post("/classes/Chart").json(json!({"text": "x"})).as_user("ann").await.ok(201).id();
    let ann = kit.id_of("ann").await;
    let stored = kit.get(&format!("/classes/Chart/{id}")).as_master().await.ok(200);
    assert_eq!(
        stored.body["ACL"],
        json!({(ann): {"read": true, "write": true}, "role:doctors": {"read": true}}),
    );
    kit.get(&format!("/classes/Chart/{id}")).as_user("bob").await.fails(404, 101);
    kit.finish().await;
}

/// Whoever had a session once reached every row of a class that asks for a session and names fields of users.
#[tokio::test]
async fn a_session_alone_doesnt_reach_beyond_the_rows_that_point_to_it() {
    let mut permissions = everything(json!({"requiresAuthentication": true}));
    for operation in ["find", "update"] {
        permissions[operation] = json!({"requiresAuthentication": true, "pointerFields": ["owner"]});
    }
    let kit = class(permissions).start().await;
    let ann = json!({"__type": "Pointer", "className": "_User", "objectId": kit.id_of("ann").await});
    let hers = kit.seed("Chart", json!({"text": "hers", "owner": ann})).await;
    let other = kit.seed("Chart", json!({"text": "other"})).await;
    assert_eq!(kit.get("/classes/Chart").as_user("ann").await.ok(200).all("text"), ["hers"]);
    assert!(kit.get("/classes/Chart").as_user("bob").await.ok(200).results().is_empty());
    let put = |id: &str| kit.put(&format!("/classes/Chart/{id}")).json(json!({"text": "x"})).as_user("ann");
    put(&hers).await.ok(200);
    put(&other).await.fails(404, 101);
    kit.finish().await;
}

#[tokio::test]
async fn a_stranger_who_asks_for_one_object_of_somebodys_is_told_that_it_isnt_there() {
    let mut permissions = everything(json!({}));
    permissions["find"] = json!({"pointerFields": ["owner"]});
    permissions["get"] = json!({"pointerFields": ["owner"]});
    let kit = class(permissions).start().await;
    let id = kit.seed("Chart", json!({"text": "x"})).await;
    kit.get("/classes/Chart").query("where", json!({"objectId": id})).await.fails(404, 101);
    kit.get(&format!("/classes/Chart/{id}")).await.fails(404, 101);
    assert!(kit.get("/classes/Chart").await.ok(200).results().is_empty());
    kit.finish().await;
}

/// Who may not add a field to a class was told of an object whether it is there.
#[tokio::test]
async fn a_field_that_may_not_be_added_is_refused_whatever_it_is_added_to() {
    let mut permissions = everything(json!({"*": true}));
    permissions["addField"] = json!({});
    let kit = class(permissions).start().await;
    let id = kit.seed("Chart", json!({"text": "x"})).await;
    for id in [id.as_str(), "missing"] {
        kit.put(&format!("/classes/Chart/{id}")).json(json!({"new": 1})).await.fails(400, 119);
    }
    kit.finish().await;
}

/// Classes of the server's own that aren't there yet looked empty to everybody.
#[tokio::test]
async fn the_servers_own_classes_are_closed_before_they_are_there() {
    let kit = Kit::new().start().await;
    let classes = [
        "_JobStatus",
        "_PushStatus",
        "_Hooks",
        "_GlobalConfig",
        "_GraphQLConfig",
        "_JobSchedule",
        "_Audience",
        "_Idempotency",
        "_Join:users:_Role",
    ];
    for class in classes {
        let (all, one) = (format!("/classes/{class}"), format!("/classes/{class}/abc"));
        for request in [
            kit.get(&all),
            kit.get(&one),
            kit.post(&all).json(json!({"a": 1})),
            kit.put(&one).json(json!({"a": 1})),
            kit.delete(&one),
        ] {
            request.as_user("ann").await.fails(400, 119);
        }
        let answer = kit.get(&all).as_master().await;
        match class.starts_with("_Join:") {
            // Its rows aren't objects, for the master key either.
            true => answer.fails(400, 108),
            false => {
                assert!(answer.results().is_empty(), "{class}");
                answer.ok(200)
            }
        };
    }
    kit.finish().await;
}

#[tokio::test]
async fn why_something_is_refused_is_told_where_the_settings_say_so() {
    let kit = class(json!({"get": {"requiresAuthentication": true}, "create": {"*": true}}))
        .configure(|config| config.rest.sanitise_errors = false)
        .start()
        .await;
    kit.get("/classes/Chart")
        .await
        .is(expect![[r#"400 {"code":119,"error":"Permission denied for action find on class Chart."}"#]]);
    kit.get("/classes/Chart/abc")
        .await
        .is(expect![[r#"404 {"code":101,"error":"Permission denied, user needs to be authenticated."}"#]]);
    kit.get("/classes/_JobStatus").await.is(expect![[r#"400 {"code":119,"error":"Clients aren't allowed to perform the find operation on the _JobStatus collection."}"#]]);
    kit.post("/classes/Unknown").json(json!({})).await.is(expect![[
        r#"400 {"code":119,"error":"This user is not allowed to access non-existent class: Unknown"}"#
    ]]);
    kit.get("/schemas").await.is(expect![[r#"403 {"error":"unauthorized: master key is required"}"#]]);
    kit.get("/users/me").await.is(expect![[r#"400 {"code":209,"error":"Invalid session token"}"#]]);
    let requests = json!([{"method": "DELETE", "path": "/parse/classes/Chart/abc"}]);
    kit.post("/batch").json(json!({ "requests": requests })).await.is(expect![[
        r#"200 [{"error":{"code":119,"error":"Permission denied for action delete on class Chart."}}]"#
    ]]);
    kit.finish().await;
}
