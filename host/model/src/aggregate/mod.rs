//! What an aggregation asks for: documents that go through stages.

mod pipeline;

pub use pipeline::{Pipeline, Stage};
