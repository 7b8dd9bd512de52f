//! SQLite's spelling.

use std::borrow::Cow;

use model::{ClassName, Date, FieldType, Value};
use storage::bounds::Bounds;

use crate::{
    arg::Arg,
    dialect::{Dialect, List, Names},
    layout::Column,
    row,
    statement::{Statement, quoted},
    stored,
};

/// SQLite: typed columns for scalars, JSON text for the rest, dates in milliseconds, lists through `json_each`.
///
/// A list travels as one JSON argument where SQL reads it back exactly, so that its length isn't part of the text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lite;

/// The latitude and the longitude of a place, as an index has them and conditions ask for them: word for word.
pub(super) fn place(column: &str) -> [String; 2] {
    ["latitude", "longitude"].map(|degrees| format!("json_extract({column}, '$.{degrees}')"))
}

/// Begins the condition that a list has an element of a kind whose value is …, to be closed with a parenthesis.
fn element<'a>(out: &'a mut Statement, column: &Column, kind: &str) -> &'a mut Statement {
    // Without another name for the table, so that a plan tells which one it is.
    match &column.elements {
        Some(table) => out.push("\"objectId\" IN (SELECT \"objectId\" FROM ").push(&quoted(table)),
        // The function has columns of its own, `path` and `root` among them.
        None => out.push("EXISTS (SELECT 1 FROM json_each(").push(&column.qualified).push(")"),
    };
    out.push(" WHERE type = '").push(kind).push("' AND value ")
}

/// Up to so many groups each get a condition of their own.
const FEW_GROUPS: usize = 64;

impl Dialect for Lite {
    fn placeholder(&self, _number: usize, out: &mut String) {
        out.push('?');
    }

