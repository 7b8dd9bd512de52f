//! One operation in the trail, from its intent to its outcome.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use audit::{Code, Draft, Name, Objects, Outcome, Ref, Seal, Stage, Status};
use model::{ClassName, Date, FieldName, Object, ObjectId, Value};

use super::{Ledger, outcome};
use crate::{Context, Error, PluginVersion, context::Request, deadline::timed_out};

/// An open record. Dropped unfinished, it is recorded as cut off or abandoned.
#[must_use = "an operation must be finished in the trail"]
pub(crate) struct Entry {
    ledger: Ledger,
    request: Arc<Request>,
    draft: Option<Draft>,
    intent: Option<u64>,
    /// Inside a hook a read waits for nothing: the record of the operation around it, later in the log, does.
    nested: bool,
    seen: BTreeMap<ClassName, Seen>,
    written: BTreeSet<String>,
    masked: BTreeMap<ClassName, BTreeSet<String>>,
    answered: BTreeSet<FieldName>,
    rows: u64,
}

/// Objects of one class that are about to leave.
#[derive(Default)]
struct Seen {
    refs: Vec<Ref>,
    fields: BTreeSet<FieldName>,
}

impl Entry {
    pub(super) fn new(ledger: Ledger, cx: &Context, draft: Draft, intent: Option<u64>) -> Entry {
        Entry {
            ledger,
            request: cx.request.clone(),
            draft: Some(draft),
            intent,
            nested: intent.is_none() && cx.depth() > 0,
            seen: BTreeMap::new(),
            written: BTreeSet::new(),
            masked: BTreeMap::new(),
            answered: BTreeSet::new(),
            rows: 0,
        }
    }

    /// The position of the intent, for records of what happens within.
    pub(crate) fn intent(&self) -> Option<u64> {
        self.intent
    }

    /// Gives the record another code, when what happened has one of its own.
    pub(crate) fn code(&mut self, code: Code) {
        if let Some(draft) = &mut self.draft {
            draft.code = code;
        }
    }

    /// Notes objects that are about to leave, with everything included in them.
    pub(crate) fn leaves(&mut self, objects: &[Object]) {
        self.rows += objects.len() as u64;
        for object in objects {
            self.note(object);
        }
    }

    fn note(&mut self, object: &Object) {
        let reference = self.ledger.reference(&object.class, &object.id);
        let seen = match self.seen.get_mut(&object.class) {
            Some(seen) => seen,
            None => self.seen.entry(object.class.clone()).or_default(),
        };
        seen.refs.push(reference);
        for name in object.fields.keys() {
            if !name.is_internal() && !seen.fields.contains(name) {
                seen.fields.insert(name.clone());
            }
        }
        for value in object.fields.values() {
            self.note_nested(value);
        }
    }

    fn note_nested(&mut self, value: &Value) {
        match value {
            Value::Record(object) => self.note(object),
            Value::Array(items) => items.iter().for_each(|item| self.note_nested(item)),
            Value::Object(map) => map.values().for_each(|member| self.note_nested(member)),
            _ => {}
        }
    }

