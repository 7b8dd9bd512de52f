//! The error a Parse client is allowed to read.

use std::borrow::Cow;

use crate::code::Code;

/// Says why a request was refused, in words that are safe to send: never a field value.
///
/// `message` is what the client reads; what an operator needs beyond that belongs in the log of whoever made it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (code {})", code.number())]
pub struct ParseError {
    /// Which row of the table of codes this is.
    pub code: Code,
    /// What the client reads.
    pub message: Cow<'static, str>,
}

impl ParseError {
    /// Makes an error from its code and its text for the client.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        ParseError { code, message: message.into() }
    }

    /// Makes an error with the safe text that the table keeps for the code.
    pub fn of(code: Code) -> Self {
        ParseError { code, message: Cow::Borrowed(code.text()) }
    }

    /// Answers the one text for a missing, unreadable or unwritable object, which must not be told apart.
    pub fn object_not_found() -> Self {
        ParseError::new(Code::ObjectNotFound, "Object not found.")
    }

    /// Refuses a value of the wrong type for a field.
    pub fn mismatch(class: &str, field: &str, expected: &str, got: &str) -> Self {
        ParseError::new(
            Code::IncorrectType,
            format!("schema mismatch for {class}.{field}; expected {expected} but got {got}"),
        )
    }
}
