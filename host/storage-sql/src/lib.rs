#![doc = include_str!("../README.md")]

mod arg;
mod catalog;
mod compile;
mod config;
mod delete;
mod dialect;
mod error;
mod layout;
mod load;
mod plan;
mod postgres;
mod row;
#[cfg(test)]
mod sample;
mod sqlite;
mod statement;
mod stored;

pub use config::Config;
pub use postgres::{Postgres, PostgresConfig};
pub use sqlite::{Commits, Sqlite};
