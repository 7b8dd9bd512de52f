//! The indexes of a class as statements.

use model::{FieldType, Unique, schema::IndexKind};
use storage::{Error, lookup};

use super::{connect::FOLD, dialect::place, schema::text};
use crate::{
    layout::{Column, Layout},
    statement::{Statement, quoted},
};

/// An index as the database has it.
#[derive(PartialEq, Eq)]
pub(super) struct Index {
    /// What it consists of: one index, or a table and its triggers.
    pub(super) parts: Vec<Part>,
    /// What fills it where the database doesn't by itself.
    fill: Option<String>,
}

/// One thing that an index consists of.
#[derive(PartialEq, Eq)]
pub(super) struct Part {
    kind: &'static str,
    /// Its name in the database.
    pub(super) name: String,
    /// The statement that makes it, word for word as the database remembers it.
    pub(super) make: String,
}

impl Index {
    /// One of the database's own kind.
    fn plain(name: String, layout: &Layout, word: &str, parts: &[String]) -> Index {
        let table = layout.quoted_table();
        let make = format!("CREATE {word} {} ON {table} ({})", quoted(&name), parts.join(", "));
        Index { parts: vec![Part { kind: "INDEX", name, make }], fill: None }
    }

    /// A table of the elements of lists, which triggers keep.
    fn elements(layout: &Layout, column: &Column, elements: &str) -> Index {
        let (name, table, list) = (quoted(elements), layout.quoted_table(), &column.quoted);
        let of = |row: &str| {
            format!(
                "SELECT e.type, e.value, {row}.\"objectId\" FROM json_each({row}.{list}) AS e \
                 WHERE e.type IN ('text', 'integer', 'true', 'false', 'object')"
            )
        };
        let add = format!("INSERT OR IGNORE INTO {name} {}", of("new"));
        let remove =
            |what: &str| format!("DELETE FROM {name} WHERE (\"type\", \"value\", \"objectId\") IN ({what})");
        let changed = format!("WHEN new.{list} IS NOT old.{list}");
        // Elements that stay are left alone: a long list mostly changes by one.
        let gone = remove(&format!("{} EXCEPT {}", of("old"), of("new")));
        let triggers = [
            ("added", "INSERT".to_owned(), String::new(), add.clone()),
            ("changed", format!("UPDATE OF {list}"), changed, format!("{gone}; {add}")),
            ("removed", "DELETE".to_owned(), String::new(), remove(&of("old"))),
        ];
        let make = format!(
            "CREATE TABLE {name} (\"type\" TEXT NOT NULL, \"value\" NOT NULL, \"objectId\" TEXT NOT NULL, \
             PRIMARY KEY (\"type\", \"value\", \"objectId\")) WITHOUT ROWID"
        );
        let mut parts = vec![Part { kind: "TABLE", name: elements.to_owned(), make }];
        for (word, event, when, body) in triggers {
            let name = format!("{elements}:{word}");
            let own = quoted(&name);
            let make = format!("CREATE TRIGGER {own} AFTER {event} ON {table} {when} BEGIN {body}; END");
            parts.push(Part { kind: "TRIGGER", name, make });
        }
        let fill = format!(
            "INSERT OR IGNORE INTO {name} SELECT e.type, e.value, t.\"objectId\" FROM {table} AS t, \
             json_each(t.{list}) AS e WHERE e.type IN ('text', 'integer', 'true', 'false', 'object')"
        );
        Index { parts, fill: Some(fill) }
    }

    /// The statements that make it.
    pub(super) fn make(&self) -> impl Iterator<Item = Statement> {
        self.parts.iter().map(|part| &part.make).chain(&self.fill).cloned().map(text)
    }

    /// The statements that drop it, or what there is of it.
    pub(super) fn drop(&self) -> impl Iterator<Item = Statement> {
        let parts = self.parts.iter().rev();
        parts.map(|part| text(format!("DROP {} IF EXISTS {}", part.kind, quoted(&part.name))))
    }
}

