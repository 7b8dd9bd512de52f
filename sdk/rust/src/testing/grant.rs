//! What a plugin was granted, read from its manifest.

use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// A set of field names; `*` is every field.
#[derive(Clone, Default)]
pub(crate) struct Names(BTreeSet<String>);

impl Names {
    /// Whether a field is in the set; the three that every object has come with any other.
    pub(crate) fn holds(&self, field: &str) -> bool {
        let common = || !self.0.is_empty() && matches!(field, "objectId" | "createdAt" | "updatedAt");
        self.0.contains(field) || self.0.contains("*") || common()
    }

    pub(crate) fn add<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        self.0.extend(names.into_iter().map(str::to_owned));
    }
}

/// The fields of one class, by verb.
#[derive(Clone, Default)]
pub(crate) struct Fields {
    pub(crate) read: Names,
    pub(crate) write: Names,
    pub(crate) redact: Names,
}

impl Fields {
    pub(crate) fn any(&self, field: &str) -> bool {
        self.read.holds(field) || self.write.holds(field) || self.redact.holds(field)
    }
}

/// What a data capability was granted for.
#[derive(Clone, Default)]
pub(crate) struct Access {
    pub(crate) purposes: BTreeSet<String>,
    pub(crate) classes: BTreeMap<String, ClassAccess>,
}

/// What a data capability was granted on one class.
#[derive(Clone, Default)]
pub(crate) struct ClassAccess {
    pub(crate) fields: Fields,
    pub(crate) create: bool,
    pub(crate) delete: bool,
}

/// Everything that a plugin was granted.
#[derive(Clone, Default)]
pub(crate) struct Grant {
    /// The fields of the objects lent to hooks, by class.
    pub(crate) lent: BTreeMap<String, Fields>,
    pub(crate) read: Access,
    pub(crate) write: Access,
    pub(crate) elevated: Access,
    pub(crate) bulk: bool,
}

impl Grant {
    /// The fields of an object lent to a hook: those of its class, else those of `*`.
    pub(crate) fn fields(&self, class: &str) -> Fields {
        self.lent.get(class).or_else(|| self.lent.get("*")).cloned().unwrap_or_default()
    }

    /// Adds what a manifest asks for, as if all of it were approved; answers the defaults of its settings.
    pub(crate) fn add_manifest(&mut self, text: &str) -> Result<Map<String, Json>, toml::de::Error> {
        let manifest: Manifest = toml::from_str(text)?;
        for fields in manifest.fields {
            fields.verbs.add_to(self.lent.entry(fields.class).or_default());
        }
        let access = [
            ("data-read", &mut self.read),
            ("data-write", &mut self.write),
            ("data-elevated", &mut self.elevated),
        ];
        for (name, access) in access {
            let Some(wish) = manifest.capabilities.get(name) else { continue };
            access.purposes.extend(wish.purposes.iter().cloned());
            for (class, wish) in &wish.classes {
                let class = access.classes.entry(class.clone()).or_default();
                wish.verbs.add_to(&mut class.fields);
                class.create |= wish.create.unwrap_or(!wish.verbs.write.is_empty());
                class.delete |= wish.delete;
            }
        }
        self.bulk |= manifest.capabilities.contains_key("data-bulk");
        let defaults = manifest.settings.properties.into_iter();
        Ok(defaults.filter_map(|(name, property)| Some((name, property.default?))).collect())
    }
}

/// The parts of `plugin.toml` that matter here.
#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    fields: Vec<FieldsWish>,
    #[serde(default)]
    capabilities: BTreeMap<String, AccessWish>,
    #[serde(default)]
    settings: SettingsWish,
}

#[derive(Deserialize)]
struct FieldsWish {
    class: String,
    #[serde(flatten)]
    verbs: Verbs,
}

#[derive(Deserialize)]
struct AccessWish {
    #[serde(default)]
    purposes: Vec<String>,
    #[serde(default)]
    classes: BTreeMap<String, ClassWish>,
}

#[derive(Deserialize)]
struct ClassWish {
    #[serde(flatten)]
    verbs: Verbs,
    create: Option<bool>,
    #[serde(default)]
    delete: bool,
}

#[derive(Deserialize)]
struct Verbs {
    #[serde(default)]
    read: Vec<String>,
    #[serde(default)]
    write: Vec<String>,
    #[serde(default)]
    redact: Vec<String>,
}

impl Verbs {
    fn add_to(&self, fields: &mut Fields) {
        fields.read.add(self.read.iter().map(String::as_str));
        fields.write.add(self.write.iter().map(String::as_str));
        fields.redact.add(self.redact.iter().map(String::as_str));
    }
}

#[derive(Default, Deserialize)]
struct SettingsWish {
    #[serde(default)]
    properties: BTreeMap<String, Property>,
}

#[derive(Deserialize)]
struct Property {
    default: Option<Json>,
}
