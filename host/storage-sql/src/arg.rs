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
    /// A flag, where the database has such a type.
    Bool(bool),
    /// A moment in milliseconds, where the database has such a type.
    Moment(i64),
    /// JSON text, where the database has such a type.
    Json(String),
    /// Texts as one argument.
    Texts(Vec<String>),
    /// Doubles as one argument.
    Reals(Vec<f64>),
    /// A point: x, y.
    Point(f64, f64),
    /// A ring of points.
    Ring(Vec<(f64, f64)>),
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
            Arg::Bool(_) => "Bool",
            Arg::Moment(_) => "Moment",
            Arg::Json(_) => "Json",
            Arg::Texts(_) => "Texts",
            Arg::Reals(_) => "Reals",
            Arg::Point(..) => "Point",
            Arg::Ring(_) => "Ring",
        })
    }
}

impl From<&str> for Arg {
    fn from(text: &str) -> Arg {
        Arg::Text(text.to_owned())
    }
}
