//! What PostgreSQL says of a statement's plan, read.

use serde_json::Value as Json;

use super::index;
use crate::{
    layout::Layout,
    plan::{Plan, Used},
};

/// Reads the JSON of `EXPLAIN`. Conditions stay out of the steps: they repeat values.
pub(super) fn read(layout: &Layout, text: &str) -> Plan {
    let mut plan = Plan::default();
    let json: Json = serde_json::from_str(text).unwrap_or_default();
    if let Some(top) = json.get(0).and_then(|first| first.get("Plan")) {
        node(layout, top, 0, &mut plan);
    }
    plan
}

fn node(layout: &Layout, json: &Json, depth: usize, plan: &mut Plan) {
    let word = |key: &str| json.get(key).and_then(Json::as_str);
    let kind = word("Node Type").unwrap_or_default();
    if kind == "Result" && word("Parent Relationship") == Some("InitPlan") {
        // What every read asks besides, see `Layout::newer`.
        return;
    }
    let name = word("Index Name").map(|name| index::told(layout, name));
    let mut step = format!("{}{kind}", "  ".repeat(depth));
    for (label, value) in [(" using ", name.as_deref()), (" on ", word("Relation Name"))] {
        if let Some(value) = value {
            step.push_str(label);
            step.push_str(value);
        }
    }
    plan.steps.push(step);
    plan.scans |= kind == "Seq Scan";
    plan.sorts |= matches!(kind, "Sort" | "Incremental Sort");
    if let Some(name) = name {
        // Conditions that only filter what was read don't count.
        plan.indexes.push(Used { name, whole: word("Index Cond").is_none() });
    }
    for inner in json.get("Plans").and_then(Json::as_array).into_iter().flatten() {
        node(layout, inner, depth + 1, plan);
    }
}

#[cfg(test)]
mod tests {
    use model::{ClassName, Schema};

    use super::*;
    use crate::{catalog, postgres::Pg};

    #[test]
    fn nodes_are_read_and_values_left_out() {
        let layout =
            catalog::lay_out(&Pg, &Schema::new(ClassName::new("Thing").unwrap()), None, &Default::default());
        let text = r#"[{"Plan": {"Node Type": "Sort", "Sort Key": ["t"], "Plans": [
            {"Node Type": "Bitmap Heap Scan", "Relation Name": "Thing", "Recheck Cond": "(t = 'hunter2'::text)", "Plans": [
                {"Node Type": "Bitmap Index Scan", "Index Name": "by_t", "Index Cond": "(t = 'hunter2'::text)"}]},
            {"Node Type": "Index Scan", "Index Name": "Thing_pkey", "Filter": "(t = 'hunter2'::text)"},
            {"Node Type": "Seq Scan", "Relation Name": "Thing"}]}}]"#;
        let plan = read(&layout, text);
        assert!(plan.scans && plan.sorts && !format!("{plan:?}").contains("hunter2"));
        let used: Vec<(&str, bool)> =
            plan.indexes.iter().map(|used| (used.name.as_str(), used.whole)).collect();
        assert_eq!(used, [("by_t", false), ("_id_", true)]);
        assert_eq!(plan.steps[1], "  Bitmap Heap Scan on Thing");
    }
}
