//! Sort keys.

use crate::{Filter, Path, Test, query::geo::Point};

/// One sort key.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The field, or `objectId`, `createdAt`, `updatedAt`.
    pub path: Path,
    /// Largest first.
    pub descending: bool,
    /// What of the field counts.
    pub by: By,
}

/// What two objects are compared by.
#[derive(Debug, Clone, PartialEq)]
pub enum By {
    /// The value.
    Value,
    /// The distance from a point, nearest first; objects without a place come last.
    Distance(Point),
    /// How well the object answers the filter's `$text`, best first.
    Score,
}

impl Order {
    /// Sorts smallest first.
    pub fn ascending(path: Path) -> Order {
        Order { path, descending: false, by: By::Value }
    }

    /// Sorts largest first.
    pub fn descending(path: Path) -> Order {
        Order { path, descending: true, by: By::Value }
    }

    /// The order that a filter asks for by itself: `$nearSphere` answers the nearest first.
    ///
    /// Storage sorts by what it is told and by nothing else, so whoever asks it adds this.
    pub fn implied(filter: &Filter) -> Option<Order> {
        match filter {
            Filter::Test(path, Test::Near { point, .. }) => {
                Some(Order { path: path.clone(), descending: false, by: By::Distance(*point) })
            }
            Filter::And(parts) => parts.iter().find_map(Order::implied),
            Filter::Test(..)
            | Filter::Or(_)
            | Filter::Nor(_)
            | Filter::Acl(..)
            | Filter::RelatedTo { .. } => None,
        }
    }
}
