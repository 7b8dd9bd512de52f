//! Which queries an index serves: the measure of plans.

use model::{FieldType, Filter, Limit, Path, Schema, Test, Value, query::By, schema::IndexKind};

use crate::{Select, bounds};

/// What the indexes of a backend serve besides ranges of plain values.
#[derive(Debug, Clone, Copy, Default)]
pub struct Serves {
    /// Whether an index on a list finds its elements.
    pub elements: bool,
    /// The kind of index that finds places, if there is one.
    pub places: Option<&'static str>,
    /// Whether the planner looks no further than a single test: ranges of ids, several elements and several values of
    /// what is unique are too much for it.
    pub alone: bool,
}

/// What a plan must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// Anything.
    Nothing,
    /// Look for rows in an index.
    Search,
    /// Look for rows in an index, or take all of them in the order of one.
    Either,
    /// Take rows in an index's order.
    Order,
}

/// How a filter meets the indexes, best first: the best of several conditions decides, and the worst of alternatives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// No row passes, and nothing needs to be read to know.
    Nothing,
    /// An index finds the rows.
    Index,
    /// An index finds the rows, perhaps very many.
    Range,
    /// Every row has to be looked at.
    All,
}

impl Serves {
    /// The kind of index that fields of a type get; `None` for those that no index serves.
    pub(super) fn kind(self, kind: &FieldType) -> Option<IndexKind> {
        match kind {
            FieldType::String
            | FieldType::Number
            | FieldType::Boolean
            | FieldType::Date
            | FieldType::Pointer(_) => Some(IndexKind::Ascending),
            FieldType::Array => self.elements.then_some(IndexKind::Ascending),
            FieldType::GeoPoint => self.places.map(|kind| IndexKind::Named(kind.to_owned())),
            FieldType::Object
            | FieldType::Polygon
            | FieldType::File
            | FieldType::Bytes
            | FieldType::Relation(_)
            | FieldType::Acl => None,
        }
    }

    /// What the plan of a find must do.
    pub(super) fn needs(self, schema: &Schema, select: &Select) -> Needs {
        let few = select.limit != Limit::All && select.limit != Limit::Rows(0);
        let alone = match &select.filter {
            Filter::Test(_, Test::Eq(_)) => true,
            Filter::Test(_, Test::All(_)) => false,
            Filter::Test(path, Test::In(_)) => path.root() == "objectId" || is_named(schema, path.root()),
            Filter::Test(path, _) => path.root() != "objectId",
            _ => false,
        };
        match self.filter(schema, &select.filter) {
            Way::Index | Way::Range if self.alone && !alone => Needs::Nothing,
            Way::Index => Needs::Search,
            Way::Range if select.order.is_empty() => Needs::Search,
            Way::Range => Needs::Either,
            Way::All if few && is_everything(&select.filter) && is_order_of_an_index(schema, select) => {
                Needs::Order
            }
            Way::All | Way::Nothing => Needs::Nothing,
        }
    }

    fn filter(self, schema: &Schema, filter: &Filter) -> Way {
        let ways = |parts: &[Filter]| parts.iter().map(|part| self.filter(schema, part)).collect::<Vec<_>>();
        match filter {
            Filter::And(parts) => ways(parts).into_iter().min().unwrap_or(Way::All),
            Filter::Or(parts) => ways(parts).into_iter().max().unwrap_or(Way::Nothing),
            Filter::Nor(_) | Filter::Acl(..) => Way::All,
            Filter::RelatedTo { .. } => Way::Index,
            Filter::Test(path, test) => self.test(schema, path, test),
        }
    }

