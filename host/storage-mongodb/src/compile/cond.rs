//! Conditions on documents, joined without saying what goes without saying.

use mongodb::bson::{Bson, Document, doc};

/// A condition on a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cond {
    /// Every document passes.
    Always,
    /// No document passes.
    Never,
    /// A key, or an element of its list, is equal to a value; null also means absent.
    Equal(String, Bson),
    /// Anything else.
    Clause(Document),
}

impl Cond {
    /// The query document.
    pub(crate) fn document(self) -> Document {
        match self {
            Cond::Always => Document::new(),
            Cond::Never => doc! {"_id": {"$in": []}},
            Cond::Equal(key, value) => doc! {key: {"$eq": value}},
            Cond::Clause(document) => document,
        }
    }
}

/// All of them.
pub(super) fn all(parts: Vec<Cond>) -> Cond {
    if parts.contains(&Cond::Never) {
        return Cond::Never;
    }
    let parts = parts.into_iter().filter(|part| *part != Cond::Always);
    joined("$and", parts.map(Cond::document).collect()).unwrap_or(Cond::Always)
}

/// At least one of them.
pub(super) fn any(parts: Vec<Cond>) -> Cond {
    if parts.contains(&Cond::Always) {
        return Cond::Always;
    }
    let parts = parts.into_iter().filter(|part| *part != Cond::Never);
    joined("$or", parts.map(Cond::document).collect()).unwrap_or(Cond::Never)
}

/// None of them.
pub(super) fn none(parts: Vec<Cond>) -> Cond {
    if parts.contains(&Cond::Always) {
        return Cond::Never;
    }
    let parts: Vec<Document> =
        parts.into_iter().filter(|part| *part != Cond::Never).map(Cond::document).collect();
    if parts.is_empty() { Cond::Always } else { Cond::Clause(doc! {"$nor": parts}) }
}

fn joined(word: &str, mut parts: Vec<Document>) -> Option<Cond> {
    match parts.len() {
        0 => None,
        1 => parts.pop().map(Cond::Clause),
        _ => Some(Cond::Clause(doc! {word: parts})),
    }
}
