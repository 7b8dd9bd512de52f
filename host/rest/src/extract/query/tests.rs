//! Parameters of finds, from URLs and tunnelled bodies.

use model::{Filter, Test, Value};
use serde_json::json;

use super::*;

fn map(json: Json) -> JsonMap<String, Json> {
    match json {
        Json::Object(map) => map,
        _ => unreachable!("tests give objects"),
    }
}

fn read(url: &str, body: Json) -> Result<Query, ParseError> {
    let parameters = Parameters::read(Some(url), map(body))?;
    find(ClassName::new("Patient").unwrap(), parameters, &Limits::default(), model::Date(0))
}

fn texts(paths: &[Path]) -> Vec<&str> {
    paths.iter().map(|path| path.as_str()).collect()
}

#[test]
fn a_url_and_a_body_say_the_same() {
    let url = "where=%7B%22a%22%3A1%7D&order=-b,c&limit=5&skip=2&count=1&keys=a,b.c&excludeKeys=d\
               &include=e.f&includeAll=true&readPreference=nearest&hint=x&comment=y";
    let body = json!({
        "where": {"a": 1}, "order": "-b, c", "limit": 5, "skip": 2, "count": 1, "keys": ["a", "b.c"],
        "excludeKeys": "d", "include": "e.f", "includeAll": true, "readPreference": "NEAREST", "hint": "x",
        "comment": "y",
    });
    let (from_url, from_body) = (read(url, json!({})).unwrap(), read("", body).unwrap());
    assert!(from_url == from_body);
    assert!(from_url.filter == Filter::test("a", Test::Eq(Value::Number(1.0))));
    assert_eq!(from_url.limit, Some(Limit::Rows(5)));
    assert_eq!((from_url.skip, from_url.count, from_url.include_all), (2, true, true));
    assert_eq!(texts(from_url.keys.as_ref().unwrap()), ["a", "b.c"]);
    assert_eq!((texts(&from_url.exclude_keys), texts(&from_url.include)), (vec!["d"], vec!["e.f"]));
    let order: Vec<_> = from_url.order.iter().map(|order| (order.path.as_str(), order.descending)).collect();
    assert_eq!(order, [("b", true), ("c", false)]);
}

#[test]
fn nothing_asks_for_everything() {
    assert!(read("", json!({})).unwrap() == Query::new(ClassName::new("Patient").unwrap()));
    let nulls =
        json!({"where": null, "limit": null, "skip": null, "keys": null, "include": null, "order": null});
    assert!(read("", nulls).unwrap() == Query::new(ClassName::new("Patient").unwrap()));
}

#[test]
fn the_url_wins_over_the_body() {
    assert_eq!(read("limit=3", json!({"limit": 9})).unwrap().limit, Some(Limit::Rows(3)));
}

#[test]
fn a_where_may_be_text_once_more() {
    let filter = Filter::test("a", Test::Eq(Value::text("x")));
    assert!(read("", json!({"where": "{\"a\": \"x\"}"})).unwrap().filter == filter);
    assert!(read("where=%22%7B%5C%22a%5C%22%3A%5C%22x%5C%22%7D%22", json!({})).unwrap().filter == filter);
}

#[test]
fn limits_keys_and_counts_have_their_corners() {
    assert_eq!(read("limit=0&count=0", json!({})).unwrap().limit, Some(Limit::Rows(0)));
    assert!(!read("count=0", json!({})).unwrap().count && read("count=true", json!({})).unwrap().count);
    assert_eq!(read("limit=1e300", json!({})).unwrap().limit, Some(Limit::Rows(9_007_199_254_740_991)));
    assert_eq!(read("", json!({"limit": "7"})).unwrap().limit, Some(Limit::Rows(7)));
    assert_eq!(read("keys=", json!({})).unwrap().keys, Some(vec![]));
    assert_eq!(texts(&read("keys=_hashed_password,a", json!({})).unwrap().keys.unwrap()), ["a"]);
    assert_eq!(texts(&read("keys=true", json!({})).unwrap().keys.unwrap()), ["true"]);
    let starred = read("include=*,a", json!({})).unwrap();
    assert!(starred.include_all && texts(&starred.include) == ["a"]);
    assert_eq!(read("order=-_created_at", json!({})).unwrap().order[0].path, "createdAt");
}

