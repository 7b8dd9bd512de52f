//! Protected fields: not shown, not searched, not sorted by.

use expect_test::expect;
use kit::Kit;
use serde_json::{Value as Json, json};

fn charts(protected: Json) -> kit::Setup {
    Kit::new().schema(json!({
        "className": "Chart",
        "fields": {
            "text": {"type": "String"}, "ssn": {"type": "String"}, "map": {"type": "Object"}, "n": {"type": "Number"},
            "owner": {"type": "Pointer", "targetClass": "_User"},
        },
        "classLevelPermissions": {
            "find": {"*": true}, "get": {"*": true}, "count": {"*": true}, "create": {"*": true},
            "update": {"*": true}, "delete": {"*": true}, "addField": {"*": true}, "protectedFields": protected,
        },
    }))
}

#[tokio::test]
async fn what_is_protected_stays_with_the_master_key() {
    let kit = charts(json!({"*": ["ssn", "map"]})).start().await;
    let secret = kit.canary();
    let id = kit.seed("Chart", json!({"text": "x", "ssn": secret, "map": {"k": secret}})).await;
    let path = format!("/classes/Chart/{id}");
    let one = kit
        .get(&path)
        .as_user("ann")
        .await
        .is(expect![[r#"200 {"createdAt":"<now>","objectId":"<1>","text":"x","updatedAt":"<now>"}"#]])
        .trail(expect!["PHI.READ by <ann> Chart*1 read(text) masked(map ssn) -> ok rows 1"]);
    let all = kit.get("/classes/Chart").query("keys", "text,ssn").as_user("ann").await.is(expect![[
        r#"200 {"results":[{"createdAt":"<now>","objectId":"<1>","text":"x","updatedAt":"<now>"}]}"#
    ]]);
    assert!(!one.text.contains(&secret) && !all.text.contains(&secret));
    assert_eq!(kit.get(&path).as_master().await.body["ssn"], secret);
    kit.finish().await;
}

#[tokio::test]
async fn nobody_finds_out_by_asking_the_other_way_round() {
    let kit = charts(json!({"*": ["ssn", "map"]})).start().await;
    let secret = kit.canary();
    kit.seed("Chart", json!({"text": "x", "ssn": secret, "map": {"k": secret}})).await;
    let sub = json!({"className": "Chart", "where": {"ssn": secret}});
    for condition in [
        json!({"ssn": secret}),
        json!({"ssn": {"$regex": "^K"}}),
        json!({"$or": [{"text": "x"}, {"ssn": secret}]}),
        json!({"$and": [{"$nor": [{"ssn": secret}]}]}),
        json!({"map.k": secret}),
        json!({"owner": {"$inQuery": sub}}),
        json!({"text": {"$select": {"query": sub, "key": "text"}}}),
        json!({"text": {"$select": {"query": {"className": "Chart", "where": {}}, "key": "ssn"}}}),
    ] {
        let answer = kit.get("/classes/Chart").query("where", condition.clone()).as_user("ann").await;
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!(119)), "{condition}: {}", answer.text);
    }
    for order in ["ssn", "-map.k", "text,ssn"] {
        let answer = kit.get("/classes/Chart").query("order", order).as_user("ann").await;
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (400, &json!(119)),
            "order {order}: {}",
            answer.text
        );
    }
    kit.get("/classes/Chart")
        .query("where", json!({"ssn": secret}))
        .as_user("ann")
        .await
        .is(expect![[r#"400 {"code":119,"error":"Permission denied"}"#]])
        .trail(expect!["PHI.QUERY by <ann> Chart where[ssn=?] -> denied 119 by rule policy"]);
    kit.finish().await;
}

#[tokio::test]
async fn groups_that_know_a_caller_better_protect_less() {
    let protected = json!({
        "*": ["ssn", "text"], "authenticated": ["ssn"], "role:doctors": [], "userField:owner": ["text"],
    });
    let kit = charts(protected).start().await;
    kit.role("doctors", &["doc"]).await;
    let owner = json!({"__type": "Pointer", "className": "_User", "objectId": kit.id_of("ann").await});
    let id = kit.seed("Chart", json!({"text": "t", "ssn": "s", "owner": owner})).await;
    let path = format!("/classes/Chart/{id}");
    let seen = async |request: kit::Request<'_>| {
        let answer = request.await.ok(200);
        ["text", "ssn"]
            .into_iter()
            .filter(|field| answer.body.get(*field).is_some())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(seen(kit.get(&path)).await, "");
    assert_eq!(seen(kit.get(&path).as_user("bob")).await, "text");
    assert_eq!(seen(kit.get(&path).as_user("doc")).await, "text ssn");
    // The owner is in three groups: what all of them protect is nothing.
    assert_eq!(seen(kit.get(&path).as_user("ann")).await, "text ssn");
    kit.finish().await;
}

#[tokio::test]
async fn included_objects_keep_their_protection() {
    let kit = charts(json!({"*": ["ssn"]}))
        .class("Visit", json!({"chart": {"type": "Pointer", "targetClass": "Chart"}}))
        .start()
        .await;
    let secret = kit.canary();
    let chart = kit.seed("Chart", json!({"text": "x", "ssn": secret})).await;
    let chart = json!({"__type": "Pointer", "className": "Chart", "objectId": chart});
    kit.seed("Visit", json!({"chart": chart})).await;
    let seen =
        kit.get("/classes/Visit").query("include", "chart").as_user("ann").await.ok(200).trail(expect![[
            r#"
            PHI.READ by <ann> Chart*1 read(text) masked(ssn) -> ok rows 1
            PHI.QUERY by <ann> Visit*1 read(chart) -> ok rows 1"#
        ]]);
    assert_eq!(seen.results()[0]["chart"]["text"], "x");
    assert!(!seen.text.contains(&secret));
    kit.finish().await;
}

#[tokio::test]
async fn the_settings_hide_more_than_the_class_does() {
    let kit = charts(json!({"*": ["map"], "authenticated": ["map", "ssn"]}))
        .configure(|config| {
            let hidden = json!({"Chart": {"*": ["ssn", "text"]}, "_User": {"*": ["phone"]}});
            config.data.protected_fields = serde_json::from_value(hidden).unwrap();
        })
        .start()
        .await;
    kit.seed("Chart", json!({"text": "x", "ssn": "1", "map": {"k": 1}})).await;
    // What every group that applies hides: of strangers three fields, of users the two that both sets name.
    kit.get("/classes/Chart")
        .await
        .is(expect![[r#"200 {"results":[{"createdAt":"<now>","objectId":"<1>","updatedAt":"<now>"}]}"#]]);
    kit.get("/classes/Chart").as_user("ann").await.is(expect![[
        r#"200 {"results":[{"createdAt":"<now>","objectId":"<1>","text":"x","updatedAt":"<now>"}]}"#
    ]]);
    kit.get("/classes/Chart").query("where", json!({"text": "x"})).await.fails(400, 119);
    let ann = format!("/users/{}", kit.id_of("ann").await);
    kit.put(&ann).json(json!({"phone": "1", "ACL": {"*": {"read": true}}})).as_user("ann").await.ok(200);
    assert!(kit.get(&ann).as_user("bob").await.ok(200).body.get("phone").is_none());
    assert_eq!(kit.get(&ann).as_user("ann").await.ok(200).body["phone"], "1");
    kit.finish().await;
}

#[tokio::test]
async fn owners_and_answers_to_saves_lose_their_exemption_where_that_is_set() {
    let kit = charts(json!({"*": ["ssn"]}))
        .configure(|config| {
            config.data.protected_fields_owner_exempt = false;
            config.data.protected_fields_save_response_exempt = false;
        })
        .start()
        .await;
    let ann = format!("/users/{}", kit.id_of("ann").await);
    kit.put(&ann).json(json!({"email": "ann@clinic.example"})).as_user("ann").await.ok(200);
    assert!(kit.get(&ann).as_user("ann").await.ok(200).body.get("email").is_none());
    let grown = json!({"ssn": {"__op": "Delete"}, "map": {"k": 1}});
    let id = kit.seed("Chart", grown).await;
    let list = json!({"n": {"__op": "Increment", "amount": 1}});
    kit.put(&format!("/classes/Chart/{id}")).json(list).as_master().await.ok(200);
    let schema = json!({"classLevelPermissions": {"update": {"*": true}, "protectedFields": {"*": ["n"]}}});
    kit.put("/schemas/Chart").json(schema).as_master().await.ok(200);
    let grow =
        kit.put(&format!("/classes/Chart/{id}")).json(json!({"n": {"__op": "Increment", "amount": 1}}));
    assert!(grow.await.ok(200).body.get("n").is_none());
    kit.finish().await;
}

/// An answer to a save hid from owners what they read a moment later.
#[tokio::test]
async fn an_answer_to_a_save_shows_what_a_read_shows() {
    let kit = charts(json!({"*": ["n"], "userField:owner": []}))
        .configure(|config| {
            config.data.protected_fields_save_response_exempt = false;
            let hidden = json!({"_User": {"*": ["n"]}});
            config.data.protected_fields = serde_json::from_value(hidden).unwrap();
        })
        .start()
        .await;
    let grow = |path: &str| kit.put(path).json(json!({"n": {"__op": "Increment", "amount": 1}}));
    let ann = format!("/users/{}", kit.id_of("ann").await);
    assert_eq!(grow(&ann).as_user("ann").await.ok(200).body["n"], 1);
    let owner = json!({"__type": "Pointer", "className": "_User", "objectId": kit.id_of("ann").await});
    let chart = format!("/classes/Chart/{}", kit.seed("Chart", json!({"owner": owner, "n": 1})).await);
    assert_eq!(grow(&chart).as_user("ann").await.ok(200).body["n"], 2);
    assert!(grow(&chart).as_user("bob").await.ok(200).body.get("n").is_none());
    kit.finish().await;
}
