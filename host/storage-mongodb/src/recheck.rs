//! The matcher's word on what MongoDB can't say exactly.

use model::{
    ClassName, Date, Filter, Object, ObjectId, Path, Test, Value,
    query::matcher::{Matcher, NoRelations, Unmatchable},
};
use storage::Error;

/// Makes the matcher of a filter whose relations are resolved already, see [`resolved`].
///
/// # Errors
/// [`Error::Unsupported`] for a sub-query that nobody resolved, and for a pattern that isn't regular.
pub(crate) fn matcher(filter: &Filter) -> Result<Matcher, Error> {
    Matcher::new(filter).map_err(|unmatchable| match unmatchable {
        Unmatchable::SubQuery(_) => Error::Unsupported("a sub-query that isn't resolved"),
        Unmatchable::Pattern(_) => Error::Unsupported("such a regular expression"),
    })
}

/// Whether an object passes; of relations, the matcher knows none.
pub(crate) fn passes(matcher: &Matcher, object: &Object) -> bool {
    matcher.matches(object, &NoRelations)
}

/// Whether objects that lack the field pass a test.
///
/// # Errors
/// As [`matcher`].
pub(crate) fn absent_passes(path: &Path, test: &Test) -> Result<bool, Error> {
    let matcher = matcher(&Filter::Test(path.clone(), test.clone()))?;
    #[expect(clippy::expect_used, reason = "both literals are legal")]
    let (class, id) = (ClassName::new("A").expect("legal"), ObjectId::new("a").expect("legal"));
    Ok(passes(&matcher, &Object::new(class, id, Date(0))))
}

/// Puts what is found out about relations into a filter, so that nobody needs to know them any more.
pub(crate) fn resolved(filter: &Filter, members: &mut impl Iterator<Item = Vec<ObjectId>>) -> Filter {
    let mut all = |parts: &[Filter]| parts.iter().map(|part| resolved(part, members)).collect();
    match filter {
        Filter::And(parts) => Filter::And(all(parts)),
        Filter::Or(parts) => Filter::Or(all(parts)),
        Filter::Nor(parts) => Filter::Nor(all(parts)),
        Filter::RelatedTo { .. } => {
            let ids = members.next().unwrap_or_default();
            Filter::test("objectId", Test::In(ids.iter().map(|id| Value::text(id.as_str())).collect()))
        }
        Filter::Test(..) | Filter::Acl(..) => filter.clone(),
    }
}

/// Every `$relatedTo` of a filter, in the order in which [`resolved`] meets them.
pub(crate) fn relations<'a>(filter: &'a Filter, out: &mut Vec<&'a Filter>) {
    match filter {
        Filter::And(parts) | Filter::Or(parts) | Filter::Nor(parts) => {
            parts.iter().for_each(|part| relations(part, out));
        }
        Filter::RelatedTo { .. } => out.push(filter),
        Filter::Test(..) | Filter::Acl(..) => {}
    }
}

/// The one id that a filter can pass at all, if it says so on its top level.
pub(crate) fn single_id(filter: &Filter) -> Option<&str> {
    match filter {
        Filter::Test(path, Test::Eq(value)) if *path == "objectId" => value.as_str(),
        Filter::And(parts) => parts.iter().find_map(single_id),
        Filter::Test(..) | Filter::Or(_) | Filter::Nor(_) | Filter::Acl(..) | Filter::RelatedTo { .. } => {
            None
        }
    }
}
