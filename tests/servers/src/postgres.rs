//! Clusters of PostgreSQL.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use crate::keeper::{Keeper, folder, free_port, harmless, tail};

/// Names the server that the whole test run shares: a URI without a database.
pub const VARIABLE: &str = "TEST_POSTGRES";

/// Debian's packages.
pub const PACKAGES: [&str; 2] = ["postgresql", "postgresql-15-postgis-3"];

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Mounts a small disk that only the server sees, and runs it without the rights that this took: it refuses to have them.
const SMALL: &str = r#"
mount -t tmpfs -o size="$1"m none "$2" && shift 2 && exec unshare -U --map-user=1000 "$@"
"#;

/// A cluster of its own; stopped and removed when dropped.
pub struct Cluster {
    folder: PathBuf,
    port: u16,
    settings: Vec<String>,
    /// The megabytes of the disk that its tables are on, if it is a small one of their own.
    disk: Option<u32>,
    keeper: Option<Keeper>,
}

impl Cluster {
    /// Makes a cluster and starts it; settings are `name=value`, as `postgres -c` takes them.
    ///
    /// # Errors
    /// What to install, or what the server said.
    pub fn start(settings: &[&str]) -> Result<Cluster, String> {
        Cluster::make(settings, None, false)
    }

    /// As [`Cluster::start`], but the tables of its database `postgres` are on a disk of so many megabytes. It is gone
    /// when the server is, so that such a cluster can't be resumed.
    ///
    /// # Errors
    /// As [`Cluster::start`], and a machine that lets nobody have name spaces of their own (`unshare -Urm`).
    pub fn on_a_small_disk(megabytes: u32) -> Result<Cluster, String> {
        let cluster = Cluster::make(&[], Some(megabytes), false)?;
        let small = cluster.small();
        cluster.say(&format!("CREATE TABLESPACE small LOCATION '{}'", small.display()))?;
        cluster.say("ALTER DATABASE postgres SET default_tablespace = small")?;
        Ok(cluster)
    }

