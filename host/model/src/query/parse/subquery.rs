//! Operands that are queries of their own.

use std::mem;

use serde_json::{Map as JsonMap, Value as Json};

use super::{Depth, Parser, QUESTION, improper, invalid_query, path};
use crate::{ClassName, FieldName, ParseError, Query, Test};

impl Parser<'_> {
    pub(super) fn in_query(
        &mut self,
        operator: &str,
        json: Json,
        depth: Depth,
    ) -> Result<Box<Query>, ParseError> {
        match json {
            Json::Object(map) if map.contains_key("where") => self.subquery(operator, map, depth),
            _ => Err(improper(operator)),
        }
    }

    pub(super) fn select(
        &mut self,
        operator: &str,
        json: Json,
        depth: Depth,
        negated: bool,
    ) -> Result<Test, ParseError> {
        match json {
            Json::Object(mut map) if map.len() == 2 => match (map.remove("query"), map.remove("key")) {
                (Some(Json::Object(query)), Some(Json::String(key))) => Ok(Test::Select {
                    query: self.subquery(operator, query, depth)?,
                    key: path(&key)?,
                    negated,
                }),
                _ => Err(improper(operator)),
            },
            _ => Err(improper(operator)),
        }
    }

    /// Reads a sub-query; its `limit`, `skip`, `order` and the like mean nothing here, as in the reference.
    fn subquery(
        &mut self,
        operator: &str,
        mut map: JsonMap<String, Json>,
        mut depth: Depth,
    ) -> Result<Box<Query>, ParseError> {
        self.spend(QUESTION)?;
        depth.subqueries += 1;
        if depth.subqueries > self.limits.subqueries {
            let most = self.limits.subqueries;
            return Err(invalid_query(format!(
                "Subquery nesting depth exceeds maximum allowed depth of {most}"
            )));
        }
        let class = match map.remove("className") {
            Some(Json::String(class)) => ClassName::new(&class)?,
            _ => return Err(improper(operator)),
        };
        let mut query = Query::new(class);
        query.redirect = match map.remove("redirectClassNameForKey") {
            None | Some(Json::Null) => None,
            Some(Json::String(key)) => Some(FieldName::new(&key)?),
            Some(_) => return Err(improper(operator)),
        };
        if let Some(condition) = map.remove("where") {
            let outer = mem::take(&mut self.moments);
            query.filter = self.filter(condition, depth)?;
            query.moments = mem::replace(&mut self.moments, outer);
        }
        Ok(Box::new(query))
    }
}
