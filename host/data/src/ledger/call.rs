//! The record of one plugin invocation.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use audit::{Code, Decision, Name, Objects, Outcome, Status};
use model::{ClassName, ObjectId};

use crate::{Context, Data, Error, PluginIdentity, action::Target};

/// What a plugin's invocation touched, filled in by the host and never by the guest.
#[derive(Debug, Clone)]
pub struct PluginCall {
    /// Which plugin.
    pub plugin: PluginIdentity,
    /// Which export ran: `before-save`, `functions`, …
    pub export: &'static str,
    /// The class or the function's name.
    pub target: Arc<str>,
    /// The class of the objects lent to it.
    pub class: Option<ClassName>,
    /// The objects lent to it.
    pub objects: Vec<ObjectId>,
    /// Fields it actually read.
    pub read: BTreeSet<Arc<str>>,
    /// Fields it actually wrote.
    pub written: BTreeSet<Arc<str>>,
    /// Fields it hid.
    pub masked: BTreeSet<Arc<str>>,
    /// How many objects were lent to it.
    pub rows: u64,
    /// How it ended.
    pub outcome: CallOutcome,
    /// How long it ran.
    pub duration: Duration,
    /// The purpose it declared.
    pub purpose: Option<Arc<str>>,
}

/// How an invocation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOutcome {
    /// As it should.
    Ok,
    /// The plugin refused, with a Parse code.
    Refused(i32),
    /// It touched what it isn't granted.
    Denied,
    /// It broke: which limit or trap.
    Failed(&'static str),
    /// It took too long.
    TimedOut,
    /// No slot became free.
    Busy,
}

impl Data {
    /// Records a plugin's invocation.
    ///
    /// Queued, not awaited: the record of the operation around it follows in the log, and that one is
    /// durable before anything leaves.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the trail can't take records: the operation must fail then.
    pub fn note_call(&self, cx: &Context, call: PluginCall) -> Result<(), Error> {
        let ledger = &self.inner.ledger;
        let mut draft = ledger.draft(cx, Code::PluginCall, &Target::default());
        draft.purpose = call.purpose.map(Name::share).or(draft.purpose);
        let class = call.class.as_ref().map_or(call.target, ClassName::share);
        draft.object = Some(Objects {
            class: Name::share(class),
            refs: match &call.class {
                Some(class) => call.objects.iter().map(|id| ledger.reference(class, id)).collect(),
                None => Vec::new(),
            },
            count: call.rows,
        });
        let names = |fields: BTreeSet<Arc<str>>| fields.into_iter().map(Name::share).collect();
        draft.fields.read = names(call.read);
        draft.fields.written = names(call.written);
        draft.fields.masked = names(call.masked);
        draft.plugin = Some(audit::PluginCall {
            name: Name::share(call.plugin.name),
            version: Name::share(call.plugin.version),
            digest: call.plugin.digest,
            export: Name::clean(call.export),
            generation: call.plugin.generation,
            grant: Some(Name::share(call.plugin.grant)),
            duration_us: u64::try_from(call.duration.as_micros()).unwrap_or(u64::MAX),
        });
        let rule = |rule: &str| Some(Decision { allow: false, rule: Name::clean(rule) });
        let (status, code, decision) = match call.outcome {
            CallOutcome::Ok => (Status::Ok, None, None),
            CallOutcome::Refused(code) => (Status::Denied, Some(code), rule("plugin")),
            CallOutcome::Denied => (Status::Denied, Some(119), rule("grant")),
            CallOutcome::Failed(what) => (Status::Error, Some(141), rule(what)),
            CallOutcome::TimedOut => (Status::Error, Some(124), rule("deadline")),
            CallOutcome::Busy => (Status::Error, Some(155), rule("slots")),
        };
        draft.outcome = Some(Outcome { status, code, rows: call.rows, bytes: 0 });
        draft.decision = decision;
        ledger.queue(draft)
    }
}
