//! Names for what differs from run to run, so that answers can be compared as text.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

/// Remembers what was called what: the first object id that is seen is `<1>`, and so on.
pub(crate) struct Stable {
    ids: BTreeMap<String, String>,
    seen: usize,
    /// When the scenario began; what is later happened in it.
    start: String,
}

/// Whether a text looks like an id that the server made up.
fn is_random(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Members by name: the order in which a server writes them is nobody's business.
fn sorted(map: &Map<String, Json>) -> BTreeMap<&String, &Json> {
    map.iter().collect()
}

impl Stable {
    /// Remembers nothing yet but the time, in Parse's form.
    pub(crate) fn since(start: String) -> Stable {
        Stable { ids: BTreeMap::new(), seen: 0, start }
    }

    /// Gives an id a name of its own.
    pub(crate) fn name(&mut self, id: &str, name: &str) {
        self.ids.insert(id.to_owned(), format!("<{name}>"));
    }

    /// What an id is called.
    pub(crate) fn id(&mut self, id: &str) -> String {
        if let Some(name) = self.ids.get(id) {
            return name.clone();
        }
        self.seen += 1;
        let name = format!("<{}>", self.seen);
        self.ids.insert(id.to_owned(), name.clone());
        name
    }

    /// Renders JSON on one line with everything that differs named.
    pub(crate) fn json(&mut self, json: &Json) -> String {
        // Ids are keys of ACLs too, which come first in an answer.
        self.meet(json);
        self.value(json, "").to_string()
    }

    /// Names the ids of all objects in an answer.
    fn meet(&mut self, json: &Json) {
        match json {
            Json::Object(map) => {
                if let Some(id) = map.get("objectId").and_then(Json::as_str).filter(|id| is_random(id)) {
                    self.id(id);
                }
                sorted(map).into_values().for_each(|value| self.meet(value));
            }
            Json::Array(items) => items.iter().for_each(|item| self.meet(item)),
            _ => {}
        }
    }

    fn value(&mut self, json: &Json, key: &str) -> Json {
        match json {
            Json::Object(map) => {
                let mut named = BTreeMap::new();
                for (key, value) in sorted(map) {
                    let value = self.value(value, key);
                    let known = self.ids.get(key).cloned();
                    named.insert(known.unwrap_or_else(|| key.clone()), value);
                }
                Json::Object(named.into_iter().collect())
            }
            Json::Array(items) => Json::Array(items.iter().map(|item| self.value(item, key)).collect()),
            Json::String(text) => Json::String(self.text(text, key)),
            other => other.clone(),
        }
    }

    fn text(&mut self, text: &str, key: &str) -> String {
        if let Some(name) = self.ids.get(text) {
            return name.clone();
        }
        if text.len() == 34 && text.starts_with("r:") {
            return "<token>".to_owned();
        }
        if key == "error" {
            // A text may name an object.
            return self.ids.iter().fold(text.to_owned(), |text, (id, name)| text.replace(id, name));
        }
        // What a scenario itself writes is shown as it is.
        let moment = text.len() == 24 && text.ends_with('Z') && text >= &*self.start;
        if moment && (key.ends_with("At") || key == "iso") { "<now>".to_owned() } else { text.to_owned() }
    }
}
