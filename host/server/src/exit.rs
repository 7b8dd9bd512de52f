//! What the process answers its caller: one exit status for each kind of failure.

use std::fmt;

/// Says which kind of failure ended the process.
///
/// Attach it to an error as context; the command line looks for it and exits with its number.
/// `audit verify` has numbers of its own, from 10 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Something failed that has no status of its own.
    Failed = 1,
    /// The settings file, the environment or a key isn't right.
    Settings = 3,
    /// The data folder can't be used: not writable, full, or locked by another process.
    Folder = 4,
    /// The address can't be listened on.
    Address = 5,
    /// The running server said no.
    Refused = 6,
    /// No server answers.
    Unreachable = 7,
    /// The plugin isn't right: its manifest, its imports, its exports or its size.
    Plugin = 8,
    /// The database can't be used: not reachable, or it doesn't let the server do what it must.
    Database = 9,
}

impl Exit {
    /// Finds the status of an error.
    pub fn of(error: &anyhow::Error) -> Exit {
        error.downcast_ref::<Exit>().copied().unwrap_or(Exit::Failed)
    }

    /// The number that the process exits with.
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Exit::Failed => "failed",
            Exit::Settings => "the settings aren't right",
            Exit::Folder => "the data folder can't be used",
            Exit::Address => "the address can't be listened on",
            Exit::Refused => "the server said no",
            Exit::Unreachable => "no server answers",
            Exit::Plugin => "the plugin isn't right",
            Exit::Database => "the database can't be used",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[test]
    fn is_found_under_later_context() {
        let error = anyhow::anyhow!("why").context(Exit::Folder).context("while starting");
        assert_eq!(Exit::of(&error), Exit::Folder);
        assert_eq!(Exit::of(&anyhow::anyhow!("why")), Exit::Failed);
        let refused: anyhow::Result<()> = Err(anyhow::anyhow!("line 1")).context(Exit::Settings);
        assert_eq!(format!("{:#}", refused.unwrap_err()), "the settings aren't right: line 1");
        assert_eq!(Exit::Plugin.code(), 8);
    }
}
