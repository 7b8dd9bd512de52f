//! `$graphLookup`: objects of another class, found from one to the next.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{
    Names,
    condition::Condition,
    document::{FieldPath, Key, put},
    expression::{Expression, Frame, Scope},
    invalid,
    lookup::{class, keys, keys_of},
    plan::parts,
    run::Run,
    size,
};
use crate::{ClassName, ParseError, Value, value::Map};

/// `$graphLookup`
pub(super) struct Graph {
    from: ClassName,
    start: Expression,
    /// The class whose id the search starts with, when it starts with the object's own.
    own: Option<ClassName>,
    connect_from: FieldPath,
    connect_to: FieldPath,
    into: Vec<String>,
    most: Option<usize>,
    depth: Option<String>,
    condition: Option<Condition>,
}

impl Graph {
    /// Reads where a search begins and how it goes on.
    ///
    /// # Errors
    /// 102 for anything else.
    pub(super) fn parse(json: &Json, names: Names<'_>) -> Result<Graph, ParseError> {
        let text = |key: &str| json.get(key).and_then(Json::as_str);
        let field = |key: &str| {
            text(key)
                .and_then(FieldPath::parse)
                .ok_or_else(|| invalid(format!("$graphLookup needs a field as {key}")))
        };
        let start = json.get("startWith").ok_or_else(|| invalid("$graphLookup needs a startWith"))?;
        let own = matches!(start.as_str(), Some("$_id" | "$objectId"));
        let depth = match json.get("depthField") {
            None => None,
            Some(Json::String(name)) if !name.is_empty() && !name.contains(['.', '$']) => Some(name.clone()),
            Some(_) => return Err(invalid("depthField of $graphLookup must be the name of a field")),
        };
        let condition = json.get("restrictSearchWithMatch");
        let into = text("as").and_then(parts);
        Ok(Graph {
            from: class(json.get("from"), "$graphLookup")?,
            start: Expression::parse(start)?,
            own: names.schema.filter(|_| own).map(|schema| schema.class.clone()),
            connect_from: field("connectFromField")?,
            connect_to: field("connectToField")?,
            into: into.ok_or_else(|| invalid("$graphLookup needs the name of a field as 'as'"))?,
            most: json
                .get("maxDepth")
                .map(|most| super::whole(most, 0.0, "maxDepth of $graphLookup"))
                .transpose()?,
            depth,
            condition: condition.map(|json| Condition::parse(json, &names.below())).transpose()?,
        })
    }

    /// Adds to each document what is found from it.
    ///
    /// # Errors
    /// As its expressions; 102 when it is too much work.
    pub(super) fn look(
        &self,
        documents: Vec<Map>,
        run: &Run<'_>,
        frame: Option<&Frame<'_>>,
    ) -> Result<Vec<Map>, ParseError> {
        let foreign = run.foreign.get(&self.from).map_or(&[][..], Vec::as_slice);
        let mut index: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
        for (place, document) in foreign.iter().enumerate() {
            let passes = match &self.condition {
                Some(condition) => condition.passes(Scope { document, run, frame })?,
                None => true,
            };
            if passes {
                for key in keys(document, &self.connect_to, Some(&self.from)) {
                    index.entry(key).or_default().push(place);
                }
            }
        }
        let mut out = Vec::with_capacity(documents.len());
        for mut document in documents {
            let start = self.start.answer(Scope { document: &document, run, frame })?;
            let found = self.reach(keys_of(start, self.own.as_ref()), foreign, &index, run)?;
            put(&mut document, &self.into, Value::Array(found), run)?;
            out.push(document);
        }
        Ok(out)
    }

    /// Goes from objects to objects, those that are nearer first, to each of them once.
    fn reach(
        &self,
        mut wanted: Vec<Key>,
        foreign: &[Map],
        index: &BTreeMap<Key, Vec<usize>>,
        run: &Run<'_>,
    ) -> Result<Vec<Value>, ParseError> {
        let (mut found, mut visited) = (Vec::new(), BTreeSet::new());
        for depth in 0_usize.. {
            // Null leads nowhere: objects without a value aren't joined by that.
            wanted.retain(|Key(value)| value.as_ref().is_some_and(|value| !value.is_null()));
            let mut next = Vec::new();
            for key in wanted {
                for place in index.get(&key).into_iter().flatten() {
                    run.spend(1)?;
                    let Some(object) = foreign.get(*place).filter(|_| visited.insert(*place)) else {
                        continue;
                    };
                    next.extend(keys(object, &self.connect_from, Some(&self.from)));
                    run.fill(size::of_map(object))?;
                    let mut object = object.clone();
                    if let Some(name) = &self.depth {
                        object.insert(name.clone(), Value::Number(depth as f64));
                    }
                    found.push(Value::Object(object));
                }
            }
            next.sort();
            next.dedup();
            if next.is_empty() || self.most.is_some_and(|most| depth >= most) {
                break;
            }
            wanted = next;
        }
        Ok(found)
    }
}
