//! Aggregations and distinct values over REST.

use expect_test::expect;
use kit::Kit;
use serde_json::{Value as Json, json};

async fn ward() -> Kit {
    let kit = Kit::new()
        .class(
            "Visit",
            json!({
                "ward": {"type": "Pointer", "targetClass": "Ward"}, "price": {"type": "Number"},
                "on": {"type": "Date"}, "tags": {"type": "Array"},
            }),
        )
        .class("Ward", json!({"name": {"type": "String"}}))
        .start()
        .await;
    let mut wards = Vec::new();
    for name in ["North", "South"] {
        wards.push(kit.seed("Ward", json!({"name": name})).await);
    }
    for (n, price) in [(0, 10), (0, 30), (1, 5), (1, 7)] {
        let pointer = json!({"__type": "Pointer", "className": "Ward", "objectId": wards[n]});
        let on = json!({"__type": "Date", "iso": format!("2024-0{}-01T10:00:00.000Z", n + 1)});
        kit.seed("Visit", json!({"ward": pointer, "price": price, "on": on, "tags": ["t", price]})).await;
    }
    kit
}

async fn results(kit: &Kit, class: &str, parameter: &str, value: Json) -> Json {
    let answer = kit.get(&format!("/aggregate/{class}")).query(parameter, value).as_master().await.ok(200);
    answer.body["results"].clone()
}

