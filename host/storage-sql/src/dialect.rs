//! What differs between the databases that the one compiler writes for.

use std::borrow::Cow;

use model::{ClassName, Date, FieldType, Value};
use storage::bounds::Bounds;

use crate::{arg::Arg, layout::Column, statement::Statement};

/// A database's own spelling of what the compiler wants to say.
///
/// Conditions may come out as NULL instead of false: the compiler negates with `IS NOT TRUE`.
pub(crate) trait Dialect: Send + Sync {
    /// Appends the place-holder of the `number`th argument, counted from 1.
    fn placeholder(&self, number: usize, out: &mut String);

    /// The type of the column that holds fields of a type; `None` when such fields have no column.
    fn column_type(&self, kind: &FieldType) -> Option<&'static str>;

    /// Whether rows tell nulls from absences, by the column `_nulls`.
    fn keeps_nulls(&self) -> bool;

    /// Whether a field of a class is only spoken of: nothing is ever stored in it, so that it has no column.
    fn is_implied(&self, class: &ClassName, field: &str) -> bool;

    /// The longest name of a table or a column in bytes, and whether names that differ in case alone are one.
    fn names(&self) -> Names;

    /// What a moment is stored as.
    fn moment(&self, date: Date) -> Arg;

    /// What the names of an ACL's groups are stored as.
    fn groups(&self, groups: Vec<&str>) -> Arg;

    /// The column as it is compared and sorted by the order of code points.
    fn ordered<'a>(&self, column: &'a Column) -> Cow<'a, str>;

    /// A column as a sort key; a missing value comes lowest.
    fn key(&self, column: &Column, descending: bool) -> String;

    /// What a column of a type stores for a value; `None` when the value is of another type.
    ///
    /// A missing value and a null are both [`Arg::Null`]. Arrays and objects too deep to read back are `None`, too.
    fn stored(&self, kind: &FieldType, value: Option<&Value>) -> Option<Arg>;

    /// What a column of a type is compared with; `None` when no stored value can equal the operand,
    /// or when only the matcher can tell.
    fn operand(&self, kind: &FieldType, value: &Value) -> Option<Arg>;

    /// Appends: the column's text or whole number is one of `items`.
    fn one_of(&self, out: &mut Statement, column: &str, items: List);

    /// Whether an index on a list is a table of its elements.
    fn lists_elements(&self) -> bool {
        false
    }

    /// Appends: the column holds an array, one element of which is `item`; false if it can't be said exactly.
    fn holds(&self, out: &mut Statement, column: &Column, item: &Value) -> bool;

    /// Appends: the column holds an array, one element of which is one of `texts`.
    fn holds_text(&self, out: &mut Statement, column: &Column, texts: Vec<String>);

    /// Appends: the column holds an array, one element of which is one of many `items`; false if it can't be said exactly.
    fn holds_many(&self, out: &mut Statement, column: &Column, items: &[Value]) -> bool {
        let _ = (out, column, items);
        false
    }

    /// Appends: the column's place is inside one of some boxes.
    fn inside(&self, out: &mut Statement, column: &str, bounds: &[Bounds]);

    /// What stands before and after a query for ids that `objectId` is one of, alone or beside alternatives, so that the
    /// index on the ids serves.
    fn among(&self, either: bool) -> (&'static str, &'static str) {
        let _ = either;
        (" IN (", ")")
    }

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

/// What names a database takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    /// The most bytes.
    pub(crate) longest: usize,
    /// Whether case is ignored.
    pub(crate) folds: bool,
    /// How the names of the database's own tables begin.
    pub(crate) reserved: &'static str,
    /// Other names that no table can have.
    pub(crate) tables: &'static [&'static str],
    /// Names that no column can have, because every table has such columns unasked.
    pub(crate) columns: &'static [&'static str],
}

impl Names {
    /// A name as the database tells it from others.
    pub(crate) fn seen(&self, name: &str) -> String {
        if self.folds { name.to_ascii_lowercase() } else { name.to_owned() }
    }

    /// A name cut to what the database takes.
    pub(crate) fn cut(&self, name: &str) -> String {
        let end = (0..=self.longest.min(name.len())).rev().find(|end| name.is_char_boundary(*end));
        name.get(..end.unwrap_or_default()).unwrap_or_default().to_owned()
    }
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
