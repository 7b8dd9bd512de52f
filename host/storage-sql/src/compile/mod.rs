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

use storage::{
    Error, bounds,
    recheck::{self, Bound},
};

use crate::{
    dialect::Dialect,
    layout::{Column, Layout, Layouts},
    statement::{Statement, quoted},
};

const WHERE: &str = " WHERE ";
const TRUE: &str = "1 = 1";
const FALSE: &str = "1 = 0";

/// How conditions are joined.
struct Junction {
    word: &'static str,
    /// What adds nothing.
    neutral: &'static str,
    /// What decides by itself.
    decisive: &'static str,
}

const AND: Junction = Junction { word: " AND ", neutral: TRUE, decisive: FALSE };
const OR: Junction = Junction { word: " OR ", neutral: FALSE, decisive: TRUE };

/// Deeper filters are left to the matcher: databases limit the depth of expressions.
const DEEPEST: usize = 40;

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
    /// Whether the condition that is being written stands beside alternatives.
    either: bool,
    /// Whether a relation's members are joined already: the time to plan joins grows faster than their number.
    joined: bool,
    /// The first test that nobody can answer.
    refused: Option<Error>,
}

/// A place in what is written, to go back to.
#[derive(Clone, Copy)]
struct Mark {
    text: usize,
    args: usize,
    rare: bool,
}

impl Compiler<'_> {
    /// Appends ` WHERE` with what the filter asks for, if anything, and says whether it is exact.
    /// Otherwise more rows may pass than should.
    fn condition(&mut self, filter: &Filter) -> bool {
        let start = self.mark();
        self.out.push(WHERE);
        let condition = self.mark();
        let exact = self.filter(filter, Bound::Upper, 0);
        if self.since(condition) == TRUE {
            self.back(start);
        }
        exact
    }

    fn mark(&self) -> Mark {
        Mark { text: self.out.text.len(), args: self.out.args.len(), rare: self.out.rare }
    }

    /// What was written since then.
    fn since(&self, mark: Mark) -> &str {
        self.out.text.get(mark.text..).unwrap_or_default()
    }

    /// Takes back what was written since then.
    fn back(&mut self, mark: Mark) {
        self.out.text.truncate(mark.text);
        self.out.args.truncate(mark.args);
        self.out.rare = mark.rare;
    }

    fn filter(&mut self, filter: &Filter, bound: Bound, depth: usize) -> bool {
        if depth > DEEPEST {
            return self.anything(bound);
        }
        match filter {
            Filter::And(parts) => self.join(parts, &AND, bound, depth + 1),
            Filter::Or(parts) => self.or(parts, bound, depth + 1),
            Filter::Nor(parts) => self.negated(bound, |this, bound| this.or(parts, bound, depth + 1)),
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

    fn or(&mut self, parts: &[Filter], bound: Bound, depth: usize) -> bool {
        let either = self.either;
        self.either |= parts.len() > 1;
        let exact = self.join(parts, &OR, bound, depth);
        self.either = either;
        exact
    }

    /// Joins conditions; halves them so that a long list doesn't become a deep expression. What goes without saying
    /// isn't said: databases take `… OR 1 = 0` for something to look at in every row.
    fn join(&mut self, parts: &[Filter], by: &Junction, bound: Bound, depth: usize) -> bool {
        match parts {
            [] => {
                self.out.push(by.neutral);
                true
            }
            [one] => self.filter(one, bound, depth),
            many => {
                let (left, right) = many.split_at(many.len() / 2);
                let start = self.mark();
                self.out.push("(");
                let first = self.mark();
                let left = self.join(left, by, bound, depth);
                if self.since(first) == by.decisive {
                    self.back(start);
                    self.out.push(by.decisive);
                    return left;
                }
                if self.since(first) == by.neutral {
                    self.back(start);
                    return self.join(right, by, bound, depth) && left;
                }
                let between = self.mark();
                self.out.push(by.word);
                let second = self.mark();
                let right = self.join(right, by, bound, depth);
                if self.since(second) == by.decisive {
                    self.back(start);
                    self.out.push(by.decisive);
                    return right;
                }
                if self.since(second) == by.neutral {
                    self.back(between);
                }
                self.out.push(")");
                left && right
            }
        }
    }

    fn related(&mut self, class: &ClassName, owner: &ObjectId, key: &Path) -> bool {
        match self.layouts.get(class).and_then(|layout| layout.joins.get(key.as_str())) {
            Some(join) => {
                let join = quoted(join);
                let (before, after) = self.dialect.among(self.either || self.joined);
                self.joined = true;
                self.out.push("\"objectId\"").push(before).push("SELECT \"relatedId\" FROM ").push(&join);
                self.out.push(" WHERE \"owningId\" = ").bind(self.dialect, owner.as_str()).push(after);
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
        let start = self.mark();
        self.out.push("(");
        let inner = self.mark();
        let exact = write(self, bound.flip());
        let constant = match self.since(inner) {
            TRUE => FALSE,
            FALSE => TRUE,
            _ => {
                self.out.push(") IS NOT TRUE");
                return exact;
            }
        };
        self.back(start);
        self.out.push(constant);
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
                near if bound == Bound::Upper && place.column.kind == FieldType::GeoPoint => {
                    match bounds::of(near) {
                        Some(bounds) => self.dialect.inside(&mut self.out, &place.column.quoted, &bounds),
                        None => return self.inexact(place, near, bound),
                    }
                    false
                }
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
