//! What an aggregation or a distinct asks for, from the URL and from the body.

use model::{
    ClassName, Code, Date, ParseError, Path, Pipeline, Query,
    aggregate::Raw,
    name::shown,
    query::{Advice, Explain, Limits, ReadPreference},
};
use serde_json::{Map as JsonMap, Value as Json};

use super::{
    query::{condition, invalid},
    url,
};

/// The two things that the route can do.
pub(crate) enum Asked {
    /// Objects sent through stages.
    Pipeline(Pipeline),
    /// How the objects of a pipeline would be found.
    Plan(Pipeline, Explain),
    /// The different values of a field.
    Distinct {
        /// Which objects, and what the database is told besides.
        query: Box<Query>,
        /// The field, or a place below it.
        path: Path,
    },
}

/// Reads what is asked for; of a parameter in both places, the URL's counts. Stages may stand among the parameters, in
/// the order in which they came.
///
/// # Errors
/// 102 for an unknown or malformed parameter, 105 for a name that can't be a field's, and as [`Pipeline::parse`].
pub(crate) fn asked(
    class: &ClassName,
    query: Option<&str>,
    body: JsonMap<String, Json>,
    now: Date,
) -> Result<Asked, ParseError> {
    let mut given = body;
    for (name, text) in url::pairs(query) {
        let json = serde_json::from_str(&text).unwrap_or_else(|_| Json::String(text.into_owned()));
        given.insert(name.into_owned(), json);
    }
    let mut take = |name: &str| given.shift_remove(name).filter(|json| !json.is_null());
    let advice = Advice {
        hint: take("hint").map_or(Ok(None), Advice::hint)?,
        comment: take("comment").map_or(Ok(None), Advice::comment)?,
        read_preference: take("readPreference").map_or(Ok(None), |json| ReadPreference::parse(&json))?,
    };
    let mut flag = |name: &'static str| match take(name) {
        None => Ok(false),
        Some(Json::Bool(flag)) => Ok(flag),
        Some(_) => Err(invalid(format!("{name} must be true or false"))),
    };
    let raw = Raw { values: flag("rawValues")?, names: flag("rawFieldNames")? };
    let explain = take("explain").map_or(Ok(None), |json| Explain::parse(&json))?;
    let (distinct, filter, pipeline) = (take("distinct"), take("where"), take("pipeline"));
    if let Some(distinct) = distinct {
        let path = path(&distinct)?;
        let mut query = Box::new(Query { advice, ..Query::new(class.clone()) });
        if let Some(json) = filter.map_or(Ok(None), condition)? {
            query.restrict(json, &Limits::trusted(), now)?;
        }
        return Ok(Asked::Distinct { query, path });
    }
    let stages = match pipeline {
        Some(Json::String(text)) => serde_json::from_str(&text)
            .map_err(|_| ParseError::new(Code::InvalidJson, "pipeline parameter is not valid JSON"))?,
        Some(pipeline) => pipeline,
        None => Json::Object(std::mem::take(&mut given)),
    };
    if let Some(other) = given.keys().next() {
        return Err(invalid(format!("Invalid parameter for query: {}", shown(other))));
    }
    let pipeline = Pipeline { advice, raw, ..Pipeline::parse(stages, now)? };
    Ok(match explain {
        Some(mode) => Asked::Plan(pipeline, mode),
        None => Asked::Pipeline(pipeline),
    })
}

fn path(json: &Json) -> Result<Path, ParseError> {
    let name = json.as_str().ok_or_else(|| invalid("bad distinct value: it must be the name of a field"))?;
    Path::new(match name {
        "_id" => "objectId",
        "_created_at" => "createdAt",
        "_updated_at" => "updatedAt",
        name => name,
    })
    .map_err(|_| ParseError::new(Code::InvalidKeyName, format!("Invalid field name: {}.", shown(name))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(query: &str, body: Json) -> Result<Asked, ParseError> {
        let Json::Object(body) = body else { panic!("not an object") };
        let class = ClassName::new("Visit").unwrap();
        asked(&class, Some(query).filter(|query| !query.is_empty()), body, Date(0))
    }

    fn stages(query: &str, body: Json) -> Vec<String> {
        match read(query, body).unwrap() {
            Asked::Pipeline(pipeline) => pipeline.stages.into_iter().map(|stage| stage.name).collect(),
            Asked::Plan(..) | Asked::Distinct { .. } => panic!("no pipeline"),
        }
    }

    #[test]
    fn stages_keep_their_order() {
        let expected = ["$sort", "$match", "$limit"];
        let bare =
            serde_json::from_str(r#"{"$sort": {"b": 1, "a": -1}, "$match": {}, "$limit": 1}"#).unwrap();
        assert_eq!(stages("", bare), expected);
        let array = json!([{"$sort": {"a": 1}}, {"$match": {}}, {"$limit": 1}]);
        assert_eq!(stages("", json!({"pipeline": array, "comment": "why", "explain": false})), expected);
        assert_eq!(stages(&format!("pipeline={array}"), json!({})), expected);
        assert_eq!(stages("", json!({"pipeline": array.to_string()})), expected);
    }

    #[test]
    fn a_distinct_has_a_field_and_conditions() {
        let Asked::Distinct { query, path } =
            read("distinct=_created_at&hint=x", json!({"where": {"a": 1}})).unwrap()
        else {
            panic!("a pipeline")
        };
        assert_eq!((path.as_str(), query.class.as_str()), ("createdAt", "Visit"));
        assert!(query.filter != model::Filter::all() && query.advice.hint.is_some());
        assert!(matches!(read("distinct=a", json!({"where": "{}"})), Ok(Asked::Distinct { .. })));
    }

    #[test]
    fn an_answer_may_be_raw() {
        let raw = |query: &str, body: Json| match read(query, body).unwrap() {
            Asked::Pipeline(pipeline) => (pipeline.raw.values, pipeline.raw.names),
            Asked::Plan(..) | Asked::Distinct { .. } => panic!("no pipeline"),
        };
        assert_eq!(raw("rawValues=true", json!({"pipeline": []})), (true, false));
        assert_eq!(raw("", json!({"$match": {}, "rawFieldNames": true, "rawValues": false})), (false, true));
        assert_eq!(raw("", json!({"pipeline": []})), (false, false));
    }

    #[test]
    fn a_plan_is_asked_for_in_one_of_the_known_ways() {
        let ask = |explain| read("", json!({"pipeline": [{"$match": {}}], "explain": explain})).unwrap();
        assert!(matches!(ask(json!(true)), Asked::Plan(..)));
        assert!(matches!(ask(json!("executionStats")), Asked::Plan(_, Explain::ExecutionStats)));
        assert!(matches!(ask(json!(false)), Asked::Pipeline(_)));
    }

    #[test]
    fn mistakes_are_told() {
        for (query, body, code) in [
            ("", json!({"group": {"_id": null}}), 102),
            ("", json!({"pipeline": [], "bogus": 1}), 102),
            ("pipeline=[", json!({}), 107),
            ("distinct=a..b", json!({}), 105),
            ("", json!({"distinct": 1}), 102),
            ("", json!({"distinct": "a", "where": "{"}), 107),
            ("explain=everything", json!({"pipeline": []}), 102),
            ("rawValues=1", json!({"pipeline": []}), 102),
            ("comment=3", json!({"pipeline": []}), 102),
            ("readPreference=TERTIARY", json!({"pipeline": []}), 102),
        ] {
            assert_eq!(read(query, body).err().unwrap().code.number(), code, "{query}");
        }
    }
}
