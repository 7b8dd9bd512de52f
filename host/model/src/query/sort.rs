//! Objects put in order, with MongoDB's order of values.

use std::{borrow::Borrow, cmp::Ordering};

use crate::{
    Filter, Object, Order, Path, Test, Value,
    query::{
        geo::Point,
        order::By,
        place::{self, Branch},
        text::Seeker,
    },
};

#[cfg(test)]
mod tests;

/// Sort keys made ready.
///
/// Absent and null come first, then numbers, texts, objects, arrays, bytes, booleans, dates, points.
/// An array counts as its smallest element, or its largest when descending.
pub struct Sorter<'a> {
    keys: Vec<Key<'a>>,
}

enum Key<'a> {
    Value(&'a Order),
    /// A number worked out once for each object, the smallest first.
    Number(Measure<'a>),
}

enum Measure<'a> {
    Distance(&'a Path, Point, bool),
    Score(&'a Path, Seeker),
}

impl<'a> Sorter<'a> {
    /// Makes sort keys ready; the filter says which text a score is about, and without one all scores are equal.
    pub fn new(order: &'a [Order], filter: &'a Filter) -> Sorter<'a> {
        let key = |key: &'a Order| match key.by {
            By::Value => Some(Key::Value(key)),
            By::Distance(point) => Some(Key::Number(Measure::Distance(&key.path, point, key.descending))),
            By::Score => scored(filter).map(|(path, seeker)| Key::Number(Measure::Score(path, seeker))),
        };
        Sorter { keys: order.iter().filter_map(key).collect() }
    }

    /// Sorts rows; those that no key tells apart stay as they are.
    pub fn sort<T: Borrow<Object>>(&self, rows: &mut Vec<T>) {
        if self.keys.is_empty() {
            return;
        }
        if self.keys.iter().all(|key| matches!(key, Key::Value(_))) {
            rows.sort_by(|a, b| self.compare(a.borrow(), b.borrow()));
            return;
        }
        let mut measured: Vec<(Vec<f64>, T)> =
            rows.drain(..).map(|row| (self.measures(row.borrow()), row)).collect();
        measured.sort_by(|(a, row_a), (b, row_b)| self.order(row_a.borrow(), a, row_b.borrow(), b));
        rows.extend(measured.into_iter().map(|(_, row)| row));
    }

    /// Compares two objects; equal when no key tells them apart.
    pub fn compare(&self, a: &Object, b: &Object) -> Ordering {
        self.order(a, &self.measures(a), b, &self.measures(b))
    }

    fn measures(&self, object: &Object) -> Vec<f64> {
        let number = |key: &Key<'_>| match key {
            Key::Value(_) => None,
            Key::Number(measure) => Some(measure.of(object)),
        };
        self.keys.iter().filter_map(number).collect()
    }

    fn order(&self, a: &Object, numbers_a: &[f64], b: &Object, numbers_b: &[f64]) -> Ordering {
        let mut numbers = numbers_a.iter().zip(numbers_b);
        self.keys
            .iter()
            .map(|key| match key {
                Key::Value(key) => by_value(a, b, key),
                Key::Number(_) => numbers.next().map_or(Ordering::Equal, |(a, b)| a.total_cmp(b)),
            })
            .find(|ordering| ordering.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl Measure<'_> {
    fn of(&self, object: &Object) -> f64 {
        match self {
            Measure::Distance(path, from, descending) => {
                let nearest = place::visit(object, path, |branches| {
                    branches
                        .iter()
                        .copied()
                        .flatten()
                        .flat_map(points)
                        .map(|to| from.distance(to))
                        .reduce(f64::min)
                });
                match (nearest, descending) {
                    (None, _) => f64::INFINITY,
                    (Some(distance), false) => distance,
                    (Some(distance), true) => -distance,
                }
            }
            Measure::Score(path, seeker) => -score_at(object, path, seeker),
        }
    }
}

fn points(value: &Value) -> Vec<Point> {
    match value {
        Value::Array(items) => items.iter().filter_map(Point::of).collect(),
        value => Point::of(value).into_iter().collect(),
    }
}

fn score_at(object: &Object, path: &Path, seeker: &Seeker) -> f64 {
    place::visit(object, path, |branches| {
        let found: Vec<&Value> = branches.iter().copied().flatten().collect();
        seeker.score(&found).unwrap_or(0.0)
    })
}

/// The `$text` of a filter.
fn scored(filter: &Filter) -> Option<(&Path, Seeker)> {
    match filter {
        Filter::Test(path, Test::Text(search)) => Some((path, Seeker::new(search))),
        Filter::And(parts) | Filter::Or(parts) => parts.iter().find_map(scored),
        Filter::Test(..) | Filter::Nor(_) | Filter::Acl(..) | Filter::RelatedTo { .. } => None,
    }
}

/// Works out how well each object answers the filter's `$text`; nothing when the filter has none.
pub fn scores<T: Borrow<Object>>(filter: &Filter, objects: &[T]) -> Option<Vec<f64>> {
    let (path, seeker) = scored(filter)?;
    Some(objects.iter().map(|object| score_at(object.borrow(), path, &seeker)).collect())
}

/// Orders any two values: by kind, then by size.
pub fn values(a: &Value, b: &Value) -> Ordering {
    total(a, b)
}

fn by_value(a: &Object, b: &Object, key: &Order) -> Ordering {
    let rank =
        |object: &Object| place::visit(object, &key.path, |branches| self::rank(branches, key.descending));
    let ordering = total(&rank(a), &rank(b));
    if key.descending { ordering.reverse() } else { ordering }
}

/// What counts of all that was found, null for nothing.
pub(crate) fn rank(branches: &[Branch<'_>], descending: bool) -> Value {
    representative(branches, descending).cloned().unwrap_or(Value::Null)
}

/// The value that stands for all that was found; `None` for absent.
fn representative<'a>(branches: &'a [Branch<'a>], descending: bool) -> Option<&'a Value> {
    let leaves = branches.iter().flat_map(|found| match found {
        Some(Value::Array(items)) if items.is_empty() => vec![None],
        Some(Value::Array(items)) => items.iter().map(Some).collect(),
        Some(value) => vec![Some(&**value)],
        None => vec![None],
    });
    let by =
        |a: &Option<&Value>, b: &Option<&Value>| total(a.unwrap_or(&Value::Null), b.unwrap_or(&Value::Null));
    if descending { leaves.max_by(by) } else { leaves.min_by(by) }.flatten()
}

fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Number(_) => 1,
        Value::String(_) | Value::File { .. } | Value::Pointer(_) | Value::Relation(_) | Value::Record(_) => {
            2
        }
        Value::Object(_) => 3,
        Value::Array(_) => 4,
        Value::Bytes(_) => 5,
        Value::Boolean(_) => 6,
        Value::Date(_) => 7,
        Value::GeoPoint { .. } | Value::Polygon(_) => 8,
    }
}

/// Orders any two values.
fn total(a: &Value, b: &Value) -> Ordering {
    if let Some(ordering) = within_kind(a, b) {
        return ordering;
    }
    let pairs = |a: &(f64, f64), b: &(f64, f64)| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1));
    match (a, b) {
        (Value::Bytes(a), Value::Bytes(b)) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
        (Value::Array(a), Value::Array(b)) => each(a.iter().map(|a| ("", a)), b.iter().map(|b| ("", b))),
        (Value::Object(a), Value::Object(b)) => {
            each(a.iter().map(|(key, a)| (key.as_str(), a)), b.iter().map(|(key, b)| (key.as_str(), b)))
        }
        (
            Value::GeoPoint { latitude, longitude },
            Value::GeoPoint { latitude: latitude_b, longitude: longitude_b },
        ) => pairs(&(*latitude, *longitude), &(*latitude_b, *longitude_b)),
        (Value::GeoPoint { .. }, Value::Polygon(_)) => Ordering::Less,
        (Value::Polygon(_), Value::GeoPoint { .. }) => Ordering::Greater,
        (Value::Polygon(a), Value::Polygon(b)) => a
            .iter()
            .zip(b)
            .map(|(a, b)| pairs(a, b))
            .find(|ordering| ordering.is_ne())
            .unwrap_or_else(|| a.len().cmp(&b.len())),
        _ => kind(a).cmp(&kind(b)).then_with(|| text(a).cmp(&text(b))),
    }
}

fn each<'a>(
    a: impl Iterator<Item = (&'a str, &'a Value)>,
    b: impl Iterator<Item = (&'a str, &'a Value)>,
) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let ordering = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some((key_a, a)), Some((key_b, b))) => {
                kind(a).cmp(&kind(b)).then_with(|| key_a.cmp(key_b)).then_with(|| total(a, b))
            }
        };
        if ordering.is_ne() {
            return ordering;
        }
    }
}

/// What texts and references are sorted by; nothing for the other kinds.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::File { name, .. } => name.clone(),
        Value::Relation(class) => class.as_str().to_owned(),
        other => {
            other.as_pointer().map_or_else(String::new, |pointer| format!("{}${}", pointer.class, pointer.id))
        }
    }
}

/// Compares two values of a kind that `$lt` and its like know; `None` across kinds.
pub(super) fn within_kind(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(b),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
        _ => None,
    }
}
