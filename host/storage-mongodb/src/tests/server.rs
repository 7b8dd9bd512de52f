//! SecantusDB for tests: installed once into a virtual environment, started on a free port, stopped at the end.

use std::{
    fs,
    io::Write as _,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::OnceCell;

use crate::{Config, Mongo};

/// The releases that the tests were written against; `cargo xtask test` installs them, too.
const REQUIREMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/requirements.txt");

/// The server's program.
static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Ends the server when this process ends, however it ends: the pipe closes then. With a word first, its files stay.
const KEEPER: &str = r#"folder=$1; shift; "$@" & server=$!; if read -r word; then files=stay; else files=go; fi
kill -9 $server; wait $server 2>/dev/null; if [ $files = go ]; then rm -rf "$folder"; fi"#;

/// One server for all tests of the process that don't harm it.
static SHARED: OnceCell<Server> = OnceCell::const_new();

static DATABASES: AtomicU32 = AtomicU32::new(0);

/// A running server.
pub(super) struct Server {
    pub(super) port: u16,
    folder: PathBuf,
    options: Vec<String>,
    child: parking_lot::Mutex<Child>,
}

impl Server {
    pub(super) async fn shared() -> &'static Server {
        SHARED.get_or_init(|| async { Server::start(&[]) }).await
    }

    /// Starts a server with a folder of its own.
    pub(super) fn start(options: &[&str]) -> Server {
        let folder = tempfile::Builder::new().prefix("parapet-secantus-").tempdir().unwrap().keep();
        let port = free_port();
        let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
        let child = spawn(port, &folder, &options);
        Server { port, folder, options, child: parking_lot::Mutex::new(child) }
    }

    /// Kills it without warning; what it stored stays.
    pub(super) fn kill(&self) {
        let mut child = self.child.lock();
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(b"keep\n").unwrap();
        }
        child.wait().unwrap();
    }

    /// Starts it again with what it had stored.
    pub(super) fn restart(&self) {
        *self.child.lock() = spawn(self.port, &self.folder, &self.options);
    }

    pub(super) fn config(&self) -> Config {
        let number = DATABASES.fetch_add(1, Ordering::Relaxed);
        let uri = format!("mongodb://127.0.0.1:{}/t{number}?directConnection=true", self.port);
        Config { uri, ..Config::default() }
    }

    /// Opens a fresh database.
    pub(super) async fn open(&self) -> Mongo {
        Mongo::open(&self.config()).await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut child = self.child.lock();
        drop(child.stdin.take());
        child.wait().ok();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn spawn(port: u16, folder: &Path, options: &[String]) -> Child {
    let mut child = Command::new("sh")
        .args(["-c", KEEPER, "keeper"])
        .arg(folder)
        .arg(PROGRAM.get_or_init(installed))
        .args(["--host", "127.0.0.1", "--log-level", "ERROR", "--sync-on-commit"])
        .arg("--port")
        .arg(port.to_string())
        .arg("--storage-path")
        .arg(folder.join("data"))
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(child.try_wait().unwrap().is_none(), "SecantusDB ended before it listened");
        assert!(Instant::now() < until, "SecantusDB doesn't listen after a minute");
        std::thread::sleep(Duration::from_millis(50));
    }
    child
}

/// Finds the server's program; installs it when it is missing.
fn installed() -> PathBuf {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/secantus");
    let stamp = home.join("requirements.txt");
    if fs::read(&stamp).ok() != Some(fs::read(REQUIREMENTS).unwrap()) {
        run(Path::new("python3"), &["-m", "venv", home.to_str().unwrap()]);
        run(&home.join("bin/python"), &["-m", "pip", "install", "--quiet", "-r", REQUIREMENTS]);
        fs::copy(REQUIREMENTS, stamp).unwrap();
    }
    home.join("bin/secantusd-py")
}

fn run(program: &Path, arguments: &[&str]) {
    const NEEDS: &str = "the tests need Python 3 with venv (Debian: python3-venv) and PyPI";
    let done = Command::new(program).args(arguments).status();
    let done = done.unwrap_or_else(|error| panic!("{} can't be run: {error}; {NEEDS}", program.display()));
    assert!(done.success(), "{} {arguments:?} failed; {NEEDS}", program.display());
}
