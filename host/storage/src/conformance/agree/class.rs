//! The class on trial, as it is drawn: which fields it has, and of which types.

use model::{Schema, schema::IndexKind};
use proptest::{
    prelude::{BoxedStrategy, Just, Strategy},
    prop_oneof,
    sample::select,
};

use crate::conformance::{Wrong, bench::schema};

/// The fields that a class may have, some named as columns of databases' own are, with the type that each has most often:
/// there the places that questions are about are found.
const USUAL: &[(&str, &str)] = &[
    ("t", "String"),
    ("n", "Number"),
    ("b", "Boolean"),
    ("d", "Date"),
    ("a", "Array"),
    ("o", "Object"),
    ("p", "*Ward"),
    ("g", "GeoPoint"),
    ("r", "Polygon"),
    ("f", "File"),
    ("y", "Bytes"),
    ("value", "String"),
    ("key", "Number"),
    ("type", "Object"),
    ("path", "Array"),
];

/// The types that a field has now and then; a class has one GeoPoint at most.
const OTHERS: &[&str] =
    &["String", "Number", "Boolean", "Date", "Array", "Object", "*Ward", "Polygon", "File", "Bytes"];

/// The types that an index in order is made on.
const INDEXED: &[&str] = &["String", "Number", "Date", "*Ward"];

/// The fields of a class, each with its type in the suite's notation.
#[derive(Clone, Debug)]
pub(super) struct Fields(Vec<(&'static str, &'static str)>);

impl Fields {
    /// Draws the fields of a class: most have their usual types, some are of another, or missing.
    pub(super) fn draw() -> BoxedStrategy<Fields> {
        let field = |&(name, usual): &(&'static str, &'static str)| {
            prop_oneof![
                14 => Just(Some(usual)),
                3 => select(OTHERS).prop_map(Some),
                1 => Just(None),
            ]
            .prop_map(move |kind| kind.map(|kind| (name, kind)))
        };
        let fields: Vec<_> = USUAL.iter().map(field).collect();
        fields.prop_map(|fields| Fields(fields.into_iter().flatten().collect())).boxed()
    }

    /// Each name with its type.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.0.iter().copied()
    }

    /// The type of the field in which a path begins.
    pub(super) fn kind(&self, path: &str) -> Option<&'static str> {
        let root = path.split('.').next();
        self.iter().find(|(name, _)| Some(*name) == root).map(|(_, kind)| kind)
    }

    /// Whether places inside the field in which a path begins can be saved.
    pub(super) fn has_places(&self, path: &str) -> bool {
        matches!(self.kind(path), Some("Array" | "Object"))
    }

    /// The class, with an index on each of the first few fields that can have one, if so wanted.
    pub(super) fn schema(&self, name: &str, indexed: bool) -> Result<Schema, Wrong> {
        let notation: Vec<String> = self.iter().map(|(name, kind)| format!("{name}:{kind}")).collect();
        let mut class = schema(name, &notation.join(" "))?;
        let fields = self.iter().filter(|(_, kind)| indexed && INDEXED.contains(kind)).take(4);
        for (field, _) in fields {
            let key = [(field.to_owned(), IndexKind::Descending)].into();
            class.indexes.insert(format!("{field}_index"), key);
        }
        Ok(class)
    }
}
