//! `$setWindowFields`: what a document's neighbours come to.

use std::collections::BTreeMap;

use serde_json::{Map as JsonMap, Value as Json};

use super::{
    accumulator::{Accumulator, Gathered},
    document::{Key, put},
    expression::{Expression, Scope},
    invalid,
    plan::parts,
    shape::Sort,
};
use crate::{ParseError, Value, name::shown, value::Map};

/// `$setWindowFields`
pub(super) struct Window {
    by: Option<Expression>,
    sort: Option<Sort>,
    output: Vec<(Vec<String>, Function)>,
}

/// What a field is worked out by.
enum Function {
    /// An accumulator over the documents that a window shows.
    Gather(Accumulator, Bounds),
    /// The place among the documents, as the flags say; `(dense, equal ones share a place)`.
    Place { dense: bool, shared: bool },
    /// What another document so far away comes to.
    Shift { by: i64, of: Expression, default: Option<Expression> },
    /// The last value that isn't null.
    Last(Expression),
}

/// What a window shows.
#[derive(Clone, Copy)]
enum Bounds {
    /// So many documents before and after; `None` has no end.
    Documents(Option<i64>, Option<i64>),
    /// Documents whose sort value is so much smaller and larger; `None` has no end.
    Range(Option<f64>, Option<f64>),
}

/// Functions that MongoDB knows and nobody carries out here.
const FOREIGN: [&str; 6] =
    ["$covariancePop", "$covarianceSamp", "$derivative", "$expMovingAvg", "$integral", "$linearFill"];

impl Window {
    /// Reads which documents belong together, their order, and what is worked out.
    ///
    /// # Errors
    /// 102 for anything else.
    pub(super) fn parse(json: &Json) -> Result<Window, ParseError> {
        let sort = json.get("sortBy");
        let sort = sort.map(|sort| Sort::parse(sort, "sortBy of $setWindowFields")).transpose()?;
        let output = json.get("output").and_then(Json::as_object).filter(|output| !output.is_empty());
        let output = output.ok_or_else(|| invalid("$setWindowFields needs an object of fields as output"))?;
        let one = |(name, json): (&String, &Json)| {
            let path = parts(name).ok_or_else(|| invalid("a stage names what can't be a field"))?;
            Ok((path, Function::parse(json, sort.as_ref())?))
        };
        Ok(Window {
            by: json.get("partitionBy").map(Expression::parse).transpose()?,
            output: output.iter().map(one).collect::<Result<_, ParseError>>()?,
            sort,
        })
    }

    /// Adds to each document what its window comes to; those that belong together come out together, in order.
    ///
    /// # Errors
    /// As its expressions; 102 when it is too much work.
    pub(super) fn look(&self, documents: Vec<Map>, scope: Scope<'_>) -> Result<Vec<Map>, ParseError> {
        let mut groups: BTreeMap<Key, Vec<Map>> = BTreeMap::new();
        for document in documents {
            let key = match &self.by {
                Some(by) => by.answer(Scope { document: &document, ..scope })?,
                None => None,
            };
            groups.entry(Key(Some(key.unwrap_or(Value::Null)))).or_default().push(document);
        }
        let mut out = Vec::new();
        for mut group in groups.into_values() {
            if let Some(sort) = &self.sort {
                group = sort.sort(group);
            }
            let worked =
                self.output.iter().map(|(_, function)| function.work(&group, self.sort.as_ref(), scope));
            let worked = worked.collect::<Result<Vec<_>, _>>()?;
            for ((path, _), values) in self.output.iter().zip(worked) {
                for (document, value) in group.iter_mut().zip(values) {
                    put(document, path, value, scope.run)?;
                }
            }
            out.extend(group);
        }
        Ok(out)
    }
}