    fn column_type(&self, kind: &FieldType) -> Option<&'static str> {
        Some(match kind {
            FieldType::String | FieldType::Pointer(_) => "TEXT",
            FieldType::Number => "REAL",
            FieldType::Boolean | FieldType::Date => "INTEGER",
            FieldType::Bytes => "BLOB",
            FieldType::Object
            | FieldType::Array
            | FieldType::GeoPoint
            | FieldType::Polygon
            | FieldType::File => "TEXT",
            FieldType::Relation(_) | FieldType::Acl => return None,
        })
    }

    fn keeps_nulls(&self) -> bool {
        true
    }

    fn is_implied(&self, _class: &ClassName, _field: &str) -> bool {
        false
    }

    fn names(&self) -> Names {
        // A table of this name hides the function.
        Names { longest: usize::MAX, folds: true, reserved: "sqlite_", tables: &["json_each"], columns: &[] }
    }

    fn moment(&self, date: Date) -> Arg {
        Arg::Int(date.ms())
    }

    fn groups(&self, groups: Vec<&str>) -> Arg {
        Arg::Text(row::list(&groups))
    }

    fn ordered<'a>(&self, column: &'a Column) -> Cow<'a, str> {
        Cow::Borrowed(&column.quoted)
    }

    fn key(&self, column: &Column, descending: bool) -> String {
        // NULL is SQLite's smallest value.
        format!("{}{}", column.quoted, if descending { " DESC" } else { "" })
    }

    fn stored(&self, kind: &FieldType, value: Option<&Value>) -> Option<Arg> {
        let value = match value {
            None | Some(Value::Null) => return Some(Arg::Null),
            Some(value) => value,
        };
        match (kind, value) {
            (FieldType::Array, Value::Array(_))
            | (FieldType::Object, Value::Object(_))
            | (FieldType::GeoPoint, Value::GeoPoint { .. })
            | (FieldType::Polygon, Value::Polygon(_))
            | (FieldType::File, Value::File { .. }) => stored::text(value).map(Arg::Text),
            // SQL would make NULL of it.
            (FieldType::Number, Value::Number(number)) if number.is_nan() => None,
            _ => self.operand(kind, value),
        }
    }

    fn operand(&self, kind: &FieldType, value: &Value) -> Option<Arg> {
        match (kind, value) {
            (FieldType::String, Value::String(text)) => Some(Arg::Text(text.clone())),
            (FieldType::Number, Value::Number(number)) => Some(Arg::Real(*number)),
            (FieldType::Boolean, Value::Boolean(flag)) => Some(Arg::Int((*flag).into())),
            (FieldType::Date, Value::Date(date)) => Some(Arg::Int(date.ms())),
            (FieldType::Bytes, Value::Bytes(bytes)) => Some(Arg::Blob(bytes.clone())),
            (FieldType::Pointer(class), value) => {
                let pointer = value.as_pointer()?;
                (pointer.class == *class).then(|| Arg::Text(pointer.id.as_str().to_owned()))
            }
            _ => None,
        }
    }

    fn one_of(&self, out: &mut Statement, column: &str, items: List) {
        let json = match items {
            List::Texts(texts) => serde_json::to_string(&texts).unwrap_or_default(),
            List::Ints(ints) => serde_json::to_string(&ints).unwrap_or_default(),
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
        out.push(column).push(" IN (SELECT value FROM json_each(").bind(self, Arg::Text(json)).push("))");
    }

    fn lists_elements(&self) -> bool {
        true
    }

    fn holds(&self, out: &mut Statement, column: &Column, item: &Value) -> bool {
        let (kind, arg) = match item {
            Value::String(text) if !text.contains('\0') => ("text", Arg::Text(text.clone())),
            Value::Number(number) => match stored::whole(*number) {
                Some(whole) => ("integer", Arg::Int(whole)),
                None => return false,
            },
            Value::Boolean(flag) => (if *flag { "true" } else { "false" }, Arg::Int((*flag).into())),
            // Equal values have equal text, see `stored`.
            Value::Pointer(_) | Value::Date(_) | Value::String(_) => match stored::text(item) {
                Some(text) => ("object", Arg::Text(text)),
                None => return false,
            },
            Value::Null
            | Value::Bytes(_)
            | Value::GeoPoint { .. }
            | Value::Polygon(_)
            | Value::File { .. }
            | Value::Relation(_)
            | Value::Array(_)
            | Value::Object(_)
            | Value::Record(_) => return false,
        };
        element(out, column, kind).push("= ").bind(self, arg).push(")");
        true
    }

    fn holds_text(&self, out: &mut Statement, column: &Column, texts: Vec<String>) {
        self.one_of(element(out, column, "text"), "", List::Texts(texts));
        out.push(")");
    }

    fn holds_many(&self, out: &mut Statement, column: &Column, items: &[Value]) -> bool {
        let whole = |item: &Value| item.as_number().and_then(stored::whole);
        let Some(numbers) = items.iter().map(whole).collect() else { return false };
        self.one_of(element(out, column, "integer"), "", List::Ints(numbers));
        out.push(")");
        true
    }

    fn inside(&self, out: &mut Statement, column: &str, bounds: &[Bounds]) {
        let [latitude, longitude] = place(column);
        out.push("(");
        for (number, at) in bounds.iter().enumerate() {
            out.push(if number > 0 { " OR (" } else { "(" }).push(&latitude).push(" BETWEEN ");
            out.bind(self, Arg::Real(at.south)).push(" AND ").bind(self, Arg::Real(at.north)).push(" AND ");
            out.push(&longitude).push(" BETWEEN ").bind(self, Arg::Real(at.west)).push(" AND ");
            out.bind(self, Arg::Real(at.east)).push(")");
        }
        out.push(")");
    }

    fn contains(&self, out: &mut Statement, column: &str, text: &str) {
        out.push("instr(").push(column).push(", ").bind(self, text).push(") > 0");
    }

    fn below(&self, out: &mut Statement, column: &str, path: &[&str], value: &Value) -> bool {
        let arg = match value {
            Value::String(text) if !text.contains('\0') => Arg::Text(text.clone()),
            Value::Number(number) => match stored::whole(*number) {
                Some(whole) => Arg::Int(whole),
                None => return false,
            },
            _ => return false,
        };
        // Anything else would have to be escaped in SQLite's own path language, or might be an index.
        let plain = |part: &&str| {
            part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                && part.bytes().any(|byte| !byte.is_ascii_digit())
        };
        if !path.iter().all(plain) {
            return false;
        }
        let mut place = String::from("$");
        out.push("(");
        for part in path {
            place.push_str(".\"");
            place.push_str(part);
            place.push('"');
            out.push("json_type(").push(column).push(", ").bind(self, place.as_str()).push(") = 'array' OR ");
        }
        out.push("json_extract(").push(column).push(", ").bind(self, place.as_str()).push(") = ");
        out.bind(self, arg).push(")");
        true
    }

    fn admits(&self, out: &mut Statement, column: &str, groups: &[String]) {
        // Quotes and backslashes of names are stored as code points, see `row::groups`: so a plain name in quotes
        // is found nowhere but where it is an element. Far cheaper than to parse the list of every row.
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '*' | ':' | '_' | '-' | ' ');
        // A caller with very many roles is asked about in one go: a condition a role would make too deep an expression.
        let few = groups.len() <= FEW_GROUPS;
        let (plain, others): (Vec<&String>, Vec<&String>) =
            groups.iter().partition(|group| few && group.chars().all(plain));
        out.push("(").push(column).push(" IS NULL");
        for group in plain {
            out.push(" OR instr(")
                .push(column)
                .push(", ")
                .bind(self, Arg::Text(format!("\"{group}\"")))
                .push(") > 0");
        }
        if !others.is_empty() {
            let others = serde_json::to_string(&others).unwrap_or_default();
            out.push(" OR EXISTS (SELECT 1 FROM json_each(").push(column).push(") AS g WHERE g.value IN (");
            out.push("SELECT value FROM json_each(").bind(self, Arg::Text(others)).push(")))");
        }
        out.push(")");
    }

    fn window(&self, out: &mut Statement, skip: u64, limit: Option<u64>) {
        let whole = |number: u64| Arg::Int(i64::try_from(number).unwrap_or(i64::MAX));
        if limit.is_some() || skip > 0 {
            out.push(" LIMIT ").bind(self, limit.map_or(Arg::Int(-1), whole));
        }
        if skip > 0 {
            out.push(" OFFSET ").bind(self, whole(skip));
        }
    }
}
