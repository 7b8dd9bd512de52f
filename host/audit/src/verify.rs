//! The examination of a whole log, from the stored bytes up to the signature.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::archive::Archive;
use crate::checkpoint::Checkpoint;
use crate::error::Error;
use crate::log::pending;
use crate::note::VKey;
use crate::read::Where;
use crate::tile;
use crate::tree::{FullTile, Hash, Tree, WIDTH, leaf};

mod chain;
mod finding;
mod report;

use chain::Chain;
pub use finding::Finding;
pub use report::{Report, Stored, Write};

/// What a verification is given besides the folder.
#[derive(Debug, Clone)]
pub struct Options {
    /// The log's verifier key, kept somewhere else than the log; without it no signature is checked.
    pub key: Option<VKey>,
    /// Checkpoints of this log that were kept elsewhere: only they show that a whole log was cut or rewritten.
    pub since: Vec<Checkpoint>,
    /// Conditions whose records are counted, for statements like "nothing of this kind happened".
    pub counts: Vec<Where>,
    /// How far the system's clock may have been set back before that is a finding.
    pub clock_tolerance: Duration,
    /// Whether the last version of each written object is collected, for [`Report::writes`].
    pub versions: bool,
    /// Whether it is a copy of a log that was being written: what is open at its end was under way.
    pub copied: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            key: None,
            since: Vec::new(),
            counts: Vec::new(),
            clock_tolerance: Duration::from_secs(120),
            versions: true,
            copied: false,
        }
    }
}

/// Examines the log in a folder; it may be in use.
///
/// Recomputes every leaf, tile and root from the stored entries, compares them with the signed checkpoint and with those
/// that were kept elsewhere, and follows order, clocks and pairs of intents and outcomes. What is wrong with the log is
/// in the report.
///
/// # Errors
///
/// [`Error::Io`] only when the folder itself can't be read.
pub fn verify(dir: &Path, options: &Options) -> Result<Report, Error> {
    let archive = Archive::open(dir)?;
    let mut report = Report::new(options);
    let Some(checkpoint) = head(&archive, options, &mut report)? else { return Ok(report) };
    report.origin = checkpoint.origin().to_owned();
    report.size = checkpoint.size();
    report.root = hex::encode(checkpoint.root());
    let mut walk = Walk {
        archive: &archive,
        size: checkpoint.size(),
        tree: Tree::new(),
        known: roots_wanted(options, &checkpoint, &mut report),
        chain: Chain::new(checkpoint.origin(), options),
        report,
    };
    let waiting = walk.read_pending()?;
    walk.compare_known();
    walk.walk_bundles(&waiting)?;
    walk.walk_edges()?;
    walk.compare_roots(&checkpoint);
    if let Some((first, _)) = waiting.range(checkpoint.size()..).next()
        && *first != checkpoint.size()
    {
        let what = "records before it are missing".into();
        walk.report.find(Finding::Order { seq: *first, what });
    }
    for (seq, (_, entry)) in waiting.range(checkpoint.size()..) {
        walk.report.unsealed += 1;
        walk.chain.follow(*seq, entry, &mut walk.report);
    }
    let closed = !options.copied && !archive.is_written();
    let Walk { chain, mut report, .. } = walk;
    chain.finish(closed, &mut report);
    Ok(report)
}

