//! What a plugin may touch while it acts: grants narrow a context, never widen it.

use std::{collections::BTreeMap, collections::BTreeSet, sync::Arc};

use model::ClassName;

/// Which plugin acts, as the trail names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginIdentity {
    /// The plugin's name.
    pub name: Arc<str>,
    /// Its version.
    pub version: Arc<str>,
    /// SHA-256 of the component.
    pub digest: [u8; 32],
    /// The registry's generation that the request runs under.
    pub generation: u64,
    /// The id of the approval that lets it run.
    pub grant: Arc<str>,
}

/// A set of field names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum FieldSet {
    /// Every field that clients may name.
    All,
    /// Just these.
    Only(BTreeSet<String>),
    /// None.
    #[default]
    Nothing,
}

impl FieldSet {
    /// Whether a field is in the set. `objectId`, `createdAt` and `updatedAt` are in every set but [`FieldSet::Nothing`].
    pub fn holds(&self, field: &str) -> bool {
        match self {
            FieldSet::All => !field.starts_with('_'),
            FieldSet::Only(names) => {
                names.contains(field) || matches!(field, "objectId" | "createdAt" | "updatedAt")
            }
            FieldSet::Nothing => false,
        }
    }
}

/// What a grant allows on one class.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClassGrant {
    /// Fields that may be seen, and used in a filter or a sort.
    pub read: FieldSet,
    /// Fields that may be changed.
    pub write: FieldSet,
    /// Whether objects may be created.
    pub create: bool,
    /// Whether objects may be deleted.
    pub delete: bool,
}

/// What one capability of one plugin allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Who acts.
    pub plugin: PluginIdentity,
    /// Whether the plugin acts with the system's authority and not the caller's.
    pub elevated: bool,
    /// The classes that may be touched; any other is denied.
    pub classes: BTreeMap<ClassName, ClassGrant>,
    /// Purposes of use (HL7 PurposeOfUse codes) that may be declared.
    pub purposes: BTreeSet<String>,
}
