//! `parapet audit`: the trail, read and verified without the server.

mod line;
mod reconcile;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use audit::verify::{Options, verify};
use audit::{Checkpoint, Keys, Proof, Record, Records, VKey, Where};
use clap::{Args, Subcommand};

use super::{Settings, block_on, print};

/// How often a followed trail is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// How long a proof waits for a checkpoint over its record.
const PATIENCE: Duration = Duration::from_secs(3);

/// Reads and verifies the audit trail.
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Verifies that the trail is whole: every record, tile, root, signature, order and pair.
    Verify(Verify),
    /// Shows the last records.
    Tail(Tail),
    /// Shows the records that match a condition.
    Show(Show),
    /// Writes a proof that a record is in the trail, which anybody can check with the key.
    Prove(Prove),
    /// Prints the verifier key; keep it somewhere else than the trail.
    Key(Key),
    /// Copies the trail up to its latest checkpoint into a new folder, while a server may be writing it.
    Copy(Copy),
}

/// Says which trail.
#[derive(Debug, Args)]
struct Trail {
    #[command(flatten)]
    settings: Settings,
    /// The folder of the trail. Default: audit in the data folder.
    #[arg(long, value_name = "DIR")]
    log: Option<PathBuf>,
}

impl Trail {
    fn dir(&self) -> anyhow::Result<PathBuf> {
        let dir = match &self.log {
            Some(dir) => dir.clone(),
            None => self.settings.load()?.audit_dir(),
        };
        if !dir.is_dir() {
            bail!("there is no trail in {}", dir.display());
        }
        Ok(dir)
    }

    /// The node's own keys, if they are here; none are made.
    fn keys(&self) -> anyhow::Result<Option<Keys>> {
        if self.log.is_some() {
            return Ok(None);
        }
        let dir = self.settings.load()?.audit_keys_dir();
        let here = dir.join("log.key").is_file() && dir.join("ref.key").is_file();
        Ok(if here { Some(Keys::open(&dir)?) } else { None })
    }

    /// The verifier key that goes with the node's own keys.
    fn vkey(&self) -> anyhow::Result<Option<VKey>> {
        let Some(keys) = self.keys()? else { return Ok(None) };
        Ok(Some(keys.vkey(&self.settings.load()?.audit.origin())))
    }

    fn condition(&self, text: &str) -> anyhow::Result<Where> {
        let keys = self.keys()?;
        Ok(Where::parse(text, keys.as_ref().map(Keys::reference))?)
    }
}

/// Verifies that the trail is whole. The log may be in use.
#[derive(Debug, Args)]
pub(super) struct Verify {
    #[command(flatten)]
    trail: Trail,
    /// The verifier key that was kept elsewhere. Default: this node's own.
    #[arg(long, value_name = "VKEY")]
    key: Option<String>,
    /// A checkpoint that was kept elsewhere: the trail must continue it. May be given more than once.
    #[arg(long, value_name = "FILE")]
    since: Vec<PathBuf>,
    /// Counts the records that match a condition, to state that something did not happen. May be given more than once.
    #[arg(long, value_name = "CONDITION")]
    count: Vec<String>,
    /// Compares the database with the trail as well: each object, user, role and session must stand as its last record
    /// says, down to its content. Not seen: the members of roles and relations, the permissions of classes, and a
    /// session that was ended together with others and put back. The server must be stopped.
    #[arg(long, conflicts_with = "log")]
    against_database: bool,
    /// Says that the trail is a copy of one that was being written (`audit copy`): operations that are open at its end were
    /// under way, and are no finding.
    #[arg(long, conflicts_with = "against_database")]
    copy: bool,
    /// Prints the report as JSON.
    #[arg(long)]
    json: bool,
}

/// Shows the last records.
#[derive(Debug, Args)]
pub(super) struct Tail {
    #[command(flatten)]
    trail: Trail,
    /// How many.
    #[arg(short = 'n', long, default_value_t = 20)]
    lines: u64,
    /// Goes on with records as they come.
    #[arg(short, long)]
    follow: bool,
    /// Prints JSON, one record a line.
    #[arg(long)]
    json: bool,
}

/// Shows the records that match a condition.
#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    trail: Trail,
    /// Terms that must all hold: code=PHI.READ,PHI.QUERY actor=ID class=Patient field=ssn plugin=NAME request=ID
    /// object=CLASS/ID outcome=denied seq>=10 time>=2026-01-01. A comma means "or".
    #[arg(long = "where", value_name = "CONDITION", default_value = "")]
    condition: String,
    /// Prints JSON, one record a line.
    #[arg(long)]
    json: bool,
}

