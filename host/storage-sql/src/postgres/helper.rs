//! Indexes that no class names: those that the server's own look-ups and the order of code points need.
//!
//! Parse-server makes none of them and isn't bothered by them. Whether one is there is asked of its columns, not of
//! its name, since others may have made it under another one.

use std::collections::BTreeSet;

use model::FieldType;
use storage::lookup;

use super::{
    Pg,
    found::{Found, Index, Method, Table},
    index,
};
use crate::{
    dialect::Dialect as _,
    layout::{Column, Layout, fresh},
    statement::quoted,
};

/// How the names of those begin that go when what they are for goes. Those of ids and join rows go with their table.
const OURS: [&str; 4] = ["exact:", "order:", "items:", "find:"];

/// An index that a table should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Helper {
    table: String,
    wish: String,
    columns: Vec<String>,
    method: Method,
    /// Whether texts are in the order of their code points, although their columns keep another one.
    by_code_point: bool,
}

/// The indexes of ours that a server broke off to make.
pub(super) fn broken(table: &Table) -> impl Iterator<Item = &str> {
    let ours = |name: &str| OURS.iter().chain(&["owner:"]).any(|word| name.starts_with(word));
    let broken =
        table.indexes.iter().filter(move |index| !index.usable && !index.unique && ours(&index.name));
    broken.map(|index| index.name.as_str())
}

/// Every helper that a class's tables should have.
pub(super) fn wanted(layout: &Layout) -> Vec<Helper> {
    let mut all = Vec::new();
    let class = &layout.schema.class;
    let helper = |word: &str, columns: &[&Column], method: Method, by_code_point: bool| Helper {
        table: layout.table.clone(),
        wish: format!(
            "{word}:{class}_{}",
            columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join("_")
        ),
        columns: columns.iter().map(|column| column.name.clone()).collect(),
        method,
        by_code_point,
    };
    let ordered = |columns: &[&Column]| {
        let foreign =
            columns.iter().any(|column| column.foreign) && columns.iter().all(|column| column.sorts());
        foreign.then(|| helper("order", columns, Method::Btree, true))
    };
    all.extend(layout.column("objectId").and_then(|id| ordered(&[id])));
    for group in layout.schema.unique.iter().filter(|group| group.ignore_case) {
        let columns: Vec<&Column> = group.fields.iter().filter_map(|field| layout.column(field)).collect();
        // What folds letters serves no look-up that is exact.
        all.push(helper("exact", &columns, Method::Btree, false));
        all.extend(ordered(&columns));
    }
    for column in lookup::fields(class).iter().filter_map(|field| layout.column(field)) {
        all.push(helper("find", &[column], Method::Btree, false));
    }
    // These are there by their own names; this is what they don't serve.
    for fields in layout.schema.indexes.values() {
        let columns: Result<Vec<&Column>, _> =
            fields.keys().map(|field| index::column(layout, field)).collect();
        match columns.as_deref() {
            Ok([one]) if one.kind == FieldType::Array => {
                all.push(helper("items", &[one], Method::Gin, false))
            }
            Ok(columns) => all.extend(ordered(columns)),
            Err(_) => {}
        }
    }
    for join in layout.joins.values() {
        all.push(Helper {
            table: join.clone(),
            wish: format!("owner:{join}"),
            columns: vec!["owningId".to_owned()],
            method: Method::Btree,
            by_code_point: false,
        });
    }
    all
}

impl Helper {
    /// Whether a class gets it with the table, the field or the index that it is for; else it gets it later.
    pub(super) fn comes_along(&self) -> bool {
        self.method == Method::Btree
    }

    /// Whether the database has it, or one as good.
    pub(super) fn is_there(&self, found: &Found) -> bool {
        found.tables.get(&self.table).is_some_and(|table| self.is_in(table))
    }

    fn is_in(&self, table: &Table) -> bool {
        table.indexes.iter().any(|index| self.is_served(index))
    }

    fn is_served(&self, index: &Index) -> bool {
        let parts = index.columns.as_deref().unwrap_or_default();
        let same = self.columns.len() <= parts.len()
            && self.columns.iter().zip(parts).all(|(column, part)| {
                part.column == *column && !part.folds && (!self.by_code_point || part.by_code_point)
            });
        index.usable && index.method == self.method && same
    }

    /// Whether the database has its table.
    pub(super) fn has_table(&self, found: &Found) -> bool {
        found.tables.contains_key(&self.table)
    }

    /// The name that it is to have.
    pub(super) fn name(&self) -> &str {
        &self.wish
    }

    /// The statement that makes it under a free name; `CONCURRENTLY` for a table that is in use.
    pub(super) fn make(&self, layout: &Layout, taken: &mut BTreeSet<String>, how: &str) -> String {
        let name = fresh(Pg.names(), &Pg.names().cut(&self.wish), taken);
        let parts: Vec<String> = self.columns.iter().map(|column| self.part(layout, column)).collect();
        let using = if self.method == Method::Gin { "USING gin " } else { "" };
        let made = format!(
            "CREATE INDEX {how} {} ON {} {using}({})",
            quoted(&name),
            quoted(&self.table),
            parts.join(", ")
        );
        taken.insert(name);
        made
    }

    fn part(&self, layout: &Layout, column: &str) -> String {
        let known = layout.field_of(column).and_then(|field| layout.column(field));
        match known {
            Some(known) if self.table == layout.table && self.method == Method::Btree => {
                let column = if self.by_code_point { known.clone() } else { index::own_order(known) };
                Pg.key(&column, false)
            }
            _ => quoted(column),
        }
    }
}

/// The statements that drop what was for something that the class no longer has.
pub(super) fn dropped(old: &Layout, new: &Layout, table: &Table) -> Vec<String> {
    let (had, has) = (wanted(old), wanted(new));
    let gone = table.indexes.iter().filter(|index| {
        let serves = |helpers: &[Helper]| helpers.iter().any(|helper| helper.is_served(index));
        OURS.iter().any(|word| index.name.starts_with(word)) && serves(&had) && !serves(&has)
    });
    gone.map(|index| format!("DROP INDEX IF EXISTS {}", quoted(&index.name))).collect()
}
