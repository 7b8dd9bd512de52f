//! Operators that search texts for patterns.

use super::{
    Answer,
    operator::{flag, present, refused},
    text::shown,
};
use crate::{
    ParseError, Value,
    query::{Compiled, filter::Pattern},
    value::Map,
};

/// The most matches that are told.
const MOST: usize = 100_000;

/// The text that is searched, and the pattern, ready; `None` when there is no text.
fn search(args: &[Option<Value>], operator: &str) -> Result<Option<(String, Compiled)>, ParseError> {
    let options = match present(args, 2) {
        None => String::new(),
        Some(Value::String(options)) => options.clone(),
        Some(_) => return Err(refused(operator, "options as a text")),
    };
    let text = match present(args, 0) {
        None => return Ok(None),
        Some(value @ (Value::String(_) | Value::Pointer(_) | Value::File { .. })) => shown(value),
        Some(_) => None,
    };
    match (text, present(args, 1)) {
        (Some(text), Some(Value::String(source))) => {
            let pattern = Pattern { source: source.clone(), options }.compile()?;
            Ok(Some((text, pattern)))
        }
        _ => Err(refused(operator, "a text and a pattern")),
    }
}

/// The pattern as one that tells where it was found.
fn single<'a>(pattern: &'a Compiled, operator: &str) -> Result<&'a regex::Regex, ParseError> {
    pattern.single().ok_or_else(|| refused(operator, "patterns without look-around"))
}

/// `$regexMatch`
pub(super) fn matches(args: &[Option<Value>]) -> Answer {
    flag(search(args, "$regexMatch")?.is_some_and(|(text, pattern)| pattern.is_match(&text)))
}

/// `$regexFind`
pub(super) fn find(args: &[Option<Value>]) -> Answer {
    let Some((text, pattern)) = search(args, "$regexFind")? else { return Ok(Some(Value::Null)) };
    let found = single(&pattern, "$regexFind")?.captures(&text);
    Ok(Some(found.map_or(Value::Null, |captures| told(&text, &captures, &mut (0, 0)))))
}

/// `$regexFindAll`
pub(super) fn find_all(args: &[Option<Value>]) -> Answer {
    let Some((text, pattern)) = search(args, "$regexFindAll")? else {
        return Ok(Some(Value::Array(Vec::new())));
    };
    let mut reached = (0, 0);
    let pattern = single(&pattern, "$regexFindAll")?;
    let found = pattern.captures_iter(&text).take(MOST).map(|captures| told(&text, &captures, &mut reached));
    Ok(Some(Value::Array(found.collect())))
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
