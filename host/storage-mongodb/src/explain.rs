//! How the server would find something, in its own words.

use ::storage::Select;
use model::{Limit, Value, query::Explain};
use mongodb::bson::{Bson, Document, doc};

use crate::{compile, decode, error::Fault, read, run::Link};

/// What isn't about the find: where the server runs, and how its cluster stands.
const ASIDE: [&str; 4] = ["serverInfo", "serverParameters", "$clusterTime", "operationTime"];

/// Asks the server for its plan. Without the words of the filter: they may be values of an object.
pub(crate) async fn explain(link: &mut Link<'_>, select: &Select, mode: Explain) -> Result<Value, Fault> {
    let verbosity = match mode {
        Explain::QueryPlanner | Explain::QueryPlannerExtended => "queryPlanner",
        Explain::ExecutionStats => "executionStats",
        Explain::AllPlansExecution => "allPlansExecution",
    };
    let filter = read::resolve(link, &select.filter).await?;
    let part = compile::filter(&select.schema, &filter)?;
    let mut find = doc! {
        "find": format!("{}{}", link.prefix, select.schema.class),
        "filter": part.cond.document(),
    };
    if let Some(sort) = read::sort(&select.schema, &select.order).filter(|sort| !sort.is_empty()) {
        find.insert("sort", sort);
    }
    if part.exact
        && let Limit::Rows(rows) = select.limit
        && let Ok(rows) = i64::try_from(rows)
        && rows > 0
    {
        find.insert("limit", rows);
    }
    let mut plan = link.database.run_command(doc! {"explain": find, "verbosity": verbosity}).await?;
    for key in ASIDE {
        plan.remove(key);
    }
    Ok(decode::nested(Bson::Document(without_values(plan))).unwrap_or(Value::Null))
}

/// Takes out what repeats operands: filters, and the bounds of indexes.
fn without_values(document: Document) -> Document {
    const OPERANDS: [&str; 6] =
        ["filter", "parsedQuery", "indexBounds", "command", "queryHash", "planCacheKey"];
    let inner = |value: Bson| match value {
        Bson::Document(document) => Bson::Document(without_values(document)),
        Bson::Array(items) => {
            let items = items.into_iter().map(|item| match item {
                Bson::Document(document) => Bson::Document(without_values(document)),
                other => other,
            });
            Bson::Array(items.collect())
        }
        other => other,
    };
    let told = document.into_iter().filter(|(key, _)| !OPERANDS.contains(&key.as_str()));
    told.map(|(key, value)| (key, inner(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_keeps_its_stages_and_no_operand() {
        let plan = doc! {"queryPlanner": {"parsedQuery": {"t": {"$eq": "hunter2"}}, "winningPlan": {
            "stage": "FETCH", "filter": {"t": "hunter2"},
            "inputStage": {"stage": "IXSCAN", "indexName": "t_1", "indexBounds": {"t": ["hunter2"]}},
        }, "rejectedPlans": [{"filter": {"t": "hunter2"}, "stage": "COLLSCAN"}]}};
        let told = without_values(plan).to_string();
        assert!(told.contains("IXSCAN") && told.contains("t_1") && told.contains("COLLSCAN"), "{told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
}
