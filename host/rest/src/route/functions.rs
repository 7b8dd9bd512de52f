//! Functions that plugins offer.

use model::{Denylist, ParseError, Value, encode};
use serde::Serialize;
use serde_json::{Map as JsonMap, Value as Json};

use super::{Call, Row, row};
use crate::{
    extract::url,
    reply::{Answer, Reply, wire::ValueJson},
};

pub(super) const ROWS: &[Row] = &[row!(POST "/functions/{name}" Keys call)];

async fn call(call: Call) -> Answer {
    let name = call.param(0).to_owned();
    let denied = &call.hall.data.config().denied_keywords;
    let params = params(call.query.as_deref(), call.body, denied)?;
    match call.hall.data.call(&call.cx, &name, params).await? {
        Some(value) => Reply::ok(&Answered { result: ValueJson(&value) }),
        None => Ok(Reply::empty()),
    }
}

#[derive(Serialize)]
struct Answered<'a> {
    result: ValueJson<'a>,
}

/// Puts a function's parameters together: the body's, and texts of the URL, which win.
fn params(
    query: Option<&str>,
    mut body: JsonMap<String, Json>,
    denied: &Denylist,
) -> Result<Value, ParseError> {
    for (name, value) in url::pairs(query) {
        body.insert(name.into_owned(), Json::String(value.into_owned()));
    }
    denied.check_members(&body)?;
    Ok(encode::loose(Json::Object(body)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(query: Option<&str>, body: Json) -> Result<Json, i32> {
        let Json::Object(body) = body else { unreachable!("tests give objects") };
        params(query, body, Denylist::standard())
            .map(|value| encode::json(&value))
            .map_err(|error| error.code.number())
    }

    #[test]
    fn parameters_are_typed_values_and_texts_of_the_url() {
        let date = json!({"__type": "Date", "iso": "2020-01-02T03:04:05.006Z"});
        let body = json!({"when": date, "n": 1, "a.b": [null]});
        assert_eq!(
            read(Some("n=2&m=x"), body).unwrap(),
            json!({"when": date, "n": "2", "m": "x", "a.b": [null]})
        );
        assert_eq!(read(None, json!({})).unwrap(), json!({}));
    }

    #[test]
    fn bad_values_and_keywords_are_refused() {
        // Parameters aren't stored: what isn't a typed value is just JSON, and a query may stand in them.
        let odd = json!({"a": {"__type": "Date", "iso": "x"}, "where": {"n": {"$gt": 1}}});
        assert_eq!(read(None, odd.clone()), Ok(odd));
        assert_eq!(read(None, json!({"a": [{"__proto__": 1}]})), Err(105));
        assert_eq!(read(Some("constructor=1"), json!({})), Err(105));
    }

    #[test]
    fn an_answer_stands_under_result() {
        let text = |value: &Value| serde_json::to_string(&Answered { result: ValueJson(value) }).unwrap();
        assert_eq!(text(&Value::Null), r#"{"result":null}"#);
        assert_eq!(text(&Value::from(2.0)), r#"{"result":2}"#);
    }
}
