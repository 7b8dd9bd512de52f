//! The three ways in which a disk can fail the log, as a port, so that tests can make it fail.

use std::fs::File;
use std::io::{self, Write};

/// The operations whose failure decides whether a record is durable.
pub(crate) trait Disk: Send + Sync + 'static {
    /// Appends bytes to a file.
    fn append(&self, file: &mut File, bytes: &[u8]) -> io::Result<()>;
    /// Makes a file's content durable.
    fn sync(&self, file: &File) -> io::Result<()>;
    /// Takes room for a file.
    fn allocate(&self, file: &mut File, bytes: u64) -> io::Result<()>;
}

/// The real disk.
pub(crate) struct Real;

impl Disk for Real {
    fn append(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    fn allocate(&self, file: &mut File, bytes: u64) -> io::Result<()> {
        match rustix::fs::fallocate(&*file, rustix::fs::FallocateFlags::empty(), 0, bytes) {
            Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {
                let block = vec![0; 1 << 20];
                let mut left = bytes;
                while left > 0 {
                    let part = left.min(block.len() as u64);
                    file.write_all(block.get(..usize::try_from(part).unwrap_or(0)).unwrap_or_default())?;
                    left -= part;
                }
                Ok(())
            }
            done => done.map_err(io::Error::from),
        }
    }
}
