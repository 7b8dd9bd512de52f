//! Updates in MongoDB's own operators, with guards where these mean something else than Parse's.

use model::{Date, FieldType, Object, Op, Path, Schema, Update, Value};
use mongodb::bson::{Bson, DateTime, Document, doc};
use storage::Error;

use crate::{encode, layout};

/// The largest whole number that a double counts to; sums below it are the same in every type of number.
const COUNTABLE: f64 = 9_007_199_254_740_992.0;

/// A change, and what must hold of the object for it to mean what was asked.
pub(crate) struct Native {
    pub(crate) change: Document,
    guards: Vec<Document>,
}

impl Native {
    /// The filter of an object, and that the change means there what was asked.
    pub(crate) fn guarded(&self, filter: Document) -> Document {
        if self.guards.is_empty() {
            return filter;
        }
        let mut all = vec![filter];
        all.extend(self.guards.iter().cloned());
        doc! {"$and": all}
    }
}

/// Writes an update in the server's operators; `None` when one of its operations has no such form.
///
/// # Errors
/// [`Error::Mismatch`] and [`Error::Conflict`] for values that their fields can't hold.
pub(crate) fn change(schema: &Schema, update: &Update, at: Date) -> Result<Option<Native>, Error> {
    let mut parts = Parts::default();
    for (path, op) in update.ops.iter().filter(|(_, op)| !op.is_relation()) {
        if !parts.add(schema, path, op)? {
            return Ok(None);
        }
    }
    parts.head(update, at);
    Ok(Some(Native { change: parts.change(), guards: parts.guards }))
}

/// The change that makes a document hold what an update made of its object.
///
/// # Errors
/// As [`change`].
pub(crate) fn difference(
    schema: &Schema,
    before: &Document,
    after: &Object,
    update: &Update,
) -> Result<Document, Error> {
    let mut parts = Parts::default();
    for name in update.roots() {
        if layout::is_spread(schema, name) {
            let gone = before.keys().filter(|key| key.starts_with(layout::AUTH));
            parts.unset.extend(gone.map(|key| (key.clone(), Bson::from(""))));
        }
        match after.field(name) {
            Some(value) => {
                for (key, value) in encode::field(schema, name, value)? {
                    parts.unset.remove(&key);
                    parts.set.insert(key, value);
                }
            }
            None => parts.remove(schema, name),
        }
    }
    parts.head(update, after.updated_at);
    Ok(parts.change())
}

#[derive(Default)]
struct Parts {
    set: Document,
    unset: Document,
    increment: Document,
    push: Document,
    add: Document,
    pull: Document,
    guards: Vec<Document>,
}

