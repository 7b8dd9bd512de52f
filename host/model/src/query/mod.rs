//! What a find asks for.

pub mod advice;
mod ahead;
pub mod filter;
pub mod geo;
pub mod matcher;
pub mod order;
pub mod parse;
mod pattern;
pub(crate) mod place;
pub mod sort;
pub mod text;

pub use advice::{Advice, Explain, Hint, ReadPreference};
pub use filter::{Filter, Test};
pub use matcher::{Matcher, NoRelations, Relations};
pub use order::{By, Order};
pub use parse::Limits;
pub use pattern::Compiled;
pub use sort::Sorter;

use std::collections::BTreeSet;

use crate::{ClassName, FieldName, Path};

/// How many rows an answer may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// At most so many; 0 asks for no rows at all.
    Rows(u64),
    /// Every row: only includes and sub-queries ask for that.
    All,
}

/// One find of one class, as a client states it.
#[derive(Clone, PartialEq)]
pub struct Query {
    /// The class to search.
    pub class: ClassName,
    /// Which objects.
    pub filter: Filter,
    /// Fields that the filter compares with relative times: only dates can be.
    pub moments: BTreeSet<Path>,
    /// Sort keys, strongest first; ties stay in the backend's order.
    pub order: Vec<Order>,
    /// Rows to pass over.
    pub skip: u64,
    /// Rows to answer; `None` is the server's default.
    pub limit: Option<Limit>,
    /// Fields to answer; `None` is all. Dotted entries reach into includes.
    pub keys: Option<Vec<Path>>,
    /// Fields to leave out.
    pub exclude_keys: Vec<Path>,
    /// Pointer paths to expand; each prefix of a path is expanded too.
    pub include: Vec<Path>,
    /// Whether every pointer is expanded, one level deep.
    pub include_all: bool,
    /// Whether the total number of matches is asked for, too.
    pub count: bool,
    /// Whether objects carry how well they answer the filter's `$text`, as `score`.
    pub score: bool,
    /// Whether the database's plan is asked for instead of objects.
    pub explain: Option<Explain>,
    /// What the database is told besides.
    pub advice: Advice,
    /// Which members of a replicated database may answer includes; `None` is as for the query.
    pub include_preference: Option<ReadPreference>,
    /// Which members may answer sub-queries; `None` is as for the query.
    pub subquery_preference: Option<ReadPreference>,
    /// A pointer or relation field whose class is searched instead of `class`.
    pub redirect: Option<FieldName>,
}

impl Query {
    /// Makes a query for everything in a class.
    pub fn new(class: ClassName) -> Query {
        Query {
            class,
            filter: Filter::all(),
            moments: BTreeSet::new(),
            order: Vec::new(),
            skip: 0,
            limit: None,
            keys: None,
            exclude_keys: Vec::new(),
            include: Vec::new(),
            include_all: false,
            count: false,
            score: false,
            explain: None,
            advice: Advice::default(),
            include_preference: None,
            subquery_preference: None,
            redirect: None,
        }
    }

    /// Tells the sub-queries which members of a replicated database may answer them.
    pub fn spread(&mut self) {
        if let Some(preference) = self.subquery_preference.or(self.advice.read_preference) {
            spread(&mut self.filter, preference);
        }
    }

    /// The id, when the query asks for exactly one object by id; Parse then checks `get` and not `find`.
    pub fn single_id(&self) -> Option<&str> {
        match &self.filter {
            Filter::Test(path, Test::Eq(value)) if *path == "objectId" => value.as_str(),
            Filter::And(parts) => match parts.as_slice() {
                [Filter::Test(path, Test::Eq(value))] if *path == "objectId" => value.as_str(),
                _ => None,
            },
            _ => None,
        }
    }
}

fn spread(filter: &mut Filter, preference: ReadPreference) {
    match filter {
        Filter::And(parts) | Filter::Or(parts) | Filter::Nor(parts) => {
            parts.iter_mut().for_each(|part| spread(part, preference));
        }
        Filter::Test(_, Test::InQuery { query, .. } | Test::Select { query, .. }) => {
            query.advice.read_preference = Some(preference);
            spread(&mut query.filter, preference);
        }
        Filter::Test(..) | Filter::Acl(..) | Filter::RelatedTo { .. } => {}
    }
}

/// Shows the class and sizes, never the operands.
impl std::fmt::Debug for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Query({}, {:?})", self.class, self.filter)
    }
}
