//! Objects to and from the columns of a row.

use model::{Acl, FieldType, Object, ObjectId, Value};
use storage::Error;

use crate::{arg::Arg, dialect::Dialect, layout::Layout, stored};

/// What a row's head holds beside id and dates.
pub(crate) struct Marks {
    /// Groups that may read, or NULL.
    pub(crate) readers: Arg,
    /// Groups that may write, or NULL.
    pub(crate) writers: Arg,
}

/// The two columns of an ACL; both NULL for a public object.
pub(crate) fn marks(dialect: &dyn Dialect, acl: Option<&Acl>) -> Marks {
    let Some(acl) = acl else { return Marks { readers: Arg::Null, writers: Arg::Null } };
    let groups = |groups: &mut dyn Iterator<Item = &str>| dialect.groups(groups.collect());
    Marks { readers: groups(&mut acl.readers()), writers: groups(&mut acl.writers()) }
}

/// Names as a JSON list in which a quote is nothing but the edge of a name, for whoever searches the text.
pub(crate) fn list(names: &[&str]) -> String {
    let text = serde_json::to_string(names).unwrap_or_default();
    // Backslashes first: they come in pairs, each pair one backslash of a name.
    if text.contains('\\') { text.replace("\\\\", "\\u005c").replace("\\\"", "\\u0022") } else { text }
}

/// Reads an ACL back from its two columns.
pub(crate) fn acl(readers: Option<&str>, writers: Option<&str>) -> Result<Option<Acl>, Error> {
    if readers.is_none() && writers.is_none() {
        return Ok(None);
    }
    let list = |text: Option<&str>| {
        serde_json::from_str::<Vec<String>>(text.unwrap_or("[]")).map_err(|_| unreadable())
    };
    Ok(Some(Acl::from_groups(&list(readers)?, &list(writers)?)))
}

/// The names of the fields that hold a null, as a JSON list; NULL when none does.
pub(crate) fn nulls(object: &Object) -> Arg {
    let names: Vec<&str> =
        object.fields.iter().filter(|(_, value)| value.is_null()).map(|(name, _)| name.as_str()).collect();
    if names.is_empty() { Arg::Null } else { Arg::Text(list(&names)) }
}

/// What an insert of an object binds, in the order of the layout's columns.
///
/// # Errors
/// [`Error::Mismatch`] for a value that the field's column can't hold, [`Error::Conflict`] for a field without column.
pub(crate) fn args(dialect: &dyn Dialect, layout: &Layout, object: &Object) -> Result<Vec<Arg>, Error> {
    known(dialect, layout, object)?;
    let marks = marks(dialect, object.acl.as_ref());
    let mut args = Vec::with_capacity(6 + layout.columns.len());
    args.push(Arg::Text(object.id.as_str().to_owned()));
    args.extend([dialect.moment(object.created_at), dialect.moment(object.updated_at)]);
    args.extend([marks.readers, marks.writers]);
    if dialect.keeps_nulls() {
        args.push(nulls(object));
    }
    for column in &layout.columns {
        args.push(arg(dialect, layout, object, column.field.as_str())?);
    }
    Ok(args)
}

/// What the column of one field binds.
///
/// # Errors
/// [`Error::Mismatch`], as [`args`].
pub(crate) fn arg(
    dialect: &dyn Dialect,
    layout: &Layout,
    object: &Object,
    field: &str,
) -> Result<Arg, Error> {
    let kind = layout.column(field).map(|column| &column.kind).ok_or_else(|| missing(layout, field))?;
    let value = object.field(field);
    dialect.stored(kind, value).ok_or_else(|| unstorable(kind, field, value))
}

/// Why a column can't hold a value.
pub(crate) fn unstorable(kind: &FieldType, field: &str, value: Option<&Value>) -> Error {
    match value {
        Some(value) if value.kind() != kind.name() || matches!(value, Value::Number(_)) => {
            Error::Mismatch { field: field.to_owned(), expected: kind.name() }
        }
        Some(value) if stored::has_nul(value) => Error::Unsupported("a text with a NUL character"),
        Some(Value::Array(_) | Value::Object(_)) => Error::Unsupported("a value that is nested so deeply"),
        _ => Error::Mismatch { field: field.to_owned(), expected: kind.name() },
    }
}

/// Checks that every field of an object has a column, or needs none.
///
/// # Errors
/// [`Error::Conflict`], as [`args`].
pub(crate) fn known(dialect: &dyn Dialect, layout: &Layout, object: &Object) -> Result<(), Error> {
    for (name, value) in &object.fields {
        // The mark of a relation is implied by the schema, and a null needs no column to be nothing.
        let implied = match layout.schema.kind(name) {
            Some(kind) => {
                dialect.column_type(kind).is_none() && matches!(value, Value::Relation(_) | Value::Null)
            }
            None => value.is_null(),
        };
        if !implied && layout.column(name).is_none() {
            return Err(missing(layout, name));
        }
    }
    Ok(())
}

fn missing(layout: &Layout, field: &str) -> Error {
    Error::Conflict(format!("{} has no field {field} now", layout.schema.class))
}

/// Says that a row holds what this version never writes.
pub(crate) fn unreadable() -> Error {
    Error::Internal("a stored row can't be read".into())
}

/// Reads an id that the database holds.
///
/// # Errors
/// [`Error::Internal`] when it is none.
pub(crate) fn id(text: &str) -> Result<ObjectId, Error> {
    ObjectId::new(text).map_err(|_| unreadable())
}

/// Reads ids that the database holds.
///
/// # Errors
/// As [`id`].
pub(crate) fn ids(texts: &[String]) -> Result<Vec<ObjectId>, Error> {
    texts.iter().map(|text| id(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_always_an_edge() {
        let acl = Acl::from_groups(&["x\"ann", "back\\", "\\\"", "plain", "new\nline"], &[",", "\\u0022"]);
        let Marks { readers: Arg::Text(readers), writers: Arg::Text(writers) } =
            marks(&crate::sqlite::Lite, Some(&acl))
        else {
            panic!("texts")
        };
        assert_eq!(readers.matches('"').count(), 10);
        assert_eq!(writers.matches('"').count(), 4);
        assert!(super::acl(Some(&readers), Some(&writers)).unwrap() == Some(acl));
    }
}
