//! Manifests that are right, and every problem of those that are not.

use super::*;
use crate::Error;

const GOOD: &str = r#"
name = "patient-guard"
version = "0.1.0"
api = "0.1"
description = "Guards patients."

[[hook]]
on = "before-save"
class = "Patient"
order = 10

[[hook]]
on = "after-delete"
class = "*"
on-failure = "open"

[[function]]
name = "ageHistogram"

[capabilities.log]
reason = "Tells what it did."

[capabilities.data-read]
reason = "Counts ages."
purposes = ["TREAT"]
classes.Patient = { read = ["birthDate"] }

[[fields]]
class = "Patient"
read = ["ssn", "name"]
write = ["name"]
redact = ["ssn"]
reason = "Checks them."

[limits]
deadline-ms = 200

[settings]
type = "object"
[settings.properties.country]
type = "string"
default = "CH"
"#;

fn problems(text: &str) -> Vec<String> {
    match Manifest::from_toml(text) {
        Err(Error::Invalid(problems)) => problems.0,
        other => panic!("accepted: {other:?}"),
    }
}

#[test]
fn a_good_manifest_is_read_whole() {
    let manifest = Manifest::from_toml(GOOD).unwrap();
    assert_eq!(manifest.hooks[0].order, 10);
    assert_eq!(manifest.hooks[0].on_failure, OnFailure::Closed);
    assert_eq!(manifest.hooks[1].order, 100);
    assert_eq!(manifest.hooks[1].on_failure, OnFailure::Open);
    assert_eq!(manifest.limits.deadline_ms, Some(200));
    assert!(manifest.asks.capabilities.contains_key(&Capability::DataRead));
    assert_eq!(manifest.asks.fields[0].redact, Fields::from(["ssn"]));
}

#[test]
fn it_survives_the_way_through_json() {
    let manifest = Manifest::from_toml(GOOD).unwrap();
    let json = serde_json::to_vec(&manifest).unwrap();
    assert_eq!(Manifest::from_json(&json).unwrap(), manifest);
}

#[test]
fn every_piece_that_cannot_be_read_is_named() {
    let found = problems(
        r#"
        version = "one"
        api = "0.1"
        colour = "red"
        [[hook]]
        on = "before-save"
        klass = "Patient"
        [[function]]
        nme = "x"
        [capabilities.telepathy]
        reason = "r"
        [limits]
        deadline-ms = -4
        "#,
    );
    for part in ["name is missing", "version:", "colour", "hook 1", "function 1", "telepathy", "limits"] {
        assert!(found.iter().any(|problem| problem.contains(part)), "{part} in {found:#?}");
    }
}

#[test]
fn every_broken_rule_is_named() {
    let found = problems(
        r#"
        name = "Patient Guard"
        version = "1.0.0"
        api = "9"
        [[hook]]
        on = "before-dinner"
        class = "Patient"
        [[hook]]
        on = "after-find"
        class = "1x"
        on-failure = "open"
        [[function]]
        name = "a b"
        [capabilities.log]
        reason = ""
        purposes = ["TREAT"]
        [capabilities.data-read]
        reason = "r"
        purposes = ["treat"]
        classes.Patient = { read = ["password", "a-b"], write = ["x"] }
        [capabilities.data-write]
        reason = "r"
        purposes = ["TREAT"]
        [[fields]]
        class = "Other"
        reason = "r"
        [settings]
        type = "string"
        "#,
    );
    for part in [
        "name must be",
        "api must be",
        "before-dinner",
        "not a class name",
        "can't fail open",
        "function \"a b\"",
        "capabilities.log: a reason",
        "neither classes nor purposes",
        "\"treat\"",
        "password is never lent",
        "\"a-b\"",
        "ask for data-write",
        "at least one class",
        "one of read, write and redact",
        "no hook listens",
        "settings",
    ] {
        assert!(found.iter().any(|problem| problem.contains(part)), "{part} in {found:#?}");
    }
}

#[test]
fn names_that_are_used_twice_are_refused() {
    let twice = "name='a'\nversion='1.0.0'\napi='0.1'\n[[hook]]\non='before-save'\nclass='A'\n\
                 [[hook]]\non='before-save'\nclass='A'\n[[function]]\nname='f'\n[[function]]\nname='f'\n";
    assert_eq!(problems(twice).len(), 2);
}
