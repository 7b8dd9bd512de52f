//! An update carried out on an object in memory.

use std::{collections::BTreeMap, mem};

use crate::{FieldName, Map, Object, Op, Update, Value, query::place::index};

/// An operation met a value of another type. Holds names only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} holds a value of another type than {expected}")]
pub struct ApplyError {
    /// The field, or the place in it, as the update names it.
    pub field: String,
    /// The type that the operation needs.
    pub expected: &'static str,
}

impl Object {
    /// Carries out every operation of an update but those on relations; all or none.
    ///
    /// On a dotted path, an absent or null parent becomes an Object, and a numeric part names an element of an
    /// Array: one that is there, or the next one. Deleting what isn't there changes nothing; deleting an element leaves a null.
    /// `updatedAt` stays as it is: its clock is the caller's.
    ///
    /// # Errors
    /// [`ApplyError`] when a value on the way has the wrong type; the object is unchanged then.
    pub fn apply(&mut self, update: &Update) -> Result<(), ApplyError> {
        let mut staged: BTreeMap<FieldName, Option<Value>> = BTreeMap::new();
        for (path, op) in update.ops.iter().filter(|(_, op)| !op.is_relation()) {
            let name = path.field();
            let current = staged.remove(&name).unwrap_or_else(|| self.fields.get(&name).cloned());
            let parts: Vec<&str> = path.rest().collect();
            let changed = changed(current, &parts, op)
                .map_err(|expected| ApplyError { field: path.as_str().to_owned(), expected })?;
            staged.insert(name, changed);
        }
        for (name, value) in staged {
            match value {
                Some(value) => self.fields.insert(name, value),
                None => self.fields.remove(&name),
            };
        }
        if let Some(acl) = &update.acl {
            self.acl.clone_from(acl);
        }
        Ok(())
    }
}

fn changed(current: Option<Value>, parts: &[&str], op: &Op) -> Result<Option<Value>, &'static str> {
    let Some((part, rest)) = parts.split_first() else { return op.apply(current) };
    let deletes = matches!(op, Op::Delete);
    Ok(Some(match current {
        None | Some(Value::Null) if deletes => return Ok(current),
        None | Some(Value::Null) => Value::Object(member(Map::new(), part, rest, op)?),
        Some(Value::Object(map)) => Value::Object(member(map, part, rest, op)?),
        Some(Value::Array(mut items)) => {
            let last = items.len();
            match (index(part), index(part).and_then(|index| items.get_mut(index))) {
                (_, Some(item)) => {
                    let current = mem::replace(item, Value::Null);
                    *item = changed(Some(current), rest, op)?.unwrap_or(Value::Null);
                }
                _ if deletes => {}
                (Some(index), None) if index == last => {
                    items.push(changed(None, rest, op)?.unwrap_or(Value::Null));
                }
                (Some(_), None) => return Err("Array with an element right before it"),
                (None, None) => return Err("Object"),
            }
            Value::Array(items)
        }
        Some(other) if deletes => other,
        Some(_) => return Err("Object"),
    }))
}

fn member(mut map: Map, part: &str, rest: &[&str], op: &Op) -> Result<Map, &'static str> {
    let current = map.remove(part);
    if let Some(value) = changed(current, rest, op)? {
        map.insert(part.to_owned(), value);
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::{ClassName, Date, ObjectId, encode, parse_update};

    fn object(fields: Json) -> Object {
        let mut object = Object::new(ClassName::new("Thing").unwrap(), ObjectId::new("a").unwrap(), Date(0));
        for (name, json) in fields.as_object().unwrap() {
            object.fields.insert(FieldName::new(name).unwrap(), encode::value(json.clone()).unwrap());
        }
        object
    }

    fn after(fields: Json, body: Json) -> Result<Json, ApplyError> {
        let mut object = object(fields);
        object.apply(&parse_update::update(body.as_object().unwrap().clone()).unwrap().update)?;
        Ok(Json::Object(
            object.fields.iter().map(|(name, value)| (name.to_string(), encode::json(value))).collect(),
        ))
    }

    #[test]
    fn operations_change_fields() {
        let cases = [
            (json!({}), json!({"a": 1}), json!({"a": 1})),
            (json!({"a": 1, "b": 2}), json!({"a": {"__op": "Delete"}}), json!({"b": 2})),
            (json!({"a": 1}), json!({"a": {"__op": "Increment", "amount": -3}}), json!({"a": -2})),
            (json!({}), json!({"a": {"__op": "Add", "objects": [1, 1]}}), json!({"a": [1, 1]})),
            (
                json!({"a": [1]}),
                json!({"a": {"__op": "AddUnique", "objects": [2, 1, 2]}}),
                json!({"a": [1, 2]}),
            ),
            (json!({"a": [1, 2, 1]}), json!({"a": {"__op": "Remove", "objects": [1]}}), json!({"a": [2]})),
            (json!({}), json!({"a": {"__op": "Remove", "objects": [1]}}), json!({"a": []})),
            (json!({}), json!({"a": {"__op": "AddRelation", "objects": []}}), json!({})),
        ];
        for (before, body, expected) in cases {
            assert_eq!(after(before, body.clone()).unwrap(), expected, "{body}");
        }
    }

    #[test]
    fn dotted_paths_reach_inside() {
        let cases = [
            (json!({}), json!({"a.b.c": 1}), json!({"a": {"b": {"c": 1}}})),
            (json!({"a": null}), json!({"a.b": 1, "a.c": 2}), json!({"a": {"b": 1, "c": 2}})),
            (json!({"a": {"b": 1, "c": 2}}), json!({"a.b": {"__op": "Delete"}}), json!({"a": {"c": 2}})),
            (
                json!({"a": {"b": 1}}),
                json!({"a.b": {"__op": "Increment", "amount": 1}}),
                json!({"a": {"b": 2}}),
            ),
            (
                json!({"a": [{"b": 1}, 2]}),
                json!({"a.0.b": 5, "a.1": 6, "a.2": 7}),
                json!({"a": [{"b": 5}, 6, 7]}),
            ),
            (
                json!({"a": [1, 2]}),
                json!({"a.0": {"__op": "Delete"}, "a.9": {"__op": "Delete"}}),
                json!({"a": [null, 2]}),
            ),
            (json!({"a": 1}), json!({"a.b": {"__op": "Delete"}, "z.b": {"__op": "Delete"}}), json!({"a": 1})),
            (json!({}), json!({"a.0": 1}), json!({"a": {"0": 1}})),
        ];
        for (before, body, expected) in cases {
            assert_eq!(after(before, body.clone()).unwrap(), expected, "{body}");
        }
    }

    #[test]
    fn a_wrong_type_changes_nothing() {
        let cases = [
            (json!({"n": {"__op": "Increment", "amount": 1}}), "n", "Number"),
            (json!({"a": 2, "n": {"__op": "Add", "objects": []}}), "n", "Array"),
            (json!({"a": 2, "n.b": 1}), "n.b", "Object"),
            (json!({"list.b": 1}), "list.b", "Object"),
            (json!({"list.2": 1}), "list.2", "Array with an element right before it"),
            (json!({"big": {"__op": "Increment", "amount": f64::MAX}}), "big", "Number"),
        ];
        for (body, field, expected) in cases {
            let mut object = object(json!({"n": "text", "list": [1], "big": f64::MAX}));
            let before = object.clone();
            let update = parse_update::update(body.as_object().unwrap().clone()).unwrap().update;
            let error = object.apply(&update).unwrap_err();
            assert_eq!((error.field.as_str(), error.expected), (field, expected));
            assert!(object == before, "{body}");
        }
    }
}
