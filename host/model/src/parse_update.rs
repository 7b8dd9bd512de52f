//! The body of a REST save, read into an update.

use std::{collections::BTreeMap, fmt};

use serde_json::{Map as JsonMap, Value as Json};

use crate::{
    Acl, Code, Denylist, FieldName, Op, ParseError, Path, Pointer, Update, Value, encode, name::shown,
};

#[cfg(test)]
mod tests;

/// A save as the client states it.
#[derive(Clone, Default, PartialEq)]
pub struct Body {
    /// What changes.
    pub update: Update,
    /// What a new object gets besides; one that is there already doesn't change by it.
    pub on_insert: BTreeMap<Path, Value>,
    /// The id that the client wishes for, unchecked; only a create may carry one.
    pub object_id: Option<Json>,
    /// The creation date that the client claims, unchecked.
    pub created_at: Option<Json>,
    /// The date of the last save that the client claims, unchecked.
    pub updated_at: Option<Json>,
}

impl Body {
    /// The save of a new object: what only such a one gets is set with the rest.
    #[must_use]
    pub fn inserting(mut self) -> Body {
        let set = self.on_insert.into_iter().map(|(path, value)| (path, Op::Set(value)));
        self.update.ops.extend(set);
        Body { on_insert: BTreeMap::new(), ..self }
    }
}

/// Shows the number of operations, never values.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({:?})", self.update)
    }
}

/// Reads the body of a create or an update: raw values, `__op`s, dotted paths and `ACL`.
///
/// A raw null sets a null; whether that removes the field is the backend's affair.
///
/// # Errors
/// 105 for a field name that isn't legal, a prohibited keyword, or a path beside its own root; 107 for a malformed
/// operation, 108 for an unknown one, 123 for a malformed ACL, 111 and 121 as [`encode::value`].
pub fn update(body: JsonMap<String, Json>) -> Result<Body, ParseError> {
    update_without(body, Denylist::standard())
}

/// As [`update`], with keywords that settings prohibit.
///
/// # Errors
/// As [`update`].
pub fn update_without(body: JsonMap<String, Json>, denied: &Denylist) -> Result<Body, ParseError> {
    denied.check_members(&body)?;
    let mut read = Body::default();
    let mut on_insert = Vec::new();
    for (key, json) in body {
        match key.as_str() {
            "objectId" => read.object_id = Some(json),
            "createdAt" => read.created_at = Some(json),
            "updatedAt" => read.updated_at = Some(json),
            // As the reference has it, no ACL says nothing of the one that there is.
            "ACL" if json.is_null() => {}
            "ACL" => read.update.acl = Some(acl(&json)?),
            _ => {
                let path = path(&key)?;
                if json.get("__op").and_then(Json::as_str) == Some(SET_ON_INSERT) {
                    on_insert.push(path.clone());
                }
                let op = op(json)?;
                if op.is_relation() && path.is_dotted() {
                    return Err(bad("relations can't be nested"));
                }
                read.update.ops.insert(path, op);
            }
        }
    }
    disjoint(&read.update.ops)?;
    for path in on_insert {
        if let Some(Op::Set(value)) = read.update.ops.remove(&path) {
            read.on_insert.insert(path, value);
        }
    }
    Ok(read)
}

/// The operation whose value only a new object gets.
const SET_ON_INSERT: &str = "SetOnInsert";

fn bad(text: &'static str) -> ParseError {
    ParseError::new(Code::InvalidJson, text)
}

/// Reads the field, or the place in a field, that an operation is about.
fn path(key: &str) -> Result<Path, ParseError> {
    let refused = || ParseError::new(Code::InvalidKeyName, format!("Invalid field name: {}.", shown(key)));
    let (root, nested) = key.split_once('.').map_or((key, false), |(root, _)| (root, true));
    FieldName::new(root).map_err(|_| refused())?;
    // What every object has isn't made of parts, and each provider's `authData` is checked as a whole.
    if nested && matches!(root, "objectId" | "createdAt" | "updatedAt" | "ACL" | "authData") {
        return Err(refused());
    }
    Path::new(key).map_err(|_| refused())
}

