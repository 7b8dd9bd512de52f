//! Places, words, moments told from now, plans and redirected queries: the rest of what a find understands.

use expect_test::expect;
use kit::Kit;
use serde_json::{Value as Json, json};

fn at(latitude: f64, longitude: f64) -> Json {
    json!({"__type": "GeoPoint", "latitude": latitude, "longitude": longitude})
}

async fn places() -> Kit {
    let kit = Kit::new()
        .class(
            "Clinic",
            json!({
                "name": {"type": "String"}, "at": {"type": "GeoPoint"}, "area": {"type": "Polygon"},
                "about": {"type": "String"}, "opened": {"type": "Date"},
                "parent": {"type": "Pointer", "targetClass": "Clinic"},
                "staff": {"type": "Relation", "targetClass": "Nurse"},
            }),
        )
        .class("Nurse", json!({"name": {"type": "String"}}))
        .start()
        .await;
    for (name, latitude, longitude, about) in [
        ("Wien", 48.2082, 16.3738, "coffee, and a café"),
        ("Berlin", 52.52, 13.405, "tea"),
        ("Graz", 47.0707, 15.4395, "coffee"),
    ] {
        let corners = json!([
            [latitude - 1.0, longitude - 1.0],
            [latitude - 1.0, longitude + 1.0],
            [latitude + 1.0, longitude]
        ]);
        let body = json!({
            "name": name, "at": at(latitude, longitude), "about": about,
            "area": {"__type": "Polygon", "coordinates": corners},
            "opened": {"__type": "Date", "iso": "2001-02-03T04:05:06.007Z"},
        });
        kit.seed("Clinic", body).await;
    }
    kit.seed("Nurse", json!({"name": "Nora"})).await;
    kit
}

