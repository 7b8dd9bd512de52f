//! What is known of classes: cached, checked against, changed one at a time.

mod builtin;
mod cache;
mod check;
mod define;
mod edit;
mod index;

pub use define::Definitions;

pub(crate) use cache::{Schemas, follow};
pub(crate) use check::{check_required, infer};