/// Every index of a class. Their names can't meet those of tables, nor each other when case is ignored.
pub(super) fn wanted(layout: &Layout) -> Result<Vec<Index>, Error> {
    let mut indexes = Vec::new();
    for Unique { fields, ignore_case } in &layout.schema.unique {
        let mut names = Vec::new();
        let mut parts = Vec::new();
        for field in fields {
            let column = column(layout, field)?;
            let folds = *ignore_case && column.kind == FieldType::String;
            names.push(column.name.as_str());
            parts.push(if folds {
                format!("{} COLLATE {FOLD}", column.quoted)
            } else {
                column.quoted.clone()
            });
        }
        let (table, named) = (&layout.table, names.join(","));
        let fold = if *ignore_case { "_fold" } else { "" };
        indexes.push(Index::plain(format!("{table}:unique_{named}{fold}"), layout, "UNIQUE INDEX", &parts));
        if *ignore_case {
            // One that folds letters serves no look-up that is exact.
            let exact = fields.iter().map(|field| Ok(column(layout, field)?.quoted.clone()));
            let exact = exact.collect::<Result<Vec<_>, Error>>()?;
            indexes.push(Index::plain(format!("{table}:exact_{named}"), layout, "INDEX", &exact));
        }
    }
    for column in lookup::fields(&layout.schema.class).iter().filter_map(|field| layout.column(field)) {
        let name = format!("{}:find_{}", layout.table, column.name);
        indexes.push(Index::plain(name, layout, "INDEX", std::slice::from_ref(&column.quoted)));
    }
    for column in &layout.columns {
        indexes.extend(column.elements.iter().map(|elements| Index::elements(layout, column, elements)));
    }
    for (name, fields) in &layout.schema.indexes {
        if fields.keys().all(|field| matches!(field.as_str(), "_id" | "objectId")) {
            // Every table has it.
            continue;
        }
        if name.contains('\0') {
            return Err(Error::Unsupported("an index of this name"));
        }
        let mut parts = Vec::new();
        for (field, kind) in fields.iter() {
            let column = column(layout, field)?;
            match kind {
                IndexKind::Ascending | IndexKind::Descending if column.kind == FieldType::GeoPoint => {
                    parts.extend(place(&column.quoted));
                }
                IndexKind::Ascending => parts.push(column.quoted.clone()),
                IndexKind::Descending => parts.push(format!("{} DESC", column.quoted)),
                IndexKind::Named(name) if name.starts_with("2d") && column.kind == FieldType::GeoPoint => {
                    parts.extend(place(&column.quoted));
                }
                // Words are searched for in the texts themselves.
                IndexKind::Named(_) => {}
            }
        }
        let is_elements = fields.keys().len() == 1
            && layout
                .columns
                .iter()
                .any(|column| column.elements.is_some() && fields.keys().eq([column.field.as_str()]));
        if !parts.is_empty() && !is_elements {
            let name = format!("{}:index_{}", layout.table, lowered(name));
            indexes.push(Index::plain(name, layout, "INDEX", &parts));
        }
    }
    Ok(indexes)
}

/// An index's name as Parse has it; one that Parse has no name for keeps its own.
pub(super) fn told(layout: &Layout, index: &str) -> String {
    if index.starts_with("sqlite_autoindex_") {
        return "_id_".to_owned();
    }
    let lists = layout.columns.iter().find(|column| column.elements.as_deref() == Some(index));
    let named = index.strip_prefix(&format!("{}:index_", layout.table));
    let found = layout.schema.indexes.iter().find(|(name, fields)| match lists {
        Some(column) => fields.keys().eq([column.field.as_str()]),
        None => named == Some(&lowered(name)),
    });
    found.map_or(index, |(name, _)| name).to_owned()
}

/// The column that an index names, in Parse's words or in those of its MongoDB layout.
fn column<'a>(layout: &'a Layout, field: &str) -> Result<&'a Column, Error> {
    let field = match field {
        "_id" => "objectId",
        "_created_at" => "createdAt",
        "_updated_at" => "updatedAt",
        other => other.strip_prefix("_p_").unwrap_or(other),
    };
    layout.column(field).ok_or(Error::Unsupported("an index on a field that the class lacks"))
}

/// A name of small letters, different for different names.
fn lowered(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() || c == '^' {
            out.push('^');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
