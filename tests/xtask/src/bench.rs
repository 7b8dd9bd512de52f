//! `cargo xtask bench`: runs the benchmarks of `tests/bench`.

use anyhow::bail;

use crate::machine;

/// Builds the benchmarks in release mode and runs them with the given arguments.
///
/// # Errors
/// Benchmarks that aren't there, don't build or fail.
pub(crate) fn run(arguments: &[&str]) -> anyhow::Result<()> {
    if !machine::root().join("tests/bench/Cargo.toml").is_file() {
        bail!("there are no benchmarks in tests/bench yet");
    }
    machine::complete_toolchain(&[])?;
    machine::run(machine::cargo().args(["run", "--release", "--package", "bench", "--"]).args(arguments))
}
