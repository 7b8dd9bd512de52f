//! Where, order, limit, skip, count, keys: what a find understands and what it refuses.

use expect_test::expect;
use kit::Kit;
use serde_json::{Value as Json, json};

/// Five patients, their names in the order of `n`.
async fn ward() -> Kit {
    let kit = Kit::new()
        .class(
            "Sick",
            json!({
                "name": {"type": "String"}, "n": {"type": "Number"}, "tags": {"type": "Array"},
                "since": {"type": "Date"}, "map": {"type": "Object"},
                "next": {"type": "Pointer", "targetClass": "Sick"}, "flag": {"type": "Boolean"},
            }),
        )
        .start()
        .await;
    let mut last: Option<String> = None;
    for (n, (name, tags)) in [
        ("Ann", json!(["a", "b"])),
        ("Bob", json!(["b"])),
        ("Cyn", json!([])),
        ("Dan", json!(["a", "c"])),
        ("eve", json!([1, {"k": 2}])),
    ]
    .into_iter()
    .enumerate()
    {
        let mut body = json!({
            "name": name, "n": n, "tags": tags, "map": {"k": n, "deep": {"er": name}},
            "since": {"__type": "Date", "iso": format!("2000-01-0{}T00:00:00.000Z", n + 1)},
        });
        if let Some(last) = &last {
            body["next"] = json!({"__type": "Pointer", "className": "Sick", "objectId": last});
        }
        if n > 2 {
            body["flag"] = json!(true);
        }
        last = Some(kit.seed("Sick", body).await);
    }
    kit
}