/// Writes a proof that a record is in the trail.
#[derive(Debug, Args)]
pub(super) struct Prove {
    #[command(flatten)]
    trail: Trail,
    /// The position of the record.
    #[arg(long, required_unless_present = "check")]
    seq: Option<u64>,
    /// Checks a proof in a file instead, with --key or this node's own.
    #[arg(long, value_name = "FILE", conflicts_with = "seq")]
    check: Option<PathBuf>,
    /// The verifier key for --check.
    #[arg(long, value_name = "VKEY")]
    key: Option<String>,
}

/// Prints the verifier key.
#[derive(Debug, Args)]
pub(super) struct Key {
    #[command(flatten)]
    settings: Settings,
}

/// Copies the trail up to its latest checkpoint into a new folder.
#[derive(Debug, Args)]
pub(super) struct Copy {
    #[command(flatten)]
    trail: Trail,
    /// The folder to make; one that is there isn't touched.
    folder: PathBuf,
}

impl Audit {
    /// Does what was asked; the status of `verify` says what it found.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Audit::Verify(verify) => return verify.run(),
            Audit::Tail(tail) => tail.run()?,
            Audit::Show(show) => show.run()?,
            Audit::Prove(prove) => prove.run()?,
            Audit::Key(key) => key.run()?,
            Audit::Copy(copy) => copy.run()?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn parse_key(text: &str) -> anyhow::Result<VKey> {
    text.parse().map_err(|error| anyhow!("the key: {error}"))
}

impl Verify {
    fn run(self) -> anyhow::Result<ExitCode> {
        let key = match &self.key {
            Some(text) => Some(parse_key(text)?),
            None => self.trail.vkey()?,
        };
        let mut since = Vec::new();
        for file in &self.since {
            let note = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
            since.push(Checkpoint::parse(&note).with_context(|| file.display().to_string())?);
        }
        let counts =
            self.count.iter().map(|text| self.trail.condition(text)).collect::<anyhow::Result<_>>()?;
        let options = Options {
            key,
            since,
            counts,
            versions: self.against_database,
            copied: self.copy,
            ..Options::default()
        };
        let mut report = verify(&self.trail.dir()?, &options)?;
        if self.against_database {
            let keys = self.trail.keys()?.context("the trail's ref.key is needed to find objects in it")?;
            block_on(reconcile::compare(&self.trail.settings.load()?, keys.reference(), &mut report))?;
        }
        match self.json {
            true => print::line(serde_json::to_string_pretty(&report)?),
            false => print::line(&report),
        }
        Ok(ExitCode::from(report.exit_code()))
    }
}

impl Tail {
    fn run(self) -> anyhow::Result<()> {
        let dir = self.trail.dir()?;
        let mut next = 0;
        for record in audit::tail(&dir, self.lines)? {
            next = record.seq.saturating_add(1);
            say(&record, self.json)?;
        }
        if !self.follow {
            return Ok(());
        }
        let mut records = Records::open(&dir)?.starting_at(next);
        loop {
            for record in records.by_ref() {
                say(&record?, self.json)?;
            }
            std::thread::sleep(LOOK);
        }
    }
}

impl Show {
    fn run(self) -> anyhow::Result<()> {
        let condition = self.trail.condition(&self.condition)?;
        for record in Records::open(&self.trail.dir()?)? {
            let record = record?;
            if condition.matches(&record) {
                say(&record, self.json)?;
            }
        }
        Ok(())
    }
}

impl Prove {
    fn run(self) -> anyhow::Result<()> {
        if let Some(file) = &self.check {
            let key = match &self.key {
                Some(text) => parse_key(text)?,
                None => self.trail.vkey()?.context("say with --key whose signature counts")?,
            };
            let json = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
            let record = Proof::parse(&json)?.check(&key)?;
            print::line(format!("The proof holds: this record is in the trail of {}.", key.name()));
            return say(&record, false);
        }
        let (dir, seq) = (self.trail.dir()?, self.seq.unwrap_or_default());
        let since = Instant::now();
        let proof = loop {
            match audit::prove(&dir, seq) {
                // A running server signs a checkpoint over the newest records within a second or so.
                Err(audit::Error::NotFound(_)) if since.elapsed() < PATIENCE => std::thread::sleep(LOOK),
                done => break done?,
            }
        };
        print::line(proof.to_json());
        Ok(())
    }
}

impl Key {
    fn run(self) -> anyhow::Result<()> {
        let trail = Trail { settings: self.settings, log: None };
        let vkey = trail.vkey()?.context("this server has no keys yet: they are made at its first start")?;
        print::line(vkey);
        Ok(())
    }
}

impl Copy {
    fn run(self) -> anyhow::Result<()> {
        let checkpoint = audit::copy(&self.trail.dir()?, &self.folder)?;
        print::line(format!("{} holds the first {} records", self.folder.display(), checkpoint.size()));
        Ok(())
    }
}

fn say(record: &Record, json: bool) -> anyhow::Result<()> {
    match json {
        true => print::line(serde_json::to_string(record)?),
        false => print::line(line::of(&serde_json::to_value(record)?)),
    }
    Ok(())
}
