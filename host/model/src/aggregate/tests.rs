//! Pipelines against a few objects.

use serde_json::{Value as Json, json};

use super::*;
use crate::value::Map;
use crate::{ClassName, Field, FieldName, FieldType, Filter, Limit, Object, ObjectId, Value, encode};

mod expression;
mod stage;

const NOW: Date = Date(1_700_000_000_000);

fn schema() -> Schema {
    let mut schema = Schema::new(ClassName::new("Visit").unwrap());
    let fields = [
        ("ward", FieldType::Pointer(ClassName::new("Ward").unwrap())),
        ("n", FieldType::Number),
        ("at", FieldType::Date),
        ("tags", FieldType::Array),
        ("text", FieldType::String),
    ];
    for (name, kind) in fields {
        schema.fields.insert(FieldName::new(name).unwrap(), Field::new(kind));
    }
    schema
}

fn object(class: &str, id: &str, fields: Json) -> Object {
    let mut object = Object::new(ClassName::new(class).unwrap(), ObjectId::new(id).unwrap(), NOW);
    for (name, json) in fields.as_object().unwrap() {
        object.fields.insert(FieldName::stored(name).unwrap(), encode::value(json.clone()).unwrap());
    }
    object
}

fn ward(id: &str) -> Json {
    json!({"__type": "Pointer", "className": "Ward", "objectId": id})
}

fn date(iso: &str) -> Json {
    json!({"__type": "Date", "iso": iso})
}

fn visits() -> Vec<Object> {
    [
        (
            "a",
            json!({"ward": ward("w1"), "n": 1, "at": date("2024-02-29T23:59:58.007Z"), "tags": ["x", "y"]}),
        ),
        ("b", json!({"ward": ward("w1"), "n": 5, "at": date("2024-03-01T00:00:00.000Z"), "tags": []})),
        ("c", json!({"ward": ward("w2"), "n": 3, "text": " Café ", "o": {"k": {"l": 7}, "m": 8}})),
        ("d", json!({"n": -2.5, "text": "a,b", "tags": [{"k": 1}, {"k": 2}]})),
    ]
    .map(|(id, fields)| object("Visit", id, fields))
    .into()
}

fn wards() -> Foreign {
    let wards = [("w1", json!({"name": "North"})), ("w2", json!({"name": "South"}))];
    let wards = wards.map(|(id, fields)| document(object("Ward", id, fields)));
    Foreign::from([(ClassName::new("Ward").unwrap(), wards.into())])
}

/// Carries a pipeline out on what its plan finds among the visits.
fn tried(pipeline: Json) -> Result<Vec<Json>, ParseError> {
    let plan = Plan::new(&Pipeline::parse(pipeline, NOW)?, &schema())?;
    let matcher = crate::query::Matcher::new(&plan.filter).unwrap();
    let mut found = visits();
    found.retain(|object| matcher.matches(object, &crate::query::NoRelations));
    crate::query::Sorter::new(&plan.order, &plan.filter).sort(&mut found);
    let found = found.into_iter().skip(plan.skip as usize);
    let found = match plan.limit {
        Limit::Rows(rows) => found.take(rows as usize).collect(),
        Limit::All => found.collect(),
    };
    Ok(plan.run(found, &wards(), NOW)?.iter().map(encode::json).collect())
}

fn ran(pipeline: Json) -> Json {
    let shown = pipeline.to_string();
    Json::Array(tried(pipeline).unwrap_or_else(|error| panic!("{shown}: {error}")))
}

/// What an expression comes to for the visit with an id.
fn worked(id: &str, expression: Json) -> Json {
    let found = ran(json!([
        {"$match": {"objectId": id}}, {"$project": {"_id": 0, "x": expression}}
    ]));
    found[0].get("x").cloned().unwrap_or(json!("missing"))
}

