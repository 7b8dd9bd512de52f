//! What an index may be about.

use model::{
    Code, FieldType, Schema,
    schema::{IndexKeys, IndexKind},
};

use crate::Error;

/// Each kind of index is for fields of some types.
pub(super) fn check_kinds(schema: &Schema, index: &IndexKeys) -> Result<(), Error> {
    for (field, kind) in index.iter() {
        let is = schema.kind(bare(field));
        let fits = match kind {
            IndexKind::Ascending | IndexKind::Descending => {
                !matches!(is, Some(FieldType::Relation(_) | FieldType::Acl))
            }
            IndexKind::Named(name) => match name.as_str() {
                "text" => matches!(is, Some(FieldType::String | FieldType::Array | FieldType::Object)),
                "2d" => matches!(is, Some(FieldType::GeoPoint)),
                "2dsphere" => matches!(is, Some(FieldType::GeoPoint | FieldType::Polygon)),
                _ => false,
            },
        };
        if !fits {
            return Err(Error::refused(
                Code::InvalidQuery,
                format!(
                    "Field {field} can't have such an index: use 1 or -1, \"text\" for texts, \"2d\" or \"2dsphere\" for places."
                ),
            ));
        }
    }
    Ok(())
}

/// A field's name without what MongoDB puts before that of a pointer.
pub(super) fn bare(field: &str) -> &str {
    field.strip_prefix("_p_").unwrap_or(field)
}
