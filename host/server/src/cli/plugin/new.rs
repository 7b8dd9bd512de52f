//! `parapet plugin new`: the folder of a new plugin.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;

use crate::{cli::print, exit::Exit};

/// The files of the template, which lies with the SDK.
const FILES: [(&str, &str); 6] = [
    ("Cargo.toml", include_str!("../../../../../sdk/rust/template/Cargo.toml.in")),
    ("plugin.toml", include_str!("../../../../../sdk/rust/template/plugin.toml.in")),
    ("src/lib.rs", include_str!("../../../../../sdk/rust/template/src/lib.rs.in")),
    ("events/save.json", include_str!("../../../../../sdk/rust/template/events/save.json.in")),
    ("README.md", include_str!("../../../../../sdk/rust/template/README.md.in")),
    (".gitignore", include_str!("../../../../../sdk/rust/template/.gitignore.in")),
];

/// Writes the folder of a new plugin from a template.
#[derive(Debug, Args)]
pub(in crate::cli) struct New {
    /// The plugin's name: lower-case letters, digits and hyphens, a letter first.
    name: String,
    /// The folder to make. Default: the name.
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,
    /// The folder of the SDK: `sdk/rust` of a checkout of Parapet. It isn't published yet.
    #[arg(long, value_name = "DIR")]
    sdk_path: Option<PathBuf>,
}

impl New {
    pub(super) fn run(self) -> anyhow::Result<()> {
        if !is_name(&self.name) {
            bail!(
                anyhow::anyhow!(
                    "a name is a lower-case letter, then up to 62 lower-case letters, digits and hyphens"
                )
                .context(Exit::Plugin)
            );
        }
        let sdk = match &self.sdk_path {
            Some(path) => from_folder(path)?,
            // A name that nobody has taken on a registry could be taken by somebody else.
            None => bail!(
                anyhow::anyhow!(
                    "say with --sdk-path where the SDK is: the folder sdk/rust of a checkout of Parapet"
                )
                .context(Exit::Plugin)
            ),
        };
        let folder = self.path.clone().unwrap_or_else(|| PathBuf::from(&self.name));
        write(&folder, &self.name, &sdk)?;
        print::line(format!("{} is a plugin now. Next:", folder.display()));
        print::line(format!("  cd {} && parapet plugin test", folder.display()));
        Ok(())
    }
}

fn is_name(name: &str) -> bool {
    name.len() <= 63
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// The dependency on an SDK in a folder, as a value of TOML.
fn from_folder(path: &Path) -> anyhow::Result<String> {
    let path = path.canonicalize().with_context(|| format!("the SDK in {}", path.display()))?;
    if !path.join("Cargo.toml").is_file() {
        bail!("{} holds no Cargo.toml: name the folder of the SDK", path.display());
    }
    Ok(format!("{{ path = {} }}", toml::Value::from(path.to_string_lossy().into_owned())))
}

fn write(folder: &Path, name: &str, sdk: &str) -> anyhow::Result<()> {
    if folder.exists() {
        bail!("{} is there already", folder.display());
    }
    for (file, template) in FILES {
        let path = folder.join(file);
        if let Some(above) = path.parent() {
            std::fs::create_dir_all(above).with_context(|| above.display().to_string())?;
        }
        let text = template
            .replace("{{name}}", name)
            .replace("{{module}}", &name.replace('-', "_"))
            .replace("{{sdk}}", sdk);
        std::fs::write(&path, text).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_placeholder_is_filled_and_the_manifest_is_good() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("note-guard");
        write(&folder, "note-guard", "\"0.1.0\"").unwrap();
        for (file, _) in FILES {
            let text = std::fs::read_to_string(folder.join(file)).unwrap();
            assert!(!text.contains("{{"), "{file}");
        }
        let manifest = std::fs::read_to_string(folder.join("plugin.toml")).unwrap();
        assert_eq!(plugin::Manifest::from_toml(&manifest).unwrap().name, "note-guard");
        let cargo: toml::Table = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap().parse().unwrap();
        assert_eq!(cargo["dependencies"]["parapet"].as_str(), Some("0.1.0"));
        assert!(write(&folder, "note-guard", "\"0.1.0\"").is_err(), "nothing is written over");
    }

    #[test]
    fn an_sdk_in_a_folder_is_named_by_its_whole_path() {
        let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/rust");
        let value = from_folder(&sdk).unwrap();
        assert!(value.starts_with("{ path = \"/") && value.ends_with("sdk/rust\" }"), "{value}");
        assert!(from_folder(Path::new("/nowhere")).is_err());
    }

    #[test]
    fn names_are_checked() {
        assert!(is_name("a1-b") && is_name(&"a".repeat(63)));
        for bad in ["", "1a", "-a", "A", "a_b", "a/b", &"a".repeat(64)] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
