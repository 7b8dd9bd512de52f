//! Which fields of an answer a query wants: `keys` and `excludeKeys`, at the top and inside includes.

use std::collections::BTreeSet;

use model::{FieldName, Object, Path, Query, Value};

/// What a get asks for besides the object.
#[derive(Debug, Clone, Default)]
pub struct Shape {
    /// Fields to answer; `None` is all.
    pub keys: Option<Vec<Path>>,
    /// Fields to leave out.
    pub exclude_keys: Vec<Path>,
    /// Pointer paths to expand.
    pub include: Vec<Path>,
    /// Whether every pointer is expanded, one level deep.
    pub include_all: bool,
    /// Whether objects carry how well they answer the filter's `$text`.
    pub score: bool,
}

impl Shape {
    /// Puts the shape onto a query.
    pub(crate) fn onto(self, query: &mut Query) {
        query.keys = self.keys;
        query.exclude_keys = self.exclude_keys;
        query.include = self.include;
        query.include_all = self.include_all;
    }
}

/// The root fields that storage has to load for a query; `None` is all.
pub(super) fn roots(query: &Query) -> Option<Vec<FieldName>> {
    let excluded = |root: &str| query.exclude_keys.iter().any(|path| !path.is_dotted() && *path == root);
    let roots: BTreeSet<&str> =
        query.keys.as_ref()?.iter().map(Path::root).filter(|root| !excluded(root)).collect();
    Some(roots.into_iter().filter_map(|root| FieldName::new(root).ok()).collect())
}

/// Cuts an answer down to what the query wants, inside includes, too.
pub(super) fn prune(objects: &mut [Object], query: &Query) {
    if query.keys.is_none() && query.exclude_keys.is_empty() {
        return;
    }
    let keys: Option<Vec<Vec<&str>>> =
        query.keys.as_ref().map(|keys| keys.iter().map(|path| path.split('.').collect()).collect());
    let excluded: Vec<Vec<&str>> = query.exclude_keys.iter().map(|path| path.split('.').collect()).collect();
    for object in objects {
        prune_object(object, keys.as_deref(), &excluded);
    }
}

fn prune_object<'a>(object: &mut Object, keys: Option<&[Vec<&'a str>]>, excluded: &[Vec<&'a str>]) {
    object.fields.retain(|name, value| {
        // Clients know relations by their names alone, so these aren't something to leave out.
        if matches!(value, Value::Relation(_)) {
            return true;
        }
        if excluded.iter().any(|path| matches!(path.as_slice(), [only] if *only == name.as_str())) {
            return false;
        }
        let below = |paths: &[Vec<&'a str>]| -> Vec<Vec<&'a str>> {
            paths
                .iter()
                .filter_map(|path| match path.split_first() {
                    Some((first, rest)) if *first == name.as_str() && !rest.is_empty() => Some(rest.to_vec()),
                    _ => None,
                })
                .collect()
        };
        let nested_keys = match keys {
            None => None,
            Some(paths) => {
                if !paths.iter().any(|path| path.first().is_some_and(|first| *first == name.as_str())) {
                    return false;
                }
                let nested = below(paths);
                // The whole field was asked for somewhere, or only parts of it.
                let whole = paths.iter().any(|path| path.len() == 1 && path.first() == Some(&name.as_str()));
                if whole || nested.is_empty() { None } else { Some(nested) }
            }
        };
        let nested_excluded = below(excluded);
        if nested_keys.is_some() || !nested_excluded.is_empty() {
            prune_value(value, nested_keys.as_deref(), &nested_excluded);
        }
        true
    });
}

fn prune_value<'a>(value: &mut Value, keys: Option<&[Vec<&'a str>]>, excluded: &[Vec<&'a str>]) {
    match value {
        Value::Record(object) => prune_object(object, keys, excluded),
        Value::Array(items) => items.iter_mut().for_each(|item| prune_value(item, keys, excluded)),
        _ => {}
    }
}
