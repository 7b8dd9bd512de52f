#![doc = include_str!("../README.md")]

#[cfg(test)]
extern crate self as parapet;

mod bulk;
#[cfg(test)]
mod contract;
mod data;
mod fault;
mod find;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod guest;
mod invocation;
pub mod log;
mod object;
mod plugin;
mod principal;
pub mod purpose;
mod value;

#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod bindings;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

/// What lends the handles: the real host in a component, the test host elsewhere.
///
/// Both have the same names and signatures, so that everything above this line is the same code in both.
#[cfg(target_arch = "wasm32")]
use bindings as host;
#[cfg(not(target_arch = "wasm32"))]
use testing::host;

pub use crate::data::{Cursor, Find, Reader, Writer};
pub use crate::fault::Fault;
pub use crate::find::{Query, Results, Rows};
pub use crate::invocation::{FromInvocation, Invocation, Params, Settings};
pub use crate::object::Object;
pub use crate::plugin::{Handler, Hook, Plugin, Run};
pub use crate::principal::Principal;
pub use crate::value::{Date, FromValue, GeoPoint, Pointer, Value};
pub use parapet_macros::plugin;
pub use serde_json::json;

#[doc(hidden)]
pub use crate::plugin::reply;
