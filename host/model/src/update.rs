//! Changes to an object: what a client's save says, one operation a path.

use std::{collections::BTreeMap, fmt};

use crate::{Acl, Path, Pointer, Value};

/// One operation on one field or place in a field.
#[derive(Clone, PartialEq)]
pub enum Op {
    /// Replaces the value.
    Set(Value),
    /// Removes the value.
    Delete,
    /// Adds to a number; a missing one counts as 0.
    Increment(f64),
    /// Appends to a list; a missing one counts as empty.
    Add(Vec<Value>),
    /// Appends what the list doesn't hold yet.
    AddUnique(Vec<Value>),
    /// Removes all equal elements from a list.
    Remove(Vec<Value>),
    /// Adds objects to a relation.
    AddRelation(Vec<Pointer>),
    /// Takes objects out of a relation.
    RemoveRelation(Vec<Pointer>),
    /// Both of the two relation operations at once.
    Relate {
        /// Objects to add.
        add: Vec<Pointer>,
        /// Objects to take out.
        remove: Vec<Pointer>,
    },
}

impl Op {
    /// The operation's name on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Set(_) => "Set",
            Op::Delete => "Delete",
            Op::Increment(_) => "Increment",
            Op::Add(_) => "Add",
            Op::AddUnique(_) => "AddUnique",
            Op::Remove(_) => "Remove",
            Op::AddRelation(_) => "AddRelation",
            Op::RemoveRelation(_) => "RemoveRelation",
            Op::Relate { .. } => "Batch",
        }
    }

    /// Whether it edits a relation's join rows and not the object itself.
    pub fn is_relation(&self) -> bool {
        matches!(self, Op::AddRelation(_) | Op::RemoveRelation(_) | Op::Relate { .. })
    }

    /// Applies the operation to a value; `None` stands for an absent one. Relation operations leave it alone.
    ///
    /// # Errors
    /// The name of the type that the operation needs, when the present value has another.
    pub fn apply(&self, current: Option<Value>) -> Result<Option<Value>, &'static str> {
        let list = |current: Option<Value>| match current {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err("Array"),
        };
        Ok(match self {
            Op::Set(value) => Some(value.clone()),
            Op::Delete => None,
            Op::Increment(amount) => match current {
                None | Some(Value::Null) => Some(Value::Number(*amount)),
                Some(Value::Number(number)) if (number + amount).is_finite() => {
                    Some(Value::Number(number + amount))
                }
                // Also a sum that no double holds.
                Some(_) => return Err("Number"),
            },
            Op::Add(values) => {
                let mut items = list(current)?;
                items.extend(values.iter().cloned());
                Some(Value::Array(items))
            }
            Op::AddUnique(values) => {
                let mut items = list(current)?;
                for value in values {
                    if !items.contains(value) {
                        items.push(value.clone());
                    }
                }
                Some(Value::Array(items))
            }
            Op::Remove(values) => {
                let mut items = list(current)?;
                items.retain(|item| !values.contains(item));
                Some(Value::Array(items))
            }
            Op::AddRelation(_) | Op::RemoveRelation(_) | Op::Relate { .. } => current,
        })
    }
}

impl fmt::Debug for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Op::Set(value) => write!(f, "Set({value:?})"),
            other => f.write_str(other.name()),
        }
    }
}

/// Everything that one save changes.
///
/// On the wire these are the body's keys; `ACL` is kept apart because it isn't a field.
#[derive(Clone, Default, PartialEq)]
pub struct Update {
    /// One operation a path; a path and its root never both appear.
    pub ops: BTreeMap<Path, Op>,
    /// `Some(None)` removes the ACL, so that the object becomes public.
    pub acl: Option<Option<Acl>>,
}

impl Update {
    /// Makes an update that changes nothing.
    pub fn new() -> Update {
        Update::default()
    }

    /// Adds an operation, replacing one on the same path.
    pub fn set(&mut self, path: Path, op: Op) -> &mut Self {
        self.ops.insert(path, op);
        self
    }

    /// The names of the fields that it touches, each once, in order.
    pub fn roots(&self) -> impl Iterator<Item = &str> {
        let mut last: Option<&str> = None;
        self.ops.keys().filter_map(move |path| {
            let root = path.root();
            (last != Some(root)).then(|| {
                last = Some(root);
                root
            })
        })
    }

    /// The operation on exactly this field.
    pub fn op(&self, field: &str) -> Option<&Op> {
        self.ops.get(field)
    }

    /// Whether nothing at all is changed.
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty() && self.acl.is_none()
    }
}

/// Shows paths and operation names, never values.
impl fmt::Debug for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Update({} operations)", self.ops.len() + usize::from(self.acl.is_some()))
    }
}
