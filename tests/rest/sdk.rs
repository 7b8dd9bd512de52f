//! The official JavaScript SDK against a real server, on a real port.

use kit::{node, process::Process};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn the_client_of_the_examples_does_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(&folder.path().join("data"));
    let text = || json!({"type": "String"});
    let signed_in = || json!({"requiresAuthentication": true});
    let schema = json!({
        "className": "Patient",
        "fields": {
            "name": text(), "nameKey": text(), "ssn": text(), "email": text(), "phone": text(),
            "birthDate": {"type": "Date"},
        },
        "classLevelPermissions": {
            "find": signed_in(), "get": signed_in(), "count": signed_in(), "create": signed_in(),
            "update": signed_in(), "delete": {}, "addField": {},
        },
    });
    let (status, body) = server.ask(Method::POST, "/parse/schemas/Patient", Some(&schema)).await.unwrap();
    assert_eq!(status, 200, "{body}");
    server.activate(kit::guest::plugin("patient-guard")).await;
    let said = node::run(&kit::guest::root().join("examples/client-js"), &["client.js"], &server).await;
    for line in ["signed up", "saved", "found", "ages", "refused", "logged out"] {
        assert!(said.contains(line), "{said}");
    }
    assert!(server.stop().success());
}

#[tokio::test]
async fn every_flow_of_the_sdk_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(&folder.path().join("data"));
    let flows = kit::guest::root().join("tests/js/flows");
    let mut files: Vec<String> = std::fs::read_dir(flows)
        .unwrap()
        .map(|entry| format!("flows/{}", entry.unwrap().file_name().to_string_lossy()))
        .filter(|name| name.ends_with(".test.js"))
        .collect();
    files.sort();
    assert!(files.len() >= 6, "{files:?}");
    let mut arguments = vec!["--test", "--test-reporter=tap"];
    arguments.extend(files.iter().map(String::as_str));
    let said = node::run(&kit::guest::root().join("tests/js"), &arguments, &server).await;
    assert!(said.contains("# fail 0") && !said.contains("# pass 0\n"), "{said}");
    assert!(server.stop().success());
}
