//! One class in memory: its objects in the order of their insertion, and what keeps them unique.

use std::{
    collections::{BTreeMap, HashMap},
    mem,
    sync::Arc,
};

use model::{
    Field, FieldName, FieldType, Filter, Object, ObjectId, Schema, Unique, Value, encode,
    query::{Matcher, Relations},
};

use crate::Error;

/// A class with its objects.
pub(super) struct Class {
    pub(super) schema: Schema,
    rows: BTreeMap<u64, Arc<Object>>,
    places: HashMap<ObjectId, u64>,
    next: u64,
    groups: Vec<Group>,
}

/// A group of unique fields, and which place holds which values.
struct Group {
    rule: Unique,
    taken: HashMap<String, u64>,
}

impl Group {
    /// The values of an object in the group as one text; `None` when it lacks one and so can't collide.
    fn key(&self, object: &Object) -> Option<String> {
        let mut key = String::new();
        for name in &self.rule.fields {
            let value = object.fields.get(name).filter(|value| !value.is_null())?;
            let text = match value {
                Value::String(text) if self.rule.ignore_case => encode::json(&text.to_lowercase().into()),
                value => encode::json(value),
            };
            // JSON texts side by side can't be mistaken for one another.
            key.push_str(&text.to_string());
            key.push('\n');
        }
        Some(key)
    }

    fn duplicate(&self) -> Error {
        Error::Duplicate { fields: self.rule.fields.iter().map(|name| name.as_str().to_owned()).collect() }
    }
}

impl Class {
    pub(super) fn new(schema: Schema) -> Class {
        let groups =
            schema.unique.iter().map(|rule| Group { rule: rule.clone(), taken: HashMap::new() }).collect();
        Class { schema, rows: BTreeMap::new(), places: HashMap::new(), next: 0, groups }
    }

    /// Whether the class has a relation of this name.
    pub(super) fn has_relation(&self, key: &str) -> bool {
        matches!(self.schema.kind(key), Some(FieldType::Relation(_)))
    }

    /// Brings the class to a new state, and answers the fields that are no more.
    pub(super) fn evolve(&mut self, schema: Schema) -> Result<Vec<(FieldName, Field)>, Error> {
        for (name, field) in &schema.fields {
            if self.schema.fields.get(name).is_some_and(|before| before.kind != field.kind) {
                return Err(Error::Conflict(format!("{name} exists with another type")));
            }
        }
        let mut after = Class::new(schema);
        after.next = self.next;
        let before = mem::take(&mut self.schema.fields);
        let (kept, dropped): (BTreeMap<_, _>, BTreeMap<_, _>) =
            before.into_iter().partition(|(name, _)| after.schema.fields.contains_key(name));
        for (place, object) in &self.rows {
            let mut object = Arc::clone(object);
            if dropped.keys().any(|name| object.fields.contains_key(name)) {
                Arc::make_mut(&mut object).fields.retain(|name, _| !dropped.contains_key(name));
            }
            if let Err(error) = after.put(*place, object) {
                self.schema.fields = kept.into_iter().chain(dropped).collect();
                return Err(error);
            }
        }
        *self = after;
        Ok(dropped.into_iter().collect())
    }

    /// The objects that pass, in the order of their insertion.
    pub(super) fn matching(
        &self,
        filter: &Filter,
        matcher: &Matcher,
        relations: &dyn Relations,
    ) -> Vec<&Object> {
        self.places_matching(filter, matcher, relations)
            .into_iter()
            .filter_map(|place| self.object(place))
            .collect()
    }

    /// Where the objects that pass are.
    pub(super) fn places_matching(
        &self,
        filter: &Filter,
        matcher: &Matcher,
        relations: &dyn Relations,
    ) -> Vec<u64> {
        let passes =
            |place: &u64| self.object(*place).is_some_and(|object| matcher.matches(object, relations));
        match filter.named_id() {
            Some(id) => self.places.get(id).copied().filter(passes).into_iter().collect(),
            None => self.rows.keys().copied().filter(passes).collect(),
        }
    }

    /// The object at a place.
    pub(super) fn object(&self, place: u64) -> Option<&Object> {
        self.rows.get(&place).map(|object| &**object)
    }

    /// Checks that the class has a field of the right type for every value: a null fits everywhere, even without a field.
    ///
    /// # Errors
    /// [`Error::Conflict`] for a field that the class doesn't have, [`Error::Mismatch`] for a value of another type.
    pub(super) fn check(&self, object: &Object) -> Result<(), Error> {
        for (name, value) in &object.fields {
            let Some(kind) = FieldType::of(value) else { continue };
            match self.schema.fields.get(name) {
                Some(field) if field.kind == kind => {}
                Some(field) => {
                    return Err(Error::Mismatch {
                        field: name.as_str().to_owned(),
                        expected: field.kind.name(),
                    });
                }
                // The mark of a relation is implied by the schema, so that nothing is lost without it.
                None if matches!(kind, FieldType::Relation(_)) => {}
                None => {
                    return Err(Error::Conflict(format!("{} has no field {name} now", self.schema.class)));
                }
            }
        }
        Ok(())
    }

    /// A place that was never used.
    pub(super) fn fresh_place(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Puts an object at a place that is empty; changes nothing when it can't.
    pub(super) fn put(&mut self, place: u64, object: Arc<Object>) -> Result<(), Error> {
        if self.places.contains_key(&object.id) {
            return Err(Error::Duplicate { fields: vec!["objectId".into()] });
        }
        let keys: Vec<Option<String>> = self.groups.iter().map(|group| group.key(&object)).collect();
        for (group, key) in self.groups.iter().zip(&keys) {
            if key.as_ref().is_some_and(|key| group.taken.contains_key(key)) {
                return Err(group.duplicate());
            }
        }
        for (group, key) in self.groups.iter_mut().zip(keys) {
            group.taken.extend(key.map(|key| (key, place)));
        }
        self.places.insert(object.id.clone(), place);
        self.rows.insert(place, object);
        Ok(())
    }

    /// Takes the object at a place away.
    pub(super) fn take(&mut self, place: u64) -> Option<Arc<Object>> {
        let object = self.rows.remove(&place)?;
        self.places.remove(&object.id);
        for group in &mut self.groups {
            if let Some(key) = group.key(&object) {
                group.taken.remove(&key);
            }
        }
        Some(object)
    }
}
