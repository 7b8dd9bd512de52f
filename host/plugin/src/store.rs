//! The plugin folder: components by digest, and one signed file that says which of them are at work.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use semver::Version;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::{Approval, Digest, Error, Result, file};

/// Everything that survives a restart.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Saved {
    /// Grows with every change of what is at work.
    pub(crate) generation: u64,
    pub(crate) plugins: BTreeMap<String, Entry>,
}

/// One plugin, with all its versions.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// In the order in which they were installed.
    pub(crate) versions: Vec<Installed>,
    pub(crate) approvals: Vec<Approval>,
    /// The id of the approval under which it works now.
    pub(crate) active: Option<String>,
    /// Approvals under which it worked before, the latest last; `None` stands for a time when it was disabled.
    pub(crate) history: Vec<Step>,
}

/// One installed version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installed {
    /// The version that its manifest names.
    pub version: Version,
    /// Its component.
    pub digest: Digest,
    /// The component's size in bytes.
    pub size: usize,
    /// Who installed it.
    pub by: String,
    /// When, in RFC 3339.
    pub at: String,
}

/// One change of what is at work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The generation that it began.
    pub generation: u64,
    /// The approval that it put to work; `None` when it disabled the plugin.
    pub approval: Option<String>,
    /// Who did it.
    pub by: String,
    /// When, in RFC 3339.
    pub at: String,
}

impl Entry {
    pub(crate) fn approval(&self, id: &str) -> Option<&Approval> {
        self.approvals.iter().find(|approval| approval.id == id)
    }

    /// The approval under which the plugin works now.
    pub(crate) fn current(&self) -> Option<&Approval> {
        self.approval(self.active.as_deref()?)
    }
}

/// The folder.
pub(crate) struct Store {
    dir: PathBuf,
    key: [u8; 32],
}

impl Store {
    /// Opens the folder, for this user alone.
    pub(crate) fn open(dir: &Path, key: [u8; 32]) -> Result<Store> {
        let store = Store { dir: dir.to_owned(), key };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(store.components()).map_err(|error| {
            Error::internal(format!("{} can't be made", store.components().display()), error)
        })?;
        file::keep_private(dir)?;
        Ok(store)
    }

    fn components(&self) -> PathBuf {
        self.dir.join("components")
    }

    fn component_path(&self, digest: Digest) -> PathBuf {
        self.components().join(format!("{digest}.wasm"))
    }

    fn state_path(&self) -> PathBuf {
        self.dir.join("state.json")
    }

    fn mac(&self, json: &[u8]) -> Result<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key)
            .map_err(|error| Error::internal("the plugin state can't be signed", error))?;
        mac.update(b"parapet plugin state\0");
        mac.update(json);
        Ok(mac)
    }

    /// Reads what is at work; nothing when there never was anything.
    ///
    /// # Errors
    /// [`Error::Internal`] when the file isn't what this server wrote: grants that somebody edited aren't grants.
    pub(crate) fn load(&self) -> Result<Saved> {
        let path = self.state_path();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Saved::default()),
            Err(error) => return Err(Error::internal(format!("{} can't be read", path.display()), error)),
        };
        let (mac, json) = text.split_once('\n').unwrap_or_default();
        let given = hex::decode(mac).unwrap_or_default();
        if self.mac(json.as_bytes())?.verify_slice(&given).is_err() {
            return Err(Error::internal(
                format!("{} isn't what this server wrote", path.display()),
                "its signature doesn't fit; restore the file, or remove it and install the plugins again",
            ));
        }
        serde_json::from_str(json)
            .map_err(|error| Error::internal(format!("{} can't be read", path.display()), error))
    }

    /// Writes what is at work; it is durable when this returns.
    pub(crate) fn save(&self, saved: &Saved) -> Result<()> {
        let json = serde_json::to_string_pretty(saved)
            .map_err(|error| Error::internal("the plugin state can't be written", error))?;
        let mac = self.mac(json.as_bytes())?.finalize().into_bytes();
        file::replace(&self.state_path(), format!("{}\n{json}", hex::encode(mac)).as_bytes())
    }

    /// Keeps a component. What is there already under the digest has the same bytes.
    pub(crate) fn keep(&self, digest: Digest, bytes: &[u8]) -> Result<()> {
        let path = self.component_path(digest);
        if fs::read(&path).is_ok_and(|kept| Digest::of(&kept) == digest) {
            return Ok(());
        }
        file::replace(&path, bytes)
    }

    /// Reads a component back.
    ///
    /// # Errors
    /// [`Error::Internal`] when it is gone, or isn't what its name says.
    pub(crate) fn component(&self, digest: Digest) -> Result<Vec<u8>> {
        let path = self.component_path(digest);
        let bytes = fs::read(&path)
            .map_err(|error| Error::internal(format!("{} can't be read", path.display()), error))?;
        match Digest::of(&bytes) == digest {
            true => Ok(bytes),
            false => {
                Err(Error::internal(format!("{} was changed", path.display()), "its digest doesn't fit"))
            }
        }
    }

    /// Removes a component.
    pub(crate) fn forget(&self, digest: Digest) {
        if let Err(error) = fs::remove_file(self.component_path(digest)) {
            tracing::warn!(%digest, %error, "a removed plugin's component stays on disk");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_survives_and_is_nobody_elses() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), [1; 32]).unwrap();
        assert_eq!(store.load().unwrap().generation, 0);
        let mut saved = Saved { generation: 7, ..Saved::default() };
        saved.plugins.insert("guard".to_owned(), Entry::default());
        store.save(&saved).unwrap();
        assert_eq!(store.load().unwrap().generation, 7);
        let text = fs::read_to_string(store.state_path()).unwrap();
        fs::write(store.state_path(), text.replace("\"generation\": 7", "\"generation\": 8")).unwrap();
        assert!(store.load().unwrap_err().to_string().contains("isn't what this server wrote"));
        fs::write(store.state_path(), text).unwrap();
        assert!(Store::open(dir.path(), [2; 32]).unwrap().load().is_err());
    }

    #[test]
    fn components_are_what_their_names_say() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), [1; 32]).unwrap();
        let digest = Digest::of(b"bytes");
        assert!(store.component(digest).is_err());
        store.keep(digest, b"bytes").unwrap();
        assert_eq!(store.component(digest).unwrap(), b"bytes");
        fs::write(store.component_path(digest), b"other").unwrap();
        assert!(store.component(digest).unwrap_err().to_string().contains("was changed"));
        store.keep(digest, b"bytes").unwrap();
        assert!(store.component(digest).is_ok());
        store.forget(digest);
        assert!(store.component(digest).is_err());
    }
}