#[test]
fn groups_gather() {
    let groups = ran(json!([
        {"$match": {"ward": {"$exists": true}}},
        {"$group": {
            "_id": "$ward", "sum": {"$sum": "$n"}, "mean": {"$avg": "$n"}, "least": {"$min": "$n"},
            "most": {"$max": "$n"}, "all": {"$push": "$n"}, "count": {"$sum": 1}, "first": {"$first": "$n"},
            "last": {"$last": "$n"}, "counted": {"$count": {}}, "set": {"$addToSet": "$ward"},
        }},
        {"$sort": {"_id": 1}},
    ]));
    assert_eq!(
        groups,
        json!([
            {"objectId": "w1", "sum": 6, "mean": 3, "least": 1, "most": 5, "all": [1, 5], "count": 2, "first": 1,
             "last": 5, "counted": 2, "set": [ward("w1")]},
            {"objectId": "w2", "sum": 3, "mean": 3, "least": 3, "most": 3, "all": [3], "count": 1, "first": 3,
             "last": 3, "counted": 1, "set": [ward("w2")]},
        ])
    );
    assert_eq!(
        ran(json!([{"$group": {"_id": null, "n": {"$sum": "$n"}}}])),
        json!([{"objectId": null, "n": 6.5}])
    );
    assert_eq!(
        ran(json!([{"$group": {"_id": {"w": "$ward"}}}, {"$limit": 1}])),
        json!([{"objectId": {"w": ward("w1")}}])
    );
    assert_eq!(
        ran(json!([{"$sortByCount": "$ward"}, {"$limit": 1}])),
        json!([{"objectId": "w1", "count": 2}])
    );
    assert_eq!(
        ran(json!([{"$bucket": {"groupBy": "$n", "boundaries": [0, 3, 10], "default": "other"}}])),
        json!([{"objectId": 0, "count": 1}, {"objectId": 3, "count": 2}, {"objectId": "other", "count": 1}])
    );
    let deviation = ran(json!([{"$group": {"_id": null, "d": {"$stdDevPop": "$n"}}}]));
    assert!((deviation[0]["d"].as_f64().unwrap() - 2.769_8).abs() < 1e-3, "{deviation}");
}

