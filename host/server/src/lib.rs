#![doc = include_str!("../README.md")]

#[cfg(all(feature = "conformance", not(debug_assertions)))]
compile_error!("the control port of test suites has no place in a release build");

mod admin;
pub mod cli;
pub mod config;
// Its unit tests run with all others, without the feature.
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
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
