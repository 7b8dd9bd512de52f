//! What a plugin says of itself: `plugin.toml`, typed and checked.

mod check;
pub(crate) use check::asks as check_asks;
mod fields;
mod read;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use fields::Fields;
use model::ClassName;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::settings::Schema;

/// The contract that this host speaks.
pub const API: &str = "0.1";

/// The class name that stands for every class.
pub const ANY: &str = "*";

/// Everything that a plugin declares and asks for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Manifest {
    /// `[a-z][a-z0-9-]{0,62}`.
    pub name: String,
    /// A semantic version; one version of a name never changes its bytes.
    pub version: Version,
    /// The version of the contract: [`API`].
    pub api: String,
    /// One sentence for whoever approves it.
    pub description: String,
    /// What it listens to.
    #[serde(rename = "hook", skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<Hook>,
    /// What clients may call.
    #[serde(rename = "function", skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<Function>,
    /// What it asks for.
    #[serde(flatten)]
    pub asks: Asks,
    /// What it wishes to use.
    #[serde(skip_serializing_if = "Limits::is_empty")]
    pub limits: Limits,
    /// What the administrator may set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<Schema>,
}

/// One hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Hook {
    /// `before-save`, `after-save`, `before-delete`, `after-delete`, `before-find` or `after-find`.
    pub on: String,
    /// A class, or `*`.
    pub class: String,
    /// Where it stands among the hooks of the class; lower runs first, then by plugin name.
    #[serde(default = "default_order")]
    pub order: i32,
    /// What happens to the operation when the plugin breaks.
    #[serde(default)]
    pub on_failure: OnFailure,
}

fn default_order() -> i32 {
    100
}

/// What a broken hook does to its operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// The operation is refused.
    #[default]
    Closed,
    /// The operation goes on as if the hook weren't there; recorded all the same.
    Open,
}

/// A function that clients may call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// Letters, digits, `_`, and `.` as separator.
    pub name: String,
}

/// What a plugin asks for; the same shape says what it was granted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asks {
    /// Interfaces that it imports.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub capabilities: BTreeMap<Capability, CapabilityAsk>,
    /// Fields of the objects that its hooks are lent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldsAsk>,
}

/// Something that the host can do for a guest: one WIT interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// Lines in the operator's log.
    Log,
    /// Reading stored objects as the caller.
    DataRead,
    /// Changing stored objects as the caller.
    DataWrite,
    /// Reading and changing stored objects with the system's authority.
    DataElevated,
    /// Whole documents in one crossing.
    DataBulk,
}

impl Capability {
    /// Every capability.
    pub const ALL: [Capability; 5] = [
        Capability::Log,
        Capability::DataRead,
        Capability::DataWrite,
        Capability::DataElevated,
        Capability::DataBulk,
    ];

    /// Its name in manifests, which is that of its interface.
    pub const fn name(self) -> &'static str {
        match self {
            Capability::Log => "log",
            Capability::DataRead => "data-read",
            Capability::DataWrite => "data-write",
            Capability::DataElevated => "data-elevated",
            Capability::DataBulk => "data-bulk",
        }
    }

    /// Finds the capability of a name.
    pub fn from_name(name: &str) -> Option<Capability> {
        Capability::ALL.into_iter().find(|capability| capability.name() == name)
    }

    /// Whether it opens classes, and so needs purposes and classes.
    pub const fn opens_classes(self) -> bool {
        matches!(self, Capability::DataRead | Capability::DataWrite | Capability::DataElevated)
    }
}

/// What is asked of one capability.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapabilityAsk {
    /// Why, for whoever approves it.
    #[serde(default)]
    pub reason: String,
    /// HL7 PurposeOfUse codes.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub purposes: BTreeSet<String>,
    /// What may be touched, by class.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<ClassName, ClassAsk>,
}

/// What is asked on one class of a capability.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassAsk {
    /// Fields to see, and to use in conditions.
    #[serde(default, skip_serializing_if = "Fields::is_empty")]
    pub read: Fields,
    /// Fields to change.
    #[serde(default, skip_serializing_if = "Fields::is_empty")]
    pub write: Fields,
    /// Whether to make objects; when it isn't said, whoever may write fields may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create: Option<bool>,
    /// Whether to delete objects.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delete: bool,
}

impl ClassAsk {
    /// Whether objects may be made.
    pub fn creates(&self) -> bool {
        self.create.unwrap_or(!self.write.is_empty())
    }
}

/// Fields of the objects of one class that hooks are lent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldsAsk {
    /// A class, or `*` for those without an entry of their own.
    pub class: String,
    /// Fields to see.
    #[serde(default, skip_serializing_if = "Fields::is_empty")]
    pub read: Fields,
    /// Fields to change.
    #[serde(default, skip_serializing_if = "Fields::is_empty")]
    pub write: Fields,
    /// Fields to hide from answers.
    #[serde(default, skip_serializing_if = "Fields::is_empty")]
    pub redact: Fields,
    /// Why, for whoever approves it.
    #[serde(default)]
    pub reason: String,
}

/// What a plugin wishes to use; the host's own limits cut it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// How long one call may take, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u32>,
    /// Linear memory, in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u32>,
}

impl Limits {
    fn is_empty(&self) -> bool {
        *self == Limits::default()
    }
}

impl Manifest {
    /// Whether it declares a hook for an event, on any class.
    pub fn listens(&self, event: model::Event) -> bool {
        self.hooks.iter().any(|hook| hook.on == event.name())
    }
}
