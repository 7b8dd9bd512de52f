//! Access control lists of objects.

use std::collections::BTreeMap;

/// What an entry of an ACL allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rights {
    /// May see the object.
    pub read: bool,
    /// May change and delete the object.
    pub write: bool,
}

/// Who may read and write one object: `*`, `role:<name>` and user ids.
///
/// An object without an ACL is public; an empty ACL leaves it to the master key (parse protocol, object encoding).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acl(pub BTreeMap<String, Rights>);

impl Acl {
    /// Makes an ACL from the groups that may read and those that may write.
    pub fn from_groups<S: AsRef<str>>(read: &[S], write: &[S]) -> Acl {
        let mut acl = Acl::default();
        for group in read {
            acl.0.entry(group.as_ref().to_owned()).or_default().read = true;
        }
        for group in write {
            acl.0.entry(group.as_ref().to_owned()).or_default().write = true;
        }
        acl
    }

    /// Makes the ACL of an object that belongs to one user alone.
    pub fn private_to(user: &str) -> Acl {
        Acl(BTreeMap::from([(user.to_owned(), Rights { read: true, write: true })]))
    }

    /// The groups that may read, sorted.
    pub fn readers(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, rights)| rights.read).map(|(group, _)| group.as_str())
    }

    /// The groups that may write, sorted.
    pub fn writers(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, rights)| rights.write).map(|(group, _)| group.as_str())
    }
}
