//! Filters answered in memory, with MongoDB's semantics.

use std::cmp::Ordering;

use crate::{
    ClassName, Filter, Object, ObjectId, ParseError, Path, Test, Value,
    query::{
        Compiled,
        filter::{Access, Pattern},
        geo::{self, Point, Region},
        place::{self, Branch},
        sort::within_kind,
        text::Seeker,
    },
};

#[cfg(test)]
mod tests;

/// Knows the members of relations, which aren't in the objects themselves.
pub trait Relations {
    /// Whether the relation `key` of the owner holds the member.
    fn holds(&self, owner_class: &ClassName, owner: &ObjectId, key: &Path, member: &ObjectId) -> bool;
}

/// Knows no relation: every one is empty.
pub struct NoRelations;

impl Relations for NoRelations {
    fn holds(&self, _: &ClassName, _: &ObjectId, _: &Path, _: &ObjectId) -> bool {
        false
    }
}

/// Why a filter can't be answered in memory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unmatchable {
    /// The filter holds a sub-query, which has to be resolved first; the operator.
    #[error("{0} has to be resolved before objects are matched")]
    SubQuery(&'static str),
    /// A pattern is malformed; a filter that was read by [`super::parse`] holds none such.
    #[error(transparent)]
    Pattern(#[from] ParseError),
}

/// A filter made ready to be asked about many objects.
///
/// Comparisons hold only within a kind of value; a path goes through arrays of objects; one element of an array
/// suffices, and a negation is the exact opposite of what it negates.
pub struct Matcher(Node);

enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Nor(Vec<Node>),
    Test(Path, Check),
    Acl(Access, Vec<String>),
    RelatedTo { owner_class: ClassName, owner: ObjectId, key: Path },
}

/// One test made ready.
pub(crate) enum Check {
    Eq(Value),
    Ne(Value),
    Ordered(Value, fn(Ordering) -> bool),
    In(Vec<Value>),
    Nin(Vec<Value>),
    Exists(bool),
    All(Vec<Value>),
    AllRegex(Vec<Compiled>),
    ContainedBy(Vec<Value>),
    Regex(Compiled),
    Near(Point, Option<f64>),
    Within(Region),
    Covers(Point),
    Text(Seeker),
}

impl Matcher {
    /// Makes a filter ready: compiles its patterns.
    ///
    /// # Errors
    /// [`Unmatchable`] when the filter holds a sub-query or a malformed pattern.
    pub fn new(filter: &Filter) -> Result<Matcher, Unmatchable> {
        Node::of(filter).map(Matcher)
    }

    /// Whether the object passes the filter.
    pub fn matches(&self, object: &Object, relations: &dyn Relations) -> bool {
        self.0.matches(object, relations)
    }
}

impl Node {
    fn of(filter: &Filter) -> Result<Node, Unmatchable> {
        let all = |parts: &[Filter]| parts.iter().map(Node::of).collect::<Result<Vec<_>, _>>();
        Ok(match filter {
            Filter::And(parts) => Node::And(all(parts)?),
            Filter::Or(parts) => Node::Or(all(parts)?),
            Filter::Nor(parts) => Node::Nor(all(parts)?),
            Filter::Test(path, test) => Node::Test(path.clone(), Check::of(test)?),
            Filter::Acl(access, groups) => Node::Acl(*access, groups.clone()),
            Filter::RelatedTo { owner_class, owner, key } => {
                Node::RelatedTo { owner_class: owner_class.clone(), owner: owner.clone(), key: key.clone() }
            }
        })
    }

    fn matches(&self, object: &Object, relations: &dyn Relations) -> bool {
        match self {
            Node::And(parts) => parts.iter().all(|part| part.matches(object, relations)),
            Node::Or(parts) => parts.iter().any(|part| part.matches(object, relations)),
            Node::Nor(parts) => !parts.iter().any(|part| part.matches(object, relations)),
            Node::Test(path, check) => place::visit(object, path, |branches| check.passes(branches)),
            Node::Acl(access, groups) => object.acl.as_ref().is_none_or(|acl| {
                groups.iter().any(|group| {
                    acl.0.get(group).is_some_and(|rights| match access {
                        Access::Read => rights.read,
                        Access::Write => rights.write,
                    })
                })
            }),
            Node::RelatedTo { owner_class, owner, key } => {
                relations.holds(owner_class, owner, key, &object.id)
            }
        }
    }
}

