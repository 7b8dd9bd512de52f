//! The set of open intents at a checkpoint, so that a start need not read the whole log.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::files;

/// Which intents had no outcome at a size.
///
/// Only a hint: where it is missing or torn, the log is read from its beginning; `verify` never looks at it.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hint {
    pub(crate) size: u64,
    pub(crate) open: Vec<u64>,
}

impl Hint {
    /// Writes it, as far as that works.
    pub(crate) fn store(&self, dir: &Path) {
        let path = dir.join("intents");
        let draft = files::with_suffix(&path, ".tmp");
        let stored = serde_json::to_vec(self).map_err(std::io::Error::other).and_then(|text| {
            let mut file = files::private().write(true).create(true).truncate(true).open(&draft)?;
            file.write_all(&text)?;
            fs::rename(&draft, &path)
        });
        if stored.is_err() {
            // An old hint would be no lie, but a torn one is of no use.
            let _ = fs::remove_file(&draft);
        }
    }

    /// Reads it; an unusable one counts as that of the empty log.
    pub(crate) fn load(dir: &Path, size: u64) -> Hint {
        files::read(&dir.join("intents"))
            .ok()
            .flatten()
            .and_then(|text| serde_json::from_slice::<Hint>(&text).ok())
            .filter(|hint| hint.size <= size && hint.open.iter().all(|seq| *seq < hint.size))
            .unwrap_or_default()
    }
}
