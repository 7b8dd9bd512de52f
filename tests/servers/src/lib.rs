#![doc = include_str!("../README.md")]

mod keeper;
pub mod postgres;
