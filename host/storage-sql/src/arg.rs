//! What is bound to a statement's place-holders.

use std::fmt;

/// One bound value; never part of a statement's text.
#[derive(Clone, PartialEq)]
pub(crate) enum Arg {
    /// SQL's NULL: a missing or null field.
    Null,
    /// A whole number: dates in milliseconds, flags as 0 and 1.
    Int(i64),
    /// A double.
    Real(f64),
    /// Text, also JSON text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// Shows the kind, never the content.
impl fmt::Debug for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Arg::Null => "Null",
            Arg::Int(_) => "Int",
            Arg::Real(_) => "Real",
            Arg::Text(_) => "Text",
            Arg::Blob(_) => "Blob",
        })
    }
}

impl From<&str> for Arg {
    fn from(text: &str) -> Arg {
        Arg::Text(text.to_owned())
    }
}
