//! The client of the examples against a real server, on a real port.

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
    let said =
        node::run(&kit::guest::root().join("examples/client-js"), &["client.js"], server.environment()).await;
    for line in ["signed up", "saved", "found", "ages", "refused", "logged out"] {
        assert!(said.contains(line), "{said}");
    }
    assert!(server.stop().success());
}
