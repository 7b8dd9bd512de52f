//! Objects sent through stages.

use model::{FieldName, Pipeline, encode};
use serde_json::{Value as Json, json};

use crate::{
    Error,
    conformance::{
        Outcome, Wrong,
        bench::{Bench, Class, MADE, date, pointer, refused},
        cases, ensure,
    },
};

cases![
    groups_are_gathered,
    conditions_know_pointers_and_dates,
    fields_are_chosen_and_worked_out,
    sorts_and_windows,
    arrays_are_laid_out,
    other_classes_are_looked_up,
    the_object_s_own_fields_have_their_names,
    hidden_columns_stay_inside,
    what_is_not_known_is_refused,
];

async fn visits(bench: &Bench) -> Result<Class, Wrong> {
    let wards = bench.class("Ward", "name:String").await?;
    wards.fill([("w1", json!({"name": "North"})), ("w2", json!({"name": "South"}))]).await?;
    let class = bench.class("Visit", "ward:*Ward n:Number at:Date tags:Array t:String").await?;
    class
        .fill([
            (
                "a",
                json!({
                    "ward": pointer("Ward", "w1"), "n": 1, "at": date("2024-02-29T10:00:00.000Z"),
                    "tags": ["x", "y"], "t": "one",
                }),
            ),
            ("b", json!({"ward": pointer("Ward", "w1"), "n": 5, "at": date("2024-03-01T10:00:00.000Z")})),
            ("c", json!({"ward": pointer("Ward", "w2"), "n": 3, "tags": ["x"], "t": "two"})),
            ("d", json!({"n": 3})),
        ])
        .await?;
    Ok(class)
}

async fn ran(class: &Class, pipeline: Json) -> Result<Json, Error> {
    let pipeline = Pipeline::parse(pipeline, MADE).map_err(Error::Refused)?;
    let found = class.storage.aggregate(&class.schema, &pipeline).await?;
    Ok(Json::Array(found.iter().map(encode::json).collect()))
}

/// Ends the case unless each pipeline answers exactly this.
async fn answers<const N: usize>(class: &Class, rows: [(Json, Json); N]) -> Outcome {
    for (pipeline, expected) in rows {
        let found = ran(class, pipeline.clone()).await?;
        ensure!(found == expected, "{pipeline} answered {found}, expected {expected}");
    }
    Ok(())
}

async fn groups_are_gathered(bench: Bench) -> Outcome {
    let class = visits(&bench).await?;
    let gathered = json!({
        "_id": "$ward", "sum": {"$sum": "$n"}, "mean": {"$avg": "$n"}, "least": {"$min": "$n"},
        "most": {"$max": "$n"}, "count": {"$sum": 1},
    });
    answers(
        &class,
        [
            (
                json!([{"$match": {"ward": {"$exists": true}}}, {"$group": gathered}, {"$sort": {"count": -1}}]),
                json!([
                    {"objectId": "w1", "sum": 6, "mean": 3, "least": 1, "most": 5, "count": 2},
                    {"objectId": "w2", "sum": 3, "mean": 3, "least": 3, "most": 3, "count": 1},
                ]),
            ),
            (
                json!([{"$group": {"_id": null, "sum": {"$sum": "$n"}}}]),
                json!([{"objectId": null, "sum": 12}]),
            ),
            (
                json!([{"$sort": {"n": 1, "_id": 1}}, {"$group": {"_id": null, "all": {"$push": "$n"}}}]),
                json!([{"objectId": null, "all": [1, 3, 3, 5]}]),
            ),
            (
                json!([
                    {"$match": {"at": {"$exists": true}}},
                    {"$group": {"_id": {"$month": "$at"}, "n": {"$sum": "$n"}}}, {"$sort": {"_id": 1}},
                ]),
                json!([{"objectId": 2, "n": 1}, {"objectId": 3, "n": 5}]),
            ),
            (json!([{"$match": {"n": 3}}, {"$count": "found"}]), json!([{"found": 2}])),
        ],
    )
    .await
}

async fn conditions_know_pointers_and_dates(bench: Bench) -> Outcome {
    let class = visits(&bench).await?;
    let counted = |condition: Json, count: u32| {
        (json!([{"$match": condition}, {"$count": "n"}]), json!([{"n": count}]))
    };
    answers(
        &class,
        [
            counted(json!({"ward": "w1"}), 2),
            counted(json!({"ward": pointer("Ward", "w2")}), 1),
            counted(json!({"at": {"$gte": "2024-03-01T00:00:00.000Z"}}), 1),
            counted(json!({"at": date("2024-02-29T10:00:00.000Z")}), 1),
            counted(json!({"objectId": {"$in": ["a", "d"]}}), 2),
            counted(json!({"$or": [{"n": 1}, {"t": "two"}]}), 2),
            counted(json!({"n": {"$gt": 1, "$lt": 5}}), 2),
            counted(json!({"tags": "x"}), 2),
            counted(json!({"t": {"$regex": "^t"}}), 1),
            counted(json!({"$expr": {"$gt": ["$n", 2]}}), 3),
        ],
    )
    .await
}

