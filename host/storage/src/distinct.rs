//! The different values at a path, gathered from a find.

use std::sync::Arc;

use model::{
    Filter, Path, Schema, Value,
    query::{Advice, sort},
};

use crate::{Error, Select, Storage};

/// Answers [`Storage::distinct`] from what [`Storage::find`] answers.
pub(crate) async fn over_find<S: Storage + ?Sized>(
    storage: &S,
    schema: &Arc<Schema>,
    path: &Path,
    filter: &Filter,
    advice: &Advice,
) -> Result<Vec<Value>, Error> {
    let mut select = Select::new(Arc::clone(schema), filter.clone());
    select.fields = Some(vec![path.field()]);
    select.advice = advice.clone();
    let mut values = Vec::new();
    for object in storage.find(&select).await? {
        object.each_at(path, &mut |value| match value {
            Value::Null => {}
            Value::Array(items) => values.extend(items.iter().filter(|item| !item.is_null()).cloned()),
            other => values.push(other.clone()),
        });
    }
    values.sort_by(sort::values);
    values.dedup();
    Ok(values)
}
