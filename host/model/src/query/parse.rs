//! The `where` of the REST API, read into a filter.

use serde_json::{Map as JsonMap, Value as Json};

use crate::{
    ClassName, Code, Date, Filter, ParseError, Path, Query, Test, Value, encode, name::shown,
    query::filter::Pattern,
};

#[cfg(test)]
mod tests;

/// How much one `where` may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Nested `$or`, `$and` and `$nor`, outermost counted as 1.
    pub depth: usize,
    /// Sub-queries inside sub-queries.
    pub subqueries: usize,
    /// Conditions and operands of one `where`, its sub-queries included.
    pub operands: usize,
    /// The longest pattern, in bytes.
    pub pattern: usize,
    /// Whether clients may use `$regex` at all.
    pub regex: bool,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { depth: 10, subqueries: 10, operands: 10_000, pattern: 4_096, regex: true }
    }
}

impl Limits {
    /// The limits for callers who hold the master key: they stop mistakes, not people.
    pub fn trusted() -> Limits {
        Limits { depth: 50, subqueries: 20, operands: 1_000_000, pattern: 65_536, regex: true }
    }
}

/// Reads a REST `where`; an empty one is true of every object.
///
/// # Errors
/// 102 for a malformed query, 105 for a field that can't be asked for, 107 for a malformed operand,
/// 108 for an operator that isn't supported yet, 111 and 121 as [`encode::value`].
pub fn filter(json: Json, limits: &Limits) -> Result<Filter, ParseError> {
    Parser { limits, left: limits.operands }.filter(json, Depth::default())
}

/// Operators of the protocol that no backend answers yet.
const LATER: &[&str] = &[
    "$text",
    "$nearSphere",
    "$maxDistance",
    "$maxDistanceInRadians",
    "$maxDistanceInMiles",
    "$maxDistanceInKilometers",
    "$within",
    "$geoWithin",
    "$geoIntersects",
    "$relativeTime",
];

#[derive(Clone, Copy, Default)]
struct Depth {
    logic: usize,
    subqueries: usize,
}

struct Parser<'a> {
    limits: &'a Limits,
    /// How many operands may still come.
    left: usize,
}

fn invalid_query(text: impl Into<std::borrow::Cow<'static, str>>) -> ParseError {
    ParseError::new(Code::InvalidQuery, text)
}

fn bad_value(operator: &str) -> ParseError {
    ParseError::new(Code::InvalidJson, format!("bad {operator} value"))
}

fn improper(operator: &str) -> ParseError {
    invalid_query(format!("improper usage of {operator}"))
}

fn not_yet(operator: &str) -> ParseError {
    ParseError::new(Code::CommandUnavailable, format!("{operator} is not supported yet"))
}

