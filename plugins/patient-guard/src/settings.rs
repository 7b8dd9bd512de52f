//! What the administrator set.

use parapet::{Fault, Principal};
use serde::Deserialize;

/// The settings, as in the manifest.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Guard {
    pub(crate) country: Country,
    pub(crate) clinician_role: String,
    pub(crate) mask: Mask,
    pub(crate) smallest_cell: u32,
}

/// Whose identifiers are valid.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
pub(crate) enum Country {
    #[serde(rename = "any")]
    Any,
    #[serde(rename = "CH")]
    Switzerland,
    #[serde(rename = "US")]
    UnitedStates,
}

/// What others see of the identifier.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mask {
    LastFour,
    Hide,
}

impl Guard {
    /// Whether this caller sees identifiers as they are.
    pub(crate) fn sees_identifiers(&self, caller: &Principal) -> Result<bool, Fault> {
        Ok(caller.is_master() || caller.has_role(&self.clinician_role)?)
    }
}
