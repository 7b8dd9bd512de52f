//! The only text that a record holds.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::error::Error;

/// The longest name in bytes.
pub const LIMIT: usize = 128;

/// A word from a small alphabet: an id, a class, a field, a rule, a version.
///
/// At most 128 bytes of `A-Z a-z 0-9 _ . : @ $ / + -` and space. There is no `From<String>`: whoever puts text into
/// the trail says that it is a name. The alphabet keeps out JSON, markup, control characters and most free text; it
/// can't tell the name of a field from the name of a person, so pass ids and names of the schema, never values.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

impl Name {
    /// Accepts text that is a legal name.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when the text is empty, longer than 128 bytes, or has another character.
    pub fn new(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(Error::Invalid { what: "name", why: "it is empty" });
        }
        if text.len() > LIMIT {
            return Err(Error::Invalid { what: "name", why: "it is longer than 128 bytes" });
        }
        if !is_legal(text) {
            return Err(Error::Invalid {
                what: "name",
                why: "it has a character outside A-Za-z0-9_.:@$/+ -",
            });
        }
        Ok(Name(text.into()))
    }

    /// Makes a name of any text: what isn't allowed becomes `?`, what is too long is cut, nothing at all is `?`.
    ///
    /// For identifiers that come from outside (a header, a client's id) and must not stop the record.
    pub fn clean(text: &str) -> Self {
        if let Ok(name) = Name::new(text) {
            return name;
        }
        let cleaned: String = text.chars().take(LIMIT).map(|c| if allowed(c) { c } else { '?' }).collect();
        Name(if cleaned.is_empty() { "?".into() } else { cleaned.into() })
    }

    /// Keeps a shared text that is a legal name as it is, without a copy; of any other it makes a clean one.
    pub fn share(text: Arc<str>) -> Self {
        if is_legal(&text) { Name(text) } else { Name::clean(&text) }
    }

    /// Accepts what an earlier [`Name::new`] or [`Name::clean`] has stored.
    pub(crate) fn stored(text: &str) -> Option<Self> {
        let legal = !text.is_empty() && text.len() <= LIMIT && text.chars().all(|c| c == '?' || allowed(c));
        legal.then(|| Name(text.into()))
    }

    /// Shows the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_legal(text: &str) -> bool {
    !text.is_empty() && text.len() <= LIMIT && text.chars().all(allowed)
}

fn allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '@' | '$' | '/' | '+' | ' ' | '-')
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl FromStr for Name {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Name::new(text)
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_to_the_alphabet() {
        for good in ["a", "Patient", "_User", "role:ward 3", "a/b", "1.2.3-rc.1+build", "x@y.org", "$gt"] {
            assert_eq!(Name::new(good).unwrap(), good);
        }
        let long = "x".repeat(129);
        for bad in ["", "a\nb", "{\"a\":1}", "Müller", "a?b", "a,b", "a%b", "a'b", long.as_str()] {
            assert!(Name::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn cleans_anything() {
        assert_eq!(Name::clean("Mül\"ler\u{0}"), "M?l?ler?");
        assert_eq!(Name::clean(""), "?");
        assert_eq!(Name::clean(&"é".repeat(500)).as_str().len(), LIMIT);
        assert_eq!(Name::stored(Name::clean("a,b").as_str()).unwrap(), "a?b");
        assert!(Name::stored("a,b").is_none());
    }
}
