//! The write-ahead file that is made ahead: asked for by the writer, made by the publisher.

use std::fs::File;

/// Where the next write-ahead file stands.
///
/// It is made in one place of the disk, so there is never more than one on its way or waiting: making another would
/// empty a file that the writer may be about to use.
#[derive(Debug, Default)]
pub(crate) enum Spare {
    /// Nobody asked.
    #[default]
    Unasked,
    /// It is being made, perhaps for longer than the writer could wait.
    Asked,
    /// It waits.
    Ready(File),
    /// It couldn't be made; the next file isn't asked for again before this one is full.
    Failed,
}

impl Spare {
    /// Asks for a file, and says whether somebody has to make it.
    pub(crate) fn ask(&mut self) -> bool {
        let new = matches!(self, Spare::Unasked);
        if new {
            *self = Spare::Asked;
        }
        new
    }

    /// Notes what came of making it.
    pub(crate) fn made(&mut self, file: Option<File>) {
        *self = file.map_or(Spare::Failed, Spare::Ready);
    }

    /// Takes the file if it is ready. One that is still on its way serves the next time.
    pub(crate) fn take(&mut self) -> Option<File> {
        match std::mem::take(self) {
            Spare::Ready(file) => Some(file),
            Spare::Asked => {
                *self = Spare::Asked;
                None
            }
            Spare::Unasked | Spare::Failed => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Option<File> {
        Some(tempfile::tempfile().unwrap())
    }

    #[test]
    fn one_is_made_at_a_time() {
        let mut spare = Spare::default();
        assert!(spare.ask() && !spare.ask(), "on its way");
        spare.made(file());
        assert!(!spare.ask(), "it waits");
        assert!(spare.take().is_some() && spare.take().is_none());
        assert!(spare.ask(), "the next one");
    }

    /// A file that came too late was emptied again while the writer took it.
    #[test]
    fn one_that_comes_late_is_not_made_twice() {
        let mut spare = Spare::default();
        assert!(spare.ask());
        assert!(spare.take().is_none(), "the writer couldn't wait");
        assert!(!spare.ask(), "it is still on its way");
        spare.made(file());
        assert!(!spare.ask(), "and serves the next time");
        assert!(spare.take().is_some());
    }

    #[test]
    fn one_that_could_not_be_made_is_asked_for_again_with_the_next_file() {
        let mut spare = Spare::default();
        assert!(spare.ask());
        spare.made(None);
        assert!(!spare.ask(), "not at every record");
        assert!(spare.take().is_none());
        assert!(spare.ask());
    }
}
