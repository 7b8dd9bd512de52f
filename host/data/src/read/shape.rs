//! A query as the trail may know it: paths and operators, never what they are compared with.

use audit::{Name, Operator, Shape};
use model::{Filter, Test};

/// The shape of a filter; `None` when it tests nothing.
pub(super) fn of(filter: &Filter) -> Option<Shape> {
    match filter {
        Filter::And(parts) if parts.is_empty() => None,
        Filter::And(parts) => Some(Shape::All(parts.iter().filter_map(of).collect())),
        Filter::Or(parts) => Some(Shape::Any(parts.iter().filter_map(of).collect())),
        Filter::Nor(parts) => Some(Shape::None(parts.iter().filter_map(of).collect())),
        Filter::Test(path, test) => Some(Shape::term(Name::clean(path), operator(test))),
        Filter::RelatedTo { key, .. } => Some(Shape::term(Name::clean(key), Operator::RelatedTo)),
        Filter::Acl(..) => None,
    }
}

fn operator(test: &Test) -> Operator {
    match test {
        Test::Eq(_) => Operator::Equal,
        Test::Ne(_) => Operator::NotEqual,
        Test::Lt(_) => Operator::Less,
        Test::Lte(_) => Operator::LessOrEqual,
        Test::Gt(_) => Operator::Greater,
        Test::Gte(_) => Operator::GreaterOrEqual,
        Test::In(_) => Operator::In,
        Test::Nin(_) => Operator::NotIn,
        Test::Exists(_) => Operator::Exists,
        Test::All(_) | Test::AllRegex(_) => Operator::Contains,
        Test::ContainedBy(_) => Operator::ContainedBy,
        Test::Regex(_) => Operator::Regex,
        Test::Near { .. } | Test::Within(_) | Test::Covers(_) => Operator::Geo,
        Test::Text(_) => Operator::Text,
        Test::InQuery { negated: false, .. } => Operator::InQuery,
        Test::InQuery { negated: true, .. } => Operator::NotInQuery,
        Test::Select { negated: false, .. } => Operator::Select,
        Test::Select { negated: true, .. } => Operator::DontSelect,
    }
}
