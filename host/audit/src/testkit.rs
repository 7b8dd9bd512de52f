//! What the tests of this crate share: a folder with a log, and a disk that can be made to fail.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use crate::log::disk::Disk;
use crate::{
    Actor, ActorKind, Code, Config, Draft, Keys, Log, Name, Objects, Outcome, Recovery, Ref, Sink, Stage,
    Status,
};

/// A folder of its own with keys and settings for a log that publishes only when told.
pub(crate) struct Kit {
    pub(crate) config: Config,
    pub(crate) keys: Keys,
    pub(crate) disk: Arc<Faulty>,
    _dir: tempfile::TempDir,
}

impl Kit {
    pub(crate) fn new() -> Kit {
        // In memory where that is possible: the tests sync thousands of times.
        let memory = Path::new("/dev/shm");
        let dir = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let config = Config {
            dir: dir.path().join("audit"),
            keys_dir: dir.path().join("keys"),
            reserve_bytes: 0,
            checkpoint_ms: 600_000,
            checkpoint_records: u64::MAX,
            ..Config::default()
        };
        let disk = Arc::new(Faulty::new(config.dir.join("reserve")));
        Kit { config, keys: Keys::ephemeral().unwrap(), disk, _dir: dir }
    }

    pub(crate) fn open(&self) -> Log {
        self.try_open().unwrap().0
    }

    pub(crate) fn try_open(&self) -> Result<(Log, Recovery), crate::Error> {
        Log::open_on(self.config.clone(), self.keys.clone(), self.disk.clone())
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.config.dir
    }

    pub(crate) fn vkey(&self) -> crate::VKey {
        self.keys.vkey(&self.config.origin())
    }

    /// Copies the log as it lies there now, as a crash would leave it.
    pub(crate) fn snapshot(&self) -> Kit {
        let mut copy = Kit::new();
        copy.keys = self.keys.clone();
        copy_dir(self.dir(), copy.dir());
        copy
    }
}

pub(crate) fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let target = to.join(file.file_name());
        if file.file_type().unwrap().is_dir() {
            copy_dir(&file.path(), &target);
        } else {
            fs::copy(file.path(), target).unwrap();
        }
    }
}

/// Lists all files below a folder.
pub(crate) fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for file in fs::read_dir(dir).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

pub(crate) fn draft(code: Code, stage: Stage) -> Draft {
    Draft::new(code, stage, Name::clean("req"), Actor::new(ActorKind::User, Some(Name::clean("u1"))))
}

pub(crate) fn single(code: Code) -> Draft {
    draft(code, Stage::Single)
}

pub(crate) fn write(code: Code, stage: Stage, object: u8, version: Option<i64>) -> Draft {
    let mut draft = draft(code, stage);
    let refs = vec![Ref::from_bytes([object; 16])];
    draft.object = Some(Objects { class: Name::clean("Patient"), refs, count: 1 });
    draft.version = version;
    if stage != Stage::Intent {
        draft.outcome = Some(Outcome { status: Status::Ok, code: None, rows: 1, bytes: 0 });
    }
    draft
}

/// Records `count` reads and waits for the last.
pub(crate) async fn fill(log: &Log, count: usize) {
    let mut last = None;
    for _ in 0..count {
        last = Some(log.enqueue(single(Code::PhiRead)).unwrap());
    }
    if let Some(ticket) = last {
        ticket.durable().await.unwrap();
    }
}

/// A disk with so much room and no more, whose calls can be made to fail.
pub(crate) struct Faulty {
    pub(crate) room: AtomicI64,
    pub(crate) fail_append: AtomicBool,
    pub(crate) fail_sync: AtomicBool,
    /// Keeps a sync waiting.
    pub(crate) slow: AtomicBool,
    pub(crate) syncs: AtomicI64,
    reserve: PathBuf,
    reserved: AtomicI64,
}

impl Faulty {
    fn new(reserve: PathBuf) -> Self {
        Faulty {
            room: AtomicI64::new(i64::MAX / 2),
            fail_append: AtomicBool::new(false),
            fail_sync: AtomicBool::new(false),
            slow: AtomicBool::new(false),
            syncs: AtomicI64::new(0),
            reserve,
            reserved: AtomicI64::new(0),
        }
    }

    /// Takes room and tells how much of it there was.
    fn take(&self, bytes: i64) -> i64 {
        if !self.reserve.exists() {
            let freed = self.reserved.swap(0, Ordering::SeqCst);
            self.room.fetch_add(freed, Ordering::SeqCst);
        }
        let before = self.room.fetch_sub(bytes, Ordering::SeqCst);
        if before < bytes {
            self.room.fetch_add(bytes, Ordering::SeqCst);
        }
        before.min(bytes).max(0)
    }
}

impl Disk for Faulty {
    fn append(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        if self.fail_append.load(Ordering::SeqCst) {
            return Err(io::Error::from_raw_os_error(5));
        }
        let there = self.take(bytes.len() as i64) as usize;
        file.write_all(&bytes[..there])?;
        if there < bytes.len() { Err(ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        self.syncs.fetch_add(1, Ordering::SeqCst);
        while self.slow.load(Ordering::SeqCst) {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        if self.fail_sync.load(Ordering::SeqCst) {
            return Err(io::Error::from_raw_os_error(5));
        }
        file.sync_data()
    }

    fn allocate(&self, file: &mut File, bytes: u64) -> io::Result<()> {
        if self.take(bytes as i64) < bytes as i64 {
            return Err(ErrorKind::StorageFull.into());
        }
        self.reserved.fetch_add(bytes as i64, Ordering::SeqCst);
        file.set_len(bytes)
    }
}
