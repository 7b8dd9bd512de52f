//! What operations answer.

use std::sync::Arc;

use model::{ClassName, Date, FieldName, Object, ObjectId, Value};

/// What a create or an update answers.
#[derive(Debug, Clone)]
pub struct Saved {
    /// The object.
    pub id: ObjectId,
    /// When it was made.
    pub created_at: Date,
    /// Its new time of change.
    pub updated_at: Date,
    /// Whether the save made a new object: REST answers 201 then.
    pub created: bool,
    /// What the client couldn't know: results of operations, defaults, what hooks changed.
    /// `None` tells that a hook removed the field. Dotted paths come back under their root.
    pub changed: std::collections::BTreeMap<FieldName, Option<Value>>,
    /// The ACL, when the server or a hook set it.
    pub acl: Option<model::Acl>,
    /// The token of a session that the save opened: signup, or a changed password.
    pub session_token: Option<Arc<str>>,
}

/// What a find answers.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The objects, as the caller may see them.
    pub objects: Vec<Object>,
    /// The number of all matches, when it was asked for.
    pub count: Option<u64>,
    /// The class of the objects, when the query was redirected to another one than it named.
    pub class: Option<ClassName>,
    /// The database's plan, when it was asked for instead of objects.
    pub plan: Option<Value>,
}

/// What a login answers.
#[derive(Debug, Clone)]
pub struct LoggedIn {
    /// The user, as itself may see it.
    pub user: Object,
    /// The session's token.
    pub token: Arc<str>,
}
