//! Tests on columns that hold one plain value.

use model::{FieldType, Test, Value};
use storage::prefix;

use super::{Bound, Compiler, Place, pattern};
use crate::{arg::Arg, dialect::List};

/// The most arguments of a statement that lists may use one by one; what is longer is left to the matcher.
const MOST: usize = 20_000;

impl Compiler<'_> {
    pub(super) fn scalar(&mut self, place: &Place<'_>, test: &Test, bound: Bound) -> bool {
        match test {
            Test::Eq(Value::Null) => self.missing(place),
            Test::Eq(value) => match self.dialect.operand(&place.column.kind, value) {
                Some(arg) => self.compare(place, " = ", arg),
                None => self.constant(false),
            },
            Test::Lt(value) => self.range(place, test, " < ", value, bound),
            Test::Lte(value) => self.range(place, test, " <= ", value, bound),
            Test::Gt(value) => self.range(place, test, " > ", value, bound),
            Test::Gte(value) => self.range(place, test, " >= ", value, bound),
            Test::Regex(pattern) if place.column.kind == FieldType::String => match pattern::literal(pattern)
            {
                Some(pattern::Literal::Prefix(prefix)) => self.prefixed(place, &prefix),
                Some(pattern::Literal::Inside(text)) => self.inside(place, &text),
                Some(pattern::Literal::Suffix(text)) if bound == Bound::Upper => {
                    self.inside(place, &text);
                    false
                }
                Some(pattern::Literal::Begins(prefix)) if bound == Bound::Upper => {
                    self.prefixed(place, &prefix);
                    false
                }
                Some(pattern::Literal::Suffix(_) | pattern::Literal::Begins(_)) | None => {
                    self.inexact(place, test, bound)
                }
            },
            Test::Ne(_)
            | Test::In(_)
            | Test::Nin(_)
            | Test::Exists(_)
            | Test::All(_)
            | Test::AllRegex(_)
            | Test::ContainedBy(_)
            | Test::Regex(_)
            | Test::Near { .. }
            | Test::Within(_)
            | Test::Covers(_)
            | Test::Text(_)
            | Test::InQuery { .. }
            | Test::Select { .. } => self.inexact(place, test, bound),
        }
    }

    fn compare(&mut self, place: &Place<'_>, sign: &str, arg: Arg) -> bool {
        self.out.push(&place.column.quoted).push(sign).bind(self.dialect, arg);
        true
    }

    fn range(&mut self, place: &Place<'_>, test: &Test, sign: &str, value: &Value, bound: Bound) -> bool {
        let ordered = matches!(
            place.column.kind,
            FieldType::String | FieldType::Number | FieldType::Date | FieldType::Boolean
        );
        match self.dialect.operand(&place.column.kind, value) {
            Some(arg) if ordered => {
                let column = self.dialect.ordered(place.column);
                self.out.push(&column).push(sign).bind(self.dialect, arg);
                true
            }
            _ => self.inexact(place, test, bound),
        }
    }

    /// Text that begins with a prefix, as a range that an index serves.
    fn prefixed(&mut self, place: &Place<'_>, text: &str) -> bool {
        let column = self.dialect.ordered(place.column);
        self.out.push("(").push(&column).push(" >= ").bind(self.dialect, text);
        let end = prefix::after(text);
        if let Some(end) = &end {
            self.out.push(" AND ").push(&column).push(" < ").bind(self.dialect, end.as_str());
        }
        self.out.push(")");
        end.is_some()
    }

    fn inside(&mut self, place: &Place<'_>, text: &str) -> bool {
        self.dialect.contains(&mut self.out, &place.column.quoted, text);
        true
    }

    pub(super) fn scalar_one_of(&mut self, place: &Place<'_>, values: &[Value], bound: Bound) -> bool {
        let null = values.iter().any(Value::is_null);
        let args: Vec<Arg> =
            values.iter().filter_map(|value| self.dialect.operand(&place.column.kind, value)).collect();
        let list = match args.as_slice() {
            [] => return if null { self.missing(place) } else { self.constant(false) },
            args => match list(args, MOST.saturating_sub(self.out.args.len())) {
                Some(list) => list,
                None => return self.inexact(place, &Test::In(values.to_vec()), bound),
            },
        };
        self.out.push("(");
        match list {
            List::Few(mut one) if one.len() == 1 => {
                self.out.push(&place.column.quoted).push(" = ").bind(self.dialect, one.remove(0));
            }
            list => self.dialect.one_of(&mut self.out, &place.column.quoted, list),
        }
        if null {
            self.out.push(" OR ");
            self.missing(place);
        }
        self.out.push(")");
        true
    }
}

/// A list in the form that the dialect binds best; `None` when it is of a kind that is bound one by one, and too long.
fn list(args: &[Arg], most: usize) -> Option<List> {
    if let [one] = args {
        return Some(List::Few(vec![one.clone()]));
    }
    let texts = args.iter().map(|arg| match arg {
        Arg::Text(text) if !text.contains('\0') => Some(text.clone()),
        _ => None,
    });
    if let Some(texts) = texts.collect::<Option<Vec<_>>>() {
        return Some(List::Texts(texts));
    }
    let ints = args.iter().map(|arg| match arg {
        Arg::Int(int) => Some(*int),
        // Whole numbers travel best.
        Arg::Real(number) => crate::stored::whole(*number),
        _ => None,
    });
    if let Some(ints) = ints.collect::<Option<Vec<_>>>() {
        return Some(List::Ints(ints));
    }
    (args.len() <= most).then(|| List::Few(args.to_vec()))
}