#[test]
fn conditions_narrow() {
    let ids = |condition: Json| {
        let found = ran(json!([{"$limit": 100}, {"$match": condition}, {"$project": {"_id": 1}}]));
        // The same ones go in when a find answers the condition.
        let first = ran(json!([{"$match": condition}, {"$project": {"_id": 1}}]));
        assert_eq!(found, first);
        let ids =
            found.as_array().unwrap().iter().map(|found| found["objectId"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>().join(" ")
    };
    for (condition, expected) in [
        (json!({"n": {"$gt": 1, "$lt": 5}}), "c"),
        (json!({"ward": "w1"}), "a b"),
        (json!({"ward": {"$in": ["w2", "w3"]}}), "c"),
        (json!({"_p_ward": "Ward$w1"}), "a b"),
        (json!({"_p_ward": {"$ne": "Ward$w1"}}), "c d"),
        (json!({"ward": ward("w2")}), "c"),
        (json!({"at": {"$gte": "2024-03-01T00:00:00.000Z"}}), "b"),
        (json!({"at": {"$lt": {"$date": "2024-03-01T00:00:00.000Z"}}}), "a"),
        (json!({"createdAt": {"$lte": "2024-01-01T00:00:00.000Z"}}), "a b c d"),
        (json!({"_created_at": {"$gt": "2024-01-01T00:00:00.000Z"}}), ""),
        (json!({"_id": {"$in": ["a", "d"]}}), "a d"),
        (json!({"$or": [{"n": 1}, {"text": {"$regex": "^a"}}]}), "a d"),
        (json!({"$nor": [{"n": 1}, {"ward": "w2"}]}), "b d"),
        (json!({"n": {"$not": {"$gt": 1}}}), "a d"),
        (json!({"tags": {"$size": 2}}), "a d"),
        (json!({"tags": "x"}), "a"),
        (json!({"tags": {"$elemMatch": {"k": {"$gt": 1}}}}), "d"),
        (json!({"tags": {"$elemMatch": {"$eq": "y"}}}), "a"),
        (json!({"n": {"$mod": [2, 1]}}), "a b c"),
        (json!({"text": {"$type": "string"}}), "c d"),
        (json!({"$expr": {"$gt": ["$n", 2]}}), "b c"),
        (json!({"o.k.l": 7}), "c"),
        (json!({}), "a b c d"),
    ] {
        assert_eq!(ids(condition.clone()), expected, "{condition}");
    }
    let plan = |pipeline: Json| Plan::new(&Pipeline::parse(pipeline, NOW).unwrap(), &schema()).unwrap();
    let pushed = plan(json!([{"$match": {"_id": "a"}}, {"$sort": {"n": -1}}, {"$skip": 1}, {"$limit": 2}]));
    assert_eq!(pushed.limit, Limit::Rows(2));
    assert_eq!((pushed.skip, pushed.order.len(), pushed.steps.len()), (1, 1, 0));
    assert_ne!(pushed.filter, Filter::all());
}

#[test]
fn projections_choose_and_work_out() {
    let first = |stage: Json| ran(json!([{"$match": {"_id": "c"}}, stage]))[0].clone();
    assert_eq!(first(json!({"$project": {"n": 1}})), json!({"objectId": "c", "n": 3}));
    assert_eq!(first(json!({"$project": {"objectId": 0, "o.m": 1}})), json!({"o": {"m": 8}}));
    assert_eq!(
        first(json!({"$project": {"o": {"k": {"l": true}}, "_id": false}})),
        json!({"o": {"k": {"l": 7}}})
    );
    let shown = json!({"$project": {"createdAt": 1, "_id": 0, "made": "$_created_at"}});
    assert_eq!(
        first(shown),
        json!({"createdAt": "2023-11-14T22:13:20.000Z", "made": date("2023-11-14T22:13:20.000Z")})
    );
    let less = first(json!({"$project": {"n": 0, "o.k": 0, "text": 0, "createdAt": 0, "updatedAt": 0}}));
    assert_eq!(less, json!({"objectId": "c", "ward": ward("w2"), "o": {"m": 8}}));
    let more = first(json!({"$addFields": {"o.x": {"$add": ["$n", 1]}, "n": "$$REMOVE"}}));
    assert_eq!((&more["o"]["x"], more.get("n")), (&json!(4), None));
    assert!(first(json!({"$unset": ["n", "o.m"]})).get("n").is_none());
    assert_eq!(first(json!({"$replaceRoot": {"newRoot": "$o.k"}})), json!({"l": 7}));
    assert_eq!(first(json!({"$project": {"id": "$_p_ward", "_id": 0}})), json!({"id": "Ward$w2"}));
    assert!(tried(json!([{"$project": {"a": 1, "b": 0}}])).is_err());
}

#[test]
fn arrays_are_laid_out() {
    let tags = |stage: Json| -> Vec<Json> {
        let found = ran(json!([stage, {"$project": {"tags": 1, "place": 1, "_id": 0}}]));
        found.as_array().unwrap().clone()
    };
    assert_eq!(
        tags(json!({"$unwind": "$tags"})),
        [json!({"tags": "x"}), json!({"tags": "y"}), json!({"tags": {"k": 1}}), json!({"tags": {"k": 2}})]
    );
    let kept = tags(json!({"$unwind": {
        "path": "$tags", "preserveNullAndEmptyArrays": true, "includeArrayIndex": "place",
    }}));
    assert_eq!(kept.len(), 6);
    assert_eq!(kept[1], json!({"tags": "y", "place": 1}));
    assert_eq!(kept[2], json!({"place": null}));
}

#[test]
fn other_classes_are_looked_up() {
    let lookup = json!([
        {"$match": {"_id": {"$in": ["c", "d"]}}},
        {"$lookup": {"from": "Ward", "localField": "ward", "foreignField": "_id", "as": "wards"}},
        {"$project": {"names": "$wards.name"}},
    ]);
    assert_eq!(ran(lookup), json!([{"objectId": "c", "names": ["South"]}, {"objectId": "d", "names": []}]));
    let piped = json!([
        {"$match": {"_id": "c"}},
        {"$lookup": {"from": "Ward", "let": {"mine": "$n"}, "as": "wards", "pipeline": [
            {"$match": {"$expr": {"$and": [{"$eq": ["$name", "North"]}, {"$eq": ["$$mine", 3]}]}}},
            {"$project": {"name": 1, "_id": 0}},
        ]}},
        {"$project": {"wards": 1, "_id": 0}},
    ]);
    assert_eq!(ran(piped), json!([{"wards": [{"name": "North"}]}]));
    let facets = json!([{"$facet": {
        "count": [{"$count": "n"}], "none": [{"$match": {"n": 99}}, {"$count": "n"}],
    }}]);
    assert_eq!(ran(facets), json!([{"count": [{"n": 4}], "none": []}]));
    assert_eq!(ran(json!([{"$limit": 1}, {"$unionWith": "Ward"}, {"$count": "n"}])), json!([{"n": 3}]));
    let sample = ran(json!([{"$sample": {"size": 3}}]));
    assert_eq!(sample.as_array().unwrap().len(), 3);
}

#[test]
fn expressions_work_out() {
    for (id, expression, expected) in [
        ("a", json!({"$add": ["$n", 2, 0.5]}), json!(3.5)),
        ("a", json!({"$add": ["$n", "$none"]}), json!(null)),
        ("a", json!({"$add": ["$at", 993]}), date("2024-02-29T23:59:59.000Z")),
        ("b", json!({"$subtract": ["$at", "$at"]}), json!(0)),
        ("a", json!({"$multiply": [2, 3, "$n"]}), json!(6)),
        ("b", json!({"$divide": ["$n", 2]}), json!(2.5)),
        ("b", json!({"$mod": ["$n", 3]}), json!(2)),
        ("d", json!({"$abs": "$n"}), json!(2.5)),
        ("d", json!({"$round": ["$n"]}), json!(-2)),
        ("d", json!({"$trunc": ["$n"]}), json!(-2)),
        ("a", json!({"$round": [1.256, 2]}), json!(1.26)),
        ("a", json!({"$pow": [2, 10]}), json!(1024)),
        ("a", json!({"$cmp": ["$n", 5]}), json!(-1)),
        ("a", json!({"$gte": ["$at", {"$date": "2024-01-01T00:00:00Z"}]}), json!(true)),
        ("a", json!({"$eq": ["$ward", ward("w1")]}), json!(true)),
        ("a", json!({"$not": [{"$or": [{"$eq": ["$n", 1]}, {"$divide": [1, 0]}]}]}), json!(false)),
        ("a", json!({"$cond": [{"$gt": ["$n", 3]}, "big", "small"]}), json!("small")),
        ("b", json!({"$cond": {"if": {"$gt": ["$n", 3]}, "then": "big", "else": "small"}}), json!("big")),
        ("a", json!({"$ifNull": ["$none", null, "x"]}), json!("x")),
        (
            "a",
            json!({"$switch": {"branches": [{"case": {"$eq": ["$n", 1]}, "then": "one"}], "default": "?"}}),
            json!("one"),
        ),
        ("c", json!({"$trim": {"input": "$text"}}), json!("Café")),
        ("c", json!({"$toUpper": {"$trim": {"input": "$text"}}}), json!("CAFÉ")),
        ("c", json!({"$strLenCP": "$text"}), json!(6)),
        ("c", json!({"$strLenBytes": "$text"}), json!(7)),
        ("c", json!({"$substrCP": ["$text", 1, 3]}), json!("Caf")),
        ("c", json!({"$substr": ["$_p_ward", 5, -1]}), json!("w2")),
        ("c", json!({"$concat": ["<", "$text", ">"]}), json!("< Café >")),
        ("d", json!({"$split": ["$text", ","]}), json!(["a", "b"])),
        ("d", json!({"$indexOfCP": ["$text", "b"]}), json!(2)),
        ("d", json!({"$regexMatch": {"input": "$text", "regex": "^A", "options": "i"}}), json!(true)),
        ("d", json!({"$replaceAll": {"input": "$text", "find": ",", "replacement": ";"}}), json!("a;b")),
        ("a", json!({"$year": "$at"}), json!(2024)),
        ("a", json!({"$month": "$at"}), json!(2)),
        ("a", json!({"$dayOfMonth": "$at"}), json!(29)),
        ("a", json!({"$dayOfYear": "$at"}), json!(60)),
        ("a", json!({"$dayOfWeek": "$at"}), json!(5)),
        ("a", json!({"$isoWeek": "$at"}), json!(9)),
        ("a", json!({"$hour": "$at"}), json!(23)),
        ("a", json!({"$millisecond": "$at"}), json!(7)),
        ("a", json!({"$dayOfMonth": {"date": "$at", "timezone": "+01:00"}}), json!(1)),
        ("c", json!({"$year": "$at"}), json!(null)),
        (
            "a",
            json!({"$dateToString": {"date": "$at", "format": "%Y/%m/%d %H:%M:%S.%L %j"}}),
            json!("2024/02/29 23:59:58.007 060"),
        ),
        (
            "a",
            json!({"$dateAdd": {"startDate": "$at", "unit": "year", "amount": 1}}),
            date("2025-02-28T23:59:58.007Z"),
        ),
        ("a", json!({"$dateTrunc": {"date": "$at", "unit": "month"}}), date("2024-02-01T00:00:00.000Z")),
        ("a", json!({"$dateTrunc": {"date": "$at", "unit": "week"}}), date("2024-02-25T00:00:00.000Z")),
        ("a", json!({"$dateDiff": {"startDate": "$createdAt", "endDate": "$at", "unit": "month"}}), json!(3)),
        (
            "a",
            json!({"$dateFromParts": {"year": 2024, "month": 14, "day": 31}}),
            date("2025-03-03T00:00:00.000Z"),
        ),
        ("a", json!({"$toDate": "2024-05-06"}), date("2024-05-06T00:00:00.000Z")),
        ("a", json!("$$NOW"), date("2023-11-14T22:13:20.000Z")),
        ("a", json!({"$size": "$tags"}), json!(2)),
        ("a", json!({"$arrayElemAt": ["$tags", -1]}), json!("y")),
        ("a", json!({"$arrayElemAt": ["$tags", 5]}), json!("missing")),
        ("a", json!({"$slice": ["$tags", 1, 1]}), json!(["y"])),
        ("a", json!({"$in": ["x", "$tags"]}), json!(true)),
        ("a", json!({"$concatArrays": ["$tags", [1]]}), json!(["x", "y", 1])),
        ("d", json!("$tags.k"), json!([1, 2])),
        ("d", json!({"$sum": "$tags.k"}), json!(3)),
        ("d", json!({"$max": "$tags.k"}), json!(2)),
        (
            "d",
            json!({"$map": {"input": "$tags", "as": "t", "in": {"$add": ["$$t.k", "$n"]}}}),
            json!([-1.5, -0.5]),
        ),
        ("d", json!({"$filter": {"input": "$tags", "cond": {"$gt": ["$$this.k", 1]}}}), json!([{"k": 2}])),
        (
            "d",
            json!({"$reduce": {"input": "$tags.k", "initialValue": 10, "in": {"$add": ["$$value", "$$this"]}}}),
            json!(13),
        ),
        ("a", json!({"$range": [0, 5, 2]}), json!([0, 2, 4])),
        ("a", json!({"$setUnion": ["$tags", ["x", "a"]]}), json!(["a", "x", "y"])),
        ("a", json!({"$setIntersection": ["$tags", ["x", "a"]]}), json!(["x"])),
        ("a", json!({"$mergeObjects": [{"a": 1, "b": 1}, {"b": 2}]}), json!({"a": 1, "b": 2})),
        ("c", json!({"$objectToArray": "$o.k"}), json!([{"k": "l", "v": 7}])),
        ("a", json!({"$arrayToObject": [[["a", 1]]]}), json!({"a": 1})),
        (
            "a",
            json!({"$let": {"vars": {"x": {"$add": ["$n", 1]}}, "in": {"$multiply": ["$$x", 2]}}}),
            json!(4),
        ),
        ("a", json!({"$toString": "$n"}), json!("1")),
        ("a", json!({"$toInt": "12"}), json!(12)),
        ("a", json!({"$type": "$none"}), json!("missing")),
        ("a", json!({"$literal": "$n"}), json!("$n")),
        ("c", json!("$$ROOT.o.m"), json!(8)),
    ] {
        assert_eq!(worked(id, expression.clone()), expected, "{expression}");
    }
}

#[test]
fn what_cannot_be_done_is_a_bad_query() {
    for pipeline in [
        json!([{"$bogus": 1}]),
        json!([{"$indexStats": {}}]),
        json!([{"$limit": 1}, {"$geoNear": {"near": [0, 0], "key": "place"}}]),
        json!([{"$geoNear": {"near": [0, 0]}}]),
        json!([{"$geoNear": {"near": [0, 91], "key": "place"}}]),
        json!([{"$graphLookup": {"from": "Ward"}}]),
        json!([{"$redact": "$n"}]),
        json!([{"$redact": {"$cond": [true, "$$KEEP"]}}]),
        json!([{"$setWindowFields": {"output": {}}}]),
        json!([{"$setWindowFields": {"output": {"x": {"$rank": {}}}}}]),
        json!([{"$setWindowFields": {"sortBy": {"n": 1}, "output": {"x": {"$derivative": {"input": "$n"}}}}}]),
        json!([{"$setWindowFields": {"output": {"x": {"$sum": "$n", "window": {"documents": [0, 1]}}}}}]),
        json!([{"$setWindowFields": {"sortBy": {"text": 1}, "output": {
            "x": {"$sum": "$n", "window": {"range": [0, 1]}},
        }}}]),
        json!([{"$bucketAuto": {"groupBy": "$n", "buckets": 0}}]),
        json!([{"$bucketAuto": {"groupBy": "$n", "buckets": 2, "granularity": "R5"}}]),
        json!([{"$group": {"_id": null, "x": {"$firstN": {"input": "$n"}}}}]),
        json!([{"$group": {"_id": null, "x": {"$percentile": {"input": "$n", "p": [2]}}}}]),
        json!([{"$match": {"$sampleRate": 2}}]),
        json!([{"$project": {"x": {"$meta": "textScore"}}}]),
        json!([{"$project": {"x": {"$convert": {"input": "$n", "to": "objectId"}}}}]),
        json!([{"$project": {"x": {"$toInt": 1e10}}}]),
        json!([{"$project": {"x": {"$toInt": "1.5"}}}]),
        json!([{"$project": {"x": {"$zip": {"inputs": ["$tags"], "defaults": [1]}}}}]),
        json!([{"$project": {"x": {"$bitNot": 1.5}}}]),
        json!([{"$project": {"x": {"$dateFromParts": {"month": 1}}}}]),
        json!([{"$project": {"x": {"$dateFromParts": {"year": 2024, "isoWeek": 1}}}}]),
        json!([{"$project": {"x": {"$sortArray": {"input": "$tags", "sortBy": 2}}}}]),
        json!([{"$project": {"x": {"$bogus": 1}}}]),
        json!([{"$group": {"_id": null, "x": {"$bogus": 1}}}]),
        json!([{"$group": {"_id": null, "x": 1}}]),
        json!([{"$project": {"x": {"$subtract": [1]}}}]),
        json!([{"$project": {"x": {"$add": ["$text", 1]}}}]),
        json!([{"$project": {"x": {"$divide": [1, 0]}}}]),
        json!([{"$project": {"x": {"$a": 1, "$b": 2}}}]),
        json!([{"$project": {"x": "$$"}}]),
        json!([{"$project": {"x": {"$range": [0, 1e9]}}}]),
        json!([{"$match": {"n": {"$bogus": 1}}}]),
        json!([{"$match": {"$bogus": []}}]),
        json!([{"$sort": {"n": 2}}]),
        json!([{"$limit": 0}]),
        json!([{"$skip": -1}]),
        json!([{"$unwind": "tags"}]),
        json!([{"$count": "a.b"}]),
        json!([{"$lookup": {"from": "Ward"}}]),
        json!([{"$bucket": {"groupBy": "$n", "boundaries": [3, 1]}}]),
        json!([{"$bucket": {"groupBy": "$n", "boundaries": [0, 1]}}]),
    ] {
        let error = tried(pipeline.clone()).expect_err(&pipeline.to_string());
        assert!(matches!(error.code.number(), 102 | 107), "{pipeline}: {error}");
        assert!(!error.message.contains("Café"), "{error}");
    }
}

/// Numbers beyond what an `i64` holds, and a time zone that leads out of the last year, panicked.
#[test]
fn dates_beyond_all_years_are_refused() {
    let last = json!({"$date": "9999-12-31T23:59:59.999Z"});
    let late = json!({"$date": "2047-12-01T00:00:00.000Z"});
    for expression in [
        json!({"$dateFromParts": {"year": 1, "month": -1e19}}),
        json!({"$dateFromParts": {"year": 1, "day": -1e19}}),
        json!({"$dateFromParts": {"year": 1e19, "hour": -1e19}}),
        json!({"$year": {"date": last, "timezone": "+01:00"}}),
        json!({"$dateToString": {"date": last, "timezone": "+01:00"}}),
        // One month more than an i64 holds.
        json!({"$dateAdd": {"startDate": late, "unit": "month", "amount": 9_223_372_036_854_751_232_u64}}),
        json!({"$dateSubtract": {"startDate": late, "unit": "month", "amount": -1e19}}),
    ] {
        let error = tried(json!([{"$project": {"x": expression}}])).expect_err(&expression.to_string());
        assert_eq!(error.code.number(), 102, "{expression}");
    }
}

#[test]
fn work_and_memory_have_an_end() {
    let grown = |times: usize| {
        let mut stages = vec![json!({"$addFields": {"r": {"$range": [0, 1000]}}})];
        stages.extend((0..times).map(|_| json!({"$unwind": "$r"})));
        stages.push(json!({"$addFields": {"r": {"$range": [0, 1000]}}}));
        stages.push(json!({"$unwind": "$r"}));
        tried(Json::Array(stages))
    };
    let error = grown(1).unwrap_err();
    assert!(error.message.contains("100000 objects"), "{error}");
    let nested = (0..60).fold(json!("$n"), |inner, _| json!({"$abs": inner}));
    assert!(tried(json!([{"$project": {"x": nested}}])).unwrap_err().message.contains("too deep"));
}

/// Each element of an unwound array was laid out with a copy of the whole array before anybody counted.
#[test]
fn a_long_array_is_refused_before_it_is_laid_out() {
    let range = json!({"$addFields": {"r": {"$range": [0, 1_000_000]}}});
    let error = tried(json!([{"$limit": 1}, range, {"$unwind": "$r"}])).unwrap_err();
    assert!(error.message.contains("100000 objects"), "{error}");
    let range = json!({"$addFields": {"r": {"$range": [0, 20_000]}}});
    let count = json!([{"$limit": 1}, range, {"$unwind": "$r"}, {"$count": "n"}]);
    assert_eq!(ran(count), json!([{"n": 20_000}]));
}

/// What expressions make of a few objects had no bound: doubled again and again, it filled the memory or the stack.
#[test]
fn what_expressions_make_has_an_end() {
    let folded = |times: usize, into: Json| json!({"$reduce": {"input": {"$range": [0, times]}, "initialValue": ["0123456789"], "in": into}});
    let doubled = json!({"$map": {"input": {"$range": [0, 1_000_000]}, "in": {"$range": [0, 1_000_000]}}});
    for (expression, text) in [
        (folded(100, json!({"$concatArrays": ["$$value", "$$value"]})), "too much work"),
        (folded(100, json!(["$$value", "$$value"])), "too much work"),
        (folded(100, json!({"a": "$$value", "b": "$$value"})), "too much work"),
        (
            json!({"$reduce": {"input": {"$range": [0, 100]}, "initialValue": "0123456789", "in": {
                "$concat": ["$$value", "$$value"],
            }}}),
            "too much work",
        ),
        (folded(100_000, json!(["$$value"])), "too deep"),
        (doubled, "too much work"),
    ] {
        let error = tried(json!([{"$limit": 1}, {"$project": {"x": expression}}])).unwrap_err();
        assert!(error.message.contains(text), "{expression}: {error}");
    }
    let stages = vec![json!({"$addFields": {"tags": ["$tags", "$tags"]}}); 100];
    let error = tried(Json::Array(stages)).unwrap_err();
    assert!(error.message.contains("too much work"), "{error}");
    let long = json!({"$reduce": {"input": {"$range": [0, 16]}, "initialValue": "x", "in": {
        "$concat": ["$$value", "$$value"],
    }}});
    let replaced = json!({"$replaceAll": {"input": long, "find": "x", "replacement": long}});
    let error = tried(json!([{"$project": {"x": replaced}}])).unwrap_err();
    assert!(error.message.contains("16 MB"), "{error}");
    // Folding thousands of elements is fine.
    let folded = folded(2_000, json!({"$concatArrays": ["$$value", ["$$this"]]}));
    assert_eq!(worked("a", json!({"$size": folded})), json!(2_001));
}

/// What stages copied had no bound, either: fields into each object of an array, whole objects into arrays.
#[test]
fn what_stages_copy_has_an_end() {
    let range = |end: usize| json!({"$addFields": {"r": {"$range": [0, end]}}});
    let maps = json!({"$addFields": {"m": {"$map": {"input": {"$range": [0, 1000]}, "in": {"a": 1}}}}});
    let facets: serde_json::Map<String, Json> = (0..900).map(|n| (format!("f{n}"), json!([]))).collect();
    let lookups =
        (0..20).map(|n| json!({"$lookup": {"from": "Ward", "pipeline": [], "as": format!("w{n}")}}));
    for stages in [
        vec![maps, json!({"$addFields": {"m.x": {"$range": [0, 100_000]}}})],
        vec![range(1_000), json!({"$unwind": "$r"}), json!({ "$facet": facets })],
        [vec![range(20_000), json!({"$unwind": "$r"})], lookups.collect()].concat(),
    ] {
        let error = tried([vec![json!({"$limit": 1})], stages].concat().into()).expect_err("refused");
        assert!(error.message.contains("too much work"), "{error}");
    }
}

#[test]
fn nothing_secret_goes_in() {
    let user = object("_User", "u", json!({"username": "ann", "_hashed_password": "h", "password": "p"}));
    let session = object("_Session", "s", json!({"sessionToken": "r:1", "n": 1}));
    let names = |object: Object| document(object).into_keys().collect::<Vec<_>>();
    assert_eq!(names(user), ["_id", "createdAt", "updatedAt", "username"]);
    assert_eq!(names(session), ["_id", "createdAt", "n", "updatedAt"]);
    let shown = answer(Map::from([("_tmp".into(), Value::Null), ("a".into(), Value::Null)]));
    assert_eq!(encode::json(&shown), json!({"a": null}));
}
