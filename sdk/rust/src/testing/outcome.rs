//! What a handler did.

use super::matching;
use super::record::{Record, Stage};
use super::world::World;
use crate::Fault;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

/// How much a line of the log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For the author.
    Debug,
    /// Worth knowing.
    Info,
    /// Worth a look.
    Warn,
    /// Worth a call.
    Error,
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How much it matters.
    pub level: Level,
    /// The constant text.
    pub message: String,
    /// What varies.
    pub fields: Vec<(String, String)>,
}

/// One save that a handler made through a writer.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// The class.
    pub class: String,
    /// The object id, made up for a create.
    pub id: String,
    /// The fields that the draft set.
    pub fields: Map<String, Json>,
}

/// What a handler did: its answer, and every trace it left on the test host.
pub struct Outcome {
    pub(super) answer: Result<Option<String>, Fault>,
    pub(super) world: World,
}

impl Outcome {
    /// Whether the handler agreed.
    pub fn is_ok(&self) -> bool {
        self.answer.is_ok()
    }

    /// The refusal, if there is one.
    pub fn fault(&self) -> Option<&Fault> {
        self.answer.as_ref().err()
    }

    /// Fails the test unless the handler agreed.
    #[track_caller]
    pub fn assert_ok(&self) -> &Self {
        if let Err(fault) = &self.answer {
            panic!("the handler refused: {fault}");
        }
        self
    }

    /// Fails the test unless the handler refused with this code.
    #[track_caller]
    pub fn assert_fault(&self, code: i32) -> &Self {
        match &self.answer {
            Ok(_) => panic!("the handler agreed; expected a fault with code {code}"),
            Err(fault) if fault.code() != code => panic!("expected code {code}: {fault}"),
            Err(_) => self,
        }
    }

    /// The answer of a function, as JSON; `None` is Parse's `undefined`.
    #[track_caller]
    pub fn reply(&self) -> Option<Json> {
        self.assert_ok();
        let text = self.answer.as_ref().ok().and_then(Option::as_deref);
        text.map(|text| serde_json::from_str(text).unwrap_or_else(|_| panic!("the answer is no JSON")))
    }

    /// A field of the object, as it is stored or answered after the handler; `None` also when hidden.
    pub fn field(&self, name: &str) -> Option<Json> {
        self.object().get(name).cloned()
    }

    /// The object after the handler, without what was hidden; empty when there is none.
    pub fn object(&self) -> Map<String, Json> {
        self.world.object.as_ref().map(|record| record.borrow().json()).unwrap_or_default()
    }

    /// The fields that the save changes, after the handler.
    pub fn dirty(&self) -> BTreeSet<String> {
        self.world.object.as_ref().map(|record| record.borrow().dirty.clone()).unwrap_or_default()
    }

    /// The rows of the answer after the handler, without what was omitted or hidden.
    pub fn rows(&self) -> Vec<Map<String, Json>> {
        let rows = self.world.rows.iter().flatten();
        rows.filter(|row| !row.borrow().omitted).map(|row| row.borrow().json()).collect()
    }

    /// The fields that were hidden, in any object of the answer.
    pub fn redacted(&self) -> BTreeSet<String> {
        let answered = self.world.rows.iter().flatten().chain(&self.world.object);
        answered.filter(|record| record.borrow().stage == Stage::Answered).flat_map(redacted).collect()
    }

    /// The conditions of the find, after the handler.
    pub fn conditions(&self) -> Map<String, Json> {
        self.world.search.as_ref().map(|search| search.conditions.clone()).unwrap_or_default()
    }

    /// The options of the find, after the handler.
    pub fn options(&self) -> Map<String, Json> {
        self.world.search.as_ref().map(|search| search.options.clone()).unwrap_or_default()
    }

    /// Whether the find, after the handler, would answer this object.
    #[track_caller]
    pub fn finds(&self, row: Json) -> bool {
        let Json::Object(row) = row else { panic!("a row is a JSON object") };
        matching::matches(&self.conditions(), &row)
            .unwrap_or_else(|unknown| panic!("the test host doesn't know {}", unknown.0))
    }

    /// The lines that were logged.
    pub fn log(&self) -> &[Line] {
        &self.world.lines
    }

    /// The saves made through writers, in order.
    pub fn saved(&self) -> &[Saved] {
        &self.world.saved
    }

    /// The class and id of what was deleted through writers, in order.
    pub fn deleted(&self) -> &[(String, String)] {
        &self.world.deleted
    }

    /// A key of the request's context, after the handler.
    pub fn context<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        self.world.context.get(key).and_then(|json| serde_json::from_str(json).ok())
    }

    /// The fields that were read, as `Class.field`: what the audit trail would name.
    pub fn fields_read(&self) -> &BTreeSet<String> {
        &self.world.read
    }

    /// The fields that were written, as `Class.field`.
    pub fn fields_written(&self) -> &BTreeSet<String> {
        &self.world.written
    }
}

fn redacted(record: &std::rc::Rc<std::cell::RefCell<Record>>) -> Vec<String> {
    record.borrow().redacted.iter().cloned().collect()
}
