//! One object of the test host, with what was done to it.

use super::grant::Fields;
use crate::value::Value;
use serde_json::{Map, Value as Json};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

/// What may be done to an object, by where it was lent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Before it is stored: changes are stored.
    Proposed,
    /// On its way to the client: changes and hiding touch the answer.
    Answered,
    /// A draft of a writer: changes are stored when it is saved.
    Draft,
    /// Only to be looked at.
    Fixed,
}

/// One object, shared by all handles to it.
pub(crate) struct Record {
    pub(crate) class: String,
    pub(crate) id: Option<String>,
    pub(crate) fields: Map<String, Json>,
    /// What stood before the running save; empty for a create.
    pub(crate) stored: Map<String, Json>,
    pub(crate) dirty: BTreeSet<String>,
    pub(crate) redacted: BTreeSet<String>,
    pub(crate) omitted: bool,
    pub(crate) stage: Stage,
    pub(crate) grant: Fields,
}

/// A shared object.
pub(crate) type Shared = Rc<RefCell<Record>>;

impl Record {
    pub(crate) fn new(class: &str, stage: Stage, grant: Fields, mut fields: Map<String, Json>) -> Self {
        let id = fields.remove("objectId").and_then(|id| id.as_str().map(str::to_owned));
        Self {
            class: class.to_owned(),
            id,
            fields,
            stored: Map::new(),
            dirty: BTreeSet::new(),
            redacted: BTreeSet::new(),
            omitted: false,
            stage,
            grant,
        }
    }

    pub(crate) fn share(self) -> Shared {
        Rc::new(RefCell::new(self))
    }

    /// The object as JSON, as the client or the database would get it.
    pub(crate) fn json(&self) -> Map<String, Json> {
        let mut json: Map<_, _> = self
            .fields
            .iter()
            .filter(|(key, _)| !self.redacted.contains(*key))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        if let Some(id) = &self.id {
            json.insert("objectId".to_owned(), Json::String(id.clone()));
        }
        json
    }

    pub(crate) fn at(&self, path: &str) -> Option<&Json> {
        let mut steps = path.split('.');
        let first = steps.next().and_then(|field| self.fields.get(field));
        steps.fold(first, |json, key| json?.get(key))
    }

    /// Sets or removes what stands at a path; makes the objects on the way.
    pub(crate) fn put(&mut self, path: &str, json: Option<Json>) -> Result<(), String> {
        let mut steps: Vec<&str> = path.split('.').collect();
        let Some(last) = steps.pop() else { return Ok(()) };
        let mut map = &mut self.fields;
        for step in steps {
            let inner = map.entry(step).or_insert_with(|| Json::Object(Map::new()));
            let Json::Object(inner) = inner else { return Err(format!("{step} is not an object")) };
            map = inner;
        }
        match json {
            Some(json) => map.insert(last.to_owned(), json),
            None => map.remove(last),
        };
        self.dirty.insert(field(path).to_owned());
        Ok(())
    }

    /// Applies one `__op`.
    pub(crate) fn apply(&mut self, path: &str, op: &Json) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("{path} is not {what}"));
        let now = self.at(path).cloned();
        let objects = || op.get("objects").and_then(Json::as_array).cloned().unwrap_or_default();
        let array = || match &now {
            None | Some(Json::Null) => Some(Vec::new()),
            Some(Json::Array(array)) => Some(array.clone()),
            Some(_) => None,
        };
        let next = match op.get("__op").and_then(Json::as_str) {
            Some("Increment") => {
                let Some(number) = now.as_ref().map_or(Some(0.0), Json::as_f64) else {
                    return wrong("a number");
                };
                let by = op.get("amount").and_then(Json::as_f64).unwrap_or(f64::NAN);
                Value::Number(number + by).to_rest().unwrap_or(Json::Null)
            }
            Some(kind @ ("Add" | "AddUnique" | "Remove")) => {
                let Some(mut array) = array() else { return wrong("an array") };
                for object in objects() {
                    match kind {
                        "Add" => array.push(object),
                        "AddUnique" if !array.contains(&object) => array.push(object),
                        "Remove" => array.retain(|element| *element != object),
                        _ => {}
                    }
                }
                Json::Array(array)
            }
            // The test host keeps no relations; it keeps that they change.
            Some("AddRelation" | "RemoveRelation") => op.clone(),
            _ => return Err("the test host doesn't know this operation".to_owned()),
        };
        self.put(path, Some(next))
    }
}

/// The field that a path begins with: grants are on fields.
pub(crate) fn field(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}
