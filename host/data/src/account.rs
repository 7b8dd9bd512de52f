//! Logging in and out, and the sessions that follow.

mod login;
mod me;
mod password;
mod session;

pub use login::LogIn;
pub(crate) use password::Hashing;
pub(crate) use session::Origin;
