//! A plugin's source folder: what it is called, and how it is compiled.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, anyhow, bail};
use serde::Deserialize;

use crate::cli::print;

/// The target that plugins are built for.
pub(super) const WASM: &str = "wasm32-wasip2";

/// How a plugin is compiled, whatever its workspace says: small first, since every instance copies its pages.
const PROFILE: [&str; 6] = [
    "profile.guest.inherits=\"release\"",
    "profile.guest.opt-level=\"s\"",
    "profile.guest.lto=true",
    "profile.guest.codegen-units=1",
    "profile.guest.strip=true",
    "profile.guest.panic=\"abort\"",
];

/// The source folder of one plugin.
#[derive(Debug)]
pub(super) struct Project {
    folder: PathBuf,
}

/// One line of what cargo tells machines.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

impl Project {
    /// Opens a folder that holds `Cargo.toml` and `plugin.toml`.
    pub(super) fn open(folder: &Path) -> anyhow::Result<Project> {
        let folder = folder.canonicalize().with_context(|| format!("{} can't be read", folder.display()))?;
        for file in ["Cargo.toml", "plugin.toml"] {
            if !folder.join(file).is_file() {
                bail!("{} holds no {file}: parapet plugin new makes a folder that does", folder.display());
            }
        }
        Ok(Project { folder })
    }

    /// Reads the manifest's text.
    pub(super) fn manifest(&self) -> anyhow::Result<String> {
        let file = self.folder.join("plugin.toml");
        std::fs::read_to_string(&file).with_context(|| format!("{} can't be read", file.display()))
    }

    /// Compiles the plugin and finds the component that came out.
    pub(super) fn compile(&self) -> anyhow::Result<PathBuf> {
        let mut cargo = self.cargo();
        cargo.args(["build", "--lib", "--target", WASM, "--profile", "guest"]);
        cargo.args(["--message-format", "json-render-diagnostics"]);
        for setting in PROFILE {
            cargo.args(["--config", setting]);
        }
        let output = cargo.stderr(Stdio::inherit()).output().context("cargo can't be started")?;
        if !output.status.success() {
            if !has_target() {
                bail!("the target {WASM} is missing: rustup target add {WASM}");
            }
            bail!("the plugin doesn't compile");
        }
        let own = self.folder.join("Cargo.toml");
        let lines = String::from_utf8_lossy(&output.stdout);
        lines
            .lines()
            .filter_map(|line| serde_json::from_str::<Message>(line).ok())
            .filter(|message| message.reason == "compiler-artifact")
            .filter(|message| message.manifest_path.canonicalize().is_ok_and(|path| path == own))
            .flat_map(|message| message.filenames)
            .find(|file| file.extension().is_some_and(|extension| extension == "wasm"))
            .ok_or_else(|| {
                anyhow!(
                    "cargo built no component: Cargo.toml needs [lib] crate-type = [\"cdylib\", \"rlib\"]"
                )
            })
    }

    /// Runs the plugin's own tests, natively.
    pub(super) fn test(&self) -> anyhow::Result<()> {
        print::aside("cargo test");
        let status = self.cargo().arg("test").status().context("cargo can't be started")?;
        if !status.success() {
            bail!("the plugin's tests fail");
        }
        Ok(())
    }

    /// The newest change to anything the component is made of, to see whether it must be built again.
    pub(super) fn changed(&self) -> Option<std::time::SystemTime> {
        let mut folders = vec![self.folder.join("src")];
        let mut newest = None;
        let mut look = |path: &Path| newest = newest.max(path.metadata().and_then(|at| at.modified()).ok());
        look(&self.folder.join("Cargo.toml"));
        look(&self.folder.join("plugin.toml"));
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    look(&path);
                }
            }
        }
        newest
    }

    fn cargo(&self) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(&self.folder).stdin(Stdio::null());
        cargo
    }
}

/// Whether rustup has the target; without rustup nobody can say, and cargo's own words stand.
fn has_target() -> bool {
    let listed =
        Command::new("rustup").args(["target", "list", "--installed"]).stderr(Stdio::null()).output();
    listed.map_or(true, |output| String::from_utf8_lossy(&output.stdout).lines().any(|line| line == WASM))
}
