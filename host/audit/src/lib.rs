#![doc = include_str!("../README.md")]

mod archive;
pub mod checkpoint;
pub mod code;
pub mod config;
pub mod conformance;
mod copy;
pub mod draft;
pub mod error;
mod files;
pub mod keys;
pub mod log;
pub mod memory;
pub mod name;
pub mod note;
pub mod prove;
pub mod read;
pub mod record;
pub mod reference;
pub mod seal;
pub mod shape;
pub mod sink;
mod stamp;
#[cfg(test)]
mod testkit;
mod tile;
pub mod tree;
pub mod verify;

pub use checkpoint::Checkpoint;
pub use code::Code;
pub use config::Config;
pub use copy::copy;
pub use draft::{
    Actor, ActorKind, Decision, Draft, Objects, Outcome, Part, PluginCall, PluginVersion, Source, Stage,
    Status, Touched,
};
pub use error::{Error, Reason};
pub use keys::Keys;
pub use log::{Log, Recovery};
pub use memory::Memory;
pub use name::Name;
pub use note::VKey;
pub use prove::{Proof, prove};
pub use read::{Records, Where, tail};
pub use record::Record;
pub use reference::{Ref, RefKey};
pub use seal::{Content, Seal, SealKey, Sealer};
pub use shape::{Operator, Shape};
pub use sink::{Sink, Ticket};
pub use verify::{Finding, Report, verify};