    fn test(self, schema: &Schema, path: &Path, test: &Test) -> Way {
        let Some(kind) = schema.kind(path.root()).filter(|_| !path.is_dotted()) else { return Way::All };
        if !is_indexed(schema, path.root()) {
            return Way::All;
        }
        match kind {
            FieldType::Array if self.elements => elements(test),
            FieldType::GeoPoint => match test {
                Test::Near { .. } | Test::Within(_) if bounds::of(test).is_some() => Way::Range,
                _ => Way::All,
            },
            FieldType::String
            | FieldType::Number
            | FieldType::Boolean
            | FieldType::Date
            | FieldType::Pointer(_) => scalars(kind, is_named(schema, path.root()), test),
            _ => Way::All,
        }
    }
}

/// Whether a filter leaves nothing to look for, so that the order alone decides how rows are read.
fn is_everything(filter: &Filter) -> bool {
    match filter {
        Filter::And(parts) => parts.iter().all(is_everything),
        Filter::Acl(..) => true,
        Filter::Or(_) | Filter::Nor(_) | Filter::Test(..) | Filter::RelatedTo { .. } => false,
    }
}

fn scalars(kind: &FieldType, holds_absent: bool, test: &Test) -> Way {
    match test {
        // An index that keeps a field unique needn't know of what is missing.
        Test::Eq(Value::Null) => {
            if holds_absent {
                Way::Index
            } else {
                Way::All
            }
        }
        Test::Eq(value) => {
            if fits(kind, value) {
                Way::Index
            } else {
                Way::Nothing
            }
        }
        Test::In(values) if !holds_absent && values.iter().any(Value::is_null) => Way::All,
        Test::In(values) => {
            let found = values.iter().any(|value| value.is_null() || fits(kind, value));
            if found { Way::Index } else { Way::Nothing }
        }
        Test::Lt(value) | Test::Lte(value) | Test::Gt(value) | Test::Gte(value)
            if fits(kind, value) && !matches!(kind, FieldType::Pointer(_)) =>
        {
            Way::Range
        }
        Test::Regex(pattern) if *kind == FieldType::String => match pattern.literal() {
            Some(found) if found.starts && !found.any_case && !found.text.contains('\0') => Way::Range,
            _ => Way::All,
        },
        _ => Way::All,
    }
}

/// Texts, whole numbers and pointers are found among the elements of a list.
fn elements(test: &Test) -> Way {
    let plain = |value: &Value| match value {
        Value::String(text) => !text.contains('\0'),
        Value::Number(number) => number.fract() == 0.0 && number.abs() < 1e15,
        Value::Pointer(_) => true,
        _ => false,
    };
    match test {
        Test::Eq(value) if plain(value) => Way::Index,
        Test::In(values) | Test::All(values) if !values.is_empty() && values.iter().all(plain) => Way::Index,
        _ => Way::All,
    }
}

fn fits(kind: &FieldType, value: &Value) -> bool {
    match (kind, value) {
        (FieldType::Number, Value::Number(number)) => !number.is_nan(),
        (kind, value) => FieldType::of(value).as_ref() == Some(kind),
    }
}

/// Whether an index begins with a field.
fn is_indexed(schema: &Schema, field: &str) -> bool {
    let unique = schema.unique.iter().any(|group| group.fields.iter().map(|name| name.as_str()).eq([field]));
    field == "objectId" || is_named(schema, field) || unique
}

/// Whether an index of the class's own begins with a field.
fn is_named(schema: &Schema, field: &str) -> bool {
    schema.indexes.values().any(|index| index.keys().next().is_some_and(|first| first == field))
}

/// Whether an index has exactly the keys of an order, in its direction or against it.
fn is_order_of_an_index(schema: &Schema, select: &Select) -> bool {
    let mut order = select.order.iter();
    let (Some(key), None) = (order.next(), order.next()) else { return false };
    let field = key.path.as_str();
    let plain = matches!(
        schema.kind(field),
        Some(
            FieldType::String
                | FieldType::Number
                | FieldType::Date
                | FieldType::Boolean
                | FieldType::Pointer(_)
        )
    );
    plain && matches!(key.by, By::Value) && is_indexed(schema, field)
}