impl Parser<'_> {
    fn filter(&mut self, json: Json, depth: Depth) -> Result<Filter, ParseError> {
        let Json::Object(map) = json else { return Err(invalid_query("where must be an object")) };
        let mut parts = Vec::with_capacity(map.len());
        for (key, condition) in map {
            match key.as_str() {
                "$or" => parts.push(Filter::Or(self.branches("$or", condition, depth)?)),
                "$and" => parts.push(Filter::And(self.branches("$and", condition, depth)?)),
                "$nor" => parts.push(Filter::Nor(self.branches("$nor", condition, depth)?)),
                "$relatedTo" => parts.push(self.related_to(condition)?),
                _ => self.field(path(&key)?, condition, depth, &mut parts)?,
            }
        }
        Ok(match <[Filter; 1]>::try_from(parts) {
            Ok([only]) => only,
            Err(parts) => Filter::And(parts),
        })
    }

    fn branches(&mut self, operator: &str, json: Json, mut depth: Depth) -> Result<Vec<Filter>, ParseError> {
        depth.logic += 1;
        if depth.logic > self.limits.depth {
            let most = self.limits.depth;
            return Err(invalid_query(format!(
                "Query condition nesting depth exceeds maximum allowed depth of {most}"
            )));
        }
        match json {
            Json::Array(branches) if !branches.is_empty() => {
                self.spend(branches.len())?;
                branches.into_iter().map(|branch| self.filter(branch, depth)).collect()
            }
            Json::Array(_) => {
                Err(invalid_query(format!("Bad {operator} format - use an array of at least 1 value.")))
            }
            _ => Err(invalid_query(format!("Bad {operator} format - use an array value."))),
        }
    }

    fn related_to(&mut self, json: Json) -> Result<Filter, ParseError> {
        self.spend(1)?;
        let Json::Object(mut map) = json else { return Err(improper("$relatedTo")) };
        let (object, key) = (map.remove("object"), map.remove("key"));
        match (object.map(encode::value).transpose()?, key) {
            (Some(Value::Pointer(owner)), Some(Json::String(key))) => {
                Ok(Filter::RelatedTo { owner_class: owner.class, owner: owner.id, key: path(&key)? })
            }
            _ => Err(improper("$relatedTo")),
        }
    }

    /// Reads what is asked of one field: a literal, operators, or both.
    fn field(
        &mut self,
        path: Path,
        json: Json,
        depth: Depth,
        parts: &mut Vec<Filter>,
    ) -> Result<(), ParseError> {
        let mut push = |test| parts.push(Filter::Test(path.clone(), test));
        let Json::Object(map) = json else {
            push(Test::Eq(self.operand(&path, json)?));
            return Ok(());
        };
        let (operators, literal): (JsonMap<_, _>, JsonMap<_, _>) =
            map.into_iter().partition(|(key, _)| key.starts_with('$'));
        // An empty object is a literal, too.
        if operators.is_empty() || !literal.is_empty() {
            push(Test::Eq(self.operand(&path, Json::Object(literal))?));
        }
        let mut options = operators.get("$options").cloned();
        for (operator, operand) in operators {
            if operator == "$options" {
                continue;
            }
            let options = if operator == "$regex" { options.take() } else { None };
            push(self.test(&path, &operator, operand, options, depth)?);
        }
        match options {
            Some(_) => Err(improper("$options")),
            None => Ok(()),
        }
    }

    fn test(
        &mut self,
        path: &Path,
        operator: &str,
        operand: Json,
        options: Option<Json>,
        depth: Depth,
    ) -> Result<Test, ParseError> {
        Ok(match operator {
            "$eq" => Test::Eq(self.operand(path, operand)?),
            "$ne" => Test::Ne(self.operand(path, operand)?),
            "$lt" => Test::Lt(self.ordered(path, operator, operand)?),
            "$lte" => Test::Lte(self.ordered(path, operator, operand)?),
            "$gt" => Test::Gt(self.ordered(path, operator, operand)?),
            "$gte" => Test::Gte(self.ordered(path, operator, operand)?),
            "$in" => Test::In(self.flattened(path, operator, operand)?),
            "$nin" => Test::Nin(self.flattened(path, operator, operand)?),
            "$exists" => match operand {
                Json::Bool(exists) => {
                    self.spend(1)?;
                    Test::Exists(exists)
                }
                _ => return Err(bad_value("$exists")),
            },
            "$all" => self.all(path, operand)?,
            "$containedBy" => Test::ContainedBy(self.list(path, operator, operand)?),
            "$regex" => Test::Regex(self.pattern(operand, options)?),
            "$inQuery" => Test::InQuery { query: self.in_query(operator, operand, depth)?, negated: false },
            "$notInQuery" => Test::InQuery { query: self.in_query(operator, operand, depth)?, negated: true },
            "$select" => self.select(operator, operand, depth, false)?,
            "$dontSelect" => self.select(operator, operand, depth, true)?,
            other if LATER.contains(&other) => return Err(not_yet(other)),
            other => {
                return Err(ParseError::new(Code::InvalidJson, format!("bad constraint: {}", shown(other))));
            }
        })
    }

    fn spend(&mut self, operands: usize) -> Result<(), ParseError> {
        self.left = self.left.checked_sub(operands).ok_or_else(|| {
            invalid_query(format!(
                "Query exceeds the maximum of {} conditions and operands",
                self.limits.operands
            ))
        })?;
        Ok(())
    }

    fn operand(&mut self, path: &Path, json: Json) -> Result<Value, ParseError> {
        self.spend(1)?;
        if json.get("$relativeTime").is_some() {
            return Err(not_yet("$relativeTime"));
        }
        match json {
            Json::String(text) if *path == "createdAt" || *path == "updatedAt" => {
                let date = Date::parse(&text);
                date.map(Value::Date).ok_or_else(|| {
                    ParseError::new(Code::InvalidJson, format!("{path} is compared with what isn't a date"))
                })
            }
            json => encode::value(json),
        }
    }

    /// Reads an operand whose kind has an order.
    fn ordered(&mut self, path: &Path, operator: &str, json: Json) -> Result<Value, ParseError> {
        let value = self.operand(path, json)?;
        match value {
            Value::Null | Value::Boolean(_) | Value::Number(_) | Value::String(_) | Value::Date(_) => {
                Ok(value)
            }
            _ => Err(bad_value(operator)),
        }
    }

    fn list(&mut self, path: &Path, operator: &str, json: Json) -> Result<Vec<Value>, ParseError> {
        match json {
            Json::Array(items) => items.into_iter().map(|item| self.operand(path, item)).collect(),
            _ => Err(bad_value(operator)),
        }
    }

    /// Reads a list whose own lists are laid out into it, one level deep.
    fn flattened(&mut self, path: &Path, operator: &str, json: Json) -> Result<Vec<Value>, ParseError> {
        let Json::Array(items) = json else { return Err(bad_value(operator)) };
        let mut flat = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Json::Array(inner) => {
                    for item in inner {
                        flat.push(self.operand(path, item)?);
                    }
                }
                item => flat.push(self.operand(path, item)?),
            }
        }
        Ok(flat)
    }

    fn all(&mut self, path: &Path, json: Json) -> Result<Test, ParseError> {
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

    fn pattern(&mut self, source: Json, options: Option<Json>) -> Result<Pattern, ParseError> {
        self.spend(1)?;
        if !self.limits.regex {
            return Err(invalid_query("$regex operator is not allowed"));
        }
        let Json::String(source) = source else { return Err(invalid_query("$regex must be a string")) };
        let options = match options {
            None => String::new(),
            Some(Json::String(options)) => options,
            Some(_) => return Err(invalid_query("Bad $options value for query")),
        };
        if source.len() > self.limits.pattern {
            let most = self.limits.pattern;
            return Err(invalid_query(format!("$regex is longer than the maximum of {most} bytes")));
        }
        let pattern = Pattern { source, options };
        pattern.compile()?;
        Ok(pattern)
    }

    fn in_query(&mut self, operator: &str, json: Json, depth: Depth) -> Result<Box<Query>, ParseError> {
        match json {
            Json::Object(map) if map.contains_key("where") => self.subquery(operator, map, depth),
            _ => Err(improper(operator)),
        }
    }

    fn select(
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
        self.spend(1)?;
        depth.subqueries += 1;
        if depth.subqueries > self.limits.subqueries {
            let most = self.limits.subqueries;
            return Err(invalid_query(format!(
                "Subquery nesting depth exceeds maximum allowed depth of {most}"
            )));
        }
        if map.contains_key("redirectClassNameForKey") {
            return Err(not_yet("redirectClassNameForKey"));
        }
        let class = match map.remove("className") {
            Some(Json::String(class)) => ClassName::new(&class)?,
            _ => return Err(improper(operator)),
        };
        let mut query = Query::new(class);
        if let Some(condition) = map.remove("where") {
            query.filter = self.filter(condition, depth)?;
        }
        Ok(Box::new(query))
    }
}

/// Reads a field or a place below it that clients may ask for.
fn path(key: &str) -> Result<Path, ParseError> {
    if key == "ACL" || key.starts_with("ACL.") {
        return Err(invalid_query("Cannot query on ACL."));
    }
    let legal = key.starts_with(|first: char| first.is_ascii_alphabetic())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.');
    let refused = || ParseError::new(Code::InvalidKeyName, format!("Invalid key name: {}", shown(key)));
    if !legal {
        return Err(refused());
    }
    Path::new(key).map_err(|_| refused())
}
