//! The log's own secrets.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::files;
use crate::note::VKey;
use crate::reference::RefKey;

/// The key that signs checkpoints and the key that makes references; both are wiped when dropped.
#[derive(Clone)]
pub struct Keys {
    signing: SigningKey,
    reference: RefKey,
}

impl Keys {
    /// Reads the keys from `log.key` and `ref.key` in a folder, and makes those that don't exist yet.
    ///
    /// Each file holds 64 hexadecimal digits and is readable by its owner only. Back them up apart from the log:
    /// without `ref.key` nobody can find the records about an object, with `log.key` somebody can sign another history.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the folder can't be read or written; [`Error::Invalid`] when a file holds no key or others
    /// may read it.
    pub fn open(dir: &Path) -> Result<Keys, Error> {
        files::create_dir(dir)?;
        let signing = SigningKey::from_bytes(&*secret(&dir.join("log.key"))?);
        let reference = RefKey::from_bytes(*secret(&dir.join("ref.key"))?);
        Ok(Keys { signing, reference })
    }

    /// Makes keys that live only in memory, for tests.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when the system gives no random numbers.
    pub fn ephemeral() -> Result<Keys, Error> {
        Ok(Keys { signing: SigningKey::from_bytes(&*random()?), reference: RefKey::from_bytes(*random()?) })
    }

    /// Gives the verifier key of the log with this origin.
    pub fn vkey(&self, origin: &str) -> VKey {
        VKey::new(origin, self.signing.verifying_key())
    }

    /// Gives the key that makes references.
    pub fn reference(&self) -> &RefKey {
        &self.reference
    }

    /// Gives the key that signs checkpoints.
    pub(crate) fn signing(&self) -> &SigningKey {
        &self.signing
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys([secret])")
    }
}

type Secret = Zeroizing<[u8; 32]>;

fn random() -> Result<Secret, Error> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *bytes)
        .map_err(|_| Error::Invalid { what: "system", why: "it gives no random numbers" })?;
    Ok(bytes)
}

fn secret(path: &Path) -> Result<Secret, Error> {
    match read(path)? {
        Some(secret) => Ok(secret),
        None => {
            let text = Zeroizing::new(hex::encode(*random()?) + "\n");
            // Two processes may start at once: the first one's key counts for both.
            files::create_once(path, text.as_bytes())?;
            read(path)?.ok_or(Error::NotFound("the key that was just made"))
        }
    }
}

fn read(path: &Path) -> Result<Option<Secret>, Error> {
    let text = match fs::read(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("read", path, error)),
    };
    let mode = fs::metadata(path).map_err(|error| Error::io("inspect", path, error))?.mode();
    if mode & 0o077 != 0 {
        return Err(Error::Invalid {
            what: "key file",
            why: "others than its owner may read it (chmod 600)",
        });
    }
    let mut bytes = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim_ascii(), &mut *bytes)
        .map_err(|_| Error::Invalid { what: "key file", why: "it does not hold 64 hexadecimal digits" })?;
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn are_made_once_and_kept_private() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("keys");
        let made = Keys::open(&dir).unwrap();
        let read = Keys::open(&dir).unwrap();
        assert_eq!(made.vkey("a/audit/b"), read.vkey("a/audit/b"));
        let reference = |keys: &Keys| keys.reference().of("Patient", "a1");
        assert_eq!(reference(&made), reference(&read));
        assert_ne!(reference(&made), RefKey::from_bytes(made.signing().to_bytes()).of("Patient", "a1"));
        for file in ["log.key", "ref.key"] {
            assert_eq!(fs::metadata(dir.join(file)).unwrap().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::metadata(&dir).unwrap().mode() & 0o777, 0o700);
        assert_eq!(format!("{made:?}"), "Keys([secret])");

        fs::set_permissions(dir.join("log.key"), PermissionsExt::from_mode(0o644)).unwrap();
        assert!(matches!(Keys::open(&dir), Err(Error::Invalid { .. })));
        fs::set_permissions(dir.join("log.key"), PermissionsExt::from_mode(0o600)).unwrap();
        fs::write(dir.join("log.key"), "short").unwrap();
        assert!(matches!(Keys::open(&dir), Err(Error::Invalid { .. })));
    }
}
