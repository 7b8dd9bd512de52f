//! Edits of an update, so that a place and what holds it never both carry an operation.

use std::collections::BTreeSet;

use data::Change;
use model::{ClassName, Code, Date, FieldName, Object, ObjectId, Op, ParseError, Path, Update, Value};

/// Puts an operation onto an update, on top of what it does already.
///
/// # Errors
/// 111 when the operation doesn't fit what the update sets there.
pub(crate) fn put(change: &mut Change, path: Path, op: Op) -> Result<(), ParseError> {
    let above = change.update.ops.keys().find(|held| is_below(&path, held)).cloned();
    if let Some(above) = above {
        // What holds the place is replaced as a whole already: fold the edit into it.
        let whole = change.value(&above);
        let folded = fold(&change.class, &above, whole, &path, &op)?;
        change.update.ops.insert(above, folded.map_or(Op::Delete, Op::Set));
        return Ok(());
    }
    let inside = change.update.ops.keys().any(|held| is_below(held, &path));
    let replaces = matches!(op, Op::Set(_) | Op::Delete);
    let op = match (inside || change.update.ops.contains_key(&path)) && !replaces && !op.is_relation() {
        // An operation on top of others becomes its result.
        true => op
            .apply(change.value(&path))
            .map_err(|expected| ParseError::mismatch(&change.class, &path, expected, "another type"))?
            .map_or(Op::Delete, Op::Set),
        false => op,
    };
    if inside {
        change.update.ops.retain(|held, _| !is_below(held, &path));
    }
    let op = match (op, change.update.ops.get(&path)) {
        (op, Some(held)) if op.is_relation() => joined(held, &op).unwrap_or(op),
        (op, _) => op,
    };
    change.update.ops.insert(path, op);
    Ok(())
}

/// Takes back everything that the update does to a field.
pub(crate) fn revert(update: &mut Update, root: &str) {
    if root == "ACL" {
        update.acl = None;
    }
    update.ops.retain(|held, _| held.root() != root);
}

/// The names of the fields that an object has, as it would be after the change, in order.
pub(crate) fn names(change: &Change) -> BTreeSet<String> {
    let visible = |name: &FieldName| !name.is_internal();
    if let Some(saved) = &change.saved {
        return object_names(saved);
    }
    let before = change.original.as_ref().map(|original| &original.fields);
    let mut names: BTreeSet<String> = before
        .into_iter()
        .flat_map(|fields| fields.keys())
        .filter(|name| visible(name))
        .map(|name| name.as_str().to_owned())
        .collect();
    for (path, op) in &change.update.ops {
        match op {
            Op::Delete if !path.is_dotted() => {
                names.remove(path.root());
            }
            Op::Delete => {}
            _ => {
                names.insert(path.root().to_owned());
            }
        }
    }
    if change.acl().is_some() {
        names.insert("ACL".to_owned());
    }
    names
}

/// The names of the fields of a stored object, in order.
pub(crate) fn object_names(object: &Object) -> BTreeSet<String> {
    let fields = object.fields.keys().filter(|name| !name.is_internal()).map(|name| name.as_str().to_owned());
    fields.chain(object.acl.is_some().then(|| "ACL".to_owned())).collect()
}

fn is_below(path: &Path, above: &Path) -> bool {
    path.strip_prefix(above.as_str()).is_some_and(|rest| rest.starts_with('.'))
}

/// Applies an operation on a place inside a value.
fn fold(
    class: &ClassName,
    above: &Path,
    whole: Option<Value>,
    path: &Path,
    op: &Op,
) -> Result<Option<Value>, ParseError> {
    let inner = path.get(above.len() + 1..).unwrap_or_default();
    let holder = FieldName::new("value")?;
    let mut object = Object::new(class.clone(), ObjectId::new("draft")?, Date(0));
    if let Some(whole) = whole {
        object.fields.insert(holder.clone(), whole);
    }
    let mut update = Update::new();
    update.set(Path::new(&format!("value.{inner}"))?, op.clone());
    object
        .apply(&update)
        .map_err(|error| ParseError::mismatch(class, path, error.expected, "another type"))?;
    Ok(object.fields.remove(&holder))
}

/// Joins two edits of one relation.
fn joined(held: &Op, op: &Op) -> Option<Op> {
    let parts = |op: &Op| match op {
        Op::AddRelation(add) => Some((add.clone(), Vec::new())),
        Op::RemoveRelation(remove) => Some((Vec::new(), remove.clone())),
        Op::Relate { add, remove } => Some((add.clone(), remove.clone())),
        _ => None,
    };
    let ((mut add, mut remove), (more, less)) = (parts(held)?, parts(op)?);
    // The later word counts.
    add.retain(|pointer| !less.contains(pointer));
    remove.retain(|pointer| !more.contains(pointer));
    add.extend(more);
    remove.extend(less);
    Some(Op::Relate { add, remove })
}

/// Sets, changes or removes a value inside an object that is an answer already.
///
/// # Errors
/// 111 when a value on the way isn't an object, 105 when the field can't be named.
pub(crate) fn place(object: &mut Object, path: &Path, value: Option<Value>) -> Result<(), ParseError> {
    let mut update = Update::new();
    update.set(path.clone(), value.map_or(Op::Delete, Op::Set));
    object.apply(&update).map_err(|error| {
        ParseError::new(
            Code::IncorrectType,
            format!("{path} is inside a value that needs type {}", error.expected),
        )
    })
}

#[cfg(test)]
mod tests;
