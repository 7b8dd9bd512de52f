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
        "accountLockout": {"threshold": 3, "duration": 0.05}, "requestComplexity": {"includeDepth": -1},
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
    assert_eq!((config.data.lockout_threshold, config.data.lockout_minutes), (3, 0.05));
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
        refused(json!({"verifyUserEmails": true})),
        "the option verifyUserEmails is not supported yet with another value than false"
    );
    assert_eq!(
        refused(json!({"security": {"enableCheck": true}})),
        "the option security is not supported yet with other values than its defaults"
    );
    let inner = refused(json!({"requestComplexity": {"fileDepth": 1}}));
    assert_eq!(inner, "the option requestComplexity: fileDepth: there is no such member");
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
        ("accountLockout", json!({"threshold": 1000, "duration": 1})),
        ("accountLockout", json!({"threshold": 3, "duration": 0})),
        ("requestComplexity", json!({"queryDepth": 0})),
        ("requestComplexity", json!({"batchRequestLimit": 1.5})),
        ("objectIdSize", json!("20")),
        ("requestKeywordDenylist", json!({"key": "a"})),
        ("requestKeywordDenylist", json!([{"kye": "a"}])),
        ("routeAllowList", json!("users")),
        ("routeAllowList", json!(["("])),
        ("schema", json!({"beforeMigration": "x"})),
        ("schema", json!({"definitions": {}})),
        ("schema", json!({"strict": 1})),
        ("collectionPrefix", json!(1)),
    ] {
        let said = refused(json!({ name: value }));
        assert!(said.starts_with(&format!("the option {name}: ")), "{said}");
    }
}

#[test]
fn what_changes_accounts_and_classes_is_a_setting() {
    let config = given(json!({
        "objectIdSize": 20, "requestKeywordDenylist": [{"key": "secret"}], "convertEmailToLowercase": true,
        "convertUsernameToLowercase": true, "extendSessionOnUse": true, "routeAllowList": ["users/me"],
        "schema": {"definitions": [{"className": "Ward"}], "lockSchemas": true, "keepUnknownIndexes": true},
        "databaseURI": "mongodb://localhost/x", "collectionPrefix": "clinic_",
    }))
    .unwrap();
    let data = &config.data;
    assert_eq!((data.object_id_size, format!("{:?}", data.denied_keywords).len()), (20, 24));
    assert!(
        data.convert_email_to_lowercase && data.convert_username_to_lowercase && data.extend_session_on_use
    );
    assert!(data.lock_schemas && config.schema.keep_unknown_indexes);
    assert_eq!(config.schema.definitions.as_ref().unwrap().len(), 1);
    assert_eq!(format!("{:?}", config.rest.allowed_routes), r#"Some(["users/me"])"#);
    assert_eq!(config.database.mongodb.prefix, "clinic_");
    let prefix = refused(json!({"collectionPrefix": "clinic_"}));
    assert!(prefix.starts_with("only a MongoDB database has a prefix"), "{prefix}");
    assert!(refused(json!({"objectIdSize": 5})).contains("object_id_size"));
    assert!(refused(json!({"schema": {"definitions": [{"className": "no way"}]}})).contains("class 1"));
}

/// Suites give every option with what it is without it.
#[test]
fn an_option_is_taken_with_its_default() {
    for (name, taken) in FIXED {
        let value = match taken {
            Taken::Only(only) => serde_json::from_str(only).unwrap(),
            Taken::Any => json!(1),
            Taken::Never => continue,
        };
        given(json!({ *name: value })).unwrap();
        if value.is_object() {
            given(json!({ *name: {} })).unwrap();
        }
    }
    given(json!({
        "objectIdSize": 10, "collectionPrefix": "", "routeAllowList": null, "schema": null, "accountLockout": null,
        "requestKeywordDenylist": [{"key": "_bsontype", "value": "Code"}, {"key": "constructor"}, {"key": "__proto__"}],
        "requestComplexity": {}, "databaseOptions": {}, "trustProxy": [], "sessionLength": 31_536_000,
    }))
    .unwrap();
}

#[test]
fn no_option_stands_twice() {
    let mut all: Vec<&str> = names().collect();
    all.sort_unstable();
    let count = all.len();
    all.dedup();
    assert_eq!(all.len(), count);
    // What parse-server 9.10 has.
    assert_eq!(count, 110);
}
