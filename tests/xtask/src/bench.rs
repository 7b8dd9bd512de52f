//! `cargo xtask bench`: runs the benchmarks of `tests/bench`.

use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::{machine, say};

/// Builds the benchmarks in release mode and runs them with the given arguments.
///
/// # Errors
/// A load generator that can't be had; benchmarks that don't build or fail.
pub(crate) fn run(arguments: &[&str]) -> anyhow::Result<()> {
    machine::complete_toolchain(&[])?;
    if !arguments.iter().any(|argument| ["--quick", "--host", "--help"].contains(argument)) {
        find_wrk()?;
    }
    let against = arguments.iter().any(|argument| argument.starts_with("--against"));
    if against {
        install("initdb", "/usr/lib/postgresql", "postgresql")?;
        machine::install_packages(&machine::root().join("tests/peer"))?;
    }
    say::step("release build; the first one takes some minutes");
    // The server as it is run stands beside the bench; one command, so that both share what they are built from.
    let servers: &[&str] = if against { &["--package", "server"] } else { &[] };
    machine::run(machine::cargo().args(["build", "--release", "--package", "bench"]).args(servers))?;
    machine::run(Command::new(machine::target().join("release/bench")).args(arguments))
}

/// Installs `wrk`, which asks the server, when it is missing and the machine is a Debian.
fn find_wrk() -> anyhow::Result<()> {
    install("wrk", "", "wrk").context("or run `cargo xtask bench --host`, which does without it")
}

/// Installs a Debian package when its program is neither in the path nor below a folder of its own.
fn install(program: &str, folder: &str, package: &str) -> anyhow::Result<()> {
    let runs = Command::new(program).arg("--version").stdin(Stdio::null()).output().is_ok();
    let lies = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if runs || lies {
        return Ok(());
    }
    say::step(format!("{program} is missing: installing it with apt-get"));
    let install = ["install", "--yes", "--no-install-recommends", package];
    let first = machine::run(Command::new("apt-get").args(install));
    first
        .or_else(|_| {
            // The lists of packages may be older than the mirror.
            machine::run(Command::new("apt-get").arg("update"))?;
            machine::run(Command::new("apt-get").args(install))
        })
        .with_context(|| format!("install {package} by hand"))
}