impl Function {
    fn parse(json: &Json, sort: Option<&Sort>) -> Result<Function, ParseError> {
        let nothing = JsonMap::new();
        let map = json.as_object().unwrap_or(&nothing);
        let mut functions = map.iter().filter(|(name, _)| *name != "window");
        let (Some((name, operand)), None) = (functions.next(), functions.next()) else {
            return Err(invalid(
                "A field of $setWindowFields must be an object of one function, and its window",
            ));
        };
        let window = map.get("window");
        let sorted = || match sort {
            Some(_) => Ok(()),
            None => Err(invalid(format!("{} needs a sortBy", shown(name)))),
        };
        let place = match name.as_str() {
            "$documentNumber" => Some(Function::Place { dense: false, shared: false }),
            "$rank" => Some(Function::Place { dense: false, shared: true }),
            "$denseRank" => Some(Function::Place { dense: true, shared: true }),
            "$shift" => {
                let by = operand.get("by").and_then(Json::as_f64).filter(|by| by.fract() == 0.0);
                let of = operand.get("output").ok_or_else(|| invalid("$shift needs an output"))?;
                Some(Function::Shift {
                    by: by.ok_or_else(|| invalid("$shift needs a whole number as by"))? as i64,
                    of: Expression::parse(of)?,
                    default: operand.get("default").map(Expression::parse).transpose()?,
                })
            }
            "$locf" => Some(Function::Last(Expression::parse(operand)?)),
            name if FOREIGN.contains(&name) => {
                return Err(invalid(format!("The window function {name} isn't supported yet")));
            }
            _ => None,
        };
        match place {
            Some(_) if window.is_some() => Err(invalid(format!("{} takes no window", shown(name)))),
            Some(place) => sorted().map(|()| place),
            None => {
                let bounds = match window {
                    Some(window) => Bounds::parse(window, sort)?,
                    None => Bounds::Documents(None, None),
                };
                if !matches!(bounds, Bounds::Documents(None, None)) {
                    sorted()?;
                }
                Ok(Function::Gather(Accumulator::named(name, operand)?, bounds))
            }
        }
    }

    /// What the function comes to for each document of a group that is in order.
    fn work(&self, group: &[Map], sort: Option<&Sort>, scope: Scope<'_>) -> Result<Vec<Value>, ParseError> {
        scope.run.spend(group.len())?;
        let answer = |expression: &Expression, document: &Map| {
            Ok(expression.answer(Scope { document, ..scope })?.unwrap_or(Value::Null))
        };
        match self {
            Function::Place { dense, shared } => Ok(places(group, sort, *dense, *shared)),
            Function::Shift { by, of, default } => (0_i64..)
                .zip(group)
                .map(|(place, document)| {
                    let there = place.checked_add(*by).and_then(|there| usize::try_from(there).ok());
                    match (there.and_then(|there| group.get(there)), default) {
                        (Some(there), _) => answer(of, there),
                        (None, Some(default)) => answer(default, document),
                        (None, None) => Ok(Value::Null),
                    }
                })
                .collect(),
            Function::Last(of) => {
                let mut last = Value::Null;
                let mut values = Vec::with_capacity(group.len());
                for document in group {
                    let value = answer(of, document)?;
                    if !value.is_null() {
                        last = value;
                    }
                    values.push(last.clone());
                }
                Ok(values)
            }
            Function::Gather(accumulator, bounds) => gather(accumulator, *bounds, group, sort, scope),
        }
    }
}

fn places(group: &[Map], sort: Option<&Sort>, dense: bool, shared: bool) -> Vec<Value> {
    let (mut place, mut before): (usize, Option<Vec<Value>>) = (0, None);
    let number = |(count, document): (usize, &Map)| {
        let ranks = sort.map(|sort| sort.ranks(document)).unwrap_or_default();
        let same = shared
            && before
                .as_ref()
                .is_some_and(|before| sort.is_some_and(|sort| sort.compare(before, &ranks).is_eq()));
        if !same {
            place = if dense { place + 1 } else { count + 1 };
        }
        before = Some(ranks);
        Value::Number(place as f64)
    };
    group.iter().enumerate().map(number).collect()
}

/// What an accumulator comes to in the window of each document.
fn gather(
    accumulator: &Accumulator,
    bounds: Bounds,
    group: &[Map],
    sort: Option<&Sort>,
    scope: Scope<'_>,
) -> Result<Vec<Value>, ParseError> {
    let windows = bounds.windows(group, sort)?;
    let mut values = Vec::with_capacity(group.len());
    // While windows begin at the same document, they only grow.
    let (mut from, mut reached, mut gathered) = (0, 0, Gathered::default());
    for (start, end) in windows {
        if start != from || end < reached {
            (from, reached, gathered) = (start, start, Gathered::default());
        }
        for document in group.get(reached..end).into_iter().flatten() {
            scope.run.spend(1)?;
            accumulator.gather(&mut gathered, Scope { document, ..scope })?;
        }
        reached = reached.max(end);
        scope.run.fill(gathered.weight())?;
        values.push(accumulator.settle(gathered.clone()));
    }
    Ok(values)
}

