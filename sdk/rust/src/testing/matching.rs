//! Which stored objects a query names: the part of Parse's query language that tests need.

use crate::Date;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Something of Parse's query language that the test host doesn't know.
pub(crate) struct Unknown(pub(crate) String);

/// A find, as a plugin asks for it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    #[serde(default, rename = "where")]
    conditions: Map<String, Json>,
    #[serde(default)]
    order: String,
    limit: Option<usize>,
    #[serde(default)]
    skip: usize,
}

impl Wish {
    /// The fields that the conditions and the order name.
    pub(crate) fn fields(&self) -> BTreeSet<String> {
        let mut fields = BTreeSet::new();
        named(&self.conditions, &mut fields);
        fields.extend(self.keys().map(|(_, key)| key.to_owned()));
        fields.remove("objectId");
        fields
    }

    /// The rows that match, in order.
    pub(crate) fn run<'a>(
        &self,
        rows: impl Iterator<Item = &'a Map<String, Json>>,
    ) -> Result<Vec<Map<String, Json>>, Unknown> {
        let mut found = Vec::new();
        for row in rows {
            if matches(&self.conditions, row)? {
                found.push(row.clone());
            }
        }
        found.sort_by(|a, b| {
            self.keys()
                .map(|(down, key)| {
                    let order = compare(a.get(key), b.get(key)).unwrap_or(Ordering::Equal);
                    if down { order.reverse() } else { order }
                })
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        });
        Ok(found.into_iter().skip(self.skip).take(self.limit.unwrap_or(usize::MAX)).collect())
    }

    fn keys(&self) -> impl Iterator<Item = (bool, &str)> {
        self.order.split(',').map(str::trim).filter(|key| !key.is_empty()).map(|key| {
            match key.strip_prefix('-') {
                Some(key) => (true, key),
                None => (false, key),
            }
        })
    }
}

fn named(conditions: &Map<String, Json>, fields: &mut BTreeSet<String>) {
    for (key, condition) in conditions {
        if key.starts_with('$') {
            condition
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Json::as_object)
                .for_each(|c| named(c, fields));
        } else {
            fields.insert(key.split('.').next().unwrap_or(key).to_owned());
        }
    }
}

/// Whether a row meets the conditions.
pub(crate) fn matches(conditions: &Map<String, Json>, row: &Map<String, Json>) -> Result<bool, Unknown> {
    for (key, condition) in conditions {
        let meets = match key.as_str() {
            "$and" => branches(condition, row)?.into_iter().all(|met| met),
            "$or" => branches(condition, row)?.into_iter().any(|met| met),
            "$nor" => !branches(condition, row)?.into_iter().any(|met| met),
            unknown if unknown.starts_with('$') => return Err(Unknown(unknown.to_owned())),
            field => {
                let mut steps = field.split('.');
                let first = steps.next().and_then(|step| row.get(step));
                meets_all(condition, steps.fold(first, |json, step| json?.get(step)))?
            }
        };
        if !meets {
            return Ok(false);
        }
    }
    Ok(true)
}

fn branches(condition: &Json, row: &Map<String, Json>) -> Result<Vec<bool>, Unknown> {
    condition.as_array().into_iter().flatten().filter_map(Json::as_object).map(|c| matches(c, row)).collect()
}

fn meets_all(condition: &Json, value: Option<&Json>) -> Result<bool, Unknown> {
    match condition {
        Json::Object(operators) if operators.keys().any(|key| key.starts_with('$')) => {
            for (operator, operand) in operators {
                if !meets(operator, operand, value)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        equal => Ok(equals(equal, value)),
    }
}

fn meets(operator: &str, operand: &Json, value: Option<&Json>) -> Result<bool, Unknown> {
    let ordered =
        |fits: fn(Ordering) -> bool| value.is_some() && compare(value, Some(operand)).is_some_and(fits);
    let among = || operand.as_array().into_iter().flatten().any(|one| equals(one, value));
    Ok(match operator {
        "$eq" => equals(operand, value),
        "$ne" => !equals(operand, value),
        "$lt" => ordered(Ordering::is_lt),
        "$lte" => ordered(Ordering::is_le),
        "$gt" => ordered(Ordering::is_gt),
        "$gte" => ordered(Ordering::is_ge),
        "$in" => among(),
        "$nin" => !among(),
        "$exists" => operand.as_bool().unwrap_or(true) == value.is_some(),
        "$all" => operand.as_array().into_iter().flatten().all(|one| equals(one, value)),
        unknown => return Err(Unknown(unknown.to_owned())),
    })
}

/// Parse's equality: an array equals each of its elements, and null equals absence.
fn equals(wanted: &Json, value: Option<&Json>) -> bool {
    match value {
        None => wanted.is_null(),
        Some(Json::Array(elements)) if !wanted.is_array() => {
            elements.iter().any(|one| equals(wanted, Some(one)))
        }
        Some(value) => value == wanted || compare(Some(value), Some(wanted)) == Some(Ordering::Equal),
    }
}

fn compare(a: Option<&Json>, b: Option<&Json>) -> Option<Ordering> {
    match (a?, b?) {
        (Json::Number(a), Json::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Json::String(a), Json::String(b)) => Some(a.cmp(b)),
        (Json::Bool(a), Json::Bool(b)) => Some(a.cmp(b)),
        (a @ Json::Object(_), b @ Json::Object(_)) => {
            let date = |json: &Json| serde_json::from_value::<Date>(json.clone()).ok();
            Some(date(a)?.cmp(&date(b)?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn met(conditions: Json, row: Json) -> bool {
        let (Json::Object(conditions), Json::Object(row)) = (conditions, row) else { panic!("objects") };
        matches(&conditions, &row).unwrap_or_else(|unknown| panic!("{}", unknown.0))
    }

    #[test]
    fn understands_what_tests_need() {
        let row = json!({"ward": "3B", "age": 40, "tags": ["a", "b"], "seen": {"__type": "Date", "iso": "2024-05-01T00:00:00.000Z"}});
        let yes = [
            json!({}),
            json!({"ward": "3B", "tags": "a"}),
            json!({"age": {"$gt": 39, "$lte": 40}}),
            json!({"age": 40.0}),
            json!({"ward": {"$in": ["3A", "3B"]}, "gone": {"$exists": false}}),
            json!({"gone": null}),
            json!({"$or": [{"ward": "3A"}, {"age": 40}]}),
            json!({"$and": [{"ward": "3B"}, {"$nor": [{"age": 1}]}]}),
            json!({"tags": {"$all": ["a", "b"]}}),
            json!({"seen": {"$lt": {"__type": "Date", "iso": "2024-05-02T00:00:00.000Z"}}}),
        ];
        for conditions in yes {
            assert!(met(conditions.clone(), row.clone()), "{conditions}");
        }
        let no = [
            json!({"ward": "3A"}),
            json!({"age": {"$lt": 40}}),
            json!({"gone": {"$gt": 1}}),
            json!({"ward": {"$ne": "3B"}}),
            json!({"tags": {"$nin": ["a"]}}),
        ];
        for conditions in no {
            assert!(!met(conditions.clone(), row.clone()), "{conditions}");
        }
    }

    #[test]
    fn says_what_it_does_not_know() {
        let Json::Object(conditions) = json!({"name": {"$regex": "^a"}}) else { panic!("object") };
        let Err(Unknown(name)) = matches(&conditions, &Map::new()) else { panic!("known") };
        assert_eq!(name, "$regex");
    }
}
