//! A pipeline, read and checked: what a find can answer, and the steps that are left.

use serde_json::Value as Json;

use super::{
    Names, Pipeline, Raw, Stage,
    condition::Condition,
    document::FieldPath,
    expression::Expression,
    graph::Graph,
    group::{AutoBucket, Bucket, Group},
    invalid,
    lookup::{Lookup, Union},
    near::Near,
    project::{Projection, Sets},
    raw,
    shape::{Sort, Unwind},
    whole,
    window::Window,
};
use crate::{Filter, Limit, Order, ParseError, Schema, name::shown};

/// A pipeline that can be carried out in memory.
pub struct Plan {
    /// Which objects go in at all: the conditions that the pipeline begins with.
    pub filter: Filter,
    /// Their order, when the pipeline asks for one right after.
    pub order: Vec<Order>,
    /// Objects to pass over.
    pub skip: u64,
    /// How many go in.
    pub limit: Limit,
    pub(super) steps: Vec<Step>,
    /// The form of the answer, and the class whose columns it then names.
    pub(super) raw: Option<(Raw, Schema)>,
}

/// One stage, read.
pub(super) enum Step {
    Match(Condition),
    Sort(Sort),
    Skip(usize),
    Limit(usize),
    Sample(usize),
    Count(String),
    Project(Projection),
    Sets(Sets),
    Unset(Vec<Vec<String>>),
    Replace(Expression),
    Unwind(Unwind),
    Group(Box<Group>),
    Bucket(Box<Bucket>),
    Facet(Vec<(String, Vec<Step>)>),
    Auto(Box<AutoBucket>),
    Lookup(Box<Lookup>),
    Graph(Box<Graph>),
    Near(Box<Near>),
    Redact(Expression),
    Window(Box<Window>),
    Union(Box<Union>),
}

impl Plan {
    /// Reads a pipeline over the objects of a class.
    ///
    /// # Errors
    /// 102 for a stage or an operator that isn't known, or is told what it can't be told.
    pub fn new(pipeline: &Pipeline, schema: &Schema) -> Result<Plan, ParseError> {
        let raw = pipeline.raw;
        let names = Names { schema: Some(schema), now: pipeline.now, raw: raw.values };
        let steps = if raw.values {
            let plain = |stage: &Stage| Stage { name: stage.name.clone(), body: raw::plain(&stage.body) };
            steps(&pipeline.stages.iter().map(plain).collect::<Vec<_>>(), names)?
        } else {
            steps(&pipeline.stages, names)?
        };
        let mut plan = Plan {
            filter: Filter::all(),
            order: Vec::new(),
            skip: 0,
            limit: Limit::All,
            steps: Vec::new(),
            raw: raw.any().then(|| (raw, schema.clone())),
        };
        let mut rest = steps.into_iter().peekable();
        while let Some(filter) = rest.peek().and_then(|step| match step {
            Step::Match(condition) => condition.filter(),
            _ => None,
        }) {
            plan.filter = plan.filter.and(filter);
            rest.next();
        }
        if let Some(Step::Sort(sort)) = rest.peek() {
            plan.order = sort.order();
            rest.next();
        }
        if let Some(Step::Skip(skip)) = rest.peek() {
            plan.skip = *skip as u64;
            rest.next();
        }
        if let Some(Step::Limit(limit)) = rest.peek() {
            plan.limit = Limit::Rows(*limit as u64);
            rest.next();
        }
        plan.steps = rest.collect();
        Ok(plan)
    }
}

/// Reads stages.
pub(super) fn steps(stages: &[Stage], names: Names<'_>) -> Result<Vec<Step>, ParseError> {
    let mut steps = Vec::with_capacity(stages.len());
    for (place, stage) in stages.iter().enumerate() {
        if stage.name == "$geoNear" {
            if place > 0 {
                return Err(invalid("$geoNear is only valid as the first stage in a pipeline."));
            }
            if let Some(query) = stage.body.get("query") {
                steps.push(Step::Match(Condition::parse(query, &names)?));
            }
        }
        steps.push(step(&stage.name, &stage.body, names)?);
    }
    Ok(steps)
}

