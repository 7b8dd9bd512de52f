#![doc = include_str!("../README.md")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a kit for tests: what goes wrong ends the test and says why"
)]

mod answer;
mod canary;
pub mod database;
mod fixed;
pub mod guest;
mod kit;
pub mod node;
pub mod peer;
pub mod port;
pub mod process;
mod request;
mod setup;
mod stable;
mod trail;

pub use answer::Answer;
pub use fixed::{Fixed, START};
pub use kit::{APP_ID, Kit, MASTER_KEY, MOUNT};
pub use request::Request;
pub use setup::Setup;
