//! What a verification says, good and bad.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde::{Serialize, Serializer};

use crate::code::Code;
use crate::name::Name;
use crate::record::json_moment as moment;
use crate::reference::Ref;
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
    #[serde(skip)]
    pub(super) versions: HashMap<(Name, Ref), (u64, Stored)>,
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

/// The last thing that the trail says about one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastVersion<'a> {
    /// The object's class.
    pub class: &'a Name,
    /// The object's pseudonym.
    pub reference: Ref,
    /// Which record says so.
    pub seq: u64,
    /// What it says.
    pub stored: Stored,
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
            versions: HashMap::new(),
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

    /// Goes through the last version of each object that was written, to be compared with the database.
    pub fn last_versions(&self) -> impl Iterator<Item = LastVersion<'_>> {
        self.versions.iter().map(|((class, reference), (seq, stored))| LastVersion {
            class,
            reference: *reference,
            seq: *seq,
            stored: *stored,
        })
    }

    /// Looks up what the trail says about one object.
    pub fn last_version(&self, class: &Name, reference: Ref) -> Option<Stored> {
        self.versions.get(&(class.clone(), reference)).map(|(_, stored)| *stored)
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
        for finding in &self.findings {
            writeln!(f, "FOUND      {finding}")?;
        }
        if self.untold > 0 {
            writeln!(f, "FOUND      {} more", self.untold)?;
        }
        match self.worst {
            0 => write!(f, "The trail is whole."),
            code => write!(f, "The trail is NOT whole (exit code {code})."),
        }
    }
}
