//! Stages that go beyond one document at a time.

use serde_json::{Value as Json, json};

use super::{NOW, document, object, ran, schema, tried, visits, ward};
use crate::{
    ClassName, Field, FieldName, FieldType, Value,
    aggregate::{Foreign, Pipeline, Plan, Raw},
    encode,
};

#[test]
fn accumulators_take_several() {
    let group = ran(json!([{"$sort": {"_id": 1}}, {"$group": {
        "_id": null, "first": {"$firstN": {"input": "$n", "n": 2}}, "last": {"$lastN": {"input": "$n", "n": 2}},
        "least": {"$minN": {"input": "$n", "n": 2}}, "most": {"$maxN": {"input": "$n", "n": 2}},
        "top": {"$top": {"sortBy": {"n": -1}, "output": "$_id"}},
        "bottom": {"$bottomN": {"sortBy": {"n": -1}, "output": ["$_id", "$n"], "n": 2}},
        "median": {"$median": {"input": "$n", "method": "approximate"}},
        "parts": {"$percentile": {"input": "$n", "p": [0.25, 1], "method": "approximate"}},
    }}]));
    assert_eq!(
        group,
        json!([{"objectId": null, "first": [1, 5], "last": [3, -2.5], "least": [-2.5, 1], "most": [5, 3], "top": "b",
            "bottom": [["a", 1], ["d", -2.5]], "median": 1, "parts": [-2.5, 5]}])
    );
}

#[test]
fn buckets_are_found() {
    let buckets = |buckets: usize| ran(json!([{"$bucketAuto": {"groupBy": "$n", "buckets": buckets}}]));
    assert_eq!(
        buckets(2),
        json!([{"objectId": {"min": -2.5, "max": 3}, "count": 2}, {"objectId": {"min": 3, "max": 5}, "count": 2}])
    );
    assert_eq!(buckets(9).as_array().unwrap().len(), 4);
    let wards = ran(json!([{"$bucketAuto": {
        "groupBy": "$ward", "buckets": 3, "output": {"ids": {"$push": "$_id"}},
    }}]));
    let ids: Vec<&Json> = wards.as_array().unwrap().iter().map(|bucket| &bucket["ids"]).collect();
    assert_eq!(ids, [&json!(["d"]), &json!(["a", "b"]), &json!(["c"])]);
}

#[test]
fn windows_show_neighbours() {
    let windows = |output: Json| {
        let found = ran(json!([
            {"$setWindowFields": {"partitionBy": "$ward", "sortBy": {"n": 1}, "output": {"x": output}}},
            {"$sort": {"_id": 1}}, {"$project": {"x": 1, "_id": 0}},
        ]));
        found.as_array().unwrap().iter().map(|found| found["x"].clone()).collect::<Vec<_>>()
    };
    let running = json!({"$sum": "$n", "window": {"documents": ["unbounded", "current"]}});
    for (output, expected) in [
        (json!({"$sum": "$n"}), json!([6, 6, 3, -2.5])),
        (running, json!([1, 6, 3, -2.5])),
        (json!({"$push": "$n", "window": {"documents": [-1, 0]}}), json!([[1], [1, 5], [3], [-2.5]])),
        (json!({"$push": "$n", "window": {"documents": [1, 1]}}), json!([[5], [], [], []])),
        (json!({"$avg": "$n", "window": {"range": [-4, "current"]}}), json!([1, 3, 3, -2.5])),
        (json!({"$count": {}, "window": {"range": [-3, "unbounded"]}}), json!([2, 1, 1, 1])),
        (json!({"$documentNumber": {}}), json!([1, 2, 1, 1])),
        (
            json!({"$shift": {"by": -1, "output": "$n", "default": "none"}}),
            json!(["none", 1, "none", "none"]),
        ),
        (json!({"$shift": {"by": 1, "output": "$n"}}), json!([5, null, null, null])),
        (json!({"$locf": "$text"}), json!([null, null, " Café ", "a,b"])),
    ] {
        assert_eq!(Json::Array(windows(output.clone())), expected, "{output}");
    }
    let ranks = ran(json!([
        {"$setWindowFields": {"sortBy": {"ward": 1}, "output": {"rank": {"$rank": {}}, "dense": {"$denseRank": {}}}}},
        {"$sort": {"_id": 1}}, {"$project": {"rank": 1, "dense": 1}},
    ]));
    let expected = [("a", 2, 2), ("b", 2, 2), ("c", 4, 3), ("d", 1, 1)];
    let expected = expected.map(|(id, rank, dense)| json!({"objectId": id, "rank": rank, "dense": dense}));
    assert_eq!(ranks, Json::from(expected.to_vec()));
    let dates = ran(json!([
        {"$match": {"at": {"$exists": true}}},
        {"$setWindowFields": {"sortBy": {"at": 1}, "output": {
            "near": {"$count": {}, "window": {"range": [-1, "current"], "unit": "hour"}},
        }}},
        {"$project": {"near": 1, "_id": 0}},
    ]));
    assert_eq!(dates, json!([{"near": 1}, {"near": 2}]));
}

