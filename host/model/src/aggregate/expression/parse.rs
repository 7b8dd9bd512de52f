//! Expressions read from JSON.

use serde_json::{Map as JsonMap, Value as Json};

use super::{Expression, object, operator, search};
use crate::{
    Date, ParseError, Value,
    aggregate::{document::FieldPath, shape::Sort},
    encode,
    name::shown,
};

use super::super::invalid;

/// The deepest nesting of expressions.
const DEEPEST: usize = 50;

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// 102 for an operator that isn't known, or is told what it can't be told.
    pub(in super::super) fn parse(json: &Json) -> Result<Expression, ParseError> {
        read(json, 0)
    }
}

/// Reads a value that stands for itself: typed values and extended JSON's dates mean what they say.
pub(in super::super) fn literal(json: &Json) -> Result<Value, ParseError> {
    if let Some(date) = date(json) {
        return Ok(Value::Date(date));
    }
    match json {
        Json::Array(items) => Ok(Value::Array(items.iter().map(literal).collect::<Result<_, _>>()?)),
        Json::Object(map) if map.contains_key("__type") => encode::value(json.clone()),
        Json::Object(map) => {
            let members = map.iter().map(|(name, member)| Ok((name.clone(), literal(member)?)));
            Ok(Value::Object(members.collect::<Result<_, ParseError>>()?))
        }
        scalar => encode::value(scalar.clone()),
    }
}

/// The date of `{"$date": …}`: text, milliseconds, or `{"$numberLong": text}`.
pub(in super::super) fn date(json: &Json) -> Option<Date> {
    let map = json.as_object().filter(|map| map.len() == 1)?;
    match map.get("$date")? {
        Json::String(text) => Date::parse(text),
        Json::Number(ms) => Date::from_ms(ms.as_i64()?),
        Json::Object(long) => Date::from_ms(long.get("$numberLong")?.as_str()?.parse().ok()?),
        _ => None,
    }
}

fn read(json: &Json, depth: usize) -> Result<Expression, ParseError> {
    if depth > DEEPEST {
        return Err(invalid("an expression nests too deep"));
    }
    match json {
        Json::String(text) => match (text.strip_prefix("$$"), text.strip_prefix('$')) {
            (Some(variable), _) => variable_of(variable),
            (None, Some(path)) => FieldPath::parse(path).map(Expression::Field).ok_or_else(bad_path),
            (None, None) => Ok(Expression::Literal(Value::String(text.clone()))),
        },
        Json::Array(items) => {
            Ok(Expression::Array(items.iter().map(|item| read(item, depth + 1)).collect::<Result<_, _>>()?))
        }
        Json::Object(map) => object(json, map, depth),
        scalar => encode::value(scalar.clone()).map(Expression::Literal),
    }
}

fn bad_path() -> ParseError {
    invalid("an expression names what can't be a field")
}

fn variable_of(text: &str) -> Result<Expression, ParseError> {
    let mut parts = text.split('.').map(ToOwned::to_owned);
    let name = parts.next().unwrap_or_default();
    if name.is_empty() {
        return Err(bad_path());
    }
    if name == "REMOVE" {
        return Ok(Expression::Nothing);
    }
    let mut rest: Vec<String> = parts.collect();
    if rest.iter().any(|part| part.is_empty() || part.starts_with('$')) {
        return Err(bad_path());
    }
    if let ("ROOT" | "CURRENT", Some(first)) = (name.as_str(), rest.first_mut())
        && first == "objectId"
    {
        *first = "_id".to_owned();
    }
    Ok(Expression::Variable(name, rest))
}

fn object(json: &Json, map: &JsonMap<String, Json>, depth: usize) -> Result<Expression, ParseError> {
    if map.contains_key("__type") || date(json).is_some() {
        return literal(json).map(Expression::Literal);
    }
    let operators = map.keys().filter(|key| key.starts_with('$')).count();
    match (operators, map.len(), map.iter().next()) {
        (0, _, _) => {
            let members = map.iter().map(|(name, member)| Ok((name.clone(), read(member, depth + 1)?)));
            Ok(Expression::Object(members.collect::<Result<_, ParseError>>()?))
        }
        (1, 1, Some((operator, operand))) => call(operator, operand, depth),
        _ => Err(invalid("an expression has exactly one operator")),
    }
}

/// Reads the operand of an operator: its arguments.
pub(super) fn arguments(operand: &Json, depth: usize) -> Result<Vec<Expression>, ParseError> {
    match operand {
        Json::Array(items) => items.iter().map(|item| read(item, depth + 1)).collect(),
        one => Ok(vec![read(one, depth + 1)?]),
    }
}