/// Reads the pipeline inside a stage.
pub(super) fn inner(json: &Json, names: Names<'_>) -> Result<Vec<Step>, ParseError> {
    steps(&Pipeline::parse(json.clone(), names.now)?.stages, names)
}

fn step(name: &str, body: &Json, names: Names<'_>) -> Result<Step, ParseError> {
    Ok(match name {
        "$match" => Step::Match(Condition::parse(body, &names)?),
        "$sort" => Step::Sort(Sort::parse(body, name)?),
        "$skip" => Step::Skip(whole(body, 0.0, name)?),
        "$limit" => Step::Limit(whole(body, 1.0, name)?),
        "$sample" => {
            let size = body.get("size").ok_or_else(|| invalid("$sample needs a size"))?;
            Step::Sample(whole(size, 1.0, "size of $sample")?)
        }
        "$count" => match body.as_str() {
            Some(field) if !field.is_empty() && !field.contains(['.', '$']) => Step::Count(field.to_owned()),
            _ => return Err(invalid("$count must be the name of a field")),
        },
        "$project" => Step::Project(Projection::parse(body)?),
        "$addFields" | "$set" => Step::Sets(Sets::parse(body)?),
        "$unset" => {
            let names = match body {
                Json::Array(names) => names.iter().map(Json::as_str).collect::<Option<Vec<_>>>(),
                name => name.as_str().map(|name| vec![name]),
            };
            let paths = names.and_then(|names| names.into_iter().map(parts).collect::<Option<Vec<_>>>());
            Step::Unset(paths.ok_or_else(|| invalid("$unset must be a field or a list of fields"))?)
        }
        "$replaceRoot" => {
            let root = body.get("newRoot").ok_or_else(|| invalid("$replaceRoot needs a newRoot"))?;
            Step::Replace(Expression::parse(root)?)
        }
        "$replaceWith" => Step::Replace(Expression::parse(body)?),
        "$unwind" => Step::Unwind(Unwind::parse(body)?),
        "$group" => Step::Group(Box::new(Group::parse(body)?)),
        "$sortByCount" => Step::Group(Box::new(Group::counting(body)?)),
        "$bucket" => Step::Bucket(Box::new(Bucket::parse(body)?)),
        "$facet" => {
            let Some(facets) = body.as_object() else { return Err(invalid("$facet must be an object")) };
            let facets = facets.iter().map(|(name, pipeline)| Ok((name.clone(), inner(pipeline, names)?)));
            Step::Facet(facets.collect::<Result<_, ParseError>>()?)
        }
        "$lookup" => Step::Lookup(Box::new(Lookup::parse(body, names)?)),
        "$bucketAuto" => Step::Auto(Box::new(AutoBucket::parse(body)?)),
        "$graphLookup" => Step::Graph(Box::new(Graph::parse(body, names)?)),
        "$geoNear" => Step::Near(Box::new(Near::parse(body, names)?)),
        "$redact" => Step::Redact(Expression::parse(body)?),
        "$setWindowFields" => Step::Window(Box::new(Window::parse(body)?)),
        other if FOREIGN.contains(&other) => {
            return Err(invalid(format!("The pipeline stage {other} isn't supported yet")));
        }
        "$unionWith" => Step::Union(Box::new(Union::parse(body, names)?)),
        other => return Err(invalid(format!("Unrecognized pipeline stage name: '{}'", shown(other)))),
    })
}

/// Stages that MongoDB knows and nobody carries out here.
const FOREIGN: [&str; 19] = [
    "$changeStream",
    "$changeStreamSplitLargeEvent",
    "$collStats",
    "$currentOp",
    "$densify",
    "$documents",
    "$fill",
    "$indexStats",
    "$listLocalSessions",
    "$listSampledQueries",
    "$listSearchIndexes",
    "$listSessions",
    "$planCacheStats",
    "$querySettings",
    "$queryStats",
    "$search",
    "$searchMeta",
    "$shardedDataDistribution",
    "$vectorSearch",
];

/// The parts of a field's path; `None` when it isn't one.
pub(super) fn parts(path: &str) -> Option<Vec<String>> {
    FieldPath::parse(path).map(|path| path.parts().map(ToOwned::to_owned).collect())
}
