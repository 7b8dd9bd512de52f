//! Tests that the port knows though REST doesn't: of operands of any kind, of lists in lists, or none at all.

use model::{Filter, Path, Test, Value, encode};
use proptest::{collection::vec, prelude::Strategy, prop_oneof, sample::select, strategy::Union};
use serde_json::Value as Json;

use super::{
    class::Fields,
    draw::{any, list, operand},
    pool::PATHS,
};
use crate::conformance::Wrong;

/// Some tests, joined.
#[derive(Clone, Debug)]
pub(super) struct Bare {
    /// `$and`, `$or` or `$nor`.
    join: &'static str,
    /// A path, an operator and what is compared each.
    tests: Vec<(&'static str, &'static str, Json)>,
}

/// Draws tests.
pub(super) fn draw(class: &Fields) -> impl Strategy<Value = Bare> + use<> {
    let test = |path: &'static str| {
        let compared = (select(&["$eq", "$ne", "$lt", "$lte", "$gt", "$gte"][..]), operand(class, path));
        let listed = (select(&["$in", "$nin", "$all", "$containedBy"][..]), list(any(1)));
        prop_oneof![compared, listed].prop_map(move |(operator, operand)| (path, operator, operand)).boxed()
    };
    let tests = Union::new(PATHS.iter().copied().map(test));
    (select(&["$and", "$or", "$nor"][..]), vec(tests, 0..3)).prop_map(|(join, tests)| Bare { join, tests })
}

impl Bare {
    /// The filter that says the same.
    pub(super) fn filter(&self) -> Result<Filter, Wrong> {
        let tests = self.tests.iter().map(|(path, operator, operand)| {
            let test = match (*operator, encode::value(operand.clone())?) {
                ("$eq", value) => Test::Eq(value),
                ("$ne", value) => Test::Ne(value),
                ("$lt", value) => Test::Lt(value),
                ("$lte", value) => Test::Lte(value),
                ("$gt", value) => Test::Gt(value),
                ("$gte", value) => Test::Gte(value),
                ("$in", Value::Array(values)) => Test::In(values),
                ("$nin", Value::Array(values)) => Test::Nin(values),
                ("$all", Value::Array(values)) => Test::All(values),
                ("$containedBy", Value::Array(values)) => Test::ContainedBy(values),
                (operator, _) => return Err(Wrong(format!("{operator} isn't drawn so"))),
            };
            Ok(Filter::Test(Path::new(path)?, test))
        });
        let tests = tests.collect::<Result<Vec<_>, Wrong>>()?;
        Ok(match self.join {
            "$or" => Filter::Or(tests),
            "$nor" => Filter::Nor(tests),
            _ => Filter::And(tests),
        })
    }
}