    /// Notes fields of the operation's own object that its answer carries.
    pub(crate) fn leaves_fields<'a>(&mut self, fields: impl IntoIterator<Item = &'a FieldName>) {
        self.answered.extend(fields.into_iter().cloned());
    }

    /// Notes which object the operation turned out to be about.
    pub(crate) fn about(&mut self, class: &ClassName, id: &ObjectId) {
        let reference = self.ledger.reference(class, id);
        if let Some(draft) = &mut self.draft {
            draft.object =
                Some(Objects { class: Name::share(class.share()), refs: vec![reference], count: 1 });
        }
    }

    /// Notes who acts, when the operation itself proved it.
    pub(crate) fn by(&mut self, user: &ObjectId) {
        if let Some(draft) = &mut self.draft {
            draft.actor.id = Some(Name::share(user.share()));
        }
    }

    /// Notes fields that the operation wrote.
    pub(crate) fn wrote<'a>(&mut self, fields: impl IntoIterator<Item = &'a str>) {
        self.written.extend(fields.into_iter().map(ToOwned::to_owned));
    }

    /// Notes a field of a class that was hidden from the caller, in the object itself or in an included one.
    pub(crate) fn masked(&mut self, class: &ClassName, field: &str) {
        let fields = match self.masked.get_mut(class) {
            Some(fields) => fields,
            None => self.masked.entry(class.clone()).or_default(),
        };
        if !fields.contains(field) {
            fields.insert(field.to_owned());
        }
    }

    /// Notes the `updatedAt` that a write has set.
    pub(crate) fn version(&mut self, at: Date) {
        if let Some(draft) = &mut self.draft {
            draft.version = Some(at.ms());
        }
    }

    /// Notes objects that the operation deleted.
    pub(crate) fn removed(&mut self, objects: &[Object]) {
        self.rows += objects.len() as u64;
        let refs: Vec<Ref> =
            objects.iter().map(|object| self.ledger.reference(&object.class, &object.id)).collect();
        if let Some(named) = self.draft.as_mut().and_then(|draft| draft.object.as_mut()) {
            named.count = refs.len() as u64;
            named.refs = refs;
        }
    }

    /// Notes what the operation has left of an object.
    pub(crate) fn stored(&mut self, object: &Object) {
        let seal = self.ledger.seal(object);
        self.sealed([seal]);
    }

    /// Notes what the operation has left of further objects.
    pub(crate) fn sealed(&mut self, seals: impl IntoIterator<Item = Seal>) {
        if let Some(draft) = &mut self.draft {
            draft.seals.extend(seals);
        }
    }

    /// Notes that the operation has left nothing of an object.
    pub(crate) fn gone(&mut self, class: &ClassName, id: &ObjectId) {
        let reference = self.ledger.reference(class, id);
        self.sealed([Seal { class: Name::share(class.share()), reference, content: None }]);
    }

    /// Notes the plugin versions that an administrator's act was about.
    pub(crate) fn concerns(&mut self, versions: Vec<PluginVersion>) {
        let Some(draft) = &mut self.draft else { return };
        let name = |text: &String| Name::clean(text);
        draft.plugin_versions = versions
            .iter()
            .map(|version| audit::PluginVersion {
                name: name(&version.name),
                version: name(&version.version),
                digest: version.digest,
                approval: version.approval.as_ref().map(name),
                approved_by: version.approved_by.as_ref().map(name),
                approved_as: version.approved_as.as_ref().map(name),
            })
            .collect();
    }

    /// Notes a number of rows without their ids: a count.
    pub(crate) fn counted(&mut self, rows: u64) {
        self.rows = rows;
    }

    /// Closes the record; the outcome may leave once this answers.
    ///
    /// # Errors
    /// The outcome's own error, or [`Error::Unavailable`] when the record couldn't be made durable: then
    /// nothing may leave, though a change may have happened (its intent says so).
    pub(crate) async fn finish<T>(mut self, result: Result<T, Error>) -> Result<T, Error> {
        let Some(draft) = self.draft.take() else { return result };
        let last = self.told(draft, result.as_ref().err())?;
        match self.nested {
            true => self.ledger.queue(last)?,
            false => drop(self.ledger.sink().enqueue(last)?.durable().await?),
        }
        result
    }

    /// Completes the record of the operation, after those of what it included from other classes.
    fn told(&mut self, mut draft: Draft, error: Option<&Error>) -> Result<Draft, Error> {
        let main = draft.object.as_ref().map(|object| object.class.as_str().to_owned());
        let (outcome, decision) = outcome(error, self.rows);
        if let Some(intent) = self.intent {
            draft.stage = Stage::Outcome { intent };
        }
        // Nothing left when the operation failed.
        let seen = if error.is_some() { BTreeMap::new() } else { std::mem::take(&mut self.seen) };
        let hidden = |class: &str| {
            self.masked.get(class).into_iter().flatten().map(|field| Name::clean(field)).collect::<Vec<_>>()
        };
        draft.fields.masked = main.as_deref().map(hidden).unwrap_or_default();
        for (class, seen) in seen {
            let fields = seen.fields.iter().map(|field| Name::share(field.share())).collect();
            if main.as_deref() == Some(class.as_str()) {
                draft.fields.read = fields;
                draft.object = Some(Objects {
                    class: Name::share(class.share()),
                    count: seen.refs.len() as u64,
                    refs: seen.refs,
                });
                continue;
            }
            let rows = seen.refs.len() as u64;
            let (request, actor) = (draft.request.clone(), draft.actor.clone());
            let mut record = Draft::new(Code::PhiRead, Stage::Single, request, actor);
            record.parent = self.intent.or(draft.parent);
            record.plugin = draft.plugin.clone();
            record.source = draft.source.clone();
            record.purpose = draft.purpose.clone();
            record.fields = audit::Touched { read: fields, masked: hidden(&class), ..Default::default() };
            record.object = Some(Objects { class: Name::share(class.share()), count: rows, refs: seen.refs });
            record.outcome = Some(Outcome { status: Status::Ok, code: None, rows, bytes: 0 });
            self.ledger.queue(record)?;
        }
        if error.is_none() {
            draft.fields.read.extend(self.answered.iter().map(|field| Name::share(field.share())));
        }
        if !self.written.is_empty() {
            draft.fields.written = self.written.iter().map(|field| Name::clean(field)).collect();
        }
        draft.outcome = Some(outcome);
        draft.decision = decision;
        Ok(draft)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let Some(mut draft) = self.draft.take() else { return };
        if let Some(intent) = self.intent {
            draft.stage = Stage::Outcome { intent };
        }
        // Cut off in time nothing was written; otherwise nobody knows what was.
        let cut = self.request.deadline.cuts_off();
        let (status, code) = match cut {
            true => (Status::Error, Some(timed_out().code().number())),
            false => (Status::Unknown, None),
        };
        draft.outcome = Some(Outcome { status, code, rows: 0, bytes: 0 });
        // It is written at once: no record of this operation follows.
        match self.ledger.sink().enqueue(draft) {
            Ok(ticket) if cut => self.request.deadline.note(ticket),
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, "an abandoned operation could not be recorded; recovery will close it");
            }
        }
    }
}
