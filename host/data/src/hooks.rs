//! How the heart calls outward: the port behind which plugins run.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use model::{Acl, ClassName, Event, FieldName, Object, ObjectId, ParseError, Path, Query, Update, Value};

use crate::{Context, Data};

/// A write that is about to happen, or has happened, as hooks see it.
#[derive(Clone, Debug)]
pub struct Change {
    /// The class.
    pub class: ClassName,
    /// The object; `None` while a new one has no id for clients to know.
    pub id: Option<ObjectId>,
    /// The id that the object has or is going to have: for the trail, not for guests.
    pub announced: Option<ObjectId>,
    /// The object as it was; `None` for a new one.
    pub original: Option<Arc<Object>>,
    /// What the write changes; a before-save hook edits this.
    pub update: Update,
    /// The object as it is now; only after the write.
    pub saved: Option<Arc<Object>>,
}

impl Change {
    /// The value at a path as it would be after the write. Values that only storage can know
    /// (an `Increment` that races) are computed from the original.
    pub fn value(&self, path: &Path) -> Option<Value> {
        if let Some(saved) = &self.saved {
            return saved.at(path).cloned();
        }
        let before = self.original.as_ref().and_then(|original| original.at(path));
        if let Some(op) = self.update.ops.get(path) {
            return op.apply(before.cloned()).ok().flatten();
        }
        let root = path.root();
        if path.is_dotted() {
            if let Some(op) = self.update.op(root) {
                let whole = self.original.as_ref().and_then(|original| original.field(root)).cloned();
                return op.apply(whole).ok().flatten()?.below(path.rest()).cloned();
            }
            return before.cloned();
        }
        // Dotted edits below the asked root: apply them to a copy of the root.
        let below: Vec<_> = self.update.ops.iter().filter(|(edited, _)| edited.root() == root).collect();
        if below.is_empty() {
            return before.cloned();
        }
        let mut copy = Object::new(
            self.class.clone(),
            self.id.clone().or_else(|| ObjectId::new("new").ok())?,
            model::Date(0),
        );
        if let (Some(value), Ok(name)) = (before, FieldName::new(root)) {
            copy.fields.insert(name, value.clone());
        }
        let part = Update {
            ops: below.into_iter().map(|(path, op)| (path.clone(), op.clone())).collect(),
            acl: None,
        };
        copy.apply(&part).ok()?;
        copy.fields.remove(root)
    }

    /// The ACL as it would be after the write.
    pub fn acl(&self) -> Option<&Acl> {
        match &self.update.acl {
            Some(acl) => acl.as_ref(),
            None => self.original.as_ref().and_then(|original| original.acl.as_ref()),
        }
    }
}

/// What after-save hooks change in the answer (never in what is stored).
#[derive(Clone, Debug, Default)]
pub struct After {
    /// Fields to add to the answer.
    pub answer: std::collections::BTreeMap<FieldName, Value>,
    /// Fields to take out of it.
    pub redacted: BTreeSet<String>,
}

/// What after-find hooks leave of an answer.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// The rows that leave.
    pub rows: Vec<Object>,
    /// Fields that were taken out of some of them, for the record of the find.
    pub masked: BTreeSet<Arc<str>>,
}

/// Why a hook's answer is no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The plugin refused, in its own words.
    Refused,
    /// The plugin touched what it isn't granted.
    Denied,
    /// The plugin broke: a trap, a limit, a malformed answer.
    Failed,
    /// The plugin took too long.
    TimedOut,
    /// No slot became free in time.
    Busy,
}

/// A plugin's no.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What the client reads.
    pub error: ParseError,
    /// Why.
    pub kind: RefusalKind,
    /// Which plugin said it.
    pub plugin: Option<Arc<str>>,
}

impl From<Refusal> for crate::Error {
    fn from(refusal: Refusal) -> crate::Error {
        match refusal.kind {
            RefusalKind::Denied => crate::Error::Denied(refusal.error),
            RefusalKind::Refused => crate::Error::Vetoed(refusal.error),
            _ => crate::Error::Refused(refusal.error),
        }
    }
}

/// What stands ready to be asked at each event; one snapshot serves a whole request.
///
/// `data` is lent for the call, so that there is no cycle to wire; it is a cheap clone.
/// `cx` is the context of the operation that raised the event; a hook that acts in turn narrows it
/// with [`Context::for_plugin`].
#[async_trait]
pub trait Hooks: Send + Sync {
    /// Whether anything listens; asked before anything is built for it.
    fn wants(&self, event: Event, class: &ClassName) -> bool;

    /// Asks before a save or a delete; the answer is the change to carry out.
    async fn before(
        &self,
        data: &Data,
        cx: &Context,
        event: Event,
        change: Change,
    ) -> Result<Change, Refusal>;

    /// Tells after a save or a delete.
    async fn after(
        &self,
        data: &Data,
        cx: &Context,
        event: Event,
        change: Arc<Change>,
    ) -> Result<After, Refusal>;

    /// Asks before a find; the answer is the query to run, which may only be narrower.
    async fn before_find(&self, data: &Data, cx: &Context, query: Query) -> Result<Query, Refusal>;

    /// Asks after a find; the answer is what leaves.
    async fn after_find(
        &self,
        data: &Data,
        cx: &Context,
        class: &ClassName,
        rows: Vec<Object>,
    ) -> Result<Shown, Refusal>;

    /// Calls a function by name; `None` outside means that there is no such function, inside that it answered nothing.
    async fn call(
        &self,
        data: &Data,
        cx: &Context,
        name: &str,
        input: Value,
    ) -> Result<Option<Option<Value>>, Refusal>;
}

/// Where a request takes its snapshot of hooks from.
pub trait HookSource: Send + Sync {
    /// The hooks as they stand now.
    fn current(&self) -> Arc<dyn Hooks>;
}

/// A server without plugins.
pub struct NoHooks;

#[async_trait]
impl Hooks for NoHooks {
    fn wants(&self, _: Event, _: &ClassName) -> bool {
        false
    }
    async fn before(&self, _: &Data, _: &Context, _: Event, change: Change) -> Result<Change, Refusal> {
        Ok(change)
    }
    async fn after(&self, _: &Data, _: &Context, _: Event, _: Arc<Change>) -> Result<After, Refusal> {
        Ok(After::default())
    }
    async fn before_find(&self, _: &Data, _: &Context, query: Query) -> Result<Query, Refusal> {
        Ok(query)
    }
    async fn after_find(
        &self,
        _: &Data,
        _: &Context,
        _: &ClassName,
        rows: Vec<Object>,
    ) -> Result<Shown, Refusal> {
        Ok(Shown { rows, ..Shown::default() })
    }
    async fn call(&self, _: &Data, _: &Context, _: &str, _: Value) -> Result<Option<Option<Value>>, Refusal> {
        Ok(None)
    }
}

impl HookSource for NoHooks {
    fn current(&self) -> Arc<dyn Hooks> {
        Arc::new(NoHooks)
    }
}
