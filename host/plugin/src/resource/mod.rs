//! The handles that a guest can hold, one file each.

#![allow(unreachable_pub, reason = "the generated bindings re-export these types")]

pub(crate) mod cursor;
pub(crate) mod invocation;
pub(crate) mod object;
pub(crate) mod principal;
pub(crate) mod query;
pub(crate) mod reader;
pub(crate) mod results;
pub(crate) mod where_json;
pub(crate) mod wish;
pub(crate) mod writer;

use crate::{bindings::parapet::cloud, state::State};

impl cloud::types::Host for State {}
impl cloud::invocation::Host for State {}
impl cloud::data::Host for State {}
