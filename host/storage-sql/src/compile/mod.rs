//! Filters as SQL conditions: the one compiler.
//!
//! Where SQL can't say exactly what a test means, it says a bound instead: the *upper* bound passes every row that
//! the test passes (and perhaps more), the *lower* bound only rows that it passes. A negation swaps the two. A find
//! asks for the upper bound of its whole filter; when that isn't exact, the rows are checked again by the matcher.

mod array;
mod pattern;
mod scalar;
mod select;

use model::{ClassName, FieldType, Filter, ObjectId, Path, Test, Value, query::filter::Access};

pub(crate) use select::{Find, append, condition, find, update};

use storage::{Error, recheck};

use crate::{
    dialect::Dialect,
    layout::{Column, Layout, Layouts},
    statement::{Statement, quoted},
};

const TRUE: &str = "1 = 1";
const FALSE: &str = "1 = 0";

/// Deeper filters are left to the matcher: databases limit the depth of expressions.
const DEEPEST: usize = 40;

/// Which side of an inexact condition is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Upper,
    Lower,
}

impl Bound {
    fn flip(self) -> Bound {
        match self {
            Bound::Upper => Bound::Lower,
            Bound::Lower => Bound::Upper,
        }
    }
}

/// A place that a test looks at.
struct Place<'a> {
    column: &'a Column,
    path: &'a Path,
}

/// Writes conditions on the rows of one class into a statement.
struct Compiler<'a> {
    dialect: &'a dyn Dialect,
    layout: &'a Layout,
    layouts: &'a Layouts,
    out: Statement,
    /// The first test that nobody can answer.
    refused: Option<Error>,
}