fn call(name: &str, operand: &Json, depth: usize) -> Result<Expression, ParseError> {
    let member = |key: &str| member(name, operand, key);
    let inner = |key: &str| member(key).and_then(|json| read(json, depth + 1)).map(Box::new);
    let optional = |key: &str| operand.get(key).map(|json| read(json, depth + 1).map(Box::new)).transpose();
    let named = |key: &str| operand.get(key).and_then(Json::as_str).unwrap_or("this").to_owned();
    Ok(match name {
        "$literal" => Expression::Literal(literal(operand)?),
        "$expr" => read(operand, depth + 1)?,
        "$and" => Expression::All(arguments(operand, depth)?),
        "$or" => Expression::Any(arguments(operand, depth)?),
        "$ifNull" => match arguments(operand, depth)? {
            parts if parts.len() >= 2 => Expression::IfNull(parts),
            _ => return Err(count(name)),
        },
        "$cond" => match operand {
            Json::Array(_) => match <[Expression; 3]>::try_from(arguments(operand, depth)?) {
                Ok([condition, then, other]) => {
                    Expression::Switch(vec![(condition, then)], Some(Box::new(other)))
                }
                Err(_) => return Err(count(name)),
            },
            _ => Expression::Switch(vec![(*inner("if")?, *inner("then")?)], Some(inner("else")?)),
        },
        "$switch" => {
            let Json::Array(branches) = member("branches")? else { return Err(shape(name)) };
            let branch = |branch: &Json| {
                let part = |key: &str| self::member(name, branch, key).and_then(|json| read(json, depth + 1));
                Ok((part("case")?, part("then")?))
            };
            let branches = branches.iter().map(branch).collect::<Result<Vec<_>, ParseError>>()?;
            if branches.is_empty() {
                return Err(count(name));
            }
            Expression::Switch(branches, optional("default")?)
        }
        "$let" => {
            let Json::Object(names) = member("vars")? else { return Err(shape(name)) };
            let names = names.iter().map(|(name, json)| Ok((name.clone(), read(json, depth + 1)?)));
            Expression::Let(names.collect::<Result<_, ParseError>>()?, inner("in")?)
        }
        "$map" => Expression::Map { input: inner("input")?, name: named("as"), into: inner("in")? },
        "$filter" => Expression::Filter {
            input: inner("input")?,
            name: named("as"),
            condition: inner("cond")?,
            limit: optional("limit")?,
        },
        "$reduce" => {
            Expression::Reduce { input: inner("input")?, initial: inner("initialValue")?, into: inner("in")? }
        }
        "$rand" => Expression::Random,
        "$sortArray" => Expression::Sorted(inner("input")?, Sort::elements(member("sortBy")?)?),
        // A bare operand is the field's name.
        "$getField" if operand.get("field").is_none() => {
            let field = read(operand, depth + 1)?;
            Expression::Call(object::field, vec![field, variable_of("CURRENT")?])
        }
        "$getField" if operand.get("input").is_none() => {
            Expression::Call(object::field, vec![*inner("field")?, variable_of("CURRENT")?])
        }
        name if operator::is_foreign(name) => {
            return Err(invalid(format!("The expression {} isn't supported yet", shown(name))));
        }
        name => match operator::members(name) {
            // Operators whose arguments have names.
            Some((function, keys)) if operand.is_object() => {
                if let Some(unknown) =
                    operand.as_object().and_then(|map| map.keys().find(|key| !keys.contains(&key.as_str())))
                {
                    return Err(invalid(format!("{name} has no argument {}", shown(unknown))));
                }
                let argument = |key: &&str| match operand.get(key) {
                    Some(json) => read(json, depth + 1),
                    None => Ok(Expression::Nothing),
                };
                let mut arguments = keys.iter().map(argument).collect::<Result<Vec<_>, _>>()?;
                match search::fixed(name, &arguments)? {
                    Some((search, pattern)) => {
                        Expression::Search(search, Box::new(arguments.swap_remove(0)), pattern)
                    }
                    None => Expression::Call(function, arguments),
                }
            }
            _ => {
                let Some((function, most)) = operator::function(name) else {
                    return Err(invalid(format!("Unrecognized expression '{}'", shown(name))));
                };
                let arguments = arguments(operand, depth)?;
                if !most.contains(&arguments.len()) {
                    return Err(count(name));
                }
                Expression::Call(function, arguments)
            }
        },
    })
}

fn member<'a>(name: &str, operand: &'a Json, key: &str) -> Result<&'a Json, ParseError> {
    operand.get(key).ok_or_else(|| invalid(format!("Missing '{key}' parameter to {name}")))
}

fn count(name: &str) -> ParseError {
    invalid(format!("Expression {name} takes another number of arguments"))
}

fn shape(name: &str) -> ParseError {
    invalid(format!("Expression {name} takes another form of arguments"))
}
