//! The key file: what a first start makes, so that nobody runs with a well-known key.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use auth::Secret;

use crate::{config::Keys, folder};

/// Holds keys that were made just now, to be shown once.
///
/// Its `Debug` shows nothing of them.
pub struct Fresh {
    /// The file that keeps them.
    pub file: PathBuf,
    lines: Vec<(&'static str, String)>,
}

impl Fresh {
    /// The keys as lines to show to the person at the terminal: a name and the key.
    pub fn lines(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.lines.iter().map(|(name, key)| (*name, key.as_str()))
    }
}

impl std::fmt::Debug for Fresh {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fresh({} keys)", self.lines.len())
    }
}

/// The key file of a data folder.
pub fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("keys.toml")
}

/// Completes the keys of the settings from the key file, which is made if it is needed and not there.
///
/// Settings that name the application id and the master key are complete: the file isn't asked, so
/// a server that was told its keys never demands a client key that nobody told it. A first start
/// that was told nothing makes client keys too.
///
/// # Errors
/// A key file that can't be read, isn't private, or can't be written.
pub fn complete(keys: Keys, data_dir: &Path) -> anyhow::Result<(Keys, Option<Fresh>)> {
    if keys.app_id.is_some() && keys.master.is_some() {
        return Ok((keys, None));
    }
    if let Some(kept) = read(data_dir)? {
        return Ok((keys.or(kept), None));
    }
    auth::token::check_randomness()?;
    let silent = keys.is_silent();
    let mut made = Keys::default();
    let mut lines = Vec::new();
    if keys.app_id.is_none() {
        let id = auth::token::object_id(20);
        made.app_id = Some(id.clone());
        lines.push(("app_id", id));
    }
    let mut make = |wanted: bool, name: &'static str, field: &mut Option<Secret>| {
        if wanted {
            let key = auth::token::key();
            *field = Some(Secret::new(key.clone()));
            lines.push((name, key));
        }
    };
    make(keys.master.is_none(), "master", &mut made.master);
    make(silent, "rest", &mut made.rest);
    make(silent, "javascript", &mut made.javascript);
    make(silent, "client", &mut made.client);

    let mut text = String::from(
        "# The keys of this server, made at its first start. Keep this file as private as the data.\n\
         # Keys in the settings file or in the environment come before these.\n",
    );
    for (name, key) in &lines {
        text.push_str(&format!("{name} = \"{key}\"\n"));
    }
    let file = path(data_dir);
    folder::write_private(&file, text.as_bytes()).context("the key file")?;
    Ok((keys.or(made), Some(Fresh { file, lines })))
}

/// Reads the key file; `None` if there is none.
///
/// # Errors
/// A file that isn't private, or that holds something else than keys. Nothing of it is quoted.
pub fn read(data_dir: &Path) -> anyhow::Result<Option<Keys>> {
    let file = path(data_dir);
    let Some(text) = folder::read_private(&file)? else { return Ok(None) };
    crate::config::parse_keys(&text).with_context(|| format!("the key file {}", file.display())).map(Some)
}

/// Reads 32 bytes that this server alone knows, made at the first start.
///
/// # Errors
/// A file that isn't private or holds something else, or that can't be written.
pub fn server_key(keys_dir: &Path, name: &str) -> anyhow::Result<[u8; 32]> {
    folder::make(keys_dir)?;
    let file = keys_dir.join(name);
    let wrong = || format!("{} doesn't hold a key of 64 hex digits", file.display());
    let mut key = [0; 32];
    match folder::read_private(&file)? {
        Some(text) => hex::decode_to_slice(text.trim(), &mut key).map_err(|_| anyhow::anyhow!(wrong()))?,
        None => {
            getrandom::fill(&mut key).map_err(|_| anyhow::anyhow!("this machine has no randomness"))?;
            folder::write_private(&file, hex::encode(key).as_bytes())?;
        }
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_first_start_makes_all_keys_once() {
        let temp = tempfile::tempdir().unwrap();
        let (first, fresh) = complete(Keys::default(), temp.path()).unwrap();
        let fresh = fresh.unwrap();
        let names: Vec<&str> = fresh.lines().map(|(name, _)| name).collect();
        assert_eq!(names, ["app_id", "master", "rest", "javascript", "client"]);
        let shown: Vec<String> = fresh.lines().map(|(_, key)| key.to_owned()).collect();
        assert!(shown.iter().all(|key| key.len() >= 20));
        assert_eq!(format!("{fresh:?}"), "Fresh(5 keys)");
        let first = first.resolve().unwrap();
        let (again, none) = complete(Keys::default(), temp.path()).unwrap();
        let again = again.resolve().unwrap();
        assert!(none.is_none() && again.app_id == first.app_id && again.master.matches(&shown[1]));
        assert!(again.rest.unwrap().matches(&shown[2]));
    }

    #[test]
    fn told_keys_stay_and_nothing_else_is_made() {
        let temp = tempfile::tempdir().unwrap();
        let told = Keys { app_id: Some("a".into()), master: Some("m".into()), ..Keys::default() };
        let (keys, fresh) = complete(told, temp.path()).unwrap();
        assert!(fresh.is_none() && keys.rest.is_none() && !path(temp.path()).exists());
        let half = Keys { app_id: Some("a".into()), ..Keys::default() };
        let (keys, fresh) = complete(half, temp.path()).unwrap();
        assert_eq!(fresh.unwrap().lines().map(|(name, _)| name).collect::<Vec<_>>(), ["master"]);
        assert!(keys.rest.is_none() && keys.app_id.as_deref() == Some("a"));
    }

    #[test]
    fn a_spoilt_key_file_quotes_nothing() {
        let temp = tempfile::tempdir().unwrap();
        folder::write_private(&path(temp.path()), b"app_id = \"a\"\nmasterr = \"hunter2\"\n").unwrap();
        let said = format!("{:#}", complete(Keys::default(), temp.path()).unwrap_err());
        assert!(said.contains("line 2: there is no setting masterr; did you mean master?"), "{said}");
        assert!(!said.contains("hunter2"));
    }

    #[test]
    fn a_server_key_stays_the_same() {
        let temp = tempfile::tempdir().unwrap();
        let key = server_key(temp.path(), "cache.key").unwrap();
        assert_eq!(server_key(temp.path(), "cache.key").unwrap(), key);
        assert_ne!(server_key(temp.path(), "other.key").unwrap(), key);
        folder::write_private(&temp.path().join("cache.key"), b"xyz").unwrap();
        assert!(server_key(temp.path(), "cache.key").unwrap_err().to_string().contains("64 hex digits"));
    }
}
