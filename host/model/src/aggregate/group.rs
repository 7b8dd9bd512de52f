//! Stages that gather documents into groups.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{
    accumulator::{Accumulator, Gathered},
    document::Key,
    expression::{Expression, Scope, literal},
    invalid,
    shape::Sort,
};
use crate::{ParseError, Path, Value, value::Map};

/// `$group`, and `$sortByCount` with its order.
pub(super) struct Group {
    id: Expression,
    fields: Vec<(String, Accumulator)>,
    sort: Option<Sort>,
}

/// `$bucketAuto`
pub(super) struct AutoBucket {
    by: Expression,
    buckets: usize,
    fields: Vec<(String, Accumulator)>,
}

/// `$bucket`
pub(super) struct Bucket {
    by: Expression,
    boundaries: Vec<Key>,
    default: Option<Value>,
    fields: Vec<(String, Accumulator)>,
}

fn fields(map: &serde_json::Map<String, Json>, but: &str) -> Result<Vec<(String, Accumulator)>, ParseError> {
    map.iter()
        .filter(|(name, _)| *name != but)
        .map(|(name, json)| {
            if name.contains('.') || name.starts_with('$') {
                return Err(invalid("The field name of a group can't contain '.' or begin with '$'"));
            }
            Ok((name.clone(), Accumulator::parse(json)?))
        })
        .collect()
}

/// What a bucket gathers: how many documents it holds, unless something else is said.
fn output(json: &Json, stage: &str) -> Result<Vec<(String, Accumulator)>, ParseError> {
    let count = json!({"count": {"$sum": 1}});
    let output = json.get("output").unwrap_or(&count).as_object();
    fields(output.ok_or_else(|| invalid(format!("The output of {stage} must be an object")))?, "")
}

/// Groups on the way, in the order in which they were met.
struct Groups<'a> {
    fields: &'a [(String, Accumulator)],
    places: BTreeMap<Key, usize>,
    groups: Vec<(Key, Vec<Gathered>)>,
}

impl<'a> Groups<'a> {
    fn new(fields: &'a [(String, Accumulator)]) -> Groups<'a> {
        Groups { fields, places: BTreeMap::new(), groups: Vec::new() }
    }

    fn gather(&mut self, key: Key, scope: Scope<'_>) -> Result<(), ParseError> {
        let next = self.groups.len();
        let place = *self.places.entry(key.clone()).or_insert(next);
        if place == next {
            self.groups.push((key, self.fields.iter().map(|_| Gathered::default()).collect()));
        }
        if let Some((_, gathered)) = self.groups.get_mut(place) {
            for ((_, accumulator), into) in self.fields.iter().zip(gathered) {
                accumulator.gather(into, scope)?;
            }
        }
        Ok(())
    }

    fn settle(self) -> Vec<Map> {
        let fields = self.fields;
        let document = |(key, gathered): (Key, Vec<Gathered>)| {
            let mut map: Map = fields
                .iter()
                .zip(gathered)
                .map(|((name, accumulator), gathered)| (name.clone(), accumulator.settle(gathered)))
                .collect();
            map.insert("_id".to_owned(), key.0.unwrap_or(Value::Null));
            map
        };
        self.groups.into_iter().map(document).collect()
    }
}

impl Group {
    /// Reads `{"_id": …, "field": {"$sum": …}}`.
    ///
    /// # Errors
    /// 102 without an `_id`, and as [`Accumulator::parse`].
    pub(super) fn parse(json: &Json) -> Result<Group, ParseError> {
        match json.as_object().and_then(|map| Some((map, map.get("_id")?))) {
            Some((map, id)) => {
                Ok(Group { id: Expression::parse(id)?, fields: fields(map, "_id")?, sort: None })
            }
            None => Err(invalid("Invalid parameter for query: group. Missing key _id")),
        }
    }

    /// Reads `$sortByCount`.
    ///
    /// # Errors
    /// As [`Expression::parse`].
    pub(super) fn counting(json: &Json) -> Result<Group, ParseError> {
        let count = Accumulator::parse(&json!({"$sum": 1}))?;
        Ok(Group {
            id: Expression::parse(json)?,
            fields: vec![("count".to_owned(), count)],
            sort: Some(Sort::descending(Path::new("count")?)),
        })
    }

    /// Gathers documents.
    ///
    /// # Errors
    /// As its expressions.
    pub(super) fn group(&self, documents: &[Map], scope: Scope<'_>) -> Result<Vec<Map>, ParseError> {
        let mut groups = Groups::new(&self.fields);
        for document in documents {
            let scope = Scope { document, ..scope };
            // A missing key and a null are one group.
            let key = self.id.answer(scope)?.unwrap_or(Value::Null);
            groups.gather(Key(Some(key)), scope)?;
        }
        let found = groups.settle();
        Ok(match &self.sort {
            Some(sort) => sort.sort(found),
            None => found,
        })
    }
}

impl Bucket {
    /// Reads `{"groupBy": …, "boundaries": […], "default": …, "output": {…}}`.
    ///
    /// # Errors
    /// 102 for boundaries that don't ascend, and as [`Accumulator::parse`].
    pub(super) fn parse(json: &Json) -> Result<Bucket, ParseError> {
        let by = json.get("groupBy").ok_or_else(|| invalid("$bucket needs a groupBy"))?;
        let boundaries = json.get("boundaries").and_then(Json::as_array);
        let boundaries = boundaries.ok_or_else(|| invalid("$bucket needs boundaries"))?;
        let boundaries = boundaries.iter().map(|json| literal(json).map(|value| Key(Some(value))));
        let boundaries = boundaries.collect::<Result<Vec<_>, _>>()?;
        if boundaries.len() < 2 || !boundaries.is_sorted() {
            return Err(invalid("The boundaries of $bucket must be at least 2 values that ascend"));
        }
        Ok(Bucket {
            by: Expression::parse(by)?,
            boundaries,
            default: json.get("default").map(literal).transpose()?,
            fields: output(json, "$bucket")?,
        })
    }