    /// Says something to it as its superuser, in the database `postgres`, and answers what it says.
    ///
    /// # Errors
    /// What the server complains of.
    pub fn say(&self, words: &str) -> Result<String, String> {
        let mut psql = Command::new(program("psql")?);
        psql.args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            &self.uri("postgres"),
            "-c",
            words,
        ]);
        let said =
            psql.stdin(Stdio::null()).output().map_err(|error| format!("psql can't be run: {error}"))?;
        if said.status.success() {
            Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
        } else {
            Err(String::from_utf8_lossy(&said.stderr).into_owned())
        }
    }

    fn make(settings: &[&str], disk: Option<u32>, removes_itself: bool) -> Result<Cluster, String> {
        let folder = folder("postgres").map_err(|error| format!("no folder for a cluster: {error}"))?;
        let port = free_port().map_err(|error| format!("no port for a cluster: {error}"))?;
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let mut cluster = Cluster { folder, port, settings, disk, keeper: None };
        let mut init = Command::new(program("initdb")?);
        init.arg("-D").arg(cluster.data());
        init.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]);
        let made = harmless(&mut init).stdin(Stdio::null()).output();
        let made = made.map_err(|error| format!("initdb can't be run: {error}"))?;
        if !made.status.success() {
            return Err(format!("initdb failed:\n{}", String::from_utf8_lossy(&made.stderr)));
        }
        cluster.run(removes_itself)?;
        Ok(cluster)
    }

    /// The URI of one of its databases, for its superuser.
    pub fn uri(&self, database: &str) -> String {
        format!("{}/{database}", self.base())
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its folder of data; `server.key` and the like may be put there.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Ends every process of it at once, as a power cut does.
    ///
    /// # Errors
    /// A server that doesn't end.
    pub fn crash(&mut self) -> Result<(), String> {
        let mut stop = Command::new(program("pg_ctl")?);
        stop.arg("stop").arg("-D").arg(self.data()).args(["-m", "immediate", "-w"]);
        let stopped = harmless(&mut stop).stdin(Stdio::null()).output();
        self.keeper = None;
        match stopped {
            Ok(stopped) if stopped.status.success() => Ok(()),
            Ok(stopped) => Err(String::from_utf8_lossy(&stopped.stderr).into_owned()),
            Err(error) => Err(format!("pg_ctl can't be run: {error}")),
        }
    }

    /// Starts it again after [`Cluster::crash`], with its data.
    ///
    /// # Errors
    /// What the server said.
    pub fn resume(&mut self) -> Result<(), String> {
        self.run(false)
    }

    fn small(&self) -> PathBuf {
        self.folder.join("small")
    }

    fn base(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}", self.port)
    }

    fn run(&mut self, removes_itself: bool) -> Result<(), String> {
        let text = |path: &Path| path.display().to_string();
        let mut command = Vec::new();
        if let Some(megabytes) = self.disk {
            let small = self.small();
            // Whoever runs the server mounts it, so the folder is theirs.
            harmless(Command::new("mkdir").arg("-p").arg(&small))
                .status()
                .map_err(|error| error.to_string())?;
            command.extend(["unshare", "-Urm", "/bin/sh", "-c", SMALL, "disk"].map(ToOwned::to_owned));
            command.extend([megabytes.to_string(), text(&small)]);
        }
        command.extend([text(&program("postgres")?), "-D".to_owned(), text(&self.data())]);
        command.extend(["-p".to_owned(), self.port.to_string(), "-k".to_owned(), text(&self.folder)]);
        let fixed = ["listen_addresses=127.0.0.1", "max_connections=300", "log_min_messages=warning"];
        for setting in fixed.into_iter().chain(self.settings.iter().map(String::as_str)) {
            command.extend(["-c".to_owned(), setting.to_owned()]);
        }
        let log = self.folder.join("log");
        let rubbish = removes_itself.then_some(self.folder.as_path());
        let keeper = Keeper::run(&command, &log, "INT", rubbish, harmless);
        self.keeper = Some(keeper.map_err(|error| format!("the server can't be run: {error}"))?);
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            let mut ask = Command::new(program("pg_isready")?);
            ask.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]).stdin(Stdio::null());
            if ask.status().is_ok_and(|status| status.success()) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err(format!("PostgreSQL doesn't answer:\n{}", tail(&log)))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.keeper = None;
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The URI, without a database, of the server that this process shares with others or that it starts for itself.
///
/// # Errors
/// What to install, or what the server said.
pub fn shared() -> Result<&'static str, String> {
    static SHARED: OnceLock<Result<String, String>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| match env::var(VARIABLE) {
        Ok(uri) if !uri.is_empty() => Ok(uri),
        _ => {
            let cluster = Cluster::make(FAST, None, true)?;
            let base = cluster.base();
            // The keeper ends it with this process.
            std::mem::forget(cluster);
            Ok(base)
        }
    });
    shared.as_deref().map_err(Clone::clone)
}

/// Starts the server that a whole test run shares, and answers it with its URI without a database.
///
/// # Errors
/// As [`Cluster::start`].
pub fn for_a_run() -> Result<(Cluster, String), String> {
    let cluster = Cluster::start(FAST)?;
    let base = cluster.base();
    Ok((cluster, base))
}

/// What makes a server quick whose data nobody will miss.
const FAST: &[&str] = &["fsync=off", "full_page_writes=off"];

/// Whether the server and its extension are installed.
pub fn installed() -> bool {
    program("postgres").is_ok_and(|path| {
        let share = path.ancestors().nth(2).and_then(Path::file_name).unwrap_or_default();
        Path::new("/usr/share/postgresql").join(share).join("extension/postgis.control").exists()
    })
}

/// Finds a program of the newest PostgreSQL of this machine.
fn program(name: &str) -> Result<PathBuf, String> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|version| {
            let number = version.file_name().to_str()?.parse().ok()?;
            let path = version.path().join("bin").join(name);
            path.exists().then_some((number, path))
        })
        .collect();
    found.sort();
    let found = found.pop().map(|(_, path)| path);
    found.ok_or_else(|| {
        format!("PostgreSQL isn't installed: apt-get install {}, or cargo xtask test", PACKAGES.join(" "))
    })
}
