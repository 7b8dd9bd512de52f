//! The door's side of the trail: an operation is opened before it is tried and closed whatever happens.

mod call;
mod entry;
mod refused;
mod seal;
mod tally;

pub use call::{CallOutcome, PluginCall};
pub(crate) use entry::Entry;
pub use refused::Unheard;
pub use seal::content;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use audit::{
    Actor, ActorKind, Code, Decision, Draft, Name, Objects, Outcome, Ref, RefKey, Seal, SealKey, Sink,
    Source, Stage, Status,
};
use model::{ClassName, Object, ObjectId};
use parking_lot::Mutex;
use tally::Tally;

use crate::{
    Context, Error, Principal,
    action::{Action, Target},
};

/// Makes records and waits for them.
#[derive(Clone)]
pub(crate) struct Ledger {
    sink: Arc<dyn Sink>,
    refs: Arc<RefKey>,
    seals: Arc<SealKey>,
    refused: Arc<Mutex<Tally>>,
}

impl Ledger {
    pub(crate) fn new(sink: Arc<dyn Sink>, refs: RefKey) -> Ledger {
        let seals = Arc::new(refs.seals());
        Ledger {
            sink,
            seals,
            refs: Arc::new(refs),
            refused: Arc::new(Mutex::new(Tally::new(Instant::now()))),
        }
    }

    /// The pseudonym of an object in records.
    pub(crate) fn reference(&self, class: &ClassName, id: &ObjectId) -> Ref {
        self.refs.of(class, id)
    }

    /// What a write left of an object, for records.
    pub(crate) fn seal(&self, object: &Object) -> Seal {
        Seal {
            class: Name::share(object.class.share()),
            reference: self.reference(&object.class, &object.id),
            content: Some(seal::content(&self.seals, object)),
        }
    }

    /// Opens the audit record of an operation that is about to be tried.
    ///
    /// For a change it waits until the intent is durable: an operation that can't be recorded isn't allowed
    /// to happen (45 CFR 164.312(b)). For a read it only learns that the log is healthy; the record is made in
    /// [`Entry::finish`], where the ids and fields about to leave are known.
    ///
    /// # Errors
    /// 124 when the request's time is over, [`Error::Unavailable`] when the trail can't take records.
    #[must_use = "an operation must be finished in the trail"]
    pub(crate) async fn begin(&self, cx: &Context, action: Action, target: &Target) -> Result<Entry, Error> {
        cx.has_time()?;
        let mut draft = self.draft(cx, action.code(), target);
        if !action.changes() {
            self.sink.health()?;
            return Ok(Entry::new(self.clone(), cx, draft, None));
        }
        draft.stage = Stage::Intent;
        let ticket = self.sink.enqueue(draft.clone())?;
        let intent = ticket.seq();
        // Whoever drops this future here leaves an intent that nobody will close: the entry guards it at once.
        let entry = Entry::new(self.clone(), cx, draft, Some(intent));
        ticket.durable().await?;
        Ok(entry)
    }

    /// Records objects that decide what an operation finds, without leaving themselves: a sub-query's, a relation's owner.
    ///
    /// Queued: the record of the operation around it follows, and that one is awaited.
    pub(crate) fn looked_at(
        &self,
        cx: &Context,
        action: Action,
        target: &Target,
        objects: &[Object],
        field: Option<&str>,
    ) -> Result<(), Error> {
        let mut draft = self.draft(cx, action.code(), target);
        let refs: Vec<Ref> = objects.iter().map(|object| self.reference(&object.class, &object.id)).collect();
        draft.outcome = Some(Outcome { status: Status::Ok, code: None, rows: refs.len() as u64, bytes: 0 });
        draft.fields.read = field.map(Name::clean).into_iter().collect();
        if let Some(named) = &mut draft.object {
            named.count = refs.len() as u64;
            named.refs = refs;
        }
        self.queue(draft)
    }

