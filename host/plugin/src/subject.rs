//! What one invocation is about: the thing that its handles lead to.

use std::sync::Arc;

use data::{After, Change};
use model::{ClassName, Event, Object, ObjectId, Path, Query, Value};

/// Which export is called, and on what.
pub(crate) enum Subject {
    /// Before a save: the change may be edited.
    Saving(Change),
    /// After a save: the answer may be edited.
    Saved {
        /// What was saved.
        change: Arc<Change>,
        /// What the client gets otherwise.
        after: After,
    },
    /// Before or after a delete: nothing may be edited.
    Deleting(Arc<Change>),
    /// Before a find: the query may be narrowed.
    Finding {
        /// The query so far.
        query: Box<Query>,
        /// What the client asked for; nothing may go beyond it.
        asked: Box<Asked>,
    },
    /// After a find: rows may be edited, masked and left out.
    Found(Found),
    /// A function call.
    Called(Value),
}

/// The bounds that a client's own query sets.
pub(crate) struct Asked {
    pub(crate) limit: Option<model::Limit>,
    pub(crate) keys: Option<Vec<Path>>,
    pub(crate) exclude_keys: Vec<Path>,
    pub(crate) include: Vec<Path>,
    pub(crate) include_all: bool,
    /// Whether one object was asked for by its id.
    pub(crate) get: bool,
}

impl Asked {
    /// Takes the bounds of a query.
    pub(crate) fn of(query: &Query) -> Asked {
        Asked {
            limit: query.limit,
            keys: query.keys.clone(),
            exclude_keys: query.exclude_keys.clone(),
            include: query.include.clone(),
            include_all: query.include_all,
            get: query.single_id().is_some(),
        }
    }
}

/// The rows of an answer, handed out page by page.
pub(crate) struct Found {
    pub(crate) class: ClassName,
    pub(crate) rows: Vec<Object>,
    pub(crate) omitted: Vec<bool>,
    pub(crate) next: usize,
}

impl Found {
    /// Takes the rows of an answer.
    pub(crate) fn new(class: ClassName, rows: Vec<Object>) -> Found {
        Found { class, omitted: vec![false; rows.len()], rows, next: 0 }
    }

    /// The rows that are left.
    pub(crate) fn into_rows(self) -> Vec<Object> {
        self.rows.into_iter().zip(self.omitted).filter(|(_, omitted)| !omitted).map(|(row, _)| row).collect()
    }
}

/// An object that a writer is about to store.
pub(crate) struct Made {
    /// The writer that made it, by the number of its opening.
    pub(crate) writer: u32,
    /// What is to be stored; nothing of the stored object is in it.
    pub(crate) change: Change,
}

impl Subject {
    /// The change that is saved or deleted.
    pub(crate) fn change(&self) -> Option<&Change> {
        match self {
            Subject::Saving(change) => Some(change),
            Subject::Saved { change, .. } | Subject::Deleting(change) => Some(change),
            _ => None,
        }
    }

    /// The objects that the guest was lent, for the trail.
    pub(crate) fn lent(&self) -> Vec<ObjectId> {
        match self {
            Subject::Found(found) => found.rows.iter().take(found.next).map(|row| row.id.clone()).collect(),
            other => other.change().and_then(|change| change.announced.clone()).into_iter().collect(),
        }
    }

    /// The class that the hook listens to.
    pub(crate) fn class(&self) -> Option<&ClassName> {
        match self {
            Subject::Saving(change) => Some(&change.class),
            Subject::Saved { change, .. } | Subject::Deleting(change) => Some(&change.class),
            Subject::Finding { query, .. } => Some(&query.class),
            Subject::Found(found) => Some(&found.class),
            Subject::Called(_) => None,
        }
    }
}

/// Which export is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Export {
    /// A hook.
    Hook(Event),
    /// `functions`.
    Functions,
}

impl Export {
    /// The name of the interface.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Export::Hook(event) => event.name(),
            Export::Functions => "functions",
        }
    }

    /// What `invocation.trigger` answers.
    pub(crate) const fn trigger(self) -> &'static str {
        match self {
            Export::Hook(event) => event.trigger(),
            Export::Functions => "function",
        }
    }
}
