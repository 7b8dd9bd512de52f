//! The thread that turns durable records into tiles, bundles and signed checkpoints.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::checkpoint::Checkpoint;
use crate::error::{Error, Reason};
use crate::files;
use crate::keys::Keys;
use crate::log::disk::Disk;
use crate::log::hint::Hint;
use crate::log::pending;
use crate::log::queue::{Durable, Shared};
use crate::log::writer::{ROOM, prune};
use crate::tile;
use crate::tree::{Tree, WIDTH};

/// How many narrower partial files stay for readers who still look at an earlier checkpoint.
const KEPT: usize = 4;

/// What the publisher is told.
pub(crate) enum Message {
    /// Many records are durable that it hasn't seen.
    Many,
    /// Make the next write-ahead file.
    Room,
    /// Sign what is durable now and tell when it is done.
    Seal(oneshot::Sender<Result<Checkpoint, Error>>),
    /// Nothing comes any more.
    Close,
}

/// The tree and the files that are not yet written.
pub(crate) struct Press {
    dir: PathBuf,
    disk: Arc<dyn Disk>,
    keys: Keys,
    origin: String,
    tree: Tree,
    /// The content of the bundle that isn't full yet.
    bundle: Vec<u8>,
    /// Full tiles and bundles that wait to be written.
    full: Vec<(PathBuf, Vec<u8>)>,
    open: BTreeSet<u64>,
    signed: u64,
    /// Folders whose own names are known to be durable.
    safe: BTreeSet<PathBuf>,
}

impl Press {
    /// Resumes with a tree that ends at a bundle's border.
    pub(crate) fn new(
        dir: &Path,
        disk: Arc<dyn Disk>,
        keys: Keys,
        origin: String,
        tree: Tree,
        open: BTreeSet<u64>,
    ) -> Self {
        let signed = tree.size();
        Press {
            dir: dir.to_path_buf(),
            disk,
            keys,
            origin,
            tree,
            bundle: Vec::new(),
            full: Vec::new(),
            open,
            signed,
            safe: BTreeSet::new(),
        }
    }

    /// Takes a durable record into the tree.
    pub(crate) fn add(&mut self, record: &Durable) {
        let seq = self.tree.size();
        record.mark.apply(seq, &mut self.open);
        tile::append(&mut self.bundle, &record.entry);
        let full = self.tree.push(record.leaf);
        if !full.is_empty() {
            let path = tile::bundle_path(seq / WIDTH as u64, WIDTH);
            self.full.push((path, std::mem::take(&mut self.bundle)));
        }
        for tile in full {
            self.full.push((tile::path(tile.level, tile.index, WIDTH), tile::join(&tile.hashes)));
        }
    }

    /// Shows the tree.
    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Writes tiles and bundles and signs a checkpoint over them.
    ///
    /// Order is what makes it safe: full files are durable before the checkpoint that covers them, the checkpoint
    /// before the write-ahead files that hold the same records may go. Partial files need no sync, since the
    /// write-ahead file has their records.
    pub(crate) fn publish(&mut self) -> Result<Checkpoint, Error> {
        let mut folders = BTreeSet::new();
        for (path, bytes) in &self.full {
            let path = self.dir.join(path);
            let folder = files::parent(&path);
            files::create_dir(folder)?;
            self.place(&path, bytes, true)?;
            folders.insert(folder.to_path_buf());
            // A folder's own name stands in the folder above.
            for folder in folder.ancestors().take_while(|above| *above != self.dir) {
                if !self.safe.contains(folder) {
                    folders.insert(files::parent(folder).to_path_buf());
                }
            }
        }
        self.write_partials()?;
        for folder in &folders {
            files::sync_dir(folder)?;
        }
        self.safe.extend(folders);
        let size = self.tree.size();
        let checkpoint = Checkpoint::sign(&self.origin, size, self.tree.root(), self.keys.signing());
        self.place(&self.dir.join("checkpoint"), checkpoint.to_string().as_bytes(), true)?;
        files::sync_dir(&self.dir)?;
        let full = std::mem::take(&mut self.full);
        self.signed = size;
        self.drop_partials(&full);
        Hint { size, open: self.open.iter().copied().collect() }.store(&self.dir);
        Ok(checkpoint)
    }

    fn write_partials(&self) -> Result<(), Error> {
        let width = self.tree.edge(0).len();
        let mut partials = Vec::new();
        if width > 0 {
            partials.push((tile::bundle_path(self.tree.size() / WIDTH as u64, width), self.bundle.clone()));
        }
        for level in 0..self.tree.levels() {
            let edge = self.tree.edge(level);
            let Ok(level) = u8::try_from(level) else { break };
            if !edge.is_empty() {
                let index = self.tree.size() >> (8 * (u32::from(level) + 1));
                partials.push((tile::path(level, index, edge.len()), tile::join(edge)));
            }
        }
        for (path, bytes) in partials {
            let path = self.dir.join(path);
            let folder = files::parent(&path);
            files::create_dir(folder)?;
            self.place(&path, &bytes, false)?;
            thin(folder);
        }
        Ok(())
    }

    /// Removes the partial forms of what is full now.
    fn drop_partials(&self, full: &[(PathBuf, Vec<u8>)]) {
        for (path, _) in full {
            let folder = files::with_suffix(&self.dir.join(path), ".p");
            if folder.is_dir() {
                let _ = fs::remove_dir_all(folder);
            }
        }
    }

