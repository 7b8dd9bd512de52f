//! `cargo xtask demo`: the whole product in one terminal.

mod lines;
mod server;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::{machine, say};
use server::Server;

/// The plugin that the demo runs.
const PLUGIN: &str = "patient-guard";

/// Builds and starts everything, then shows what it does.
///
/// With `once` the lines are run here, every answer is checked, and the server ends; without, the
/// lines are printed for the person to run, and the server stays up until Ctrl-C.
///
/// # Errors
/// What can't be built or started, and with `once` the number of answers that weren't right.
pub(crate) fn run(once: bool) -> anyhow::Result<()> {
    // Ctrl-C reaches every command that runs here, which ends by itself; this one then cleans up.
    ctrlc::set_handler(|| {}).context("Ctrl-C can't be waited for")?;
    machine::complete_toolchain(&[])?;
    say::step("building the server (the first time takes some minutes)");
    // Of the whole workspace, so that dependencies get the features that the tests build them with.
    machine::run(machine::cargo().args(["build", "--workspace", "--bin", "parapet"]))?;
    let parapet = machine::target().join("debug/parapet");
    let folder = Folder::make()?;

    say::step("building the plugin plugins/patient-guard");
    let component = folder.0.join("patient-guard.wasm");
    machine::run(
        command(&parapet)
            .args(["plugin", "build", "--path"])
            .arg(machine::root().join("plugins").join(PLUGIN))
            .arg("--out")
            .arg(&component),
    )?;

    say::step("starting the server on an empty SQLite database");
    let server = Server::start(&parapet, &folder.0.join("data"))?;

    say::step("installing, approving and activating the plugin");
    let target = ["--server".to_owned(), server.url(), "--data-dir".to_owned(), server.data_dir()];
    let plugin = |words: &[&str]| machine::read(command(&parapet).arg("plugin").args(words).args(&target));
    plugin(&["install", &component.display().to_string()])?;
    plugin(&["approve", PLUGIN, "--by", "demo", "--yes"])?;
    plugin(&["activate", PLUGIN])?;

    say::step("seeding a few made-up patients");
    let story = lines::Story::prepare(&server, &parapet)?;

    if once {
        let wrong = story.tell_and_check(&server)?;
        server.stop()?;
        if wrong > 0 {
            bail!("{wrong} of the answers were not right");
        }
        say::line("\nEvery answer was right.");
        return Ok(());
    }
    story.print();
    server.wait()
}

/// A command without settings of this terminal that would change what the demo shows.
fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text == "PORT" || text.starts_with("PARAPET_") || text.starts_with("PARSE_SERVER_") {
            command.env_remove(&name);
        }
    }
    command
}

/// A fresh folder, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn make() -> anyhow::Result<Folder> {
        let path = std::env::temp_dir().join(format!("parapet-demo-{}", std::process::id()));
        std::fs::create_dir(&path).with_context(|| format!("{} can't be made", path.display()))?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
