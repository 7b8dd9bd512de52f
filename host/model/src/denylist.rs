//! Keys and values that no request may bring.

use std::{fmt, sync::LazyLock};

use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use serde_json::{Map as JsonMap, Value as Json, json};

use crate::{Code, ParseError, Value};

/// The most memory that one compiled pattern may take, in bytes.
const COMPILED_BYTES: usize = 1 << 20;

/// What data may not hold at any depth: the reference's `requestKeywordDenylist`.
///
/// Its default names what could reach into a JavaScript client's prototypes. A text of a rule is a pattern that is
/// looked for anywhere in a key or a value, so that a key is refused for merely containing `constructor`.
#[derive(Clone, Deserialize)]
#[serde(try_from = "Vec<Written>")]
pub struct Denylist(Vec<Rule>);

/// A rule as settings write it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    key: Option<String>,
    value: Option<Json>,
}

#[derive(Clone)]
struct Rule {
    key: Option<Matcher>,
    value: Option<Matcher>,
    /// As the answer names it.
    text: String,
}

#[derive(Clone)]
enum Matcher {
    /// A text without signs of a pattern, anywhere.
    Text(String),
    Pattern(Regex),
    Exactly(Json),
}

/// A value of a member as rules see it.
#[derive(Clone, Copy)]
enum Leaf<'a> {
    Text(&'a str),
    Number(f64),
    Flag(bool),
    Other,
}

impl Denylist {
    /// The list that is in force where settings name none.
    pub fn standard() -> &'static Denylist {
        static STANDARD: LazyLock<Denylist> = LazyLock::new(|| {
            let text = |text: &str| Some(Matcher::Text(text.to_owned()));
            let rule = |key: &str, value: Option<&str>| Rule {
                key: text(key),
                value: value.and_then(text),
                text: shown(Some(key), value.map(Json::from).as_ref()),
            };
            Denylist(vec![
                rule("_bsontype", Some("Code")),
                rule("constructor", None),
                rule("__proto__", None),
            ])
        });
        &STANDARD
    }

    /// Refuses data with a denied key or value at any depth.
    ///
    /// # Errors
    /// 105 with the rule that was broken.
    pub fn check(&self, json: &Json) -> Result<(), ParseError> {
        match json {
            Json::Object(map) => self.check_members(map),
            Json::Array(items) => items.iter().try_for_each(|item| {
                self.refuse(None, leaf(item))?;
                self.check(item)
            }),
            _ => Ok(()),
        }
    }

    /// As [`Denylist::check`], for the members of an object.
    ///
    /// # Errors
    /// As [`Denylist::check`].
    pub fn check_members(&self, map: &JsonMap<String, Json>) -> Result<(), ParseError> {
        map.iter().try_for_each(|(key, value)| {
            self.refuse(Some(key), leaf(value))?;
            self.check(value)
        })
    }

    /// As [`Denylist::check`], for a member that was read already.
    ///
    /// # Errors
    /// As [`Denylist::check`].
    pub fn check_member(&self, key: &str, value: &Value) -> Result<(), ParseError> {
        self.refuse(Some(key), leaf_of(value))?;
        self.check_value(value)
    }

    fn check_value(&self, value: &Value) -> Result<(), ParseError> {
        match value {
            Value::Object(map) => map.iter().try_for_each(|(key, member)| self.check_member(key, member)),
            Value::Array(items) => items.iter().try_for_each(|item| {
                self.refuse(None, leaf_of(item))?;
                self.check_value(item)
            }),
            _ => Ok(()),
        }
    }

    fn refuse(&self, key: Option<&str>, leaf: Leaf<'_>) -> Result<(), ParseError> {
        let broken = self.0.iter().find(|rule| rule.meets(key, leaf));
        broken.map_or(Ok(()), |rule| {
            let text = format!("Prohibited keyword in request data: {}.", rule.text);
            Err(ParseError::new(Code::InvalidKeyName, text))
        })
    }
}

impl Rule {
    fn meets(&self, key: Option<&str>, leaf: Leaf<'_>) -> bool {
        let fits = |wanted: &Option<Matcher>, leaf| wanted.as_ref().is_none_or(|wanted| wanted.meets(leaf));
        let named = match key {
            Some(key) => fits(&self.key, Leaf::Text(key)),
            // What stands in a list has no key.
            None => self.key.is_none(),
        };
        named && fits(&self.value, leaf)
    }
}

impl Matcher {
    fn new(wanted: &Json) -> Result<Matcher, String> {
        let Json::String(text) = wanted else { return Ok(Matcher::Exactly(wanted.clone())) };
        if regex::escape(text) == *text {
            return Ok(Matcher::Text(text.clone()));
        }
        let built = RegexBuilder::new(text).size_limit(COMPILED_BYTES).dfa_size_limit(COMPILED_BYTES).build();
        built.map(Matcher::Pattern).map_err(|_| {
            "a denied keyword isn't a regular expression that can be used: look-around and back-references can't".into()
        })
    }

