//! A body's bytes, read as the JSON object that every request of the protocol is.

use std::borrow::Cow;

use serde_json::{Map as JsonMap, Value as Json, error::Category};

use crate::error::Failure;

/// Reads a body: an object, or an array, which counts as an object with the keys 0, 1, …; nothing at all is `{}`.
///
/// No message repeats anything of the body, for it may hold anything.
///
/// # Errors
/// 400 without a Parse code when it isn't JSON, isn't UTF-8, is nested too deep, or holds too many values.
pub(crate) fn object(bytes: &[u8], max_values: usize) -> Result<JsonMap<String, Json>, Failure> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let Some(first) = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) else {
        return Ok(JsonMap::new());
    };
    if !matches!(first, b'{' | b'[') {
        return Err(malformed("the body must be a JSON object or array"));
    }
    // Each value of an array or object but the first follows a comma.
    if bytes.len() > max_values && commas(bytes) >= max_values {
        return Err(malformed(format!("the body holds more than {max_values} values")));
    }
    match serde_json::from_slice::<Json>(bytes) {
        Ok(Json::Object(map)) => Ok(map),
        Ok(Json::Array(items)) => {
            Ok(items.into_iter().enumerate().map(|(place, item)| (place.to_string(), item)).collect())
        }
        Ok(_) => Err(malformed("the body must be a JSON object or array")),
        Err(error) => Err(malformed(told(&error, bytes))),
    }
}

fn malformed(text: impl Into<Cow<'static, str>>) -> Failure {
    Failure::Malformed(text.into())
}

fn told(error: &serde_json::Error, bytes: &[u8]) -> Cow<'static, str> {
    if std::str::from_utf8(bytes).is_err() {
        return "the body is not valid UTF-8".into();
    }
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Eof => "the body ends before its JSON does".into(),
        // The parser's own words for a limit hold no part of the input.
        _ if error.to_string().starts_with("recursion limit") => "the body is nested too deep".into(),
        _ => format!("the body is not valid JSON at line {line}, column {column}").into(),
    }
}

/// Counts the commas outside of texts.
fn commas(bytes: &[u8]) -> usize {
    let (mut count, mut inside, mut escaped) = (0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b',' if !inside => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(bytes: &[u8]) -> String {
        let reply = object(bytes, 100).unwrap_err().reply();
        assert_eq!(reply.status().as_u16(), 400);
        let body: Json = serde_json::from_slice(&reply.into_body()).unwrap();
        assert!(body.get("code").is_none());
        body["error"].as_str().unwrap().to_owned()
    }

    #[test]
    fn objects_arrays_and_nothing_are_read() {
        let read = |text: &str| Json::Object(object(text.as_bytes(), 100).unwrap());
        assert_eq!(read(""), json!({}));
        assert_eq!(read(" \n"), json!({}));
        assert_eq!(read(r#" {"a": 1, "a": 2} "#), json!({"a": 2}));
        assert_eq!(read("\u{FEFF}{}"), json!({}));
        assert_eq!(read(r#"["x", null]"#), json!({"0": "x", "1": null}));
        assert_eq!(read(r#"{"a": 0.1, "b": 5e-324, "c": 123456789012345678}"#)["b"], json!(5e-324));
    }

    #[test]
    fn what_is_not_an_object_is_refused_without_an_echo() {
        assert_eq!(refused(b"\"secret\""), "the body must be a JSON object or array");
        assert_eq!(refused(b"12"), "the body must be a JSON object or array");
        assert_eq!(refused(br#"{"a": secret}"#), "the body is not valid JSON at line 1, column 7");
        assert_eq!(refused(br#"{"a": "secret"#), "the body ends before its JSON does");
        assert_eq!(refused(br#"{"a": 1} {"b": 2}"#), "the body is not valid JSON at line 1, column 10");
        assert_eq!(refused(b"{\"a\": \"\xFF\"}"), "the body is not valid UTF-8");
        assert_eq!(refused(br#"{"a": 1e999}"#), "the body is not valid JSON at line 1, column 11");
        assert!(refused(br#"{"a": "\ud800"}"#).starts_with("the body is not valid JSON"));
        let deep = "[".repeat(10_000);
        assert_eq!(refused(deep.as_bytes()), "the body is nested too deep");
        let deep = "{\"a\":".repeat(10_000) + "1" + &"}".repeat(10_000);
        assert_eq!(refused(deep.as_bytes()), "the body is nested too deep");
    }

    #[test]
    fn values_are_counted_outside_of_texts() {
        let many = format!("[{}]", vec!["0"; 101].join(","));
        assert_eq!(refused(many.as_bytes()), "the body holds more than 100 values");
        let enough = format!("[{}]", vec!["0"; 100].join(","));
        assert_eq!(object(enough.as_bytes(), 100).unwrap().len(), 100);
        let text = json!({"a": ",".repeat(500) + "\\\"" + &",".repeat(500)}).to_string();
        assert_eq!(object(text.as_bytes(), 100).unwrap().len(), 1);
    }
}
