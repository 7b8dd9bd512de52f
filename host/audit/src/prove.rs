//! Self-contained proofs that a record is in the log.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use crate::archive::Archive;
use crate::checkpoint::Checkpoint;
use crate::error::Error;
use crate::note::VKey;
use crate::record::Record;
use crate::tree::{Hash, WIDTH, check_inclusion, inclusion, leaf};

/// Everything that somebody without the log needs to check that a record is in it.
///
/// As JSON: `{"form": "parapet-proof-1", "seq", "entry" (base64), "path" (base64 hashes, lowest first), "checkpoint"
/// (the signed note)}`. The check: SHA-256(0x00 ‖ entry) is the leaf, the path leads from it to the root in the
/// checkpoint (RFC 9162 section 2.1.3.2), and the log's key signed the checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    form: Form,
    seq: u64,
    entry: String,
    path: Vec<String>,
    checkpoint: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Form {
    #[serde(rename = "parapet-proof-1")]
    One,
}

/// Builds the proof for the record at a position.
///
/// # Errors
///
/// [`Error::NotFound`] when no checkpoint covers the record yet; [`Error::Damaged`] or [`Error::Io`] when the log can't
/// be read.
pub fn prove(dir: &Path, seq: u64) -> Result<Proof, Error> {
    let archive = Archive::open(dir)?;
    let note = archive.checkpoint()?.ok_or(Error::NotFound("the log has no checkpoint"))?;
    let size = Checkpoint::parse(&note)?.size();
    if seq >= size {
        return Err(Error::NotFound("no checkpoint covers this record"));
    }
    let index = seq / WIDTH as u64;
    let width = usize::try_from(size - index * WIDTH as u64).unwrap_or(WIDTH).min(WIDTH);
    let bundle = archive.bundle(index, width)?;
    let place = usize::try_from(seq % WIDTH as u64).unwrap_or(WIDTH);
    let entry = bundle
        .as_ref()
        .and_then(|entries| entries.get(place))
        .ok_or_else(|| Error::damaged(format!("record {seq} is missing")))?;
    let path = inclusion(&archive.nodes(size), seq, size)?;
    Ok(Proof {
        form: Form::One,
        seq,
        entry: BASE64.encode(entry),
        path: path.iter().map(|hash| BASE64.encode(hash)).collect(),
        checkpoint: note,
    })
}

impl Proof {
    /// Reads a proof from its JSON text.
    ///
    /// # Errors
    ///
    /// [`Error::Untrusted`] when it is malformed.
    pub fn parse(json: &str) -> Result<Proof, Error> {
        serde_json::from_str(json).map_err(|_| Error::Untrusted("the proof is malformed"))
    }

    /// Renders the proof as JSON text.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Checks the proof with the log's verifier key and gives the record.
    ///
    /// # Errors
    ///
    /// [`Error::Untrusted`] when the checkpoint isn't signed by the key, the path doesn't lead to its root, or the entry
    /// isn't the record of that position.
    pub fn check(&self, vkey: &VKey) -> Result<Record, Error> {
        const MALFORMED: Error = Error::Untrusted("the proof is malformed");
        let checkpoint = Checkpoint::open(&self.checkpoint, vkey)?;
        let entry = BASE64.decode(&self.entry).map_err(|_| MALFORMED)?;
        let path: Vec<Hash> = self
            .path
            .iter()
            .map(|hash| BASE64.decode(hash).ok()?.try_into().ok())
            .collect::<Option<_>>()
            .ok_or(MALFORMED)?;
        check_inclusion(&leaf(&entry), self.seq, checkpoint.size(), &path, checkpoint.root())?;
        let record = Record::decode(&entry)?;
        if record.seq != self.seq {
            return Err(Error::Untrusted("the record is of another position"));
        }
        Ok(record)
    }
}
