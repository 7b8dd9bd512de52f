//! `cargo xtask test`: everything that CI runs, in the order that fails soonest.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, anyhow};
use serde_json::Value;
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
    let scenarios = scenarios()?;
    for backend in ["postgresql", "mongodb"] {
        say::step(format!("scenarios on {backend}"));
        let mut command = Command::new(&scenarios);
        command.current_dir(machine::root().join("tests")).args(["rest::", "hook::", "audit::"]);
        machine::run(command.env("KIT_DATABASE", backend).env(postgres::VARIABLE, &uri))?;
    }
    say::step("demo");
    demo::run(true)
}

/// The program of the scenarios, as the step before has built it: asked to run it alone, cargo may choose other features for
/// what it depends on, and build all that again.
fn scenarios() -> anyhow::Result<PathBuf> {
    let mut cargo = machine::cargo();
    let told =
        machine::read(cargo.args(["test", "--workspace", "--locked", "--no-run", "--message-format=json"]))?;
    let text = |artifact: &Value, at: &str| Some(artifact.pointer(at)?.as_str()?.to_owned());
    let program = told.lines().filter_map(|line| serde_json::from_str(line).ok()).find_map(|artifact| {
        let ours = text(&artifact, "/target/kind/0")? == "test" && text(&artifact, "/target/name")? == "all";
        text(&artifact, "/executable").filter(|_| ours).map(PathBuf::from)
    });
    program.context("cargo doesn't tell where the scenarios are")
}

fn has_packages(folder: &Path) -> bool {
    let lock: PathBuf = folder.join("package-lock.json");
    lock.is_file()
}
