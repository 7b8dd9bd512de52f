//! Batches as they are read, before anything of them is done.

use serde_json::json;

use super::*;

/// A route as method and path, and what its `{…}` stand for.
type Found = (String, Vec<String>);

fn jobs(config: &Config, body: Json) -> Result<Vec<Found>, (i32, String)> {
    let Json::Object(mut body) = body else { unreachable!("tests give objects") };
    match read(config, &mut body, 3) {
        Ok(jobs) => Ok(jobs
            .into_iter()
            .map(|job| (format!("{} {}", job.row.method, job.row.path), job.params))
            .collect()),
        Err(error) => Err((error.code.number(), error.message.into_owned())),
    }
}

fn one(path: &str) -> Json {
    json!({"requests": [{"method": "POST", "path": path, "body": {"a": 1}}]})
}

#[test]
fn requests_find_their_routes() {
    let config = Config { public_url: Some("https://a.example/api/".into()), ..Config::default() };
    let body = json!({"requests": [
        {"method": "post", "path": "/parse/classes/Patient", "body": {"a": 1}},
        {"method": "DELETE", "path": "/api/users/u1"},
        {"method": "GET", "path": "/parse/classes/Patient/p1", "body": null},
    ]});
    assert_eq!(
        jobs(&config, body).unwrap(),
        [
            ("POST /classes/{class}".to_owned(), vec!["Patient".to_owned()]),
            ("DELETE /users/{id}".to_owned(), vec!["u1".to_owned()]),
            ("GET /classes/{class}/{id}".to_owned(), vec!["Patient".to_owned(), "p1".to_owned()]),
        ]
    );
    assert_eq!(jobs(&Config::default(), json!({"requests": []})).unwrap(), []);
    let root = Config { mount_path: "/".into(), ..Config::default() };
    assert!(jobs(&root, one("/classes/Patient")).is_ok());
}

#[test]
fn one_bad_request_refuses_the_whole_batch() {
    let long = format!("/parse/{}", "x".repeat(200));
    let cases = [
        (json!({}), "requests must be an array"),
        (json!({"requests": {}}), "requests must be an array"),
        (json!({"requests": ["x"]}), "a batch request must be an object"),
        (
            json!({"requests": [{}, {}, {}, {}]}),
            "Batch request contains 4 sub-requests, which exceeds the limit of 3.",
        ),
        (json!({"requests": [{"method": "GET", "path": 1}]}), "batch request path must be a string"),
        (
            json!({"requests": [{"path": "/parse/classes/A"}]}),
            "batch request method must be GET, POST, PUT or DELETE",
        ),
        (
            json!({"requests": [{"method": "POST", "path": "/parse/classes/A", "body": [1]}]}),
            "a batch request's body must be an object",
        ),
        (one("/classes/A"), "cannot route batch path /classes/A"),
        (one("parse/classes/A"), "cannot route batch path parse/classes/A"),
        (one("/other/name=secret"), "cannot route batch path (not shown)"),
        (one("/parse/nosuch"), "cannot route POST /nosuch"),
        (one(&long), "cannot route POST (not shown)"),
        (one("/parse/batch"), "nested batch requests are not allowed"),
        (one("/parse/BATCH/"), "nested batch requests are not allowed"),
        (one("/parse/files/a.txt"), "cannot route POST /files/a.txt"),
        (json!({"requests": [{"method": "GET", "path": "/parse/health"}]}), "cannot route GET /health"),
    ];
    for (body, text) in cases {
        assert_eq!(jobs(&Config::default(), body).unwrap_err(), (107, text.to_owned()));
    }
}

#[test]
fn answers_come_in_order_each_as_success_or_error() {
    let answers = vec![
        Ok(Reply::empty()),
        Err(ParseError::object_not_found().into()),
        Reply::ok(&json!({"objectId": "x"})),
    ];
    assert_eq!(
        String::from_utf8(together(answers.into_iter()).into_body()).unwrap(),
        r#"[{"success":{}},{"error":{"code":101,"error":"Object not found."}},{"success":{"objectId":"x"}}]"#
    );
    assert_eq!(together(std::iter::empty()).into_body(), b"[]");
}

#[test]
fn transactions_hold_saves_and_deletes_of_objects() {
    let items = |method: &str, path: &str| {
        let body = json!({"requests": [{"method": method, "path": path, "body": {}}]});
        let Json::Object(mut body) = body else { unreachable!("an object") };
        let job = read(&Config::default(), &mut body, 3).unwrap().pop().unwrap();
        item(model::Denylist::standard(), job).map(|item| match item {
            Item::Create { class, .. } => format!("create {class}"),
            Item::Update { class, id, .. } => format!("update {class} {id}"),
            Item::Delete { class, id } => format!("delete {class} {id}"),
        })
    };
    assert_eq!(items("POST", "/parse/classes/A").unwrap(), "create A");
    assert_eq!(items("PUT", "/parse/users/u").unwrap(), "update _User u");
    assert_eq!(items("DELETE", "/parse/roles/r").unwrap(), "delete _Role r");
    for (method, path) in
        [("GET", "/parse/classes/A"), ("POST", "/parse/functions/f"), ("GET", "/parse/users/me")]
    {
        assert!(items(method, path).is_err(), "{method} {path}");
    }
}
