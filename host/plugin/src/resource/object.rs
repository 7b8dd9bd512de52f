//! An object lent to a guest, seen through the fields that were granted.

mod write;

use std::{collections::BTreeSet, sync::Arc};

use model::{ClassName, Object, Op, Path, Value, encode};
use wasmtime::component::Resource;

use crate::{
    bindings::parapet::cloud::{
        invocation::HostObject,
        types::{self, Fault},
    },
    convert, edit,
    fault::{Answer, denied, settle},
    mask::{Mask, Verb},
    state::{State, cost},
    subject::Subject,
};

/// A handle to an object. Several may lead to one thing.
#[derive(Clone)]
pub struct Lent {
    pub(crate) place: Place,
    /// How it is seen; shared by the rows of an answer.
    pub(crate) view: Arc<View>,
}

/// How objects of a class are seen.
pub(crate) struct View {
    pub(crate) class: ClassName,
    pub(crate) mask: Arc<Mask>,
}

/// Where the object is.
#[derive(Clone)]
pub(crate) enum Place {
    /// The object that is saved or deleted.
    Subject,
    /// The object as it was before.
    Original,
    /// A row of the answer.
    Row(usize),
    /// What a reader found; it can't be changed.
    Found(Arc<Object>),
    /// A draft of a writer.
    Made(usize),
}

/// What every object has; readable with any grant, never written by guests.
fn fixed(object: &Object, name: &str) -> Option<Value> {
    match name {
        "objectId" => Some(Value::String(object.id.as_str().to_owned())),
        "createdAt" => Some(Value::Date(object.created_at)),
        "updatedAt" => Some(Value::Date(object.updated_at)),
        _ => None,
    }
}

/// The value at a path of a stored object.
pub(crate) fn value_of(object: &Object, path: &Path) -> Option<Value> {
    match path.as_str() {
        "objectId" | "createdAt" | "updatedAt" => fixed(object, path),
        "ACL" => object.acl.as_ref().map(acl_value),
        _ => object.at(path).cloned(),
    }
}

/// An ACL as a value that goes over the border.
fn acl_value(acl: &model::Acl) -> Value {
    encode::value(encode::acl_json(acl)).unwrap_or(Value::Null)
}

impl State {
    pub(crate) fn lent(&self, handle: &Resource<Lent>) -> Answer<Lent> {
        Ok(self.table.get(handle)?.clone())
    }

    /// The value at a path, whatever the mask says.
    pub(crate) fn value(&self, place: &Place, path: &Path) -> Option<Value> {
        match place {
            Place::Subject => self.subject_value(path),
            Place::Original => value_of(self.subject.change()?.original.as_ref()?, path),
            Place::Row(row) => match &self.subject {
                Subject::Found(found) => value_of(found.rows.get(*row)?, path),
                _ => None,
            },
            Place::Found(object) => value_of(object, path),
            Place::Made(draft) => change_value(&self.drafts.get(*draft)?.change, path),
        }
    }

    fn subject_value(&self, path: &Path) -> Option<Value> {
        if let Subject::Saved { after, .. } = &self.subject {
            if after.redacted.contains(path.root()) {
                return None;
            }
            if let Some(value) = after.answer.get(path.root()) {
                return value.below(path.rest()).cloned();
            }
        }
        change_value(self.subject.change()?, path)
    }

    fn names(&self, place: &Place) -> BTreeSet<String> {
        match place {
            Place::Subject => self.subject.change().map(edit::names).unwrap_or_default(),
            Place::Original => {
                let original = self.subject.change().and_then(|change| change.original.as_ref());
                original.map(|original| edit::object_names(original)).unwrap_or_default()
            }
            Place::Row(row) => match &self.subject {
                Subject::Found(found) => found.rows.get(*row).map(edit::object_names).unwrap_or_default(),
                _ => BTreeSet::new(),
            },
            Place::Found(object) => edit::object_names(object),
            Place::Made(draft) => {
                self.drafts.get(*draft).map(|made| edit::names(&made.change)).unwrap_or_default()
            }
        }
    }