impl Parts {
    /// Adds one operation, or answers that it has no native form.
    fn add(&mut self, schema: &Schema, path: &Path, op: &Op) -> Result<bool, Error> {
        let root = path.root();
        if layout::is_spread(schema, root) {
            return Ok(false);
        }
        if path.is_dotted() {
            return Ok(self.add_below(schema, path, op));
        }
        let key = layout::key(schema, root).into_owned();
        let kind = schema.kind(root);
        match (op, kind) {
            (Op::Set(value), _) => self.set.extend(encode::field(schema, root, value)?),
            (Op::Delete, _) => self.remove(schema, root),
            (Op::Increment(amount), Some(FieldType::Number)) => return Ok(self.count(key, *amount)),
            (Op::Add(values), Some(FieldType::Array)) => {
                self.guards.push(list_or_absent(&key));
                self.push.insert(key, each(values));
            }
            (Op::AddUnique(values), Some(FieldType::Array)) if values.iter().all(is_comparable) => {
                self.guards.push(list_or_absent(&key));
                self.add.insert(key, each(values));
            }
            // Removing from nothing leaves an empty list in Parse, and nothing in MongoDB.
            (Op::Remove(values), Some(FieldType::Array)) if values.iter().all(is_comparable) => {
                self.guards.push(doc! {&key: {"$type": "array"}});
                self.pull.insert(key, values.iter().map(encode::nested).collect::<Vec<_>>());
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Adds an operation on a member of an Object.
    fn add_below(&mut self, schema: &Schema, path: &Path, op: &Op) -> bool {
        let root = layout::key(schema, path.root());
        if path.rest().count() != 1 || schema.kind(path.root()) != Some(&FieldType::Object) {
            return false;
        }
        let key = path.as_str().to_owned();
        match op {
            Op::Set(value) => {
                self.set.insert(key, encode::nested(value));
            }
            Op::Delete => {
                self.unset.insert(key, "");
            }
            Op::Increment(amount) => {
                self.guards.push(doc! {&key: {"$not": {"$type": "array"}}});
                if !self.count(key, *amount) {
                    return false;
                }
            }
            _ => return false,
        }
        let object = doc! {"$and": [{&*root: {"$type": "object"}}, {&*root: {"$not": {"$type": "array"}}}]};
        self.guards.push(doc! {"$or": [{&*root: {"$exists": false}}, object]});
        true
    }

    /// Adds to a number that is there or absent, as long as the sum is exact or a double's anyway.
    fn count(&mut self, key: String, amount: f64) -> bool {
        if amount.abs() > COUNTABLE {
            return false;
        }
        let number = doc! {&key: {"$type": "number", "$gte": -COUNTABLE, "$lte": COUNTABLE}};
        self.guards.push(doc! {"$or": [{&key: {"$exists": false}}, number]});
        self.increment.insert(key, encode::number(amount));
        true
    }

    fn remove(&mut self, schema: &Schema, name: &str) {
        let kind = schema.kind(name);
        if !matches!(kind, Some(FieldType::Relation(_))) && !layout::is_spread(schema, name) {
            self.unset.insert(layout::key(schema, name), "");
            // A pointer that was created as null stands without prefix.
            if matches!(kind, Some(FieldType::Pointer(_))) {
                self.unset.insert(name, "");
            }
        }
    }

    /// The object's date and, if it changes, its ACL.
    fn head(&mut self, update: &Update, at: Date) {
        match &update.acl {
            None => {}
            Some(None) => {
                self.unset.extend(["_rperm", "_wperm", "_acl"].map(|key| (key.to_owned(), Bson::from(""))));
            }
            Some(Some(acl)) => self.set.extend(encode::marks(acl)),
        }
        self.set.insert("_updated_at", DateTime::from_millis(at.ms()));
    }

    fn change(&mut self) -> Document {
        let mut change = Document::new();
        for (operator, keys) in [
            ("$set", &mut self.set),
            ("$unset", &mut self.unset),
            ("$inc", &mut self.increment),
            ("$push", &mut self.push),
            ("$addToSet", &mut self.add),
            ("$pullAll", &mut self.pull),
        ] {
            if !keys.is_empty() {
                change.insert(operator, std::mem::take(keys));
            }
        }
        change
    }
}

fn list_or_absent(key: &str) -> Document {
    doc! {"$or": [{key: {"$exists": false}}, {key: {"$type": "array"}}]}
}

fn each(values: &[Value]) -> Document {
    doc! {"$each": values.iter().map(encode::nested).collect::<Vec<_>>()}
}

/// Whether the server finds an equal element in a list, whoever wrote it.
fn is_comparable(value: &Value) -> bool {
    encode::is_plain(value)
}

#[cfg(test)]
mod tests {
    use model::{ClassName, Field, FieldName};
    use serde_json::json;

    use super::*;

    fn native(body: serde_json::Value) -> Option<(Document, usize)> {
        let mut schema = Schema::new(ClassName::new("Thing").unwrap());
        let kinds = [
            ("n", FieldType::Number),
            ("t", FieldType::String),
            ("a", FieldType::Array),
            ("o", FieldType::Object),
            ("p", FieldType::Pointer(ClassName::new("Ward").unwrap())),
        ];
        schema.fields.extend(kinds.map(|(name, kind)| (FieldName::new(name).unwrap(), Field::new(kind))));
        let update = model::parse_update::update(body.as_object().unwrap().clone()).unwrap().update;
        let native = change(&schema, &update, Date(5)).unwrap()?;
        Some((native.change, native.guards.len()))
    }

    fn op(name: &str, objects: serde_json::Value) -> serde_json::Value {
        json!({"__op": name, "objects": objects})
    }

    #[test]
    fn operations_become_operators() {
        let at = DateTime::from_millis(5);
        let cases = [
            (json!({"t": "x"}), doc! {"$set": {"t": "x", "_updated_at": at}}, 0),
            (
                json!({"p": {"__op": "Delete"}}),
                doc! {"$set": {"_updated_at": at}, "$unset": {"_p_p": "", "p": ""}},
                0,
            ),
            (
                json!({"n": {"__op": "Increment", "amount": 2}}),
                doc! {"$set": {"_updated_at": at}, "$inc": {"n": 2}},
                1,
            ),
            (
                json!({"a": op("Add", json!([{"k": 1}]))}),
                doc! {"$set": {"_updated_at": at}, "$push": {"a": {"$each": [{"k": 1}]}}},
                1,
            ),
            (
                json!({"a": op("AddUnique", json!([1]))}),
                doc! {"$set": {"_updated_at": at}, "$addToSet": {"a": {"$each": [1]}}},
                1,
            ),
            (
                json!({"a": op("Remove", json!([1]))}),
                doc! {"$set": {"_updated_at": at}, "$pullAll": {"a": [1]}},
                1,
            ),
            (json!({"o.k": 1}), doc! {"$set": {"o.k": 1, "_updated_at": at}}, 1),
        ];
        for (body, expected, guards) in cases {
            assert_eq!(native(body.clone()), Some((expected, guards)), "{body}");
        }
    }

    #[test]
    fn what_mongodb_means_otherwise_is_left_to_the_model() {
        for body in [
            json!({"a": op("AddUnique", json!([{"k": 1}]))}),
            json!({"a": op("Remove", json!([{"k": 1}]))}),
            json!({"o.k.l": 1}),
            json!({"a.0": 1}),
            json!({"t": {"__op": "Increment", "amount": 1}}),
            json!({"n": {"__op": "Increment", "amount": 1e300}}),
        ] {
            assert_eq!(native(body.clone()), None, "{body}");
        }
    }
}
