//! The rows that a find wants.

use std::sync::Arc;

use model::{FieldName, Filter, Limit, Order, Schema, query::Advice};

/// The rows that a find wants from storage: every sub-query is already resolved, every include left to the caller.
#[derive(Clone, Debug)]
pub struct Select {
    /// The class, as the caller knows it now.
    pub schema: Arc<Schema>,
    /// Which rows; contains the row filter of the permit.
    pub filter: Filter,
    /// Sort keys, strongest first; a tie is broken by nothing, and no filter sorts by itself.
    pub order: Vec<Order>,
    /// Rows to pass over.
    pub skip: u64,
    /// Rows to answer.
    pub limit: Limit,
    /// Root fields to load; `None` loads all. Ids, dates and ACL are always loaded.
    pub fields: Option<Vec<FieldName>>,
    /// Whether each object carries how well it answers the filter's `$text`, as the number `score`.
    pub score: bool,
    /// What the database is told besides.
    pub advice: Advice,
}

impl Select {
    /// Wants everything of what a filter passes, in no order.
    pub fn new(schema: Arc<Schema>, filter: Filter) -> Select {
        Select {
            schema,
            filter,
            order: Vec::new(),
            skip: 0,
            limit: Limit::All,
            fields: None,
            score: false,
            advice: Advice::default(),
        }
    }

    /// The same, lent.
    pub fn wish(&self) -> Wish<'_> {
        Wish {
            filter: &self.filter,
            order: &self.order,
            skip: self.skip,
            limit: self.limit,
            fields: self.fields.as_deref(),
            score: self.score,
            advice: Some(&self.advice),
        }
    }
}

/// A [`Select`] in parts that a backend exchanges: which of the rows of a class it already knows are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// Which rows.
    pub filter: &'a Filter,
    /// Sort keys.
    pub order: &'a [Order],
    /// Rows to pass over.
    pub skip: u64,
    /// Rows to answer.
    pub limit: Limit,
    /// Root fields to load; `None` loads all.
    pub fields: Option<&'a [FieldName]>,
    /// Whether objects carry their score.
    pub score: bool,
    /// What the database is told besides.
    pub advice: Option<&'a Advice>,
}

impl<'a> Wish<'a> {
    /// Wishes for everything of what a filter passes.
    pub fn all(filter: &'a Filter) -> Wish<'a> {
        Wish { filter, order: &[], skip: 0, limit: Limit::All, fields: None, score: false, advice: None }
    }
}
