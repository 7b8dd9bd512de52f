#![doc = include_str!("../README.md")]

mod keeper;
pub mod mongodb;
pub mod postgres;
mod running;

pub use keeper::free_port;
pub use running::{Running, origin};