    /// The names of the fields that are present and granted with any verb.
    pub(crate) fn granted_names(&self, lent: &Lent) -> Vec<String> {
        self.names(&lent.place).into_iter().filter(|name| lent.view.mask.names(name)).collect()
    }

    /// Reads one value through the mask, and notes that it was read.
    pub(crate) fn read(&mut self, lent: &Lent, path: &Path) -> Answer<Option<Value>> {
        let root = path.root();
        self.check(&lent.view.mask, &lent.view.class, Verb::Read, root)?;
        let label = self.label(&lent.view.class, root);
        self.touched.note(Verb::Read, &label);
        let value = self.value(&lent.place, path).map(convert::flat);
        if let Some(value) = &value {
            self.touched.show(value);
        }
        Ok(value)
    }
}

/// The value at a path as it would be after a change.
fn change_value(change: &data::Change, path: &Path) -> Option<Value> {
    match path.as_str() {
        "objectId" => change.id.as_ref().map(|id| Value::String(id.as_str().to_owned())),
        "createdAt" | "updatedAt" => fixed(change.saved.as_ref().or(change.original.as_ref())?, path),
        "ACL" => change.acl().map(acl_value),
        _ => change.value(path),
    }
}

impl HostObject for State {
    fn class_name(&mut self, handle: Resource<Lent>) -> wasmtime::Result<String> {
        self.budget.call(0)?;
        Ok(self.table.get(&handle)?.view.class.as_str().to_owned())
    }

    fn id(&mut self, handle: Resource<Lent>) -> wasmtime::Result<Option<String>> {
        self.budget.call(0)?;
        let place = self.table.get(&handle)?.place.clone();
        let id = match &place {
            Place::Subject => self.subject.change().and_then(|change| change.id.clone()),
            Place::Original => {
                self.subject.change().and_then(|change| Some(change.original.as_ref()?.id.clone()))
            }
            Place::Row(row) => match &self.subject {
                Subject::Found(found) => found.rows.get(*row).map(|object| object.id.clone()),
                _ => None,
            },
            Place::Found(object) => Some(object.id.clone()),
            Place::Made(draft) => self.drafts.get(*draft).and_then(|made| made.change.id.clone()),
        };
        Ok(id.map(|id| id.as_str().to_owned()))
    }

    fn keys(&mut self, handle: Resource<Lent>) -> wasmtime::Result<Vec<String>> {
        self.budget.call(0)?;
        let lent = self.table.get(&handle)?.clone();
        let names = self.granted_names(&lent);
        self.budget.bytes(names.iter().map(String::len).sum())?;
        Ok(names)
    }

    fn dirty_keys(&mut self, handle: Resource<Lent>) -> wasmtime::Result<Vec<String>> {
        self.budget.call(0)?;
        let lent = self.table.get(&handle)?.clone();
        let update = match (&lent.place, &self.subject) {
            (Place::Subject, Subject::Saving(change)) => &change.update,
            (Place::Subject, Subject::Saved { change, .. }) => &change.update,
            (Place::Made(draft), _) => match self.drafts.get(*draft) {
                Some(made) => &made.change.update,
                None => return Ok(Vec::new()),
            },
            _ => return Ok(Vec::new()),
        };
        let mut names: BTreeSet<&str> = update.roots().filter(|name| lent.view.mask.names(name)).collect();
        if update.acl.is_some() && lent.view.mask.names("ACL") {
            names.insert("ACL");
        }
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        self.budget.bytes(names.iter().map(String::len).sum())?;
        Ok(names)
    }

    fn get(
        &mut self,
        handle: Resource<Lent>,
        asked: String,
    ) -> wasmtime::Result<Result<Option<types::Value>, Fault>> {
        settle(self.get_one(&handle, &asked))
    }

