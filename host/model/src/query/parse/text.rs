//! The operand of `$text`.

use serde_json::{Map as JsonMap, Value as Json};

use super::Parser;
use crate::{Code, ParseError, Test, name::shown, query::text::Search};

/// The longest search, in bytes.
const TERM_BYTES: usize = 4_096;

fn bad(what: &str) -> ParseError {
    ParseError::new(Code::InvalidJson, format!("bad $text: {what}"))
}

impl Parser<'_> {
    /// Reads `{"$search": {"$term": …, "$language": …, "$caseSensitive": …, "$diacriticSensitive": …}}`.
    pub(super) fn text(&mut self, json: Json) -> Result<Test, ParseError> {
        self.spend(1)?;
        let search = match json {
            Json::Object(mut map) if map.len() == 1 => map.remove("$search"),
            _ => None,
        };
        let Some(Json::Object(mut map)) = search else { return Err(bad("$search, should be object")) };
        let term = match map.remove("$term") {
            Some(Json::String(term)) if !term.is_empty() && term.len() <= TERM_BYTES => term,
            Some(Json::String(term)) if !term.is_empty() => {
                return Err(bad("$term, should be at most 4096 bytes"));
            }
            _ => return Err(bad("$term, should be string")),
        };
        let language = match map.remove("$language") {
            None => None,
            Some(Json::String(language)) => Some(language),
            Some(_) => return Err(bad("$language, should be string")),
        };
        let case_sensitive = flag(&mut map, "$caseSensitive")?;
        let diacritic_sensitive = flag(&mut map, "$diacriticSensitive")?;
        match map.keys().next() {
            Some(other) => Err(bad(&format!("{} is not known", shown(other)))),
            None => Ok(Test::Text(Search { term, language, case_sensitive, diacritic_sensitive })),
        }
    }
}

fn flag(map: &mut JsonMap<String, Json>, name: &str) -> Result<bool, ParseError> {
    match map.remove(name) {
        None => Ok(false),
        Some(Json::Bool(flag)) => Ok(flag),
        Some(_) => Err(bad(&format!("{name}, should be boolean"))),
    }
}
