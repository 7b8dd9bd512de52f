//! One change of storage.

use std::sync::Arc;

use model::{Date, Filter, Object, ObjectId, Schema, Update};

/// A change to carry out. Relation operations inside an `Update` are ignored: they come as [`Write::Relate`].
#[derive(Clone, Debug)]
pub enum Write {
    /// Inserts a new object whole.
    Insert {
        /// Its class.
        schema: Arc<Schema>,
        /// All of it.
        object: Object,
    },
    /// Applies an update to the one object that the filter passes.
    Update {
        /// Its class.
        schema: Arc<Schema>,
        /// Names the object and carries the permit's row filter.
        filter: Filter,
        /// What changes. Paths may be dotted; an absent or null parent becomes an object.
        update: Update,
        /// The object's new `updatedAt`.
        at: Date,
    },
    /// Deletes every object that the filter passes.
    Delete {
        /// Its class.
        schema: Arc<Schema>,
        /// Which objects.
        filter: Filter,
        /// Whether finding none is an error.
        must_exist: bool,
    },
    /// Edits the join rows of one object's relation; idempotent.
    Relate {
        /// The owner's class.
        schema: Arc<Schema>,
        /// The relation field.
        key: String,
        /// The owning object.
        owner: ObjectId,
        /// Members to add.
        add: Vec<ObjectId>,
        /// Members to take out.
        remove: Vec<ObjectId>,
    },
}

/// What a change did.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    /// The object was inserted.
    Inserted,
    /// The object as it stands now.
    Updated(Box<Object>),
    /// So many objects were deleted.
    Deleted(u64),
    /// The join rows are as asked.
    Related,
}
