//! A statement while it is written: text with place-holders, beside what is bound to them.

use model::ObjectId;

use crate::{
    arg::Arg,
    dialect::{Dialect, List},
};

/// Text and arguments of one statement.
///
/// The text is made of our own words, quoted identifiers and place-holders only, so equal shapes give
/// equal texts, which the connection keeps prepared.
#[derive(Debug, Clone, Default)]
pub(crate) struct Statement {
    /// What the database parses.
    pub(crate) text: String,
    /// What is bound, in the order of the place-holders.
    pub(crate) args: Vec<Arg>,
    /// Whether the shape hardly ever comes again, so that keeping it prepared would only push others out.
    pub(crate) rare: bool,
}

impl Statement {
    /// Starts a statement.
    pub(crate) fn new(text: &str) -> Statement {
        let mut this = Statement { text: String::with_capacity(text.len() + 128), ..Statement::default() };
        this.text.push_str(text);
        this
    }

    /// Appends words of ours.
    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Appends a place-holder and what is bound to it.
    pub(crate) fn bind(&mut self, dialect: &dyn Dialect, arg: impl Into<Arg>) -> &mut Self {
        self.args.push(arg.into());
        dialect.placeholder(self.args.len(), &mut self.text);
        self
    }

    /// Appends: the column is one of some ids.
    pub(crate) fn within<'a>(
        &mut self,
        dialect: &dyn Dialect,
        column: &str,
        ids: impl IntoIterator<Item = &'a ObjectId>,
    ) {
        let ids = ids.into_iter().map(|id| id.as_str().to_owned()).collect();
        dialect.one_of(self, column, List::Texts(ids));
    }
}

/// Quotes an identifier as standard SQL has it.
pub(crate) fn quoted(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    out.push('"');
    for c in name.chars() {
        if c == '"' {
            out.push('"');
        }
        out.push(c);
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_cannot_be_left() {
        assert_eq!(quoted("a"), "\"a\"");
        assert_eq!(quoted("a\"; DROP TABLE b; --"), "\"a\"\"; DROP TABLE b; --\"");
    }
}
