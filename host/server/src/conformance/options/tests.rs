//! Tests of the options.

use serde_json::json;

use super::*;

fn given(options: Json) -> anyhow::Result<Config> {
    let Json::Object(options) = options else { unreachable!("tests give objects") };
    over(&base(), options)
}

fn refused(options: Json) -> String {
    format!("{:#}", given(options).unwrap_err())
}

#[test]
fn nothing_given_is_the_base() {
    let config = given(json!({})).unwrap();
    assert_eq!(format!("{config:?}"), format!("{:?}", base()));
    let keys = config.keys.resolve().unwrap();
    let presented = |master| auth::Presented {
        app_id: Some("test"),
        master: Some(master),
        javascript: Some("test"),
        address: Some([127, 0, 0, 1].into()),
        ..auth::Presented::default()
    };
    assert_eq!(keys.judge(&presented("test")), Ok(auth::Standing::Master));
    assert_eq!(keys.judge(&presented("read-only-test")), Ok(auth::Standing::ReadOnlyMaster));
    assert_eq!(keys.judge(&presented("wrong")), Ok(auth::Standing::Client));
    assert_eq!(config.rest.mount_path, "/1");
    assert!(config.data.allow_client_class_creation);
}

#[test]
fn options_go_over_the_base() {
    let config = given(json!({
        "appId": "other", "mountPath": "/parse", "serverURL": "http://localhost:8378/parse",
        "maxUploadSize": "1.5kb", "sessionLength": 60, "defaultLimit": 7, "allowOrigin": ["http://a", "http://b"],
        "masterKeyIps": ["10.0.0.0/8"], "trustProxy": true, "allowClientClassCreation": false,
        "accountLockout": {"threshold": 3, "duration": 2}, "requestComplexity": {"includeDepth": -1},
        "enableAnonymousUsers": false, "silent": true, "logLevel": "debug", "maxLimit": null,
        "databaseURI": "sqlite:other.db", "protectedFields": {"_User": {"*": ["phone"]}, "A": {"role:x": []}},
        "userSensitiveFields": ["born"], "enableSanitizedErrorResponse": false,
        "databaseOptions": {"allowPublicExplain": true, "maxTimeMS": 5},
    }))
    .unwrap();
    assert_eq!(config.keys.app_id.as_deref(), Some("other"));
    assert_eq!((config.rest.mount_path.as_str(), config.rest.max_body), ("/parse", 1536));
    assert_eq!((config.data.session_length, config.data.default_limit, config.data.max_limit), (60, 7, 0));
    assert_eq!(config.rest.allow_origin, ["http://a", "http://b"]);
    assert!(!config.keys.master_ips.unwrap().contains([127, 0, 0, 1].into()));
    assert_eq!(config.rest.trusted_proxies.len(), 2);
    assert!(!config.data.allow_client_class_creation);
    assert_eq!((config.data.lockout_threshold, config.data.lockout_minutes), (3, 2));
    assert_eq!(config.data.include_depth, usize::MAX);
    assert_eq!(config.database.uri.as_deref(), Some("sqlite:other.db"));
    assert_eq!(
        serde_json::to_value(&config.data.protected_fields).unwrap(),
        json!({"_User": {"*": ["born", "phone"]}, "A": {"role:x": []}})
    );
    assert!(!config.rest.sanitise_errors && config.data.allow_public_explain);
}

#[test]
fn every_limit_of_a_query_can_be_set() {
    let limits = json!({
        "includeDepth": 1, "includeCount": 2, "subqueryDepth": 3, "subqueryLimit": 4, "queryDepth": 5,
        "allowRegex": false, "batchRequestLimit": 6,
    });
    let data = given(json!({"requestComplexity": limits})).unwrap().data;
    assert_eq!((data.include_depth, data.include_count, data.subquery_depth), (1, 2, 3));
    assert_eq!((data.subquery_limit, data.query_depth, data.batch_limit), (4, 5, 6));
    assert!(data.subquery_cut);
    assert!(!data.allow_regex);
    let data = given(json!({"requestComplexity": {"subqueryLimit": -1, "queryDepth": -1}})).unwrap().data;
    assert_eq!((data.subquery_limit, data.query_depth), (0, usize::MAX));
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    assert_eq!(refused(json!({"push": {}})), "the option push is not supported yet");
    assert_eq!(
        refused(json!({"sesionLength": 1})),
        "there is no option sesionLength; did you mean sessionLength?"
    );
    assert_eq!(
        refused(json!({"sessionLength": "long"})),
        "the option sessionLength: a whole number from 1 on is expected"
    );
    assert_eq!(
        refused(json!({"enableAnonymousUsers": true})),
        "the option enableAnonymousUsers is not supported yet with another value than false"
    );
    let inner = refused(json!({"requestComplexity": {"fileDepth": 1}}));
    assert_eq!(inner, "the option requestComplexity: fileDepth is not supported yet");
    let inner = refused(json!({"requestComplexity": {"allowRegex": 0}}));
    assert_eq!(inner, "the option requestComplexity: allowRegex: true or false is expected");
    assert!(
        refused(json!({"masterKey": "testing"})).contains("must differ"),
        "{}",
        refused(json!({"masterKey": "testing"}))
    );
    for (name, value) in [
        ("appId", json!(1)),
        ("allowCustomObjectId", json!("yes")),
        ("maxUploadSize", json!("many")),
        ("masterKeyIps", json!(["nowhere"])),
        ("accountLockout", json!({"threshold": 0})),
        ("serverURL", json!("http://localhost/elsewhere")),
        ("trustProxy", json!(1)),
    ] {
        let said = refused(json!({ name: value }));
        assert!(said.starts_with(&format!("the option {name}: ")), "{said}");
    }
}

#[test]
fn no_option_stands_twice() {
    let mut all: Vec<&str> = names().chain(LATER.iter().copied()).collect();
    all.sort_unstable();
    let count = all.len();
    all.dedup();
    assert_eq!(all.len(), count);
}
