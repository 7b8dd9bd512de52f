//! Whole documents in one crossing: capability `data-bulk`, recorded as the disclosure of whole objects.

use crate::data::owned;
use crate::host::data_bulk;
use crate::{Cursor, Fault, Object};
use serde_json::{Map, Value as Json};

impl Object {
    /// Reads the object as REST JSON: these fields, or every granted one. Capability `data-bulk`.
    ///
    /// # Errors
    /// 119 when a field isn't granted for reading.
    pub fn to_json(&self, fields: Option<&[&str]>) -> Result<Map<String, Json>, Fault> {
        let fields = fields.map(owned);
        Ok(serde_json::from_str(&data_bulk::to_json(&self.0, fields.as_deref())?)?)
    }

    /// Sets every field of a REST JSON object. Capability `data-bulk`.
    ///
    /// # Errors
    /// 119 when one of the fields isn't granted for writing; none is set then.
    pub fn merge_json(&self, patch: &Map<String, Json>) -> Result<(), Fault> {
        Ok(data_bulk::merge_json(&self.0, &serde_json::to_string(patch)?)?)
    }
}

impl Cursor {
    /// The next rows as REST JSON, `max` at most; empty at the end. Capability `data-bulk`.
    ///
    /// Don't mix it with iterating: pages that the iterator holds already are not repeated.
    ///
    /// # Errors
    /// 119 when a field isn't granted for reading.
    pub fn next_json(&mut self, max: u32, fields: &[&str]) -> Result<Vec<Map<String, Json>>, Fault> {
        let rows = data_bulk::next_json(&self.cursor, max, &owned(fields))?;
        Ok(rows.iter().map(|row| serde_json::from_str(row)).collect::<Result<_, _>>()?)
    }
}