    fn get_many(
        &mut self,
        handle: Resource<Lent>,
        paths: Vec<String>,
    ) -> wasmtime::Result<Result<Vec<Option<types::Value>>, Fault>> {
        settle(paths.iter().map(|asked| self.get_one(&handle, asked)).collect())
    }

    fn set(
        &mut self,
        handle: Resource<Lent>,
        asked: String,
        val: types::Value,
    ) -> wasmtime::Result<Result<(), Fault>> {
        settle(self.set_one(&handle, &asked, val))
    }

    fn unset(&mut self, handle: Resource<Lent>, asked: String) -> wasmtime::Result<Result<(), Fault>> {
        settle((|| {
            self.pay(asked.len())?;
            let lent = self.lent(&handle)?;
            let path = self.path(&asked)?;
            self.write(&lent, path, Op::Delete)
        })())
    }

    fn apply(
        &mut self,
        handle: Resource<Lent>,
        asked: String,
        op_json: String,
    ) -> wasmtime::Result<Result<(), Fault>> {
        settle(self.apply_one(&handle, asked, &op_json))
    }

    fn revert(&mut self, handle: Resource<Lent>, asked: String) -> wasmtime::Result<Result<(), Fault>> {
        settle((|| {
            self.pay(asked.len())?;
            let lent = self.lent(&handle)?;
            let path = self.path(&asked)?;
            let root = path.root();
            self.check(&lent.view.mask, &lent.view.class, Verb::Write, root)?;
            let (Place::Subject, Subject::Saving(change)) = (&lent.place, &mut self.subject) else {
                return Err(denied("there is nothing to take back here"));
            };
            edit::revert(&mut change.update, root);
            self.touched.note(Verb::Write, root);
            Ok(())
        })())
    }

    fn redact(&mut self, handle: Resource<Lent>, asked: String) -> wasmtime::Result<Result<(), Fault>> {
        settle((|| {
            self.pay(asked.len())?;
            let lent = self.lent(&handle)?;
            let path = self.path(&asked)?;
            self.hide(&lent, &path)
        })())
    }

    fn drop(&mut self, handle: Resource<Lent>) -> wasmtime::Result<()> {
        // A handle may outlive what it led to; dropping it is always fine.
        let _ = self.table.delete(handle);
        Ok(())
    }
}

impl State {
    fn get_one(&mut self, handle: &Resource<Lent>, asked: &str) -> Answer<Option<types::Value>> {
        self.pay(asked.len())?;
        let lent = self.lent(handle)?;
        let path = self.path(asked)?;
        let Some(value) = self.read(&lent, &path)? else { return Ok(None) };
        let (value, weight) = convert::lower(value);
        self.budget.bytes(weight)?;
        Ok(Some(value))
    }

    fn set_one(&mut self, handle: &Resource<Lent>, asked: &str, val: types::Value) -> Answer<()> {
        self.pay(cost(asked, &val))?;
        let lent = self.lent(handle)?;
        let path = self.path(asked)?;
        self.write(&lent, path, Op::Set(convert::raise(val)?))
    }

    fn apply_one(&mut self, handle: &Resource<Lent>, asked: String, op_json: &str) -> Answer<()> {
        self.pay(asked.len() + op_json.len())?;
        let lent = self.lent(handle)?;
        let path = self.path(&asked)?;
        let op = convert::json_object(op_json)?;
        if !op.contains_key("__op") {
            return Err(model::ParseError::new(model::Code::InvalidJson, "an operation has an __op").into());
        }
        let body = serde_json::Map::from_iter([(asked, serde_json::Value::Object(op))]);
        let mut update = model::parse_update::update(body)?.update;
        match update.ops.remove(&path) {
            Some(op) => self.write(&lent, path, op),
            None => Err(denied("an ACL is set, not operated on")),
        }
    }
}
