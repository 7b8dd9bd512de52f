//! How a database would carry a statement out.

use model::{Value, value::Map};

/// What is known of a plan; holds no value of the statement.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The steps in the database's words.
    pub(crate) steps: Vec<String>,
    /// The indexes that are used.
    pub(crate) indexes: Vec<Used>,
    /// Whether a table is read from its one end to the other.
    pub(crate) scans: bool,
    /// Whether rows are sorted once they are found.
    pub(crate) sorts: bool,
}

/// An index in a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Used {
    /// Its name, as Parse has it if it does.
    pub(crate) name: String,
    /// Whether it is read from its one end to the other, for the sake of its order.
    pub(crate) whole: bool,
}

impl Plan {
    /// The plan with the words that MongoDB has for it, which clients know, beside the database's own.
    pub(crate) fn value(self, exact: bool) -> Value {
        let stage = |name: &str| ("stage".to_owned(), Value::text(name));
        let found = self.indexes.iter().map(|used| {
            let mut found = Map::from([stage("IXSCAN"), ("indexName".to_owned(), Value::text(&used.name))]);
            if used.whole {
                found.insert("wholeIndex".to_owned(), Value::Boolean(true));
            }
            found
        });
        let read = self.scans.then(|| Map::from([stage("COLLSCAN")]));
        let mut reads: Vec<Map> = found.chain(read).collect();
        let mut plan = match reads.len() {
            0 => Map::from([stage("EOF")]),
            1 => reads.remove(0),
            _ => {
                let reads = reads.into_iter().map(Value::Object).collect();
                Map::from([stage("OR"), ("inputStages".to_owned(), Value::Array(reads))])
            }
        };
        if self.sorts {
            plan = Map::from([stage("SORT"), ("inputStage".to_owned(), Value::Object(plan))]);
        }
        let steps = self.steps.into_iter().map(Value::String).collect();
        plan.insert("steps".to_owned(), Value::Array(steps));
        plan.insert("checkedAgain".to_owned(), Value::Boolean(!exact));
        let planner = Map::from([("winningPlan".to_owned(), Value::Object(plan))]);
        Value::Object(Map::from([("queryPlanner".to_owned(), Value::Object(planner))]))
    }
}
