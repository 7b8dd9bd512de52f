#![doc = include_str!("../README.md")]

mod admin;
pub mod cli;
pub mod config;
pub mod exit;
mod folder;
pub mod keyfile;
mod logging;
pub mod serve;
mod stop;
pub mod wire;

pub use config::Config;
pub use exit::Exit;
pub use wire::{App, build};
