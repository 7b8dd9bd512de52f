//! What the database itself says of tables: their columns and indexes.

use std::collections::{BTreeMap, BTreeSet};

use super::{decode, fault::Fault, run, wire::Wire};
use crate::statement::Statement;

/// The tables and indexes of one schema of the database at one moment.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Tables by name.
    pub(super) tables: BTreeMap<String, Table>,
    /// Every name that a new table or index can't have.
    pub(super) taken: BTreeSet<String>,
}

/// A table.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// The columns, and whether each has a collation by code points.
    pub(super) columns: BTreeMap<String, Collation>,
    /// Its indexes, oldest first.
    pub(super) indexes: Vec<Index>,
    /// What is NULL as long as it gets no column.
    pub(super) newer: Option<String>,
}

/// In which order a column's texts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Collation {
    /// The database's own.
    Database,
    /// That of the code points, or there are no texts.
    CodePoints,
    /// Another.
    Other,
}

/// An index.
#[derive(Debug)]
pub(super) struct Index {
    /// Its name.
    pub(super) name: String,
    /// Whether it is the primary key's.
    pub(super) primary: bool,
    /// Whether it lets no two rows be alike.
    pub(super) unique: bool,
    /// Whether it is whole and holds every row.
    pub(super) usable: bool,
    /// How it is built.
    pub(super) method: Method,
    /// Its columns; `None` for one over expressions, except the small letters of columns.
    pub(super) columns: Option<Vec<Part>>,
}

/// How an index is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// In order.
    Btree,
    /// By what is in lists and objects.
    Gin,
    /// Anything else.
    Other,
}

/// One part of an index.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// The column.
    pub(super) column: String,
    /// Whether case is ignored.
    pub(super) folds: bool,
    /// Whether its texts are in the order of their code points.
    pub(super) by_code_point: bool,
}

const COLUMNS: &str = "SELECT c.relname::text, a.attname::text, \
    CASE WHEN a.attcollation = 0 OR l.collcollate IN ('C', 'POSIX') THEN 'c' \
         WHEN l.collprovider = 'd' THEN 'd' ELSE 'o' END \
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_collation l ON l.oid = a.attcollation \
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') \
    AND a.attnum > 0 AND NOT a.attisdropped";

/// One row a part of an index. A part is a column's name, or the column in `lower(…)`, or NULL.
const INDEXES: &str = "SELECT t.relname::text, i.relname::text, \
    CASE WHEN x.indisprimary THEN 'p' WHEN x.indisunique AND x.indpred IS NULL AND x.indisvalid THEN 'u' ELSE 'i' END, \
    a.attname::text, \
    (SELECT e.attname::text FROM pg_attribute e WHERE e.attrelid = t.oid AND e.attnum > 0 AND NOT e.attisdropped \
     AND pg_get_indexdef(x.indexrelid, k.at::int, true) IN ('lower(' || quote_ident(e.attname) || ')') LIMIT 1), \
    CASE WHEN x.indpred IS NULL AND x.indisvalid AND x.indisready THEN 'y' ELSE 'n' END, m.amname::text, \
    CASE WHEN l.collcollate IN ('C', 'POSIX') THEN 'c' ELSE 'o' END \
    FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid \
    JOIN pg_am m ON m.oid = i.relam \
    CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY AS k(attribute, at) \
    LEFT JOIN pg_collation l ON l.oid = (x.indcollation::oid[])[k.at - 1] \
    LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attribute AND k.attribute > 0 \
    WHERE t.relnamespace = current_schema()::regnamespace AND k.at <= x.indnkeyatts ORDER BY x.indexrelid, k.at";

/// Columns are numbered in the order in which they were ever added. Of one that isn't there nobody has a privilege, nor
/// hasn't: the answer comes out of the server's own memory.
const NAMES: &str = "SELECT relname::text, \
    format('has_column_privilege(%s::oid, %s::smallint, ''SELECT'')', oid, relnatts + 1) \
    FROM pg_class WHERE relnamespace = current_schema()::regnamespace";

/// Looks at every table.
pub(super) async fn look(connection: &mut Wire) -> Result<Found, Fault> {
    let mut found = Found::default();
    for row in run::all(connection, Statement::new(COLUMNS)).await? {
        let collation = match decode::text(&row, 2)? {
            "c" => Collation::CodePoints,
            "d" => Collation::Database,
            _ => Collation::Other,
        };
        let table = found.tables.entry(decode::text(&row, 0)?.to_owned()).or_default();
        table.columns.insert(decode::text(&row, 1)?.to_owned(), collation);
    }
    for row in run::all(connection, Statement::new(INDEXES)).await? {
        let Some(table) = found.tables.get_mut(decode::text(&row, 0)?) else { continue };
        let name = decode::text(&row, 1)?;
        if table.indexes.last().is_none_or(|last| last.name != name) {
            let kind = decode::text(&row, 2)?;
            let (primary, unique) = (kind == "p", kind == "u");
            let usable = decode::text(&row, 5)? == "y";
            let method = match decode::text(&row, 6)? {
                "btree" => Method::Btree,
                "gin" => Method::Gin,
                _ => Method::Other,
            };
            let name = name.to_owned();
            table.indexes.push(Index { name, primary, unique, usable, method, columns: Some(Vec::new()) });
        }
        let cell = |at: usize| Ok::<_, Fault>(decode::cell(&row, at)?.and_then(|cell| cell.text()));
        let by_code_point = decode::text(&row, 7)? == "c";
        let part = |column: &str, folds| Part { column: column.to_owned(), folds, by_code_point };
        let part = match (cell(3)?, cell(4)?) {
            (Some(column), _) => Some(part(column, false)),
            (None, Some(column)) => Some(part(column, true)),
            (None, None) => None,
        };
        if let Some(index) = table.indexes.last_mut() {
            match part {
                Some(part) => index.columns.as_mut().into_iter().for_each(|parts| parts.push(part.clone())),
                None => index.columns = None,
            }
        }
    }
    for row in run::all(connection, Statement::new(NAMES)).await? {
        let name = decode::text(&row, 0)?;
        if let Some(table) = found.tables.get_mut(name) {
            table.newer = Some(decode::text(&row, 1)?.to_owned());
        }
        found.taken.insert(name.to_owned());
    }
    Ok(found)
}