/// A running total of many documents was more work than an aggregation may do.
#[test]
fn windows_that_only_grow_are_cheap_and_others_end() {
    let many = |output: Json| {
        let range = json!({"$addFields": {"r": {"$range": [0, 20_000]}}});
        let window = json!({"$setWindowFields": {"sortBy": {"r": 1}, "output": {"x": output}}});
        tried(json!([{"$limit": 1}, range, {"$unwind": "$r"}, window, {"$count": "n"}]))
    };
    let running = json!({"$avg": "$r", "window": {"documents": ["unbounded", "current"]}});
    assert_eq!(many(running).unwrap(), [json!({"n": 20_000})]);
    let copies = json!({"$push": "$r", "window": {"documents": ["unbounded", "current"]}});
    assert!(many(copies).unwrap_err().message.contains("too much work"));
}

#[test]
fn redaction_goes_down() {
    let keep = json!({"$redact": {"$cond": [{"$eq": [{"$ifNull": ["$k", 2]}, 2]}, "$$DESCEND", "$$PRUNE"]}});
    let found = ran(json!([{"$match": {"_id": "d"}}, keep, {"$project": {"tags": 1}}]));
    assert_eq!(found, json!([{"objectId": "d", "tags": [{"k": 2}]}]));
    let root = json!({"$redact": {"$cond": [{"$gt": ["$$ROOT.n", 2]}, "$$DESCEND", "$$PRUNE"]}});
    let found = ran(json!([root, {"$project": {"o": 1}}]));
    assert_eq!(found, json!([{"objectId": "b"}, {"objectId": "c", "o": {"k": {"l": 7}, "m": 8}}]));
    let whole = json!({"$redact": {"$cond": [{"$eq": ["$text", "a,b"]}, "$$KEEP", "$$PRUNE"]}});
    assert_eq!(ran(json!([whole, {"$count": "n"}])), json!([{"n": 1}]));
}

