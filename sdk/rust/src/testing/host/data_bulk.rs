//! Capability `data-bulk`: whole documents.

use super::data::Cursor;
use super::invocation::Object;
use super::types::Fault;
use super::{forbidden, malformed};
use serde_json::{Map, Value as Json};

pub(crate) fn to_json(object: &Object, fields: Option<&[String]>) -> Result<String, Fault> {
    granted(object)?;
    let record = object.record.borrow();
    let fields: Vec<String> = match fields {
        Some(fields) => fields.to_vec(),
        None => record.fields.keys().filter(|key| record.grant.read.holds(key)).cloned().collect(),
    };
    let mut json = Map::new();
    for field in fields {
        if !record.grant.read.holds(&field) {
            return Err(forbidden(format!("the plugin may not read {}.{field}", record.class)));
        }
        object.world.borrow_mut().note_read(&record.class, &field);
        if let Some(value) = record.fields.get(&field) {
            json.insert(field, value.clone());
        }
    }
    Ok(Json::Object(json).to_string())
}

pub(crate) fn merge_json(object: &Object, patch: &str) -> Result<(), Fault> {
    granted(object)?;
    let patch: Map<String, Json> =
        serde_json::from_str(patch).map_err(|_| malformed("the patch is no JSON object"))?;
    let refused = {
        let record = object.record.borrow();
        patch.keys().find(|field| !record.grant.write.holds(field)).cloned()
    };
    if let Some(field) = refused {
        return Err(forbidden(format!("the plugin may not write {}.{field}", object.class_name())));
    }
    patch.into_iter().try_for_each(|(field, json)| object.set(&field, &crate::Value::from_rest(json).into()))
}

pub(crate) fn next_json(rows: &Cursor, max: u32, fields: &[String]) -> Result<Vec<String>, Fault> {
    rows.next(max)?.iter().map(|object| to_json(object, Some(fields))).collect()
}

fn granted(object: &Object) -> Result<(), Fault> {
    if object.world.borrow().grant.bulk {
        return Ok(());
    }
    Err(forbidden("the plugin isn't granted data-bulk"))
}
