//! What a class becomes when somebody changes it who may not have seen its latest state.

use model::{Permissions, Schema};

use crate::Error;

/// Carries the step from what the caller was told to what it wants over to what is there now.
///
/// Another server may have changed the class since: what it added stays, what it dropped stays away.
///
/// # Errors
/// [`Error::Conflict`] when a field exists with another type: types never change.
pub fn merge(told: Option<&Schema>, now: Option<&Schema>, wanted: &Schema) -> Result<Schema, Error> {
    let Some(now) = now else { return Ok(wanted.clone()) };
    let mut merged = now.clone();
    for (name, field) in &wanted.fields {
        let before = told.and_then(|told| told.fields.get(name));
        match now.fields.get(name) {
            Some(present) if present.kind != field.kind => {
                let kind = present.kind.describe();
                return Err(Error::Conflict(format!("{}.{name} exists with the type {kind}", wanted.class)));
            }
            _ if before == Some(field) => {}
            _ => {
                merged.fields.insert(name.clone(), field.clone());
            }
        }
    }
    for name in told.into_iter().flat_map(|told| told.fields.keys()) {
        if !wanted.fields.contains_key(name) {
            merged.fields.remove(name);
        }
    }
    for (name, index) in &wanted.indexes {
        if told.and_then(|told| told.indexes.get(name)) != Some(index) {
            merged.indexes.insert(name.clone(), index.clone());
        }
    }
    for name in told.into_iter().flat_map(|told| told.indexes.keys()) {
        if !wanted.indexes.contains_key(name) {
            merged.indexes.remove(name);
        }
    }
    let told_unique = told.map(|told| told.unique.as_slice()).unwrap_or_default();
    merged.unique.retain(|group| wanted.unique.contains(group) || !told_unique.contains(group));
    for group in wanted.unique.iter().filter(|group| !told_unique.contains(group)) {
        if !merged.unique.contains(group) {
            merged.unique.push(group.clone());
        }
    }
    // A class that both made without saying who may do what keeps what the other said.
    let changed = match told {
        Some(told) => told.permissions != wanted.permissions,
        None => wanted.permissions != Permissions::open(),
    };
    if changed {
        merged.permissions = wanted.permissions.clone();
    }
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use model::{ClassName, Field, FieldName, FieldType};

    use super::*;

    fn schema(fields: &[(&str, FieldType)]) -> Schema {
        let mut schema = Schema::new(ClassName::new("Patient").unwrap());
        let field =
            |(name, kind): &(&str, FieldType)| (FieldName::new(name).unwrap(), Field::new(kind.clone()));
        schema.fields = fields.iter().map(field).collect();
        schema
    }

    fn names(schema: &Schema) -> Vec<&str> {
        schema.fields.keys().map(|name| name.as_str()).collect()
    }

    #[test]
    fn what_another_server_added_stays() {
        use FieldType::{Number, String};
        let told = schema(&[("a", String), ("b", String)]);
        let now = schema(&[("a", String), ("b", String), ("theirs", Number)]);
        let wanted = schema(&[("a", String), ("mine", Number)]);
        let merged = merge(Some(&told), Some(&now), &wanted).unwrap();
        assert_eq!(names(&merged), ["a", "mine", "theirs"]);
        let both = schema(&[("a", String), ("b", String), ("theirs", Number)]);
        assert_eq!(names(&merge(Some(&told), Some(&now), &both).unwrap()), ["a", "b", "theirs"]);
        let clash = schema(&[("a", String), ("b", String), ("theirs", String)]);
        assert!(matches!(merge(Some(&told), Some(&now), &clash), Err(Error::Conflict(_))));
    }

    #[test]
    fn what_another_server_dropped_stays_away() {
        use FieldType::String;
        let told = schema(&[("a", String), ("b", String)]);
        let now = schema(&[("a", String)]);
        let wanted = schema(&[("a", String), ("b", String), ("c", String)]);
        assert_eq!(names(&merge(Some(&told), Some(&now), &wanted).unwrap()), ["a", "c"]);
        assert_eq!(names(&merge(None, None, &wanted).unwrap()), ["a", "b", "c"]);
    }
}
