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
    say::step("release build; the first one takes some minutes");
    machine::run(machine::cargo().args(["run", "--release", "--package", "bench", "--"]).args(arguments))
}

/// Installs `wrk`, which asks the server, when it is missing and the machine is a Debian.
fn find_wrk() -> anyhow::Result<()> {
    let found = Command::new("wrk").arg("--version").stdin(Stdio::null()).output();
    if found.is_ok() {
        return Ok(());
    }
    say::step("wrk is missing: installing it with apt-get");
    let install = ["install", "--yes", "--no-install-recommends", "wrk"];
    let first = machine::run(Command::new("apt-get").args(install));
    first
        .or_else(|_| {
            // The lists of packages may be older than the mirror.
            machine::run(Command::new("apt-get").arg("update"))?;
            machine::run(Command::new("apt-get").args(install))
        })
        .context("install wrk by hand, or run `cargo xtask bench --host`, which does without it")
}
