//! Names of classes, fields and objects, valid once made.

use std::{borrow::Borrow, fmt, sync::Arc};

use crate::{Code, ParseError};

/// The classes that Parse defines itself; only they may start with an underscore.
pub const SYSTEM_CLASSES: &[&str] = &[
    "_User",
    "_Installation",
    "_Role",
    "_Session",
    "_Product",
    "_PushStatus",
    "_JobStatus",
    "_JobSchedule",
    "_Audience",
    "_Idempotency",
    "_GlobalConfig",
    "_GraphQLConfig",
    "_Hooks",
];

macro_rules! text_name {
    ($name:ident) => {
        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The name as a text that is shared, for whoever keeps it.
            pub fn share(&self) -> Arc<str> {
                Arc::clone(&self.0)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
        impl std::ops::Deref for $name {
            type Target = str;
            fn deref(&self) -> &str {
                &self.0
            }
        }
        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }
        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                &*self.0 == *other
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    };
}

/// The name of a class: `^[A-Za-z][A-Za-z0-9_]*$`, a system class, or `_Join:<key>:<Class>`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassName(Arc<str>);
text_name!(ClassName);

impl ClassName {
    /// Checks and takes a class name.
    ///
    /// # Errors
    /// 103 when the name isn't legal.
    pub fn new(name: &str) -> Result<ClassName, ParseError> {
        if SYSTEM_CLASSES.contains(&name)
            || is_join(name)
            || (is_identifier(name) && name != "length" && name != "className")
        {
            return Ok(ClassName(name.into()));
        }
        Err(ParseError::new(
            Code::InvalidClassName,
            format!(
                // The space at the end is the reference's.
                "Invalid classname: {}, classnames can only have alphanumeric characters and _, \
                 and must start with an alpha character ",
                shown(name)
            ),
        ))
    }

    /// The class of users.
    pub fn user() -> ClassName {
        ClassName("_User".into())
    }

    /// The class of roles.
    pub fn role() -> ClassName {
        ClassName("_Role".into())
    }

    /// The class of sessions.
    pub fn session() -> ClassName {
        ClassName("_Session".into())
    }

    /// Whether Parse defines the class itself.
    pub fn is_system(&self) -> bool {
        self.0.starts_with('_')
    }
}

impl<'de> serde::Deserialize<'de> for ClassName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        ClassName::new(&text).map_err(serde::de::Error::custom)
    }
}

fn is_join(name: &str) -> bool {
    name.strip_prefix("_Join:").and_then(|rest| rest.split_once(':')).is_some_and(|(key, class)| {
        is_identifier(key) && (is_identifier(class) || SYSTEM_CLASSES.contains(&class))
    })
}

