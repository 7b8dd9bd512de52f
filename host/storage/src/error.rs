//! What storage may answer instead of success.

use model::ParseError;

/// Named for what the caller can do about it. Holds no values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An update or delete matched nothing.
    #[error("no object matches")]
    NotFound,
    /// A unique group holds the value already; the fields of the group.
    #[error("a unique value exists already for {}", fields.join(", "))]
    Duplicate {
        /// The fields that must be unique together; empty when the backend can't tell.
        fields: Vec<String>,
    },
    /// An operation met a value of another type.
    #[error("{field} holds a value of another type than {expected}")]
    Mismatch {
        /// The field.
        field: String,
        /// The type that the operation needs.
        expected: &'static str,
    },
    /// Two changes met; trying again may help.
    #[error("the change met another one: {0}")]
    Conflict(String),
    /// What was asked can't be; the client reads why.
    #[error("{0}")]
    Refused(ParseError),
    /// This backend can't do what was asked.
    #[error("this storage can't do {0}")]
    Unsupported(&'static str),
    /// The storage can't be used now: says what to do.
    #[error("storage is unavailable: {0}")]
    Unavailable(String),
    /// Something is wrong inside; the text is for the log.
    #[error("storage failed: {0}")]
    Internal(String),
}
