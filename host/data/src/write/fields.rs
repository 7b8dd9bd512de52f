//! What may stand in an update, seen from the plugin that made it and from the relation it edits.

use model::{Code, Denylist, ObjectId, Op, Schema, Update, Value};

use crate::{
    Change, Context, Error, FieldSet,
    policy::{Authorised, Permit},
};

/// Refuses columns that only the server writes, whoever made the update.
pub(crate) fn check_sent(update: &Update) -> Result<(), Error> {
    match update.roots().any(|field| field.starts_with('_')) {
        true => Err(Error::refused(Code::InvalidKeyName, "Invalid field name.")),
        false => Ok(()),
    }
}

/// Refuses fields that the acting plugin wasn't granted to write.
pub(super) fn check_grant(cx: &Context, schema: &Schema, update: &Update) -> Result<(), Error> {
    let Some(grant) = cx.grant() else { return Ok(()) };
    let write = grant.classes.get(&schema.class).map_or(&FieldSet::Nothing, |class| &class.write);
    let acl = update.acl.is_some().then_some("ACL");
    match update.roots().chain(acl).all(|field| write.holds(field)) {
        true => Ok(()),
        false => Err(Error::Ungranted),
    }
}

/// Checks what before-save hooks made of a change: no columns of the server's, no forbidden keywords.
///
/// A plugin's output is as untrusted as a client's (the reference had to fix this twice).
pub(super) fn check_hooked(asked: &Change, answered: &Change, denied: &Denylist) -> Result<(), Error> {
    for (path, op) in &answered.update.ops {
        if asked.update.ops.get(path) == Some(op) {
            continue;
        }
        if path.starts_with('_') || matches!(path.root(), "objectId" | "createdAt" | "updatedAt" | "ACL") {
            return Err(Error::refused(
                Code::InvalidKeyName,
                "a plugin set a field that only the server writes",
            ));
        }
        for value in values(op) {
            denied.check_member(path, value)?;
            if !is_clean(value) {
                return Err(Error::refused(Code::InvalidKeyName, "Prohibited keyword in request data."));
            }
        }
    }
    Ok(())
}

/// Refuses keywords that settings deny in what a plugin saves by itself; what a client sends was looked at when it was read.
pub(super) fn check_keywords(cx: &Context, update: &Update) -> Result<(), Error> {
    if cx.grant().is_none() {
        return Ok(());
    }
    let denied = &cx.config().denied_keywords;
    for (path, op) in &update.ops {
        values(op).iter().try_for_each(|value| denied.check_member(path, value))?;
    }
    Ok(())
}

/// What an operation puts into an object.
fn values(op: &Op) -> &[Value] {
    match op {
        Op::Set(value) => std::slice::from_ref(value),
        Op::Add(values) | Op::AddUnique(values) | Op::Remove(values) => values,
        _ => &[],
    }
}

/// Whether no key at any depth could be taken for an operator of a database.
fn is_clean(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.iter().all(|(key, member)| !key.starts_with('$') && is_clean(member)),
        Value::Array(items) => items.iter().all(is_clean),
        _ => true,
    }
}

/// The join rows that an update edits.
pub(crate) fn relations(permit: &Permit, owner: &ObjectId, update: &Update) -> Vec<Authorised> {
    let ids =
        |pointers: &[model::Pointer]| pointers.iter().map(|pointer| pointer.id.clone()).collect::<Vec<_>>();
    update
        .ops
        .iter()
        .filter_map(|(path, op)| match op {
            Op::AddRelation(add) => Some(permit.relate(owner, path, ids(add), Vec::new())),
            Op::RemoveRelation(remove) => Some(permit.relate(owner, path, Vec::new(), ids(remove))),
            Op::Relate { add, remove } => Some(permit.relate(owner, path, ids(add), ids(remove))),
            _ => None,
        })
        .collect()
}
