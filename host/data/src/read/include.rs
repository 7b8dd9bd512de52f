//! Pointers expanded into the objects they name.

use std::collections::{BTreeMap, BTreeSet};

use model::{ClassName, Code, Limit, Object, ObjectId, Path, Query, Test, Value};

use super::find::Hidden;
use crate::{Config, Context, Data, Error};

/// How many ids one fetch of included objects names.
const CHUNK: usize = 500;

/// Refuses a query that includes more, or deeper, than it may; the master key may.
pub(super) fn check_limits(cx: &Context, config: &Config, query: &Query) -> Result<(), Error> {
    let too_many = query.include.len() > config.include_count;
    let too_deep = query.include.iter().any(|path| path.split('.').count() > config.include_depth);
    if (too_many || too_deep) && !cx.is_master() {
        return Err(Error::refused(Code::InvalidQuery, "The query includes too much, or too deep."));
    }
    Ok(())
}

/// Puts objects in the place of the pointers that the query includes.
///
/// Each prefix of a path is expanded too, shortest first. Included objects are found with the caller's rights and
/// through the hooks of their class; a pointer whose object is missing or not to be seen is taken out.
pub(super) async fn expand(
    data: &Data,
    cx: &Context,
    rows: &mut [Object],
    query: &Query,
    hidden: &mut Hidden<'_>,
) -> Result<(), Error> {
    let mut paths: BTreeSet<Vec<String>> = BTreeSet::new();
    let dotted_keys = query.keys.iter().flatten().filter(|path| path.is_dotted()).filter_map(parent);
    let wanted =
        query.include.iter().map(|path| path.split('.').map(ToOwned::to_owned).collect()).chain(dotted_keys);
    for path in wanted.collect::<Vec<Vec<String>>>() {
        for length in 1..=path.len() {
            paths.extend(path.get(..length).map(<[String]>::to_vec));
        }
    }
    if query.include_all {
        let fields = rows.iter().flat_map(|row| &row.fields);
        let pointers = fields.filter(|(_, value)| matches!(value, Value::Pointer(_) | Value::Array(_)));
        paths.extend(pointers.map(|(name, _)| vec![name.as_str().to_owned()]));
    }
    let mut paths: Vec<Vec<String>> = paths.into_iter().collect();
    paths.sort_by_key(Vec::len);
    for path in paths {
        let mut found: BTreeMap<ClassName, BTreeSet<ObjectId>> = BTreeMap::new();
        for row in rows.iter_mut() {
            visit_object(row, &path, &mut |value| collect(value, &mut found));
        }
        let mut objects: BTreeMap<(ClassName, ObjectId), Object> = BTreeMap::new();
        for (class, ids) in found {
            for object in fetch(data, cx, &class, ids, query, hidden).await? {
                objects.insert((class.clone(), object.id.clone()), object);
            }
        }
        for row in rows.iter_mut() {
            visit_object(row, &path, &mut |value| replace(value, &objects));
        }
    }
    Ok(())
}

fn parent(path: &Path) -> Option<Vec<String>> {
    let (parent, _) = path.rsplit_once('.')?;
    Some(parent.split('.').map(ToOwned::to_owned).collect())
}

async fn fetch(
    data: &Data,
    cx: &Context,
    class: &ClassName,
    ids: BTreeSet<ObjectId>,
    around: &Query,
    hidden: &mut Hidden<'_>,
) -> Result<Vec<Object>, Error> {
    let ids: Vec<ObjectId> = ids.into_iter().collect();
    let mut objects = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let mut query = Query::new(class.clone());
        query.filter = match chunk {
            [one] => model::Filter::id(one),
            many => {
                let values = many.iter().map(|id| Value::text(id.as_str())).collect();
                model::Filter::test("objectId", Test::In(values))
            }
        };
        query.limit = Some(Limit::All);
        query.advice.read_preference = around.include_preference.or(around.advice.read_preference);
        objects.extend(data.nested(cx, query, hidden).await?);
    }
    Ok(objects)
}

/// Whether a value stays where it is.
type Keep = bool;

/// Calls `visit` with the value at a path, through objects, arrays and what is already expanded; takes out what it doesn't keep.
fn visit_object(object: &mut Object, path: &[String], visit: &mut dyn FnMut(&mut Value) -> Keep) {
    let Some((first, rest)) = path.split_first() else { return };
    let Some(value) = object.fields.get_mut(first.as_str()) else { return };
    if !visit_value(value, rest, visit) {
        object.fields.remove(first.as_str());
    }
}

fn visit_value(value: &mut Value, path: &[String], visit: &mut dyn FnMut(&mut Value) -> Keep) -> Keep {
    if let Value::Array(items) = value {
        items.retain_mut(|item| visit_value(item, path, visit));
        return true;
    }
    let Some((first, rest)) = path.split_first() else { return visit(value) };
    match value {
        Value::Record(object) => visit_object(object, path, visit),
        Value::Object(map) => {
            if let Some(member) = map.get_mut(first)
                && !visit_value(member, rest, visit)
            {
                map.remove(first);
            }
        }
        _ => {}
    }
    true
}

fn collect(value: &mut Value, found: &mut BTreeMap<ClassName, BTreeSet<ObjectId>>) -> Keep {
    if let Value::Pointer(pointer) = value {
        found.entry(pointer.class.clone()).or_default().insert(pointer.id.clone());
    }
    true
}

fn replace(value: &mut Value, objects: &BTreeMap<(ClassName, ObjectId), Object>) -> Keep {
    let Value::Pointer(pointer) = value else { return true };
    match objects.get(&(pointer.class.clone(), pointer.id.clone())) {
        Some(object) => {
            *value = Value::Record(Box::new(object.clone()));
            true
        }
        None => false,
    }
}
