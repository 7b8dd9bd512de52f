//! What a verification can find, with the exit code of each.

use std::fmt;

use serde::Serialize;

/// Something that is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "finding", rename_all = "lowercase")]
pub enum Finding {
    /// 10: stored bytes don't match a hash.
    Hash {
        /// Which record, tile or root.
        what: String,
    },
    /// 11: a file is missing.
    Missing {
        /// Its path within the folder.
        file: String,
    },
    /// 12: the log is shorter than a checkpoint that was kept elsewhere: it was cut or rolled back.
    Shorter {
        /// How many records it has.
        size: u64,
        /// How many it once had.
        known: u64,
    },
    /// 13: the log has another history than a checkpoint that was kept elsewhere.
    Fork {
        /// The size of that checkpoint.
        size: u64,
    },
    /// 14: a signature, key or origin doesn't hold.
    Signature {
        /// Of what.
        of: String,
        /// Why not.
        why: String,
    },
    /// 15: a position, a clock or a log's own records contradict each other.
    Order {
        /// At which record.
        seq: u64,
        /// What contradicts.
        what: String,
    },
    /// 16: an intent without outcome, or the reverse.
    Unpaired {
        /// Which record.
        seq: u64,
        /// Which of both is missing.
        what: String,
    },
    /// 16: the last process ended in the middle of operations, and no start has closed them yet.
    Interrupted {
        /// How many.
        open: u64,
    },
    /// 17: the database holds something that no record tells of.
    Unrecorded {
        /// The class.
        class: String,
        /// The reference of the object.
        reference: String,
        /// What differs.
        what: String,
    },
}

impl Finding {
    /// Tells whether it only says that a start is due.
    pub(crate) fn is_interruption(&self) -> bool {
        matches!(self, Finding::Interrupted { .. })
    }

    /// Gives the exit code that stands for this kind of finding.
    pub fn exit_code(&self) -> u8 {
        match self {
            Finding::Hash { .. } => 10,
            Finding::Missing { .. } => 11,
            Finding::Shorter { .. } => 12,
            Finding::Fork { .. } => 13,
            Finding::Signature { .. } => 14,
            Finding::Order { .. } => 15,
            Finding::Unpaired { .. } | Finding::Interrupted { .. } => 16,
            Finding::Unrecorded { .. } => 17,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] ", self.exit_code())?;
        match self {
            Finding::Hash { what } => write!(f, "changed: {what}"),
            Finding::Missing { file } => write!(f, "missing: {file}"),
            Finding::Shorter { size, known } => write!(f, "cut: {size} records, but there were {known}"),
            Finding::Fork { size } => write!(f, "another history than the known checkpoint of size {size}"),
            Finding::Signature { of, why } => write!(f, "{of}: {why}"),
            Finding::Order { seq, what } | Finding::Unpaired { seq, what } => {
                write!(f, "record {seq}: {what}")
            }
            Finding::Interrupted { open } => write!(
                f,
                "the server ended in the middle of {open} operations: start it once, which says what became of them, \
                 then verify again"
            ),
            Finding::Unrecorded { class, reference, what } => write!(f, "{class} {reference}: {what}"),
        }
    }
}