/// Whether a text is a letter followed by letters, digits and underscores.
pub fn is_identifier(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The name as an error text may repeat it: a name isn't a value, but what doesn't look like one might be.
///
/// Answers a placeholder for anything longer than 64 bytes or with characters that no name has.
pub fn shown(name: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$' | b'-');
    if !name.is_empty() && name.len() <= 64 && name.bytes().all(plain) { name } else { "(not shown)" }
}

/// The name of a field of a class: an identifier, or with a leading underscore one of the server's own columns.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldName(Arc<str>);
text_name!(FieldName);

impl FieldName {
    /// Checks and takes the name of a field that clients may name.
    ///
    /// # Errors
    /// 105 when the name isn't legal.
    pub fn new(name: &str) -> Result<FieldName, ParseError> {
        if is_identifier(name) && name != "length" && name != "className" {
            return Ok(FieldName(name.into()));
        }
        Err(ParseError::new(Code::InvalidKeyName, "Invalid field name."))
    }

    /// Takes a name that the server itself spells, such as `username` or `_hashed_password`.
    pub fn known(name: &'static str) -> FieldName {
        FieldName(name.into())
    }

    /// Takes back a name that a backend kept: a client's, or one of the server's own.
    ///
    /// # Errors
    /// 105 when the name isn't legal.
    pub fn stored(name: &str) -> Result<FieldName, ParseError> {
        match name.strip_prefix('_') {
            Some(rest) if is_identifier(rest) => Ok(FieldName(name.into())),
            _ => FieldName::new(name),
        }
    }

    /// Whether the field is one of the server's own, never shown to clients.
    pub fn is_internal(&self) -> bool {
        self.0.starts_with('_')
    }
}

/// The most parts of a path: what walks along one may do it by recursion.
const DEEPEST_PATH: usize = 64;

/// A field, or a place inside one: `address`, `address.city`, `items.0.code`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Arc<str>);
text_name!(Path);

impl Path {
    /// Checks and takes a dotted path whose first part is a field name or one of the server's own columns.
    ///
    /// # Errors
    /// 105 when a part is empty, the root isn't legal, or there are more than 64 parts.
    pub fn new(text: &str) -> Result<Path, ParseError> {
        let mut parts = text.split('.');
        let root = parts.next().unwrap_or_default();
        let legal = is_identifier(root.strip_prefix('_').unwrap_or(root));
        let deep = text.split('.').nth(DEEPEST_PATH).is_some();
        if legal && !deep && parts.all(|part| !part.is_empty() && !part.contains('$') && !part.contains('\0'))
        {
            return Ok(Path(text.into()));
        }
        Err(ParseError::new(Code::InvalidKeyName, "Invalid field name."))
    }

    /// The field that the path starts at.
    pub fn root(&self) -> &str {
        self.0.split('.').next().unwrap_or_default()
    }

    /// The field that the path starts at, as a name.
    pub fn field(&self) -> FieldName {
        if self.is_dotted() { FieldName(self.root().into()) } else { FieldName(Arc::clone(&self.0)) }
    }

    /// The parts below the root, outermost first.
    pub fn rest(&self) -> impl Iterator<Item = &str> {
        self.0.split('.').skip(1)
    }

    /// Whether the path reaches below its root.
    pub fn is_dotted(&self) -> bool {
        self.0.contains('.')
    }
}

impl From<FieldName> for Path {
    fn from(name: FieldName) -> Path {
        Path(name.0)
    }
}

/// The most bytes of an object's id.
const LONGEST_ID: usize = 128;

/// The id of an object: any non-empty text of at most 128 bytes without control characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(Arc<str>);
text_name!(ObjectId);

impl ObjectId {
    /// Checks and takes an object id.
    ///
    /// # Errors
    /// 104 when it is empty, too long or holds control characters.
    pub fn new(text: &str) -> Result<ObjectId, ParseError> {
        let wrong = if text.is_empty() {
            // The reference's words.
            "objectId must not be empty, null or undefined"
        } else if text.len() > LONGEST_ID {
            "objectId must not be longer than 128 bytes"
        } else if text.chars().any(char::is_control) {
            "objectId must not hold control characters"
        } else {
            return Ok(ObjectId(text.into()));
        };
        Err(ParseError::new(Code::MissingObjectId, wrong))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_names_follow_the_reference() {
        for good in ["Patient", "a_1", "_User", "_Join:users:_Role", "_Join:a:B"] {
            assert!(ClassName::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "_Patient",
            "1a",
            "a-b",
            "a b",
            "length",
            "className",
            "_Join:users",
            "_Join::B",
            "a;drop",
            "é",
        ] {
            assert!(ClassName::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn paths_have_a_legal_root() {
        assert_eq!(Path::new("a.b.c").unwrap().root(), "a");
        assert_eq!(Path::new("a.b.c").unwrap().rest().collect::<Vec<_>>(), ["b", "c"]);
        assert!(Path::new("_created_at").is_ok());
        for bad in ["", ".a", "a.", "a..b", "1a", "a.$b", "__a", "a b"] {
            assert!(Path::new(bad).is_err(), "{bad}");
        }
        assert!(Path::new(&vec!["a"; 64].join(".")).is_ok());
        assert!(Path::new(&vec!["a"; 65].join(".")).is_err());
    }

    #[test]
    fn ids_are_refused_with_the_reason() {
        for (id, reason) in
            [("", "empty"), ("a\n", "control characters"), (&*"a".repeat(129), "longer than 128")]
        {
            let error = ObjectId::new(id).unwrap_err();
            assert_eq!(error.code, Code::MissingObjectId);
            assert!(error.message.contains(reason), "{error}");
        }
        assert!(ObjectId::new(&"a".repeat(128)).is_ok());
    }

    #[test]
    fn a_path_knows_its_field() {
        assert_eq!(Path::new("a.b").unwrap().field(), FieldName::new("a").unwrap());
        assert_eq!(Path::new("a").unwrap().field(), FieldName::new("a").unwrap());
    }
}
