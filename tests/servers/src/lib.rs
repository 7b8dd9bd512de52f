#![doc = include_str!("../README.md")]

mod keeper;
pub mod mongodb;
pub mod postgres;

pub use keeper::free_port;
