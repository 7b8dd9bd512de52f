//! One record of the trail.

use std::ops::Deref;

use crate::draft::Draft;
use crate::error::Error;
use crate::name::Name;
use crate::stamp::Stamp;

mod decode;
mod encode;
mod json;

pub(crate) use encode::Body;
pub(crate) use json::moment as json_moment;

/// The version of the record's form that this code writes.
pub const VERSION: u64 = 1;
/// The largest record in bytes: an entry's length is two bytes in the tile format.
pub const LARGEST: usize = 65_535;

/// One record as it stands in the log; it reads like the [`Draft`] that it was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The position in the log, counted from 0.
    pub seq: u64,
    /// When the log took it: nanoseconds since 1970 UTC, always later than the record before.
    pub ts: u64,
    /// Which process took it: random for each time the log was opened.
    pub boot: [u8; 16],
    /// Nanoseconds since that process opened the log, always more than in the record before.
    pub mono: u64,
    /// How far (ns) the system's clock stood behind the record before, when it did; `ts` then only counts on.
    pub behind: Option<u64>,
    /// Whose log it is.
    pub tenant: Name,
    /// How many of the actor's roles the record does not name.
    pub roles_left_out: u64,
    /// What the caller told.
    pub draft: Draft,
}

impl Record {
    /// Reads a record from the bytes of a log entry.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] when the bytes are no record of this form: keys in order, known types, legal names.
    pub fn decode(bytes: &[u8]) -> Result<Record, Error> {
        decode::record(bytes)
    }

    /// Gives the bytes of the record: deterministic CBOR (RFC 8949 section 4.2.1), keys in ascending order.
    pub fn encode(&self) -> Vec<u8> {
        let stamp =
            Stamp { seq: self.seq, ts: self.ts, boot: self.boot, mono: self.mono, behind: self.behind };
        Body::of(&self.draft, self.roles_left_out).entry(&stamp, &self.tenant)
    }
}

impl Deref for Record {
    type Target = Draft;

    fn deref(&self) -> &Draft {
        &self.draft
    }
}

#[cfg(test)]
mod tests;
