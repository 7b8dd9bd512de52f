//! Pseudonyms of objects.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Serialize, Serializer};
use sha2::Sha256;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::error::Error;

/// The keyed pseudonym of one object: 16 bytes that name it to whoever holds the [`RefKey`], to nobody else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ref([u8; 16]);

impl Ref {
    /// Takes the pseudonym's bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Ref(bytes)
    }

    /// Shows the pseudonym's bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ref({self})")
    }
}

impl FromStr for Ref {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|_| Error::Invalid { what: "reference", why: "it is not 32 hexadecimal digits" })?;
        Ok(Ref(bytes))
    }
}

impl Serialize for Ref {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The secret that turns ids into pseudonyms.
///
/// It is kept as HMAC's state after the key, so that no pseudonym hashes the key again. Wiped when dropped. Destroying it
/// makes every reference of the log unlinkable (GDPR Art 17 against 45 CFR 164.316(b)).
#[derive(Clone)]
pub struct RefKey(Hmac<Sha256>);

/// HMAC's state is two of SHA-256's, and these wipe themselves.
const _: () = wiped::<Sha256>();

const fn wiped<T: ZeroizeOnDrop>() {}

impl RefKey {
    /// Takes 32 secret bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        RefKey(keyed(bytes))
    }

    /// Computes the pseudonym of an object from its class (`kind`) and its id.
    ///
    /// HMAC-SHA256 over `kind 0x00 id`, cut to 16 bytes. The class can't hold a zero byte, so no two pairs collide.
    pub fn of(&self, kind: &str, id: &str) -> Ref {
        let mut mac = self.0.clone();
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(id.as_bytes());
        Ref(cut(mac))
    }

    /// Makes the key for digests of content.
    pub fn seals(&self) -> crate::seal::SealKey {
        crate::seal::SealKey::of(self)
    }

    /// Derives another secret. The zero byte in front keeps it apart from every pseudonym: no class has an empty name.
    pub(crate) fn derive(&self, purpose: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(b"\0derive\0");
        mac.update(purpose);
        keyed(mac.finalize().into_bytes().into())
    }
}

/// HMAC's state after a key.
fn keyed(key: [u8; 32]) -> Hmac<Sha256> {
    let key = Zeroizing::new(key);
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    Hmac::new_from_slice(&*key).expect("HMAC takes keys of any length")
}

/// The first half of a tag.
pub(crate) fn cut(mac: Hmac<Sha256>) -> [u8; 16] {
    let tag: [u8; 32] = mac.finalize().into_bytes().into();
    std::array::from_fn(|n| tag.get(n).copied().unwrap_or_default())
}

impl fmt::Debug for RefKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefKey([secret])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depends_on_key_kind_and_id() {
        let key = RefKey::from_bytes([7; 32]);
        let one = key.of("Patient", "a1");
        assert_eq!(one, key.of("Patient", "a1"));
        assert_ne!(one, key.of("Visit", "a1"));
        assert_ne!(one, key.of("Patient", "a2"));
        assert_ne!(key.of("ab", "c"), key.of("a", "bc"));
        assert_ne!(one, RefKey::from_bytes([8; 32]).of("Patient", "a1"));
        assert_eq!(one.to_string().parse::<Ref>().unwrap(), one);
        assert_eq!(format!("{key:?}"), "RefKey([secret])");
    }

    /// Computed with Python's `hmac`, so that the scheme can't drift.
    #[test]
    fn stays_the_same() {
        let key = RefKey::from_bytes([0x0b; 32]);
        assert_eq!(key.of("Patient", "x1").to_string(), "6451d9d004cc1d4f3319b88afaadf0c0");
    }
}
