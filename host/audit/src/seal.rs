//! Keyed digests of what a write has stored.

use std::fmt;

use hmac::{Hmac, Mac};
use serde::{Serialize, Serializer};
use sha2::Sha256;

use crate::name::Name;
use crate::reference::{Ref, RefKey, cut};

/// The keyed digest of an object's content: it shows a change, and tells nobody without the key what stands there.
///
/// Without a key the digest of a diagnosis would be found by trying all diagnoses. With it, whoever may compare
/// objects with the trail could try as well, so the key stays with the one of the pseudonyms and goes with it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Content([u8; 16]);

impl Content {
    /// Takes the digest's bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Content(bytes)
    }

    /// Shows the digest's bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({})", hex::encode(self.0))
    }
}

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0))
    }
}

/// What an operation left of one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seal {
    /// Its class.
    pub class: Name,
    /// Its pseudonym.
    #[serde(rename = "ref")]
    pub reference: Ref,
    /// The digest of its content; `None` when it is gone.
    pub content: Option<Content>,
}

/// The secret that turns content into digests; made from the one of the pseudonyms, so that it lives as long.
/// Kept as that one is: as HMAC's state after the key, wiped when dropped.
#[derive(Clone)]
pub struct SealKey(Hmac<Sha256>);

impl SealKey {
    pub(crate) fn of(key: &RefKey) -> SealKey {
        SealKey(key.derive(b"content"))
    }

    /// Begins a digest.
    pub fn start(&self) -> Sealer {
        Sealer(self.0.clone())
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey([secret])")
    }
}

/// A digest under way: HMAC-SHA256 over parts of known length, cut to 16 bytes.
pub struct Sealer(Hmac<Sha256>);

impl Sealer {
    /// Adds a byte that says what follows.
    pub fn mark(&mut self, mark: u8) {
        self.0.update(&[mark]);
    }

    /// Adds a number.
    pub fn number(&mut self, number: u64) {
        self.0.update(&number.to_be_bytes());
    }

    /// Adds bytes, with their length in front: no two lists of parts look alike.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.update(bytes);
    }

    /// Ends the digest.
    pub fn finish(self) -> Content {
        Content(cut(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(key: u8, parts: &[&str]) -> Content {
        let mut sealer = RefKey::from_bytes([key; 32]).seals().start();
        parts.iter().for_each(|part| sealer.bytes(part.as_bytes()));
        sealer.finish()
    }

    #[test]
    fn depends_on_the_key_and_on_where_parts_end() {
        assert_eq!(digest(7, &["ab", "c"]), digest(7, &["ab", "c"]));
        assert_ne!(digest(7, &["ab", "c"]), digest(7, &["a", "bc"]));
        assert_ne!(digest(7, &["ab"]), digest(8, &["ab"]));
        assert_eq!(format!("{:?}", RefKey::from_bytes([7; 32]).seals()), "SealKey([secret])");
    }

    /// Computed with Python's `hmac`, so that the scheme can't drift.
    #[test]
    fn stays_the_same() {
        assert_eq!(
            hex::encode(digest(0x0b, &["Patient", "x1"]).as_bytes()),
            "44e923ef14c21eca65baaf07f50e93c7"
        );
    }
}
