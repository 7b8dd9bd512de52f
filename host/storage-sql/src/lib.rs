#![doc = include_str!("../README.md")]

mod arg;
mod catalog;
mod compile;
mod config;
mod dialect;
mod error;
mod layout;
mod recheck;
mod row;
mod sqlite;
mod statement;
mod stored;

pub use config::Config;
pub use sqlite::{Commits, Sqlite};
