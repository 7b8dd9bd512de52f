//! What a pipeline looks at, as the trail may know it: names, never operands.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Pipeline, document::FieldPath};

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

    /// Whether what comes out are objects of the class, perhaps with fewer or more fields, and not groups of them.
    pub fn keeps_objects(&self) -> bool {
        self.stages.iter().all(|stage| KEEPS.contains(&stage.name.as_str()))
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
        Json::Object(map) => map.values().for_each(|inner| paths(inner, fields)),
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
}
