//! Requests that are refused before any operation begins.

use std::{
    sync::{Arc, Weak},
    time::Instant,
};

use audit::{Actor, ActorKind, Code, Decision, Draft, Name, Outcome, Source, Stage, Status};

use super::tally::{Kind, Verdict, WINDOW};
use crate::{Context, Data, Error, action::Target};

/// A request that nobody could read, or that asks for what isn't built.
#[derive(Debug, Clone, Copy)]
pub struct Unheard<'a> {
    /// What it asked: a method and a route, perhaps a class; nothing else of the request.
    pub asked: &'a str,
    /// Why not: `unreadable`, `unsupported`, `master-key`, `route`, `proxied`, `deadline`.
    pub rule: &'static str,
    /// The Parse code of the answer, if it has one.
    pub code: Option<i32>,
}

impl Data {
    /// Records a request that was refused before it asked the door for anything, and waits for the record.
    ///
    /// Whose keys and session were proved is recorded each time. Of those by nobody in particular the first are, and
    /// the others are counted: who can't even write a request must not be able to fill the disk with records of it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the trail can't take the record.
    pub async fn unheard(&self, cx: &Context, request: Unheard<'_>) -> Result<(), Error> {
        let draft = self.inner.ledger.draft(cx, Code::RequestRefused, &Target::named(request.asked));
        self.turn_away(draft, request.rule, request.code).await
    }

    /// Records a refusal by a rule, or counts it.
    pub(crate) async fn turn_away(&self, draft: Draft, rule: &str, code: Option<i32>) -> Result<(), Error> {
        let ledger = &self.inner.ledger;
        if draft.actor.kind == ActorKind::Anonymous {
            let kind = Kind::new(draft.code, rule, draft.source.ip);
            let (verdict, ended) = ledger.refused.lock().judge(kind, Instant::now());
            if verdict == Verdict::First {
                tokio::spawn(count_later(Arc::downgrade(&self.inner)));
            }
            self.record_counts(ended)?;
            if verdict != Verdict::Record {
                return Ok(ledger.sink().health()?);
            }
        }
        ledger.sink().enqueue(refused(draft, rule, code, 0))?.durable().await?;
        Ok(())
    }

    /// Records what was only counted so far.
    pub(crate) fn record_refused(&self) -> Result<(), Error> {
        let ended = self.inner.ledger.refused.lock().end(Instant::now());
        self.record_counts(ended)
    }

    fn record_counts(&self, counts: Vec<(Kind, u64)>) -> Result<(), Error> {
        for (kind, count) in counts {
            let id = self.inner.ids.request_id();
            let actor = Actor::new(ActorKind::Anonymous, None);
            let mut draft = Draft::new(kind.code, Stage::Single, Name::clean(&id), actor);
            draft.source = Source { ip: kind.network, client: None };
            let rule = format!("{}.more", kind.rule);
            self.inner.ledger.queue(refused(draft, &rule, None, count))?;
        }
        Ok(())
    }
}

fn refused(mut draft: Draft, rule: &str, code: Option<i32>, rows: u64) -> Draft {
    draft.decision = Some(Decision { allow: false, rule: Name::clean(rule) });
    draft.outcome = Some(Outcome { status: Status::Denied, code, rows, bytes: 0 });
    draft
}

/// Records the counts when the window has ended, though nobody asks any more.
async fn count_later(inner: Weak<crate::door::Inner>) {
    tokio::time::sleep(WINDOW).await;
    let Some(inner) = inner.upgrade() else { return };
    let due = inner.ledger.refused.lock().due(Instant::now());
    if let Err(error) = (Data { inner }).record_counts(due) {
        tracing::error!(%error, "counted refusals could not be recorded");
    }
}
