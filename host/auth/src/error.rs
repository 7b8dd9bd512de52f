//! What can go wrong when a proof of identity is set up.

/// Says why a setting can't be used or a secret can't be made.
///
/// The texts name settings and positions, never what they hold. What a caller is told
/// when a proof fails is no error of this kind: see [`KeyRefusal`](crate::KeyRefusal)
/// and [`Locked`](crate::lockout::Locked).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An entry of an address list is no address and no network; counted from 1.
    #[error(
        "entry {entry} of the address list is neither an IP address nor a network such as 10.0.0.0/8 \
         (a network of IPv4-mapped addresses needs a prefix of 96 or more)"
    )]
    Address {
        /// The position of the entry, counted from 1.
        entry: usize,
    },
    /// A setting that is required, or was given, is empty.
    #[error("the {0} is empty")]
    Empty(&'static str),
    /// Two settings that must differ are equal.
    #[error("the {0} equals the {1}: they must differ")]
    Same(&'static str, &'static str),
    /// A number is outside of what makes sense.
    #[error("the {setting} must be between {least} and {most}")]
    Range {
        /// What the setting is called.
        setting: &'static str,
        /// The smallest value that is accepted.
        least: u32,
        /// The largest value that is accepted.
        most: u32,
    },
    /// A number that need not be whole is outside of what makes sense.
    #[error("the {setting} must be more than {above} and at most {most}")]
    Above {
        /// What the setting is called.
        setting: &'static str,
        /// What every accepted value is larger than.
        above: u32,
        /// The largest value that is accepted.
        most: u32,
    },
    /// The machine lacks what is needed right now: randomness, or memory for a hash.
    #[error("{0} is not available")]
    Unavailable(&'static str),
}

/// Is what this crate's fallible functions return.
pub type Result<T> = std::result::Result<T, Error>;
