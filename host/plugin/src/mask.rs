//! Which fields of a class a guest sees, changes and hides.

use data::{ClassGrant, FieldSet};

use crate::manifest::{ClassAsk, FieldsAsk};

/// What is done to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verb {
    /// To learn its value.
    Read,
    /// To change it.
    Write,
    /// To take it out of an answer.
    Redact,
}

/// The fields of one class, by verb.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mask {
    read: FieldSet,
    write: FieldSet,
    redact: FieldSet,
}

impl Mask {
    /// The mask of objects that hooks are lent.
    pub(crate) fn lent(ask: &FieldsAsk) -> Mask {
        Mask { read: ask.read.as_set(), write: ask.write.as_set(), redact: ask.redact.as_set() }
    }

    /// The mask of objects that a reader or writer opens.
    pub(crate) fn opened(ask: &ClassAsk) -> Mask {
        Mask { read: ask.read.as_set(), write: ask.write.as_set(), redact: FieldSet::Nothing }
    }

    /// The mask cut to the fields that one read asked for.
    pub(crate) fn narrowed(&self, fields: &[String]) -> Mask {
        Mask { read: FieldSet::Only(fields.iter().cloned().collect()), ..Mask::default() }
    }

    /// Whether a verb is granted on a field; what every object has is read with any grant and changed with none.
    pub(crate) fn allows(&self, verb: Verb, field: &str) -> bool {
        let fixed = matches!(field, "objectId" | "createdAt" | "updatedAt");
        // Proofs of identity are nobody's to lend, not even to `*`.
        if field.starts_with('_') || matches!(field, "password" | "authData" | "sessionToken") {
            return false;
        }
        match verb {
            Verb::Read => fixed || self.read.holds(field),
            Verb::Write => !fixed && self.write.holds(field),
            Verb::Redact => !fixed && self.redact.holds(field),
        }
    }

    /// Whether any verb is granted on a field.
    pub(crate) fn names(&self, field: &str) -> bool {
        [Verb::Read, Verb::Write, Verb::Redact].into_iter().any(|verb| self.allows(verb, field))
    }
}

/// What a capability may do to one class, as `data` checks it once more.
pub(crate) fn class_grant(ask: &ClassAsk) -> ClassGrant {
    ClassGrant {
        read: ask.read.as_set(),
        write: ask.write.as_set(),
        create: ask.creates(),
        delete: ask.delete,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Fields;

    #[test]
    fn each_verb_stands_alone() {
        let ask = FieldsAsk {
            read: Fields::from(["name"]),
            write: Fields::from(["key"]),
            redact: Fields::from(["ssn"]),
            ..FieldsAsk::default()
        };
        let mask = Mask::lent(&ask);
        assert!(mask.allows(Verb::Read, "name") && !mask.allows(Verb::Write, "name"));
        assert!(mask.allows(Verb::Redact, "ssn") && !mask.allows(Verb::Read, "ssn"));
        assert!(mask.names("key") && !mask.names("phone"));
        assert!(mask.allows(Verb::Read, "objectId") && !mask.allows(Verb::Write, "objectId"));
    }

    #[test]
    fn star_never_lends_proofs_of_identity() {
        let all = FieldsAsk { read: Fields::from(["*"]), write: Fields::from(["*"]), ..FieldsAsk::default() };
        let mask = Mask::lent(&all);
        for secret in ["password", "authData", "sessionToken", "_hashed_password"] {
            assert!(!mask.names(secret), "{secret}");
        }
        assert!(mask.allows(Verb::Write, "ACL") && !mask.allows(Verb::Write, "createdAt"));
        assert!(!Mask::default().names("name"));
    }
}
