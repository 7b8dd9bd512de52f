//! Logging in and out, and the sessions that follow.

mod login;
mod me;
mod session;

pub use login::LogIn;
