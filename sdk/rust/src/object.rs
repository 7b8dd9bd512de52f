//! An object lent by the host, field by field.

use crate::host::invocation as wire;
use crate::value::{FromValue, Pointer, Value};
use crate::{Fault, host};
use serde_json::json;

/// An object lent by the host, seen through the fields that the plugin was granted.
///
/// A path is a field name, or a field name and keys below it joined by dots (`address.city`). What isn't granted is a
/// [`Fault`] with code 119; pass it on with `?`. The verbs are granted one by one: `get` needs `read`; `set` and its kin need
/// `write`; `redact` needs only `redact`.
#[derive(Debug)]
pub struct Object(pub(crate) wire::Object);

impl Object {
    /// The class of the object.
    pub fn class_name(&self) -> String {
        self.0.class_name()
    }

    /// The object id; `None` before a create was stored.
    pub fn id(&self) -> Option<String> {
        self.0.id()
    }

    /// A reference to this object; `None` before a create was stored.
    pub fn pointer(&self) -> Option<Pointer> {
        self.id().map(|id| Pointer::new(self.class_name(), id))
    }

    /// The names of the fields that are present and granted, in alphabetical order.
    pub fn keys(&self) -> Vec<String> {
        self.0.keys()
    }

    /// The names of the granted fields that the running save changes, in alphabetical order.
    pub fn dirty_keys(&self) -> Vec<String> {
        self.0.dirty_keys()
    }

    /// Whether the running save changes this field.
    pub fn is_dirty(&self, path: &str) -> bool {
        let field = path.split('.').next().unwrap_or(path);
        self.dirty_keys().iter().any(|key| key == field)
    }

    /// Reads a value as `T`; `None` when it is absent or null.
    ///
    /// Ask for a [`Value`] to tell an absent field (`None`) from a null one (`Some(Value::Null)`).
    ///
    /// # Errors
    /// 119 when the field isn't granted for reading, 142 when the value is of another type.
    pub fn get<T: FromValue>(&self, path: &str) -> Result<Option<T>, Fault> {
        let Some(value) = self.0.get(path)? else { return Ok(None) };
        read(path, value.into())
    }

    /// Reads a value that must be there.
    ///
    /// # Errors
    /// As [`Object::get`], and 142 when the field is absent or null.
    pub fn require<T: FromValue>(&self, path: &str) -> Result<T, Fault> {
        self.get(path)?.ok_or_else(|| Fault::invalid(format!("{path} is required")))
    }

    /// Reads several values in one crossing.
    ///
    /// # Errors
    /// 119 when one of them isn't granted for reading.
    pub fn get_many<const N: usize>(&self, paths: [&str; N]) -> Result<[Option<Value>; N], Fault> {
        let owned = paths.map(str::to_owned);
        let values: Vec<_> =
            self.0.get_many(&owned)?.into_iter().map(|value| value.map(Value::from)).collect();
        values.try_into().map_err(|_| Fault::script("the host answered another number of values"))
    }

    /// Sets a value.
    ///
    /// In before-save, and on a draft of a [`Writer`](crate::Writer), it is stored; in after-save and after-find it changes the
    /// answer to the client.
    ///
    /// # Errors
    /// 119 when the field isn't granted for writing, or the hook can't change it.
    pub fn set(&self, path: &str, value: impl Into<Value>) -> Result<(), Fault> {
        Ok(self.0.set(path, &value.into().into())?)
    }

    /// Removes a field.
    ///
    /// # Errors
    /// As [`Object::set`].
    pub fn unset(&self, path: &str) -> Result<(), Fault> {
        Ok(self.0.unset(path)?)
    }

    /// Adds `by` to a number, atomically in the database.
    ///
    /// # Errors
    /// As [`Object::set`]; also when the field holds no number.
    pub fn increment(&self, path: &str, by: f64) -> Result<(), Fault> {
        self.apply(path, &json!({"__op": "Increment", "amount": Value::from(by).to_rest()?}))
    }

    /// Appends elements to an array.
    ///
    /// # Errors
    /// As [`Object::set`]; also when the field holds no array.
    pub fn add<V: Into<Value>>(
        &self,
        path: &str,
        elements: impl IntoIterator<Item = V>,
    ) -> Result<(), Fault> {
        self.apply_to("Add", path, elements)
    }

    /// Appends those elements that the array doesn't hold yet.
    ///
    /// # Errors
    /// As [`Object::add`].
    pub fn add_unique<V: Into<Value>>(
        &self,
        path: &str,
        elements: impl IntoIterator<Item = V>,
    ) -> Result<(), Fault> {
        self.apply_to("AddUnique", path, elements)
    }

    /// Takes elements out of an array, wherever they stand.
    ///
    /// # Errors
    /// As [`Object::add`].
    pub fn remove<V: Into<Value>>(
        &self,
        path: &str,
        elements: impl IntoIterator<Item = V>,
    ) -> Result<(), Fault> {
        self.apply_to("Remove", path, elements)
    }

    /// Adds objects to a relation.
    ///
    /// # Errors
    /// As [`Object::set`].
    pub fn relate(&self, path: &str, targets: impl IntoIterator<Item = Pointer>) -> Result<(), Fault> {
        self.apply_to("AddRelation", path, targets)
    }

    /// Takes objects out of a relation.
    ///
    /// # Errors
    /// As [`Object::set`].
    pub fn unrelate(&self, path: &str, targets: impl IntoIterator<Item = Pointer>) -> Result<(), Fault> {
        self.apply_to("RemoveRelation", path, targets)
    }

    /// Takes back whatever the running save does to this field. Before-save only.
    ///
    /// # Errors
    /// As [`Object::set`].
    pub fn revert(&self, path: &str) -> Result<(), Fault> {
        Ok(self.0.revert(path)?)
    }

    /// Hides a field from the answer, without a need to read it. After-find and after-save.
    ///
    /// # Errors
    /// 119 when the field isn't granted for redacting, or the hook has no answer to hide it from.
    pub fn redact(&self, path: &str) -> Result<(), Fault> {
        Ok(self.0.redact(path)?)
    }

    fn apply_to<V: Into<Value>>(
        &self,
        op: &str,
        path: &str,
        elements: impl IntoIterator<Item = V>,
    ) -> Result<(), Fault> {
        let elements: Result<Vec<_>, _> =
            elements.into_iter().map(|element| element.into().to_rest()).collect();
        self.apply(path, &json!({"__op": op, "objects": elements?}))
    }

    fn apply(&self, path: &str, op: &serde_json::Value) -> Result<(), Fault> {
        Ok(self.0.apply(path, &op.to_string())?)
    }
}

fn read<T: FromValue>(path: &str, value: Value) -> Result<Option<T>, Fault> {
    let is_null = value == Value::Null;
    match T::from_value(value) {
        Some(read) => Ok(Some(read)),
        None if is_null => Ok(None),
        None => Err(Fault::invalid(format!("{path} is not {}", T::EXPECTED))),
    }
}

impl From<host::invocation::Object> for Object {
    fn from(object: host::invocation::Object) -> Self {
        Self(object)
    }
}
