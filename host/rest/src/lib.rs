#![doc = include_str!("../README.md")]

mod config;
mod error;
mod extract;
mod hall;
mod layer;
mod reply;
pub mod route;

pub use config::{Config, ConfigError};
pub use hall::{router, router_counting};
pub use layer::detach::Running;
