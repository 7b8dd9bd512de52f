//! What the test host holds while a handler runs.

use super::grant::{Access, Grant};
use super::outcome::{Line, Saved};
use super::record::Shared;
use crate::Date;
use serde_json::{Map, Value as Json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The find that is about to run.
#[derive(Default)]
pub(crate) struct Search {
    pub(crate) conditions: Map<String, Json>,
    pub(crate) options: Map<String, Json>,
    pub(crate) is_get: bool,
    pub(crate) is_count: bool,
}

/// Everything behind the handles.
pub(crate) struct World {
    pub(crate) trigger: &'static str,
    pub(crate) target: String,
    pub(crate) started_at: Date,
    pub(crate) params: Json,
    pub(crate) settings: Map<String, Json>,
    pub(crate) context: BTreeMap<String, String>,
    pub(crate) user: Option<String>,
    pub(crate) roles: BTreeSet<String>,
    pub(crate) master: bool,
    pub(crate) object: Option<Shared>,
    pub(crate) original: Option<Shared>,
    pub(crate) search: Option<Search>,
    pub(crate) rows: Option<Vec<Shared>>,
    pub(crate) pulled: usize,
    pub(crate) grant: Grant,
    pub(crate) store: BTreeMap<String, BTreeMap<String, Map<String, Json>>>,
    pub(crate) lines: Vec<Line>,
    pub(crate) saved: Vec<Saved>,
    pub(crate) deleted: Vec<(String, String)>,
    pub(crate) read: BTreeSet<String>,
    pub(crate) written: BTreeSet<String>,
    pub(crate) made_ids: usize,
}

/// The world, shared by all handles.
pub(crate) type SharedWorld = Rc<RefCell<World>>;

impl World {
    /// Notes that a field was read.
    pub(crate) fn note_read(&mut self, class: &str, field: &str) {
        self.read.insert(format!("{class}.{field}"));
    }

    /// Notes that a field was written.
    pub(crate) fn note_written(&mut self, class: &str, field: &str) {
        self.written.insert(format!("{class}.{field}"));
    }

    /// Checks that an access covers a class and a purpose.
    pub(crate) fn permit(access: &Access, class: &str, purpose: &str) -> Result<(), String> {
        if !access.classes.contains_key(class) {
            return Err(format!("the plugin isn't granted class {class}"));
        }
        if !access.purposes.contains(purpose) {
            return Err(format!("the plugin isn't granted purpose {purpose}"));
        }
        Ok(())
    }
}
