//! Reading and changing stored objects: what a plugin does on its own account, within its grant.

use crate::find::{PAGE, advance};
use crate::host::data as wire;
use crate::host::{data_elevated, data_read, data_write};
use crate::{Fault, Invocation, Object};
use serde_json::{Map, Value as Json};
use std::vec;

impl Invocation {
    /// Opens a class for reading with the rights of the caller. Capability `data-read`.
    ///
    /// Take `purpose` from [`crate::purpose`]; the grant must name it, and it is recorded with every read.
    ///
    /// # Errors
    /// 119 when the grant covers neither class nor purpose.
    pub fn reader(&self, class: &str, purpose: &str) -> Result<Reader, Fault> {
        Ok(Reader(data_read::open(&self.0, class, purpose)?))
    }

    /// Opens a class for writing with the rights of the caller. Capability `data-write`.
    ///
    /// # Errors
    /// As [`Invocation::reader`].
    pub fn writer(&self, class: &str, purpose: &str) -> Result<Writer, Fault> {
        Ok(Writer(data_write::open(&self.0, class, purpose)?))
    }

    /// Opens a class for reading with the system's authority, whoever the caller is. Capability `data-elevated`.
    ///
    /// # Errors
    /// As [`Invocation::reader`].
    pub fn elevated_reader(&self, class: &str, purpose: &str) -> Result<Reader, Fault> {
        Ok(Reader(data_elevated::open_reader(&self.0, class, purpose)?))
    }

    /// Opens a class for writing with the system's authority, whoever the caller is. Capability `data-elevated`.
    ///
    /// # Errors
    /// As [`Invocation::reader`].
    pub fn elevated_writer(&self, class: &str, purpose: &str) -> Result<Writer, Fault> {
        Ok(Writer(data_elevated::open_writer(&self.0, class, purpose)?))
    }
}

/// Which objects a [`Reader`] looks for: `Find::matching(json!({"ward": "3B"})).order("-birthDate").limit(10)`.
#[derive(Clone, Default)]
#[must_use = "a find does nothing until a reader runs it"]
pub struct Find(Map<String, Json>);

impl Find {
    /// Looks for every object of the class.
    pub fn all() -> Self {
        Self::default()
    }

    /// Looks for the objects that match, in the language of Parse's `where`.
    pub fn matching(conditions: Json) -> Self {
        Self::all().with("where", conditions)
    }

    /// Sorts by these fields, comma-separated; a leading `-` sorts downwards.
    pub fn order(self, fields: &str) -> Self {
        self.with("order", fields.into())
    }

    /// Stops after so many objects.
    pub fn limit(self, objects: u32) -> Self {
        self.with("limit", objects.into())
    }

    /// Leaves out the first objects.
    pub fn skip(self, objects: u32) -> Self {
        self.with("skip", objects.into())
    }

    fn with(mut self, option: &str, value: Json) -> Self {
        self.0.insert(option.to_owned(), value);
        self
    }

    fn json(self) -> String {
        Json::Object(self.0).to_string()
    }
}

impl std::fmt::Debug for Find {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Reads objects of one class, for one purpose.
#[derive(Debug)]
pub struct Reader(wire::Reader);

impl Reader {
    /// Reads one object with these fields; `None` when there is none, or it isn't the caller's to see.
    ///
    /// # Errors
    /// 119 when a field isn't granted.
    pub fn get(&self, object_id: &str, fields: &[&str]) -> Result<Option<Object>, Fault> {
        Ok(self.0.get(object_id, &owned(fields))?.map(Object))
    }

    /// Finds objects with these fields; without a limit all that match, page by page.
    ///
    /// # Errors
    /// 119 when a field isn't granted; Parse's codes for a malformed query.
    pub fn find(&self, find: Find, fields: &[&str]) -> Result<Cursor, Fault> {
        let cursor = self.0.find(&find.json(), &owned(fields))?;
        Ok(Cursor { cursor, page: Vec::new().into_iter(), ended: false })
    }

    /// Counts objects.
    ///
    /// # Errors
    /// Parse's codes for a malformed query.
    pub fn count(&self, find: Find) -> Result<u64, Fault> {
        Ok(self.0.count(&find.json())?)
    }
}

/// The objects that a [`Reader`] found, one by one; ends after the first fault.
#[derive(Debug)]
pub struct Cursor {
    pub(crate) cursor: wire::Cursor,
    page: vec::IntoIter<Object>,
    ended: bool,
}

impl Iterator for Cursor {
    type Item = Result<Object, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let Self { cursor, page, ended } = self;
        advance(page, ended, || Ok(cursor.next(PAGE)?.into_iter().map(Object).collect()))
    }
}

/// Changes objects of one class, for one purpose.
#[derive(Debug)]
pub struct Writer(wire::Writer);

impl Writer {
    /// Answers an empty draft of a new object; [`Writer::save`] stores it.
    ///
    /// # Errors
    /// 119 when the caller may not create.
    pub fn create(&self) -> Result<Object, Fault> {
        Ok(Object(self.0.create()?))
    }

    /// Answers an empty draft of changes to a stored object; [`Writer::save`] stores them.
    ///
    /// # Errors
    /// 101 when there is no such object, or it isn't the caller's to change.
    pub fn update(&self, object_id: &str) -> Result<Object, Fault> {
        Ok(Object(self.0.update(object_id)?))
    }

    /// Stores a draft of this writer, with all hooks of its class, and answers the object id.
    ///
    /// # Errors
    /// What refused the save: a right, a hook, the schema.
    pub fn save(&self, draft: &Object) -> Result<String, Fault> {
        Ok(self.0.save(&draft.0)?)
    }

    /// Deletes an object, with all hooks of its class.
    ///
    /// # Errors
    /// 101 when there is no such object, or it isn't the caller's to delete; what a hook refused.
    pub fn delete(&self, object_id: &str) -> Result<(), Fault> {
        Ok(self.0.delete(object_id)?)
    }
}

pub(crate) fn owned(fields: &[&str]) -> Vec<String> {
    fields.iter().map(|&field| field.to_owned()).collect()
}
