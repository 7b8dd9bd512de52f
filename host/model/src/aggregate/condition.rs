//! The condition of `$match`: a query on documents.

use serde_json::{Map as JsonMap, Value as Json, json};

use super::{
    Names,
    document::FieldPath,
    expression::{Expression, Scope, truthy},
    invalid,
};
use crate::{
    FieldType, Filter, ParseError, Path, Value, encode,
    name::shown,
    query::{Limits, matcher::Check, parse, place},
    value::Map,
};

/// A condition, read and checked.
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    None(Vec<Condition>),
    /// A test of the model, kept in both forms: as storage knows it, and ready.
    Test(Box<Filter>, Path, Check),
    Size(Path, f64),
    Remainder(Path, f64, f64),
    Kind(Path, Vec<&'static str>),
    /// An element of an array that passes.
    Element(Path, Box<Condition>),
    /// An element that isn't an object passes tests of itself.
    Bare(Vec<Check>),
    Expression(Expression),
    /// So many of all documents pass, whichever.
    Sample(f64),
}

impl Condition {
    /// Reads a condition in the words of MongoDB or of REST.
    ///
    /// # Errors
    /// 102 for an operator that isn't known, and as [`parse::filter`].
    pub(super) fn parse(json: &Json, names: &Names<'_>) -> Result<Condition, ParseError> {
        let Some(map) = json.as_object() else { return Err(invalid("$match must be an object")) };
        let mut all = Vec::with_capacity(map.len());
        for (key, operand) in map {
            let parts = || -> Result<Vec<Condition>, ParseError> {
                match operand.as_array() {
                    Some(parts) if !parts.is_empty() => {
                        parts.iter().map(|part| Condition::parse(part, names)).collect()
                    }
                    _ => Err(invalid(format!("{} must be a nonempty array", shown(key)))),
                }
            };
            match key.as_str() {
                "$and" => all.push(Condition::All(parts()?)),
                "$or" => all.push(Condition::Any(parts()?)),
                "$nor" => all.push(Condition::None(parts()?)),
                "$expr" => all.push(Condition::Expression(Expression::parse(operand)?)),
                "$comment" => {}
                "$sampleRate" => match operand.as_f64() {
                    Some(rate) if (0.0..=1.0).contains(&rate) => all.push(Condition::Sample(rate)),
                    _ => return Err(invalid("$sampleRate must be a number from 0 to 1")),
                },
                key if key.starts_with('$') => {
                    return Err(invalid(format!("unknown top level operator: {}", shown(key))));
                }
                key => field(key, operand, names, &mut all)?,
            }
        }
        Ok(Condition::All(all))
    }

    /// Whether a document passes.
    ///
    /// # Errors
    /// As its expressions.
    pub(super) fn passes(&self, scope: Scope<'_>) -> Result<bool, ParseError> {
        let document = scope.document;
        Ok(match self {
            Condition::All(parts) => {
                for part in parts {
                    if !part.passes(scope)? {
                        return Ok(false);
                    }
                }
                true
            }
            Condition::Any(parts) => any(parts, scope)?,
            Condition::None(parts) => !any(parts, scope)?,
            Condition::Test(_, path, check) => {
                place::visit_map(document, path, |branches| check.passes(branches))
            }
            Condition::Size(path, size) => arrays(document, path, |items| items.len() as f64 == *size),
            Condition::Remainder(path, divisor, rest) => values(document, path, |value| {
                value.as_number().is_some_and(|number| (number.trunc() % divisor) == *rest)
            }),
            Condition::Kind(path, kinds) => values(document, path, |value| kinds.contains(&kind(value))),
            Condition::Element(path, inner) => {
                let mut outcome = Ok(false);
                place::visit_map(document, path, |branches| {
                    for found in branches.iter().flatten() {
                        let Value::Array(items) = found else { continue };
                        for item in items {
                            let passed = inner.element(item, scope);
                            if !matches!(passed, Ok(false)) {
                                outcome = passed;
                                return;
                            }
                        }
                    }
                });
                outcome?
            }
            Condition::Bare(_) => false,
            Condition::Sample(rate) => scope.run.random() < *rate,
            Condition::Expression(expression) => truthy(expression.answer(scope)?.as_ref()),
        })
    }

