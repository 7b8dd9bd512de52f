//! Plugins, built when a scenario first asks for them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};

use cargo_metadata::MetadataCommand;
use plugin::{Manifest, package};

/// The root of the workspace.
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the tests lie in the workspace").to_owned()
}

/// Cargo's target folder, wherever the environment puts it.
pub fn target() -> &'static Path {
    static TARGET: OnceLock<PathBuf> = OnceLock::new();
    TARGET.get_or_init(|| {
        let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec();
        metadata.expect("cargo describes the workspace").target_directory.into_std_path_buf()
    })
}

/// The packed component of a package in `plugins/` or `examples/`.
pub fn plugin(package: &str) -> Vec<u8> {
    let folder = ["plugins", "examples"].iter().map(|place| root().join(place).join(package));
    let folder = folder.into_iter().find(|folder| folder.join("plugin.toml").exists());
    let folder = folder.unwrap_or_else(|| panic!("no plugin.toml of {package} in plugins/ or examples/"));
    let manifest = std::fs::read_to_string(folder.join("plugin.toml")).expect("a manifest is readable");
    let artifact = format!("{}.wasm", package.replace('-', "_"));
    pack(&compile(package, &["--lib"], &artifact), &manifest)
}

/// The packed component of one of the test guests, with a manifest.
pub fn misbehaving(guest: &str, manifest: &str) -> Vec<u8> {
    let artifact = format!("examples/{}.wasm", guest.replace('-', "_"));
    pack(&compile("guests", &["--example", guest], &artifact), manifest)
}

/// Embeds a manifest into a bare component.
pub fn pack(component: &[u8], manifest: &str) -> Vec<u8> {
    let manifest = Manifest::from_toml(manifest).unwrap_or_else(|error| panic!("plugin.toml: {error}"));
    package::embed(component, &manifest)
        .unwrap_or_else(|error| panic!("the component can't be packed: {error}"))
}

/// Compiles for the sandbox, once in the life of this process, and gives the bare component.
pub fn compile(package: &str, what: &[&str], artifact: &str) -> Vec<u8> {
    type Built = BTreeMap<String, Vec<u8>>;
    static BUILT: Mutex<Built> = Mutex::new(Built::new());
    // Held while cargo runs: a second one would only wait for cargo's own lock.
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(component) = built.get(artifact) {
        return component.clone();
    }
    let status = cargo()
        .args(["build", "--quiet", "--target", "wasm32-wasip2", "--profile", "guest", "--package", package])
        .args(what)
        .status()
        .expect("cargo runs");
    assert!(status.success(), "{package} doesn't build for wasm32-wasip2: is the target installed?");
    let file = target().join("wasm32-wasip2/guest").join(artifact);
    let component = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    built.insert(artifact.to_owned(), component.clone());
    component
}

/// Cargo, in the workspace, with what a running `cargo test` tells its children taken back.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "CARGO_CRATE_NAME"
        {
            cargo.env_remove(&*name);
        }
    }
    cargo
}
