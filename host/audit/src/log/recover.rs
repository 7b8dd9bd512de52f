//! What a log finds when it is opened: the durable records, the tree, what a crash has torn.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::archive::Archive;
use crate::checkpoint::Checkpoint;
use crate::error::Error;
use crate::files;
use crate::log::hint::Hint;
use crate::log::pending;
use crate::log::queue::{Durable, Mark, mark_of};
use crate::log::writer::begin;
use crate::note::VKey;
use crate::record::Record;
use crate::tree::{Tree, WIDTH, leaf, perfect};

/// What a log found when it was opened.
#[derive(Debug, Default)]
pub struct Recovery {
    /// Operations that an earlier process began and never closed; the caller closes them with outcomes.
    pub open_intents: Vec<Record>,
    /// How many records the log has.
    pub records: u64,
    /// How many bytes of an unfinished write were cut off; no record in them was ever acknowledged.
    pub truncated_bytes: u64,
}

/// The state from which the threads start.
pub(crate) struct Found {
    pub(crate) recovery: Recovery,
    /// The tree at the border of the last full bundle that the checkpoint covers.
    pub(crate) tree: Tree,
    pub(crate) open_at_border: BTreeSet<u64>,
    /// The durable records behind that border.
    pub(crate) tail: Vec<Durable>,
    pub(crate) last_ts: u64,
    /// The write-ahead file to go on with, and its length.
    pub(crate) file: fs::File,
    pub(crate) length: u64,
}

/// Reads the folder and repairs what a crash may have left; anything that no crash leaves is an error.
pub(crate) fn recover(dir: &Path, vkey: &VKey) -> Result<Found, Error> {
    let archive = Archive::open(dir)?;
    let checkpoint = match archive.checkpoint()? {
        Some(note) => Some(Checkpoint::open(&note, vkey)?),
        // The first one is signed before the first record is taken.
        None if archive.has_tiles() || has_records(&archive)? => {
            return Err(Error::damaged("the checkpoint is missing"));
        }
        None => None,
    };
    let signed = checkpoint.as_ref().map_or(0, Checkpoint::size);
    let border = signed / WIDTH as u64 * WIDTH as u64;
    let base = resume(&archive, border)?;
    files::create_dir(&dir.join("pending"))?;
    // One that was made ahead holds nothing.
    let _ = fs::remove_file(pending::spare(dir));
    let mut tail = Tail::read(&archive, border)?;
    let mut tree = base.clone();
    for (at, durable) in (border..).zip(&tail.records) {
        if at == signed {
            break;
        }
        tree.push(durable.leaf);
    }
    if tree.size() < signed && archive.segments()?.is_empty() {
        // The write-ahead file is gone, but a clean stop leaves the same records in the last partial bundle.
        (tail, tree) = rescue(&archive, &base, signed)?;
    }
    if tree.size() < signed {
        // No crash does that: what a checkpoint covers was durable before.
        return Err(Error::damaged(format!(
            "record {} in the write-ahead file was changed or cut",
            tree.size()
        )));
    }
    if let Some(checkpoint) = &checkpoint
        && tree.root() != *checkpoint.root()
    {
        return Err(Error::damaged("the records do not lead to the root that was signed"));
    }
    let size = border + tail.records.len() as u64;
    let (file, length) = tail.resume(dir, size)?;
    let (open_at_border, open, last_ts) = examine(&archive, dir, border, &mut tail.records)?;
    let mut open_intents = Vec::new();
    for seq in open {
        open_intents.push(entry(&archive, border, &tail.records, seq)?);
    }
    let recovery = Recovery { open_intents, records: size, truncated_bytes: tail.torn };
    Ok(Found { recovery, tree: base, open_at_border, tail: tail.records, last_ts, file, length })
}

