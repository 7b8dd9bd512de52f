//! What the life cycle of a plugin may answer instead of success.

use std::fmt;

use model::Code;

/// Everything that is wrong with one thing, so that its author fixes it in one go.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Problems(pub Vec<String>);

impl Problems {
    /// Adds one.
    pub fn push(&mut self, problem: impl Into<String>) {
        self.0.push(problem.into());
    }

    /// Succeeds when there is none.
    ///
    /// # Errors
    /// [`Error::Invalid`] with all of them.
    pub fn settle(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self)) }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

/// Named for what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such plugin or version.
    #[error("{0}")]
    NotFound(String),
    /// The component, its manifest or what was asked can't be accepted; every reason is named.
    #[error("{0}")]
    Invalid(Problems),
    /// It doesn't go with what is there now.
    #[error("{0}")]
    Conflict(String),
    /// The server's own files or the engine failed.
    #[error("{what}")]
    Internal {
        /// What was tried.
        what: String,
        /// Why it failed, for the log.
        cause: String,
    },
}

/// The result of this crate's own work.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Makes an [`Error::Invalid`] of a single problem.
    pub fn invalid(problem: impl Into<String>) -> Error {
        Error::Invalid(Problems(vec![problem.into()]))
    }

    /// Makes an [`Error::Internal`].
    pub(crate) fn internal(what: impl Into<String>, cause: impl fmt::Display) -> Error {
        Error::Internal { what: what.into(), cause: cause.to_string() }
    }
}

/// Texts of this crate name classes, fields and interfaces, never values, so the client may read them.
impl From<Error> for data::Error {
    fn from(error: Error) -> data::Error {
        match error {
            Error::NotFound(text) => data::Error::refused(Code::ObjectNotFound, text),
            Error::Invalid(problems) => data::Error::refused(Code::ValidationError, problems.to_string()),
            Error::Conflict(text) => data::Error::refused(Code::DuplicateValue, text),
            Error::Internal { what, cause } => data::Error::Internal(format!("{what}: {cause}").into()),
        }
    }
}
