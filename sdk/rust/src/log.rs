//! Lines in the operator's log: capability `log`.
//!
//! The message is a constant, so that no field value can slip into it; what varies goes in named fields, which the host
//! classifies before a sink sees them: `log::info(inv, "patient checked", &[("changed", &count)])`.

use crate::Invocation;
use crate::host::log as wire;
use std::fmt::Display;

/// The named fields of a line.
pub type Fields<'a> = [(&'a str, &'a dyn Display)];

/// Writes a line for the author, while developing.
pub fn debug(inv: &Invocation, message: &'static str, fields: &Fields<'_>) {
    write(inv, wire::Level::Debug, message, fields);
}

/// Writes a line that is worth knowing.
pub fn info(inv: &Invocation, message: &'static str, fields: &Fields<'_>) {
    write(inv, wire::Level::Info, message, fields);
}

/// Writes a line that is worth a look.
pub fn warn(inv: &Invocation, message: &'static str, fields: &Fields<'_>) {
    write(inv, wire::Level::Warn, message, fields);
}

/// Writes a line that is worth a call.
pub fn error(inv: &Invocation, message: &'static str, fields: &Fields<'_>) {
    write(inv, wire::Level::Error, message, fields);
}

fn write(inv: &Invocation, level: wire::Level, message: &'static str, fields: &Fields<'_>) {
    let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), value.to_string())).collect();
    wire::write(&inv.0, level, message, &fields);
}
