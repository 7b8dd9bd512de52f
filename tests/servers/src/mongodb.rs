//! Servers that speak MongoDB's protocol: SecantusDB stands in for it.

use std::{
    fs,
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use crate::keeper::{Keeper, as_caller, folder, free_port, tail};

/// The releases that the tests were written against.
const REQUIREMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/mongodb/requirements.txt");

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Mounts a small disk that only the server sees, and runs it there until there is a file that asks for room: then the
/// disk grows, and the server is killed and started again.
const SMALL: &str = r#"
size=$1; disk=$2; shift 2
mount -t tmpfs -o size="$size"m none "$disk/small" || exit
"$@" &
until [ -e "$disk/room" ]; do sleep 0.1; done
kill -KILL $!; wait
mount -o remount,size=1g "$disk/small" && rm "$disk/room" && exec "$@"
"#;

/// A server of its own; stopped and removed when dropped.
pub struct Server {
    folder: PathBuf,
    port: u16,
    options: Vec<String>,
    /// The megabytes of the disk that its data are on, if it is a small one of their own.
    disk: Option<u32>,
    keeper: Option<Keeper>,
}

impl Server {
    /// Starts a server with further options of its program.
    ///
    /// # Errors
    /// What to install, or what the server said.
    pub fn start(options: &[&str]) -> Result<Server, String> {
        Server::make(options, None, false)
    }

    /// As [`Server::start`], but its data are on a disk of so many megabytes. It is gone when the server is, so that
    /// such a server can't be resumed.
    ///
    /// # Errors
    /// As [`Server::start`], and a machine that lets nobody have name spaces of their own (`unshare -Urmp`).
    pub fn on_a_small_disk(megabytes: u32) -> Result<Server, String> {
        Server::make(&[], Some(megabytes), false)
    }

    /// Kills a server on a small disk, gives it more room, and starts it again with what it had stored.
    ///
    /// # Errors
    /// What the server said.
    pub fn make_room(&mut self) -> Result<(), String> {
        let room = self.disk().join("room");
        fs::write(&room, "").map_err(|error| error.to_string())?;
        self.wait_until(|| !room.exists())?;
        self.wait_until(|| self.listens())
    }

    fn make(options: &[&str], disk: Option<u32>, removes_itself: bool) -> Result<Server, String> {
        let folder = folder("mongodb").map_err(|error| format!("no folder for a server: {error}"))?;
        let port = free_port().map_err(|error| format!("no port for a server: {error}"))?;
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let mut server = Server { folder, port, options, disk, keeper: None };
        server.run(removes_itself)?;
        Ok(server)
    }

    /// The URI of one of its databases.
    pub fn uri(&self, database: &str) -> String {
        format!("mongodb://127.0.0.1:{}/{database}?directConnection=true", self.port)
    }

    /// Kills it without warning; what it stored stays.
    pub fn crash(&mut self) {
        self.keeper = None;
    }

    /// Starts it again after [`Server::crash`], with what it had stored.
    ///
    /// # Errors
    /// What the server said.
    pub fn resume(&mut self) -> Result<(), String> {
        self.run(false)
    }

    fn run(&mut self, removes_itself: bool) -> Result<(), String> {
        let text = |path: &Path| path.display().to_string();
        let mut command = Vec::new();
        let mut data = self.folder.join("data");
        if let Some(megabytes) = self.disk {
            data = self.disk().join("small");
            fs::create_dir_all(&data).map_err(|error| error.to_string())?;
            // All that runs in there ends with it.
            command.extend(["unshare", "-Urmp", "--kill-child", "/bin/sh", "-c", SMALL].map(str::to_owned));
            command.extend(["disk".to_owned(), megabytes.to_string(), text(&self.disk())]);
        }
        command.push(text(&program()?));
        command
            .extend(["--host", "127.0.0.1", "--log-level", "ERROR", "--sync-on-commit"].map(str::to_owned));
        command.extend(["--port".to_owned(), self.port.to_string()]);
        command.extend(["--storage-path".to_owned(), text(&data)]);
        command.extend(self.options.iter().cloned());
        let log = self.log();
        let rubbish = removes_itself.then_some(self.folder.as_path());
        let keeper = Keeper::run(&command, &log, "KILL", rubbish, as_caller);
        self.keeper = Some(keeper.map_err(|error| format!("the server can't be run: {error}"))?);
        self.wait_until(|| self.listens())
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn disk(&self) -> PathBuf {
        self.folder.join("disk")
    }

    fn listens(&self) -> bool {
        TcpStream::connect(("127.0.0.1", self.port)).is_ok()
    }

    fn wait_until(&self, done: impl Fn() -> bool) -> Result<(), String> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if done() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err(format!("SecantusDB doesn't listen:\n{}", tail(&self.log())))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.keeper = None;
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The server that this process starts once for everybody who doesn't harm it.
///
/// # Errors
/// As [`Server::start`].
pub fn shared() -> Result<&'static Server, String> {
    static SHARED: OnceLock<Result<Server, String>> = OnceLock::new();
    // The keeper ends it with this process.
    SHARED.get_or_init(|| Server::make(&[], None, true)).as_ref().map_err(Clone::clone)
}

/// The server's program, in a virtual environment below `target`; installed when it isn't there.
///
/// # Errors
/// What to install first.
pub fn program() -> Result<PathBuf, String> {
    static PROGRAM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    PROGRAM.get_or_init(install).clone()
}

fn install() -> Result<PathBuf, String> {
    let home = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/secantus"));
    let stamp = home.join("requirements.txt");
    let listed = fs::read(REQUIREMENTS).map_err(|error| format!("{REQUIREMENTS} can't be read: {error}"))?;
    if !fs::read(&stamp).is_ok_and(|installed| installed == listed) {
        run(Command::new("python3").args(["-m", "venv"]).arg(home))?;
        let mut pip = Command::new(home.join("bin/python"));
        run(pip.args(["-m", "pip", "install", "--quiet", "-r", REQUIREMENTS]))?;
        fs::write(&stamp, listed)
            .map_err(|error| format!("{} can't be written: {error}", stamp.display()))?;
    }
    Ok(home.join("bin/secantusd-py"))
}

fn run(command: &mut Command) -> Result<(), String> {
    const NEEDS: &str = "the tests need Python 3 with venv (Debian: python3-venv) and PyPI";
    let name = command.get_program().to_string_lossy().into_owned();
    let done = command.stdin(Stdio::null()).status();
    let done = done.map_err(|error| format!("{name} can't be run: {error}; {NEEDS}"))?;
    if done.success() { Ok(()) } else { Err(format!("{name} failed ({done}); {NEEDS}")) }
}
