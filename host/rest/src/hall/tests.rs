//! Requests as they are understood before anybody is asked for keys.

use serde_json::json;

use super::*;

fn request(method: &str, uri: &str, headers: &[(&'static str, &'static str)]) -> Parts {
    let mut request = http::Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

async fn visit(parts: &Parts, body: &str) -> Result<Visit, (u16, String)> {
    let config = Config { app_id: Some("clinic".into()), max_url: 100, ..Config::default() };
    let path = url::below(parts.uri.path(), config.mount()).unwrap();
    admit(&config, path, parts, Body::from(body.to_owned())).await.map_err(|failure| {
        let reply = failure.reply();
        (reply.status().as_u16(), String::from_utf8(reply.into_body()).unwrap())
    })
}

#[tokio::test]
async fn a_tunnelled_request_becomes_what_it_stands_for() {
    let parts = request("POST", "/parse/classes/Patient/p1", &[("content-type", "text/plain")]);
    let body = json!({
        "_method": "put", "_ApplicationId": "clinic", "_JavaScriptKey": "j", "_SessionToken": "r:1", "name": "x",
    });
    let visit = visit(&parts, &body.to_string()).await.unwrap();
    assert_eq!((visit.row.method.as_str(), visit.row.path), ("PUT", "/classes/{class}/{id}"));
    assert_eq!(visit.params, ["Patient", "p1"]);
    assert_eq!(Json::Object(visit.body), json!({"name": "x"}));
    assert_eq!(visit.credentials.session_token.as_deref(), Some("r:1"));
    assert!(!visit.credentials.ignore_session);
}

#[tokio::test]
async fn only_a_post_is_a_tunnel_and_only_for_text() {
    let id = [("x-parse-application-id", "clinic")];
    let read = visit(&request("PUT", "/parse/classes/A/x", &id), r#"{"_method": "DELETE"}"#).await.unwrap();
    assert_eq!((read.row.method.as_str(), Json::Object(read.body)), ("PUT", json!({"_method": "DELETE"})));
    let read = visit(&request("POST", "/parse/classes/A", &id), r#"{"_method": {"a": 1}}"#).await.unwrap();
    assert_eq!((read.row.method.as_str(), Json::Object(read.body)), ("POST", json!({"_method": {"a": 1}})));
    let refused = visit(&request("POST", "/parse/classes/A", &id), r#"{"_method": "BREW ME"}"#).await;
    assert_eq!(refused.err().unwrap().0, 405);
}

#[tokio::test]
async fn a_login_leaves_a_stale_session_alone_however_it_is_spelt() {
    for uri in ["/parse/login", "/parse/LOGIN/", "/parse//login", "/parse/sessions/me/"] {
        let read = visit(&request("GET", uri, &[("x-parse-session-token", "r:1")]), "").await.unwrap();
        assert!(read.credentials.ignore_session, "{uri}");
    }
}

#[tokio::test]
async fn what_cannot_be_served_is_told() {
    let long = format!("/parse/classes/A?where={}", "x".repeat(100));
    let cases = [
        ("GET", "/parse/nosuch", "", 404, r#"{"error":"Not found"}"#),
        ("PATCH", "/parse/classes/A", "", 405, r#"{"error":"Method not allowed"}"#),
        ("POST", "/parse/classes/A", "{", 400, r#"{"error":"the body ends before its JSON does"}"#),
        ("POST", "/parse/classes/A", "\"x\"", 400, r#"{"error":"the body must be a JSON object or array"}"#),
        ("GET", long.as_str(), "", 414, r#"{"error":"the URL is too long"}"#),
    ];
    for (method, uri, body, status, text) in cases {
        let refused = visit(&request(method, uri, &[]), body).await.err().unwrap();
        assert_eq!(refused, (status, text.to_owned()), "{method} {uri}");
    }
}

#[tokio::test]
async fn what_is_not_built_yet_takes_any_body() {
    let read = visit(&request("POST", "/parse/files/a.png", &[]), "\u{1}PNG").await.unwrap();
    assert!(read.row.later && read.body.is_empty());
    let read = visit(&request("HEAD", "/parse/health", &[]), "{").await.unwrap();
    assert_eq!(read.row.path, "/health");
}