    /// Records what an operation did on its way, such as a field that a save added to its class.
    ///
    /// Queued: the record of the operation around it follows, and that one is awaited.
    pub(crate) fn did(&self, cx: &Context, action: Action, target: &Target) -> Result<(), Error> {
        let mut draft = self.draft(cx, action.code(), target);
        draft.outcome = Some(Outcome { status: Status::Ok, code: None, rows: 0, bytes: 0 });
        self.queue(draft)
    }

    /// Queues a record that a later one of the same operation makes durable, since the log keeps their order.
    pub(crate) fn queue(&self, draft: Draft) -> Result<(), Error> {
        self.sink.queue(draft)?;
        Ok(())
    }

    pub(crate) fn sink(&self) -> &dyn Sink {
        &*self.sink
    }

    fn draft(&self, cx: &Context, code: Code, target: &Target) -> Draft {
        cx.recorded.store(true, Ordering::Relaxed);
        let mut draft = Draft::new(code, Stage::Single, Name::share(cx.request_id().clone()), actor(cx));
        draft.parent = cx.parent;
        draft.source = Source { ip: cx.address(), client: cx.request.client.clone().map(Name::share) };
        draft.purpose = cx.purpose.clone().map(Name::share);
        draft.object = match (&target.class, &target.name) {
            (Some(class), _) => Some(Objects {
                class: Name::share(class.share()),
                refs: target.id.iter().map(|id| self.reference(class, id)).collect(),
                count: u64::from(target.id.is_some()),
            }),
            (None, Some(name)) => Some(Objects { class: Name::clean(name), refs: Vec::new(), count: 0 }),
            (None, None) => None,
        };
        draft.fields.written = target.fields.iter().map(|field| Name::clean(field)).collect();
        draft.fields.dropped = target.dropped.iter().map(|field| Name::clean(field)).collect();
        draft.version = target.version.map(|date| date.ms());
        draft.query = target.shape.clone();
        draft
    }
}

/// Says who acts, as records name it.
pub(crate) fn actor(cx: &Context) -> Actor {
    let named = |kind, id: &str| Actor::new(kind, Some(Name::clean(id)));
    let mut actor = match cx.principal() {
        Principal::Master => named(ActorKind::Operator, "master"),
        Principal::ReadOnlyMaster => named(ActorKind::Operator, "read-only-master"),
        Principal::Maintenance => named(ActorKind::Operator, "maintenance"),
        Principal::System => named(ActorKind::System, "parapet"),
        Principal::Anonymous => Actor::new(ActorKind::Anonymous, None),
        Principal::User(identity) => {
            let mut actor = Actor::new(ActorKind::User, Some(Name::share(identity.user.share())));
            actor.session = Some(identity.session_hash);
            actor.roles = identity.roles.iter().map(|role| Name::clean(role)).collect();
            actor
        }
    };
    if let Some(grant) = cx.grant() {
        actor.on_behalf_of = actor.id.take();
        actor.kind = ActorKind::Plugin;
        actor.id = Some(Name::share(grant.plugin.name.clone()));
    }
    actor
}

/// Says how an operation ended, as records name it.
fn outcome(error: Option<&Error>, rows: u64) -> (Outcome, Option<Decision>) {
    let denied = |rule: &str| Some(Decision { allow: false, rule: Name::clean(rule) });
    let (status, code, decision) = match error {
        None => (Status::Ok, None, None),
        Some(error @ (Error::Denied(_) | Error::Withheld(_) | Error::Ungranted)) => {
            (Status::Denied, Some(error.code().number()), denied("policy"))
        }
        Some(error @ Error::Vetoed(_)) => (Status::Denied, Some(error.code().number()), denied("plugin")),
        Some(Error::Forbidden(_)) => (Status::Denied, None, denied("master-key")),
        // The caller may not learn whether an object exists; the trail says just what was answered.
        Some(error @ Error::Refused(_)) => (Status::Error, Some(error.code().number()), None),
        // Nobody knows what a storage that fell silent has done.
        Some(Error::Unavailable { .. }) => (Status::Unknown, Some(1), None),
        Some(Error::Internal(_)) => (Status::Error, Some(1), None),
    };
    (Outcome { status, code, rows, bytes: 0 }, decision)
}