async fn found(kit: &Kit, condition: Json) -> String {
    let found = kit.get("/classes/Clinic").query("where", condition).await.ok(200);
    found.all("name").iter().map(|name| name.as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_nearest_come_first_unless_an_order_is_given() {
    let kit = places().await;
    let near = json!({"at": {"$nearSphere": at(52.0, 13.0)}});
    assert_eq!(found(&kit, near.clone()).await, "Berlin Wien Graz");
    let ordered =
        kit.get("/classes/Clinic").query("where", near.clone()).query("order", "-name").await.ok(200);
    assert_eq!(ordered.all("name"), ["Wien", "Graz", "Berlin"]);
    let counted = kit.get("/classes/Clinic").query("where", near).query("count", 1).query("limit", 1).await;
    assert_eq!((counted.body["count"].clone(), counted.all("name")), (json!(3), vec![json!("Berlin")]));
    let close = json!({"at": {"$nearSphere": at(48.0, 16.0), "$maxDistanceInKilometers": 150}});
    assert_eq!(found(&kit, close).await, "Wien Graz");
    kit.get("/classes/Clinic")
        .query("where", json!({"at": {"$nearSphere": at(48.2, 16.37), "$maxDistanceInMiles": 5}}))
        .query("keys", "name")
        .await
        .ok(200)
        .trail(expect!["PHI.QUERY by anonymous Clinic*1 read(name staff) where[at geo ?] -> ok rows 1"]);
    kit.finish().await;
}

#[tokio::test]
async fn regions() {
    let kit = places().await;
    for (condition, expected) in [
        (json!({"at": {"$within": {"$box": [at(46.0, 15.0), at(47.5, 17.0)]}}}), "Graz"),
        (
            json!({"at": {"$geoWithin": {"$polygon": [at(47.5, 15.0), at(47.5, 18.0), at(50.0, 16.5)]}}}),
            "Wien",
        ),
        (json!({"at": {"$geoWithin": {"$centerSphere": [[13.4, 52.5], 0.01]}}}), "Berlin"),
        (json!({"area": {"$geoIntersects": {"$point": at(52.0, 13.4)}}}), "Berlin"),
    ] {
        assert_eq!(found(&kit, condition.clone()).await, expected, "{condition}");
    }
    kit.finish().await;
}

#[tokio::test]
async fn words_and_how_well_they_are_answered() {
    let kit = places().await;
    let search = |term: &str| json!({"about": {"$text": {"$search": {"$term": term}}}});
    let best = kit
        .get("/classes/Clinic")
        .query("where", search("coffee"))
        .query("order", "$score")
        .query("keys", "name,$score")
        .await
        .ok(200);
    assert_eq!(best.all("name"), ["Graz", "Wien"]);
    assert!(best.all("score").iter().all(|score| score.as_f64().unwrap() > 0.0), "{}", best.text);
    assert!(best.results()[0].get("about").is_none(), "{}", best.text);
    let plain = kit.get("/classes/Clinic").query("where", search("CAFE")).await.ok(200);
    assert_eq!(plain.all("name"), ["Wien"]);
    assert!(plain.results()[0].get("score").is_none());
    kit.finish().await;
}

#[tokio::test]
async fn moments_told_from_now() {
    let kit = places().await;
    for (field, operator, time, expected) in [
        ("opened", "$lt", "10 years ago", 3),
        ("opened", "$gt", "now", 0),
        ("createdAt", "$gt", "1 day ago", 3),
        ("createdAt", "$lt", "in 2 hrs", 3),
        ("createdAt", "$lt", "1 day ago", 0),
    ] {
        let condition = json!({field: {operator: {"$relativeTime": time}}});
        let answer = kit.get("/classes/Clinic").query("where", condition).await.ok(200);
        assert_eq!(answer.results().len(), expected, "{field} {operator} {time}");
    }
    let later = |field: &str| json!({field: {"$gt": {"$relativeTime": "1 day ago"}}});
    kit.get("/classes/Clinic")
        .query("where", later("name"))
        .await
        .is(expect![[r#"400 {"code":107,"error":"$relativeTime can only be used with a Date field"}"#]]);
    let inside = |condition: Json| json!({"$inQuery": {"className": "Clinic", "where": condition}});
    for refused in [
        later("objectId"),
        json!({"$or": [later("opened"), later("about")]}),
        json!({"parent": inside(later("name"))}),
    ] {
        kit.get("/classes/Clinic").query("where", refused).query("count", 1).await.fails(400, 107);
    }
    // Nobody knows better what a place in an object or a field that isn't there holds.
    for fine in
        [later("unknown"), later("area.k"), json!({"name": "Graz", "parent": inside(later("opened"))})]
    {
        assert!(kit.get("/classes/Clinic").query("where", fine).await.ok(200).results().is_empty());
    }
    kit.finish().await;
}

#[tokio::test]
async fn a_plan_is_for_the_master_key_alone() {
    let kit = places().await;
    let plan = kit
        .get("/classes/Clinic")
        .query("where", json!({"name": "Wien"}))
        .query("explain", true)
        .as_master()
        .await
        .ok(200);
    assert!(plan.body["results"]["queryPlanner"].is_object(), "{}", plan.text);
    assert!(!plan.text.contains("Wien"), "{}", plan.text);
    let refused = kit.get("/classes/Clinic").query("explain", true).await;
    assert_eq!((refused.status, &refused.body["code"]), (400, &json!(102)), "{}", refused.text);
    let odd = kit.get("/classes/Clinic").query("explain", "loudly").as_master().await;
    assert_eq!((odd.status, &odd.body["code"]), (400, &json!(102)), "{}", odd.text);
    kit.finish().await;
}

#[tokio::test]
async fn a_redirected_query_answers_the_class_that_a_relation_holds() {
    let kit = places().await;
    let nurses = kit
        .get("/classes/Clinic")
        .query("redirectClassNameForKey", "staff")
        .query("keys", "name")
        .await
        .ok(200);
    assert_eq!(nurses.all("name"), ["Nora"]);
    assert_eq!(nurses.all("className"), ["Nurse"]);
    // A field that holds no others changes nothing.
    let same = kit.get("/classes/Clinic").query("redirectClassNameForKey", "name").await.ok(200);
    assert_eq!(same.results().len(), 3);
    assert!(same.results()[0].get("className").is_none());
    kit.finish().await;
}

#[tokio::test]
async fn a_redirected_query_needs_the_rights_of_its_new_class() {
    let kit = Kit::new()
        .class("Open", json!({"to": {"type": "Relation", "targetClass": "Shut"}}))
        .schema(json!({"className": "Shut", "classLevelPermissions": {"find": {}, "get": {}, "count": {}}}))
        .start()
        .await;
    let refused = kit.get("/classes/Open").query("redirectClassNameForKey", "to").await;
    assert_eq!((refused.status, &refused.body["code"]), (400, &json!(119)), "{}", refused.text);
    kit.finish().await;
}

#[tokio::test]
async fn advice_changes_nothing() {
    let kit = places().await;
    let answer = kit
        .get("/classes/Clinic")
        .query("comment", "for Ann")
        .query("hint", json!({"_id": 1}))
        .query("readPreference", "SECONDARY")
        .query("includeReadPreference", "nearest")
        .query("subqueryReadPreference", "PRIMARY")
        .await
        .ok(200);
    assert_eq!(answer.results().len(), 3);
    for (name, value) in [("readPreference", "FASTEST"), ("comment", "[1]"), ("hint", "7")] {
        let refused = kit.get("/classes/Clinic").query(name, value).await;
        assert_eq!((refused.status, &refused.body["code"]), (400, &json!(102)), "{name}: {}", refused.text);
    }
    kit.finish().await;
}
