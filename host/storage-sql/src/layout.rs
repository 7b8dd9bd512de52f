//! Where a class is kept: its table, its columns and the texts of its most common statements.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use model::{ClassName, FieldName, FieldType, Schema};

use crate::{
    dialect::{Dialect, Names},
    statement::quoted,
};

/// The columns that every table begins with, in the order in which rows are read and written.
const HEAD: [&str; 6] = ["objectId", "createdAt", "updatedAt", "_rperm", "_wperm", "_nulls"];

/// The columns of [`HEAD`] that a database's tables have.
pub(crate) fn head(dialect: &dyn Dialect) -> &'static [&'static str] {
    let [all @ .., _] = &HEAD;
    if dialect.keeps_nulls() { &HEAD } else { all }
}

/// The layouts of all classes at one moment.
pub(crate) type Layouts = BTreeMap<ClassName, Arc<Layout>>;

/// The column of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// The field.
    pub(crate) field: FieldName,
    /// The type of the field.
    pub(crate) kind: FieldType,
    /// The column's name in the database.
    pub(crate) name: String,
    /// The name, quoted for statements.
    pub(crate) quoted: String,
    /// The name with that of its table, for where another name might hide it.
    pub(crate) qualified: String,
    /// Whether texts are kept in another order than that of their code points.
    pub(crate) foreign: bool,
    /// The table of the elements of lists, where that is the index on them.
    pub(crate) elements: Option<String>,
}

impl Column {
    fn new(table: &str, field: FieldName, kind: FieldType, name: String) -> Column {
        let own = quoted(&name);
        let qualified = format!("{}.{own}", quoted(table));
        Column { field, kind, quoted: own, qualified, name, foreign: false, elements: None }
    }

    /// Whether the column sorts as the field's values do: those with parts need the matcher.
    pub(crate) fn sorts(&self) -> bool {
        match self.kind {
            FieldType::String
            | FieldType::Number
            | FieldType::Boolean
            | FieldType::Date
            | FieldType::Pointer(_) => true,
            FieldType::Object
            | FieldType::Array
            | FieldType::GeoPoint
            | FieldType::Polygon
            | FieldType::File
            | FieldType::Bytes
            | FieldType::Relation(_)
            | FieldType::Acl => false,
        }
    }
}

/// The table of a class.
#[derive(Debug)]
pub(crate) struct Layout {
    /// What the class is.
    pub(crate) schema: Schema,
    /// The table's name in the database.
    pub(crate) table: String,
    /// The columns of fields, by field.
    pub(crate) columns: Vec<Column>,
    /// The tables of join rows, by relation field.
    pub(crate) joins: BTreeMap<FieldName, String>,
    head: [Column; 3],
    /// What tells, with every row that is read, that the table has columns that nobody here has heard of: anything but
    /// NULL then. `None` where nobody else changes tables.
    pub(crate) newer: Option<String>,
    /// `SELECT` with every column, up to the name of the table.
    pub(crate) select: Arc<str>,
    /// `INSERT` with every column.
    pub(crate) insert: Arc<str>,
    /// The head and every column, as `RETURNING` lists them.
    pub(crate) names: Arc<str>,
    /// The fields of unique indexes by name, where the database names the index that was hit and not its columns.
    pub(crate) unique: BTreeMap<String, Vec<String>>,
}

impl Layout {
    /// Lays a class out in named tables and columns; fields without a column of their own aren't in `columns`.
    pub(crate) fn new(
        dialect: &dyn Dialect,
        schema: Schema,
        table: String,
        names: &BTreeMap<FieldName, String>,
        joins: BTreeMap<FieldName, String>,
    ) -> Layout {
        let mut columns: Vec<Column> = schema
            .fields
            .iter()
            .filter(|(name, field)| {
                dialect.column_type(&field.kind).is_some() && !dialect.is_implied(&schema.class, name)
            })
            .map(|(name, field)| {
                let column = names.get(name).cloned().unwrap_or_else(|| name.as_str().to_owned());
                Column::new(&table, name.clone(), field.kind.clone(), column)
            })
            .collect();
        let indexed =
            |column: &Column| schema.indexes.values().any(|index| index.keys().eq([column.field.as_str()]));
        for column in columns.iter_mut().filter(|column| column.kind == FieldType::Array) {
            if dialect.lists_elements() && indexed(column) {
                column.elements = Some(format!("{table}:elements_{}", column.name));
            }
        }
        let head =
            [("objectId", FieldType::String), ("createdAt", FieldType::Date), ("updatedAt", FieldType::Date)]
                .map(|(name, kind)| Column::new(&table, FieldName::known(name), kind, name.to_owned()));
        let all: Vec<&Column> = columns.iter().collect();
        let select = select(dialect, &table, &all, None).into();
        let insert = insert(dialect, &table, &all).into();
        let names = self::names(dialect, &all).into();
        let unique = BTreeMap::new();
        Layout { schema, table, columns, joins, head, newer: None, select, insert, names, unique }
    }