#[test]
fn bad_parameters_get_the_codes_of_the_reference() {
    let whole = "value: it must be a whole number from 0 on";
    let cases = [
        ("nope=1", json!({}), 102, "Invalid parameter for query: nope".to_owned()),
        ("a%20secret=1", json!({}), 102, "Invalid parameter for query: (not shown)".to_owned()),
        ("limit=1&limit=2", json!({}), 102, "Invalid parameter for query: limit is repeated".to_owned()),
        ("limit=-1", json!({}), 102, format!("bad limit {whole}")),
        ("limit=1.5", json!({}), 102, format!("bad limit {whole}")),
        ("skip=x", json!({}), 102, format!("bad skip {whole}")),
        ("", json!({"limit": {"$gt": 1}}), 102, format!("bad limit {whole}")),
        ("", json!({"limit": "NaN"}), 102, format!("bad limit {whole}")),
        ("where=secret", json!({}), 107, "where parameter is not valid JSON".to_owned()),
        ("where=[1]", json!({}), 102, "where must be an object".to_owned()),
        ("", json!({"where": "{"}), 107, "where parameter is not valid JSON".to_owned()),
        ("order=a%20b", json!({}), 105, "Invalid field name: (not shown).".to_owned()),
        ("order=_hashed_password", json!({}), 105, "Invalid field name: _hashed_password.".to_owned()),
        ("order=-authData.x.id", json!({}), 105, "Invalid field name: authData.x.id.".to_owned()),
        ("include=a..b", json!({}), 105, "Invalid field name: a..b.".to_owned()),
        ("", json!({"keys": {"a": 1}}), 102, "bad keys value: it must be a list of names".to_owned()),
        ("", json!({"include": [1]}), 102, "bad include value: it must be a list of names".to_owned()),
        ("readPreference=FASTEST", json!({}), 102, "Not supported read preference.".to_owned()),
        ("explain=loud", json!({}), 102, "Invalid value for explain".to_owned()),
        ("redirectClassNameForKey=a.b", json!({}), 105, "Invalid field name.".to_owned()),
        ("hint=3", json!({}), 102, "bad hint value: it must be an index's name or its fields".to_owned()),
        ("comment=3", json!({}), 102, "bad comment value: it must be a text of at most 512 bytes".to_owned()),
    ];
    for (url, body, code, text) in cases {
        let error = read(url, body).map(|_| ()).unwrap_err();
        assert_eq!((error.code.number(), error.message.into_owned()), (code, text), "{url}");
    }
    assert!(read("explain=false", json!({})).unwrap().explain.is_none());
    assert!(read("explain=true", json!({})).unwrap().explain.is_some());
    assert_eq!(read("redirectClassNameForKey=a", json!({})).unwrap().redirect.unwrap(), *"a");
    let best = read("order=-$score&keys=name,$score", json!({})).unwrap();
    assert!(best.score && best.order[0].by == By::Score && !best.order[0].descending);
    assert_eq!(best.keys.unwrap().len(), 2);
    let advice = read("hint=by_name&comment=why&readPreference=nearest", json!({})).unwrap().advice;
    assert!(advice.hint.is_some() && advice.comment.is_some());
    assert_eq!(advice.read_preference, Some(ReadPreference::Nearest));
}

#[test]
fn a_get_has_few_parameters() {
    let read = |url: &str| get(Parameters::read(Some(url), JsonMap::new())?);
    let shape = read("keys=a&include=b,*&excludeKeys=c&readPreference=PRIMARY").unwrap();
    assert_eq!(texts(shape.keys.as_ref().unwrap()), ["a"]);
    assert!(shape.include_all && texts(&shape.include) == ["b"] && texts(&shape.exclude_keys) == ["c"]);
    for url in ["limit=1", "where=%7B%7D", "x=1", "count=1"] {
        let error = read(url).map(|_| ()).unwrap_err();
        assert_eq!((error.code.number(), &*error.message), (102, "Improper encode of parameter"), "{url}");
    }
}
