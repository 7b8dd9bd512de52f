//! What an aggregation asks for, and the evaluator that answers it in memory: documents that go through stages.

mod accumulator;
mod condition;
mod document;
mod expression;
mod graph;
mod group;
mod look;
mod lookup;
mod near;
mod pipeline;
mod plan;
mod project;
mod raw;
mod redact;
mod run;
mod shape;
mod size;
#[cfg(test)]
mod tests;
mod window;

pub use document::{answer, document, is_secret};
pub use pipeline::{Pipeline, Stage};
pub use plan::Plan;
pub use raw::Raw;
pub use run::{Foreign, MOST_DOCUMENTS};

use crate::{Date, ParseError, Schema};
use pipeline::invalid;

/// What the names in a pipeline mean: the class whose objects go in, and the moment.
#[derive(Clone, Copy)]
struct Names<'a> {
    /// `None` below a field, where no schema says anything.
    schema: Option<&'a Schema>,
    now: Date,
    /// Whether values are extended JSON, in which a text is never a date.
    raw: bool,
}

impl<'a> Names<'a> {
    fn below(self) -> Names<'a> {
        Names { schema: None, ..self }
    }
}

/// Reads a whole number from 1 on, or from 0.
fn whole(json: &serde_json::Value, least: f64, stage: &str) -> Result<usize, ParseError> {
    match json.as_f64() {
        Some(number) if number >= least && number.fract() == 0.0 => Ok(number as usize),
        _ => Err(invalid(format!("{stage} must be a whole number from {least} on"))),
    }
}
