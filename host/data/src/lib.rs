#![doc = include_str!("../README.md")]

mod access;
mod account;
mod action;
mod admin;
mod class;
mod clock;
mod config;
mod context;
mod deadline;
mod door;
mod error;
mod function;
mod grant;
mod health;
mod hooks;
mod ledger;
mod outage;
mod policy;
mod read;
mod recover;
mod reply;
mod schema;
mod vault;
mod write;

#[cfg(test)]
mod tests;

pub use access::Credentials;
pub use account::LogIn;
pub use action::Act;
pub use admin::{About, PluginVersion};
pub use clock::{Clock, Ids, RandomIds, SystemClock};
pub use config::{Config, ConfigError, ProtectedFields};
pub use context::{Context, Identity, MAX_DEPTH, Principal, Scratch};
pub use door::{Data, Parts};
pub use error::{Error, PERMISSION_DENIED};
pub use grant::{ClassGrant, FieldSet, Grant, PluginIdentity};
pub use hooks::{After, Change, HookSource, Hooks, NoHooks, Refusal, RefusalKind, Shown};
pub use ledger::{CallOutcome, PluginCall, Unheard, content};
pub use read::Shape;
pub use reply::{Found, LoggedIn, Saved};
pub use schema::Definitions;
pub use write::{Done, Item};
