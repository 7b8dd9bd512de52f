//! Who asks, read from headers, basic authorisation and bodies.

use serde_json::json;

use super::*;

fn map(json: Json) -> JsonMap<String, Json> {
    match json {
        Json::Object(map) => map,
        _ => unreachable!("tests give objects"),
    }
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

fn caller(pairs: &[(&'static str, &str)], body: Json) -> (Credentials, Json) {
    let mut body = map(body);
    let read = super::read(&headers(pairs), &mut body, None, Some("clinic")).unwrap();
    (read, Json::Object(body))
}

fn is(given: &Option<String>, expected: &str) -> bool {
    given.as_deref() == Some(expected)
}

#[test]
fn headers_name_everything() {
    let given = [
        ("X-Parse-Application-ID", "clinic"),
        ("X-Parse-Master-Key", "m"),
        ("X-Parse-Maintenance-Key", "t"),
        ("X-Parse-REST-API-Key", "r"),
        ("X-Parse-Javascript-Key", "j"),
        ("X-Parse-Client-Key", "c"),
        ("X-Parse-Windows-Key", "w"),
        ("X-Parse-Session-Token", "r:1"),
        ("X-Parse-Installation-Id", "i"),
        ("X-Parse-Client-Version", "js8.6.2"),
        ("X-Parse-Request-Id", "q"),
        ("X-Parapet-Purpose", "treatment"),
        ("X-Parse-Cloud-Context", r#"{"a": 1}"#),
    ];
    let (read, body) = caller(&given, json!({"_SessionToken": "stays", "_noBody": true}));
    let texts = [
        (&read.app_id, "clinic"),
        (&read.master_key, "m"),
        (&read.maintenance_key, "t"),
        (&read.rest_key, "r"),
        (&read.javascript_key, "j"),
        (&read.client_key, "c"),
        (&read.dot_net_key, "w"),
        (&read.session_token, "r:1"),
        (&read.installation, "i"),
        (&read.client_version, "js8.6.2"),
        (&read.request_id, "q"),
        (&read.purpose, "treatment"),
    ];
    for (given, expected) in texts {
        assert!(is(given, expected), "{expected}");
    }
    assert_eq!(read.context, Some(map(json!({"a": 1}))));
    // With the application in a header, the body's keys are fields, and bad ones.
    assert_eq!(body, json!({"_SessionToken": "stays"}));
}

#[test]
fn the_body_is_asked_when_no_header_names_the_application() {
    let tunnelled = json!({
        "_ApplicationId": "clinic", "_JavaScriptKey": "j", "_ClientVersion": "js8.6.2", "_InstallationId": "i",
        "_SessionToken": "r:1", "_MasterKey": "m", "_context": {"a": 1}, "_ContentType": "image/png",
        "_RevocableSession": "1", "_noBody": true, "name": "x",
    });
    for id in [vec![], vec![("X-Parse-Application-Id", "other")]] {
        let (read, body) = caller(&id, tunnelled.clone());
        assert!(is(&read.app_id, "clinic") && is(&read.javascript_key, "j") && is(&read.master_key, "m"));
        assert!(is(&read.session_token, "r:1") && is(&read.installation, "i"));
        assert!(is(&read.client_version, "js8.6.2"));
        assert_eq!(read.context, Some(map(json!({"a": 1}))));
        assert_eq!(body, json!({"name": "x"}));
    }
}

#[test]
fn the_bodys_context_beats_the_headers_and_must_be_an_object() {
    let header = [("X-Parse-Cloud-Context", r#"{"from": "header"}"#)];
    let (read, _) = caller(&header, json!({"_ApplicationId": "clinic", "_context": "{\"from\": \"body\"}"}));
    assert_eq!(read.context, Some(map(json!({"from": "body"}))));
    let bad = |pairs: &[(&'static str, &str)], body: Json| {
        let failure = super::read(&headers(pairs), &mut map(body), None, Some("clinic")).err().unwrap();
        String::from_utf8(failure.reply().into_body()).unwrap()
    };
    let text = r#"{"code":107,"error":"Invalid object for context."}"#;
    assert_eq!(bad(&[("X-Parse-Cloud-Context", "secret")], json!({})), text);
    assert_eq!(bad(&[("X-Parse-Cloud-Context", "[1]")], json!({})), text);
    for context in [json!("secret"), json!("1"), json!([1]), json!(true)] {
        assert_eq!(bad(&[], json!({"_ApplicationId": "clinic", "_context": context})), text);
    }
}

#[test]
fn a_key_that_is_not_text_names_no_application() {
    for key in
        ["_ApplicationId", "_InstallationId", "_SessionToken", "_MasterKey", "_ContentType", "_JavaScriptKey"]
    {
        let mut body = json!({"_ApplicationId": "clinic", "_MasterKey": "m", "_SessionToken": "r:1"});
        body[key] = json!({"$ne": "x"});
        let (read, _) = caller(&[("X-Parse-Request-Id", "q"), ("X-Parse-Master-Key", "m")], body);
        assert!(read.app_id.is_none() && read.master_key.is_none() && read.session_token.is_none(), "{key}");
        assert!(is(&read.request_id, "q"));
    }
    let (read, _) = caller(&[("X-Parse-Master-Key", "m")], json!({"name": "x"}));
    assert!(read.app_id.is_none() && read.master_key.is_none());
}

#[test]
fn an_unknown_application_is_left_to_the_door() {
    let (read, _) = caller(&[], json!({"_ApplicationId": "other"}));
    assert!(is(&read.app_id, "other"));
}

#[test]
fn basic_authorisation_holds_the_master_or_the_javascript_key() {
    let with =
        |text: &str| caller(&[("Authorization", &format!("Basic {}", STANDARD.encode(text)))], json!({})).0;
    let read = with("clinic:m:1");
    assert!(is(&read.app_id, "clinic") && is(&read.master_key, "m:1"));
    let read = with("clinic:javascript-key=j");
    assert!(is(&read.javascript_key, "j") && read.master_key.is_none());
    let read = with("clinic:");
    assert!(is(&read.app_id, "clinic") && read.master_key.is_none());
    for other in ["other:m", "clinic", ""] {
        assert!(with(other).app_id.is_none(), "{other}");
    }
    let (read, _) = caller(&[("Authorization", "Bearer abc")], json!({}));
    assert!(read.app_id.is_none());
}

#[test]
fn without_a_known_id_every_header_counts() {
    let mut body = map(json!({"_ApplicationId": "body"}));
    let read = super::read(&headers(&[("X-Parse-Application-Id", "any")]), &mut body, None, None).unwrap();
    assert!(is(&read.app_id, "any") && body.len() == 1);
}
