//! A plan carried out on documents.

use std::{cell::Cell, collections::BTreeMap};

use super::{
    document::{answer, document, take},
    expression::{Frame, Scope},
    invalid,
    plan::{Plan, Step},
    redact, size,
};
use crate::{ClassName, Date, Object, ParseError, Value, value::Map};

/// The most documents that an aggregation may hold at once; whoever loads objects for one stops there, too.
pub const MOST_DOCUMENTS: usize = 100_000;

/// How often a document may go through a stage in one aggregation.
const MOST_WORK: usize = 10_000_000;

/// How many bytes an aggregation may fill, with what expressions come to and with the copies that stages make of fields
/// and objects; those that it frees again count, too. Fewer in tests, which fill them.
const MOST_BYTES: u64 = if cfg!(test) { 384 << 20 } else { 1 << 30 };

/// The objects of other classes that a plan looks at, as documents.
pub type Foreign = BTreeMap<ClassName, Vec<Map>>;

/// What the steps of one run share.
pub(super) struct Run<'a> {
    pub(super) foreign: &'a Foreign,
    pub(super) now: Date,
    left: Cell<usize>,
    bytes: Cell<u64>,
    /// Where the numbers without a pattern are; the moment of the aggregation decides where they begin.
    drawn: Cell<u64>,
}

impl Run<'_> {
    /// A number without a pattern, from 0 to below 1.
    pub(super) fn random(&self) -> f64 {
        // xorshift64*
        let mut state = self.drawn.get();
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        self.drawn.set(state);
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Counts work.
    ///
    /// # Errors
    /// 102 when it is too much.
    pub(super) fn spend(&self, documents: usize) -> Result<(), ParseError> {
        self.left.set(self.left.get().checked_sub(documents).ok_or_else(too_much)?);
        Ok(())
    }

    /// Counts bytes that are filled.
    ///
    /// # Errors
    /// 102 when there are too many.
    pub(super) fn fill(&self, bytes: usize) -> Result<(), ParseError> {
        self.bytes.set(self.bytes.get().checked_sub(bytes as u64).ok_or_else(too_much)?);
        Ok(())
    }
}

fn too_much() -> ParseError {
    invalid("the aggregation is too much work: narrow what goes in with $match")
}

/// Refuses to hold too many documents.
fn bounded(documents: &[Map]) -> Result<(), ParseError> {
    if documents.len() > MOST_DOCUMENTS {
        return Err(invalid(format!(
            "the aggregation holds more than {MOST_DOCUMENTS} objects at once: narrow what goes in with $match"
        )));
    }
    Ok(())
}

impl Plan {
    /// Carries out the steps that a find leaves, and answers the documents that come out.
    ///
    /// # Errors
    /// 102 when an operator meets what it can't take, or there is too much to hold or to do.
    pub fn run(&self, objects: Vec<Object>, foreign: &Foreign, now: Date) -> Result<Vec<Value>, ParseError> {
        let run = Run {
            foreign,
            now,
            left: Cell::new(MOST_WORK),
            bytes: Cell::new(MOST_BYTES),
            drawn: Cell::new((now.ms() as u64) | 1),
        };
        foreign.values().try_for_each(|documents| bounded(documents))?;
        let documents = objects.into_iter().map(document).collect();
        let found = steps(&self.steps, documents, &run, None)?.into_iter();
        Ok(match &self.raw {
            Some((raw, schema)) => found.map(|document| raw.answer(document, schema)).collect(),
            None => found.map(answer).collect(),
        })
    }
}

/// Sends documents through steps.
pub(super) fn steps(
    steps: &[Step],
    mut documents: Vec<Map>,
    run: &Run<'_>,
    frame: Option<&Frame<'_>>,
) -> Result<Vec<Map>, ParseError> {
    bounded(&documents)?;
    for step in steps {
        run.spend(documents.len() + 1)?;
        documents = one(step, documents, run, frame)?;
        bounded(&documents)?;
    }
    Ok(documents)
}

fn one(
    step: &Step,
    mut documents: Vec<Map>,
    run: &Run<'_>,
    frame: Option<&Frame<'_>>,
) -> Result<Vec<Map>, ParseError> {
    let nothing = Map::new();
    let scope = Scope { document: &nothing, run, frame };
    Ok(match step {
        Step::Match(condition) => {
            let mut kept = Vec::new();
            for document in documents {
                if condition.passes(Scope { document: &document, ..scope })? {
                    kept.push(document);
                }
            }
            kept
        }
        Step::Sort(sort) => sort.sort(documents),
        Step::Skip(skip) => documents.split_off((*skip).min(documents.len())),
        Step::Limit(limit) => {
            documents.truncate(*limit);
            documents
        }
        Step::Sample(size) => sample(documents, *size, run),
        Step::Count(_) if documents.is_empty() => Vec::new(),
        Step::Count(field) => vec![Map::from([(field.clone(), Value::Number(documents.len() as f64))])],
        Step::Project(projection) => documents
            .into_iter()
            .map(|document| projection.project(document, scope))
            .collect::<Result<_, _>>()?,
        Step::Sets(sets) => {
            documents.into_iter().map(|document| sets.set(document, scope)).collect::<Result<_, _>>()?
        }
        Step::Unset(paths) => {
            for document in &mut documents {
                paths.iter().for_each(|path| take(document, path));
            }
            documents
        }
        Step::Replace(expression) => documents
            .into_iter()
            .map(|document| match expression.answer(Scope { document: &document, ..scope })? {
                Some(Value::Object(map)) => Ok(map),
                _ => Err(invalid("a new root must be an object")),
            })
            .collect::<Result<_, _>>()?,
        Step::Unwind(unwind) => {
            let mut out = Vec::new();
            for document in documents {
                unwind.unwind(document, run, &mut out)?;
                bounded(&out)?;
            }
            out
        }
        Step::Group(group) => group.group(&documents, scope)?,
        Step::Bucket(bucket) => bucket.group(&documents, scope)?,
        Step::Facet(facets) => {
            let mut map = Map::new();
            for (name, inner) in facets {
                let found = steps(inner, documents.clone(), run, frame)?;
                run.fill(found.iter().map(size::of_map).sum())?;
                map.insert(name.clone(), Value::Array(found.into_iter().map(Value::Object).collect()));
            }
            vec![map]
        }
        Step::Auto(auto) => auto.group(documents, scope)?,
        Step::Lookup(lookup) => lookup.look(documents, run, frame)?,
        Step::Graph(graph) => graph.look(documents, run, frame)?,
        Step::Near(near) => near.measure(documents, run)?,
        Step::Redact(expression) => {
            let mut kept = Vec::new();
            for document in documents {
                kept.extend(redact::redact(expression, document, scope)?);
            }
            kept
        }
        Step::Window(window) => window.look(documents, scope)?,
        Step::Union(union) => {
            let more = run.foreign.get(&union.with).cloned().unwrap_or_default();
            documents.extend(steps(&union.steps, more, run, frame)?);
            documents
        }
    })
}

/// Picks some documents without a pattern.
fn sample(mut documents: Vec<Map>, size: usize, run: &Run<'_>) -> Vec<Map> {
    let mut picked = Vec::new();
    while picked.len() < size && !documents.is_empty() {
        let place = (run.random() * documents.len() as f64) as usize;
        picked.push(documents.swap_remove(place.min(documents.len() - 1)));
    }
    picked
}
