//! The stages of an aggregation, as the REST API states them.

use std::fmt;

use serde_json::{Map, Value as Json};

use super::Raw;
use crate::{
    Code, Date, ParseError,
    name::shown,
    query::{Advice, parse::INTERNAL},
};

/// The most stages of one pipeline, those inside its stages not counted.
const MOST_STAGES: usize = 200;

/// Stages in their order, not yet understood: a database with an aggregation of its own may know more of them.
#[derive(Clone, PartialEq)]
pub struct Pipeline {
    /// The stages.
    pub stages: Vec<Stage>,
    /// The moment that `$$NOW` means.
    pub now: Date,
    /// What the database is told besides.
    pub advice: Advice,
    /// Whether values and names are MongoDB's own.
    pub raw: Raw,
}

/// One stage.
#[derive(Clone, PartialEq)]
pub struct Stage {
    /// Its name, which starts with `$`.
    pub name: String,
    /// What it is told; the fields of objects are named as REST names them, or as MongoDB keeps them.
    pub body: Json,
}

impl Pipeline {
    /// Reads an array of stages, or an object whose keys are stages.
    ///
    /// # Errors
    /// 102 for what isn't a stage, for a stage that would write, and for one that runs code in the database.
    pub fn parse(json: Json, now: Date) -> Result<Pipeline, ParseError> {
        let bad = || invalid("pipeline must be an array of stages");
        let stages: Vec<Map<String, Json>> = match json {
            Json::Array(stages) => stages
                .into_iter()
                .map(|stage| match stage {
                    Json::Object(stage) => Ok(stage),
                    _ => Err(bad()),
                })
                .collect::<Result<_, _>>()?,
            Json::Object(stages) => stages.into_iter().map(|stage| Map::from_iter([stage])).collect(),
            _ => return Err(bad()),
        };
        if stages.len() > MOST_STAGES {
            return Err(invalid(format!("pipeline has more than {MOST_STAGES} stages")));
        }
        let stages = stages.into_iter().map(Stage::parse).collect::<Result<_, _>>()?;
        Ok(Pipeline { stages, now, advice: Advice::default(), raw: Raw::default() })
    }
}

impl Stage {
    fn parse(stage: Map<String, Json>) -> Result<Stage, ParseError> {
        if stage.len() != 1 {
            let names = stage.keys().take(8).map(|name| shown(name)).collect::<Vec<_>>().join(", ");
            return Err(invalid(format!("Pipeline stages should only have one key but found {names}.")));
        }
        let Some((name, body)) = stage.into_iter().next() else { return Err(invalid("a stage is empty")) };
        if !name.starts_with('$') {
            return Err(invalid(format!("Invalid aggregate stage '{}'.", shown(&name))));
        }
        if name == "$group" {
            let Some(group) = body.as_object() else { return Err(invalid("$group must be an object")) };
            if group.contains_key("objectId") {
                return Err(invalid("Cannot use 'objectId' in aggregation stage $group."));
            }
            if !group.contains_key("_id") {
                return Err(invalid("Invalid parameter for query: group. Missing key _id"));
            }
        }
        if WRITES.contains(&name.as_str()) {
            return Err(invalid(format!("{name} is not allowed: an aggregation only reads")));
        }
        harmless(&body)?;
        Ok(Stage { name, body })
    }
}

/// Stages that write.
const WRITES: [&str; 2] = ["$out", "$merge"];

/// Operators that run code in the database, wherever they stand.
const CODE: [&str; 3] = ["$where", "$function", "$accumulator"];

/// The server's own columns that nobody reads, besides those that a query may name: no pipeline may name either kind,
/// whoever carries it out.
const HIDDEN: [&str; 4] = ["_hashed_password", "_session_token", "_password_history", "_auth_data_"];

/// Refuses a text that names a hidden column, as a path or as the name of a field.
fn open(text: &str) -> Result<(), ParseError> {
    let hidden = |part: &str| HIDDEN.iter().chain(INTERNAL).any(|hidden| part.starts_with(hidden));
    if text.split(['.', '$']).any(hidden) {
        return Err(invalid("the pipeline names a column that nobody may read"));
    }
    Ok(())
}

/// Refuses stages that write, operators that run code and hidden columns, at any depth: pipelines nest in `$lookup`,
/// `$facet` and more.
fn harmless(json: &Json) -> Result<(), ParseError> {
    match json {
        Json::String(text) => open(text),
        Json::Object(map) => map.iter().try_for_each(|(key, inner)| {
            open(key)?;
            if WRITES.contains(&key.as_str()) || CODE.contains(&key.as_str()) {
                return Err(invalid(format!("{key} is not allowed: an aggregation only reads")));
            }
            harmless(inner)
        }),
        Json::Array(items) => items.iter().try_for_each(harmless),
        _ => Ok(()),
    }
}

pub(super) fn invalid(text: impl Into<std::borrow::Cow<'static, str>>) -> ParseError {
    ParseError::new(Code::InvalidQuery, text)
}

/// Shows the names of the stages, never what they are told.
impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.stages).finish()
    }
}

/// Shows the name, never what the stage is told.
impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(shown(&self.name))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn stages_are_read_from_both_forms() {
        for json in [json!([{"$match": {"a": 1}}, {"$limit": 3}]), json!({"$limit": 3, "$match": {"a": 1}})] {
            let mut names: Vec<String> =
                Pipeline::parse(json, Date(0)).unwrap().stages.into_iter().map(|stage| stage.name).collect();
            names.sort();
            assert_eq!(names, ["$limit", "$match"]);
        }
    }

    #[test]
    fn what_is_not_a_reading_stage_is_refused() {
        for (json, text) in [
            (json!("x"), "pipeline must be an array of stages"),
            (json!([1]), "pipeline must be an array of stages"),
            (json!([{}]), "Pipeline stages should only have one key but found ."),
            (json!([{"$a": 1, "$b": 1}]), "Pipeline stages should only have one key but found $a, $b."),
            (json!({"group": {"_id": null}}), "Invalid aggregate stage 'group'."),
            (json!([{"$group": {}}]), "Invalid parameter for query: group. Missing key _id"),
            (json!([{"$group": {"objectId": null}}]), "Cannot use 'objectId' in aggregation stage $group."),
            (json!([{"$out": "x"}]), "$out is not allowed: an aggregation only reads"),
            (
                json!([{"$facet": {"a": [{"$merge": "x"}]}}]),
                "$merge is not allowed: an aggregation only reads",
            ),
            (
                json!([{"$project": {"x": "$$ROOT._hashed_password"}}]),
                "the pipeline names a column that nobody may read",
            ),
            (json!([{"$match": {"_auth_data_x.id": 1}}]), "the pipeline names a column that nobody may read"),
            (
                json!([{"$match": {"$or": [{"$where": "1"}]}}]),
                "$where is not allowed: an aggregation only reads",
            ),
        ] {
            let error = Pipeline::parse(json, Date(0)).unwrap_err();
            assert_eq!((error.code, &*error.message), (Code::InvalidQuery, text));
        }
    }
}
