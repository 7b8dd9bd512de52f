//! Tests on columns that hold an array.

use model::{Test, Value};

use super::{Bound, Compiler, Place};

/// The longest list that is spelled out; longer ones are left to the matcher.
const FEW: usize = 32;

impl Compiler<'_> {
    pub(super) fn array(&mut self, place: &Place<'_>, test: &Test, bound: Bound) -> bool {
        match test {
            // The column may be NULL, or the array may hold a null.
            Test::Eq(Value::Null) => self.inexact(place, test, bound),
            Test::Eq(value) => self.holds(place, value) || self.inexact(place, test, bound),
            Test::All(values) if bound == Bound::Upper && !values.is_empty() && values.len() <= FEW => {
                self.all(place, values)
            }
            Test::Ne(_)
            | Test::Lt(_)
            | Test::Lte(_)
            | Test::Gt(_)
            | Test::Gte(_)
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

    /// Appends the exact condition that an element equals the value; answers false, having written nothing, if it can't.
    fn holds(&mut self, place: &Place<'_>, value: &Value) -> bool {
        self.dialect.holds(&mut self.out, place.column, value)
    }

    fn all(&mut self, place: &Place<'_>, values: &[Value]) -> bool {
        let mut exact = true;
        self.out.push("(");
        for (at, value) in values.iter().enumerate() {
            self.out.push(if at > 0 { " AND " } else { "" });
            exact &= self.holds(place, value) || self.inexact(place, &Test::Eq(value.clone()), Bound::Upper);
        }
        self.out.push(")");
        exact
    }

    pub(super) fn array_one_of(&mut self, place: &Place<'_>, values: &[Value], bound: Bound) -> bool {
        let texts = values.iter().map(|value| match value {
            Value::String(text) if !text.contains('\0') => Some(text.clone()),
            _ => None,
        });
        if let Some(texts) = texts.collect::<Option<Vec<_>>>() {
            self.dialect.holds_text(&mut self.out, place.column, texts);
            return true;
        }
        if values.len() > FEW {
            if self.dialect.holds_many(&mut self.out, place.column, values) {
                return true;
            }
            return self.inexact(place, &Test::In(values.to_vec()), bound);
        }
        let before = self.out.clone();
        self.out.push("(");
        for (at, value) in values.iter().enumerate() {
            self.out.push(if at > 0 { " OR " } else { "" });
            if !self.holds(place, value) {
                self.out = before;
                return self.inexact(place, &Test::In(values.to_vec()), bound);
            }
        }
        self.out.push(")");
        true
    }
}
