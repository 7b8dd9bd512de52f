//! Rows of PostgreSQL read straight into objects.

use model::{Acl, Date, FieldType, Fields, Object, Pointer, Value};
use sqlx::{Row as _, postgres::PgRow};
use storage::Error;

use super::{Pg, bind::Cell, fault::Fault};
use crate::{
    layout::{Column, Layout, head},
    row::{self, unreadable},
    stored,
};

/// Reads a row that begins with the head and goes on with `columns`.
///
/// # Errors
/// When the row holds what no server of this layout writes.
pub(super) fn object(from: &PgRow, layout: &Layout, columns: &[&Column]) -> Result<Object, Fault> {
    let id = row::id(cell(from, 0)?.and_then(|cell| cell.text()).ok_or_else(unreadable)?)?;
    // A row that something else than a Parse server made may lack its dates.
    let date =
        |at: usize| Ok::<Date, Fault>(cell(from, at)?.and_then(|cell| cell.moment()).map_or(Date(0), Date));
    let (created_at, updated_at) = (date(1)?, date(2)?);
    let acl = acl(cell(from, 3)?, cell(from, 4)?)?;
    let head = head(&Pg).len();
    let mut fields = Fields::new();
    for (at, column) in columns.iter().enumerate() {
        if let Some(cell) = cell(from, head + at)? {
            let value = value(&cell, &column.kind)?.ok_or_else(unreadable)?;
            fields.insert(column.field.clone(), value);
        }
    }
    Ok(Object { class: layout.schema.class.clone(), id, created_at, updated_at, acl, fields })
}

fn acl(readers: Option<Cell<'_>>, writers: Option<Cell<'_>>) -> Result<Option<Acl>, Error> {
    if readers.is_none() && writers.is_none() {
        return Ok(None);
    }
    Ok(Some(Acl::from_groups(&groups(readers)?, &groups(writers)?)))
}

fn groups(cell: Option<Cell<'_>>) -> Result<Vec<&str>, Error> {
    cell.map_or(Ok(Vec::new()), |cell| cell.texts().ok_or_else(unreadable))
}

fn value(cell: &Cell<'_>, kind: &FieldType) -> Result<Option<Value>, Error> {
    Ok(match kind {
        FieldType::String => cell.text().map(|text| Value::String(text.to_owned())),
        FieldType::Number => cell.real().map(Value::Number),
        FieldType::Boolean => cell.flag().map(Value::Boolean),
        FieldType::Date => cell.moment().map(|ms| Value::Date(Date(ms))),
        FieldType::Pointer(class) => match cell.text() {
            Some(id) => Some(Value::Pointer(Pointer { class: class.clone(), id: row::id(id)? })),
            None => None,
        },
        // Only a file's name is stored: where it can be fetched depends on who asks.
        FieldType::File => cell.text().map(|name| Value::File { name: name.to_owned(), url: None }),
        FieldType::GeoPoint => {
            cell.point().map(|(longitude, latitude)| Value::GeoPoint { latitude, longitude })
        }
        FieldType::Polygon => {
            let ring =
                cell.ring().map(|ring| ring.into_iter().map(|(longitude, latitude)| (latitude, longitude)));
            ring.map(|ring| Value::Polygon(ring.collect()))
        }
        FieldType::Object | FieldType::Array | FieldType::Bytes => cell.json().and_then(stored::value),
        FieldType::Relation(_) | FieldType::Acl => None,
    })
}

/// A cell by its place in the row; `None` for a NULL.
pub(super) fn cell(from: &PgRow, at: usize) -> Result<Option<Cell<'_>>, Fault> {
    Ok(from.try_get_unchecked(at)?)
}

/// A text by its place in the row.
pub(super) fn text(from: &PgRow, at: usize) -> Result<&str, Fault> {
    Ok(cell(from, at)?.and_then(|cell| cell.text()).ok_or_else(unreadable)?)
}
