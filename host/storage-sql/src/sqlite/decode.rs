//! Rows of SQLite read straight into objects.

use model::{Date, FieldName, FieldType, Fields, Object, Pointer, Value};
use sqlx::{Decode, Row as _, Sqlite, sqlite::SqliteRow};

use super::Lite;
use crate::{
    error::Fault,
    layout::{Column, Layout, head},
    row, stored,
};

/// Reads a row that begins with the head and goes on with `columns`.
///
/// # Errors
/// When the row holds what this version never writes.
pub(super) fn object(from: &SqliteRow, layout: &Layout, columns: &[&Column]) -> Result<Object, Fault> {
    let id = row::id(cell::<&str>(from, 0)?)?;
    let (created_at, updated_at) = (Date(cell(from, 1)?), Date(cell(from, 2)?));
    let acl = row::acl(cell(from, 3)?, cell(from, 4)?)?;
    let mut fields = Fields::new();
    if let Some(nulls) = cell::<Option<&str>>(from, 5)? {
        for name in serde_json::from_str::<Vec<&str>>(nulls).map_err(|_| row::unreadable())? {
            fields.insert(FieldName::stored(name).map_err(|_| row::unreadable())?, Value::Null);
        }
    }
    let head = head(&Lite);
    for (at, column) in columns.iter().enumerate() {
        if let Some(value) = value(from, head.len() + at, &column.kind)? {
            fields.insert(column.field.clone(), value);
        }
    }
    Ok(Object { class: layout.schema.class.clone(), id, created_at, updated_at, acl, fields })
}

fn value(from: &SqliteRow, at: usize, kind: &FieldType) -> Result<Option<Value>, Fault> {
    Ok(match kind {
        FieldType::String => cell::<Option<String>>(from, at)?.map(Value::String),
        FieldType::Number => cell::<Option<f64>>(from, at)?.map(Value::Number),
        FieldType::Boolean => cell::<Option<i64>>(from, at)?.map(|flag| Value::Boolean(flag != 0)),
        FieldType::Date => cell::<Option<i64>>(from, at)?.map(|ms| Value::Date(Date(ms))),
        FieldType::Bytes => cell::<Option<Vec<u8>>>(from, at)?.map(Value::Bytes),
        FieldType::Pointer(class) => match cell::<Option<&str>>(from, at)? {
            Some(id) => Some(Value::Pointer(Pointer { class: class.clone(), id: row::id(id)? })),
            None => None,
        },
        FieldType::Object | FieldType::Array | FieldType::GeoPoint | FieldType::Polygon | FieldType::File => {
            match cell::<Option<&str>>(from, at)? {
                Some(text) => Some(stored::value(text).ok_or_else(row::unreadable)?),
                None => None,
            }
        }
        FieldType::Relation(_) | FieldType::Acl => None,
    })
}

fn cell<'r, T: Decode<'r, Sqlite>>(from: &'r SqliteRow, at: usize) -> Result<T, Fault> {
    Ok(from.try_get_unchecked(at)?)
}
