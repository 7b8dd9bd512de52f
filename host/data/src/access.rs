//! How a request becomes a context: keys, sessions, roles.

mod authenticate;
mod recent;
mod roles;
mod sessions;

pub use authenticate::Credentials;
pub(crate) use authenticate::invalid_session;
pub(crate) use recent::Recent;
pub(crate) use roles::Roles;
pub(crate) use sessions::{Renewing, Sessions};
