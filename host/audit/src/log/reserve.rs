//! Room kept aside for the records of a full disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::files;
use crate::log::disk::Disk;

/// How much room must be free before a full log counts as recovered, where no reserve is kept.
const PROBE: u64 = 1 << 20;

/// A file that is given up when the disk is full.
pub(crate) struct Reserve {
    path: PathBuf,
    bytes: u64,
    held: bool,
    disk: Arc<dyn Disk>,
}

impl Reserve {
    /// Describes the reserve in a folder; nothing is taken yet.
    pub(crate) fn new(dir: &Path, bytes: u64, disk: Arc<dyn Disk>) -> Self {
        Reserve { path: dir.join("reserve"), bytes, held: false, disk }
    }

    /// Takes the room again, or finds that there is enough.
    pub(crate) fn hold(&mut self) -> io::Result<()> {
        if self.held {
            return Ok(());
        }
        let taken = (|| {
            let mut file = files::private().write(true).create(true).truncate(false).open(&self.path)?;
            if file.metadata()?.len() < self.bytes.max(PROBE) {
                self.disk.allocate(&mut file, self.bytes.max(PROBE))?;
            }
            self.disk.sync(&file)
        })();
        if taken.is_err() || self.bytes == 0 {
            let _ = fs::remove_file(&self.path);
        }
        taken?;
        self.held = self.bytes > 0;
        Ok(())
    }

    /// Gives the room up; false when there was none.
    pub(crate) fn give_up(&mut self) -> bool {
        std::mem::take(&mut self.held) && fs::remove_file(&self.path).is_ok()
    }
}
