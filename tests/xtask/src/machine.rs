//! The machine this runs on: its folders, its tools, and what is missing of them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use servers::postgres;

use crate::say;

/// The target that plugins are built for.
pub(crate) const WASM: &str = "wasm32-wasip2";

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    // This package lies two folders below it.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// The folder that cargo builds into.
pub(crate) fn target() -> PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").filter(|path| !path.is_empty());
    // A relative one is relative to where cargo is called, as cargo has it.
    named
        .map(PathBuf::from)
        .map_or_else(|| root().join("target"), |path| std::path::absolute(&path).unwrap_or(path))
}

/// The cargo that runs this, so that every step uses one toolchain, without what it has told this program of its package:
/// build scripts look at that, and would run again at each change between this and a cargo that somebody else calls.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    let told = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    for name in told.filter(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
        command.env_remove(name);
    }
    command
}

/// Runs a command to its end, its output going where this one's goes.
///
/// # Errors
/// A command that isn't there, or that fails.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let name = words(command);
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("{name} can't be started"))?;
    if !status.success() {
        bail!("{name} failed ({status})");
    }
    Ok(())
}

/// Runs a command to its end and reads what it prints.
///
/// # Errors
/// A command that isn't there, or that fails.
pub(crate) fn read(command: &mut Command) -> anyhow::Result<String> {
    let name = words(command);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("{name} can't be started"))?;
    if !output.status.success() {
        bail!("{name} failed ({})", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A command as words, without the folders of its program.
fn words(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let all = std::iter::once(program).chain(command.get_args());
    all.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Adds the parts of the toolchain that are missing: the wasm target, and for tests rustfmt and clippy.
///
/// # Errors
/// Parts that can't be added.
pub(crate) fn complete_toolchain(components: &[&str]) -> anyhow::Result<()> {
    let rustup = || {
        let mut command = Command::new("rustup");
        command.current_dir(root());
        command
    };
    let Ok(targets) = read(rustup().args(["target", "list", "--installed"])) else {
        // Without rustup the toolchain is the machine's own; cargo will say what it lacks.
        return Ok(());
    };
    if !targets.lines().any(|target| target == WASM) {
        run(rustup().args(["target", "add", WASM]))?;
    }
    let installed = read(rustup().args(["component", "list", "--installed"]))?;
    for component in components {
        if !installed.lines().any(|line| line.starts_with(component)) {
            run(rustup().args(["component", "add", component]))?;
        }
    }
    Ok(())
}

/// Installs PostgreSQL with its extension, where either is missing.
///
/// # Errors
/// As [`install_from_debian`].
pub(crate) fn install_postgres() -> anyhow::Result<()> {
    if postgres::installed() { Ok(()) } else { install_from_debian(&postgres::PACKAGES) }
}

/// Installs packages of Debian.
///
/// # Errors
/// A machine without apt, a user who may not, or packages that can't be had.
pub(crate) fn install_from_debian(packages: &[&str]) -> anyhow::Result<()> {
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    let words = packages.join(" ");
    say::step(format!("installing {words} with apt-get"));
    let install = || run(apt().args(["install", "-qy", "--no-install-recommends"]).args(packages));
    // The lists of packages may be missing, or older than the mirror.
    let update = |_| run(apt().args(["update", "-q"])).and_then(|()| install());
    install().or_else(update).with_context(|| format!("this needs {words}: install them as root"))
}

/// Installs the Node packages of a folder exactly as its lock file names them, once per lock file.
///
/// # Errors
/// A missing npm, or packages that can't be had.
pub(crate) fn install_packages(folder: &Path) -> anyhow::Result<()> {
    let lock = folder.join("package-lock.json");
    let wanted = std::fs::read(&lock).with_context(|| format!("{} can't be read", lock.display()))?;
    let stamp = folder.join("node_modules/.installed-lock.json");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder))
        .context("the tests need Node.js 20 or newer, with npm")?;
    std::fs::write(&stamp, wanted).with_context(|| format!("{} can't be written", stamp.display()))
}
