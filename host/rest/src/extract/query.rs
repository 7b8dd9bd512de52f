//! The parameters of a find or a get, from the URL and from the body.

use std::collections::BTreeMap;

use data::Shape;
use model::{
    ClassName, Code, Date, FieldName, Limit, Order, ParseError, Path, Query,
    name::shown,
    query::{Advice, By, Explain, Limits, ReadPreference},
};
use serde_json::{Map as JsonMap, Value as Json};

use super::url;

#[cfg(test)]
mod tests;

/// A parameter's value.
enum Given {
    /// From the URL: text, perhaps JSON.
    Url(String),
    /// From the body: JSON.
    Body(Json),
}

impl Given {
    /// The value as JSON; what isn't JSON in a URL is a text.
    fn json(self) -> Json {
        match self {
            Given::Body(json) => json,
            Given::Url(text) => serde_json::from_str(&text).unwrap_or(Json::String(text)),
        }
    }
}

/// Parameters by name; the URL's win.
pub(crate) struct Parameters(BTreeMap<String, Given>);

impl Parameters {
    /// Puts the parameters of a URL and of a body together.
    ///
    /// # Errors
    /// 102 for one that the URL repeats.
    pub(crate) fn read(query: Option<&str>, body: JsonMap<String, Json>) -> Result<Parameters, ParseError> {
        let mut given = BTreeMap::new();
        for (name, value) in url::pairs(query) {
            if given.insert(name.clone().into_owned(), Given::Url(value.into_owned())).is_some() {
                return Err(invalid(format!("Invalid parameter for query: {} is repeated", shown(&name))));
            }
        }
        for (name, json) in body {
            given.entry(name).or_insert(Given::Body(json));
        }
        Ok(Parameters(given))
    }
}

/// Reads what a find asks for.
///
/// # Errors
/// 102 for an unknown or malformed parameter, 105 for a name that can't be a field's, 107 for a `where` that isn't
/// JSON, 108 for a parameter that isn't supported yet; and as [`model::query::parse::filter`].
pub(crate) fn find(
    class: ClassName,
    parameters: Parameters,
    limits: &Limits,
    now: Date,
) -> Result<Query, ParseError> {
    let mut query = Query::new(class);
    let mut shape = Shape::default();
    for (name, given) in parameters.0 {
        match name.as_str() {
            "where" => {
                if let Some(json) = condition(given.json())? {
                    query.restrict(json, limits, now)?;
                }
            }
            "order" => query.order = order(given)?,
            "limit" => query.limit = number("limit", given)?.map(Limit::Rows),
            "skip" => query.skip = number("skip", given)?.unwrap_or(0),
            "count" => query.count = truthy(&given.json()),
            "includeAll" => shape.include_all |= truthy(&given.json()),
            "keys" | "excludeKeys" | "include" => shape_part(&mut shape, &name, given)?,
            "readPreference" => query.advice.read_preference = ReadPreference::parse(&given.json())?,
            "includeReadPreference" => query.include_preference = ReadPreference::parse(&given.json())?,
            "subqueryReadPreference" => query.subquery_preference = ReadPreference::parse(&given.json())?,
            "hint" => query.advice.hint = Advice::hint(given.json())?,
            "comment" => query.advice.comment = Advice::comment(given.json())?,
            "explain" => query.explain = Explain::parse(&given.json())?,
            "redirectClassNameForKey" => query.redirect = redirect(given.json())?,
            other => return Err(invalid(format!("Invalid parameter for query: {}", shown(other)))),
        }
    }
    if shape.score {
        query.score = true;
        shape.keys.get_or_insert_default().push(path("score")?);
    }
    query.keys = shape.keys;
    query.exclude_keys = shape.exclude_keys;
    query.include = shape.include;
    query.include_all = shape.include_all;
    Ok(query)
}

/// Reads what a get asks for besides the object.
///
/// # Errors
/// 102 for a parameter that a get doesn't have, 105 for a name that can't be a field's.
pub(crate) fn get(parameters: Parameters) -> Result<Shape, ParseError> {
    let mut shape = Shape::default();
    for (name, given) in parameters.0 {
        match name.as_str() {
            "keys" | "excludeKeys" | "include" => shape_part(&mut shape, &name, given)?,
            "readPreference" | "includeReadPreference" | "subqueryReadPreference" => {
                ReadPreference::parse(&given.json())?;
            }
            _ => return Err(invalid("Improper encode of parameter")),
        }
    }
    Ok(shape)
}

pub(super) fn invalid(text: impl Into<std::borrow::Cow<'static, str>>) -> ParseError {
    ParseError::new(Code::InvalidQuery, text)
}

