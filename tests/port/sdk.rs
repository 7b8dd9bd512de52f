//! The official JavaScript SDK against a real server, on a real port, on every database.

use kit::{database, guest, node, port::Port};
use reqwest::Method;

/// Runs every flow of `tests/js` against a server on a database.
async fn flows(database_uri: Option<&str>) {
    let server = Port::start(database_uri);
    server.control("reset", &serde_json::json!({})).await;
    server.activate(guest::plugin("hello-function")).await;
    let flows = guest::root().join("tests/js/flows");
    let mut files: Vec<String> = std::fs::read_dir(flows)
        .unwrap()
        .map(|entry| format!("flows/{}", entry.unwrap().file_name().to_string_lossy()))
        .filter(|name| name.ends_with(".test.js"))
        .collect();
    files.sort();
    assert!(files.len() >= 12, "{files:?}");
    // One file after the other: they share the control port.
    let mut arguments = vec!["--test", "--test-reporter=tap", "--test-concurrency=1"];
    arguments.extend(files.iter().map(String::as_str));
    let said = node::run(&guest::root().join("tests/js"), &arguments, server.environment()).await;
    assert!(said.contains("# fail 0") && !said.contains("# pass 0\n"), "{said}");
    // What the flows left behind doesn't keep it from being asked.
    assert_eq!(server.ask(Method::GET, "/health", None).await.0, 200);
    assert!(server.stop().success());
}

#[tokio::test]
async fn every_flow_of_the_sdk_is_right_on_sqlite() {
    flows(None).await;
}

#[tokio::test]
async fn every_flow_of_the_sdk_is_right_on_postgresql() {
    let uri = tokio::task::spawn_blocking(database::postgres).await.unwrap();
    flows(Some(&uri)).await;
}

#[tokio::test]
async fn every_flow_of_the_sdk_is_right_on_mongodb() {
    let uri = tokio::task::spawn_blocking(database::mongodb).await.unwrap();
    flows(Some(&uri)).await;
}