    /// Writes a file beside its place and moves it there.
    fn place(&self, path: &Path, bytes: &[u8], durable: bool) -> Result<(), Error> {
        let draft = files::with_suffix(path, ".tmp");
        let written = (|| {
            let mut file = files::private().write(true).create(true).truncate(true).open(&draft)?;
            if durable {
                self.disk.append(&mut file, bytes)?;
                self.disk.sync(&file)?;
            } else {
                file.write_all(bytes)?;
            }
            fs::rename(&draft, path)
        })();
        written.map_err(|error| {
            let _ = fs::remove_file(&draft);
            Error::io("write", path, error)
        })
    }
}

/// Removes the narrowest partial files of a folder until few are left.
fn thin(folder: &Path) {
    let Ok(listing) = fs::read_dir(folder) else { return };
    let mut widths: Vec<(usize, PathBuf)> = listing
        .flatten()
        .filter_map(|file| Some((file.file_name().to_str()?.parse().ok()?, file.path())))
        .collect();
    widths.sort_unstable();
    let surplus = widths.len().saturating_sub(KEPT);
    for (_, path) in widths.into_iter().take(surplus) {
        let _ = fs::remove_file(path);
    }
}

/// The thread around the press.
pub(crate) struct Publisher {
    pub(crate) shared: Arc<Shared>,
    pub(crate) press: Press,
    pub(crate) inbox: Receiver<Message>,
    pub(crate) latest: Arc<Mutex<Checkpoint>>,
    pub(crate) every: Duration,
    pub(crate) records: u64,
    /// After how many bytes of records a checkpoint is signed, so that memory is given back.
    pub(crate) bytes: usize,
    /// Bytes of records that are not yet covered by a checkpoint.
    pub(crate) uncovered: usize,
    pub(crate) finished: oneshot::Sender<Result<(), Error>>,
}

impl Publisher {
    /// Publishes until the log closes; the last checkpoint covers everything.
    pub(crate) fn run(mut self) {
        let mut looked = Instant::now();
        let mut failed = false;
        loop {
            let message = self.inbox.recv_timeout(self.every.saturating_sub(looked.elapsed()));
            self.collect();
            match message {
                Ok(Message::Seal(reply)) => drop(reply.send(self.publish())),
                Ok(Message::Room) => self.make_room(),
                Ok(Message::Many) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Message::Close) | Err(RecvTimeoutError::Disconnected) => break,
            }
            let due = looked.elapsed() >= self.every;
            if due {
                looked = Instant::now();
                // What nobody waits for is written all the same.
                self.shared.flush();
                self.look_for_room();
            }
            let new = self.press.tree.size() - self.press.signed;
            let many = new >= self.records || self.uncovered >= self.bytes;
            // A failed attempt is made again after a while; nothing is lost meanwhile.
            if new > 0 && (due || (many && !failed)) {
                failed = self.publish().is_err();
            }
        }
        let done = self.publish().and_then(|_| match self.shared.failure() {
            Some(Reason::Broken) => Err(Reason::Broken.into()),
            _ => prune(&self.press.dir, self.shared.bundled()),
        });
        if self.shared.spare().take().is_some() {
            let _ = fs::remove_file(pending::spare(&self.press.dir));
        }
        self.shared.unlock();
        let _ = self.finished.send(done);
    }

    /// Makes the next write-ahead file; without it the writer makes a plain one.
    fn make_room(&self) {
        let made = pending::prepare(&self.press.dir, ROOM);
        if let Err(error) = &made {
            tracing::debug!(%error, "no write-ahead file was made ahead");
        }
        self.shared.spare().made(made.ok());
    }

    /// Takes what has become durable into the tree.
    fn collect(&mut self) {
        let ready = std::mem::take(&mut *self.shared.ready());
        self.uncovered += ready.bytes;
        for record in &ready.records {
            self.press.add(record);
        }
    }

    fn publish(&mut self) -> Result<Checkpoint, Error> {
        if self.shared.failure() == Some(Reason::Broken) {
            return Err(Reason::Broken.into());
        }
        match self.press.publish() {
            Ok(checkpoint) => {
                let border = checkpoint.size() / WIDTH as u64 * WIDTH as u64;
                self.shared.bundled.store(border, Ordering::Release);
                self.shared.released(std::mem::take(&mut self.uncovered));
                *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = checkpoint.clone();
                Ok(checkpoint)
            }
            Err(error) => {
                tracing::error!(%error, "the audit log's checkpoint could not be written");
                let full = matches!(&error, Error::Io { source, .. } if files::is_full(source));
                self.shared.refuse(if full { Reason::Full } else { Reason::Broken });
                if full {
                    self.shared.reserve.lock().unwrap_or_else(PoisonError::into_inner).give_up();
                }
                Err(error)
            }
        }
    }

    /// Takes the reserve back when there is room again, which ends the refusals.
    fn look_for_room(&mut self) {
        if self.shared.failure() != Some(Reason::Full) {
            return;
        }
        let held = self.shared.reserve.lock().unwrap_or_else(PoisonError::into_inner).hold();
        if held.is_ok() && self.publish().is_ok() {
            tracing::info!("the disk of the audit log has room again");
            self.shared.recover();
        }
    }
}
