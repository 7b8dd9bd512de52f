//! The proof that policy said yes; the vault asks for one.

use std::sync::Arc;

use model::{Date, Filter, Object, ObjectId, Schema, Update};
use storage::Write;

use super::Mask;

/// Allows one operation on some rows and fields of one class. Made by policy alone.
#[derive(Clone)]
pub(crate) struct Permit {
    schema: Arc<Schema>,
    rows: Filter,
    mask: Mask,
}

/// A write that a permit allowed; nothing else reaches storage.
pub(crate) struct Authorised(Write);

impl Permit {
    pub(super) fn new(schema: Arc<Schema>, rows: Filter, mask: Mask) -> Permit {
        Permit { schema, rows, mask }
    }

    pub(crate) fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The rows that the permit reaches.
    pub(crate) fn rows(&self) -> &Filter {
        &self.rows
    }

    /// What it hides.
    pub(crate) fn mask(&self) -> &Mask {
        &self.mask
    }

    /// Follows a class that has just gained fields.
    pub(crate) fn with_schema(mut self, schema: Arc<Schema>) -> Permit {
        self.schema = schema;
        self
    }

    /// Allows inserting an object.
    pub(crate) fn insert(&self, object: Object) -> Authorised {
        Authorised(Write::Insert { schema: self.schema.clone(), object })
    }

    /// Allows changing one object, if it is among the permit's rows.
    pub(crate) fn update(&self, id: &ObjectId, update: Update, at: Date) -> Authorised {
        let filter = Filter::id(id).and(self.rows.clone());
        Authorised(Write::Update { schema: self.schema.clone(), filter, update, at })
    }

    /// Allows deleting one object, if it is among the permit's rows.
    pub(crate) fn delete(&self, id: &ObjectId) -> Authorised {
        let filter = Filter::id(id).and(self.rows.clone());
        Authorised(Write::Delete { schema: self.schema.clone(), filter, must_exist: true })
    }

    /// Allows deleting every object of the permit's rows that a filter passes; none is fine.
    pub(crate) fn delete_all(&self, filter: Filter) -> Authorised {
        let filter = filter.and(self.rows.clone());
        Authorised(Write::Delete { schema: self.schema.clone(), filter, must_exist: false })
    }

    /// Allows editing one object's relation; goes into the same commit as the object's own write, which checks the row.
    pub(crate) fn relate(
        &self,
        owner: &ObjectId,
        key: &str,
        add: Vec<ObjectId>,
        remove: Vec<ObjectId>,
    ) -> Authorised {
        Authorised(Write::Relate {
            schema: self.schema.clone(),
            key: key.to_owned(),
            owner: owner.clone(),
            add,
            remove,
        })
    }
}

impl Authorised {
    /// Hands the write to the vault.
    pub(crate) fn into_write(self) -> Write {
        self.0
    }
}
