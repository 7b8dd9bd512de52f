//! The find that is about to run, or has run, for the client.

use crate::host::invocation as wire;
use crate::{Fault, Object};
use serde_json::{Map, Value as Json};
use std::vec;

/// How many objects are pulled at a time.
pub(crate) const PAGE: u32 = 100;

/// The find that is about to run. A plugin can narrow it, never widen it.
#[derive(Debug)]
pub struct Query(pub(crate) wire::Query);

impl Query {
    /// The conditions so far, as Parse's `where`.
    ///
    /// # Errors
    /// When the host's answer isn't a JSON object.
    pub fn conditions(&self) -> Result<Map<String, Json>, Fault> {
        Ok(serde_json::from_str(&self.0.where_json())?)
    }

    /// Adds conditions, which the host and-s with what stands: `query.constrain(json!({"ward": "3B"}))`.
    ///
    /// # Errors
    /// When the conditions aren't a `where` that the host understands.
    pub fn constrain(&self, conditions: Json) -> Result<(), Fault> {
        Ok(self.0.constrain(&conditions.to_string())?)
    }

    /// The options that the client sent, with the names of REST: `order`, `limit`, `skip`, `keys`, `excludeKeys`, `include`.
    ///
    /// # Errors
    /// When the host's answer isn't a JSON object.
    pub fn options(&self) -> Result<Map<String, Json>, Fault> {
        Ok(serde_json::from_str(&self.0.options_json())?)
    }

    /// Replaces these options and leaves the others: `query.set_options(json!({"limit": 10}))`.
    ///
    /// # Errors
    /// 119 when that would show more than the client asked for.
    pub fn set_options(&self, options: Json) -> Result<(), Fault> {
        Ok(self.0.set_options(&options.to_string())?)
    }

    /// Whether the client asked for one object by its id.
    pub fn is_get(&self) -> bool {
        self.0.is_get()
    }

    /// Whether the client asked for a count.
    pub fn is_count(&self) -> bool {
        self.0.is_count()
    }
}

/// The answer of a find, pulled page by page.
#[derive(Debug)]
pub struct Results(pub(crate) wire::Results);

impl Results {
    /// The objects of the answer, one by one: `for row in results.rows() { let row = row?; … }`.
    ///
    /// The answer is pulled once: a second walk sees nothing.
    pub fn rows(&self) -> Rows<'_> {
        Rows { results: self, page: Vec::new().into_iter(), ended: false }
    }

    /// The next objects, `max` at most; empty at the end. The host may give fewer than asked.
    ///
    /// # Errors
    /// When the host can't lend them.
    pub fn page(&self, max: u32) -> Result<Vec<Object>, Fault> {
        Ok(self.0.next(max)?.into_iter().map(Object).collect())
    }

    /// Takes an object out of the answer.
    ///
    /// # Errors
    /// When the object isn't one of this answer.
    pub fn omit(&self, object: &Object) -> Result<(), Fault> {
        Ok(self.0.omit(&object.0)?)
    }

    /// Hides a field of every object of the answer, pulled or not, without a need to read it.
    ///
    /// One crossing for all of them: much faster than [`Object::redact`] on each.
    ///
    /// # Errors
    /// 119 when the field isn't granted for redacting.
    pub fn redact(&self, path: &str) -> Result<(), Fault> {
        Ok(self.0.redact(path)?)
    }
}

/// The objects of an answer, one by one; ends after the first fault.
#[derive(Debug)]
pub struct Rows<'a> {
    results: &'a Results,
    page: vec::IntoIter<Object>,
    ended: bool,
}

impl Iterator for Rows<'_> {
    type Item = Result<Object, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        advance(&mut self.page, &mut self.ended, || self.results.page(PAGE))
    }
}

/// Takes the next object of a page, or turns the page.
pub(crate) fn advance(
    page: &mut vec::IntoIter<Object>,
    ended: &mut bool,
    turn: impl FnOnce() -> Result<Vec<Object>, Fault>,
) -> Option<Result<Object, Fault>> {
    if let Some(object) = page.next() {
        return Some(Ok(object));
    }
    if *ended {
        return None;
    }
    match turn() {
        Ok(next) => {
            *page = next.into_iter();
            let object = page.next();
            *ended = object.is_none();
            object.map(Ok)
        }
        Err(fault) => {
            *ended = true;
            Some(Err(fault))
        }
    }
}