    fn meets(&self, leaf: Leaf<'_>) -> bool {
        match (self, leaf) {
            (Matcher::Text(wanted), Leaf::Text(text)) => text.contains(&**wanted),
            (Matcher::Pattern(wanted), Leaf::Text(text)) => wanted.is_match(text),
            (Matcher::Exactly(Json::Number(wanted)), Leaf::Number(number)) => wanted.as_f64() == Some(number),
            (Matcher::Exactly(Json::Bool(wanted)), Leaf::Flag(flag)) => *wanted == flag,
            _ => false,
        }
    }
}

fn leaf(json: &Json) -> Leaf<'_> {
    match json {
        Json::String(text) => Leaf::Text(text),
        Json::Number(number) => number.as_f64().map_or(Leaf::Other, Leaf::Number),
        Json::Bool(flag) => Leaf::Flag(*flag),
        _ => Leaf::Other,
    }
}

fn leaf_of(value: &Value) -> Leaf<'_> {
    match value {
        Value::String(text) => Leaf::Text(text),
        Value::Number(number) => Leaf::Number(*number),
        Value::Boolean(flag) => Leaf::Flag(*flag),
        _ => Leaf::Other,
    }
}

fn shown(key: Option<&str>, value: Option<&Json>) -> String {
    let mut rule = JsonMap::new();
    rule.extend(key.map(|key| ("key".to_owned(), json!(key))));
    rule.extend(value.map(|value| ("value".to_owned(), value.clone())));
    Json::Object(rule).to_string()
}

impl TryFrom<Vec<Written>> for Denylist {
    type Error = String;

    fn try_from(written: Vec<Written>) -> Result<Denylist, String> {
        let rule = |Written { key, value }: Written| {
            if key.is_none() && value.is_none() {
                return Err("a denied keyword names a key, a value, or both".to_owned());
            }
            if value
                .as_ref()
                .is_some_and(|value| !matches!(value, Json::String(_) | Json::Number(_) | Json::Bool(_)))
            {
                return Err("the value of a denied keyword is a text, a number, true or false".to_owned());
            }
            let text = shown(key.as_deref(), value.as_ref());
            let key = key.map(|key| Matcher::new(&Json::String(key))).transpose()?;
            let value = value.as_ref().map(Matcher::new).transpose()?;
            Ok(Rule { key, value, text })
        };
        written.into_iter().map(rule).collect::<Result<_, _>>().map(Denylist)
    }
}

impl Default for Denylist {
    fn default() -> Denylist {
        Denylist::standard().clone()
    }
}

impl fmt::Debug for Denylist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|rule| format_args!("{}", rule.text).to_string())).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(rules: Json) -> Result<Denylist, String> {
        serde_json::from_value(rules).map_err(|error| error.to_string())
    }

    #[test]
    fn rules_are_looked_for_in_keys_and_values_at_any_depth() {
        let denied = list(json!([
            {"key": "^a.c$", "value": 5}, {"value": "aBc[123]*"}, {"key": "only"}, {"value": true},
        ]))
        .unwrap();
        let broken = |json: Json| match (denied.check(&json), crate::encode::loose(json)) {
            (Ok(()), value) => denied.check_value(&value).is_err().to_string(),
            (Err(error), value) => {
                assert_eq!(denied.check_value(&value).unwrap_err(), error);
                error.message.into_owned()
            }
        };
        for fine in [json!({"abc": 6}), json!({"xabc": 5}), json!({"a": ["abc", 1, null, {"b": false}]})] {
            assert_eq!(broken(fine.clone()), "false", "{fine}");
        }
        for (json, rule) in [
            (json!({"abc": 5}), r#"{"key":"^a.c$","value":5}"#),
            (json!({"x": [[{"abc": 5}]]}), r#"{"key":"^a.c$","value":5}"#),
            (json!({"x": ["yaBc321"]}), r#"{"value":"aBc[123]*"}"#),
            (json!({"x": {}, "y": {"theonlyone": {}}}), r#"{"key":"only"}"#),
            (json!([[true]]), r#"{"value":true}"#),
        ] {
            assert_eq!(broken(json), format!("Prohibited keyword in request data: {rule}."));
        }
    }

    #[test]
    fn rules_that_cannot_be_are_told() {
        for (rules, said) in [
            (json!([{}]), "names a key, a value, or both"),
            (json!([{"key": "(?=x)"}]), "isn't a regular expression"),
            (json!([{"value": {}}]), "is a text, a number, true or false"),
            (json!([{"key": "a", "valeu": 1}]), "valeu"),
        ] {
            let error = list(rules).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
        assert_eq!(format!("{:?}", list(json!([{"key": "a"}])).unwrap()), r#"["{\"key\":\"a\"}"]"#);
        assert!(list(json!([])).unwrap().check(&json!({"constructor": 1})).is_ok());
    }
}
