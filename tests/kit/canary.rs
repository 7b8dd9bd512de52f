//! Values that nothing may repeat, and the places where they would show.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Everything that our crates and their nearest neighbours say, at every level.
const LEVELS: &str = "debug,audit=trace,auth=trace,data=trace,model=trace,plugin=trace,rest=trace,server=trace,\
                      storage=trace,storage_sql=trace,storage_mongodb=trace,sqlx=trace,mongodb=trace,tower_http=trace,\
                      wasmtime=info,cranelift_codegen=info,regalloc2=info,wasmtime_internal_cranelift=info";

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// The canaries of one scenario.
pub(crate) struct Canaries {
    planted: Mutex<Vec<String>>,
    since: usize,
}

impl Canaries {
    /// Begins to listen to the log, and to panics, if nobody does yet.
    pub(crate) fn listen() -> Canaries {
        static LISTENS: OnceLock<()> = OnceLock::new();
        LISTENS.get_or_init(|| {
            let subscriber = tracing_subscriber::fmt()
                .with_env_filter(EnvFilter::new(LEVELS))
                .with_ansi(false)
                .with_writer(Collector)
                .finish();
            // Another subscriber would make the search for canaries a search in nothing.
            tracing::subscriber::set_global_default(subscriber).expect("the kit alone listens to the log");
            let told = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                let _ = writeln!(Collector, "{panic}");
                told(panic);
            }));
        });
        let since = LOG.lock().unwrap_or_else(PoisonError::into_inner).len();
        Canaries { planted: Mutex::default(), since }
    }

    /// Makes a value that appears nowhere else.
    pub(crate) fn plant(&self) -> String {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // Letters and digits alone: legal in a name, so that nothing hides it by escaping.
        let canary = format!("Kanarie{}{number:06}", std::process::id());
        self.planted.lock().expect("no test panicked here").push(canary.clone());
        canary
    }

    /// Fails when a text holds a canary.
    pub(crate) fn search(&self, text: &str, place: &str) {
        let planted = self.planted.lock().expect("no test panicked here");
        if let Some(canary) = planted.iter().find(|canary| holds(text.as_bytes(), canary)) {
            panic!("{place} repeats the value {canary}: {}", text.chars().take(2_000).collect::<String>());
        }
    }

    /// Fails when a file below a folder holds a canary.
    pub(crate) fn search_files(&self, folder: &Path) {
        let planted = self.planted.lock().expect("no test panicked here");
        for file in files(folder) {
            let bytes = fs::read(&file).unwrap_or_default();
            if let Some(canary) = planted.iter().find(|canary| holds(&bytes, canary)) {
                panic!("{} holds the value {canary}", file.display());
            }
        }
    }

    /// Fails when a line of the log since the kit started holds a canary.
    pub(crate) fn search_log(&self) {
        let planted = self.planted.lock().expect("no test panicked here");
        if planted.is_empty() {
            return;
        }
        let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
        let said = String::from_utf8_lossy(&log[self.since..]).to_ascii_lowercase();
        drop(log);
        for canary in planted.iter() {
            if let Some(line) = said.lines().find(|line| line.contains(&canary.to_ascii_lowercase())) {
                panic!("the log repeats the value {canary}: {line}");
            }
        }
    }

    /// Whether the log since the kit started holds a text.
    pub(crate) fn log_holds(&self, text: &str) -> bool {
        let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
        holds(&log[self.since..], text)
    }
}

/// Whether a file below a folder holds a text.
pub(crate) fn files_hold(folder: &Path, text: &str) -> bool {
    files(folder).iter().any(|file| holds(&fs::read(file).unwrap_or_default(), text))
}

/// Whether bytes hold a text, in capitals or not.
fn holds(bytes: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(bytes).to_ascii_lowercase().contains(&text.to_ascii_lowercase())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(_) => found.push(entry.path()),
                Err(_) => {}
            }
        }
    }
    found
}

/// Writes to the log that is searched.
struct Collector;

impl Write for Collector {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Collector {
    type Writer = Collector;

    fn make_writer(&self) -> Collector {
        Collector
    }
}
