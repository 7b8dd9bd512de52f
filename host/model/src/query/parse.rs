//! The `where` of the REST API, read into a filter.

use std::collections::BTreeSet;

use serde_json::{Map as JsonMap, Value as Json};

use crate::{Code, Date, Filter, ParseError, Path, Query, Test, Value, encode, name::shown};

mod geo;
mod pattern;
mod subquery;
#[cfg(test)]
mod tests;
mod text;
mod time;

/// How much one `where` may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Nested `$or`, `$and` and `$nor`, outermost counted as 1.
    pub depth: usize,
    /// Sub-queries inside sub-queries.
    pub subqueries: usize,
    /// Conditions and operands of one `where`, its sub-queries included; a sub-query or a relation, which the database is
    /// asked for by itself, counts as a hundred.
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

/// Reads a REST `where`; an empty one is true of every object. Relative times count from `now`.
///
/// # Errors
/// 102 for a malformed query, 105 for a field that can't be asked for, 107 for a malformed operand
/// or an unknown operator, 111 and 121 as [`encode::value`].
pub fn filter(json: Json, limits: &Limits, now: Date) -> Result<Filter, ParseError> {
    Parser::new(limits, now).filter(json, Depth::default())
}

impl Query {
    /// Reads a REST `where` into the query, as [`filter`] does, and notes which fields it compares with relative times.
    ///
    /// # Errors
    /// As [`filter`].
    pub fn restrict(&mut self, json: Json, limits: &Limits, now: Date) -> Result<(), ParseError> {
        let mut parser = Parser::new(limits, now);
        self.filter = parser.filter(json, Depth::default())?;
        self.moments = parser.moments;
        Ok(())
    }
}

/// Reads what is asked of one field: tests of a path that is legal already.
///
/// # Errors
/// As [`filter`].
pub(crate) fn field(path: Path, json: Json, limits: &Limits, now: Date) -> Result<Vec<Filter>, ParseError> {
    let mut parts = Vec::new();
    Parser::new(limits, now).field(path, json, Depth::default(), &mut parts)?;
    Ok(parts)
}

/// What a question of its own to the database counts, in operands.
const QUESTION: usize = 100;

#[derive(Clone, Copy, Default)]
struct Depth {
    logic: usize,
    subqueries: usize,
}

struct Parser<'a> {
    limits: &'a Limits,
    now: Date,
    /// How many operands may still come.
    left: usize,
    /// The fields that are compared with relative times.
    moments: BTreeSet<Path>,
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

impl<'a> Parser<'a> {
    fn new(limits: &'a Limits, now: Date) -> Parser<'a> {
        Parser { limits, now, left: limits.operands, moments: BTreeSet::new() }
    }

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
        self.spend(QUESTION)?;
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
        let (mut operators, literal): (JsonMap<_, _>, JsonMap<_, _>) =
            map.into_iter().partition(|(key, _)| key.starts_with('$'));
        // An empty object is a literal, too.
        if operators.is_empty() || !literal.is_empty() {
            push(Test::Eq(self.operand(&path, Json::Object(literal))?));
        }
        // What speaks of the operator beside it.
        let radians = geo::distance(&mut operators)?;
        let options = operators.remove("$options");
        if options.is_some() && !operators.contains_key("$regex") {
            return Err(improper("$options"));
        }
        for (operator, operand) in operators {
            push(match operator.as_str() {
                "$regex" => Test::Regex(self.pattern(operand, options.clone())?),
                "$nearSphere" => self.near(&operand, radians)?,
                _ => self.test(&path, &operator, operand, depth)?,
            });
        }
        Ok(())
    }

    fn test(&mut self, path: &Path, operator: &str, operand: Json, depth: Depth) -> Result<Test, ParseError> {
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
            "$within" => self.within(operand)?,
            "$geoWithin" => self.geo_within(operand)?,
            "$geoIntersects" => self.geo_intersects(operand)?,
            "$text" => self.text(operand)?,
            "$inQuery" => Test::InQuery { query: self.in_query(operator, operand, depth)?, negated: false },
            "$notInQuery" => Test::InQuery { query: self.in_query(operator, operand, depth)?, negated: true },
            "$select" => self.select(operator, operand, depth, false)?,
            "$dontSelect" => self.select(operator, operand, depth, true)?,
            other => {
                return Err(ParseError::new(Code::InvalidJson, format!("bad constraint: {}", shown(other))));
            }
        })
    }

    fn spend(&mut self, operands: usize) -> Result<(), ParseError> {
        self.left = self.left.checked_sub(operands).ok_or_else(|| {
            invalid_query(format!(
                "Query exceeds the maximum of {} conditions and operands; a sub-query counts as {QUESTION}",
                self.limits.operands
            ))
        })?;
        Ok(())
    }

    fn operand(&mut self, path: &Path, json: Json) -> Result<Value, ParseError> {
        self.spend(1)?;
        if json.get("$relativeTime").is_some() {
            return Err(ParseError::new(
                Code::InvalidJson,
                "$relativeTime can only be used with the $lt, $lte, $gt, and $gte operators",
            ));
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
        if let Some(time) = json.get("$relativeTime") {
            self.spend(1)?;
            let text = time.as_str().ok_or_else(|| bad_value("$relativeTime"))?;
            self.moments.insert(path.clone());
            return time::relative(operator, text, self.now).map(Value::Date);
        }
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
}

/// Columns of the server's own that a query may name; whose query, the door decides. Never a password's hash.
pub(crate) const INTERNAL: &[&str] = &[
    "_account_lockout_expires_at",
    "_email_verify_token",
    "_email_verify_token_expires_at",
    "_failed_login_count",
    "_password_changed_at",
    "_perishable_token",
    "_perishable_token_expires_at",
    "_tombstone",
];

/// Reads a field or a place below it that may be asked for.
fn path(key: &str) -> Result<Path, ParseError> {
    if key == "ACL" || key.starts_with("ACL.") {
        return Err(invalid_query("Cannot query on ACL."));
    }
    let legal = key.starts_with(|first: char| first.is_ascii_alphabetic())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.');
    let refused = || ParseError::new(Code::InvalidKeyName, format!("Invalid key name: {}", shown(key)));
    if !legal && !INTERNAL.contains(&key) {
        return Err(refused());
    }
    Path::new(key).map_err(|_| refused())
}
