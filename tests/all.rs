//! Every scenario, in one binary: guests, the Merkle log and the server are linked once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a scenario ends by panicking, and says why"
)]

mod audit;
mod coverage;
mod crash;
mod hook;
mod house;
mod plugin;
mod port;
mod rest;