async fn names(kit: &Kit, condition: Json) -> String {
    let found = kit.get("/classes/Sick").query("where", condition).query("order", "n").await.ok(200);
    found.all("name").iter().map(|name| name.as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn comparison() {
    let kit = ward().await;
    let date = |iso: &str| json!({"__type": "Date", "iso": iso});
    for (condition, expected) in [
        (json!({}), "Ann Bob Cyn Dan eve"),
        (json!({"n": 1}), "Bob"),
        (json!({"n": 1, "name": "Ann"}), ""),
        (json!({"n": {"$ne": 1}}), "Ann Cyn Dan eve"),
        (json!({"flag": {"$ne": true}}), "Ann Bob Cyn"),
        (json!({"n": {"$gt": 1, "$lte": 3}}), "Cyn Dan"),
        (json!({"n": {"$gte": 3}}), "Dan eve"),
        (json!({"n": {"$lt": "1"}}), ""),
        (json!({"name": {"$gt": "D"}}), "Dan eve"),
        (json!({"since": {"$lt": date("2000-01-03T00:00:00.000Z")}}), "Ann Bob"),
        (json!({"since": date("2000-01-05T00:00:00.000Z")}), "eve"),
        (json!({"createdAt": {"$gt": date("2020-01-01T00:00:00.000Z")}}), "Ann Bob Cyn Dan eve"),
        (json!({"createdAt": {"$lt": "2020-01-01T00:00:00.000Z"}}), ""),
        (json!({"n": {"$eq": 2}}), "Cyn"),
        (json!({"n": {"$in": [0, 4, "x"]}}), "Ann eve"),
        (json!({"n": {"$nin": [0, 4]}}), "Bob Cyn Dan"),
        (json!({"n": {"$in": []}}), ""),
        (json!({"n": {"$nin": []}}), "Ann Bob Cyn Dan eve"),
        (json!({"flag": {"$exists": true}}), "Dan eve"),
        (json!({"flag": {"$exists": false}}), "Ann Bob Cyn"),
        (json!({"flag": null}), "Ann Bob Cyn"),
        (json!({"flag": {"$in": [null]}}), "Ann Bob Cyn"),
        (json!({"map.k": 3}), "Dan"),
        (json!({"map.deep.er": {"$regex": "^e"}}), "eve"),
        (json!({"map.none": {"$exists": false}}), "Ann Bob Cyn Dan eve"),
    ] {
        assert_eq!(names(&kit, condition.clone()).await, expected, "{condition}");
    }
    kit.finish().await;
}

#[tokio::test]
async fn text_and_arrays() {
    let kit = ward().await;
    for (condition, expected) in [
        (json!({"name": {"$regex": "n$"}}), "Ann Cyn Dan"),
        (json!({"name": {"$regex": "^\\QD\\E"}}), "Dan"),
        (json!({"name": {"$regex": "EVE", "$options": "i"}}), "eve"),
        (json!({"name": {"$regex": "a b", "$options": "xi"}}), ""),
        (json!({"tags": "a"}), "Ann Dan"),
        (json!({"tags": {"$ne": "a"}}), "Bob Cyn eve"),
        (json!({"tags": {"$in": ["b", "c"]}}), "Ann Bob Dan"),
        (json!({"tags": {"$nin": ["a", "b"]}}), "Cyn eve"),
        (json!({"tags": {"$all": ["a", "c"]}}), "Dan"),
        (json!({"tags": {"$all": [{"$regex": "^\\Qa\\E"}]}}), "Ann Dan"),
        (json!({"tags": {"$containedBy": ["a", "b"]}}), "Ann Bob Cyn"),
        (json!({"tags": {"k": 2}}), "eve"),
        (json!({"tags": 1}), "eve"),
    ] {
        assert_eq!(names(&kit, condition.clone()).await, expected, "{condition}");
    }
    kit.finish().await;
}

#[tokio::test]
async fn logic_and_other_queries() {
    let kit = ward().await;
    let found = kit.get("/classes/Sick").query("where", json!({"name": "Bob"})).await;
    let bob = found.results()[0]["objectId"].clone();
    let inner = json!({"className": "Sick", "where": {"n": {"$lt": 2}}});
    let select = json!({"query": {"className": "Sick", "where": {"n": {"$gt": 2}}}, "key": "name"});
    for (condition, expected) in [
        (json!({"$or": [{"n": 0}, {"name": "eve"}]}), "Ann eve"),
        (json!({"$and": [{"n": {"$gt": 0}}, {"tags": "a"}]}), "Dan"),
        (json!({"$nor": [{"n": 0}, {"tags": "b"}]}), "Cyn Dan eve"),
        (json!({"$or": [{"$and": [{"n": 1}, {"name": "Bob"}]}, {"$nor": [{"n": {"$lt": 4}}]}]}), "Bob eve"),
        (json!({"next": {"__type": "Pointer", "className": "Sick", "objectId": bob}}), "Cyn"),
        (json!({"next": {"$in": [{"__type": "Pointer", "className": "Sick", "objectId": bob}]}}), "Cyn"),
        (json!({"next": {"__type": "Pointer", "className": "Other", "objectId": bob}}), ""),
        (json!({"next": {"$inQuery": inner}}), "Bob Cyn"),
        (json!({"next": {"$notInQuery": inner}, "n": {"$gt": 0}}), "Dan eve"),
        (json!({"name": {"$select": select}}), "Dan eve"),
        (json!({"name": {"$dontSelect": select}}), "Ann Bob Cyn"),
        (json!({"objectId": bob}), "Bob"),
        (json!({"objectId": {"$in": [bob, "abcdefghij"]}}), "Bob"),
    ] {
        assert_eq!(names(&kit, condition.clone()).await, expected, "{condition}");
    }
    kit.finish().await;
}

#[tokio::test]
async fn order_limit_skip_count_and_keys() {
    let kit = ward().await;
    let ask = |parameters: &[(&str, &str)]| {
        let mut request = kit.get("/classes/Sick");
        for (name, value) in parameters {
            request = request.query(name, *value);
        }
        request
    };
    let listed = |answer: &kit::Answer| {
        answer
            .all("name")
            .iter()
            .map(|name| name.as_str().unwrap_or("-").to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(listed(&ask(&[("order", "-n")]).await), "eve Dan Cyn Bob Ann");
    assert_eq!(listed(&ask(&[("order", " -flag , n ")]).await), "Dan eve Ann Bob Cyn");
    assert_eq!(listed(&ask(&[("order", "n"), ("limit", "2"), ("skip", "1")]).await), "Bob Cyn");
    let counted =
        ask(&[("order", "n"), ("limit", "1"), ("count", "1"), ("where", r#"{"n":{"$gt":0}}"#)]).await;
    assert_eq!((listed(&counted).as_str(), &counted.body["count"]), ("Bob", &json!(4)));
    ask(&[("limit", "0"), ("count", "1")]).await.is(expect![[r#"200 {"count":5,"results":[]}"#]]);

    ask(&[("keys", "name,n"), ("limit", "1"), ("order", "n")]).await.is(expect![[
        r#"200 {"results":[{"createdAt":"<now>","n":0,"name":"Ann","objectId":"<1>","updatedAt":"<now>"}]}"#
    ]]);
    ask(&[("excludeKeys", "tags,map,since,objectId"), ("limit", "1"), ("order", "n")]).await.is(expect![[
        r#"200 {"results":[{"createdAt":"<now>","n":0,"name":"Ann","objectId":"<1>","updatedAt":"<now>"}]}"#
    ]]);
    let both = ask(&[("keys", "name,n"), ("excludeKeys", "n"), ("limit", "1"), ("order", "n")]).await.ok(200);
    assert!(both.results()[0].get("n").is_none() && both.results()[0].get("name").is_some());
    kit.finish().await;
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let kit = ward().await;
    let secret = kit.canary();
    for (name, value, code) in [
        ("where", json!("{not json"), 107),
        ("where", json!({"$or": "x"}), 102),
        ("where", json!({"$or": []}), 102),
        ("where", json!({"$what": []}), 105),
        ("where", json!({"n": {"$in": secret}}), 107),
        ("where", json!({"n": {"$nin": 7}}), 107),
        ("where", json!({"tags": {"$all": 7}}), 107),
        ("where", json!({"n": {"$unknown": secret}}), 107),
        ("where", json!({"ACL": secret}), 102),
        ("where", json!({"_hashed_password": secret}), 105),
        ("where", json!({"na-me": secret}), 105),
        ("where", json!({"name": {"$regex": 7}}), 102),
        ("where", json!({"name": {"$regex": format!("({secret}")}}), 102),
        ("where", json!({"name": {"$regex": "x", "$options": secret}}), 102),
        ("where", json!({"name": {"$select": {"query": {}}}}), 102),
        ("where", json!({"next": {"$inQuery": {"where": {}}}}), 102),
        ("where", json!({"n": {"__type": "Nonsense", "x": secret}}), 111),
        ("order", json!("1bad"), 105),
        ("limit", json!(-1), 102),
        ("limit", json!(secret), 102),
        ("skip", json!(-1), 102),
        ("nonsense", json!(secret), 102),
        ("explain", json!(true), 102),
    ] {
        let answer = kit.get("/classes/Sick").query(name, value.clone()).await;
        let got = answer.body["code"].as_i64();
        assert_eq!(
            (answer.status, got),
            (400, Some(code)),
            "{name}={value} is answered with {}",
            answer.text
        );
    }
    kit.finish().await;
}

#[tokio::test]
async fn a_refused_find_is_in_the_trail_without_its_operands() {
    let kit = ward().await;
    let secret = kit.canary();
    kit.get("/classes/Sick")
        .query("where", json!({"ACL": secret}))
        .as_user("ann")
        .await
        .is(expect![[r#"400 {"code":102,"error":"Cannot query on ACL."}"#]])
        .trail(expect!["REQUEST.REFUSED by <ann> GET /classes/Sick -> denied 102 by rule unreadable"]);
    let sought =
        json!({"$or": [{"name": secret}, {"map.deep.er": {"$regex": secret}}], "n": {"$in": [1, 2]}});
    kit.get("/classes/Sick")
        .query("where", sought)
        .as_user("ann")
        .await
        .is(expect![[r#"200 {"results":[]}"#]])
        .trail(expect!["PHI.QUERY by <ann> Sick where[(name=? | map.deep.er~?) & n in ?] -> ok"]);
    kit.finish().await;
}
