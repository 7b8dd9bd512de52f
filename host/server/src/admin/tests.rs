//! Who gets in, what is understood, and that the trail has it; what plugins then do is tried elsewhere.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use serde_json::{Value as Json, json};
use tower::ServiceExt as _;

use crate::{
    Config,
    wire::{self, Memory},
};

async fn server() -> Memory {
    wire::in_memory(Config::default()).await.unwrap()
}

/// One request, changed by `change`, from this machine with the right keys.
async fn ask(
    memory: &Memory,
    method: &str,
    path: &str,
    body: &[u8],
    change: impl FnOnce(&mut Request<Body>),
) -> (u16, Json) {
    let peer: SocketAddr = "127.0.0.1:9".parse().unwrap();
    let mut request = Request::builder()
        .method(method)
        .uri(format!("/parapet/v1/plugins{path}"))
        .header("X-Parse-Application-Id", &memory.app_id)
        .header("X-Parse-Master-Key", &memory.master_key)
        .extension(ConnectInfo(peer))
        .body(Body::from(body.to_vec()))
        .unwrap();
    change(&mut request);
    let answer = memory.app.router.clone().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

fn recorded(memory: &Memory) -> Vec<String> {
    memory
        .sink
        .records()
        .iter()
        .map(|record| format!("{:?} {:?}", record.code, record.outcome.as_ref().map(|o| o.status)))
        .collect()
}

#[tokio::test]
async fn the_master_key_lists_and_the_trail_has_it() {
    let memory = server().await;
    assert_eq!(ask(&memory, "GET", "", b"", |_| {}).await, (200, json!({"plugins": []})));
    assert!(recorded(&memory).contains(&"AdminRead Some(Ok)".to_owned()), "{:?}", recorded(&memory));
}

#[tokio::test]
async fn nobody_else_gets_in() {
    let memory = server().await;
    let unauthorized = (403, json!({"error": "unauthorized"}));
    type Change = fn(&mut Request<Body>);
    let changes: [(&str, Change); 6] = [
        ("no key", |request| drop(request.headers_mut().remove("X-Parse-Master-Key"))),
        ("a wrong key", |request| {
            request.headers_mut().insert("X-Parse-Master-Key", "wrong".parse().unwrap());
        }),
        ("another application", |request| {
            request.headers_mut().insert("X-Parse-Application-Id", "other".parse().unwrap());
        }),
        ("another machine", |request| {
            let peer: SocketAddr = "192.0.2.1:9".parse().unwrap();
            request.extensions_mut().insert(ConnectInfo(peer));
        }),
        ("an unknown address", |request| {
            request.extensions_mut().remove::<ConnectInfo<SocketAddr>>();
        }),
        ("a proxy", |request| {
            request.headers_mut().insert("X-Forwarded-For", "192.0.2.1".parse().unwrap());
        }),
    ];
    for (who, change) in changes {
        for (method, path) in
            [("GET", ""), ("POST", ""), ("GET", "/p"), ("POST", "/p/activate"), ("DELETE", "/p")]
        {
            assert_eq!(ask(&memory, method, path, b"", change).await, unauthorized, "{who}: {method} {path}");
        }
    }
    assert!(recorded(&memory).contains(&"PluginActivate Some(Denied)".to_owned()), "{:?}", recorded(&memory));
    assert!(recorded(&memory).contains(&"RequestRefused Some(Denied)".to_owned()), "{:?}", recorded(&memory));
}

#[tokio::test]
async fn what_is_no_plugin_is_refused_with_the_reason() {
    let memory = server().await;
    let (status, body) = ask(&memory, "POST", "", b"\x7fELF", |_| {}).await;
    assert_eq!((status, body["code"].as_i64()), (400, Some(142)), "{body}");
    assert!(body["error"].as_str().unwrap().contains("native code"), "{body}");
    let (status, body) = ask(&memory, "GET", "/ghost/versions/latest", b"", |_| {}).await;
    assert_eq!((status, body["code"].as_i64()), (404, Some(101)), "{body}");
    let (status, body) = ask(&memory, "POST", "/ghost/approve", b"{\"grnt\": {}}", |_| {}).await;
    assert_eq!((status, body["code"].as_i64()), (400, Some(107)), "{body}");
}

#[tokio::test]
async fn wrong_methods_and_paths_are_told() {
    let memory = server().await;
    assert_eq!(ask(&memory, "PUT", "", b"", |_| {}).await.0, 405);
    assert_eq!(ask(&memory, "POST", "/p/explode", b"", |_| {}).await, (404, json!({"error": "Not found"})));
    assert_eq!(ask(&memory, "GET", "/p/versions/1/2", b"", |_| {}).await.0, 404);
    let large = vec![b' '; 300 << 10];
    assert_eq!(ask(&memory, "POST", "/p/approve", &large, |_| {}).await.0, 413);
}
