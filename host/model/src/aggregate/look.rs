//! What a pipeline looks at, as the trail may know it: names, never operands.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Pipeline, Stage, document::FieldPath};

/// Stages that look at another class, and where they name it.
const LOOKS: [(&str, &str); 3] = [("$lookup", "from"), ("$graphLookup", "from"), ("$unionWith", "coll")];

/// Stages after which a document is still an object of the class.
const KEEPS: [&str; 12] = [
    "$match",
    "$sort",
    "$skip",
    "$limit",
    "$sample",
    "$project",
    "$addFields",
    "$set",
    "$unset",
    "$geoNear",
    "$redact",
    "$setWindowFields",
];

/// Members of stages that hold a field's name as it is.
const NAMES: [(&str, &str); 2] = [("$lookup", "localField"), ("$geoNear", "key")];

/// Members of stages whose keys are fields.
const KEYS: [(&str, &str); 2] = [("$geoNear", "query"), ("$setWindowFields", "sortBy")];

impl Pipeline {
    /// The names of the other classes that the stages look at, at any depth.
    pub fn classes(&self) -> BTreeSet<&str> {
        let mut classes = BTreeSet::new();
        for stage in &self.stages {
            looked(&stage.name, &stage.body, &mut classes);
            inside(&stage.body, &mut |name, body| looked(name, body, &mut classes));
        }
        classes
    }

    /// The root fields that the stages name, in paths, as keys of `$match`, `$project` and the like, and by their bare names.
    pub fn fields(&self) -> BTreeSet<String> {
        let mut fields = BTreeSet::new();
        for stage in &self.stages {
            paths(&stage.body, &mut fields);
            if matches!(stage.name.as_str(), "$match" | "$project" | "$sort") {
                keys(&stage.body, &mut fields);
            }
            let members = |table: &[(&'static str, &'static str)]| {
                let mine = table.iter().filter(|(name, _)| *name == stage.name);
                mine.filter_map(|(_, member)| stage.body.get(member)).collect::<Vec<_>>()
            };
            for name in members(&NAMES).into_iter().filter_map(Json::as_str) {
                root(name, &mut fields);
            }
            members(&KEYS).into_iter().for_each(|json| keys(json, &mut fields));
        }
        fields
    }

    /// Whether fields may leave that no stage names.
    pub fn shows_whole(&self) -> bool {
        !self.stages.iter().any(picks) || self.stages.iter().any(|stage| names_root(&stage.body))
    }

    /// Whether what comes out are objects of the class under their own ids, perhaps with fewer or more fields, and not
    /// groups of them.
    pub fn keeps_objects(&self) -> bool {
        self.stages.iter().all(|stage| KEEPS.contains(&stage.name.as_str()) && !gives_ids(stage))
    }
}

/// Stages after which only what they name is left.
const PICKS: [&str; 8] = [
    "$project",
    "$group",
    "$sortByCount",
    "$bucket",
    "$bucketAuto",
    "$count",
    "$replaceRoot",
    "$replaceWith",
];

/// Whether a stage leaves only what it names; a projection may also leave all but that.
fn picks(stage: &Stage) -> bool {
    let drops = |wish: &Json| wish.as_bool() == Some(false) || wish.as_f64() == Some(0.0);
    let all_but = stage.name == "$project"
        && stage.body.as_object().is_some_and(|map| {
            map.iter().any(|(key, wish)| drops(wish) && !matches!(key.as_str(), "_id" | "objectId"))
        });
    PICKS.contains(&stage.name.as_str()) && !all_but
}

/// Whether a document as a whole, or a field that only the documents name, is spoken of.
fn names_root(json: &Json) -> bool {
    match json {
        Json::String(text) => matches!(text.as_str(), "$$ROOT" | "$$CURRENT"),
        Json::Array(items) => items.iter().any(names_root),
        Json::Object(map) => {
            map.iter().any(|(key, inner)| (key == "$getField" && got(inner).is_none()) || names_root(inner))
        }
        _ => false,
    }
}

/// The field that `$getField` names, if it is one name.
fn got(operand: &Json) -> Option<&str> {
    let name = operand.get("field").unwrap_or(operand);
    let name = name.get("$literal").unwrap_or(name);
    name.as_str()
}

/// Whether a stage works out what an object's id is called by.
fn gives_ids(stage: &Stage) -> bool {
    let own = |name: &str| matches!(name, "_id" | "objectId");
    let any = |json: Option<&Json>| {
        json.and_then(Json::as_object).is_some_and(|map| map.keys().any(|key| own(key)))
    };
    let named = |member: &str| stage.body.get(member).and_then(Json::as_str).is_some_and(own);
    match stage.name.as_str() {
        "$addFields" | "$set" => any(Some(&stage.body)),
        "$setWindowFields" => any(stage.body.get("output")),
        "$geoNear" => named("distanceField") || named("includeLocs"),
        "$project" => stage.body.as_object().is_some_and(|map| {
            map.iter().any(|(key, wish)| own(key) && !wish.is_boolean() && !wish.is_number())
        }),
        _ => false,
    }
}

