//! Filters as MongoDB's query documents: the one compiler.
//!
//! Where MongoDB can't say exactly what a test means, it says a bound instead: the *upper* bound passes every document
//! that the test passes (and perhaps more), the *lower* bound only documents that it passes. A negation swaps the two.
//! A find asks for the upper bound of its whole filter; when that isn't exact, objects are checked again by the matcher.

mod array;
mod below;
mod cond;
mod pattern;
mod place;
mod scalar;

use model::{FieldType, Filter, Path, Schema, Test, Value, query::filter::Access};
use mongodb::bson::{Bson, doc};
use storage::{
    Error,
    recheck::{self, Bound},
};

pub(crate) use cond::Cond;
use cond::{all, any, none};

use crate::{encode, layout};

/// Deeper filters are left to the matcher: MongoDB limits the depth of documents.
const DEEPEST: usize = 30;

/// A condition, and whether it says exactly what was asked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    pub(crate) cond: Cond,
    pub(crate) exact: bool,
}

impl Part {
    /// What is always right to say: everything, or nothing.
    fn anything(bound: Bound) -> Part {
        match bound {
            Bound::Upper => Part { cond: Cond::Always, exact: false },
            Bound::Lower => Part { cond: Cond::Never, exact: false },
        }
    }

    fn exact(cond: Cond) -> Part {
        Part { cond, exact: true }
    }

    fn constant(passes: bool) -> Part {
        Part::exact(if passes { Cond::Always } else { Cond::Never })
    }

    /// An upper bound; a lower one passes nothing.
    fn upper(cond: Cond, bound: Bound) -> Part {
        match bound {
            Bound::Upper => Part { cond, exact: false },
            Bound::Lower => Part::anything(bound),
        }
    }
}

/// Compiles a filter in which relations are resolved: the upper bound of what it passes.
///
/// # Errors
/// [`Error::Unsupported`] for a filter that nobody can answer.
pub(crate) fn filter(schema: &Schema, filter: &Filter) -> Result<Part, Error> {
    Compiler { schema }.filter(filter, Bound::Upper, 0)
}

struct Compiler<'a> {
    schema: &'a Schema,
}

impl Compiler<'_> {
    fn filter(&self, filter: &Filter, bound: Bound, depth: usize) -> Result<Part, Error> {
        if depth > DEEPEST {
            return Ok(Part::anything(bound));
        }
        let parts = |parts: &[Filter], bound| {
            parts.iter().map(|part| self.filter(part, bound, depth + 1)).collect::<Result<Vec<_>, _>>()
        };
        Ok(match filter {
            Filter::And(list) => join(parts(list, bound)?, &Cond::Never, all),
            Filter::Or(list) => join(parts(list, bound)?, &Cond::Always, any),
            Filter::Nor(list) => join(parts(list, bound.flip())?, &Cond::Always, none),
            Filter::Test(path, test) => self.test(path, test, bound)?,
            Filter::Acl(access, groups) => Part::exact(acl(*access, groups)),
            // Resolved before; whoever forgets gets nothing.
            Filter::RelatedTo { .. } => return Err(Error::Internal("a relation isn't resolved".into())),
        })
    }

    fn test(&self, path: &Path, test: &Test, bound: Bound) -> Result<Part, Error> {
        if let Test::Exists(wanted) = test
            && !path.is_dotted()
            && let Some(part) = self.perhaps_null(path, *wanted)
        {
            return Ok(part);
        }
        let Some(kind) = self.kind(path) else {
            // No object has a value there, so every object answers alike.
            return recheck::absent_passes(path, test).map(Part::constant);
        };
        let Some(key) = layout::path(self.schema, path) else { return Ok(Part::anything(bound)) };
        let place = Place { key: &key, path, kind };
        Ok(match test {
            Test::Ne(value) => negated(self.positive(&place, &Test::Eq(value.clone()), bound.flip())),
            Test::Nin(values) => negated(self.one_of(&place, values, bound.flip())),
            Test::In(values) => self.one_of(&place, values, bound),
            Test::InQuery { .. } | Test::Select { .. } => {
                return Err(Error::Unsupported("a sub-query that isn't resolved"));
            }
            positive => self.positive(&place, positive, bound),
        })
    }

    /// Whether there is anything, null included, where a null may stand under a key of its own: that of a field before the
    /// class had it, which a pointer leaves behind.
    fn perhaps_null(&self, path: &Path, wanted: bool) -> Option<Part> {
        let name = path.root();
        let key = layout::key(self.schema, name);
        let null = |key: &str| Cond::Clause(doc! {key: {"$type": "null", "$not": {"$type": "array"}}});
        let cond = match self.schema.kind(name) {
            None if layout::unknown(self.schema, &key).is_some() => null(&key),
            Some(FieldType::Pointer(_)) => {
                any(vec![Cond::Clause(doc! {&*key: {"$exists": true}}), null(name)])
            }
            _ => return None,
        };
        Some(Part::exact(if wanted { cond } else { none(vec![cond]) }))
    }

    /// The type of the field that a path starts at; `None` when no object can have anything there.
    fn kind(&self, path: &Path) -> Option<&FieldType> {
        let kind = self.schema.kind(path.root())?;
        let fits = match kind {
            FieldType::Object | FieldType::Array => true,
            FieldType::Relation(_) | FieldType::Acl => false,
            FieldType::String
            | FieldType::Number
            | FieldType::Boolean
            | FieldType::Date
            | FieldType::GeoPoint
            | FieldType::Polygon
            | FieldType::File
            | FieldType::Bytes
            | FieldType::Pointer(_) => !path.is_dotted(),
        };
        fits.then_some(kind)
    }

    fn positive(&self, place: &Place<'_>, test: &Test, bound: Bound) -> Part {
        if place.path.is_dotted() {
            return below::test(place, test, bound);
        }
        if let Test::Exists(wanted) = test {
            // A null counts as present.
            return Part::exact(place.clause(doc! {"$exists": *wanted}));
        }
        match place.kind {
            FieldType::Array => array::test(place, test, bound),
            FieldType::Object => below::object(place, test, bound),
            _ => scalar::test(self.schema, place, test, bound),
        }
    }

    /// Equal to one of several; the plain ones go into one list.
    fn one_of(&self, place: &Place<'_>, values: &[Value], bound: Bound) -> Part {
        let mut list = Vec::new();
        let mut rest = Vec::new();
        for value in values {
            match self.positive(place, &Test::Eq(value.clone()), bound) {
                Part { cond: Cond::Equal(_, operand), exact: true } => list.push(operand),
                part => rest.push(part),
            }
        }
        if !list.is_empty() {
            rest.push(Part::exact(place.clause(doc! {"$in": list})));
        }
        join(rest, &Cond::Always, any)
    }
}

