//! What a backend offers beyond the contract, and where it may differ from it.

use model::{Object, Value};

/// What this backend, on this server, can do. Says what `parapet check` shows and what the conformance suite expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Features {
    /// Commits of several writes are all or none.
    pub transactions: bool,
    /// Whether a field keeps a null apart from a missing value. Without it, a null reads back as missing.
    pub explicit_nulls: bool,
    /// Whether texts may hold NUL characters. Without it, saving one is [`crate::Error::Unsupported`].
    pub nul_characters: bool,
    /// Whether a file's address is kept beside its name.
    pub file_urls: bool,
    /// Who answers `$text`.
    pub text: Who,
    /// Who answers tests on places.
    pub geo: Who,
    /// Who carries out aggregations.
    pub aggregate: Who,
    /// Whether finds can be explained.
    pub explain: bool,
    /// Whether the database tells of changes that others made.
    pub change_feed: bool,
}

/// Who does something that the contract asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The server, as the model says, on rows that the database answers.
    Server,
    /// The database, which may differ in small things: stems of words, edges of regions, operators of its own.
    Database,
    /// Nobody: asking is an error.
    Nobody,
}

impl Default for Features {
    /// What the default bodies of the trait give: everything done by the server, nothing explained.
    fn default() -> Features {
        Features {
            transactions: true,
            explicit_nulls: true,
            nul_characters: true,
            file_urls: true,
            text: Who::Server,
            geo: Who::Server,
            aggregate: Who::Server,
            explain: false,
            change_feed: false,
        }
    }
}

impl Features {
    /// Takes out of an object what the backend has no place for, so that it is what will be found again.
    pub fn fit(self, object: &mut Object) {
        if !self.explicit_nulls {
            object.fields.retain(|_, value| !value.is_null());
        }
        if !self.file_urls {
            for value in object.fields.values_mut() {
                if let Value::File { url, .. } = value {
                    *url = None;
                }
            }
        }
    }
}