impl Compiler<'_> {
    /// Appends ` WHERE` with what the filter asks for, if anything, and says whether it is exact.
    /// Otherwise more rows may pass than should.
    fn condition(&mut self, filter: &Filter) -> bool {
        if matches!(filter, Filter::And(parts) if parts.is_empty()) {
            return true;
        }
        self.out.push(" WHERE ");
        self.filter(filter, Bound::Upper, 0)
    }

    fn filter(&mut self, filter: &Filter, bound: Bound, depth: usize) -> bool {
        if depth > DEEPEST {
            return self.anything(bound);
        }
        match filter {
            Filter::And(parts) => self.join(parts, " AND ", TRUE, bound, depth + 1),
            Filter::Or(parts) => self.join(parts, " OR ", FALSE, bound, depth + 1),
            Filter::Nor(parts) => {
                self.out.push("(");
                let exact = self.join(parts, " OR ", FALSE, bound.flip(), depth + 1);
                self.out.push(") IS NOT TRUE");
                exact
            }
            Filter::Test(path, test) => self.test(path, test, bound),
            Filter::Acl(access, groups) => {
                let column = match access {
                    Access::Read => "\"_rperm\"",
                    Access::Write => "\"_wperm\"",
                };
                self.dialect.admits(&mut self.out, column, groups);
                true
            }
            Filter::RelatedTo { owner_class, owner, key } => self.related(owner_class, owner, key),
        }
    }

    /// Joins conditions; halves them so that a long list doesn't become a deep expression.
    fn join(&mut self, parts: &[Filter], word: &str, empty: &str, bound: Bound, depth: usize) -> bool {
        match parts {
            [] => {
                self.out.push(empty);
                true
            }
            [one] => self.filter(one, bound, depth),
            many => {
                let (left, right) = many.split_at(many.len() / 2);
                self.out.push("(");
                let left = self.join(left, word, empty, bound, depth);
                self.out.push(word);
                let right = self.join(right, word, empty, bound, depth);
                self.out.push(")");
                left && right
            }
        }
    }

    fn related(&mut self, class: &ClassName, owner: &ObjectId, key: &Path) -> bool {
        match self.layouts.get(class).and_then(|layout| layout.joins.get(key.as_str())) {
            Some(join) => {
                let join = quoted(join);
                self.out.push("\"objectId\" IN (SELECT \"relatedId\" FROM ").push(&join);
                self.out.push(" WHERE \"owningId\" = ").bind(self.dialect, owner.as_str()).push(")");
            }
            None => {
                self.out.push(FALSE);
            }
        }
        true
    }

    fn test(&mut self, path: &Path, test: &Test, bound: Bound) -> bool {
        if let Test::Exists(wanted) = test
            && !path.is_dotted()
        {
            return self.exists(path, *wanted);
        }
        let Some(column) = self.layout.column(path.root()) else {
            // No row has the field, so every row answers alike.
            let passes = recheck::absent_passes(path, test).unwrap_or_else(|error| {
                self.refused = Some(error);
                false
            });
            return self.constant(passes);
        };
        let place = Place { column, path };
        match test {
            Test::Ne(value) => {
                self.negated(bound, |this, bound| this.positive(&place, &Test::Eq(value.clone()), bound))
            }
            Test::Nin(values) => self.negated(bound, |this, bound| this.one_of(&place, values, bound)),
            Test::In(values) => self.one_of(&place, values, bound),
            positive => self.positive(&place, positive, bound),
        }
    }

    fn negated(&mut self, bound: Bound, write: impl FnOnce(&mut Self, Bound) -> bool) -> bool {
        self.out.push("(");
        let exact = write(self, bound.flip());
        self.out.push(") IS NOT TRUE");
        exact
    }

    fn positive(&mut self, place: &Place<'_>, test: &Test, bound: Bound) -> bool {
        if place.path.is_dotted() {
            return self.below(place, test, bound);
        }
        match &place.column.kind {
            FieldType::Array => self.array(place, test, bound),
            FieldType::String
            | FieldType::Number
            | FieldType::Boolean
            | FieldType::Date
            | FieldType::Bytes
            | FieldType::Pointer(_) => self.scalar(place, test, bound),
            FieldType::Object
            | FieldType::GeoPoint
            | FieldType::Polygon
            | FieldType::File
            | FieldType::Relation(_)
            | FieldType::Acl => match test {
                Test::Eq(Value::Null) => self.missing(place),
                other => self.inexact(place, other, bound),
            },
        }
    }

    fn one_of(&mut self, place: &Place<'_>, values: &[Value], bound: Bound) -> bool {
        if values.is_empty() {
            return self.constant(false);
        }
        if place.path.is_dotted() {
            return self.inexact(place, &Test::In(values.to_vec()), bound);
        }
        match &place.column.kind {
            FieldType::Array => self.array_one_of(place, values, bound),
            FieldType::String
            | FieldType::Number
            | FieldType::Boolean
            | FieldType::Date
            | FieldType::Bytes
            | FieldType::Pointer(_) => self.scalar_one_of(place, values, bound),
            FieldType::Object
            | FieldType::GeoPoint
            | FieldType::Polygon
            | FieldType::File
            | FieldType::Relation(_)
            | FieldType::Acl => self.inexact(place, &Test::In(values.to_vec()), bound),
        }
    }

    /// A null counts as present; which fields hold one stands in a column of its own.
    fn exists(&mut self, path: &Path, wanted: bool) -> bool {
        self.out.push("(");
        if let Some(column) = self.layout.column(path.root()) {
            self.out.push(&column.quoted).push(" IS NOT NULL OR ");
        }
        if self.dialect.keeps_nulls() {
            let name = format!("\"{path}\"");
            self.out.push("(\"_nulls\" IS NOT NULL AND ");
            self.dialect.contains(&mut self.out, "\"_nulls\"", &name);
            self.out.push(")");
        } else {
            self.out.push(FALSE);
        }
        self.out.push(if wanted { ")" } else { ") IS NOT TRUE" });
        true
    }

    /// A place inside a value: only the matcher knows how paths fan out over arrays.
    fn below(&mut self, place: &Place<'_>, test: &Test, bound: Bound) -> bool {
        if bound == Bound::Upper
            && place.column.kind == FieldType::Object
            && let Test::Eq(value) = test
        {
            let parts: Vec<&str> = place.path.rest().collect();
            if self.dialect.below(&mut self.out, &place.column.quoted, &parts, value) {
                return false;
            }
        }
        self.inexact(place, test, bound)
    }

    fn missing(&mut self, place: &Place<'_>) -> bool {
        self.out.push(&place.column.quoted).push(" IS NULL");
        true
    }

    fn constant(&mut self, passes: bool) -> bool {
        self.out.push(if passes { TRUE } else { FALSE });
        true
    }

    /// What only the matcher can tell: a row without the value is passed over if the test fails there anyway.
    fn inexact(&mut self, place: &Place<'_>, test: &Test, bound: Bound) -> bool {
        if bound == Bound::Upper && !recheck::absent_may_pass(test) {
            self.out.push(&place.column.quoted).push(" IS NOT NULL");
            return false;
        }
        self.anything(bound)
    }

    fn anything(&mut self, bound: Bound) -> bool {
        self.out.push(match bound {
            Bound::Upper => TRUE,
            Bound::Lower => FALSE,
        });
        false
    }
}

#[cfg(test)]
mod tests;
