//! What an operation may answer instead of success.

use std::{borrow::Cow, time::Instant};

use model::{Code, ParseError};

use crate::outage::Outage;

/// What is read of policy's no by whoever may not read why.
pub const PERMISSION_DENIED: &str = "Permission denied";

/// Named for what the caller can do about it; `Display` is safe to send.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The request is wrong, or its object isn't there: the client reads why.
    #[error("{0}")]
    Refused(ParseError),
    /// Nobody who may was proved; recorded as a denial, answered with the code.
    #[error("{0}")]
    Denied(ParseError),
    /// Policy said no; recorded as a denial. The reason is for whoever the settings let read it.
    #[error("Permission denied")]
    Withheld(ParseError),
    /// A plugin acted beyond its grant; recorded as a denial. Only the plugin learns that this is why.
    #[error("Permission denied")]
    Ungranted,
    /// A plugin said no, in its own words; recorded as a denial, answered with the code.
    #[error("{0}")]
    Vetoed(ParseError),
    /// The operation belongs to the master key: HTTP 403 without a Parse code.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The trail, the storage or the plugin pool can't be used now: HTTP 503, try again after so many seconds.
    #[error("{reason}")]
    Unavailable {
        /// What the client reads.
        reason: &'static str,
        /// Seconds.
        retry_after: u32,
    },
    /// Something broke; the text is for the log, the client reads code 1.
    #[error("Internal server error.")]
    Internal(Cow<'static, str>),
}

impl Error {
    /// Refuses with a code and a text.
    pub fn refused(code: Code, message: impl Into<Cow<'static, str>>) -> Error {
        Error::Refused(ParseError::new(code, message))
    }

    /// Denies for a reason that clients read only where the settings of what answers them say so.
    pub fn denied(reason: impl Into<Cow<'static, str>>) -> Error {
        Error::Withheld(ParseError::new(Code::OperationForbidden, reason))
    }

    /// The error without policy's reason, for whoever may not read why.
    #[must_use]
    pub fn without_reason(self) -> Error {
        match self {
            Error::Withheld(mut error) => {
                error.message = PERMISSION_DENIED.into();
                Error::Withheld(error)
            }
            other => other,
        }
    }

    /// Answers for an object that is missing, unreadable or unwritable.
    pub fn not_found() -> Error {
        Error::Refused(ParseError::object_not_found())
    }

    /// The Parse code that goes with the error; 1 for what has none.
    pub fn code(&self) -> Code {
        match self {
            Error::Refused(error) | Error::Denied(error) | Error::Withheld(error) | Error::Vetoed(error) => {
                error.code
            }
            Error::Forbidden(_) | Error::Ungranted => Code::OperationForbidden,
            Error::Unavailable { .. } | Error::Internal(_) => Code::InternalServerError,
        }
    }
}

impl From<ParseError> for Error {
    fn from(error: ParseError) -> Error {
        Error::Refused(error)
    }
}

impl From<storage::Error> for Error {
    fn from(error: storage::Error) -> Error {
        use storage::Error as Storage;
        match error {
            Storage::NotFound => Error::not_found(),
            Storage::Duplicate { .. } => Error::Refused(ParseError::of(Code::DuplicateValue)),
            Storage::Mismatch { field, expected } => {
                Error::refused(Code::IncorrectType, format!("the operation on {field} needs type {expected}"))
            }
            Storage::Refused(error) => Error::Refused(error),
            Storage::Unsupported(what) => {
                Error::refused(Code::CommandUnavailable, format!("{what} is not supported yet"))
            }
            Storage::Unavailable(reason) => {
                static TOLD: Outage = Outage::new();
                if let Some(unsaid) = TOLD.tell(Instant::now()) {
                    tracing::error!(reason, unsaid, "storage is unavailable");
                }
                Error::Unavailable {
                    reason: "The database is unavailable; try again shortly.",
                    retry_after: 1,
                }
            }
            Storage::Conflict(reason) | Storage::Internal(reason) => Error::Internal(reason.into()),
        }
    }
}

impl From<audit::Error> for Error {
    fn from(error: audit::Error) -> Error {
        static TOLD: Outage = Outage::new();
        if let Some(unsaid) = TOLD.tell(Instant::now()) {
            tracing::error!(%error, unsaid, "the audit trail is unavailable");
        }
        Error::Unavailable { reason: "audit_unavailable", retry_after: 5 }
    }
}
