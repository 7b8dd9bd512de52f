//! What a guest asks of a find, in the words of REST.

use model::{
    Code, Date, Order, ParseError, Path, Query,
    query::{By, Limits},
};
use serde_json::Value as Json;

use crate::convert;

fn invalid(text: String) -> ParseError {
    ParseError::new(Code::InvalidQuery, text)
}

/// Adds the text of a `where` to the conditions of a query.
///
/// # Errors
/// As a client gets them; the query is as it was then.
pub(crate) fn constrain(query: &mut Query, text: &str, now: Date) -> Result<(), ParseError> {
    let mut further = Query::new(query.class.clone());
    restrict(&mut further, Json::Object(convert::json_object(text)?), now)?;
    query.filter = std::mem::replace(&mut query.filter, model::Filter::all()).and(further.filter);
    query.moments.extend(further.moments);
    Ok(())
}

/// Reads a `where` into a query.
///
/// # Errors
/// As a client gets them.
pub(crate) fn restrict(query: &mut Query, value: Json, now: Date) -> Result<(), ParseError> {
    query.restrict(value, &Limits::default(), now)
}

/// Reads a list of paths: names joined by commas, or an array of them.
///
/// # Errors
/// 102 for another shape, 105 for a path that isn't one.
pub(crate) fn paths(key: &str, value: &Json) -> Result<Vec<Path>, ParseError> {
    let names: Vec<&str> = match value {
        Json::String(text) => text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect(),
        Json::Array(items) => items.iter().filter_map(Json::as_str).collect(),
        _ => return Err(invalid(format!("{key} must be names joined by commas"))),
    };
    names.into_iter().map(Path::new).collect()
}

/// Reads sort keys: `-created,name`.
///
/// # Errors
/// As [`paths`].
pub(crate) fn order(value: &Json) -> Result<Vec<Order>, ParseError> {
    let Json::String(text) = value else {
        return Err(invalid("order must be names joined by commas".to_owned()));
    };
    text.split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| {
            let (name, descending) = name.strip_prefix('-').map_or((name, false), |rest| (rest, true));
            Ok(Order { path: Path::new(name)?, descending, by: By::Value })
        })
        .collect()
}

/// Reads a whole number that isn't negative.
///
/// # Errors
/// 102 for anything else.
pub(crate) fn number(key: &str, value: &Json) -> Result<u64, ParseError> {
    value.as_u64().ok_or_else(|| invalid(format!("{key} must be a whole number")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::ClassName;
    use serde_json::json;

    #[test]
    fn the_words_of_rest_are_understood() {
        assert_eq!(paths("keys", &json!("a, b.c,")).unwrap().len(), 2);
        assert_eq!(paths("keys", &json!(["a"])).unwrap().len(), 1);
        let keys = order(&json!("-a,b")).unwrap();
        assert!(keys[0].descending && !keys[1].descending);
        assert!(paths("keys", &json!(1)).is_err() && order(&json!("a b")).is_err());
        assert!(number("limit", &json!(-1)).is_err() && number("limit", &json!(1.5)).is_err());
    }

    #[test]
    fn conditions_are_added_with_what_must_be_known_of_them() {
        let mut query = Query::new(ClassName::new("Visit").unwrap());
        let mut add = |text: &str| constrain(&mut query, text, Date(0));
        assert!(add("[]").is_err() && add(r#"{"$nope":1}"#).is_err());
        add(r#"{"a":{"$gt":1}}"#).unwrap();
        add(r#"{"b":{"$gt":{"$relativeTime":"now"}}}"#).unwrap();
        let mut paths = Vec::new();
        query.filter.each_path(&mut |path| paths.push(path.clone()));
        assert_eq!(paths, ["a", "b"].map(|name| Path::new(name).unwrap()));
        assert_eq!(query.moments.into_iter().collect::<Vec<_>>(), paths[1..]);
    }
}
