//! Signed heads of the log (C2SP tlog-checkpoint).

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::SigningKey;

use crate::error::Error;
use crate::note::{self, VKey};
use crate::tree::Hash;

/// A signed statement that the log of an origin has so many records and this root.
///
/// Whoever keeps one outside of the server can later prove that the log was cut or rewritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    note: Arc<str>,
}

impl Checkpoint {
    /// Signs a head.
    pub(crate) fn sign(origin: &str, size: u64, root: Hash, key: &SigningKey) -> Self {
        let text = format!("{origin}\n{size}\n{}\n", BASE64.encode(root));
        Checkpoint { origin: origin.to_owned(), size, root, note: note::sign(&text, origin, key).into() }
    }

    /// Reads a checkpoint without checking its signature.
    ///
    /// # Errors
    ///
    /// [`Error::Untrusted`] when it is malformed.
    pub fn parse(note: &str) -> Result<Self, Error> {
        let (text, _) = note::split(note)?;
        let mut lines = text.lines();
        let origin = lines.next().filter(|line| !line.is_empty());
        let size = lines.next().and_then(decimal);
        let root = lines.next().and_then(|line| BASE64.decode(line).ok()?.try_into().ok());
        match (origin, size, root) {
            (Some(origin), Some(size), Some(root)) if lines.all(|line| !line.is_empty()) => {
                Ok(Checkpoint { origin: origin.to_owned(), size, root, note: note.into() })
            }
            _ => Err(Error::Untrusted("the checkpoint is malformed")),
        }
    }

    /// Reads a checkpoint that the log of this key has signed.
    ///
    /// # Errors
    ///
    /// [`Error::Untrusted`] when it is malformed, of another origin, changed, or signed by another key.
    pub fn open(note: &str, vkey: &VKey) -> Result<Self, Error> {
        vkey.open(note)?;
        let checkpoint = Checkpoint::parse(note)?;
        if checkpoint.origin != vkey.name() {
            return Err(Error::Untrusted("the checkpoint is of another log"));
        }
        Ok(checkpoint)
    }

    /// Shows of which log it speaks.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Tells how many records the log had.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Shows the root of the tree over these records.
    pub fn root(&self) -> &Hash {
        &self.root
    }
}

/// The signed note itself.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.note)
    }
}

fn decimal(line: &str) -> Option<u64> {
    let canonical = line == "0" || !line.starts_with('0');
    (canonical && line.bytes().all(|b| b.is_ascii_digit())).then(|| line.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_as_signed() {
        let key = SigningKey::from_bytes(&[1; 32]);
        let vkey = VKey::new("h/audit/a", key.verifying_key());
        let checkpoint = Checkpoint::sign("h/audit/a", 12, [3; 32], &key);
        assert_eq!(Checkpoint::open(&checkpoint.to_string(), &vkey).unwrap(), checkpoint);
        let other = VKey::new("h/audit/b", key.verifying_key());
        assert!(Checkpoint::open(&checkpoint.to_string(), &other).is_err());
        // Signed by the right key, but speaking of another log.
        let foreign = note::sign("h/audit/b\n1\nAAAA\n", "h/audit/a", &key);
        assert!(Checkpoint::open(&foreign, &vkey).is_err());
        for bad in
            ["", "a\n1\n\n", "a\n01\nAAAA\n\n— a b\n", "a\n+1\nAAAA\n\n— a b\n", "a\n1\nAAAA\n\n— a b\n"]
        {
            assert!(Checkpoint::parse(bad).is_err(), "{bad:?}");
        }
    }
}