    /// Gathers documents, the smallest bucket first.
    ///
    /// # Errors
    /// 102 for a document outside of all buckets without a default.
    pub(super) fn group(&self, documents: &[Map], scope: Scope<'_>) -> Result<Vec<Map>, ParseError> {
        let mut groups = Groups::new(&self.fields);
        for document in documents {
            let scope = Scope { document, ..scope };
            let key = Key(self.by.answer(scope)?);
            let after = self.boundaries.partition_point(|boundary| *boundary <= key);
            let lower = match after {
                0 => None,
                after if after == self.boundaries.len() => None,
                after => self.boundaries.get(after - 1).cloned(),
            };
            match (lower, &self.default) {
                (Some(lower), _) => groups.gather(lower, scope)?,
                (None, Some(default)) => groups.gather(Key(Some(default.clone())), scope)?,
                (None, None) => {
                    return Err(invalid("$bucket met a value outside of its boundaries and has no default"));
                }
            }
        }
        let mut found = groups.settle();
        let default = self.default.clone().map(|default| Key(Some(default)));
        found.sort_by_cached_key(|document| {
            let key = Key(document.get("_id").cloned());
            (default.as_ref() == Some(&key), key)
        });
        Ok(found)
    }
}

impl AutoBucket {
    /// Reads `{"groupBy": …, "buckets": …, "output": {…}}`.
    ///
    /// # Errors
    /// 102 for anything else, and as [`Accumulator::parse`].
    pub(super) fn parse(json: &Json) -> Result<AutoBucket, ParseError> {
        let by = json.get("groupBy").ok_or_else(|| invalid("$bucketAuto needs a groupBy"))?;
        let buckets = json.get("buckets").ok_or_else(|| invalid("$bucketAuto needs buckets"))?;
        if json.get("granularity").is_some() {
            return Err(invalid("The granularity of $bucketAuto isn't supported yet"));
        }
        Ok(AutoBucket {
            by: Expression::parse(by)?,
            buckets: super::whole(buckets, 1.0, "buckets of $bucketAuto")?,
            fields: output(json, "$bucketAuto")?,
        })
    }

    /// Gathers documents into buckets that hold about as many each; equal values stay together.
    ///
    /// # Errors
    /// As its expressions.
    pub(super) fn group(&self, documents: Vec<Map>, scope: Scope<'_>) -> Result<Vec<Map>, ParseError> {
        let mut sorted = Vec::with_capacity(documents.len());
        for document in documents {
            let key = self.by.answer(Scope { document: &document, ..scope })?.unwrap_or(Value::Null);
            sorted.push((Key(Some(key)), document));
        }
        sorted.sort_by(|(a, _), (b, _)| a.cmp(b));
        let size = ((sorted.len() as f64 / self.buckets as f64).round() as usize).max(1);
        let last = sorted.last().map(|(key, _)| key.clone());
        let mut found: Vec<(Key, Vec<Gathered>)> = Vec::new();
        let (mut held, mut before) = (0, None);
        for (key, document) in sorted {
            let full = held >= size && before.as_ref() != Some(&key) && found.len() < self.buckets;
            if found.is_empty() || full {
                found.push((key.clone(), self.fields.iter().map(|_| Gathered::default()).collect()));
                held = 0;
            }
            if let Some((_, gathered)) = found.last_mut() {
                for ((_, accumulator), into) in self.fields.iter().zip(gathered) {
                    accumulator.gather(into, Scope { document: &document, ..scope })?;
                }
            }
            (held, before) = (held + 1, Some(key));
        }
        // A bucket reaches to where the next one begins.
        let ends: Vec<Option<Value>> = found
            .iter()
            .skip(1)
            .map(|(key, _)| key.0.clone())
            .chain([last.and_then(|Key(last)| last)])
            .collect();
        let document = |((Key(least), gathered), most): ((Key, Vec<Gathered>), Option<Value>)| {
            let fields = self.fields.iter().zip(gathered);
            let mut map: Map = fields
                .map(|((name, accumulator), gathered)| (name.clone(), accumulator.settle(gathered)))
                .collect();
            let bounds = [("min", least), ("max", most)];
            let bounds = bounds.map(|(name, value)| (name.to_owned(), value.unwrap_or(Value::Null)));
            map.insert("_id".to_owned(), Value::Object(bounds.into()));
            map
        };
        Ok(found.into_iter().zip(ends).map(document).collect())
    }
}
