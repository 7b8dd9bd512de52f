//! Operators that search texts for patterns.

use super::{
    Answer, Expression,
    operator::{at, flag, present, refused},
    text::shown,
};
use crate::{
    ParseError, Value,
    query::{Compiled, filter::Pattern},
    value::Map,
};

/// The most matches that are told.
const MOST: usize = 100_000;

/// A search with a pattern that is ready.
pub(super) type Search = fn(Option<&Value>, &Compiled) -> Answer;

/// The search of an operator whose pattern is the same for every document, and that pattern, made ready once.
///
/// # Errors
/// 102 for a pattern that isn't one.
pub(super) fn fixed(
    operator: &str,
    arguments: &[Expression],
) -> Result<Option<(Search, Compiled)>, ParseError> {
    let search: Search = match operator {
        "$regexMatch" => found,
        "$regexFind" => first,
        "$regexFindAll" => all,
        _ => return Ok(None),
    };
    let [_, Expression::Literal(Value::String(source)), options] = arguments else { return Ok(None) };
    let options = match options {
        Expression::Literal(Value::String(options)) => options.clone(),
        Expression::Literal(Value::Null) | Expression::Nothing => String::new(),
        _ => return Ok(None),
    };
    Ok(Some((search, Pattern { source: source.clone(), options }.compile()?)))
}

/// Searches with a pattern that is worked out for each document.
fn worked_out(args: &[Option<Value>], operator: &str, search: Search) -> Answer {
    let options = match present(args, 2) {
        None => String::new(),
        Some(Value::String(options)) => options.clone(),
        Some(_) => return Err(refused(operator, "options as a text")),
    };
    let source = match (present(args, 0), present(args, 1)) {
        // Nothing is searched, whatever for.
        (None, _) => String::new(),
        (Some(_), Some(Value::String(source))) => source.clone(),
        (Some(_), _) => return Err(refused(operator, "a text and a pattern")),
    };
    search(at(args, 0), &Pattern { source, options }.compile()?)
}

/// The text that is searched; `None` when there is none.
fn text(value: Option<&Value>, operator: &str) -> Result<Option<String>, ParseError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value @ (Value::String(_) | Value::Pointer(_) | Value::File { .. })) => Ok(shown(value)),
        Some(_) => Err(refused(operator, "a text and a pattern")),
    }
}

/// The pattern as one that tells where it was found.
fn single<'a>(pattern: &'a Compiled, operator: &str) -> Result<&'a regex::Regex, ParseError> {
    pattern.single().ok_or_else(|| refused(operator, "patterns without look-around"))
}

fn found(value: Option<&Value>, pattern: &Compiled) -> Answer {
    flag(text(value, "$regexMatch")?.is_some_and(|text| pattern.is_match(&text)))
}

fn first(value: Option<&Value>, pattern: &Compiled) -> Answer {
    let Some(text) = text(value, "$regexFind")? else { return Ok(Some(Value::Null)) };
    let found = single(pattern, "$regexFind")?.captures(&text);
    Ok(Some(found.map_or(Value::Null, |captures| told(&text, &captures, &mut (0, 0)))))
}

fn all(value: Option<&Value>, pattern: &Compiled) -> Answer {
    let Some(text) = text(value, "$regexFindAll")? else { return Ok(Some(Value::Array(Vec::new()))) };
    let mut reached = (0, 0);
    let pattern = single(pattern, "$regexFindAll")?;
    let found = pattern.captures_iter(&text).take(MOST).map(|captures| told(&text, &captures, &mut reached));
    Ok(Some(Value::Array(found.collect())))
}

/// `$regexMatch`
pub(super) fn matches(args: &[Option<Value>]) -> Answer {
    worked_out(args, "$regexMatch", found)
}

/// `$regexFind`
pub(super) fn find(args: &[Option<Value>]) -> Answer {
    worked_out(args, "$regexFind", first)
}

/// `$regexFindAll`
pub(super) fn find_all(args: &[Option<Value>]) -> Answer {
    worked_out(args, "$regexFindAll", all)
}

/// Tells a match: its text, the place of its first character, and what its groups caught. Counting characters goes on
/// from the byte and the character that were reached before.
fn told(text: &str, captures: &regex::Captures<'_>, reached: &mut (usize, usize)) -> Value {
    let whole = captures.get(0);
    let start = whole.map_or(0, |whole| whole.start());
    let between = text.get(reached.0..start).map_or(0, |between| between.chars().count());
    *reached = (start, reached.1 + between);
    let caught = captures.iter().skip(1);
    let caught = caught.map(|group| group.map_or(Value::Null, |group| Value::text(group.as_str())));
    Value::Object(Map::from([
        ("match".to_owned(), Value::text(whole.map_or("", |whole| whole.as_str()))),
        ("idx".to_owned(), Value::Number(reached.1 as f64)),
        ("captures".to_owned(), Value::Array(caught.collect())),
    ]))
}
