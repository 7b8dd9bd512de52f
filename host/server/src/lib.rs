#![doc = include_str!("../README.md")]
#![allow(dead_code)]
pub mod config;
pub mod exit;
mod folder;
pub mod keyfile;
mod logging;
mod stop;
