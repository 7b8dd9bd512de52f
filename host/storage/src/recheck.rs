//! The matcher's word on what a database can't say exactly.

use model::{
    ClassName, Date, Filter, Object, ObjectId, Path, Test, Value,
    query::matcher::{Matcher, NoRelations, Unmatchable},
};

use crate::Error;

/// Which side of a condition is wanted that a database can't say exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// All objects that pass, and perhaps others: they are looked at again.
    Upper,
    /// Objects that pass, and perhaps not all of them: as a negation needs it.
    Lower,
}

impl Bound {
    /// The side that is wanted within a negation.
    pub fn flip(self) -> Bound {
        match self {
            Bound::Upper => Bound::Lower,
            Bound::Lower => Bound::Upper,
        }
    }
}

/// Makes the matcher of a filter. A backend that keeps relations elsewhere resolves them first, see [`resolved`].
///
/// # Errors
/// [`Error::Unsupported`] for a sub-query that nobody resolved, and for a pattern that isn't regular.
pub fn matcher(filter: &Filter) -> Result<Matcher, Error> {
    Matcher::new(filter).map_err(|unmatchable| match unmatchable {
        Unmatchable::SubQuery(_) => Error::Unsupported("a sub-query that isn't resolved"),
        Unmatchable::Pattern(_) => Error::Unsupported("such a regular expression"),
    })
}

/// Whether an object passes; of relations, the matcher knows none.
pub fn passes(matcher: &Matcher, object: &Object) -> bool {
    matcher.matches(object, &NoRelations)
}

/// Whether objects that lack the field pass a test.
///
/// # Errors
/// As [`matcher`].
pub fn absent_passes(path: &Path, test: &Test) -> Result<bool, Error> {
    let matcher = matcher(&Filter::Test(path.clone(), test.clone()))?;
    #[expect(clippy::expect_used, reason = "both literals are legal")]
    let (class, id) = (ClassName::new("A").expect("legal"), ObjectId::new("a").expect("legal"));
    Ok(passes(&matcher, &Object::new(class, id, Date(0))))
}

/// Whether an object without the value could pass a test that isn't a negation.
pub fn absent_may_pass(test: &Test) -> bool {
    match test {
        Test::Eq(value) | Test::Lte(value) | Test::Gte(value) => value.is_null(),
        Test::In(values) => values.iter().any(Value::is_null),
        Test::Exists(wanted) => !wanted,
        Test::Lt(_)
        | Test::Gt(_)
        | Test::All(_)
        | Test::AllRegex(_)
        | Test::ContainedBy(_)
        | Test::Regex(_)
        | Test::Near { .. }
        | Test::Within(_)
        | Test::Covers(_)
        | Test::Text(_) => false,
        Test::Ne(_) | Test::Nin(_) | Test::InQuery { .. } | Test::Select { .. } => true,
    }
}

/// Puts what is found out about relations into a filter, the ids of each one's members, so that nobody needs to know
/// relations any more.
pub fn resolved(filter: &Filter, members: &mut impl Iterator<Item = Vec<String>>) -> Filter {
    let mut all = |parts: &[Filter]| parts.iter().map(|part| resolved(part, members)).collect();
    match filter {
        Filter::And(parts) => Filter::And(all(parts)),
        Filter::Or(parts) => Filter::Or(all(parts)),
        Filter::Nor(parts) => Filter::Nor(all(parts)),
        Filter::RelatedTo { .. } => {
            let ids = members.next().unwrap_or_default().into_iter().map(Value::String).collect();
            Filter::test("objectId", Test::In(ids))
        }
        Filter::Test(..) | Filter::Acl(..) => filter.clone(),
    }
}

/// Every `$relatedTo` of a filter, in the order in which [`resolved`] meets them.
pub fn relations<'a>(filter: &'a Filter, out: &mut Vec<&'a Filter>) {
    match filter {
        Filter::And(parts) | Filter::Or(parts) | Filter::Nor(parts) => {
            parts.iter().for_each(|part| relations(part, out));
        }
        Filter::RelatedTo { .. } => out.push(filter),
        Filter::Test(..) | Filter::Acl(..) => {}
    }
}
