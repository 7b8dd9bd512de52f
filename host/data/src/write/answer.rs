//! What a save answers beyond dates and id: only what the client can't know.

use std::collections::BTreeMap;

use model::{Acl, FieldName, Object, Op, Path, Update, Value};

use crate::Change;

/// Works out the fields of the answer: results of operations, defaults, and what hooks changed.
///
/// `None` tells of a field that a hook removed. A dotted path comes back under its root (`{"obj":{"k":6}}`).
pub(super) fn changed(sent: &Update, change: &Change, object: &Object) -> BTreeMap<FieldName, Option<Value>> {
    let mut changed: BTreeMap<FieldName, Option<Value>> = BTreeMap::new();
    for (path, op) in &change.update.ops {
        if path.starts_with('_') || *path == "password" || op.is_relation() {
            continue;
        }
        let same = sent.ops.get(path) == Some(op);
        let computed = matches!(op, Op::Increment(_) | Op::Add(_) | Op::AddUnique(_) | Op::Remove(_));
        if same && !computed {
            continue;
        }
        match object.field(path.root()) {
            // A path into a list comes back as the list: an object with its numbers would replace it in the client.
            Some(list @ Value::Array(_)) if path.is_dotted() => {
                let root = FieldName::new(path.root());
                changed.extend(root.map(|root| (root, Some(list.clone()))));
            }
            _ => put(&mut changed, path, object.at(path).cloned()),
        }
    }
    // A hook took an operation back: the client must learn what stands there now.
    for path in
        sent.ops.keys().filter(|path| !change.update.ops.contains_key(*path) && !path.starts_with('_'))
    {
        if *path != "password" {
            put(&mut changed, path, object.at(path).cloned());
        }
    }
    changed
}

fn put(changed: &mut BTreeMap<FieldName, Option<Value>>, path: &Path, value: Option<Value>) {
    let Ok(root) = FieldName::new(path.root()) else { return };
    let parts: Vec<&str> = path.rest().collect();
    if parts.is_empty() {
        changed.insert(root, value);
        return;
    }
    let Some(value) = value else { return };
    let slot = changed.entry(root).or_insert_with(|| Some(Value::Object(BTreeMap::new())));
    let mut place = slot.get_or_insert_with(|| Value::Object(BTreeMap::new()));
    for part in &parts {
        if !matches!(place, Value::Object(_)) {
            *place = Value::Object(BTreeMap::new());
        }
        let Value::Object(map) = place else { return };
        place = map.entry((*part).to_owned()).or_insert_with(|| Value::Object(BTreeMap::new()));
    }
    *place = value;
}

/// The ACL, when it isn't the one that the client sent.
pub(super) fn changed_acl(sent: &Update, change: &Change) -> Option<Acl> {
    let told = change.update.acl.clone().flatten();
    if change.class != model::ClassName::user() {
        return if sent.acl == change.update.acl { None } else { told };
    }
    // What every user may do with its own object isn't told.
    let without_own = |acl: &Option<Acl>| {
        let mut acl = acl.clone().unwrap_or_default();
        change.announced.as_ref().map(|id| acl.0.remove(id.as_str()));
        acl
    };
    let known = sent.acl.is_none() || without_own(&sent.acl.clone().flatten()) == without_own(&told);
    told.filter(|_| !known)
}
