//! How well objects answer the `$text` of their filter.

use model::{FieldName, Filter, Object, Value, query::sort};

/// Writes the score of each object into its field `score`, as the model counts it; nothing when the filter has no `$text`.
///
/// For backends whose database keeps no score of its own. The objects must have the field that is searched.
pub fn score(filter: &Filter, objects: &mut [Object]) {
    let Some(scores) = sort::scores(filter, objects) else { return };
    for (object, score) in objects.iter_mut().zip(scores) {
        object.fields.insert(FieldName::known("score"), Value::Number(score));
    }
}
