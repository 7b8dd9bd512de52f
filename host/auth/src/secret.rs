//! A text that is compared in constant time and never printed.

use std::fmt;

use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Holds a key of the configuration.
///
/// It is wiped from memory when dropped, its `Debug` is `[secret]`, and it has neither
/// `Display` nor `Serialize`: there is no way to read it back, only to compare with it.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps the text of a secret.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(Zeroizing::new(text.into()))
    }

    /// Tells whether the given text is this secret.
    ///
    /// Digests of equal size are compared in constant time, so neither where two texts
    /// start to differ nor how long the secret is shows in the time taken. An empty
    /// secret matches nothing, so a forgotten setting can't open a door.
    pub fn matches(&self, given: &str) -> bool {
        let same = Sha256::digest(self.0.as_bytes()).ct_eq(&Sha256::digest(given.as_bytes()));
        !self.is_empty() & bool::from(same)
    }

    /// Tells whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether two secrets are the same text.
    pub(crate) fn same_as(&self, other: &Secret) -> bool {
        self.matches(&other.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Secret {
        Secret::new(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Secret {
        Secret::new(text)
    }
}

/// Is the shape a secret is read from: its error text quotes nothing, unlike a plain `String`'s.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a secret must be text")]
enum Text {
    Text(String),
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        let Text::Text(text) = Text::deserialize(deserializer)?;
        if text.is_empty() {
            return Err(serde::de::Error::custom("a secret can't be empty"));
        }
        Ok(Secret::new(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_only_the_same_text() {
        let secret = Secret::new("correct horse");
        assert!(secret.matches("correct horse"));
        for other in
            ["", "c", "correct hors", "correct horse ", "Correct horse", "correct horse\0", "XXXXXXXXXXXXX"]
        {
            assert!(!secret.matches(other), "{other:?}");
        }
        assert!(!Secret::new("").matches(""));
        assert!(!Secret::new("").matches("x"));
    }

    #[test]
    fn is_never_printed() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "[secret] Some([secret])");
    }

    #[test]
    fn is_read_from_text_and_an_error_quotes_nothing() {
        let secret: Secret = serde_json::from_str("\"k\"").unwrap();
        assert!(secret.matches("k"));
        for bad in
            ["\"\"", "123456789", "-123456789", "1.5", "true", "[\"hunter2\"]", "{\"hunter2\":1}", "null"]
        {
            let error = serde_json::from_str::<Secret>(bad).unwrap_err().to_string();
            assert!(error.contains("secret"), "{error}");
            assert!(!error.contains("hunter2") && !error.contains("12345"), "{error}");
        }
    }
}
