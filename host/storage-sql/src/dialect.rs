//! What differs between the databases that the one compiler writes for.

use model::{FieldType, Value};

use crate::{arg::Arg, statement::Statement};

/// A database's own spelling of what the compiler wants to say.
///
/// Conditions may come out as NULL instead of false: the compiler negates with `IS NOT TRUE`.
pub(crate) trait Dialect: Send + Sync {
    /// Appends the place-holder of the `number`th argument, counted from 1.
    fn placeholder(&self, number: usize, out: &mut String);

    /// The type of the column that holds fields of a type; `None` when such fields have no column.
    fn column_type(&self, kind: &FieldType) -> Option<&'static str>;

    /// What a column of a type stores for a value; `None` when the value is of another type.
    ///
    /// A missing value and a null are both [`Arg::Null`]. Arrays and objects too deep to read back are `None`, too.
    fn stored(&self, kind: &FieldType, value: Option<&Value>) -> Option<Arg>;

    /// What a column of a type is compared with; `None` when no stored value can equal the operand,
    /// or when only the matcher can tell.
    fn operand(&self, kind: &FieldType, value: &Value) -> Option<Arg>;

    /// Appends: the column's text or whole number is one of `items`.
    fn one_of(&self, out: &mut Statement, column: &str, items: List);

    /// Appends: the column holds an array, one element of which is `item`; false if it can't be said exactly.
    fn holds(&self, out: &mut Statement, column: &str, item: &Value) -> bool;

    /// Appends: the column holds an array, one element of which is one of `texts`.
    fn holds_text(&self, out: &mut Statement, column: &str, texts: Vec<String>);

    /// Appends: the column's text contains `text`.
    fn contains(&self, out: &mut Statement, column: &str, text: &str);

    /// Appends a necessary condition for: the JSON column holds `value` at `path`, or fans out over an array on the way.
    /// Answers false, having written nothing, when there is none.
    fn below(&self, out: &mut Statement, column: &str, path: &[&str], value: &Value) -> bool;

    /// Appends: the column of groups is NULL or names one of `groups`.
    fn admits(&self, out: &mut Statement, column: &str, groups: &[String]);

    /// Appends the row window.
    fn window(&self, out: &mut Statement, skip: u64, limit: Option<u64>);
}

/// A list to compare a column with.
#[derive(Debug)]
pub(crate) enum List {
    /// Texts, without NUL characters.
    Texts(Vec<String>),
    /// Whole numbers.
    Ints(Vec<i64>),
    /// Anything, few.
    Few(Vec<Arg>),
}
