//! The crates of the workspace as cargo sees them.

use std::path::Path;

use cargo_metadata::MetadataCommand;
use toml::Value;

use super::tree::root;

/// One crate of ours.
pub(super) struct Member {
    pub(super) name: String,
    /// Relative to the root, with `/`.
    pub(super) folder: String,
    /// Its `lib.rs` or `main.rs`, relative to the root.
    pub(super) root: String,
    pub(super) uses: Vec<Used>,
}

/// One line of a crate's dependencies, of whatever kind.
pub(super) struct Used {
    pub(super) name: String,
    pub(super) ours: bool,
}

/// Lists the members of the workspace.
pub(super) fn members() -> Vec<Member> {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo describes the workspace");
    let packages = metadata.workspace_packages();
    assert!(packages.len() >= 13, "the workspace has {} members", packages.len());
    packages
        .iter()
        .map(|package| {
            let manifest = package.manifest_path.as_std_path();
            let target = package
                .targets
                .iter()
                .find(|target| {
                    !target.is_test() && !target.is_example() && !target.is_bench() && !target.is_bin()
                })
                .or_else(|| package.targets.first())
                .expect("a crate has a target");
            Member {
                name: package.name.to_string(),
                folder: relative(manifest.parent().expect("a manifest lies in a folder")),
                root: relative(target.src_path.as_std_path()),
                uses: package
                    .dependencies
                    .iter()
                    .map(|used| Used { name: used.name.clone(), ours: used.path.is_some() })
                    .collect(),
            }
        })
        .collect()
}

fn relative(path: &Path) -> String {
    let root = root().canonicalize().expect("the root is there");
    let path = path.canonicalize().expect("cargo names files that are there");
    path.strip_prefix(root).expect("members lie in the workspace").to_string_lossy().replace('\\', "/")
}

/// Reads the `Cargo.toml` of a folder.
pub(super) fn manifest(folder: &str) -> Value {
    let text =
        std::fs::read_to_string(root().join(folder).join("Cargo.toml")).expect("a manifest is readable");
    Value::Table(toml::from_str(&text).expect("a manifest is TOML"))
}

impl Member {
    /// Whether the workspace's lints hold for it.
    pub(super) fn inherits_lints(&self) -> bool {
        let manifest = manifest(&self.folder);
        let inherits = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        inherits.and_then(Value::as_bool) == Some(true)
    }

    /// Dependencies that name a version of their own.
    pub(super) fn versions_of_its_own(&self) -> Vec<String> {
        let manifest = manifest(&self.folder);
        let mut own = Vec::new();
        let mut tables = vec![&manifest];
        tables.extend(
            manifest.get("target").and_then(Value::as_table).into_iter().flat_map(|map| map.values()),
        );
        for table in tables {
            for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
                let Some(lines) = table.get(kind).and_then(Value::as_table) else { continue };
                let inherits = |line: &Value| line.get("workspace").and_then(Value::as_bool) == Some(true);
                own.extend(lines.iter().filter(|(_, line)| !inherits(line)).map(|(name, _)| name.clone()));
            }
        }
        own
    }
}
