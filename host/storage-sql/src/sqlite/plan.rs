//! What SQLite says of a statement's plan, read.

use crate::{
    layout::Layout,
    plan::{Plan, Used},
};

use super::index;

/// Reads the lines of `EXPLAIN QUERY PLAN`: place-holders stand for the values in them.
pub(super) fn read(layout: &Layout, steps: Vec<String>) -> Plan {
    let mut plan = Plan::default();
    for step in &steps {
        let whole = match step.split_once(' ') {
            Some(("SEARCH", _)) => false,
            Some(("SCAN", rest)) if rest != "CONSTANT ROW" => true,
            _ => {
                plan.sorts |= step.starts_with("USE TEMP B-TREE FOR") && step.ends_with("ORDER BY");
                continue;
            }
        };
        if step.contains(" VIRTUAL TABLE INDEX ") {
            // The items of a list that the statement brings along, or of one row's.
            continue;
        }
        match used(step, &layout.table) {
            Some(name) => plan.indexes.push(Used { name: index::told(layout, name), whole }),
            None => plan.scans |= whole,
        }
        // One that is made for this statement alone.
        plan.scans |= step.contains(" USING AUTOMATIC ");
    }
    Plan { steps, ..plan }
}

/// The index that a step names; of another table, that is the table itself.
fn used<'a>(step: &'a str, own: &str) -> Option<&'a str> {
    let (_, step) = step.split_once(' ')?;
    let (table, named) = step.split_once(" USING ")?;
    if let Some((_, name)) = named.split_once("INDEX ") {
        return Some(name.rsplit_once(" (").map_or(name, |(name, _)| name));
    }
    let table = table.rsplit_once(" AS ").map_or(table, |(table, _)| table);
    named.contains("PRIMARY KEY").then_some(if table == own { "_id_" } else { table })
}

#[cfg(test)]
mod tests {
    use model::{ClassName, Schema, schema::IndexKind};

    use super::*;
    use crate::{catalog, sqlite::Lite};

    fn of(steps: &[&str]) -> Plan {
        let mut schema = Schema::new(ClassName::new("Thing").unwrap());
        schema.indexes.insert("byName".into(), [("objectId".to_owned(), IndexKind::Ascending)].into());
        let layout = catalog::lay_out(&Lite, &schema, None, &Default::default());
        read(&layout, steps.iter().map(|step| (*step).to_owned()).collect())
    }

    #[test]
    fn scans_searches_and_sorts_are_told_apart() {
        let names = |plan: &Plan| plan.indexes.iter().map(|used| used.name.clone()).collect::<Vec<_>>();
        let plan = of(&["SEARCH Thing USING INDEX Thing:index_by^name (name=?)"]);
        assert_eq!((names(&plan), plan.scans, plan.sorts), (vec!["byName".to_owned()], false, false));
        let plan = of(&["SEARCH Thing USING INDEX sqlite_autoindex_Thing_1 (objectId=?)"]);
        assert_eq!(names(&plan), ["_id_"]);
        let plan = of(&["SCAN Thing", "USE TEMP B-TREE FOR ORDER BY"]);
        assert!(plan.scans && plan.sorts && plan.indexes.is_empty());
        let plan = of(&[
            "SCAN Thing USING COVERING INDEX Thing:index_by^name",
            "USE TEMP B-TREE FOR LAST TERM OF ORDER BY",
        ]);
        assert!(!plan.scans && plan.sorts && plan.indexes[0].whole);
        let plan = of(&["LIST SUBQUERY 1", "SCAN json_each VIRTUAL TABLE INDEX 1:", "SCAN CONSTANT ROW"]);
        assert_eq!((plan.scans, plan.indexes.len()), (false, 0));
        let plan = of(&["SEARCH Thing USING AUTOMATIC COVERING INDEX (name=?)"]);
        assert!(plan.scans);
    }
}
