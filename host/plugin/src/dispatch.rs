//! Asks the plugins of a generation, one after the other, and carries their answers on.

use std::sync::Arc;

use async_trait::async_trait;
use data::{After, Change, Context, Data, Hooks, Refusal, RefusalKind, Shown};
use model::{ClassName, Code, Event, Object, ParseError, Query, Value, encode};

use crate::{
    convert,
    manifest::OnFailure,
    member::Listener,
    registry::Registry,
    subject::{Asked, Export, Found, Subject},
};

/// Whether a failed hook may be passed over: only one that broke, and only where its manifest says so.
fn passes(listener: &Listener, refusal: &Refusal) -> bool {
    let broke = matches!(refusal.kind, RefusalKind::Failed | RefusalKind::TimedOut | RefusalKind::Busy);
    broke && listener.on_failure == OnFailure::Open && refusal.error.code != Code::InternalServerError
}

/// A subject that came back as another kind; the runner hands back what it was given.
fn mixed_up(listener: &Listener) -> Refusal {
    Refusal {
        error: ParseError::of(Code::InternalServerError),
        kind: RefusalKind::Failed,
        plugin: Some(listener.member.loaded.name.clone()),
    }
}

#[async_trait]
impl Hooks for Registry {
    fn wants(&self, event: Event, class: &ClassName) -> bool {
        !self.listeners(event, class).is_empty()
    }

    /// Each plugin sees what the one before it left; the first refusal ends the series.
    async fn before(
        &self,
        data: &Data,
        cx: &Context,
        event: Event,
        change: Change,
    ) -> Result<Change, Refusal> {
        let class = change.class.clone();
        let mut change = change;
        for listener in self.listeners(event, &class) {
            let kept = (listener.on_failure == OnFailure::Open).then(|| change.clone());
            let subject = match event {
                Event::BeforeSave => Subject::Saving(change),
                _ => Subject::Deleting(Arc::new(change)),
            };
            let export = Export::Hook(event);
            let done = self.runner.invoke(data, cx, &listener.member, export, class.share(), subject).await;
            change = match (done.answer, done.subject, kept) {
                (Ok(_), Subject::Saving(change), _) => change,
                (Ok(_), Subject::Deleting(change), _) => Arc::unwrap_or_clone(change),
                (Ok(_), _, _) => return Err(mixed_up(listener)),
                // What a broken plugin changed before it broke is forgotten with it.
                (Err(refusal), _, Some(kept)) if passes(listener, &refusal) => kept,
                (Err(refusal), _, _) => return Err(refusal),
            };
        }
        Ok(change)
    }

    /// Every plugin is told. A failed after-save stays in the trail; the first failed after-delete reaches the caller.
    async fn after(
        &self,
        data: &Data,
        cx: &Context,
        event: Event,
        change: Arc<Change>,
    ) -> Result<After, Refusal> {
        let mut merged = After::default();
        let mut first = None;
        for listener in self.listeners(event, &change.class) {
            let subject = match event {
                Event::AfterSave => Subject::Saved { change: change.clone(), after: After::default() },
                _ => Subject::Deleting(change.clone()),
            };
            let export = Export::Hook(event);
            let done =
                self.runner.invoke(data, cx, &listener.member, export, change.class.share(), subject).await;
            match (done.answer, done.subject) {
                (Ok(_), Subject::Saved { after, .. }) => {
                    merged.answer.extend(after.answer);
                    merged.redacted.extend(after.redacted);
                }
                (Ok(_), _) => {}
                (Err(refusal), _) if event == Event::AfterSave => {
                    tracing::warn!(plugin = %listener.member.loaded.name, request = %cx.request_id(),
                        code = refusal.error.code.number(), "an after-save hook failed; the object is stored");
                    // What it would have hidden stays hidden.
                    let mask = listener.member.loaded.mask(&change.class);
                    let saved = change.saved.as_ref().map(|saved| crate::edit::object_names(saved));
                    let hidden = saved
                        .into_iter()
                        .flatten()
                        .filter(|name| mask.allows(crate::mask::Verb::Redact, name));
                    merged.redacted.extend(hidden);
                }
                (Err(refusal), _) if passes(listener, &refusal) => {}
                (Err(refusal), _) => first = first.or(Some(refusal)),
            }
        }
        merged.answer.retain(|name, _| !merged.redacted.contains(name.as_str()));
        match first {
            Some(refusal) => Err(refusal),
            None => Ok(merged),
        }
    }

    async fn before_find(&self, data: &Data, cx: &Context, query: Query) -> Result<Query, Refusal> {
        let class = query.class.clone();
        let mut query = query;
        for listener in self.listeners(Event::BeforeFind, &class) {
            let asked = Box::new(Asked::of(&query));
            let subject = Subject::Finding { query: Box::new(query), asked };
            let export = Export::Hook(Event::BeforeFind);
            let done = self.runner.invoke(data, cx, &listener.member, export, class.share(), subject).await;
            query = match (done.answer, done.subject) {
                (Ok(_), Subject::Finding { query, .. }) => *query,
                (Ok(_), _) => return Err(mixed_up(listener)),
                (Err(refusal), _) => return Err(refusal),
            };
        }
        Ok(query)
    }

    /// A masker that failed must not let unmasked rows out, so every refusal refuses the whole answer.
    async fn after_find(
        &self,
        data: &Data,
        cx: &Context,
        class: &ClassName,
        rows: Vec<Object>,
    ) -> Result<Shown, Refusal> {
        let mut shown = Shown { rows, ..Shown::default() };
        for listener in self.listeners(Event::AfterFind, class) {
            let subject = Subject::Found(Found::new(class.clone(), shown.rows));
            let export = Export::Hook(Event::AfterFind);
            let done = self.runner.invoke(data, cx, &listener.member, export, class.share(), subject).await;
            shown.rows = match (done.answer, done.subject) {
                (Ok(_), Subject::Found(found)) => found.into_rows(),
                (Ok(_), _) => return Err(mixed_up(listener)),
                (Err(refusal), _) => return Err(refusal),
            };
            shown.masked.extend(done.masked);
        }
        Ok(shown)
    }

    async fn call(
        &self,
        data: &Data,
        cx: &Context,
        name: &str,
        input: Value,
    ) -> Result<Option<Option<Value>>, Refusal> {
        let Some(member) = self.function(name) else { return Ok(None) };
        let subject = Subject::Called(input);
        let done = self.runner.invoke(data, cx, member, Export::Functions, name.into(), subject).await;
        let Some(text) = done.answer? else { return Ok(Some(None)) };
        let value = convert::json(&text).and_then(encode::value).map_err(|_| {
            tracing::warn!(plugin = %member.loaded.name, function = name, "a function answered malformed JSON");
            Refusal {
                error: ParseError::new(Code::ScriptFailed, format!("Cloud code failed (ref {}).", cx.request_id())),
                kind: RefusalKind::Failed,
                plugin: Some(member.loaded.name.clone()),
            }
        })?;
        Ok(Some(Some(value)))
    }
}