impl Check {
    pub(crate) fn of(test: &Test) -> Result<Check, Unmatchable> {
        let regex = |pattern: &Pattern| pattern.compile().map_err(Unmatchable::Pattern);
        Ok(match test {
            Test::Eq(value) => Check::Eq(value.clone()),
            Test::Ne(value) => Check::Ne(value.clone()),
            Test::Lt(value) => Check::Ordered(value.clone(), Ordering::is_lt),
            Test::Lte(value) => Check::Ordered(value.clone(), Ordering::is_le),
            Test::Gt(value) => Check::Ordered(value.clone(), Ordering::is_gt),
            Test::Gte(value) => Check::Ordered(value.clone(), Ordering::is_ge),
            Test::In(values) => Check::In(values.clone()),
            Test::Nin(values) => Check::Nin(values.clone()),
            Test::Exists(exists) => Check::Exists(*exists),
            Test::All(values) => Check::All(values.clone()),
            Test::AllRegex(patterns) => {
                Check::AllRegex(patterns.iter().map(regex).collect::<Result<_, _>>()?)
            }
            Test::ContainedBy(values) => Check::ContainedBy(values.clone()),
            Test::Regex(pattern) => Check::Regex(regex(pattern)?),
            Test::Near { point, radians } => Check::Near(*point, *radians),
            Test::Within(region) => Check::Within(region.clone()),
            Test::Covers(point) => Check::Covers(*point),
            Test::Text(search) => Check::Text(Seeker::new(search)),
            Test::InQuery { .. } | Test::Select { .. } => return Err(Unmatchable::SubQuery(test.name())),
        })
    }

    pub(crate) fn passes(&self, branches: &[Branch<'_>]) -> bool {
        match self {
            Check::Eq(value) => equals(branches, value),
            Check::Ne(value) => !equals(branches, value),
            Check::In(values) => values.iter().any(|value| equals(branches, value)),
            Check::Nin(values) => !values.iter().any(|value| equals(branches, value)),
            // Null is equal to null and absent alike, and neither less nor greater.
            Check::Ordered(Value::Null, holds) => holds(Ordering::Equal) && equals(branches, &Value::Null),
            Check::Ordered(value, holds) => {
                any(branches, |found| within_kind(found, value).is_some_and(holds))
            }
            Check::Exists(exists) => branches.iter().any(Option::is_some) == *exists,
            Check::All(values) => {
                !values.is_empty()
                    && arrays(branches, |items| {
                        values.iter().all(|value| items.iter().any(|item| same(item, value)))
                    })
            }
            Check::AllRegex(patterns) => {
                !patterns.is_empty()
                    && arrays(branches, |items| {
                        patterns.iter().all(|pattern| items.iter().any(|item| is_match(pattern, item)))
                    })
            }
            Check::ContainedBy(values) => arrays(branches, |items| {
                items.iter().all(|item| values.iter().any(|value| same(item, value)))
            }),
            Check::Regex(pattern) => any(branches, |found| is_match(pattern, found)),
            Check::Near(point, most) => any(branches, |found| {
                Point::of(found).is_some_and(|found| most.is_none_or(|most| point.distance(found) <= most))
            }),
            Check::Within(region) => {
                any(branches, |found| Point::of(found).is_some_and(|point| region.holds(point)))
            }
            Check::Covers(point) => any(branches, |found| match found {
                Value::Polygon(ring) => geo::ring_holds(ring, *point),
                _ => false,
            }),
            Check::Text(seeker) => {
                let found: Vec<&Value> = branches.iter().copied().flatten().collect();
                seeker.score(&found).is_some()
            }
        }
    }
}

fn equals(branches: &[Branch<'_>], value: &Value) -> bool {
    (value.is_null() && branches.iter().any(Option::is_none)) || any(branches, |found| same(found, value))
}

/// Whether a value that was found, or an element of one, passes.
fn any(branches: &[Branch<'_>], passes: impl Fn(&Value) -> bool) -> bool {
    branches.iter().flatten().any(|found| match found {
        Value::Array(items) => items.iter().any(&passes) || passes(found),
        _ => passes(found),
    })
}

fn arrays(branches: &[Branch<'_>], passes: impl Fn(&[Value]) -> bool) -> bool {
    branches.iter().flatten().any(|found| match found {
        Value::Array(items) => passes(items),
        _ => false,
    })
}

fn is_match(pattern: &Compiled, value: &Value) -> bool {
    value.as_str().is_some_and(|text| pattern.is_match(text))
}

/// Whether two values are equal; an expanded record is equal to a pointer to itself.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Record(_), _) | (_, Value::Record(_)) => {
            a.as_pointer().is_some() && a.as_pointer() == b.as_pointer()
        }
        _ => a == b,
    }
}
