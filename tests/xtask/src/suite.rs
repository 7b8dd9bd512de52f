//! `cargo xtask test`: everything that CI runs, in the order that fails soonest.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use servers::{mongodb, postgres};

use crate::{demo, machine, say};

/// Folders of JavaScript that the tests run.
const NODE: [&str; 3] = ["tests/js", "tests/peer", "examples/client-js"];

/// Installs what the tests need, then runs them all.
///
/// # Errors
/// The first step that fails.
pub(crate) fn run() -> anyhow::Result<()> {
    say::step("what the tests need");
    machine::complete_toolchain(&["rustfmt", "clippy"])?;
    for folder in NODE.iter().map(|folder| machine::root().join(folder)).filter(|folder| has_packages(folder))
    {
        machine::install_packages(&folder)?;
    }
    machine::install_postgres()?;
    mongodb::program().map_err(|error| anyhow!(error))?;
    say::step("format");
    machine::run(machine::cargo().args(["fmt", "--all", "--check"]))?;
    say::step("lints");
    machine::run(machine::cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]))?;
    say::step("documentation");
    // Only libraries: the binary `parapet` and the crate of plugin authors would share one folder.
    machine::run(
        machine::cargo()
            .args(["doc", "--workspace", "--no-deps", "--lib", "--locked"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    say::step("tests");
    // It stops when this function ends, whatever comes of the tests, and when this process does.
    let (_server, uri) = postgres::for_a_run().map_err(|error| anyhow!(error))?;
    machine::run(machine::cargo().args(["test", "--workspace", "--locked"]).env(postgres::VARIABLE, &uri))?;
    for backend in ["postgresql", "mongodb"] {
        say::step(format!("scenarios on {backend}"));
        let scenarios =
            ["test", "--workspace", "--locked", "--test", "all", "--", "rest::", "hook::", "audit::"];
        let mut cargo = machine::cargo();
        machine::run(cargo.args(scenarios).env("KIT_DATABASE", backend).env(postgres::VARIABLE, &uri))?;
    }
    say::step("demo");
    demo::run(true)
}

fn has_packages(folder: &Path) -> bool {
    let lock: PathBuf = folder.join("package-lock.json");
    lock.is_file()
}