fn has_records(archive: &Archive) -> Result<bool, Error> {
    for (_, path) in archive.segments()? {
        if fs::metadata(&path).map_err(|error| Error::io("inspect", &path, error))?.len() > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Builds the tree's edge at a bundle's border from full tiles only: partial ones need not have survived.
fn resume(archive: &Archive, border: u64) -> Result<Tree, Error> {
    let mut edges = Vec::new();
    for level in 0u8..8 {
        let count = border >> (8 * u32::from(level));
        if count == 0 {
            break;
        }
        let mut edge = Vec::new();
        for index in count / WIDTH as u64 * WIDTH as u64..count {
            // Level 0 ends at the border, so there is always a tile below.
            let below = level.checked_sub(1).ok_or_else(|| Error::damaged("the border is none"))?;
            let tile = archive.tile(below, index, WIDTH)?;
            edge.push(perfect(
                &tile.ok_or_else(|| Error::damaged(format!("tile {below}/{index} is missing")))?,
            ));
        }
        edges.push(edge);
    }
    Ok(Tree::resume(border, edges))
}

/// The records of the write-ahead files from a border on.
struct Tail {
    records: Vec<Durable>,
    torn: u64,
    /// The last file and its sound length; none when there is no file.
    last: Option<(std::path::PathBuf, u64)>,
}

impl Tail {
    fn read(archive: &Archive, border: u64) -> Result<Tail, Error> {
        let segments = archive.segments()?;
        let mut tail = Tail { records: Vec::new(), torn: 0, last: None };
        let mut next = None;
        let count = segments.len();
        for (number, (first, path)) in (1..).zip(segments) {
            if next.is_some_and(|next| next != first) || (next.is_none() && first > border) {
                return Err(Error::damaged(format!("records before {first} are missing")));
            }
            let bytes = fs::read(&path).map_err(|error| Error::io("read", &path, error))?;
            let mut seq = first;
            let mut rest = bytes.as_slice();
            while let Some((leaf, entry, more)) = pending::unframe(rest) {
                if seq >= border {
                    tail.records.push(Durable { entry: entry.to_vec(), leaf, mark: Mark::Nothing });
                }
                seq += 1;
                rest = more;
            }
            let torn = pending::torn(rest);
            if torn > 0 && number < count {
                return Err(Error::damaged(format!("record {seq} in the write-ahead file was changed")));
            }
            tail.torn = torn as u64;
            tail.last = Some((path, (bytes.len() - rest.len()) as u64));
            next = Some(seq);
        }
        Ok(tail)
    }

    /// Opens the file to go on with: the last one without its torn end, or a new one.
    fn resume(&self, dir: &Path, size: u64) -> Result<(fs::File, u64), Error> {
        let Some((path, length)) = &self.last else {
            for (_, path) in pending::list(dir)? {
                fs::remove_file(&path).map_err(|error| Error::io("remove", &path, error))?;
            }
            let border = size - self.records.len() as u64;
            let file = begin(dir, border)?;
            let mut bytes = Vec::new();
            for record in &self.records {
                pending::frame(&mut bytes, &record.entry, &record.leaf);
            }
            let path = pending::path(dir, border);
            std::io::Write::write_all(&mut &file, &bytes)
                .map_err(|error| Error::io("write", &path, error))?;
            file.sync_all().map_err(|error| Error::io("sync", &path, error))?;
            return Ok((file, bytes.len() as u64));
        };
        let file =
            fs::OpenOptions::new().append(true).open(path).map_err(|error| Error::io("open", path, error))?;
        // Room goes with the torn end: it is written behind the last record again.
        file.set_len(*length).map_err(|error| Error::io("cut", path, error))?;
        // What the last process wrote without a sync is kept, so it has to be durable now.
        file.sync_all().map_err(|error| Error::io("sync", path, error))?;
        Ok((file, *length))
    }
}

/// Takes the records between the border and the checkpoint from the partial bundle.
fn rescue(archive: &Archive, base: &Tree, signed: u64) -> Result<(Tail, Tree), Error> {
    const SHORT: &str = "it is shorter than its own checkpoint";
    let width = usize::try_from(signed - base.size()).map_err(|_| Error::damaged(SHORT))?;
    let entries = archive.bundle(base.size() / WIDTH as u64, width)?.ok_or_else(|| Error::damaged(SHORT))?;
    let mut tree = base.clone();
    let mut records = Vec::new();
    for entry in entries {
        let leaf = leaf(&entry);
        tree.push(leaf);
        records.push(Durable { entry, leaf, mark: Mark::Nothing });
    }
    Ok((Tail { records, torn: 0, last: None }, tree))
}

/// Finds the open intents at the border and at the end, and the time of the last record.
fn examine(
    archive: &Archive,
    dir: &Path,
    border: u64,
    tail: &mut [Durable],
) -> Result<(BTreeSet<u64>, BTreeSet<u64>, u64), Error> {
    let hint = Hint::load(dir, border + tail.len() as u64);
    // A hint from behind the border can't tell what was open at the border; the bundles before it can.
    let mut open: BTreeSet<u64> = hint.open.iter().copied().collect();
    let mut last_ts = 0;
    let known = hint.size.min(border);
    for index in known / WIDTH as u64..border / WIDTH as u64 {
        let entries = archive
            .bundle(index, WIDTH)?
            .ok_or_else(|| Error::damaged(format!("bundle {index} is missing")))?;
        for (seq, entry) in (index * WIDTH as u64..).zip(entries) {
            let record = at(seq, &entry)?;
            last_ts = record.ts;
            if seq >= hint.size {
                mark_of(&record).apply(seq, &mut open);
            }
        }
    }
    if border > 0 && last_ts == 0 {
        last_ts = entry(archive, border, tail, border - 1)?.ts;
    }
    let at_border = open.clone();
    for (seq, durable) in (border..).zip(tail.iter_mut()) {
        let record = at(seq, &durable.entry)?;
        last_ts = record.ts;
        durable.mark = mark_of(&record);
        if seq >= hint.size {
            durable.mark.apply(seq, &mut open);
        }
    }
    Ok((at_border, open, last_ts))
}

fn at(seq: u64, entry: &[u8]) -> Result<Record, Error> {
    let record = Record::decode(entry)?;
    if record.seq == seq {
        Ok(record)
    } else {
        Err(Error::damaged(format!("record {} stands at {seq}", record.seq)))
    }
}

fn entry(archive: &Archive, border: u64, tail: &[Durable], seq: u64) -> Result<Record, Error> {
    if let Some(durable) = seq.checked_sub(border).and_then(|i| tail.get(usize::try_from(i).ok()?)) {
        return at(seq, &durable.entry);
    }
    let bundle = archive.bundle(seq / WIDTH as u64, WIDTH)?;
    let place = usize::try_from(seq % WIDTH as u64).unwrap_or(usize::MAX);
    let entry = bundle.as_ref().and_then(|entries| entries.get(place));
    at(seq, entry.ok_or_else(|| Error::damaged(format!("record {seq} is missing")))?)
}

/// Removes what an unfinished publication has left.
pub(crate) fn sweep(dir: &Path) -> Result<(), Error> {
    let listing = match fs::read_dir(dir) {
        Ok(listing) => listing,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io("read the folder", dir, error)),
    };
    for file in listing.flatten() {
        if file.path().extension().is_some_and(|extension| extension == "tmp") {
            let _ = fs::remove_file(file.path());
        }
    }
    Ok(())
}
