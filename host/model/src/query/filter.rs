//! Which objects a query means: a tree of tests on paths.
//!
//! Paths may also name `objectId` (text), `createdAt` and `updatedAt` (dates).

use std::fmt;

use crate::{
    ClassName, ObjectId, Path, Query, Value,
    query::{
        geo::{Point, Region},
        text::Search,
    },
};

/// Which of an object's two lists of groups a row filter looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The groups that may see the object.
    Read,
    /// The groups that may change it.
    Write,
}

/// A condition on an object.
#[derive(Clone, PartialEq)]
pub enum Filter {
    /// All of them; an empty list is true.
    And(Vec<Filter>),
    /// At least one of them; an empty list is false.
    Or(Vec<Filter>),
    /// None of them.
    Nor(Vec<Filter>),
    /// The value at a path passes a test.
    Test(Path, Test),
    /// The object's ACL is absent or names one of the groups for the access.
    Acl(Access, Vec<String>),
    /// The object is a member of `owner`'s relation `key` (`$relatedTo`).
    RelatedTo {
        /// The class of the owning object.
        owner_class: ClassName,
        /// The owning object.
        owner: ObjectId,
        /// The relation field of the owning object.
        key: Path,
    },
}

/// A test of the value at a path. On an array field, most tests pass when one element does.
#[derive(Clone, PartialEq)]
pub enum Test {
    /// Equal; on an array field, contains. `Null` also matches an absent value.
    Eq(Value),
    /// Not equal, or absent; on an array field, doesn't contain.
    Ne(Value),
    /// Less than a value of the same kind.
    Lt(Value),
    /// At most.
    Lte(Value),
    /// Greater than.
    Gt(Value),
    /// At least.
    Gte(Value),
    /// Equal to one of them; an empty list matches nothing.
    In(Vec<Value>),
    /// Equal to none of them, or absent; an empty list matches everything.
    Nin(Vec<Value>),
    /// Present (a null counts as present), or absent.
    Exists(bool),
    /// An array that contains all of them.
    All(Vec<Value>),
    /// An array that holds, for each pattern, an element that the pattern matches.
    AllRegex(Vec<Pattern>),
    /// An array whose every element is one of them.
    ContainedBy(Vec<Value>),
    /// Text that the pattern matches.
    Regex(Pattern),
    /// A GeoPoint at most so far away. It only tests: who wants the nearest first says so in the order.
    Near {
        /// From where.
        point: Point,
        /// How far, in radians; `None` is anywhere.
        radians: Option<f64>,
    },
    /// A GeoPoint inside a region.
    Within(Region),
    /// A Polygon that holds the point.
    Covers(Point),
    /// Text that holds what is looked for.
    Text(Search),
    /// A pointer to an object that the sub-query finds (or, negated, doesn't). Resolved before storage sees it.
    InQuery {
        /// The sub-query; it runs without a limit.
        query: Box<Query>,
        /// `$notInQuery`.
        negated: bool,
    },
    /// Equal to the value at `key` of an object that the sub-query finds. Resolved before storage sees it.
    Select {
        /// The sub-query; it runs without a limit.
        query: Box<Query>,
        /// The path whose values count.
        key: Path,
        /// `$dontSelect`.
        negated: bool,
    },
}

/// A regular expression with its options.
#[derive(Clone, PartialEq, Eq)]
pub struct Pattern {
    /// PCRE-style source, in which `\Q…\E` quotes.
    pub source: String,
    /// Letters out of `imxsu`.
    pub options: String,
}

impl Filter {
    /// Makes the filter that every object passes.
    pub fn all() -> Filter {
        Filter::And(Vec::new())
    }

    /// Makes the filter that one id passes.
    pub fn id(id: &ObjectId) -> Filter {
        Filter::test("objectId", Test::Eq(Value::String(id.as_str().to_owned())))
    }

    /// Makes a test on a path that is known to be legal.
    pub fn test(path: &'static str, test: Test) -> Filter {
        #[expect(
            clippy::expect_used,
            reason = "only called with literals that are legal paths; tests cover each"
        )]
        Filter::Test(Path::new(path).expect("a legal path"), test)
    }

    /// The id of the one object that can pass at all, if the filter says so on its top level.
    pub fn named_id(&self) -> Option<&str> {
        match self {
            Filter::Test(path, Test::Eq(value)) if *path == "objectId" => value.as_str(),
            Filter::And(parts) => parts.iter().find_map(Filter::named_id),
            Filter::Test(..)
            | Filter::Or(_)
            | Filter::Nor(_)
            | Filter::Acl(..)
            | Filter::RelatedTo { .. } => None,
        }
    }

    /// Joins two filters so that both must pass.
    pub fn and(self, other: Filter) -> Filter {
        match (self, other) {
            (Filter::And(a), other) if a.is_empty() => other,
            (this, Filter::And(b)) if b.is_empty() => this,
            (Filter::And(mut a), Filter::And(b)) => {
                a.extend(b);
                Filter::And(a)
            }
            (Filter::And(mut a), other) => {
                a.push(other);
                Filter::And(a)
            }
            (this, other) => Filter::And(vec![this, other]),
        }
    }

    /// Calls `visit` with every path that the filter tests, at any depth of its own tree (not in sub-queries).
    pub fn each_path<'a>(&'a self, visit: &mut dyn FnMut(&'a Path)) {
        match self {
            Filter::And(parts) | Filter::Or(parts) | Filter::Nor(parts) => {
                parts.iter().for_each(|part| part.each_path(visit));
            }
            Filter::Test(path, _) => visit(path),
            Filter::Acl(..) | Filter::RelatedTo { .. } => {}
        }
    }
}

impl Test {
    /// The operator's name on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Test::Eq(_) => "$eq",
            Test::Ne(_) => "$ne",
            Test::Lt(_) => "$lt",
            Test::Lte(_) => "$lte",
            Test::Gt(_) => "$gt",
            Test::Gte(_) => "$gte",
            Test::In(_) => "$in",
            Test::Nin(_) => "$nin",
            Test::Exists(_) => "$exists",
            Test::All(_) | Test::AllRegex(_) => "$all",
            Test::ContainedBy(_) => "$containedBy",
            Test::Regex(_) => "$regex",
            Test::Near { .. } => "$nearSphere",
            Test::Within(Region::Box { .. }) => "$within",
            Test::Within(Region::Polygon(_) | Region::Sphere { .. }) => "$geoWithin",
            Test::Covers(_) => "$geoIntersects",
            Test::Text(_) => "$text",
            Test::InQuery { negated: false, .. } => "$inQuery",
            Test::InQuery { negated: true, .. } => "$notInQuery",
            Test::Select { negated: false, .. } => "$select",
            Test::Select { negated: true, .. } => "$dontSelect",
        }
    }
}

/// Shows names and operators, never operands.
impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Filter::And(parts) => f.debug_tuple("And").field(parts).finish(),
            Filter::Or(parts) => f.debug_tuple("Or").field(parts).finish(),
            Filter::Nor(parts) => f.debug_tuple("Nor").field(parts).finish(),
            Filter::Test(path, test) => write!(f, "{path} {}", test.name()),
            Filter::Acl(access, groups) => write!(f, "Acl({access:?}, {} groups)", groups.len()),
            Filter::RelatedTo { key, .. } => write!(f, "RelatedTo({key})"),
        }
    }
}
