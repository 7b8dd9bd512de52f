//! Proofs of identity, without storage or clock.
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod address;
mod error;
mod keys;
pub mod lockout;
pub mod password;
mod secret;
pub mod session;
pub mod token;

pub use address::AddressList;
pub use error::{Error, Result};
pub use keys::{KeyRefusal, Keys, Presented, Standing};
pub use secret::Secret;
