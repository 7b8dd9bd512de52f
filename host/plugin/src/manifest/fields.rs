//! A set of field names as manifests and grants write it.

use std::collections::BTreeSet;

use data::FieldSet;
use serde::{Deserialize, Serialize};

/// Names of fields; `*` stands for every field that clients may name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields(pub BTreeSet<String>);

impl Fields {
    /// Whether it names nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it names every field.
    pub fn is_all(&self) -> bool {
        self.0.contains("*")
    }

    /// The names of this set that `other` doesn't cover.
    pub fn beyond(&self, other: &Fields) -> BTreeSet<String> {
        if other.is_all() {
            return BTreeSet::new();
        }
        self.0.difference(&other.0).cloned().collect()
    }

    /// The set as a grant of `data` holds it.
    pub fn as_set(&self) -> FieldSet {
        if self.is_all() {
            FieldSet::All
        } else if self.is_empty() {
            FieldSet::Nothing
        } else {
            FieldSet::Only(self.0.clone())
        }
    }
}

impl<const N: usize> From<[&str; N]> for Fields {
    fn from(names: [&str; N]) -> Fields {
        Fields(names.into_iter().map(str::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn star_covers_everything() {
        let all = Fields::from(["*"]);
        let two = Fields::from(["a", "b"]);
        assert!(two.beyond(&all).is_empty());
        assert_eq!(all.beyond(&two), BTreeSet::from(["*".to_owned()]));
        assert_eq!(two.beyond(&Fields::from(["a"])), BTreeSet::from(["b".to_owned()]));
        assert_eq!(two.as_set(), FieldSet::Only(two.0.clone()));
        assert_eq!(Fields::default().as_set(), FieldSet::Nothing);
    }
}
