//! Stages that choose fields and work new ones out.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{
    document::{put, take},
    expression::{Expression, Scope, literal_date},
    invalid,
    plan::parts,
};
use crate::{ParseError, Value, value::Map};

/// `$project`
pub(super) enum Projection {
    /// Only these, and what is worked out.
    Include { tree: Tree, computed: Sets },
    /// All but these.
    Exclude(Vec<Vec<String>>),
}

/// The places that stay.
#[derive(Default)]
pub(super) struct Tree(BTreeMap<String, Tree>);

/// `$addFields`, `$set`
pub(super) struct Sets(Vec<(Vec<String>, Expression)>);

/// A place, and what was worked out for it.
type Worked<'a> = (&'a [String], Option<Value>);

/// What a projection says of one field.
enum Wish {
    Keep,
    Drop,
    Compute(Box<Expression>),
}

impl Projection {
    /// Reads which fields stay or go.
    ///
    /// # Errors
    /// 102 for a mixture, and as [`Expression::parse`].
    pub(super) fn parse(json: &Json) -> Result<Projection, ParseError> {
        let Some(map) = json.as_object().filter(|map| !map.is_empty()) else {
            return Err(invalid("$project must be an object with at least one field"));
        };
        let mut wishes = Vec::new();
        for (name, wish) in map {
            flatten(name, wish, &mut wishes, true)?;
        }
        let id = ["_id".to_owned()];
        let mut drops = wishes.iter().filter(|(path, wish)| matches!(wish, Wish::Drop) && *path != id);
        let keeps =
            wishes.iter().any(|(path, wish)| matches!(wish, Wish::Keep | Wish::Compute(_)) && *path != id);
        let excludes =
            drops.next().is_some() || (!keeps && wishes.iter().all(|(_, wish)| matches!(wish, Wish::Drop)));
        if excludes {
            if keeps {
                return Err(invalid("Invalid $project: it either keeps fields or leaves them out"));
            }
            let dropped = wishes.into_iter().filter(|(_, wish)| matches!(wish, Wish::Drop));
            return Ok(Projection::Exclude(dropped.map(|(path, _)| path).collect()));
        }
        let (mut tree, mut computed) = (Tree::default(), Vec::new());
        tree.add(&id);
        for (path, wish) in wishes {
            match wish {
                Wish::Keep => tree.add(&path),
                Wish::Drop => drop(tree.0.remove("_id")),
                Wish::Compute(expression) => {
                    if path == id {
                        tree.0.remove("_id");
                    }
                    computed.push((path, *expression));
                }
            }
        }
        Ok(Projection::Include { tree, computed: Sets(computed) })
    }

    /// Makes what is left of a document.
    ///
    /// # Errors
    /// As its expressions.
    pub(super) fn project(&self, mut document: Map, scope: Scope<'_>) -> Result<Map, ParseError> {
        match self {
            Projection::Exclude(paths) => {
                paths.iter().for_each(|path| take(&mut document, path));
                Ok(document)
            }
            Projection::Include { tree, computed } => {
                let worked = computed.work(Scope { document: &document, ..scope })?;
                let mut kept = tree.pick(document);
                for (path, value) in worked {
                    if let Some(value) = value {
                        put(&mut kept, path, value, scope.run)?;
                    }
                }
                Ok(kept)
            }
        }
    }
}

impl Tree {
    fn add(&mut self, path: &[String]) {
        if let Some((first, rest)) = path.split_first() {
            self.0.entry(first.clone()).or_default().add(rest);
        }
    }

    fn pick(&self, mut map: Map) -> Map {
        let mut kept = Map::new();
        for (name, below) in &self.0 {
            if let Some(value) = map.remove(name).and_then(|value| below.pick_value(value)) {
                kept.insert(name.clone(), value);
            }
        }
        kept
    }

    fn pick_value(&self, value: Value) -> Option<Value> {
        if self.0.is_empty() {
            return Some(value);
        }
        match value {
            Value::Object(map) => Some(Value::Object(self.pick(map))),
            Value::Array(items) => {
                Some(Value::Array(items.into_iter().filter_map(|item| self.pick_value(item)).collect()))
            }
            _ => None,
        }
    }
}

impl Sets {
    /// Reads fields to be worked out.
    ///
    /// # Errors
    /// As [`Expression::parse`].
    pub(super) fn parse(json: &Json) -> Result<Sets, ParseError> {
        let Some(map) = json.as_object() else { return Err(invalid("$addFields must be an object")) };
        let mut wishes = Vec::new();
        for (name, wish) in map {
            flatten(name, wish, &mut wishes, false)?;
        }
        let sets = wishes.into_iter().filter_map(|(path, wish)| match wish {
            Wish::Compute(expression) => Some((path, *expression)),
            Wish::Keep | Wish::Drop => None,
        });
        Ok(Sets(sets.collect()))
    }

    fn work(&self, scope: Scope<'_>) -> Result<Vec<Worked<'_>>, ParseError> {
        self.0.iter().map(|(path, expression)| Ok((path.as_slice(), expression.answer(scope)?))).collect()
    }

    /// Adds what is worked out to a document; a missing value takes its field away.
    ///
    /// # Errors
    /// As its expressions.
    pub(super) fn set(&self, mut document: Map, scope: Scope<'_>) -> Result<Map, ParseError> {
        let worked = self.work(Scope { document: &document, ..scope })?;
        for (path, value) in worked {
            match value {
                Some(value) => put(&mut document, path, value, scope.run)?,
                None => take(&mut document, path),
            }
        }
        Ok(document)
    }
}

/// Reads one member; an object without operators speaks of the fields below.
fn flatten(
    name: &str,
    wish: &Json,
    out: &mut Vec<(Vec<String>, Wish)>,
    projecting: bool,
) -> Result<(), ParseError> {
    let path = parts(name).ok_or_else(|| invalid("a stage names what can't be a field"))?;
    let wish = match wish {
        Json::Bool(keep) if projecting => {
            if *keep {
                Wish::Keep
            } else {
                Wish::Drop
            }
        }
        Json::Number(number) if projecting => {
            if number.as_f64() == Some(0.0) {
                Wish::Drop
            } else {
                Wish::Keep
            }
        }
        Json::Object(map)
            if !map.is_empty()
                && !map.contains_key("__type")
                && literal_date(wish).is_none()
                && map.keys().all(|key| !key.starts_with('$')) =>
        {
            for (below, wish) in map {
                flatten(&format!("{}.{below}", path.join(".")), wish, out, projecting)?;
            }
            return Ok(());
        }
        json => Wish::Compute(Box::new(Expression::parse(json)?)),
    };
    out.push((path, wish));
    Ok(())
}
