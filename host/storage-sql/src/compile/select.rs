//! Whole statements about the rows of one class.

use model::{Filter, Limit, Order, query::By};
use storage::{Error, Wish, sift::Done};

use super::{Compiler, FALSE, WHERE};
use crate::{
    arg::Arg,
    dialect::Dialect,
    layout::{self, Column, Layout, Layouts},
    statement::Statement,
};

/// A find as a statement, and what is left to do with its rows.
pub(crate) struct Find<'a> {
    /// The statement.
    pub(crate) statement: Statement,
    /// The columns after the head, in order.
    pub(crate) columns: Vec<&'a Column>,
    /// What the statement does of the find.
    pub(crate) done: Done,
    /// Whether no row passes, so that nobody needs to be asked.
    pub(crate) nothing: bool,
}

/// Writes a find.
///
/// # Errors
/// [`Error::Unsupported`] for what neither SQL nor the matcher can answer.
pub(crate) fn find<'a>(
    dialect: &dyn Dialect,
    layouts: &Layouts,
    layout: &'a Layout,
    wish: &Wish<'_>,
) -> Result<Find<'a>, Error> {
    let condition = condition(dialect, layouts, layout, wish.filter)?;
    let keys = keys(dialect, layout, wish.order);
    let columns: Vec<&Column> = match wish.fields {
        None => layout.columns.iter().collect(),
        Some(fields) => {
            let mut needed: Vec<&str> = fields.iter().map(|field| field.as_str()).collect();
            if !condition.exact {
                wish.filter.each_path(&mut |path| needed.push(path.root()));
            }
            if keys.is_none() {
                needed.extend(wish.order.iter().map(|key| key.path.root()));
            }
            layout.columns.iter().filter(|column| needed.contains(&column.field.as_str())).collect()
        }
    };
    let mut statement = match wish.fields {
        None => Statement::new(&layout.select),
        Some(_) => Statement::new(&layout::select(dialect, &layout.table, &columns, layout.newer.as_deref())),
    };
    let nothing = condition.nothing();
    append(&mut statement, condition.statement);
    let done = Done { exact: condition.exact, sorted: keys.is_some() };
    if let Some(keys) = keys.filter(|keys| !keys.is_empty()) {
        statement.push(" ORDER BY ").push(&keys);
    }
    if done.windowed() {
        let limit = match wish.limit {
            Limit::Rows(rows) => Some(rows),
            Limit::All => None,
        };
        dialect.window(&mut statement, wish.skip, limit);
    }
    Ok(Find { statement, columns, done, nothing })
}

/// A condition with its ` WHERE`.
pub(crate) struct Condition {
    /// Empty when every row passes.
    pub(crate) statement: Statement,
    /// Whether no more rows pass than should.
    pub(crate) exact: bool,
}

impl Condition {
    /// Whether no row passes.
    pub(crate) fn nothing(&self) -> bool {
        self.statement.text.strip_prefix(WHERE) == Some(FALSE)
    }
}

/// Writes the condition that a filter asks for.
///
/// # Errors
/// [`Error::Unsupported`] for what neither SQL nor the matcher can answer.
pub(crate) fn condition(
    dialect: &dyn Dialect,
    layouts: &Layouts,
    layout: &Layout,
    filter: &Filter,
) -> Result<Condition, Error> {
    let out = Statement::default();
    let mut compiler =
        Compiler { dialect, layout, layouts, out, either: false, joined: false, refused: None };
    let exact = compiler.condition(filter);
    match compiler.refused {
        Some(error) => Err(error),
        None => Ok(Condition { statement: compiler.out, exact }),
    }
}

/// Appends a statement without arguments of its own before it.
pub(crate) fn append(statement: &mut Statement, rest: Statement) {
    statement.push(&rest.text);
    statement.args.extend(rest.args);
    statement.rare |= rest.rare;
}

/// The sort keys, where columns sort as objects do; `None` when only the matcher knows the order.
fn keys(dialect: &dyn Dialect, layout: &Layout, order: &[Order]) -> Option<String> {
    let mut keys = String::new();
    for key in order {
        match key.by {
            By::Value => {}
            By::Distance(_) | By::Score => return None,
        }
        let column = match layout.column(key.path.root()) {
            Some(column) if !key.path.is_dotted() && column.sorts() => column,
            Some(_) => return None,
            // No row has the field: all are equal.
            None => continue,
        };
        if !keys.is_empty() {
            keys.push_str(", ");
        }
        keys.push_str(&dialect.key(column, key.descending));
    }
    Some(keys)
}

/// Writes the change of some columns of the object with an id.
pub(crate) fn update(dialect: &dyn Dialect, layout: &Layout, set: Vec<(&str, Arg)>, id: &str) -> Statement {
    let mut statement = Statement::new("UPDATE ");
    statement.push(&layout.quoted_table()).push(" SET ");
    for (at, (column, arg)) in set.into_iter().enumerate() {
        statement.push(if at > 0 { ", " } else { "" }).push(column).push(" = ").bind(dialect, arg);
    }
    statement.push(" WHERE \"objectId\" = ").bind(dialect, id);
    statement
}
