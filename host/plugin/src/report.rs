//! What the life cycle tells whoever asks, ready to be sent.

use serde::Serialize;
use serde_json::Value as Json;

use crate::{
    Approval, Digest, Manifest,
    manifest::{Asks, Function, Hook},
    settings::Schema,
    store::{Installed, Step},
};

/// One version of a plugin, looked at before it is approved.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inspection {
    /// The plugin.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its component.
    pub digest: Digest,
    /// The component's size in bytes.
    pub size: usize,
    /// What it says of itself.
    pub description: String,
    /// What it listens to.
    pub hooks: Vec<Hook>,
    /// What clients may call.
    pub functions: Vec<Function>,
    /// What it asks for, with its reasons.
    pub requested: Asks,
    /// What the plugin is granted now, under the version at work.
    pub granted: Option<Asks>,
    /// Rights that it asks for and the plugin doesn't have now.
    pub added: Vec<String>,
    /// Rights that the plugin has now and this version doesn't ask for.
    pub removed: Vec<String>,
    /// How long a call may take, in milliseconds, after the host's own limit.
    pub deadline_ms: u64,
    /// Memory, in MiB, after the host's own limit.
    pub memory_mib: u64,
    /// What the administrator may set.
    pub settings: Option<Schema>,
    /// What is set now.
    pub settings_now: Option<Json>,
    /// Interfaces that the component imports.
    pub imports: Vec<String>,
    /// Interfaces that the component exports.
    pub exports: Vec<String>,
    /// The latest approval of these bytes.
    pub approval: Option<Approval>,
    /// Whether these bytes are at work.
    pub active: bool,
}

/// A plugin in the list.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// The plugin.
    pub name: String,
    /// The component at work, if one is.
    pub active: Option<Digest>,
    /// The version at work, if one is.
    pub active_version: Option<String>,
    /// Every installed version, oldest first.
    pub versions: Vec<Installed>,
    /// Digests that are approved.
    pub approved: Vec<Digest>,
    /// What was at work when, latest last.
    pub history: Vec<Step>,
}

/// A change of what is at work.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Activation {
    /// The plugin.
    pub name: String,
    /// The version at work now; `None` when the plugin is disabled.
    pub version: Option<String>,
    /// Its component.
    pub digest: Option<Digest>,
    /// The approval under which it works.
    pub approval: Option<String>,
    /// The generation that requests see from now on.
    pub generation: u64,
}

/// What was removed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Removal {
    /// The plugin.
    pub name: String,
    /// Versions that are gone.
    pub versions: Vec<String>,
}

/// A component looked at without a server: what `parapet plugin check` tells.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// What the component says of itself.
    pub manifest: Manifest,
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: usize,
    /// Interfaces that it imports.
    pub imports: Vec<String>,
    /// Interfaces that it exports.
    pub exports: Vec<String>,
    /// Everything that would keep it from being installed.
    pub problems: Vec<String>,
}
