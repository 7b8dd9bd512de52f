//! What a verification says, good and bad.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde::{Serialize, Serializer};

use crate::code::Code;
use crate::name::Name;
use crate::record::json_moment as moment;
use crate::reference::Ref;
use crate::seal::Content;
use crate::verify::{Finding, Options};

/// The most findings that are told one by one.
const TOLD: usize = 1_000;

/// The result of a verification.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Of which log the checkpoint speaks.
    pub origin: String,
    /// How many records the checkpoint covers.
    pub size: u64,
    /// The root in the checkpoint, in hexadecimal.
    pub root: String,
    /// How many records follow that no checkpoint covers yet.
    pub unsealed: u64,
    /// Bytes of an unfinished write at the end, which the next start cuts off.
    pub torn_bytes: u64,
    /// Whether a key was given to check the signature with.
    pub signature_checked: bool,
    /// How many checkpoints kept elsewhere this log continues.
    pub continues: usize,
    /// The time of the first record, in ns since 1970.
    #[serde(serialize_with = "maybe_moment")]
    pub from: Option<u64>,
    /// The time of the last record, in ns since 1970.
    #[serde(serialize_with = "maybe_moment")]
    pub to: Option<u64>,
    /// How many records there are of each code.
    pub counts: BTreeMap<Code, u64>,
    /// How many records each condition that was given holds for.
    pub matching: Vec<(String, u64)>,
    /// How many operations are under way in a log that is in use.
    pub under_way: u64,
    /// How often the system's clock was behind, and by how many nanoseconds at most.
    pub clock_behind: (u64, u64),
    /// How many processes have written.
    pub processes: u64,
    /// What is wrong, the first thousand.
    pub findings: Vec<Finding>,
    /// How many more findings there are.
    pub untold: u64,
    #[serde(rename = "exitCode")]
    worst: u8,
    /// How many objects a comparison with the database looked at, and how many of them down to their content.
    pub compared: Option<(u64, u64)>,
    #[serde(skip)]
    pub(super) writes: HashMap<(Name, Ref), Vec<Write>>,
    #[serde(skip)]
    pub(super) dropped: HashMap<Name, u64>,
}

fn maybe_moment<S: Serializer>(ts: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
    ts.map(moment).serialize(serializer)
}

/// What the trail says about an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// It exists, in this version (`updatedAt` in ms), where the record told one.
    Exists(Option<i64>),
    /// It was deleted.
    Deleted,
    /// The last write has no known end: either state is explained by the trail.
    Uncertain,
}

/// A write that may be the last of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Write {
    /// Where it began: its intent, or its only record.
    pub(super) intent: u64,
    /// Which record says so; none does for an intent that was left open.
    pub(super) seq: u64,
    /// What it left.
    pub stored: Stored,
    /// The digest of the content that it left, where the record told one that still says anything.
    pub content: Option<Content>,
}

impl Write {
    /// Tells which record says so.
    pub fn seq(&self) -> u64 {
        self.seq
    }
}

impl Report {
    pub(super) fn new(options: &Options) -> Self {
        Report {
            origin: String::new(),
            size: 0,
            root: String::new(),
            unsealed: 0,
            torn_bytes: 0,
            signature_checked: false,
            continues: 0,
            from: None,
            to: None,
            counts: BTreeMap::new(),
            matching: options.counts.iter().map(|condition| (condition.as_str().to_owned(), 0)).collect(),
            under_way: 0,
            clock_behind: (0, 0),
            processes: 0,
            findings: Vec::new(),
            untold: 0,
            worst: 0,
            compared: None,
            writes: HashMap::new(),
            dropped: HashMap::new(),
        }
    }

    /// Adds a finding, also from outside: a comparison with the database adds [`Finding::Unrecorded`].
    pub fn find(&mut self, finding: Finding) {
        let code = finding.exit_code();
        self.worst = if self.worst == 0 { code } else { self.worst.min(code) };
        if self.findings.len() < TOLD {
            self.findings.push(finding);
        } else {
            self.untold += 1;
        }
    }

