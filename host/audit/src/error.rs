//! What can go wrong with the trail, named for what the caller can do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Says why the trail could not do what it was asked; holds names, positions and paths, never a field value.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The caller passed something that the trail can't hold.
    #[error("invalid {what}: {why}")]
    Invalid {
        /// What was wrong, as a noun.
        what: &'static str,
        /// The rule it breaks.
        why: &'static str,
    },
    /// No record can be made durable now, so nothing that needs one may happen.
    #[error("the audit log takes no records: {0}")]
    Unavailable(Reason),
    /// Another process writes this log.
    #[error("the audit log in {} is in use by another process", .0.display())]
    Locked(PathBuf),
    /// What is stored contradicts itself or its checkpoint.
    #[error("the audit log is damaged: {0}")]
    Damaged(String),
    /// A signature, a key or a proof does not hold.
    #[error("not trusted: {0}")]
    Untrusted(&'static str),
    /// The log holds no such record, or no checkpoint covers it yet.
    #[error("not found: {0}")]
    NotFound(&'static str),
    /// The file system refused.
    #[error("can't {doing} {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb.
        doing: &'static str,
        /// Where it was tried.
        path: PathBuf,
        /// What the system answered.
        source: Arc<io::Error>,
    },
}

/// Says why a log takes no records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The disk is full: only outcomes, refusals and the shutdown are still recorded, as long as the reserve lasts.
    #[error("the disk is full")]
    Full,
    /// The disk has not answered for longer than the configured limit.
    #[error("the disk does not answer in time")]
    Slow,
    /// More records wait than the configured limit.
    #[error("too many records are waiting")]
    Busy,
    /// The log was closed.
    #[error("the log is closed")]
    Closed,
    /// A write or a sync failed; what is on disk is uncertain until the log is opened anew.
    #[error("an earlier write failed, restart to recover")]
    Broken,
    /// A test told the sink to fail.
    #[error("the sink was told to fail")]
    Told,
}

impl Error {
    /// Wraps what the file system answered.
    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Error::Io { doing, path: path.to_path_buf(), source: Arc::new(source) }
    }

    /// Names a contradiction in what is stored.
    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Error::Damaged(what.into())
    }
}

impl From<Reason> for Error {
    fn from(reason: Reason) -> Self {
        Error::Unavailable(reason)
    }
}
