//! The join rows of relations in memory.

use std::collections::{BTreeMap, BTreeSet};

use model::{ClassName, ObjectId};

/// The members of every relation: by owner's class and key, then by owner.
#[derive(Default)]
pub(super) struct Joins(BTreeMap<ClassName, BTreeMap<String, Relation>>);

type Relation = BTreeMap<ObjectId, BTreeSet<ObjectId>>;

impl Joins {
    fn relation(&self, class: &ClassName, key: &str) -> Option<&Relation> {
        self.0.get(class)?.get(key)
    }

    pub(super) fn contains(&self, class: &ClassName, key: &str, owner: &ObjectId, member: &ObjectId) -> bool {
        self.relation(class, key)
            .and_then(|relation| relation.get(owner))
            .is_some_and(|set| set.contains(member))
    }

    pub(super) fn members(&self, class: &ClassName, key: &str, owner: &ObjectId) -> Vec<ObjectId> {
        let members = self.relation(class, key).and_then(|relation| relation.get(owner));
        members.into_iter().flatten().cloned().collect()
    }

    pub(super) fn owners(&self, class: &ClassName, key: &str, members: &[ObjectId]) -> Vec<ObjectId> {
        let holds = |set: &BTreeSet<ObjectId>| members.iter().any(|member| set.contains(member));
        let relation = self.relation(class, key).into_iter().flatten();
        relation.filter(|(_, set)| holds(set)).map(|(owner, _)| owner.clone()).collect()
    }

    /// Replaces the members of a relation.
    pub(super) fn put(&mut self, class: &ClassName, key: &str, owner: &ObjectId, members: Vec<ObjectId>) {
        let relation = self.0.entry(class.clone()).or_default().entry(key.to_owned()).or_default();
        relation.insert(owner.clone(), members.into_iter().collect());
    }

    pub(super) fn drop_relation(&mut self, class: &ClassName, key: &str) {
        if let Some(relations) = self.0.get_mut(class) {
            relations.remove(key);
        }
    }

    pub(super) fn drop_class(&mut self, class: &ClassName) {
        self.0.remove(class);
    }
}