    /// Gives the exit code: 0 when nothing is wrong, else the smallest code of all findings.
    ///
    /// The smallest is nearest to the cause: changed bytes (10) also bring other roots (13) and broken order (15).
    pub fn exit_code(&self) -> u8 {
        self.worst
    }

    /// Goes through the objects that the trail tells of, and the writes that may be the last of each.
    ///
    /// Two that overlapped may have been committed in either order: a hook that saves the object that is being saved,
    /// two clients at once. Only a write that began after another had ended surely came later.
    pub fn written(&self) -> impl Iterator<Item = (&Name, Ref, &[Write])> {
        self.writes.iter().map(|((class, reference), writes)| (class, *reference, writes.as_slice()))
    }

    /// Looks up the writes that may be the last of one object.
    pub fn writes(&self, class: &Name, reference: Ref) -> Vec<Write> {
        let key = (class.clone(), reference);
        let dropped = self.dropped.get(class).copied();
        let writes = self.writes.get(&key).into_iter().flatten().copied();
        // A class that lost a field took its values along: what was sealed before is another content.
        writes
            .map(|write| Write {
                content: write.content.filter(|_| dropped.is_none_or(|dropped| dropped < write.seq)),
                ..write
            })
            .collect()
    }

    /// Adds a write; those that had ended before it began can't be the last any more.
    pub(super) fn wrote(&mut self, class: &Name, reference: Ref, write: Write) {
        let writes = self.writes.entry((class.clone(), reference)).or_default();
        // What is told twice by one record is told better the second time.
        writes.retain(|earlier| earlier.seq >= write.intent && earlier.seq != write.seq);
        writes.push(write);
    }
}

/// The report for people.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "log        {}", self.origin)?;
        writeln!(f, "records    {} under checkpoint {}", self.size, self.root)?;
        if self.unsealed > 0 {
            writeln!(f, "           {} more that no checkpoint covers yet", self.unsealed)?;
        }
        if self.torn_bytes > 0 {
            writeln!(f, "           {} bytes of an unfinished write at the end", self.torn_bytes)?;
        }
        if let (Some(from), Some(to)) = (self.from, self.to) {
            writeln!(f, "time       {} to {}", moment(from), moment(to))?;
        }
        writeln!(f, "processes  {}, operations under way {}", self.processes, self.under_way)?;
        let (times, by) = self.clock_behind;
        if times > 0 {
            writeln!(f, "clock      was behind at {times} records, by {} ms at most", by / 1_000_000)?;
        }
        for (code, count) in &self.counts {
            writeln!(f, "           {count:>9} {code}")?;
        }
        for (condition, count) in &self.matching {
            match count {
                0 => writeln!(f, "none       no record matches {condition}")?,
                _ => writeln!(f, "matching   {count} records match {condition}")?,
            }
        }
        if self.continues > 0 {
            writeln!(f, "continues  {} known checkpoints", self.continues)?;
        }
        if !self.signature_checked {
            writeln!(f, "WARNING    no key was given: the signature was not checked")?;
        }
        if let Some((objects, contents)) = self.compared {
            writeln!(f, "database   {objects} objects compared, {contents} of them down to their content")?;
        }
        for finding in &self.findings {
            writeln!(f, "FOUND      {finding}")?;
        }
        if self.untold > 0 {
            writeln!(f, "FOUND      {} more", self.untold)?;
        }
        match self.worst {
            0 => write!(f, "The trail is whole."),
            16 if self.untold == 0 && self.findings.iter().all(Finding::is_interruption) => {
                write!(
                    f,
                    "The trail is whole up to a crash (exit code 16): start the server once, then verify again."
                )
            }
            code => write!(f, "The trail is NOT whole (exit code {code})."),
        }
    }
}
