//! Stages that look at other classes.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{
    Names,
    document::{FieldPath, Key},
    expression::{Expression, Frame, Scope},
    invalid,
    plan::{Step, inner},
    run::{Run, steps},
    size,
};
use crate::{ClassName, ParseError, Value, value::Map};

/// `$lookup`
pub(super) struct Lookup {
    pub(super) from: ClassName,
    fields: Option<(FieldPath, FieldPath)>,
    names: Vec<(String, Expression)>,
    pub(super) steps: Vec<Step>,
    into: String,
    /// The class whose objects go in, so that their ids and pointers to them meet.
    class: Option<ClassName>,
}

/// `$unionWith`
pub(super) struct Union {
    pub(super) with: ClassName,
    pub(super) steps: Vec<Step>,
}

pub(super) fn class(json: Option<&Json>, stage: &str) -> Result<ClassName, ParseError> {
    let name = json.and_then(Json::as_str).ok_or_else(|| invalid(format!("{stage} needs a class")))?;
    ClassName::new(name)
}

impl Lookup {
    /// Reads a join by fields, by a pipeline, or by both.
    ///
    /// # Errors
    /// 102 for anything else.
    pub(super) fn parse(json: &Json, names: Names<'_>) -> Result<Lookup, ParseError> {
        let field = |key: &str| match json.get(key) {
            None => Ok(None),
            Some(path) => match path.as_str().and_then(FieldPath::parse) {
                Some(path) => Ok(Some(path)),
                None => Err(invalid(format!("{key} of $lookup must be a field"))),
            },
        };
        let fields = match (field("localField")?, field("foreignField")?) {
            (Some(local), Some(foreign)) => Some((local, foreign)),
            (None, None) => None,
            _ => return Err(invalid("$lookup needs both localField and foreignField, or neither")),
        };
        let into = json.get("as").and_then(Json::as_str).filter(|name| !name.contains(['.', '$']));
        let into = into.ok_or_else(|| invalid("$lookup needs the name of a field as 'as'"))?.to_owned();
        let steps = json.get("pipeline").map(|pipeline| inner(pipeline, names.below())).transpose()?;
        if fields.is_none() && steps.is_none() {
            return Err(invalid("$lookup needs fields or a pipeline"));
        }
        let lets = json.get("let").and_then(Json::as_object).into_iter().flatten();
        Ok(Lookup {
            from: class(json.get("from"), "$lookup")?,
            fields,
            names: lets
                .map(|(name, json)| Ok((name.clone(), Expression::parse(json)?)))
                .collect::<Result<_, ParseError>>()?,
            steps: steps.unwrap_or_default(),
            into,
            class: names.schema.map(|schema| schema.class.clone()),
        })
    }

    /// Adds to each document what it looks up.
    ///
    /// # Errors
    /// As the steps of its pipeline; 102 when it is too much work.
    pub(super) fn look(
        &self,
        documents: Vec<Map>,
        run: &Run<'_>,
        frame: Option<&Frame<'_>>,
    ) -> Result<Vec<Map>, ParseError> {
        let foreign = run.foreign.get(&self.from).map_or(&[][..], Vec::as_slice);
        let mut index: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
        if let Some((_, path)) = &self.fields {
            for (place, document) in foreign.iter().enumerate() {
                for key in keys(document, path, Some(&self.from)) {
                    index.entry(key).or_default().push(place);
                }
            }
        }
        let mut out = Vec::with_capacity(documents.len());
        for mut document in documents {
            let found: Vec<Map> = match &self.fields {
                Some((path, _)) => {
                    let keys = keys(&document, path, self.class.as_ref());
                    let mut places: Vec<usize> =
                        keys.iter().filter_map(|key| index.get(key)).flatten().copied().collect();
                    places.sort_unstable();
                    places.dedup();
                    places.into_iter().filter_map(|place| foreign.get(place)).cloned().collect()
                }
                None => foreign.to_vec(),
            };
            run.spend(found.len() + 1)?;
            let frame = Frame::of(&self.names, Scope { document: &document, run, frame })?;
            let found = steps(&self.steps, found, run, Some(&frame))?;
            run.fill(found.iter().map(size::of_map).sum())?;
            let found = found.into_iter().map(Value::Object).collect();
            document.insert(self.into.clone(), Value::Array(found));
            out.push(document);
        }
        Ok(out)
    }
}

/// What a document is joined by: the elements of an array each; an object's own id also as a pointer to it.
pub(super) fn keys(document: &Map, path: &FieldPath, class: Option<&ClassName>) -> Vec<Key> {
    let own = path.root() == "_id" && path.parts().count() == 1;
    keys_of(path.find(document), class.filter(|_| own))
}

/// What a value is joined by; with a class, a text is the id of an object of it.
pub(super) fn keys_of(value: Option<Value>, class: Option<&ClassName>) -> Vec<Key> {
    let values = match value {
        None => vec![Value::Null],
        Some(Value::Array(items)) => items,
        Some(value) => vec![value],
    };
    let mut keys = Vec::with_capacity(values.len());
    for value in values {
        if let (Some(class), Some(id)) = (class, value.as_str()) {
            keys.push(Key(Some(Value::String(format!("{class}${id}")))));
        }
        keys.push(Key(Some(match value.as_pointer() {
            Some(pointer) => Value::String(format!("{}${}", pointer.class, pointer.id)),
            None => value,
        })));
    }
    keys
}

impl Union {
    /// Reads a class, or a class and a pipeline.
    ///
    /// # Errors
    /// 102 for anything else.
    pub(super) fn parse(json: &Json, names: Names<'_>) -> Result<Union, ParseError> {
        let (name, pipeline) = match json {
            Json::Object(map) => (map.get("coll"), map.get("pipeline")),
            json => (Some(json), None),
        };
        let steps = pipeline.map(|pipeline| inner(pipeline, names.below())).transpose()?;
        Ok(Union { with: class(name, "$unionWith")?, steps: steps.unwrap_or_default() })
    }
}