fn looked<'a>(name: &str, body: &'a Json, classes: &mut BTreeSet<&'a str>) {
    if let Some((_, member)) = LOOKS.iter().find(|(stage, _)| *stage == name) {
        classes.extend(body.get(member).unwrap_or(body).as_str());
    }
}

fn inside<'a>(json: &'a Json, visit: &mut dyn FnMut(&str, &'a Json)) {
    match json {
        Json::Object(map) => {
            for (key, inner) in map {
                visit(key, inner);
                inside(inner, visit);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| inside(item, visit)),
        _ => {}
    }
}

fn root(path: &str, fields: &mut BTreeSet<String>) {
    fields.extend(FieldPath::parse(path).map(|path| path.root().to_owned()));
}

fn paths(json: &Json, fields: &mut BTreeSet<String>) {
    match json {
        Json::String(text) => {
            let path = text.strip_prefix("$$ROOT.").or_else(|| text.strip_prefix("$$CURRENT."));
            if let Some(path) = path.or_else(|| text.strip_prefix('$').filter(|rest| !rest.starts_with('$')))
            {
                root(path, fields);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| paths(item, fields)),
        Json::Object(map) => {
            if let Some(name) = map.get("$getField").and_then(got).filter(|name| !name.starts_with('$')) {
                root(name, fields);
            }
            map.values().for_each(|inner| paths(inner, fields));
        }
        _ => {}
    }
}

fn keys(json: &Json, fields: &mut BTreeSet<String>) {
    for (key, inner) in json.as_object().into_iter().flatten() {
        match key.strip_prefix('$') {
            Some(_) => inner.as_array().into_iter().flatten().for_each(|part| keys(part, fields)),
            None => root(key, fields),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Date;

    fn read(json: Json) -> Pipeline {
        Pipeline::parse(json, Date(0)).unwrap()
    }

    #[test]
    fn classes_and_fields_are_named() {
        let pipeline = read(json!([
            {"$match": {"$or": [{"ward": "secret"}, {"n.x": {"$gt": 1}}]}},
            {"$lookup": {"from": "Ward", "localField": "w", "foreignField": "_id", "as": "w", "pipeline": [
                {"$unionWith": "Bed"},
            ]}},
            {"$facet": {"a": [{"$unionWith": {"coll": "Room"}}]}},
            {"$group": {"_id": "$_p_doctor", "all": {"$push": {"$add": ["$price", "$$ROOT.tax"]}}}},
        ]));
        assert_eq!(pipeline.classes(), BTreeSet::from(["Bed", "Room", "Ward"]));
        let fields: Vec<String> = pipeline.fields().into_iter().collect();
        assert_eq!(fields, ["doctor", "n", "price", "tax", "w", "ward"]);
        assert!(!pipeline.keeps_objects());
        assert!(read(json!([{"$match": {}}, {"$project": {"a": 1}}])).keeps_objects());
    }

    /// Fields that left unnamed weren't in the trail.
    #[test]
    fn what_is_not_named_may_leave_too() {
        for (stages, whole) in [
            (json!([{"$unwind": "$tags"}]), true),
            (json!([{"$facet": {"a": []}}]), true),
            (json!([{"$project": {"a": 0}}, {"$unwind": "$tags"}]), true),
            (json!([{"$project": {"a": 1, "_id": 0}}, {"$unwind": "$tags"}]), false),
            (json!([{"$group": {"_id": "$a"}}]), false),
            (json!([{"$group": {"_id": null, "all": {"$push": "$$ROOT"}}}]), true),
            (json!([{"$project": {"x": {"$getField": {"$concat": ["a", "b"]}}}}]), true),
            (json!([{"$project": {"x": {"$getField": "price"}}}]), false),
        ] {
            assert_eq!(read(stages.clone()).shows_whole(), whole, "{stages}");
        }
        let named = read(json!([{"$project": {"x": {"$getField": {"field": "price"}}}}])).fields();
        assert!(named.contains("price"), "{named:?}");
    }

    /// A pipeline that gave ids of its own put these in the trail, in place of the objects' that left.
    #[test]
    fn ids_that_a_stage_gives_are_not_the_objects_own() {
        for stage in [
            json!({"$addFields": {"_id": "x"}}),
            json!({"$set": {"objectId": "$ward"}}),
            json!({"$project": {"_id": "$ward", "a": 1}}),
            json!({"$project": {"objectId": {"$literal": "x"}}}),
            json!({"$setWindowFields": {"sortBy": {"a": 1}, "output": {"_id": {"$first": "$a"}}}}),
            json!({"$geoNear": {"near": [0, 0], "includeLocs": "_id"}}),
        ] {
            assert!(!read(json!([stage])).keeps_objects(), "{stage}");
        }
        assert!(read(json!([{"$project": {"_id": 1, "objectId": true}}])).keeps_objects());
    }
}