/// A place that a test looks at.
struct Place<'a> {
    key: &'a str,
    path: &'a Path,
    kind: &'a FieldType,
}

impl Place<'_> {
    fn clause(&self, test: impl Into<Bson>) -> Cond {
        Cond::Clause(doc! {self.key: test.into()})
    }

    fn equal(&self, operand: Bson) -> Cond {
        Cond::Equal(self.key.to_owned(), operand)
    }

    fn missing(&self) -> Part {
        Part::exact(self.equal(Bson::Null))
    }

    fn present(&self, bound: Bound) -> Part {
        Part::upper(self.clause(doc! {"$exists": true}), bound)
    }
}

/// Joins parts; one that decides everything by itself makes the whole exact.
fn join(parts: Vec<Part>, decisive: &Cond, word: fn(Vec<Cond>) -> Cond) -> Part {
    let exact =
        parts.iter().all(|part| part.exact) || parts.iter().any(|part| part.exact && part.cond == *decisive);
    Part { cond: word(parts.into_iter().map(|part| part.cond).collect()), exact }
}

fn negated(part: Part) -> Part {
    Part { cond: none(vec![part.cond]), exact: part.exact }
}

/// The object's ACL is absent or names one of the groups.
fn acl(access: Access, groups: &[String]) -> Cond {
    let (key, other) = match access {
        Access::Read => ("_rperm", "_wperm"),
        Access::Write => ("_wperm", "_rperm"),
    };
    // An object with one of the two lists has an ACL, and who isn't named in it is kept out.
    let named = Cond::Clause(doc! {key: {"$in": groups.iter().map(String::as_str).collect::<Vec<_>>()}});
    let public = Cond::Clause(doc! {key: null_or_absent(), other: null_or_absent()});
    any(vec![named, public])
}

fn null_or_absent() -> Bson {
    doc! {"$eq": Bson::Null}.into()
}

/// An operand of a comparison within a kind: a plain value that isn't null.
fn ordered(value: &Value) -> Option<Bson> {
    match value {
        Value::Number(_) | Value::String(_) | Value::Date(_) | Value::Boolean(_) => {
            Some(encode::nested(value))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
