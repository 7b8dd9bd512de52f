#![doc = include_str!("../README.md")]

mod config;
mod digest;
mod error;
pub mod manifest;
pub mod package;
pub mod settings;

pub use config::Config;
pub use digest::Digest;
pub use error::{Error, Problems, Result};
pub use manifest::Manifest;
pub use package::Package;
