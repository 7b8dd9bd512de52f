//! How the server would find something, in its own words.

use std::time::Duration;

use ::storage::Select;
use model::{Value, query::Explain};
use mongodb::{
    bson::{Bson, Document, doc},
    options::{FindOptions, Hint},
};

use crate::{decode, error::Fault, read, run::Link};

/// What a plan may tell: stages, indexes, and how much was read. Filters, bounds and the constants of the newer engine's
/// stages repeat operands, and what a server of tomorrow adds may do so, too.
const TOLD: [&str; 82] = [
    "explainVersion",
    "queryPlanner",
    "executionStats",
    "ok",
    // the planner
    "namespace",
    "indexFilterSet",
    "optimizationTimeMillis",
    "plannerVersion",
    "mongosPlannerVersion",
    "maxIndexedOrSolutionsReached",
    "maxIndexedAndSolutionsReached",
    "maxScansToExplodeReached",
    "prunedSimilarIndexes",
    "winningPlan",
    "rejectedPlans",
    "queryPlan",
    // stages
    "stage",
    "inputStage",
    "inputStages",
    "outerStage",
    "innerStage",
    "thenStage",
    "elseStage",
    "isCached",
    "planNodeId",
    "nss",
    "shards",
    "shardName",
    "direction",
    "keyPattern",
    "indexName",
    "indexVersion",
    "isMultiKey",
    "multiKeyPaths",
    "isUnique",
    "isSparse",
    "isPartial",
    "sortPattern",
    "memLimit",
    "limitAmount",
    "skipAmount",
    "type",
    "transformBy",
    // what happened
    "executionSuccess",
    "nReturned",
    "executionTimeMillis",
    "executionTimeMillisEstimate",
    "executionTimeMicros",
    "executionTimeNanos",
    "totalKeysExamined",
    "totalDocsExamined",
    "totalChildMillis",
    "executionStages",
    "allPlansExecution",
    "opens",
    "closes",
    "saveState",
    "restoreState",
    "isEOF",
    "works",
    "advanced",
    "needTime",
    "needYield",
    "numReads",
    "numTested",
    "keysExamined",
    "docsExamined",
    "alreadyHasObj",
    "seeks",
    "dupsTested",
    "dupsDropped",
    "chunkSkips",
    "failed",
    "score",
    "totalDataSizeSorted",
    "usedDisk",
    "spills",
    "spilledBytes",
    "spilledRecords",
    "spilledDataStorageSize",
    "peakTrackedMemBytes",
    "warning",
];

/// Asks the server for its plan of a find as [`read::find`] would send it, without the words of its filter: they may be
/// values of an object.
pub(crate) async fn explain(link: &mut Link<'_>, select: &Select, mode: Explain) -> Result<Value, Fault> {
    let verbosity = match mode {
        Explain::QueryPlanner | Explain::QueryPlannerExtended => "queryPlanner",
        Explain::ExecutionStats => "executionStats",
        Explain::AllPlansExecution => "allPlansExecution",
    };
    let filter = read::resolve(link, &select.filter).await?;
    let asked = read::asked(&select.schema, &::storage::Wish { filter: &filter, ..select.wish() })?;
    let find = command(&format!("{}{}", link.prefix, select.schema.class), asked.filter, &asked.options);
    let time = i64::try_from(Duration::as_millis(&link.read_time)).unwrap_or(i64::MAX);
    let explain = doc! {"explain": find, "verbosity": verbosity, "maxTimeMS": time};
    let mut run = link.database.run_command(explain);
    if let Some(criteria) = asked.options.selection_criteria {
        run = run.selection_criteria(criteria);
    }
    let plan = run.await.map_err(|error| Fault::from(error).hinted(asked.options.hint.as_ref()))?;
    Ok(decode::nested(Bson::Document(told(plan))).unwrap_or(Value::Null))
}

/// The find as the driver would send it.
fn command(collection: &str, filter: Document, options: &FindOptions) -> Document {
    let mut find = doc! {"find": collection, "filter": filter};
    let hint = options.hint.as_ref().map(|hint| match hint {
        Hint::Name(name) => Bson::String(name.clone()),
        Hint::Keys(keys) => Bson::Document(keys.clone()),
        _ => Bson::Null,
    });
    for (key, value) in [
        ("sort", options.sort.clone().map(Bson::Document)),
        ("projection", options.projection.clone().map(Bson::Document)),
        ("skip", options.skip.and_then(|skip| i64::try_from(skip).ok()).map(Bson::Int64)),
        ("limit", options.limit.filter(|rows| *rows > 0).map(Bson::Int64)),
        ("hint", hint),
    ] {
        if let Some(value) = value {
            find.insert(key, value);
        }
    }
    find
}

/// A plan without operands.
fn told(plan: Document) -> Document {
    /// Documents of names, whatever these are.
    const NAMES: [&str; 4] = ["keyPattern", "sortPattern", "multiKeyPaths", "transformBy"];
    let inner = |value: Bson| match value {
        Bson::Document(document) => Bson::Document(told(document)),
        Bson::Array(items) => {
            let items = items.into_iter().map(|item| match item {
                Bson::Document(document) => Bson::Document(told(document)),
                other => other,
            });
            Bson::Array(items.collect())
        }
        other => other,
    };
    let kept = plan.into_iter().filter(|(key, _)| TOLD.contains(&key.as_str()));
    kept.map(|(key, value)| if NAMES.contains(&key.as_str()) { (key, value) } else { (key, inner(value)) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_keeps_its_stages_and_no_operand() {
        let plan = doc! {"queryPlanner": {"parsedQuery": {"t": {"$eq": "hunter2"}}, "winningPlan": {
            "isCached": false,
            "queryPlan": {
                "stage": "FETCH", "filter": {"t": "hunter2"},
                "inputStage": {"stage": "IXSCAN", "indexName": "t_1", "keyPattern": {"t": 1}, "indexBounds": {"t": ["hunter2"]}},
            },
            "slotBasedPlan": {"slots": "$$RESULT=s5 s7 = \"hunter2\"", "stages": "[2] filter {s4 == \"hunter2\"}"},
        }, "rejectedPlans": [{"filter": {"t": "hunter2"}, "stage": "COLLSCAN"}]},
        "executionStats": {"nReturned": 1, "executionStages": {
            "stage": "ixseek", "seekKeyLow": "\"hunter2\"", "numReads": 1, "inputStage": {"stage": "project", "projections": {"4": "\"hunter2\""}},
        }}, "command": {"find": "T", "filter": {"t": "hunter2"}}};
        let told = told(plan).to_string();
        for word in ["FETCH", "IXSCAN", "t_1", "keyPattern", "COLLSCAN", "ixseek", "numReads", "project"] {
            assert!(told.contains(word), "{word}: {told}");
        }
        assert!(!told.contains("hunter2"), "{told}");
    }

    #[test]
    fn a_find_is_explained_as_it_is_sent() {
        let options = FindOptions::builder()
            .sort(doc! {"t": 1})
            .skip(2)
            .limit(3)
            .hint(Hint::Name("t_1".into()))
            .projection(doc! {"t": 1})
            .build();
        let expected = doc! {
            "find": "p_T", "filter": {"t": {"$eq": "x"}}, "sort": {"t": 1}, "projection": {"t": 1},
            "skip": 2_i64, "limit": 3_i64, "hint": "t_1",
        };
        assert_eq!(command("p_T", doc! {"t": {"$eq": "x"}}, &options), expected);
    }
}