/// What JavaScript takes for true.
fn truthy(json: &Json) -> bool {
    match json {
        Json::Null | Json::Bool(false) => false,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        _ => true,
    }
}

fn redirect(json: Json) -> Result<Option<FieldName>, ParseError> {
    match json {
        Json::Null => Ok(None),
        Json::String(key) if key.is_empty() => Ok(None),
        Json::String(key) => FieldName::new(&key).map(Some),
        _ => Err(invalid("bad redirectClassNameForKey value: it must be the name of a field")),
    }
}

/// Reads a `where`: JSON, or a text that some clients write it into once more.
pub(super) fn condition(json: Json) -> Result<Option<Json>, ParseError> {
    match json {
        Json::Null => Ok(None),
        Json::String(text) => serde_json::from_str(&text)
            .map(Some)
            .map_err(|_| ParseError::new(Code::InvalidJson, "where parameter is not valid JSON")),
        json => Ok(Some(json)),
    }
}

/// Reads a whole number from 0 on; one that no answer reaches counts as the largest.
fn number(name: &'static str, given: Given) -> Result<Option<u64>, ParseError> {
    const MOST: f64 = 9_007_199_254_740_991.0;
    let number = match given.json() {
        Json::Null => return Ok(None),
        Json::Number(number) => number.as_f64(),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match number {
        Some(number) if number >= 0.0 && number.fract() == 0.0 => Ok(Some(number.min(MOST) as u64)),
        _ => Err(invalid(format!("bad {name} value: it must be a whole number from 0 on"))),
    }
}

/// Reads a list of names: texts with commas in between, or an array of such texts.
fn names(name: &str, given: Given) -> Result<Vec<String>, ParseError> {
    let bad = || invalid(format!("bad {name} value: it must be a list of names"));
    let texts = match given {
        // A number or such in a URL is a name, and a bad one.
        Given::Url(text) => match serde_json::from_str(&text) {
            Ok(Json::String(text)) => vec![text],
            Ok(Json::Array(items)) => list(items).ok_or_else(bad)?,
            _ => vec![text],
        },
        Given::Body(Json::Null) => Vec::new(),
        Given::Body(Json::String(text)) => vec![text],
        Given::Body(Json::Array(items)) => list(items).ok_or_else(bad)?,
        Given::Body(_) => return Err(bad()),
    };
    let names = texts.iter().flat_map(|text| text.split(',')).map(str::trim);
    Ok(names.filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect())
}

fn list(items: Vec<Json>) -> Option<Vec<String>> {
    items
        .into_iter()
        .map(|item| match item {
            Json::String(text) => Some(text),
            _ => None,
        })
        .collect()
}

fn shape_part(shape: &mut Shape, name: &str, given: Given) -> Result<(), ParseError> {
    let present = !matches!(given, Given::Body(Json::Null));
    let names = names(name, given)?;
    match name {
        "include" => {
            for name in names {
                match name.as_str() {
                    "*" => shape.include_all = true,
                    name => shape.include.push(path(name)?),
                }
            }
        }
        "keys" if present => {
            let (score, names): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| name == "$score");
            shape.score = !score.is_empty();
            shape.keys = Some(paths(&names)?);
        }
        "keys" => {}
        _ => shape.exclude_keys = paths(&names)?,
    }
    Ok(())
}

/// Reads paths; the server's own columns can be neither asked for nor left out, so they go unmentioned.
fn paths(names: &[String]) -> Result<Vec<Path>, ParseError> {
    names.iter().filter(|name| !name.starts_with('_')).map(|name| path(name)).collect()
}

fn path(name: &str) -> Result<Path, ParseError> {
    let bad = || ParseError::new(Code::InvalidKeyName, format!("Invalid field name: {}.", shown(name)));
    if name.starts_with('_') { Err(bad()) } else { Path::new(name).map_err(|_| bad()) }
}

fn order(given: Given) -> Result<Vec<Order>, ParseError> {
    let mut order = Vec::new();
    for name in names("order", given)? {
        let (name, descending) = match name.strip_prefix('-') {
            Some(name) => (name.trim(), true),
            None => (name.as_str(), false),
        };
        let path = match name {
            "_created_at" => path("createdAt")?,
            "_updated_at" => path("updatedAt")?,
            // The best answer comes first, whichever way it is asked for.
            "$score" => {
                order.push(Order { path: path("score")?, descending: false, by: By::Score });
                continue;
            }
            name => path(name)?,
        };
        if path.root() == "ACL" || (path.root() == "authData" && path.is_dotted()) {
            return Err(ParseError::new(
                Code::InvalidKeyName,
                format!("Invalid field name: {}.", shown(name)),
            ));
        }
        order.push(Order { path, descending, by: By::Value });
    }
    Ok(order)
}
