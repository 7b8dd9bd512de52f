//! An object of a class.

use std::{collections::BTreeMap, fmt};

use crate::{Acl, ClassName, Date, FieldName, ObjectId, Path, Value, query::place};

/// The fields of an object by name, without `objectId`, `createdAt`, `updatedAt` and `ACL`.
pub type Fields = BTreeMap<FieldName, Value>;

/// One stored object. Fields that start with `_` are the server's own and never leave it.
#[derive(Clone, PartialEq)]
pub struct Object {
    /// The class it belongs to.
    pub class: ClassName,
    /// Its id, unique in its class.
    pub id: ObjectId,
    /// When it was first saved.
    pub created_at: Date,
    /// When it was last saved.
    pub updated_at: Date,
    /// Who may see and change it; `None` is public.
    pub acl: Option<Acl>,
    /// Everything else.
    pub fields: Fields,
}

impl Object {
    /// Makes an object without fields.
    pub fn new(class: ClassName, id: ObjectId, at: Date) -> Object {
        Object { class, id, created_at: at, updated_at: at, acl: None, fields: Fields::new() }
    }

    /// A field's value.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }

    /// The value at a path; `None` when nothing is there. `objectId`, `createdAt`, `updatedAt` aren't fields.
    pub fn at(&self, path: &Path) -> Option<&Value> {
        self.fields.get(path.root())?.below(path.rest())
    }

    /// Calls `visit` with everything that a path leads to, through arrays of objects, as queries see it.
    /// Here `objectId`, `createdAt` and `updatedAt` are fields like others.
    pub fn each_at(&self, path: &Path, visit: &mut dyn FnMut(&Value)) {
        place::visit(self, path, |branches| branches.iter().copied().flatten().for_each(visit));
    }
}

/// Shows the class and the number of fields, never the content.
impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({}, {} fields)", self.class, self.fields.len())
    }
}
