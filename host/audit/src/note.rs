//! Signed notes (C2SP signed-note) with Ed25519.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::error::Error;

/// The number of Ed25519 in a verifier key.
const ED25519: u8 = 1;

/// A verifier key: the name and the public key of whoever signs checkpoints.
///
/// Its text is `name+hash+key`; keep it somewhere else than the log, a verifier needs it.
#[derive(Clone, PartialEq, Eq)]
pub struct VKey {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

impl VKey {
    /// Names a public key.
    pub(crate) fn new(name: &str, key: VerifyingKey) -> Self {
        let id = Sha256::new()
            .chain_update(name.as_bytes())
            .chain_update([b'\n', ED25519])
            .chain_update(key.as_bytes())
            .finalize();
        let [a, b, c, d, ..] = <[u8; 32]>::from(id);
        VKey { name: name.to_owned(), id: [a, b, c, d], key }
    }

    /// Shows the name, which is the origin of the log.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Checks a note's signature by this key and gives its text.
    ///
    /// Signatures by other keys are passed over, as the form of notes demands.
    ///
    /// # Errors
    ///
    /// [`Error::Untrusted`] when the note is malformed, isn't signed by this key or was changed.
    pub fn open<'n>(&self, note: &'n str) -> Result<&'n str, Error> {
        let (text, signatures) = split(note)?;
        let mut signed = false;
        for line in signatures.lines() {
            let (name, bytes) = line
                .strip_prefix("— ")
                .and_then(|rest| rest.split_once(' '))
                .and_then(|(name, signature)| Some((name, BASE64.decode(signature).ok()?)))
                .ok_or(Error::Untrusted("a signature line is malformed"))?;
            let Some((id, signature)) = bytes.split_at_checked(4) else {
                return Err(Error::Untrusted("a signature line is malformed"));
            };
            if name != self.name || id != self.id {
                continue;
            }
            let signature = Signature::from_slice(signature)
                .map_err(|_| Error::Untrusted("a signature has another length"))?;
            self.key
                .verify_strict(text.as_bytes(), &signature)
                .map_err(|_| Error::Untrusted("the signature does not hold"))?;
            signed = true;
        }
        if signed { Ok(text) } else { Err(Error::Untrusted("the expected key did not sign")) }
    }
}

/// Splits a note into its text, with the newline that ends it, and its signature lines.
pub(crate) fn split(note: &str) -> Result<(&str, &str), Error> {
    let at = note.rfind("\n\n").ok_or(Error::Untrusted("the note has no signature"))?;
    let (text, signatures) = (note.get(..=at), note.get(at + 2..));
    match (text, signatures) {
        (Some(text), Some(signatures)) if signatures.ends_with('\n') => Ok((text, signatures)),
        _ => Err(Error::Untrusted("the note has no signature")),
    }
}

/// Signs a text, which ends with a newline, and gives the note.
pub(crate) fn sign(text: &str, name: &str, key: &SigningKey) -> String {
    let id = VKey::new(name, key.verifying_key()).id;
    let mut bytes = id.to_vec();
    bytes.extend_from_slice(&key.sign(text.as_bytes()).to_bytes());
    format!("{text}\n— {name} {}\n", BASE64.encode(bytes))
}

impl fmt::Display for VKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![ED25519];
        bytes.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id), BASE64.encode(bytes))
    }
}

impl fmt::Debug for VKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VKey({self})")
    }
}

impl FromStr for VKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        const BAD: Error =
            Error::Invalid { what: "verifier key", why: "it is not of the form name+hash+key" };
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(BAD);
        };
        let bytes = BASE64.decode(key).map_err(|_| BAD)?;
        let Some((&ED25519, key)) = bytes.split_first() else { return Err(BAD) };
        let key = key.try_into().map_err(|_| BAD)?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| BAD)?;
        let vkey = VKey::new(name, key);
        if name.is_empty() || name.contains(char::is_whitespace) || hex::encode(vkey.id) != id {
            return Err(BAD);
        }
        Ok(vkey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    #[test]
    fn a_note_opens_only_unchanged_and_with_its_key() {
        let note = sign("a\n1\nb\n", "host/audit/app", &key());
        let vkey = VKey::new("host/audit/app", key().verifying_key());
        assert_eq!(vkey.open(&note).unwrap(), "a\n1\nb\n");
        assert!(VKey::new("host/audit/other", key().verifying_key()).open(&note).is_err());
        let other = SigningKey::from_bytes(&[8; 32]).verifying_key();
        assert!(VKey::new("host/audit/app", other).open(&note).is_err());
        for at in 0..note.len() {
            for bit in 0..8 {
                let mut bytes = note.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                if let Ok(changed) = String::from_utf8(bytes) {
                    assert!(vkey.open(&changed).is_err(), "byte {at} bit {bit}");
                }
            }
        }
        let cosigned = format!("{note}— witness AAAAAAAA\n");
        assert_eq!(vkey.open(&cosigned).unwrap(), "a\n1\nb\n");
    }

    #[test]
    fn a_verifier_key_is_read_back() {
        let vkey = VKey::new("host/audit/app", key().verifying_key());
        assert_eq!(vkey.to_string().parse::<VKey>().unwrap(), vkey);
        for bad in ["", "a+b", "a+00000000+AQ==", &vkey.to_string().replace("host", "most")] {
            assert!(bad.parse::<VKey>().is_err(), "{bad}");
        }
        // The example of the C2SP text on signed notes.
        let example = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert_eq!(example.parse::<VKey>().unwrap().to_string(), example);
        let note = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n\n\
                    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        example.parse::<VKey>().unwrap().open(note).unwrap();
    }
}
