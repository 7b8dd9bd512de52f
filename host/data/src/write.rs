//! Saving and deleting objects.

mod answer;
mod create;
mod delete;
mod fields;
mod prepare;
mod transaction;
mod update;

pub(crate) use fields::{check_sent, relations};
pub(crate) use prepare::Prepared;
pub use transaction::{Done, Item};
