//! `parapet plugin build`, `check` and `test`: from source to one checked file.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use plugin::{Digest, Manifest, Package, package};
use serde_json::Value as Json;

use super::{project::Project, report};
use crate::{cli::print, exit::Exit};

/// Bytes of a component that `build` doesn't ask about; the server has a limit of its own.
const MOST: usize = 32 << 20;

/// Compiles the plugin and packs its manifest into one .wasm file.
#[derive(Debug, Args)]
pub(in crate::cli) struct Build {
    /// The plugin's folder.
    #[arg(long, default_value = ".", value_name = "DIR")]
    path: PathBuf,
    /// The file to write. Default: plugins/NAME-VERSION.wasm in cargo's target folder.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Compares a built plugin with its manifest and with what the host offers, without a server.
#[derive(Debug, Args)]
pub(in crate::cli) struct Check {
    /// The plugin's folder, which is built first, or a built .wasm file.
    #[arg(default_value = ".", value_name = "DIR|FILE")]
    path: PathBuf,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the plugin's own tests natively, then builds and checks it.
#[derive(Debug, Args)]
pub(in crate::cli) struct Test {
    /// The plugin's folder.
    #[arg(long, default_value = ".", value_name = "DIR")]
    path: PathBuf,
}

/// Which version a built plugin carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stamp {
    /// The manifest's.
    AsWritten,
    /// The manifest's with a mark of what was compiled: a server takes one version of a name only once.
    Changed,
}

/// One built file.
pub(super) struct Built {
    /// Where it is.
    pub(super) file: PathBuf,
    /// What it is.
    pub(super) bytes: Vec<u8>,
    /// What it says of itself.
    pub(super) package: Package,
}

impl Build {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let built = build(&Project::open(&self.path)?, self.out.as_deref(), Stamp::AsWritten)?;
        print::line(built.file.display());
        Ok(())
    }
}

/// Compiles a project, packs its manifest, and writes the file.
pub(super) fn build(project: &Project, out: Option<&Path>, stamp: Stamp) -> anyhow::Result<Built> {
    // The manifest first: its mistakes are found without waiting for the compiler.
    let mut manifest = Manifest::from_toml(&project.manifest()?)
        .map_err(|error| anyhow!("{error}"))
        .context("plugin.toml")
        .context(Exit::Plugin)?;
    let component = project.compile().context(Exit::Plugin)?;
    let bytes = std::fs::read(&component).with_context(|| component.display().to_string())?;
    if stamp == Stamp::Changed {
        let digest: String = Digest::of(&bytes).to_string().chars().take(12).collect();
        manifest.version.build = format!("watch.{digest}").parse()?;
    }
    let bytes = package::embed(&bytes, &manifest).context(Exit::Plugin)?;
    let package = Package::read(&bytes, MOST).context(Exit::Plugin)?;
    let file = match out {
        Some(file) => file.to_owned(),
        None => default_file(&component, &manifest),
    };
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    std::fs::write(&file, &bytes).with_context(|| file.display().to_string())?;
    let kilobytes = bytes.len().div_ceil(1024);
    print::aside(format!(
        "{} {}: {kilobytes} KiB, sha256 {}",
        manifest.name, manifest.version, package.digest
    ));
    Ok(Built { file, bytes, package })
}

/// `target/plugins/NAME-VERSION.wasm`, where `target/wasm32-wasip2/guest/x.wasm` came out.
fn default_file(component: &Path, manifest: &Manifest) -> PathBuf {
    let target = component.ancestors().nth(3).unwrap_or(Path::new("target"));
    target.join("plugins").join(format!("{}-{}.wasm", manifest.name, manifest.version))
}

impl Check {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let bytes = if self.path.is_dir() {
            build(&Project::open(&self.path)?, None, Stamp::AsWritten)?.bytes
        } else {
            std::fs::read(&self.path).with_context(|| self.path.display().to_string())?
        };
        check(&bytes, self.json)
    }
}

impl Test {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let project = Project::open(&self.path)?;
        project.test().context(Exit::Plugin)?;
        check(&build(&project, None, Stamp::AsWritten)?.bytes, false)
    }
}

/// Checks a built file and prints what was found.
fn check(bytes: &[u8], json: bool) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir().context("a folder for compiled code")?;
    let check = plugin::check(bytes, &plugin::Config::default(), scratch.path()).context(Exit::Plugin)?;
    let mut shown = serde_json::to_value(&check)?;
    if json {
        print::line(serde_json::to_string_pretty(&shown)?);
    } else {
        // The manifest is the author's own; a person wants to see what was found out.
        let manifest = shown.as_object_mut().and_then(|fields| fields.remove("manifest")).unwrap_or_default();
        for name in ["name", "version"] {
            print::line(format!("{name}: {}", manifest.get(name).and_then(Json::as_str).unwrap_or_default()));
        }
        print::lines(report::lines(&shown));
    }
    match check.problems.len() {
        0 => Ok(()),
        1 => Err(anyhow!("1 problem")).context(Exit::Plugin),
        count => Err(anyhow!("{count} problems")).context(Exit::Plugin),
    }
}
