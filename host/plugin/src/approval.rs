//! What a person allowed a plugin, when, and how far.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{
    Digest, Manifest,
    error::Problems,
    manifest::{Asks, Fields},
};

/// A record of an approval. It never changes; another approval is another record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    /// Its id, as the trail names it.
    pub id: String,
    /// The component that it is for: these bytes and no others.
    pub digest: Digest,
    /// What was granted: at most what was asked for.
    pub granted: Asks,
    /// The settings, complete.
    pub settings: Json,
    /// Who approved: the person, and the key with which the request came.
    pub by: String,
    /// The person, if one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The key with which the request came. Approvals of older servers have it in `by` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// When, in RFC 3339.
    pub at: String,
    /// Why, in the approver's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What an approver decides.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Decision {
    /// What is granted; `None` is everything that is asked for.
    pub granted: Option<Asks>,
    /// Settings; those that aren't named get their defaults.
    pub settings: Option<Json>,
    /// Who approves, besides the key that the request carries.
    pub by: Option<String>,
    /// Why.
    pub note: Option<String>,
}

impl Asks {
    /// Says everything that is asked for or granted in single lines, one right each.
    pub fn lines(&self) -> BTreeSet<String> {
        let mut lines = BTreeSet::new();
        let mut names = |place: &str, verb: &str, fields: &Fields| {
            lines.extend(fields.0.iter().map(|field| format!("{place}: {verb} {field}")));
        };
        for fields in &self.fields {
            let place = format!("hooks on {}", fields.class);
            names(&place, "read", &fields.read);
            names(&place, "write", &fields.write);
            names(&place, "redact", &fields.redact);
        }
        for (capability, ask) in &self.capabilities {
            for (class, fields) in &ask.classes {
                let place = format!("{} on {class}", capability.name());
                names(&place, "read", &fields.read);
                names(&place, "write", &fields.write);
            }
        }
        for (capability, ask) in &self.capabilities {
            let name = capability.name();
            lines.insert(name.to_owned());
            lines.extend(ask.purposes.iter().map(|purpose| format!("{name}: purpose {purpose}")));
            for (class, fields) in &ask.classes {
                lines.extend(fields.creates().then(|| format!("{name} on {class}: create")));
                lines.extend(fields.delete.then(|| format!("{name} on {class}: delete")));
            }
        }
        lines
    }

    /// The rights of these asks that `most` doesn't cover.
    pub fn beyond(&self, most: &Asks) -> Vec<String> {
        let most = most.lines();
        self.lines().into_iter().filter(|line| !covered(line, &most)).collect()
    }
}

/// Whether a line is in a set, by its words or under a `*`.
fn covered(line: &str, most: &BTreeSet<String>) -> bool {
    if most.contains(line) {
        return true;
    }
    let Some((place, right)) = line.split_once(": ") else { return false };
    let Some((verb, _)) = right.split_once(' ') else { return false };
    let places = [Some(place), place.starts_with("hooks on ").then_some("hooks on *")];
    let rights = [right.to_owned(), if verb == "purpose" { right.to_owned() } else { format!("{verb} *") }];
    places
        .into_iter()
        .flatten()
        .any(|place| rights.iter().any(|right| most.contains(&format!("{place}: {right}"))))
}

/// Checks a decision against what the plugin asks for; answers what it comes to.
pub(crate) fn decide(manifest: &Manifest, decision: &Decision, problems: &mut Problems) -> (Asks, Json) {
    let granted = decision.granted.clone().unwrap_or_else(|| manifest.asks.clone());
    for line in granted.beyond(&manifest.asks) {
        problems.push(format!("the plugin doesn't ask for this, so it can't be granted: {line}"));
    }
    let mut kept = granted;
    // Reasons are the plugin's own: they stay with what was granted.
    for (capability, ask) in &mut kept.capabilities {
        if let Some(asked) = manifest.asks.capabilities.get(capability) {
            ask.reason.clone_from(&asked.reason);
        }
    }
    for fields in &mut kept.fields {
        let asked =
            manifest.asks.fields.iter().find(|asked| asked.class == fields.class || asked.class == "*");
        if let Some(asked) = asked {
            fields.reason.clone_from(&asked.reason);
        }
    }
    crate::manifest::check_asks(&kept, problems);
    let settings = match (&manifest.settings, &decision.settings) {
        (Some(schema), given) => match schema.fill(given.clone()) {
            Ok(settings) => settings,
            Err(crate::Error::Invalid(found)) => {
                problems.0.extend(found.0);
                Json::Null
            }
            Err(error) => {
                problems.push(error.to_string());
                Json::Null
            }
        },
        (None, Some(Json::Object(given))) if !given.is_empty() => {
            problems.push("the plugin has no settings");
            Json::Null
        }
        (None, _) => Json::Object(serde_json::Map::new()),
    };
    (kept, settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(text: &str) -> Asks {
        toml::from_str(text).unwrap()
    }

    const ASKED: &str = r#"
        [capabilities.log]
        reason = "r"
        [capabilities.data-read]
        reason = "r"
        purposes = ["TREAT", "HOPERAT"]
        classes.Patient = { read = ["birthDate", "name"] }
        [[fields]]
        class = "*"
        read = ["*"]
        reason = "r"
    "#;

    #[test]
    fn less_is_covered_and_more_is_named() {
        let asked = asks(ASKED);
        assert!(asked.beyond(&asked).is_empty());
        let less = asks(
            "[capabilities.data-read]\npurposes=['TREAT']\nclasses.Patient={read=['name']}\n\
             [[fields]]\nclass='Patient'\nread=['ssn']\n",
        );
        assert!(less.beyond(&asked).is_empty());
        let more = asks(
            "[capabilities.data-write]\npurposes=['TREAT']\nclasses.Patient={write=['name'], delete=true}\n\
             [capabilities.data-read]\npurposes=['HMARKT']\nclasses.Visit={read=['x']}\n\
             [[fields]]\nclass='Patient'\nwrite=['ssn']\n",
        );
        assert_eq!(
            more.beyond(&asked),
            [
                "data-read on Visit: read x",
                "data-read: purpose HMARKT",
                "data-write",
                "data-write on Patient: create",
                "data-write on Patient: delete",
                "data-write on Patient: write name",
                "data-write: purpose TREAT",
                "hooks on Patient: write ssn",
            ]
        );
    }

    #[test]
    fn a_decision_keeps_the_reasons_and_fills_the_settings() {
        let mut manifest = Manifest::from_toml(&format!(
            "name='a'\nversion='1.0.0'\napi='0.1'\n[[hook]]\non='before-save'\nclass='Patient'\n{ASKED}\n\
             [settings]\ntype='object'\nproperties.n={{type='integer', default=3}}\n"
        ))
        .unwrap();
        let mut problems = Problems::default();
        let decision = Decision {
            granted: Some(asks("[capabilities.log]\n[[fields]]\nclass='Patient'\nread=['ssn']\n")),
            ..Decision::default()
        };
        let (granted, settings) = decide(&manifest, &decision, &mut problems);
        assert_eq!(problems, Problems::default());
        assert_eq!(granted.fields[0].reason, "r");
        assert_eq!(settings, serde_json::json!({"n": 3}));
        let bad = Decision { settings: Some(serde_json::json!({"m": 1})), ..Decision::default() };
        decide(&manifest, &bad, &mut problems);
        assert_eq!(problems.0.len(), 1);
        manifest.settings = None;
        decide(&manifest, &bad, &mut problems);
        assert_eq!(problems.0.len(), 2);
    }
}
