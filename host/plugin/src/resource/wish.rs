//! What a guest asks of a find, in the words of REST.

use model::{
    Code, Date, Filter, Order, ParseError, Path,
    query::{By, parse},
};
use serde_json::Value as Json;

use crate::convert;

fn invalid(text: String) -> ParseError {
    ParseError::new(Code::InvalidQuery, text)
}

/// Reads the text of a `where`.
///
/// # Errors
/// As a client gets them.
pub(crate) fn filter(text: &str, now: Date) -> Result<Filter, ParseError> {
    conditions(Json::Object(convert::json_object(text)?), now)
}

/// Reads a `where`.
///
/// # Errors
/// As a client gets them.
pub(crate) fn conditions(value: Json, now: Date) -> Result<Filter, ParseError> {
    parse::filter(value, &parse::Limits::default(), now)
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
    use serde_json::json;

    #[test]
    fn the_words_of_rest_are_understood() {
        assert_eq!(paths("keys", &json!("a, b.c,")).unwrap().len(), 2);
        assert_eq!(paths("keys", &json!(["a"])).unwrap().len(), 1);
        let keys = order(&json!("-a,b")).unwrap();
        assert!(keys[0].descending && !keys[1].descending);
        assert!(paths("keys", &json!(1)).is_err() && order(&json!("a b")).is_err());
        assert!(number("limit", &json!(-1)).is_err() && number("limit", &json!(1.5)).is_err());
        assert!(filter("[]", Date(0)).is_err() && filter(r#"{"$nope":1}"#, Date(0)).is_err());
        assert!(filter(r#"{"a":{"$gt":1}}"#, Date(0)).is_ok());
    }
}
