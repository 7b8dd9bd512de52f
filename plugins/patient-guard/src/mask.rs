//! What callers who aren't clinicians see of a patient's identifiers.

use crate::identifier::last_four;
use crate::settings::Mask;
use parapet::{Fault, Object, Query, Results};
use serde_json::Value as Json;

/// The fields that are masked.
const MASKED: [&str; 3] = ["ssn", "email", "phone"];

/// Masks the patients of an answer.
pub(crate) fn veil(patients: &Results, mask: Mask) -> Result<(), Fault> {
    patients.redact("email")?;
    patients.redact("phone")?;
    match mask {
        Mask::Hide => patients.redact("ssn"),
        Mask::LastFour => patients.rows().try_for_each(|patient| {
            let patient = patient?;
            // Whatever fails on the way (no grant, not a text, too short) ends in hiding.
            shorten(&patient).or_else(|_| patient.redact("ssn"))
        }),
    }
}

fn shorten(patient: &Object) -> Result<(), Fault> {
    let Some(identifier) = patient.get::<String>("ssn")? else { return Ok(()) };
    let Some(shown) = last_four(&identifier) else { return Err(Fault::invalid("ssn is too short to mask")) };
    patient.set("ssn", shown)
}

/// The masked field that a find searches or sorts by, if there is one.
pub(crate) fn searched(query: &Query) -> Result<Option<&'static str>, Fault> {
    if let Some(field) = named(&Json::Object(query.conditions()?)) {
        return Ok(Some(field));
    }
    let options = query.options()?;
    let order = options.get("order").and_then(Json::as_str).unwrap_or_default();
    Ok(order.split(',').find_map(|key| masked(key.trim().trim_start_matches('-'))))
}

/// The first masked field that stands as a key anywhere in the conditions.
fn named(conditions: &Json) -> Option<&'static str> {
    match conditions {
        Json::Object(map) => map.iter().find_map(|(key, inner)| masked(key).or_else(|| named(inner))),
        Json::Array(elements) => elements.iter().find_map(named),
        _ => None,
    }
}

fn masked(path: &str) -> Option<&'static str> {
    let field = path.split('.').next().unwrap_or(path);
    MASKED.into_iter().find(|masked| *masked == field)
}
