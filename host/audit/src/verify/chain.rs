//! What each record must have to do with those before it.

use std::collections::{HashMap, HashSet};

use crate::code::Code;
use crate::draft::{Objects, Stage, Status};
use crate::read::Where;
use crate::record::Record;
use crate::verify::report::{Report, Stored, Write};
use crate::verify::{Finding, Options};

/// The state of a walk over the records in order.
pub(super) struct Chain {
    /// The end of the origin, which names the tenant.
    tenant: String,
    counts: Vec<Where>,
    tolerance: u64,
    versions: bool,
    last: Option<Last>,
    boots: HashSet<[u8; 16]>,
    open: HashMap<u64, Intent>,
    /// Intents may be out of sight after a gap.
    gap: bool,
}

struct Last {
    ts: u64,
    boot: [u8; 16],
    mono: u64,
    code: Code,
}

/// An operation whose outcome hasn't come yet.
struct Intent {
    boot: [u8; 16],
    code: Code,
    objects: Option<Objects>,
    version: Option<i64>,
}

impl Chain {
    pub(super) fn new(origin: &str, options: &Options) -> Self {
        Chain {
            tenant: origin.to_owned(),
            counts: options.counts.clone(),
            tolerance: u64::try_from(options.clock_tolerance.as_nanos()).unwrap_or(u64::MAX),
            versions: options.versions,
            last: None,
            boots: HashSet::new(),
            open: HashMap::new(),
            gap: false,
        }
    }

    /// Notes that records are missing, which is a finding of its own.
    pub(super) fn interrupt(&mut self) {
        self.last = None;
        self.gap = true;
    }

    /// Looks at the record at a position.
    pub(super) fn follow(&mut self, seq: u64, entry: &[u8], report: &mut Report) {
        let mut wrong = |what: &str| report.find(Finding::Order { seq, what: what.into() });
        let record = match Record::decode(entry) {
            Ok(record) => record,
            Err(error) => {
                wrong(&error.to_string());
                self.interrupt();
                return;
            }
        };
        if record.seq != seq {
            wrong(&format!("it says that it is number {}", record.seq));
        }
        if !crate::config::is_origin_of(&self.tenant, record.tenant.as_str()) {
            wrong("it is of another tenant's log");
        }
        if let Some(last) = &self.last {
            if record.ts <= last.ts {
                wrong("its time is not after that of the record before");
            }
            if record.boot == last.boot && record.mono <= last.mono {
                wrong("its monotonic time is not after that of the record before");
            }
            if record.boot != last.boot && self.boots.contains(&record.boot) {
                wrong("it is of a process that had ended before");
            }
        }
        if record.behind.is_some_and(|behind| behind > self.tolerance) {
            wrong("the system's clock had been set back");
        }
        if let Some(behind) = record.behind {
            report.clock_behind = (report.clock_behind.0 + 1, report.clock_behind.1.max(behind));
        }
        self.boots.insert(record.boot);
        self.last = Some(Last { ts: record.ts, boot: record.boot, mono: record.mono, code: record.code });
        report.from.get_or_insert(record.ts);
        report.to = Some(record.ts);
        *report.counts.entry(record.code).or_default() += 1;
        for (condition, (_, count)) in self.counts.iter().zip(&mut report.matching) {
            *count += u64::from(condition.matches(&record));
        }
        self.keep(&record, report);
        self.pair(&record, report);
    }

    /// Takes into account what a record says of contents. What was sealed had happened, whatever came after it.
    fn keep(&self, record: &Record, report: &mut Report) {
        if !self.versions {
            return;
        }
        let intent = match record.stage {
            Stage::Outcome { intent } => intent,
            Stage::Single => record.seq,
            Stage::Intent => return,
        };
        for seal in &record.seals {
            let stored = if seal.content.is_some() { Stored::Exists(None) } else { Stored::Deleted };
            let write = Write { intent, seq: record.seq, stored, content: seal.content };
            report.wrote(&seal.class, seal.reference, write);
        }
        let done =
            record.outcome.is_some_and(|outcome| matches!(outcome.status, Status::Ok | Status::Unknown));
        if let Some(objects) = record.object.as_ref().filter(|_| done && !record.fields.dropped.is_empty()) {
            report.dropped.insert(objects.class.clone(), record.seq);
        }
    }