fn acl(json: &Json) -> Result<Option<Acl>, ParseError> {
    if json.get("__op").and_then(Json::as_str) == Some("Delete") {
        return Ok(None);
    }
    encode::acl(json).map(Some)
}

/// Refuses an operation on a place beside one on something that holds the place.
fn disjoint(ops: &BTreeMap<Path, Op>) -> Result<(), ParseError> {
    for path in ops.keys() {
        let mut above = path.as_str();
        while let Some((parent, _)) = above.rsplit_once('.') {
            if ops.contains_key(parent) {
                let text = format!(
                    "Invalid field name: {}. The same save changes {} as a whole.",
                    shown(path),
                    shown(parent)
                );
                return Err(ParseError::new(Code::InvalidKeyName, text));
            }
            above = parent;
        }
    }
    Ok(())
}

fn op(json: Json) -> Result<Op, ParseError> {
    let Json::Object(mut map) = json else { return encode::value(json).map(Op::Set) };
    let Some(name) = map.remove("__op") else { return encode::value(Json::Object(map)).map(Op::Set) };
    let Json::String(name) = name else { return Err(bad("__op must be a string")) };
    Ok(match name.as_str() {
        "Delete" => Op::Delete,
        "Increment" => match map.get("amount").and_then(Json::as_f64) {
            Some(amount) => Op::Increment(amount),
            None => return Err(bad("incrementing must provide a number")),
        },
        SET_ON_INSERT => match map.remove("amount") {
            Some(value) => Op::Set(encode::value(value)?),
            None => return Err(bad("SetOnInsert must provide an amount")),
        },
        "Add" => Op::Add(values(&mut map)?),
        "AddUnique" => Op::AddUnique(values(&mut map)?),
        "Remove" => Op::Remove(values(&mut map)?),
        "AddRelation" => Op::AddRelation(one_class(pointers(&mut map)?)?),
        "RemoveRelation" => Op::RemoveRelation(one_class(pointers(&mut map)?)?),
        "Batch" => batch(map.remove("ops"))?,
        other => {
            let text = format!("The {} operator is not supported yet.", shown(other));
            return Err(ParseError::new(Code::CommandUnavailable, text));
        }
    })
}

fn values(map: &mut JsonMap<String, Json>) -> Result<Vec<Value>, ParseError> {
    match map.remove("objects") {
        Some(Json::Array(items)) => items.into_iter().map(encode::value).collect(),
        _ => Err(bad("objects to add must be an array")),
    }
}

fn pointers(map: &mut JsonMap<String, Json>) -> Result<Vec<Pointer>, ParseError> {
    let pointer = |value: Value| match value {
        Value::Pointer(pointer) => Ok(pointer),
        _ => Err(bad("objects of a relation must be pointers")),
    };
    values(map)?.into_iter().map(pointer).collect()
}

fn batch(ops: Option<Json>) -> Result<Op, ParseError> {
    let Some(Json::Array(ops)) = ops else { return Err(bad("ops of a Batch must be an array")) };
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    for op in ops {
        let Json::Object(mut map) = op else { return Err(bad("ops of a Batch must be operations")) };
        match map.get("__op").and_then(Json::as_str) {
            Some("AddRelation") => add.extend(pointers(&mut map)?),
            Some("RemoveRelation") => remove.extend(pointers(&mut map)?),
            _ => return Err(bad("a Batch may hold AddRelation and RemoveRelation only")),
        }
    }
    // Both lists belong to the one relation.
    let mixed = add
        .iter()
        .chain(&remove)
        .any(|pointer| add.first().or(remove.first()).is_some_and(|first| first.class != pointer.class));
    if mixed { Err(bad(MIXED)) } else { Ok(Op::Relate { add, remove }) }
}

const MIXED: &str = "objects of a relation must be of one class";

fn one_class(pointers: Vec<Pointer>) -> Result<Vec<Pointer>, ParseError> {
    let mixed = pointers.windows(2).any(|pair| matches!(pair, [a, b] if a.class != b.class));
    if mixed { Err(bad(MIXED)) } else { Ok(pointers) }
}
