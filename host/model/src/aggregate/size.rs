//! How much memory values take.

use super::invalid;
use crate::{ParseError, Value, value::Map};

/// The deepest nesting of what an expression makes: clones and comparisons go down by recursion.
const DEEPEST: usize = 500;

/// The fewest members that a map has room for.
const ROOM: usize = 11;

/// About how many bytes belong to a value besides its own.
///
/// # Errors
/// 102 when it nests too deep.
pub(super) fn of(value: &Value) -> Result<usize, ParseError> {
    below(value, DEEPEST).ok_or_else(|| invalid("an expression makes what nests too deep"))
}

/// About how many bytes belong to a map; the depth of what came from objects doesn't matter.
pub(super) fn of_map(map: &Map) -> usize {
    members(map, usize::MAX).unwrap_or(usize::MAX)
}

fn below(value: &Value, depth: usize) -> Option<usize> {
    match value {
        Value::Array(items) => {
            let inner = depth.checked_sub(1)?;
            let own = size_of_val(items.as_slice());
            items.iter().try_fold(own, |sum, item| Some(sum + below(item, inner)?))
        }
        Value::Object(map) => members(map, depth.checked_sub(1)?),
        Value::String(text) => Some(text.len()),
        Value::Bytes(bytes) => Some(bytes.len()),
        Value::Polygon(ring) => Some(size_of_val(ring.as_slice())),
        Value::File { name, url } => Some(name.len() + url.as_ref().map_or(0, String::len)),
        Value::Null
        | Value::Boolean(_)
        | Value::Number(_)
        | Value::Date(_)
        | Value::GeoPoint { .. }
        | Value::Pointer(_)
        | Value::Relation(_)
        | Value::Record(_) => Some(0),
    }
}

fn members(map: &Map, depth: usize) -> Option<usize> {
    let own = if map.is_empty() { 0 } else { map.len().max(ROOM) * size_of::<(String, Value)>() };
    map.iter().try_fold(own, |sum, (name, value)| Some(sum + name.len() + below(value, depth)?))
}
