//! When the trail can't be written, nothing about anybody leaves and nothing changes.

use std::time::Duration;

use axum::body::Body;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value as Json, json};
use server::wire::{self, Memory};
use tower::ServiceExt as _;

async fn server() -> Memory {
    let mut config = server::Config::default();
    config.keys.app_id = Some(kit::APP_ID.to_owned());
    let server = wire::in_memory(config).await.unwrap();
    let (status, body) = ask(&server, Method::POST, "/parse/classes/Note", Some(json!({"text": "x"}))).await;
    assert_eq!(status, 201, "{body}");
    server
}

async fn ask(server: &Memory, method: Method, path: &str, body: Option<Json>) -> (StatusCode, Json) {
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let mut request = Request::new(Body::from(body));
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().unwrap();
    request.headers_mut().insert("X-Parse-Application-Id", server.app_id.parse().unwrap());
    request.headers_mut().insert("X-Parse-Master-Key", server.master_key.parse().unwrap());
    let here = std::net::SocketAddr::from(([127, 0, 0, 1], 50_000));
    request.extensions_mut().insert(axum::extract::ConnectInfo(here));
    let answer = server.app.router.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let retry = answer.headers().get("retry-after").is_some();
    assert_eq!(
        retry,
        status == StatusCode::SERVICE_UNAVAILABLE,
        "an unavailable server says when to come back"
    );
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test]
async fn every_operation_is_refused_and_the_server_says_it_is_ill() {
    let server = server().await;
    let (_, found) = ask(&server, Method::GET, "/parse/classes/Note", None).await;
    let id = found["results"][0]["objectId"].as_str().unwrap().to_owned();
    let one = format!("/parse/classes/Note/{id}");
    server.sink.fail(true);
    let before = server.sink.records().len();
    for (method, path, body) in [
        (Method::GET, "/parse/classes/Note", None),
        (Method::GET, &one, None),
        (Method::POST, "/parse/classes/Note", Some(json!({"text": "y"}))),
        (Method::PUT, &one, Some(json!({"text": "y"}))),
        (Method::DELETE, &one, None),
        (Method::POST, "/parse/users", Some(json!({"username": "ann", "password": "p"}))),
        (Method::POST, "/parse/login", Some(json!({"username": "ann", "password": "p"}))),
        (Method::GET, "/parse/schemas", None),
        (Method::POST, "/parse/schemas/Other", Some(json!({"className": "Other"}))),
    ] {
        let (status, body) = ask(&server, method.clone(), path, body).await;
        assert_eq!(status, 503, "{method} {path}: {body}");
        assert_eq!(body["error"], "audit_unavailable", "{method} {path}");
    }
    let (status, body) = ask(&server, Method::GET, "/parse/health", None).await;
    assert_eq!((status.as_u16(), body), (503, json!({"status": "error"})));

    server.sink.fail(false);
    let (status, body) = ask(&server, Method::GET, "/parse/classes/Note", None).await;
    assert_eq!((status.as_u16(), body["results"].as_array().map(Vec::len)), (200, Some(1)));
    assert_eq!(body["results"][0]["text"], "x", "nothing changed meanwhile");
    assert_eq!(server.sink.records().len(), before + 1, "only the last read is recorded");
}

#[tokio::test]
async fn a_change_whose_outcome_cannot_be_recorded_is_not_acknowledged() {
    let server = server().await;
    // The intent goes through, the outcome doesn't.
    server.sink.fail_after(1);
    let (status, body) = ask(&server, Method::POST, "/parse/classes/Note", Some(json!({"text": "y"}))).await;
    assert_eq!((status.as_u16(), &body["error"]), (503, &json!("audit_unavailable")), "{body}");
    let last = server.sink.records().pop().unwrap();
    assert_eq!((last.code, last.stage), (audit::Code::PhiCreate, audit::Stage::Intent));
}

#[tokio::test]
async fn an_answer_waits_until_its_record_is_durable() {
    let server = server().await;
    server.sink.hold(true);
    let read = ask(&server, Method::GET, "/parse/classes/Note", None);
    tokio::pin!(read);
    let early = tokio::time::timeout(Duration::from_millis(200), &mut read).await;
    assert!(early.is_err(), "the answer left before its record was durable");
    assert_eq!(server.sink.records().last().unwrap().code, audit::Code::PhiQuery);
    server.sink.hold(false);
    let (status, body) = tokio::time::timeout(Duration::from_secs(10), read).await.unwrap();
    assert_eq!((status.as_u16(), body["results"].as_array().map(Vec::len)), (200, Some(1)));

    // A change isn't even tried before its intent is durable.
    server.sink.hold(true);
    let write = ask(&server, Method::POST, "/parse/classes/Note", Some(json!({"text": "y"})));
    tokio::pin!(write);
    assert!(tokio::time::timeout(Duration::from_millis(200), &mut write).await.is_err());
    let records = server.sink.records();
    let last = records.last().unwrap();
    assert_eq!((last.code, last.stage), (audit::Code::PhiCreate, audit::Stage::Intent));
    server.sink.hold(false);
    let (status, body) = tokio::time::timeout(Duration::from_secs(10), write).await.unwrap();
    assert_eq!(status, 201, "{body}");
}
