//! A test host: runs handlers natively, without a server, and shows what they did.
//!
//! ```ignore
//! let outcome = Case::before_save("Patient")
//!     .manifest(include_str!("../plugin.toml"))
//!     .field("name", "  ann  ")
//!     .as_user("u1")
//!     .role("nurse")
//!     .run(&guard::PLUGIN);
//! outcome.assert_ok();
//! assert_eq!(outcome.field("name"), Some(json!("ann")));
//! ```
//!
//! Nothing is granted until the manifest or the case grants it, as on a server: a denied field answers fault 119. What the
//! test host doesn't have: ACLs, class-level permissions, schemas, hooks of saves that a handler makes. Test those on a
//! server.
#![allow(clippy::panic, reason = "a malformed test case fails its test")]

mod case;
mod grant;
pub(crate) mod host;
mod matching;
mod outcome;
mod record;
#[cfg(test)]
mod tests;
mod world;

pub use case::Case;
pub use outcome::{Level, Line, Outcome, Saved};