#[test]
fn graphs_are_walked() {
    let staff = [("boss", json!({"name": "A"})), ("lead", json!({"name": "B", "over": "A"}))];
    let more = [("one", json!({"name": "C", "over": "B"})), ("two", json!({"name": "A", "over": "C"}))];
    let staff = staff.into_iter().chain(more).map(|(id, fields)| document(object("Staff", id, fields)));
    let foreign = Foreign::from([(ClassName::new("Staff").unwrap(), staff.collect())]);
    let walked = |more: Json| {
        let mut stage = json!({
            "from": "Staff", "startWith": "B", "connectFromField": "over", "connectToField": "name", "as": "all",
        });
        stage.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let pipeline =
            json!([{"$limit": 1}, {"$graphLookup": stage}, {"$project": {"all._id": 1, "all.far": 1}}]);
        let plan = Plan::new(&Pipeline::parse(pipeline, NOW).unwrap(), &schema()).unwrap();
        let found = plan.run(visits().into_iter().take(1).collect(), &foreign, NOW).unwrap();
        encode::json(&found[0])["all"].clone()
    };
    let ids = |found: &Json| {
        let ids = found.as_array().unwrap().iter().map(|found| found["_id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(ids(&walked(json!({}))), "lead boss two one");
    assert_eq!(ids(&walked(json!({"maxDepth": 1}))), "lead boss two");
    assert_eq!(ids(&walked(json!({"restrictSearchWithMatch": {"over": {"$exists": true}}}))), "lead two one");
    let far = walked(json!({"depthField": "far"}));
    assert_eq!(
        far.as_array().unwrap().iter().map(|found| found["far"].clone()).collect::<Vec<_>>(),
        [0, 1, 1, 2]
    );
    assert_eq!(walked(json!({"startWith": "$none"})), json!([]));
}

#[test]
fn the_nearest_comes_first() {
    let mut schema = schema();
    schema.fields.insert(FieldName::new("place").unwrap(), Field::new(FieldType::GeoPoint));
    let found = |stage: Json| -> Vec<Json> {
        let at = |latitude: f64| json!({"__type": "GeoPoint", "latitude": latitude, "longitude": 0});
        let objects = [("far", 10.0), ("near", 1.0), ("nearer", 0.5)]
            .map(|(id, latitude)| object("Visit", id, json!({"place": at(latitude), "n": 1})));
        let none = object("Visit", "none", json!({"n": 1}));
        let pipeline = json!([{"$geoNear": stage}, {"$project": {"d": 1, "where": 1}}]);
        let plan = Plan::new(&Pipeline::parse(pipeline, NOW).unwrap(), &schema).unwrap();
        let found = plan.run(objects.into_iter().chain([none]).collect(), &Foreign::new(), NOW).unwrap();
        found.iter().map(encode::json).collect()
    };
    let ids = |found: &[Json]| {
        found.iter().map(|found| found["objectId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let point = json!({"type": "Point", "coordinates": [0, 0]});
    let metres =
        found(json!({"near": point, "distanceField": "d", "spherical": true, "maxDistance": 200_000}));
    assert_eq!(ids(&metres), ["nearer", "near"]);
    assert!((metres[1]["d"].as_f64().unwrap() - 111_319.0).abs() < 10.0, "{metres:?}");
    let degrees =
        found(json!({"near": [0, 0], "distanceField": "d", "key": "place", "includeLocs": "where"}));
    assert_eq!((ids(&degrees).len(), &degrees[2]["d"]), (3, &json!(10)));
    assert_eq!(degrees[0]["where"]["latitude"], json!(0.5));
    let radians = found(json!({
        "near": [0, 0], "distanceField": "d", "spherical": true, "distanceMultiplier": 6378.1, "minDistance": 0.1,
    }));
    assert_eq!(ids(&radians), ["far"]);
    assert!((radians[0]["d"].as_f64().unwrap() - 1113.2).abs() < 0.1, "{radians:?}");
    // The query goes to the find.
    let stage = json!([{"$geoNear": {"near": [0, 0], "query": {"n": 2}}}]);
    let plan = Plan::new(&Pipeline::parse(stage, NOW).unwrap(), &schema).unwrap();
    assert_ne!(plan.filter, crate::Filter::all());
}

#[test]
fn answers_can_be_raw() {
    let raw = |raw: Raw, stages: Json| {
        let pipeline = Pipeline { raw, ..Pipeline::parse(stages, NOW).unwrap() };
        let plan = Plan::new(&pipeline, &schema()).unwrap();
        let mut objects = visits();
        objects.truncate(1);
        objects[0].acl = Some(encode::acl(&json!({"*": {"read": true}})).unwrap());
        let found = plan.run(objects, &Foreign::new(), NOW).unwrap();
        Json::Array(found.iter().map(encode::json).collect())
    };
    let (values, names) = (Raw { values: true, names: false }, Raw { values: false, names: true });
    let both = Raw { values: true, names: true };
    let all = json!([{"$addFields": {"deep": {"p": "$ward", "at": "$at"}}}]);
    let at = json!({"$date": "2024-02-29T23:59:58.007Z"});
    let made = json!({"$date": "2023-11-14T22:13:20.000Z"});
    assert_eq!(
        raw(both, all.clone()),
        json!([{"_id": "a", "_created_at": made, "_updated_at": made, "_p_ward": "Ward$w1", "at": at, "n": 1,
            "_rperm": ["*"], "_wperm": [], "tags": ["x", "y"], "deep": {"p": ward("w1"), "at": at}}])
    );
    let named = raw(names, all.clone());
    assert_eq!((&named[0]["at"], &named[0]["_id"]), (&json!("2024-02-29T23:59:58.007Z"), &json!("a")));
    let valued = raw(values, all);
    assert_eq!((&valued[0]["at"], &valued[0]["objectId"]), (&at, &json!("a")));
    let group = json!([{"$group": {"_id": "$_p_ward", "last": {"$max": "$at"}}}]);
    assert_eq!(raw(both, group.clone()), json!([{"_id": "Ward$w1", "last": at}]));
    assert_eq!(raw(values, json!([{"$group": {"_id": "$ward"}}])), json!([{"objectId": "w1"}]));
    let typed =
        json!([{"$project": {"_id": 0, "x": {"$add": ["$n", {"$numberLong": "41"}]}, "y": {"$oid": "z"}}}]);
    assert_eq!(raw(values, typed), json!([{"x": 42, "y": "z"}]));
    // A text is a date only where nothing is raw.
    let matched = |raw| {
        let stages = json!([{"$limit": 9}, {"$match": {"at": {"$gt": "2024-01-01T00:00:00Z"}}}]);
        let pipeline = Pipeline { raw, ..Pipeline::parse(stages, NOW).unwrap() };
        let plan = Plan::new(&pipeline, &schema()).unwrap();
        plan.run(visits(), &Foreign::new(), NOW).unwrap().len()
    };
    assert_eq!((matched(Raw::default()), matched(values)), (2, 0));
    assert!(matches!(document(visits().remove(0)).get("ward"), Some(Value::Pointer(_))));
}
