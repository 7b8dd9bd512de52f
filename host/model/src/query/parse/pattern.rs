//! Operands that are regular expressions.

use serde_json::Value as Json;

use super::{Parser, bad_value, invalid_query};
use crate::{Code, ParseError, Path, Test, query::filter::Pattern};

impl Parser<'_> {
    pub(super) fn all(&mut self, path: &Path, json: Json) -> Result<Test, ParseError> {
        let Json::Array(items) = json else { return Err(bad_value("$all")) };
        let patterns = items.iter().filter(|item| item.get("$regex").is_some()).count();
        if patterns == 0 {
            return Ok(Test::All(self.list(path, "$all", Json::Array(items))?));
        }
        if patterns < items.len() {
            return Err(ParseError::new(Code::InvalidJson, "All $all values must be of regex type or none"));
        }
        let pattern = |item: Json| match item {
            Json::Object(mut map) => {
                let (source, options) = (map.remove("$regex"), map.remove("$options"));
                match source {
                    Some(source) if map.is_empty() => self.pattern(source, options),
                    _ => Err(bad_value("$all")),
                }
            }
            _ => Err(bad_value("$all")),
        };
        Ok(Test::AllRegex(items.into_iter().map(pattern).collect::<Result<_, _>>()?))
    }

    pub(super) fn pattern(&mut self, source: Json, options: Option<Json>) -> Result<Pattern, ParseError> {
        self.spend(1)?;
        if !self.limits.regex {
            return Err(invalid_query("$regex operator is not allowed"));
        }
        let Json::String(source) = source else { return Err(invalid_query("$regex value must be a string")) };
        let options = match options {
            None => String::new(),
            Some(Json::String(options)) => options,
            Some(_) => return Err(invalid_query("$options value must be a string")),
        };
        if source.len() > self.limits.pattern {
            let most = self.limits.pattern;
            return Err(invalid_query(format!("$regex is longer than the maximum of {most} bytes")));
        }
        let pattern = Pattern { source, options };
        pattern.compile()?;
        Ok(pattern)
    }
}
