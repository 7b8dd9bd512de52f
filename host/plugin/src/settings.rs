//! What an administrator may set for a plugin: a small part of JSON Schema.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::{Result, error::Problems};

/// The kind of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Named members.
    Object,
    /// A list.
    Array,
    /// Text.
    String,
    /// A number.
    Number,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
}

/// The shape of one setting, in JSON Schema's words. What isn't here isn't understood, and so refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Schema {
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its value when none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Json>,
    /// The only values allowed.
    #[serde(default, rename = "enum", skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Vec<Json>>,
    /// The least number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    /// The greatest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// The shortest text, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<usize>,
    /// The longest text, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
    /// What a list holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Box<Schema>>,
    /// The shortest list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_items: Option<usize>,
    /// The longest list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_items: Option<usize>,
    /// The members of an object; no others are allowed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, Schema>,
    /// Members that must be there once defaults are filled in.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub required: BTreeSet<String>,
}

impl Schema {
    /// Names what is wrong with the schema itself, each with its place.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.kind != Kind::Object {
            problems.push(" must be of type \"object\"".to_owned());
        }
        self.sound("", &mut problems);
        problems
    }

    fn sound(&self, place: &str, problems: &mut Vec<String>) {
        if self.kind == Kind::Array && self.items.is_none() {
            problems.push(format!("{place}: an array needs items"));
        }
        for name in &self.required {
            if !self.properties.contains_key(name) {
                problems.push(format!("{place}: {name:?} is required, but not described"));
            }
        }
        if let Some(default) = &self.default {
            let mut found = Problems::default();
            self.fits(default, place, &mut found);
            problems.extend(found.0.into_iter().map(|problem| format!("{problem} (in its default)")));
        }
        for (name, schema) in &self.properties {
            schema.sound(&format!("{place}.{name}"), problems);
        }
        if let Some(items) = &self.items {
            items.sound(&format!("{place}[]"), problems);
        }
    }

    /// Fills defaults into what was given, then checks it.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] that names each setting that doesn't fit, never its value.
    pub fn fill(&self, given: Option<Json>) -> Result<Json> {
        let filled = self.filled(Some(given.unwrap_or_else(|| Json::Object(Map::new()))));
        let filled = filled.unwrap_or_else(|| Json::Object(Map::new()));
        let mut problems = Problems::default();
        self.fits(&filled, "settings", &mut problems);
        problems.settle()?;
        Ok(filled)
    }

    fn filled(&self, given: Option<Json>) -> Option<Json> {
        match given.or_else(|| self.default.clone()) {
            Some(Json::Object(mut map)) => {
                for (name, schema) in &self.properties {
                    if let Some(value) = schema.filled(map.remove(name)) {
                        map.insert(name.clone(), value);
                    }
                }
                Some(Json::Object(map))
            }
            other => other,
        }
    }

    fn fits(&self, value: &Json, place: &str, problems: &mut Problems) {
        let right = match self.kind {
            Kind::Object => value.is_object(),
            Kind::Array => value.is_array(),
            Kind::String => value.is_string(),
            Kind::Number => value.is_number(),
            Kind::Integer => value.as_f64().is_some_and(|number| number.fract() == 0.0),
            Kind::Boolean => value.is_boolean(),
        };
        if !right {
            problems.push(format!("{place} must be of type {}", format!("{:?}", self.kind).to_lowercase()));
            return;
        }
        if self.one_of.as_ref().is_some_and(|allowed| !allowed.contains(value)) {
            problems.push(format!("{place} is not one of the allowed values"));
        }
        let below = |least: f64| value.as_f64().is_some_and(|number| number < least);
        let above = |most: f64| value.as_f64().is_some_and(|number| number > most);
        if self.minimum.is_some_and(below) || self.maximum.is_some_and(above) {
            problems.push(format!("{place} is out of range"));
        }
        if let Some(text) = value.as_str() {
            self.length(
                place,
                "characters",
                text.chars().count(),
                self.min_length,
                self.max_length,
                problems,
            );
        }
        if let (Some(list), Some(items)) = (value.as_array(), &self.items) {
            self.length(place, "items", list.len(), self.min_items, self.max_items, problems);
            for (index, item) in list.iter().enumerate() {
                items.fits(item, &format!("{place}[{index}]"), problems);
            }
        }
        if let Some(map) = value.as_object() {
            for name in self.required.iter().filter(|name| !map.contains_key(*name)) {
                problems.push(format!("{place}.{name} is missing"));
            }
            for (name, member) in map {
                match self.properties.get(name) {
                    Some(schema) => schema.fits(member, &format!("{place}.{name}"), problems),
                    None => problems.push(format!("{place} has no member {name:?}")),
                }
            }
        }
    }

    fn length(
        &self,
        place: &str,
        what: &str,
        is: usize,
        least: Option<usize>,
        most: Option<usize>,
        problems: &mut Problems,
    ) {
        if least.is_some_and(|least| is < least) {
            problems.push(format!("{place} has too few {what}"));
        }
        if most.is_some_and(|most| is > most) {
            problems.push(format!("{place} has too many {what}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Error;

    fn schema() -> Schema {
        serde_json::from_value(json!({
            "type": "object",
            "required": ["country"],
            "properties": {
                "country": { "type": "string", "default": "CH", "enum": ["CH", "DE"] },
                "years": { "type": "integer", "minimum": 1, "maximum": 120 },
                "wards": { "type": "array", "items": { "type": "string", "minLength": 1 }, "maxItems": 2 },
                "deep": { "type": "object", "properties": { "on": { "type": "boolean", "default": true } }, "default": {} }
            }
        }))
        .unwrap()
    }

    #[test]
    fn defaults_fill_in_at_every_depth() {
        assert!(schema().problems().is_empty());
        assert_eq!(schema().fill(None).unwrap(), json!({"country": "CH", "deep": {"on": true}}));
        assert_eq!(schema().fill(Some(json!({"country": "DE"}))).unwrap()["country"], "DE");
    }

    #[test]
    fn every_misfit_is_named_without_its_value() {
        let given = json!({"country": "secret", "years": 130, "wards": ["", "a", "b"], "x": 1, "deep": 4});
        let Err(Error::Invalid(problems)) = schema().fill(Some(given)) else { panic!("accepted") };
        assert_eq!(problems.0.len(), 6, "{problems}");
        assert!(!problems.to_string().contains("secret"));
    }

    #[test]
    fn unsound_schemas_are_told() {
        let bad: Schema = serde_json::from_value(json!({
            "type": "object", "required": ["y"],
            "properties": { "a": {"type": "array"}, "b": {"type": "boolean", "default": 1} }
        }))
        .unwrap();
        assert_eq!(bad.problems().len(), 3, "{:?}", bad.problems());
        assert!(
            serde_json::from_value::<Schema>(json!({"type": "object", "patternProperties": {}})).is_err()
        );
    }
}
