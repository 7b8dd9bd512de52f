//! A server's process that ends with whoever started it.

use std::{
    fs, io,
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

/// The user and group of [`harmless`] where this process is root.
const NOBODY: u32 = 65_534;

/// Runs the server until its standard input ends, as it does when whoever holds the other end is gone.
const SCRIPT: &str = r#"
log=$1; signal=$2; rubbish=$3; shift 3
"$@" >>"$log" 2>&1 </dev/null &
server=$!
cat >/dev/null
kill -"$signal" "$server" 2>/dev/null
wait "$server"
[ -z "$rubbish" ] || rm -rf "$rubbish"
"#;

/// A running server; stops when dropped.
pub(crate) struct Keeper {
    child: Child,
    lifeline: Option<ChildStdin>,
}

impl Keeper {
    /// Runs a server's command, whose output goes to a file, in a shell that `user` has set up. It is stopped by a
    /// signal, and then a folder may be removed.
    pub(crate) fn run(
        command: &[String],
        log: &Path,
        signal: &str,
        rubbish: Option<&Path>,
        user: fn(&mut Command) -> &mut Command,
    ) -> io::Result<Keeper> {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SCRIPT, "keeper"]).arg(log).arg(signal);
        shell.arg(rubbish.unwrap_or(Path::new(""))).args(command);
        // A group of its own: Ctrl-C at the terminal must not cut the server short.
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let mut child = user(&mut shell).spawn()?;
        let lifeline = child.stdin.take();
        Ok(Keeper { child, lifeline })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        let _ = self.child.wait();
    }
}

/// Makes a command run without root's rights, as databases demand that refuse to run with them.
pub(crate) fn harmless(command: &mut Command) -> &mut Command {
    command.current_dir("/");
    if is_root() { command.uid(NOBODY).gid(NOBODY) } else { command }
}

/// Makes a command run with the rights of this process: it may lie where nobody else looks.
pub(crate) fn as_caller(command: &mut Command) -> &mut Command {
    command.current_dir("/")
}

/// Makes an empty folder that the server may write.
pub(crate) fn folder(kind: &str) -> io::Result<PathBuf> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("parapet-{kind}-{}-{number}", std::process::id()));
    fs::create_dir(&path)?;
    if is_root() {
        chown(&path, Some(NOBODY), Some(NOBODY))?;
    }
    Ok(path)
}

/// A port of this machine that nobody listens on; let go of at once, so that a server can have it.
///
/// # Errors
/// A machine without one.
pub fn free_port() -> io::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// The last lines of a log, for an error's text.
pub(crate) fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(12).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    // The owner of what this process has in /proc is its user.
    fs::metadata("/proc/self").is_ok_and(|of_process| of_process.uid() == 0)
}