impl Bounds {
    fn parse(json: &Json, sort: Option<&Sort>) -> Result<Bounds, ParseError> {
        let bad =
            || invalid("a window must have documents or range: two of 'unbounded', 'current' and numbers");
        let ends = |key: &str| match json.get(key).and_then(Json::as_array).map(Vec::as_slice) {
            Some([least, most]) => Ok((end(least)?, end(most)?)),
            _ => Err(bad()),
        };
        match (json.get("documents"), json.get("range")) {
            (Some(_), None) => {
                let (least, most) = ends("documents")?;
                let whole = |end: Option<f64>| end.is_none_or(|end| end.fract() == 0.0);
                if !whole(least) || !whole(most) || json.get("unit").is_some() {
                    return Err(bad());
                }
                Ok(Bounds::Documents(least.map(|least| least as i64), most.map(|most| most as i64)))
            }
            (None, Some(_)) => {
                let (least, most) = ends("range")?;
                if sort.is_none_or(|sort| !sort.ascends()) {
                    return Err(invalid("a range needs a sortBy of one field that ascends"));
                }
                let unit = match json.get("unit").map(Json::as_str) {
                    None => 1.0,
                    Some(Some("millisecond")) => 1.0,
                    Some(Some("second")) => 1e3,
                    Some(Some("minute")) => 6e4,
                    Some(Some("hour")) => 3.6e6,
                    Some(Some("day")) => 8.64e7,
                    Some(Some("week")) => 6.048e8,
                    Some(_) => {
                        return Err(invalid("the unit of a range must be one from week to millisecond"));
                    }
                };
                Ok(Bounds::Range(least.map(|least| least * unit), most.map(|most| most * unit)))
            }
            _ => Err(bad()),
        }
    }

    /// The window of each document of a group: where it starts, and where it has ended.
    fn windows(self, group: &[Map], sort: Option<&Sort>) -> Result<Vec<(usize, usize)>, ParseError> {
        match self {
            Bounds::Documents(least, most) => {
                let place = |at: usize, by: i64| {
                    let place = i64::try_from(at).unwrap_or(i64::MAX).saturating_add(by).max(0);
                    usize::try_from(place).unwrap_or(usize::MAX).min(group.len())
                };
                let window = |at: usize| {
                    let start = least.map_or(0, |least| place(at, least));
                    (start, most.map_or(group.len(), |most| place(at, most.saturating_add(1))).max(start))
                };
                Ok((0..group.len()).map(window).collect())
            }
            Bounds::Range(least, most) => {
                let number = |document: &Map| match sort.map(|sort| sort.ranks(document)).as_deref() {
                    Some([Value::Number(number)]) => Ok(*number),
                    Some([Value::Date(date)]) => Ok(date.ms() as f64),
                    _ => Err(invalid("a range needs a number or a date in the field of sortBy everywhere")),
                };
                let numbers = group.iter().map(number).collect::<Result<Vec<_>, _>>()?;
                let window = |number: &f64| {
                    let start =
                        least.map_or(0, |least| numbers.partition_point(|other| *other < number + least));
                    let end = most.map_or(numbers.len(), |most| {
                        numbers.partition_point(|other| *other <= number + most)
                    });
                    (start, end.max(start))
                };
                Ok(numbers.iter().map(window).collect())
            }
        }
    }
}

/// One end of a window.
fn end(json: &Json) -> Result<Option<f64>, ParseError> {
    match (json.as_str(), json.as_f64()) {
        (Some("unbounded"), _) => Ok(None),
        (Some("current"), _) => Ok(Some(0.0)),
        (_, Some(number)) => Ok(Some(number)),
        _ => Err(invalid("an end of a window must be 'unbounded', 'current' or a number")),
    }
}
