#![doc = include_str!("../README.md")]

mod catalog;
mod commit;
mod compile;
mod complete;
mod config;
mod connect;
mod decode;
mod encode;
mod error;
mod explain;
mod follow;
mod index;
mod late;
mod layout;
mod mongo;
mod native;
mod node;
mod read;
mod run;
mod schema;
mod storage;
#[cfg(test)]
mod tests;
mod write;

pub use config::Config;
pub use connect::Offer;
pub use mongo::Mongo;