    fn pair(&mut self, record: &Record, report: &mut Report) {
        let status = record.outcome.map(|outcome| outcome.status);
        match record.stage {
            Stage::Intent if record.is_whole() => {
                let intent = Intent {
                    boot: record.boot,
                    code: record.code,
                    objects: record.object.clone().filter(|_| self.versions && record.code.stores()),
                    version: record.version,
                };
                self.open.insert(record.seq, intent);
            }
            Stage::Outcome { intent } if record.is_whole() => match self.open.remove(&intent) {
                Some(begun) if begun.code != record.code && status == Some(Status::Ok) => {
                    let what = format!("its intent {intent} is of another kind");
                    report.find(Finding::Unpaired { seq: record.seq, what });
                }
                Some(begun) => {
                    let objects = record.object.clone().or(begun.objects);
                    let version = record.version.or(begun.version);
                    self.store(record, (intent, begun.code), objects.as_ref(), version, report);
                }
                None if self.gap => {}
                None => {
                    let what = format!("there is no open intent {intent}");
                    report.find(Finding::Unpaired { seq: record.seq, what });
                }
            },
            Stage::Single => {
                let begun = (record.seq, record.code);
                self.store(record, begun, record.object.as_ref(), record.version, report);
            }
            Stage::Intent | Stage::Outcome { .. } => {}
        }
    }

    /// Takes a write into account, as far as its seals don't tell of it.
    fn store(
        &self,
        record: &Record,
        (intent, code): (u64, Code),
        objects: Option<&Objects>,
        version: Option<i64>,
        report: &mut Report,
    ) {
        let stored = match (code, record.outcome.map(|outcome| outcome.status)) {
            (Code::PhiCreate | Code::PhiUpdate | Code::AuthSignup, Some(Status::Ok)) => {
                Stored::Exists(version)
            }
            // Only a save announces a version; looking at a session or deleting a role doesn't.
            (Code::RoleChange | Code::AuthSession, Some(Status::Ok)) if version.is_some() => {
                Stored::Exists(version)
            }
            (Code::PhiDelete | Code::RoleChange, Some(Status::Ok)) => Stored::Deleted,
            (_, Some(Status::Unknown)) if code.stores() => Stored::Uncertain,
            _ => return,
        };
        if !self.versions {
            return;
        }
        let Some(objects) = objects else { return };
        for reference in &objects.refs {
            let seal = record
                .seals
                .iter()
                .find(|seal| seal.reference == *reference && seal.class.as_str() == objects.class.as_str());
            let content = seal.and_then(|seal| seal.content);
            report.wrote(&objects.class, *reference, Write { intent, seq: record.seq, stored, content });
        }
    }

    /// Judges the intents that are still open.
    ///
    /// Those of the process that is writing now are under way; nobody will close any other.
    pub(super) fn finish(self, closed: bool, report: &mut Report) {
        report.processes = self.boots.len() as u64;
        let current = self.last.as_ref().filter(|_| !closed).map(|last| last.boot);
        // A process that didn't say that it stops was killed, and the next start closes what it left open.
        let killed = self.last.as_ref().filter(|last| closed && last.code != Code::SystemStop);
        let (killed, mut interrupted) = (killed.map(|last| last.boot), 0);
        let mut open: Vec<_> = self.open.into_iter().collect();
        open.sort_unstable_by_key(|(seq, _)| *seq);
        for (seq, intent) in open {
            if self.versions
                && let Some(objects) = &intent.objects
            {
                for reference in &objects.refs {
                    let write =
                        Write { intent: seq, seq: u64::MAX, stored: Stored::Uncertain, content: None };
                    report.wrote(&objects.class, *reference, write);
                }
            }
            if current == Some(intent.boot) {
                report.under_way += 1;
            } else if killed == Some(intent.boot) {
                interrupted += 1;
            } else {
                report.find(Finding::Unpaired { seq, what: "the intent has no outcome".into() });
            }
        }
        if interrupted > 0 {
            report.find(Finding::Interrupted { open: interrupted });
        }
    }
}