    /// Marks the columns whose texts are kept in another order than that of their code points.
    pub(crate) fn mark_foreign(&mut self, is_foreign: impl Fn(&str) -> bool) {
        for column in self.columns.iter_mut().chain(&mut self.head) {
            column.foreign = is_foreign(&column.name);
        }
    }

    /// Has every read ask whether the table has other columns by now.
    pub(crate) fn watch(&mut self, dialect: &dyn Dialect, newer: String) {
        let all: Vec<&Column> = self.columns.iter().collect();
        self.select = select(dialect, &self.table, &all, Some(&newer)).into();
        self.newer = Some(newer);
    }

    /// The column of a field, also of `objectId`, `createdAt` and `updatedAt`; `None` when no row has the field.
    pub(crate) fn column(&self, field: &str) -> Option<&Column> {
        match self.columns.binary_search_by(|column| column.field.as_str().cmp(field)) {
            Ok(at) => self.columns.get(at),
            Err(_) => self.head.iter().find(|column| column.field == *field),
        }
    }

    /// The field whose column has a name in the database.
    pub(crate) fn field_of(&self, column: &str) -> Option<&FieldName> {
        self.columns.iter().chain(&self.head).find(|known| known.name == column).map(|known| &known.field)
    }

    /// The name of a table as statements have it.
    pub(crate) fn quoted_table(&self) -> String {
        quoted(&self.table)
    }
}

/// Writes `SELECT` with the head and some fields' columns, then what is asked besides, once for all rows.
pub(crate) fn select(
    dialect: &dyn Dialect,
    table: &str,
    columns: &[&Column],
    besides: Option<&str>,
) -> String {
    let besides = besides.map(|besides| format!(", (SELECT {besides})")).unwrap_or_default();
    format!("SELECT {}{besides} FROM {}", names(dialect, columns), quoted(table))
}

fn insert(dialect: &dyn Dialect, table: &str, columns: &[&Column]) -> String {
    let mut text = format!("INSERT INTO {} ({}) VALUES (", quoted(table), names(dialect, columns));
    for number in 1..=head(dialect).len() + columns.len() {
        if number > 1 {
            text.push_str(", ");
        }
        dialect.placeholder(number, &mut text);
    }
    text.push(')');
    text
}

/// The head and some fields' columns, as `SELECT` and `RETURNING` list them.
pub(crate) fn names(dialect: &dyn Dialect, columns: &[&Column]) -> String {
    let mut text = head(dialect).iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
    for column in columns {
        text.push_str(", ");
        text.push_str(&column.quoted);
    }
    text
}

/// Finds a name that the database can tell from others: SQLite ignores case, PostgreSQL what comes after 63 bytes.
///
/// The wished-for name comes out unless it is taken: Parse tells `name` and `Name` apart.
pub(crate) fn fresh(names: Names, wish: &str, taken: &BTreeSet<String>) -> String {
    let free = |name: &str| {
        let seen = names.seen(name);
        !taken.contains(&seen) && !seen.starts_with(names.reserved)
    };
    let numbered = (2..).map(|number: u32| names.cut(&format!("^{number}^{wish}")));
    std::iter::once(names.cut(wish)).chain(numbered).find(|name| free(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fresh_names_ignore_case() {
        let names =
            Names { longest: usize::MAX, folds: true, reserved: "sqlite_", tables: &[], columns: &[] };
        let mut taken = BTreeSet::new();
        for (wish, expected) in
            [("name", "name"), ("Name", "^2^Name"), ("NAME", "^3^NAME"), ("sqlite_x", "^2^sqlite_x")]
        {
            let name = fresh(names, wish, &taken);
            assert_eq!(name, expected);
            taken.insert(names.seen(&name));
        }
    }

    #[test]
    fn fresh_names_are_cut_and_still_differ() {
        let names = Names { longest: 6, folds: false, reserved: "pg_", tables: &[], columns: &[] };
        let mut taken = BTreeSet::new();
        for (wish, expected) in [
            ("names", "names"),
            ("Names", "Names"),
            ("namesxy", "namesx"),
            ("namesxz", "^2^nam"),
            ("aaaaaé", "aaaaa"),
            ("pg_x", "^2^pg_"),
        ] {
            let name = fresh(names, wish, &taken);
            assert_eq!(name, expected);
            taken.insert(names.seen(&name));
        }
    }
}
