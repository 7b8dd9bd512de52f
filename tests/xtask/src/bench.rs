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
    let against = arguments.iter().any(|argument| argument.starts_with("--against"));
    if against || !arguments.iter().any(|argument| ["--quick", "--host", "--help"].contains(argument)) {
        find_wrk()?;
    }
    if against {
        machine::install_postgres()?;
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
    if Command::new("wrk").arg("--version").stdin(Stdio::null()).output().is_ok() {
        return Ok(());
    }
    machine::install_from_debian(&["wrk"]).context("or run `cargo xtask bench --host`, which does without it")
}