/// Reads the checkpoint; without a sound one nothing else can be judged.
fn head(archive: &Archive, options: &Options, report: &mut Report) -> Result<Option<Checkpoint>, Error> {
    let note = match archive.checkpoint() {
        Ok(Some(note)) => note,
        Ok(None) => {
            report.find(Finding::Missing { file: "checkpoint".into() });
            return Ok(None);
        }
        Err(Error::Untrusted(why)) => {
            report.find(Finding::Signature { of: "checkpoint".into(), why: why.into() });
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let checkpoint = match &options.key {
        Some(vkey) => Checkpoint::open(&note, vkey),
        None => Checkpoint::parse(&note),
    };
    report.signature_checked = options.key.is_some();
    checkpoint.map(Some).or_else(|error| {
        report.find(Finding::Signature { of: "checkpoint".into(), why: error.to_string() });
        Ok(None)
    })
}

/// Checks the checkpoints kept elsewhere as far as that goes without the tree.
fn roots_wanted(options: &Options, head: &Checkpoint, report: &mut Report) -> Vec<Checkpoint> {
    let mut wanted = Vec::new();
    for known in &options.since {
        let name = format!("the known checkpoint of size {}", known.size());
        let sound = match &options.key {
            Some(vkey) => Checkpoint::open(&known.to_string(), vkey).map(drop),
            None if known.origin() == head.origin() => Ok(()),
            None => Err(Error::Untrusted("it is of another log")),
        };
        match sound {
            Err(error) => report.find(Finding::Signature { of: name, why: error.to_string() }),
            Ok(()) if known.size() > head.size() => {
                report.find(Finding::Shorter { size: head.size(), known: known.size() });
            }
            Ok(()) => wanted.push(known.clone()),
        }
    }
    wanted
}

/// A walk over all entries of a log.
struct Walk<'a> {
    archive: &'a Archive,
    size: u64,
    tree: Tree,
    known: Vec<Checkpoint>,
    chain: Chain,
    report: Report,
}

/// Records of the write-ahead files by position.
type Waiting = BTreeMap<u64, (Hash, Vec<u8>)>;

impl Walk<'_> {
    /// Reads the write-ahead files: what a checkpoint covers has to be whole, only behind it a write may be unfinished.
    fn read_pending(&mut self) -> Result<Waiting, Error> {
        let mut waiting = Waiting::new();
        let mut next = None;
        for (first, path) in self.archive.segments()? {
            // The writer may have removed it meanwhile, once its records are in bundles.
            let Some(bytes) = crate::files::read(&path)? else { continue };
            if next.is_some_and(|next| next != first) {
                self.report.find(Finding::Order {
                    seq: first,
                    what: "the write-ahead files do not continue each other".into(),
                });
            }
            let mut seq = first;
            let mut rest = bytes.as_slice();
            while let Some((leaf, entry, more)) = pending::unframe(rest) {
                waiting.insert(seq, (leaf, entry.to_vec()));
                seq += 1;
                rest = more;
            }
            let torn = pending::torn(rest);
            if torn > 0 && (seq < self.size || !self.archive.is_written()) {
                // A stop or a start cuts a torn end off, so one that stays was made by a crash or a hand.
                if seq < self.size {
                    self.report.find(Finding::Hash { what: format!("record {seq} in the write-ahead file") });
                } else {
                    self.report.torn_bytes = torn as u64;
                }
            }
            next = Some(seq);
        }
        if let Some(end) = next.filter(|end| *end < self.size) {
            self.report.find(Finding::Hash { what: format!("record {end} in the write-ahead file (cut)") });
        }
        Ok(waiting)
    }

    fn walk_bundles(&mut self, waiting: &Waiting) -> Result<(), Error> {
        for index in 0..self.size.div_ceil(WIDTH as u64) {
            let first = index * WIDTH as u64;
            let width = usize::try_from(self.size - first).unwrap_or(WIDTH).min(WIDTH);
            let stored = self.tile(0, index, width)?;
            let path = tile::bundle_path(index, width);
            let entries = match self.archive.bundle(index, width) {
                Ok(Some(entries)) => Some(entries),
                Ok(None) => {
                    self.report.find(Finding::Missing { file: path.display().to_string() });
                    None
                }
                Err(Error::Damaged(_)) => {
                    self.report.find(Finding::Hash { what: path.display().to_string() });
                    None
                }
                Err(error) => return Err(error),
            };
            let Some(entries) = entries else {
                // The tree goes on with the stored hashes, so that the rest can still be judged.
                self.chain.interrupt();
                for hash in stored.unwrap_or_else(|| vec![[0; 32]; width]) {
                    self.push(hash)?;
                }
                continue;
            };
            for (seq, entry) in (first..).zip(&entries) {
                let hash = leaf(entry);
                let place = usize::try_from(seq - first).unwrap_or(WIDTH);
                if stored.as_ref().is_some_and(|stored| stored.get(place) != Some(&hash)) {
                    self.report.find(Finding::Hash { what: format!("record {seq}") });
                }
                if waiting.get(&seq).is_some_and(|(other, _)| *other != hash) {
                    self.report.find(Finding::Hash { what: format!("record {seq} in the write-ahead file") });
                }
                self.chain.follow(seq, entry, &mut self.report);
                self.push(hash)?;
            }
        }
        Ok(())
    }

    /// Adds a leaf, compares the tiles that became full and the roots that are known for this size.
    fn push(&mut self, hash: Hash) -> Result<(), Error> {
        for FullTile { level, index, hashes } in self.tree.push(hash) {
            if level > 0 && self.tile(level, index, WIDTH)?.is_some_and(|stored| stored != hashes) {
                self.report
                    .find(Finding::Hash { what: tile::path(level, index, WIDTH).display().to_string() });
            }
        }
        let size = self.tree.size();
        if self.known.iter().any(|known| known.size() == size) {
            self.compare_known();
        }
        Ok(())
    }

    /// Compares the tiles at the right edge that aren't full, above the lowest level.
    fn walk_edges(&mut self) -> Result<(), Error> {
        for level in 1..self.tree.levels() {
            let edge = self.tree.edge(level).to_vec();
            let Ok(level) = u8::try_from(level) else { break };
            if edge.is_empty() {
                continue;
            }
            let index = self.size >> (8 * (u32::from(level) + 1));
            if self.tile(level, index, edge.len())?.is_some_and(|stored| stored != edge) {
                self.report
                    .find(Finding::Hash { what: tile::path(level, index, edge.len()).display().to_string() });
            }
        }
        Ok(())
    }

    fn compare_known(&mut self) {
        let (size, root) = (self.tree.size(), self.tree.root());
        for known in self.known.iter().filter(|known| known.size() == size) {
            if *known.root() == root {
                self.report.continues += 1;
            } else {
                self.report.find(Finding::Fork { size });
            }
        }
    }

    fn compare_roots(&mut self, head: &Checkpoint) {
        if self.tree.root() != *head.root() {
            self.report.find(Finding::Hash { what: "the root in the checkpoint".into() });
        }
    }

    /// Reads a stored tile; one that is missing or torn is a finding.
    fn tile(&mut self, level: u8, index: u64, width: usize) -> Result<Option<Vec<Hash>>, Error> {
        let file = tile::path(level, index, width).display().to_string();
        match self.archive.tile(level, index, width) {
            Ok(Some(hashes)) => return Ok(Some(hashes)),
            Ok(None) => self.report.find(Finding::Missing { file }),
            Err(Error::Damaged(_)) => self.report.find(Finding::Hash { what: file }),
            Err(error) => return Err(error),
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