#[tokio::test]
async fn a_pipeline_tells_how_its_objects_are_found() {
    let kit = ward().await;
    let ask = |explain: Json| {
        let pipeline = json!([{"$match": {"price": 777}}, {"$group": {"_id": "$price"}}]);
        kit.get("/aggregate/Visit").query("pipeline", pipeline).query("explain", explain)
    };
    let plan = ask(json!(true)).as_master().await.ok(200);
    assert!(plan.body["results"][0]["queryPlanner"].is_object(), "{}", plan.text);
    assert!(!plan.text.contains("777"), "{}", plan.text);
    ask(json!("loudly"))
        .as_master()
        .await
        .is(expect![[r#"400 {"code":102,"error":"Invalid value for explain"}"#]]);
    assert_eq!(ask(json!(true)).await.status, 403);
    kit.finish().await;
}

#[tokio::test]
async fn groups_are_gathered_and_recorded() {
    let kit = ward().await;
    let pipeline = json!([
        {"$match": {"price": {"$gt": 5}}},
        {"$group": {"_id": {"$month": "$on"}, "sum": {"$sum": "$price"}}},
        {"$sort": {"objectId": 1}},
    ]);
    kit.get("/aggregate/Visit")
        .query("pipeline", pipeline)
        .as_master()
        .await
        .is(expect![[r#"200 {"results":[{"objectId":1,"sum":40},{"objectId":2,"sum":7}]}"#]])
        .trail(expect![[r#"PHI.QUERY by master Visit read(on price) -> ok rows 2"#]]);
    let joined = json!([
        {"$match": {"price": 5}},
        {"$lookup": {"from": "Ward", "localField": "ward", "foreignField": "objectId", "as": "wards"}},
        {"$project": {"objectId": 0, "names": "$wards.name"}},
    ]);
    kit.get("/aggregate/Visit")
        .query("pipeline", joined)
        .as_master()
        .await
        .is(expect![[r#"200 {"results":[{"names":["South"]}]}"#]]);
    // Each class that is walked through is in the trail, however its objects were found.
    let walked = json!([
        {"$match": {"price": 5}},
        {"$graphLookup": {
            "from": "Ward", "startWith": "$ward", "connectFromField": "next", "connectToField": "objectId", "as": "w",
        }},
        {"$project": {"objectId": 0, "names": "$w.name"}},
    ]);
    kit.get("/aggregate/Visit")
        .query("pipeline", walked)
        .as_master()
        .await
        .is(expect![[r#"200 {"results":[{"names":["South"]}]}"#]])
        .trail(expect![[r#"
            PHI.QUERY by master Ward -> ok
            PHI.QUERY by master Visit read(names price w ward) -> ok rows 1"#]]);
    // What is still an object of the class leaves under its id.
    let redacted = json!([{"$match": {"price": 5}}, {"$redact": "$$DESCEND"}, {"$project": {"price": 1}}]);
    kit.get("/aggregate/Visit")
        .query("pipeline", redacted)
        .as_master()
        .await
        .trail(expect!["PHI.QUERY by master Visit*1 read(price) -> ok rows 1"]);
    // So it does in MongoDB's own words.
    let columns = json!([{"$match": {"price": 5}}, {"$project": {"price": 1, "ward": 1}}]);
    let raw = kit
        .get("/aggregate/Visit")
        .query("pipeline", columns)
        .query("rawValues", true)
        .query("rawFieldNames", true)
        .as_master()
        .await;
    assert!(
        raw.results()[0].get("_p_ward").is_some() && raw.results()[0].get("_id").is_some(),
        "{}",
        raw.text
    );
    raw.trail(expect!["PHI.QUERY by master Visit*1 read(price ward) -> ok rows 1"]);
    kit.finish().await;
}

#[tokio::test]
async fn the_strongest_sort_key_is_the_first_one() {
    let kit = ward().await;
    // As a text, for here the order of keys counts.
    let body = r#"{"pipeline": [
        {"$addFields": {"big": {"$gte": ["$price", 10]}}},
        {"$sort": {"big": 1, "price": -1}},
        {"$project": {"price": 1, "objectId": 0}}
    ], "_method": "GET"}"#;
    kit.post("/aggregate/Visit")
        .header("Content-Type", "text/plain")
        .bytes(body)
        .as_master()
        .await
        .is(expect![[r#"200 {"results":[{"price":7},{"price":5},{"price":30},{"price":10}]}"#]]);
    kit.finish().await;
}

#[tokio::test]
async fn objects_that_leave_whole_are_recorded_one_by_one() {
    let kit = ward().await;
    let pipeline = json!([{"$match": {"price": {"$lt": 8}}}, {"$project": {"price": 1}}]);
    let answer = kit.get("/aggregate/Visit").query("pipeline", pipeline).as_master().await.ok(200);
    assert_eq!(answer.results().len(), 2);
    answer.trail(expect![[r#"PHI.QUERY by master Visit*2 read(price) -> ok rows 2"#]]);
    kit.finish().await;
}

/// A pipeline that gave ids of its own put these in the trail, in place of the objects' that left.
#[tokio::test]
async fn ids_that_a_pipeline_gives_are_not_recorded_as_objects() {
    let kit = ward().await;
    for (stage, trail) in [
        (
            json!({"$addFields": {"_id": "x"}}),
            expect!["PHI.QUERY by master Visit read(on price tags ward) -> ok rows 1"],
        ),
        (
            json!({"$project": {"objectId": "$tags", "price": 1}}),
            expect!["PHI.QUERY by master Visit read(price tags) -> ok rows 1"],
        ),
        // What isn't named leaves, too.
        (
            json!({"$group": {"_id": null, "all": {"$push": "$$ROOT"}}}),
            expect!["PHI.QUERY by master Visit read(on price tags ward) -> ok rows 1"],
        ),
        (
            json!({"$unwind": "$ward"}),
            expect!["PHI.QUERY by master Visit read(on price tags ward) -> ok rows 1"],
        ),
    ] {
        let pipeline = json!([{"$match": {"price": 5}}, stage]);
        let answer = kit.get("/aggregate/Visit").query("pipeline", pipeline).as_master().await.ok(200);
        answer.trail(trail);
    }
    kit.finish().await;
}

#[tokio::test]
async fn distinct_values() {
    let kit = ward().await;
    let mut tags: Vec<String> = results(&kit, "Visit", "distinct", json!("tags"))
        .await
        .as_array()
        .unwrap()
        .iter()
        .map(Json::to_string)
        .collect();
    tags.sort();
    assert_eq!(tags, ["\"t\"", "10", "30", "5", "7"]);
    let wards = results(&kit, "Visit", "distinct", json!("ward")).await;
    assert_eq!(wards.as_array().unwrap().len(), 2);
    assert_eq!(wards[0]["__type"], "Pointer");
    assert_eq!(results(&kit, "Visit", "distinct", json!("unknown")).await, json!([]));
    assert_eq!(results(&kit, "Nothing", "distinct", json!("a")).await, json!([]));
    kit.get("/aggregate/Visit")
        .query("distinct", "price")
        .query("where", json!({"price": {"$lt": 6}}))
        .as_master()
        .await
        .is(expect![[r#"200 {"results":[5]}"#]])
        .trail(expect![[r#"PHI.QUERY by master Visit read(price) where[price<?] -> ok rows 1"#]]);
    kit.finish().await;
}

#[tokio::test]
async fn it_is_the_master_key_s() {
    let kit = ward().await;
    for request in [kit.get("/aggregate/Visit").anonymous(), kit.get("/aggregate/Visit").as_user("ann")] {
        request
            .query("pipeline", json!([{"$limit": 1}]))
            .await
            .is(expect![[r#"403 {"error":"Permission denied"}"#]]);
    }
    kit.finish().await;
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let kit = ward().await;
    for (class, pipeline, code) in [
        ("Visit", json!([{"$bogus": 1}]), 102),
        ("Visit", json!([{"group": {"_id": null}}]), 102),
        ("Visit", json!([{"$group": {"x": {"$sum": 1}}}]), 102),
        ("Visit", json!([{"$out": "Other"}]), 102),
        ("Visit", json!([{"$facet": {"a": [{"$merge": {"into": "Other"}}]}}]), 102),
        ("Visit", json!([{"$match": {"$where": "true"}}]), 102),
        ("Visit", json!([{"$lookup": {"from": "_SCHEMA", "pipeline": [], "as": "x"}}]), 102),
        ("Visit", json!([{"$unionWith": "Unknown"}]), 102),
        ("Visit", json!([{"$graphLookup": {"from": "_SCHEMA", "startWith": 1}}]), 102),
        ("Visit", json!([{"$indexStats": {}}]), 102),
        ("Visit", json!([{"$project": {"x": {"$function": {"body": "f", "args": [], "lang": "js"}}}}]), 102),
        ("_User", json!([{"$project": {"x": "$_hashed_password"}}]), 102),
        ("bad name", json!([]), 103),
    ] {
        let path = format!("/aggregate/{}", class.replace(' ', "%20"));
        let answer = kit.get(&path).query("pipeline", pipeline.clone()).as_master().await;
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!(code)), "{pipeline}: {}", answer.text);
    }
    kit.finish().await;
}

#[tokio::test]
async fn passwords_and_tokens_stay_inside() {
    let kit = ward().await;
    kit.get("/users/me").as_user("ann").await.ok(200);
    for class in ["_User", "_Session"] {
        for pipeline in [
            json!([{"$match": {}}]),
            json!([{"$project": {"all": {"$objectToArray": "$$ROOT"}}}]),
            json!([{"$group": {"_id": null, "all": {"$push": "$$ROOT"}}}]),
            json!([{"$project": {"t": "$sessionToken", "p": "$password"}}]),
            json!([{"$limit": 1}, {"$unionWith": "_Session"}, {"$unionWith": "_User"}]),
        ] {
            let found = results(&kit, class, "pipeline", pipeline).await.to_string();
            assert!(found.len() > 20, "{found}");
            // How a session came to be isn't secret.
            let found = found.replace(r#""authProvider":"password""#, "");
            for secret in ["r:", "argon2", "$2b$", "password", "sessionToken"] {
                assert!(!found.contains(secret), "{class}: {secret} in {found}");
            }
        }
    }
    for (class, field) in [
        ("_User", "_hashed_password"),
        ("_User", "password"),
        ("_Session", "sessionToken"),
        ("_Session", "_x"),
    ] {
        let answer = kit.get(&format!("/aggregate/{class}")).query("distinct", field).as_master().await;
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!(105)), "{field}: {}", answer.text);
    }
    kit.finish().await;
}
