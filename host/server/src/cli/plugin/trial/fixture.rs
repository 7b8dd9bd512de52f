//! The event that `parapet plugin run` is given.

use std::collections::BTreeMap;

use anyhow::anyhow;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

/// One event and the world around it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fixture {
    /// What happens.
    pub(super) event: Event,
    /// The class it happens to.
    pub(super) class: Option<String>,
    /// The function that is called.
    pub(super) function: Option<String>,
    /// The function's parameters.
    #[serde(default = "empty")]
    pub(super) params: Json,
    /// The object as it is stored before the event.
    pub(super) original: Option<Map<String, Json>>,
    /// What the save carries.
    pub(super) object: Option<Map<String, Json>>,
    /// What the find carries: `where`, `order`, `limit` ….
    pub(super) query: Option<Map<String, Json>>,
    /// Who acts; nobody, if it isn't said.
    pub(super) user: Option<Caller>,
    /// Whether the holder of the master key acts.
    #[serde(default)]
    pub(super) master: bool,
    /// Objects that are stored besides, by class.
    #[serde(default)]
    pub(super) objects: BTreeMap<String, Vec<Map<String, Json>>>,
    /// The settings that the administrator made.
    pub(super) settings: Option<Json>,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Event {
    BeforeSave,
    AfterSave,
    BeforeDelete,
    AfterDelete,
    BeforeFind,
    AfterFind,
    Function,
}

/// Who acts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Caller {
    /// The user's name.
    #[serde(default = "somebody")]
    pub(super) username: String,
    /// The roles that the user holds.
    #[serde(default)]
    pub(super) roles: Vec<String>,
}

fn empty() -> Json {
    Json::Object(Map::new())
}

fn somebody() -> String {
    "somebody".to_owned()
}

impl Fixture {
    /// Reads a fixture.
    ///
    /// # Errors
    /// Where it isn't one.
    pub(super) fn parse(text: &str) -> anyhow::Result<Fixture> {
        serde_json::from_str(text).map_err(|error| anyhow!("{error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_events_and_names_what_it_does_not_know() {
        let fixture = Fixture::parse(
            r#"{"event": "before-save", "class": "Patient", "object": {"name": " x "}, "user": {"roles": ["nurse"]}}"#,
        )
        .unwrap();
        assert_eq!((fixture.event, fixture.master), (Event::BeforeSave, false));
        assert_eq!(fixture.user.unwrap().roles, ["nurse"]);
        assert_eq!(fixture.params, serde_json::json!({}));
        for bad in [r#"{"event": "beforeSave"}"#, r#"{"event": "function", "parms": {}}"#, "{}", "[]"] {
            assert!(Fixture::parse(bad).is_err(), "{bad}");
        }
    }
}
