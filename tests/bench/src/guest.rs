//! The guest that is measured, built and packed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

/// Its class.
pub(crate) const CLASS: &str = "Patient";
/// Its name.
pub(crate) const NAME: &str = "measure";

/// Builds the guest for the sandbox and puts its manifest in.
///
/// # Errors
/// A guest that doesn't build.
pub(crate) fn build() -> anyhow::Result<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).context("the workspace")?;
    let target = match std::env::var_os("CARGO_TARGET_DIR").filter(|path| !path.is_empty()) {
        Some(path) => std::path::absolute(PathBuf::from(path))?,
        None => root.join("target"),
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--target", "wasm32-wasip2", "--profile", "guest"]);
    let status = build.args(["--package", "guests", "--example", NAME]).current_dir(root).status()?;
    if !status.success() {
        bail!("the guest doesn't build for wasm32-wasip2 ({status})");
    }
    let file = target.join("wasm32-wasip2/guest/examples").join(format!("{NAME}.wasm"));
    let component = std::fs::read(&file).with_context(|| file.display().to_string())?;
    let manifest = std::fs::read_to_string(root.join(format!("tests/guests/{NAME}.toml")))?;
    Ok(plugin::embed(&component, &plugin::Manifest::from_toml(&manifest)?)?)
}
