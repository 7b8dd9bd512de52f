//! Stages that order documents and lay out their arrays.

use std::cmp::Ordering;

use serde_json::Value as Json;

use super::{
    document::{FieldPath, put, take},
    invalid,
    plan::parts,
    run::{MOST_DOCUMENTS, Run},
    size,
};
use crate::{
    Order, ParseError, Path, Value,
    query::{By, place, sort},
    value::Map,
};

/// What documents are sorted by; without a key, elements by themselves.
#[derive(Clone)]
pub(super) struct Sort {
    keys: Vec<(Path, bool)>,
    /// For elements that are compared as they are.
    reversed: bool,
}

impl Sort {
    /// Reads sort keys; which of them is strongest is their order in the text.
    ///
    /// # Errors
    /// 102 for what isn't 1 or -1.
    pub(super) fn parse(json: &Json, stage: &str) -> Result<Sort, ParseError> {
        let Some(map) = json.as_object().filter(|map| !map.is_empty()) else {
            return Err(invalid(format!("{stage} must be an object with at least one field")));
        };
        let key = |(name, direction): (&String, &Json)| {
            let path = parts(name).and_then(|parts| Path::new(&parts.join(".")).ok());
            match (path, direction.as_f64()) {
                (Some(path), Some(1.0)) => Ok((path, false)),
                (Some(path), Some(-1.0)) => Ok((path, true)),
                _ => Err(invalid(format!(
                    "{stage} key ordering must be 1 (for ascending) or -1 (for descending)"
                ))),
            }
        };
        let keys = map.iter().map(key).collect::<Result<_, _>>()?;
        Ok(Sort { keys, reversed: false })
    }

    /// Reads what elements are sorted by: 1 or -1, or their members.
    ///
    /// # Errors
    /// As [`Sort::parse`].
    pub(super) fn elements(json: &Json) -> Result<Sort, ParseError> {
        match json.as_f64() {
            Some(1.0) => Ok(Sort { keys: Vec::new(), reversed: false }),
            Some(-1.0) => Ok(Sort { keys: Vec::new(), reversed: true }),
            _ => Sort::parse(json, "sortBy of $sortArray"),
        }
    }

    /// By one field.
    pub(super) fn descending(path: Path) -> Sort {
        Sort { keys: vec![(path, true)], reversed: false }
    }

    /// The order as storage knows it.
    pub(super) fn order(&self) -> Vec<Order> {
        let stored = |path: &Path| match path.as_str() {
            "_id" => Path::from(crate::FieldName::known("objectId")),
            _ => path.clone(),
        };
        self.keys
            .iter()
            .map(|(path, descending)| Order { path: stored(path), descending: *descending, by: By::Value })
            .collect()
    }

    /// Whether it is one field that ascends.
    pub(super) fn ascends(&self) -> bool {
        matches!(self.keys.as_slice(), [(_, false)])
    }

    /// What a document is compared by.
    pub(super) fn ranks(&self, document: &Map) -> Vec<Value> {
        let rank = |(path, descending): &(Path, bool)| {
            place::visit_map(document, path, |branches| sort::rank(branches, *descending))
        };
        self.keys.iter().map(rank).collect()
    }

    /// Compares two documents by what [`Sort::ranks`] made of them.
    pub(super) fn compare(&self, a: &[Value], b: &[Value]) -> Ordering {
        let keys = a.iter().zip(b).zip(&self.keys);
        let mut orderings = keys.map(|((a, b), (_, descending))| {
            let ordering = sort::values(a, b);
            if *descending { ordering.reverse() } else { ordering }
        });
        orderings.find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
    }

    /// Sorts documents; those that no key tells apart stay as they are.
    pub(super) fn sort(&self, documents: Vec<Map>) -> Vec<Map> {
        let ranked = documents.into_iter().map(|document| (self.ranks(&document), document));
        let mut ranked: Vec<(Vec<Value>, Map)> = ranked.collect();
        ranked.sort_by(|(a, _), (b, _)| self.compare(a, b));
        ranked.into_iter().map(|(_, document)| document).collect()
    }

    /// Sorts elements; what isn't an object has no members.
    pub(super) fn sort_values(&self, mut items: Vec<Value>) -> Vec<Value> {
        if self.keys.is_empty() {
            items.sort_by(|a, b| if self.reversed { sort::values(b, a) } else { sort::values(a, b) });
            return items;
        }
        let nothing = Map::new();
        let ranks = |item: &Value| match item {
            Value::Object(map) => self.ranks(map),
            _ => self.ranks(&nothing),
        };
        let mut ranked: Vec<(Vec<Value>, Value)> =
            items.into_iter().map(|item| (ranks(&item), item)).collect();
        ranked.sort_by(|(a, _), (b, _)| self.compare(a, b));
        ranked.into_iter().map(|(_, item)| item).collect()
    }
}

/// `$unwind`
pub(super) struct Unwind {
    path: FieldPath,
    parts: Vec<String>,
    index: Option<String>,
    keep: bool,
}

impl Unwind {
    /// Reads a path, or an object of a path and what is done with empty arrays.
    ///
    /// # Errors
    /// 102 for anything else.
    pub(super) fn parse(json: &Json) -> Result<Unwind, ParseError> {
        let (path, index, keep) = match json {
            Json::Object(map) => (
                map.get("path").and_then(Json::as_str),
                map.get("includeArrayIndex").and_then(Json::as_str),
                map.get("preserveNullAndEmptyArrays").and_then(Json::as_bool).unwrap_or(false),
            ),
            json => (json.as_str(), None, false),
        };
        let name = path.and_then(|path| path.strip_prefix('$'));
        let found = name.and_then(|name| Some((FieldPath::parse(name)?, parts(name)?)));
        let Some((path, parts)) = found else {
            return Err(invalid("path option to $unwind stage should be prefixed with a '$'"));
        };
        Ok(Unwind { path, parts, index: index.map(ToOwned::to_owned), keep })
    }

    /// Makes a document of each element, of one element more than may be held at most.
    ///
    /// # Errors
    /// 102 when it is too much to copy.
    pub(super) fn unwind(
        &self,
        mut document: Map,
        run: &Run<'_>,
        out: &mut Vec<Map>,
    ) -> Result<(), ParseError> {
        let mut made = |mut document: Map, index: Option<usize>| {
            if let Some(name) = &self.index {
                let index = index.map_or(Value::Null, |index| Value::Number(index as f64));
                document.insert(name.clone(), index);
            }
            out.push(document);
        };
        match self.path.find(&document) {
            Some(Value::Array(items)) if !items.is_empty() => {
                // A copy needn't carry the whole array.
                take(&mut document, &self.parts);
                let bytes = size::of_map(&document);
                for (index, item) in items.into_iter().take(MOST_DOCUMENTS + 1).enumerate() {
                    run.fill(bytes)?;
                    let mut document = document.clone();
                    put(&mut document, &self.parts, item, run)?;
                    made(document, Some(index));
                }
            }
            Some(Value::Array(_)) if self.keep => {
                take(&mut document, &self.parts);
                made(document, None);
            }
            None | Some(Value::Null) if self.keep => made(document, None),
            None | Some(Value::Null | Value::Array(_)) => {}
            // A value that isn't an array counts as an array of itself.
            Some(_) => made(document, None),
        }
        Ok(())
    }
}