async fn fields_are_chosen_and_worked_out(bench: Bench) -> Outcome {
    let class = visits(&bench).await?;
    let one = |stage: Json| json!([{"$match": {"objectId": "a"}}, stage]);
    answers(
        &class,
        [
            (one(json!({"$project": {"n": 1}})), json!([{"objectId": "a", "n": 1}])),
            (one(json!({"$project": {"objectId": 0, "t": 1}})), json!([{"t": "one"}])),
            (
                one(json!({"$project": {"_id": 0, "x": {"$add": ["$n", 1]}, "u": {"$toUpper": "$t"}}})),
                json!([{"x": 2, "u": "ONE"}]),
            ),
            (
                one(json!({"$project": {"_id": 0, "big": {"$cond": [{"$gt": ["$n", 2]}, "yes", "no"]}}})),
                json!([{"big": "no"}]),
            ),
            (
                json!([
                    {"$match": {"objectId": "a"}}, {"$addFields": {"x": {"$size": "$tags"}}},
                    {"$project": {"_id": 0, "x": 1, "n": 1}},
                ]),
                json!([{"x": 2, "n": 1}]),
            ),
        ],
    )
    .await
}

async fn sorts_and_windows(bench: Bench) -> Outcome {
    let class = visits(&bench).await?;
    let ids = json!({"$project": {"objectId": 1}});
    answers(
        &class,
        [
            (
                json!([{"$sort": {"n": -1, "_id": 1}}, {"$skip": 1}, {"$limit": 2}, ids]),
                json!([{"objectId": "c"}, {"objectId": "d"}]),
            ),
            (
                json!([{"$sort": {"n": 1, "_id": -1}}, {"$limit": 2}, ids]),
                json!([{"objectId": "a"}, {"objectId": "d"}]),
            ),
        ],
    )
    .await
}

async fn arrays_are_laid_out(bench: Bench) -> Outcome {
    let class = visits(&bench).await?;
    answers(
        &class,
        [(
            json!([
                {"$unwind": "$tags"}, {"$group": {"_id": "$tags", "n": {"$sum": 1}}}, {"$sort": {"_id": 1}},
            ]),
            json!([{"objectId": "x", "n": 2}, {"objectId": "y", "n": 1}]),
        )],
    )
    .await
}

async fn other_classes_are_looked_up(bench: Bench) -> Outcome {
    let class = visits(&bench).await?;
    answers(
        &class,
        [(
            json!([
                {"$match": {"objectId": "c"}},
                {"$lookup": {
                    "from": "Ward", "let": {"mine": {"$substr": ["$_p_ward", 5, -1]}}, "as": "wards",
                    "pipeline": [{"$match": {"$expr": {"$eq": ["$_id", "$$mine"]}}}],
                }},
                {"$project": {"_id": 0, "names": "$wards.name"}},
            ]),
            json!([{"names": ["South"]}]),
        )],
    )
    .await
}

async fn the_object_s_own_fields_have_their_names(bench: Bench) -> Outcome {
    let class = visits(&bench).await?;
    let made = MADE.to_string();
    answers(
        &class,
        [
            (
                json!([{"$match": {"objectId": "d"}}]),
                json!([{"objectId": "d", "createdAt": made, "updatedAt": made, "n": 3}]),
            ),
            (
                json!([
                    {"$match": {"createdAt": {"$lte": {"__type": "Date", "iso": made}}}},
                    {"$group": {"_id": {"$year": "$createdAt"}, "n": {"$sum": 1}}},
                ]),
                json!([{"objectId": 2023, "n": 4}]),
            ),
        ],
    )
    .await
}

async fn hidden_columns_stay_inside(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "n:Number").await?;
    let mut schema = (*class.schema).clone();
    schema.fields.insert(FieldName::known("_secret"), model::Field::new(model::FieldType::String));
    let class = bench.put(schema).await?;
    let mut object = class.object("a", json!({"n": 1}))?;
    object.fields.insert(FieldName::known("_secret"), "canary".into());
    class.insert_object(object).await?;
    for pipeline in [
        json!([{"$match": {}}]),
        json!([{"$project": {"all": {"$objectToArray": "$$ROOT"}}}]),
        json!([{"$group": {"_id": null, "all": {"$push": "$$ROOT"}}}]),
        json!([{"$limit": 1}, {"$unionWith": "Thing"}]),
    ] {
        let found = ran(&class, pipeline.clone()).await?.to_string();
        ensure!(!found.contains("canary"), "{pipeline} shows a hidden column: {found}");
    }
    Ok(())
}

async fn what_is_not_known_is_refused(bench: Bench) -> Outcome {
    let class = visits(&bench).await?;
    for pipeline in [
        json!([{"$bogus": 1}]),
        json!([{"$project": {"x": {"$bogus": 1}}}]),
        json!([{"$match": {"n": {"$bogus": 1}}}]),
        json!([{"$group": {"_id": null, "x": {"$bogus": 1}}}]),
    ] {
        refused(ran(&class, pipeline).await, |error| matches!(error, Error::Refused(_)), "Refused")?;
    }
    Ok(())
}
