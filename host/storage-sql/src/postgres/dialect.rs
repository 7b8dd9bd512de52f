//! PostgreSQL's spelling, in the layout of parse-server's tables.

use std::borrow::Cow;

use model::{ClassName, Date, FieldType, Value};
use storage::bounds::Bounds;

use crate::{
    arg::Arg,
    dialect::{Dialect, List, Names},
    layout::Column,
    statement::Statement,
    stored,
};

/// PostgreSQL: a type for each kind of value, `jsonb` for what has parts, lists as array arguments.
///
/// A null isn't stored: the layout has no place for it, so that it reads back as an absence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pg;

/// The longest name in bytes; the server cuts what is longer.
const LONGEST: usize = 63;

/// The columns that every table has of the server's own.
const SYSTEM: [&str; 6] = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

impl Dialect for Pg {
    fn placeholder(&self, number: usize, out: &mut String) {
        out.push('$');
        out.push_str(&number.to_string());
    }

    fn column_type(&self, kind: &FieldType) -> Option<&'static str> {
        Some(match kind {
            FieldType::String | FieldType::Pointer(_) | FieldType::File => "text",
            FieldType::Number => "double precision",
            FieldType::Boolean => "boolean",
            FieldType::Date => "timestamp with time zone",
            FieldType::Object | FieldType::Array | FieldType::Bytes => "jsonb",
            FieldType::GeoPoint => "point",
            FieldType::Polygon => "polygon",
            FieldType::Relation(_) | FieldType::Acl => return None,
        })
    }

    fn keeps_nulls(&self) -> bool {
        false
    }

    fn is_implied(&self, class: &ClassName, field: &str) -> bool {
        // What is stored is its hash.
        *class == *"_User" && field == "password"
    }

    fn names(&self) -> Names {
        Names { longest: LONGEST, folds: false, reserved: "pg_", tables: &[], columns: &SYSTEM }
    }

    fn moment(&self, date: Date) -> Arg {
        Arg::Moment(date.ms())
    }

    fn groups(&self, groups: Vec<&str>) -> Arg {
        Arg::Texts(groups.into_iter().map(ToOwned::to_owned).collect())
    }

    fn ordered<'a>(&self, column: &'a Column) -> Cow<'a, str> {
        if column.foreign {
            Cow::Owned(format!("{} COLLATE \"C\"", column.quoted))
        } else {
            Cow::Borrowed(&column.quoted)
        }
    }

    fn key(&self, column: &Column, descending: bool) -> String {
        let mut key = self.ordered(column).into_owned();
        // These are never missing, and an index on them has no word about it.
        let present = matches!(column.field.as_str(), "objectId" | "createdAt" | "updatedAt");
        key.push_str(match (descending, present) {
            (false, true) => "",
            (true, true) => " DESC",
            (false, false) => " NULLS FIRST",
            (true, false) => " DESC NULLS LAST",
        });
        key
    }

    fn stored(&self, kind: &FieldType, value: Option<&Value>) -> Option<Arg> {
        let value = match value {
            None | Some(Value::Null) => return Some(Arg::Null),
            Some(value) => value,
        };
        match (kind, value) {
            (FieldType::Array, Value::Array(_)) | (FieldType::Object, Value::Object(_)) => json(value),
            (FieldType::GeoPoint, Value::GeoPoint { latitude, longitude }) => {
                Some(Arg::Point(*longitude, *latitude))
            }
            (FieldType::Polygon, Value::Polygon(ring)) => {
                Some(Arg::Ring(ring.iter().map(|(latitude, longitude)| (*longitude, *latitude)).collect()))
            }
            (FieldType::File, Value::File { name, .. }) => text(name),
            // JSON has no word for it.
            (FieldType::Number, Value::Number(number)) if number.is_nan() => None,
            _ => self.operand(kind, value),
        }
    }

    fn operand(&self, kind: &FieldType, value: &Value) -> Option<Arg> {
        match (kind, value) {
            (FieldType::String, Value::String(string)) => text(string),
            (FieldType::Number, Value::Number(number)) => Some(Arg::Real(*number)),
            (FieldType::Boolean, Value::Boolean(flag)) => Some(Arg::Bool(*flag)),
            (FieldType::Date, Value::Date(date)) => Some(Arg::Moment(date.ms())),
            (FieldType::Bytes, Value::Bytes(_)) => json(value),
            (FieldType::Pointer(class), value) => {
                let pointer = value.as_pointer()?;
                (pointer.class == *class).then(|| text(pointer.id.as_str())).flatten()
            }
            _ => None,
        }
    }

    fn one_of(&self, out: &mut Statement, column: &str, items: List) {
        let list = match items {
            List::Texts(texts) => Arg::Texts(texts),
            // Whole numbers below 2^53, see `stored::whole`.
            List::Ints(ints) => Arg::Reals(ints.into_iter().map(|int| int as f64).collect()),
            List::Few(few) => {
                out.rare = true;
                out.push(column).push(" IN (");
                for (at, item) in few.into_iter().enumerate() {
                    out.push(if at > 0 { ", " } else { "" }).bind(self, item);
                }
                out.push(")");
                return;
            }
        };
        out.push(column).push(" = ANY(").bind(self, list).push(")");
    }

    fn holds(&self, out: &mut Statement, column: &Column, item: &Value) -> bool {
        if !is_said_exactly(item) {
            return false;
        }
        match json(&Value::Array(vec![item.clone()])) {
            Some(list) => out.push(&column.quoted).push(" @> ").bind(self, list),
            // Nothing that is stored has a NUL character.
            None => out.push("1 = 0"),
        };
        true
    }

    fn holds_text(&self, out: &mut Statement, column: &Column, texts: Vec<String>) {
        out.push(&column.quoted).push(" ?| ").bind(self, Arg::Texts(texts));
    }

    fn holds_many(&self, out: &mut Statement, column: &Column, items: &[Value]) -> bool {
        if !items.iter().all(is_said_exactly) {
            return false;
        }
        // What holds a NUL character is in no list.
        let items = items.iter().filter(|item| !stored::has_nul(item)).cloned().collect();
        let Some(list) = json(&Value::Array(items)) else { return false };
        // Qualified: a name alone might be that of a column outside.
        out.push(&column.quoted).push(" @> ANY(ARRAY(SELECT jsonb_build_array(e.item) FROM ");
        out.push("jsonb_array_elements(").bind(self, list).push(") AS e(item)))");
        true
    }

    fn inside(&self, out: &mut Statement, column: &str, bounds: &[Bounds]) {
        out.push("(");
        for (number, at) in bounds.iter().enumerate() {
            out.push(if number > 0 { " OR " } else { "" }).push(column).push(" <@ box(point(");
            out.bind(self, Arg::Real(at.west)).push(", ").bind(self, Arg::Real(at.south)).push("), point(");
            out.bind(self, Arg::Real(at.east)).push(", ").bind(self, Arg::Real(at.north)).push("))");
        }
        out.push(")");
    }

    fn among(&self, either: bool) -> (&'static str, &'static str) {
        // A join, which is best for long lists, can't be one of several alternatives.
        if either { (" = ANY(ARRAY(", ")::text[])") } else { (" IN (", ")") }
    }

    fn contains(&self, out: &mut Statement, column: &str, text: &str) {
        out.push("strpos(").push(column).push(", ").bind(self, text).push(") > 0");
    }

    fn below(&self, out: &mut Statement, column: &str, path: &[&str], value: &Value) -> bool {
        let exact = match value {
            Value::String(_) | Value::Boolean(_) => true,
            Value::Number(number) => stored::whole(*number).is_some(),
            _ => false,
        };
        let Some(arg) = json(value).filter(|_| exact) else { return false };
        if path.iter().any(|part| part.contains('\0')) {
            return false;
        }
        out.push("(");
        for depth in 1..=path.len() {
            let part = path.get(..depth).unwrap_or(path).iter().map(|part| (*part).to_owned()).collect();
            let place = Arg::Texts(part);
            if depth < path.len() {
                out.push("jsonb_typeof(").push(column).push(" #> ").bind(self, place).push(") = 'array' OR ");
            } else {
                // The value itself may be an array that holds it.
                out.push("jsonb_typeof(").push(column).push(" #> ").bind(self, place.clone());
                out.push(") = 'array' OR ").push(column).push(" #> ").bind(self, place).push(" = ");
            }
        }
        out.bind(self, arg).push(")");
        true
    }

    fn admits(&self, out: &mut Statement, column: &str, groups: &[String]) {
        // A name with a NUL character can't be stored, so it is in no list.
        let groups = groups.iter().filter(|group| !group.contains('\0')).cloned().collect();
        out.push("(").push(column).push(" IS NULL OR ").push(column).push(" && ");
        out.bind(self, Arg::Texts(groups)).push(")");
    }

    fn window(&self, out: &mut Statement, skip: u64, limit: Option<u64>) {
        let whole = |number: u64| Arg::Int(i64::try_from(number).unwrap_or(i64::MAX));
        if let Some(limit) = limit {
            out.push(" LIMIT ").bind(self, whole(limit));
        }
        if skip > 0 {
            out.push(" OFFSET ").bind(self, whole(skip));
        }
    }
}

/// Whether a list that contains the value in PostgreSQL's sense holds it in Parse's.
fn is_said_exactly(item: &Value) -> bool {
    match item {
        Value::String(_) | Value::Boolean(_) | Value::Pointer(_) => true,
        Value::Number(number) => stored::whole(*number).is_some(),
        // Others may have written a date in another form, and an object contains what it is more than.
        Value::Date(_)
        | Value::Null
        | Value::Bytes(_)
        | Value::GeoPoint { .. }
        | Value::Polygon(_)
        | Value::File { .. }
        | Value::Relation(_)
        | Value::Array(_)
        | Value::Object(_)
        | Value::Record(_) => false,
    }
}

/// A text, unless it has a NUL character: no text of the database can.
fn text(text: &str) -> Option<Arg> {
    (!text.contains('\0')).then(|| Arg::Text(text.to_owned()))
}

fn json(value: &Value) -> Option<Arg> {
    if stored::has_nul(value) { None } else { stored::text(value).map(Arg::Json) }
}