    fn element(&self, item: &Value, scope: Scope<'_>) -> Result<bool, ParseError> {
        match (self, item) {
            (Condition::Bare(checks), item) => Ok(checks.iter().all(|check| check.passes(&[Some(item)]))),
            (condition, Value::Object(map)) => condition.passes(Scope { document: map, ..scope }),
            _ => Ok(false),
        }
    }

    /// The condition as storage knows it, if it can be said so.
    pub(super) fn filter(&self) -> Option<Filter> {
        let all = |parts: &[Condition]| parts.iter().map(Condition::filter).collect::<Option<Vec<_>>>();
        match self {
            Condition::All(parts) => all(parts).map(Filter::And),
            Condition::Any(parts) => all(parts).map(Filter::Or),
            Condition::None(parts) => all(parts).map(Filter::Nor),
            Condition::Test(filter, ..) => Some(Filter::clone(filter)),
            _ => None,
        }
    }
}

fn any(parts: &[Condition], scope: Scope<'_>) -> Result<bool, ParseError> {
    for part in parts {
        if part.passes(scope)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn arrays(document: &Map, path: &Path, passes: impl Fn(&[Value]) -> bool) -> bool {
    place::visit_map(document, path, |branches| {
        branches.iter().flatten().any(|found| matches!(found, Value::Array(items) if passes(items)))
    })
}

fn values(document: &Map, path: &Path, passes: impl Fn(&Value) -> bool) -> bool {
    place::visit_map(document, path, |branches| {
        branches.iter().flatten().any(|found| match found {
            Value::Array(items) => items.iter().any(&passes) || passes(found),
            _ => passes(found),
        })
    })
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Boolean(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) | Value::Pointer(_) | Value::Relation(_) | Value::File { .. } => "string",
        Value::Date(_) => "date",
        Value::Bytes(_) => "binData",
        Value::Array(_) | Value::GeoPoint { .. } => "array",
        Value::Object(_) | Value::Polygon(_) | Value::Record(_) => "object",
    }
}

/// Reads what is asked of one field.
fn field(key: &str, json: &Json, names: &Names<'_>, all: &mut Vec<Condition>) -> Result<(), ParseError> {
    let bad = || invalid(format!("Invalid key name: {}", shown(key)));
    let path = FieldPath::parse(key).ok_or_else(bad)?;
    let path = Path::new(&path.parts().collect::<Vec<_>>().join(".")).map_err(|_| bad())?;
    let Json::Object(map) = json else {
        return tests(&path, names.typed(&path, json), names, all);
    };
    let (own, rest): (JsonMap<_, _>, JsonMap<_, _>) = map.clone().into_iter().partition(|(operator, _)| {
        matches!(operator.as_str(), "$not" | "$size" | "$mod" | "$type" | "$elemMatch")
    });
    if !rest.is_empty() || own.is_empty() {
        tests(&path, names.typed(&path, &Json::Object(rest)), names, all)?;
    }
    for (operator, operand) in own {
        let malformed = || invalid(format!("bad {operator} value"));
        all.push(match operator.as_str() {
            "$not" => {
                let mut inner = Vec::new();
                field(key, &operand, names, &mut inner)?;
                Condition::None(vec![Condition::All(inner)])
            }
            "$size" => Condition::Size(path.clone(), operand.as_f64().ok_or_else(malformed)?),
            "$mod" => match operand.as_array().map(Vec::as_slice) {
                Some([divisor, rest]) => match (divisor.as_f64(), rest.as_f64()) {
                    (Some(divisor), Some(rest)) if divisor.trunc() != 0.0 => {
                        Condition::Remainder(path.clone(), divisor.trunc(), rest.trunc())
                    }
                    _ => return Err(malformed()),
                },
                _ => return Err(malformed()),
            },
            "$type" => {
                let kinds = match &operand {
                    Json::Array(kinds) => kinds.iter().map(kind_named).collect::<Option<_>>(),
                    one => kind_named(one).map(|kind| vec![kind]),
                };
                Condition::Kind(path.clone(), kinds.ok_or_else(malformed)?)
            }
            _ => Condition::Element(path.clone(), Box::new(element(&operand, names)?)),
        });
    }
    Ok(())
}

fn kind_named(json: &Json) -> Option<&'static str> {
    let kinds = [
        ("double", "number"),
        ("int", "number"),
        ("long", "number"),
        ("decimal", "number"),
        ("number", "number"),
        ("string", "string"),
        ("object", "object"),
        ("array", "array"),
        ("bool", "bool"),
        ("date", "date"),
        ("null", "null"),
        ("binData", "binData"),
    ];
    kinds.into_iter().find(|(name, _)| json.as_str() == Some(name)).map(|(_, kind)| kind)
}

