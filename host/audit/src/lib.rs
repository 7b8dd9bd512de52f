#![doc = include_str!("../README.md")]

pub mod code;
pub mod draft;
pub mod error;
pub mod memory;
pub mod name;
pub mod record;
pub mod reference;
pub mod shape;
pub mod sink;
mod stamp;

pub use code::Code;
pub use draft::{
    Actor, ActorKind, Decision, Draft, Objects, Outcome, Part, PluginCall, Source, Stage, Status, Touched,
};
pub use error::{Error, Reason};
pub use memory::Memory;
pub use name::Name;
pub use record::Record;
pub use reference::{Ref, RefKey};
pub use shape::{Operator, Shape};
pub use sink::{Sink, Ticket};