/// Reads what `$elemMatch` asks: of the element itself, or of its members.
fn element(json: &Json, names: &Names<'_>) -> Result<Condition, ParseError> {
    let bare = json.as_object().is_some_and(|map| {
        map.keys().next().is_some_and(|key| {
            key.starts_with('$') && !matches!(key.as_str(), "$and" | "$or" | "$nor" | "$expr")
        })
    });
    if !bare {
        return Condition::parse(json, &names.below());
    }
    let mut tests = Vec::new();
    self::tests(&Path::new("element")?, json.clone(), &names.below(), &mut tests)?;
    let checks = tests.into_iter().filter_map(|test| match test {
        Condition::Test(_, _, check) => Some(check),
        _ => None,
    });
    Ok(Condition::Bare(checks.collect()))
}

/// Reads the operators that queries have, too.
fn tests(path: &Path, json: Json, names: &Names<'_>, all: &mut Vec<Condition>) -> Result<(), ParseError> {
    for filter in parse::field(path.clone(), json, &Limits::trusted(), names.now)? {
        let Filter::Test(_, test) = &filter else { continue };
        let check = Check::of(test).map_err(|error| invalid(error.to_string()))?;
        let stored = match path.as_str() {
            "_id" => Filter::test("objectId", test.clone()),
            _ => filter.clone(),
        };
        all.push(Condition::Test(Box::new(stored), path.clone(), check));
    }
    Ok(())
}

impl Names<'_> {
    /// Gives operands the type of their field: texts that are dates, ids and `Class$id` that are pointers.
    fn typed(&self, path: &Path, json: &Json) -> Json {
        let kind = match path.as_str() {
            "createdAt" | "updatedAt" => Some(FieldType::Date),
            name => self.schema.and_then(|schema| schema.kind(name)).cloned(),
        };
        let kind = kind.filter(|kind| !self.raw || *kind != FieldType::Date);
        retyped(json, kind.as_ref())
    }
}

fn retyped(json: &Json, kind: Option<&FieldType>) -> Json {
    if let Some(date) = super::expression::literal_date(json) {
        return encode::json(&Value::Date(date));
    }
    match (json, kind) {
        (Json::String(text), Some(FieldType::Date)) => match crate::Date::parse(text) {
            Some(date) => encode::json(&Value::Date(date)),
            None => json.clone(),
        },
        (Json::String(text), Some(FieldType::Pointer(class))) => {
            let id =
                text.strip_prefix(class.as_str()).and_then(|rest| rest.strip_prefix('$')).unwrap_or(text);
            json!({"__type": "Pointer", "className": class.as_str(), "objectId": id})
        }
        (Json::Array(items), kind) => items.iter().map(|item| retyped(item, kind)).collect(),
        (Json::Object(map), kind) if !map.contains_key("__type") => Json::Object(
            map.iter()
                .map(|(key, inner)| {
                    // Patterns and searches stay texts.
                    let kind =
                        if matches!(key.as_str(), "$regex" | "$options" | "$text") { None } else { kind };
                    (key.clone(), if key.starts_with('$') { retyped(inner, kind) } else { inner.clone() })
                })
                .collect(),
        ),
        _ => json.clone(),
    }
}
