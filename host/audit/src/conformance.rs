//! What every sink promises, as checks that any implementation can be put through.

use std::future::Future;

use crate::code::Code;
use crate::draft::{Actor, ActorKind, Draft, Objects, Stage};
use crate::name::Name;
use crate::record::Record;
use crate::reference::Ref;
use crate::sink::Sink;

/// A sink under examination.
pub trait Subject: Send {
    /// Lends the sink.
    fn sink(&self) -> &dyn Sink;

    /// Makes the sink unable to take records.
    fn fail(&self);

    /// Ends the sink as a stop of the process does, and reads anew what it has kept.
    fn finish(self) -> impl Future<Output = Vec<Record>> + Send;
}

/// Puts sinks made by `make`, each empty, through all checks.
///
/// # Panics
///
/// With the promise that is broken.
#[expect(clippy::panic, reason = "a broken promise ends the test")]
pub async fn run<S: Subject>(make: impl Fn() -> S) {
    let checks = [
        order_is_that_of_calls(make()).await,
        threads_never_share_a_place(make()).await,
        durable_means_kept(make()).await,
        a_dropped_ticket_keeps_its_record(make()).await,
        what_nobody_waits_for_is_kept(make()).await,
        the_caller_s_words_are_kept(make()).await,
        large_events_become_parts(make()).await,
        what_is_unhealthy_takes_nothing(make()).await,
    ];
    for check in checks {
        if let Err(promise) = check {
            panic!("the sink breaks a promise: {promise}");
        }
    }
}

type Check = Result<(), String>;

fn ensure(holds: bool, promise: &str) -> Check {
    if holds { Ok(()) } else { Err(promise.to_owned()) }
}

fn draft(request: &str) -> Draft {
    Draft::new(Code::PhiRead, Stage::Single, Name::clean(request), Actor::new(ActorKind::System, None))
}

fn told(error: crate::Error) -> String {
    format!("a healthy sink takes records ({error})")
}

async fn order_is_that_of_calls<S: Subject>(subject: S) -> Check {
    let mut tickets = Vec::new();
    for i in 0..600u64 {
        let ticket = subject.sink().enqueue(draft(&format!("r{i}"))).map_err(told)?;
        ensure(ticket.seq() == i, "positions count up from 0 in the order of calls")?;
        tickets.push(ticket);
    }
    for (i, ticket) in (0..).zip(tickets) {
        ensure(ticket.durable().await.map_err(told)? == i, "a ticket tells one position")?;
    }
    let records = subject.finish().await;
    ensure(records.len() == 600, "every record is kept once")?;
    for (i, record) in records.iter().enumerate() {
        let request = format!("r{i}");
        ensure(
            record.seq == i as u64 && record.request == request.as_str(),
            "the log is in the order of calls",
        )?;
    }
    let later = records.iter().zip(records.iter().skip(1)).all(|(a, b)| a.ts < b.ts && a.mono < b.mono);
    ensure(later, "times never go back")
}

async fn threads_never_share_a_place<S: Subject>(subject: S) -> Check {
    let sink = subject.sink();
    let tickets = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|thread| {
                scope.spawn(move || {
                    (0..100)
                        .map(|i| sink.enqueue(draft(&format!("t{thread}-{i}"))))
                        .collect::<Result<Vec<_>, _>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| "a thread died".to_owned()))
            .collect::<Vec<_>>()
    });
    let mut places = Vec::new();
    for thread in tickets {
        let mut before = None;
        for ticket in thread?.map_err(told)? {
            let seq = ticket.durable().await.map_err(told)?;
            ensure(before.is_none_or(|before| before < seq), "a thread's records stay in its order")?;
            before = Some(seq);
            places.push(seq);
        }
    }
    places.sort_unstable();
    ensure(places.iter().copied().eq(0..800), "each record has its own place, without gaps")?;
    ensure(subject.finish().await.len() == 800, "every record is kept once")
}

async fn durable_means_kept<S: Subject>(subject: S) -> Check {
    subject.sink().health().map_err(told)?;
    let seq = subject.sink().enqueue(draft("kept")).map_err(told)?.durable().await.map_err(told)?;
    let records = subject.finish().await;
    let kept = records.iter().any(|record| record.seq == seq && record.request == "kept");
    ensure(kept, "what was called durable is there after the end")
}

async fn a_dropped_ticket_keeps_its_record<S: Subject>(subject: S) -> Check {
    drop(subject.sink().enqueue(draft("dropped")).map_err(told)?);
    let records = subject.finish().await;
    ensure(records.iter().any(|record| record.request == "dropped"), "a dropped ticket takes nothing back")
}

async fn what_nobody_waits_for_is_kept<S: Subject>(subject: S) -> Check {
    let first = subject.sink().queue(draft("queued")).map_err(told)?;
    let second = subject.sink().enqueue(draft("awaited")).map_err(told)?.durable().await.map_err(told)?;
    let third = subject.sink().queue(draft("last")).map_err(told)?;
    ensure((first, second, third) == (0, 1, 2), "queued and awaited records share one order")?;
    let requests: Vec<_> = subject.finish().await.iter().map(|record| record.request.to_string()).collect();
    ensure(requests == ["queued", "awaited", "last"], "a queued record is kept")
}

async fn the_caller_s_words_are_kept<S: Subject>(subject: S) -> Check {
    let mut intent = draft("words");
    intent.stage = Stage::Intent;
    intent.code = Code::PhiUpdate;
    intent.fields.written = vec![Name::clean("b"), Name::clean("a"), Name::clean("b")];
    intent.version = Some(-5);
    let seq = subject.sink().enqueue(intent.clone()).map_err(told)?.durable().await.map_err(told)?;
    let mut outcome = intent.clone();
    outcome.stage = Stage::Outcome { intent: seq };
    let ticket = subject.sink().enqueue(outcome.clone()).map_err(told)?;
    ticket.durable().await.map_err(told)?;
    for draft in [&mut intent, &mut outcome] {
        draft.fields.written = vec![Name::clean("a"), Name::clean("b")];
    }
    let drafts: Vec<Draft> = subject.finish().await.into_iter().map(|record| record.draft).collect();
    ensure(drafts == [intent, outcome], "a record says what the draft said, its fields sorted")
}

async fn large_events_become_parts<S: Subject>(subject: S) -> Check {
    let mut large = draft("large");
    let refs: Vec<Ref> = (0..2_500u128).map(|i| Ref::from_bytes(i.to_be_bytes())).collect();
    large.object = Some(Objects { class: Name::clean("Patient"), refs: refs.clone(), count: 2_500 });
    let ticket = subject.sink().enqueue(large).map_err(told)?;
    ensure(ticket.seq() == 2, "the ticket of a large event is that of its last part")?;
    ticket.durable().await.map_err(told)?;
    let records = subject.finish().await;
    let kept: Vec<Ref> = records
        .iter()
        .filter_map(|record| record.object.as_ref())
        .flat_map(|object| object.refs.clone())
        .collect();
    ensure(records.len() == 3 && kept == refs, "a large event is kept whole, in parts")
}

async fn what_is_unhealthy_takes_nothing<S: Subject>(subject: S) -> Check {
    subject.sink().enqueue(draft("before")).map_err(told)?.durable().await.map_err(told)?;
    subject.fail();
    ensure(subject.sink().health().is_err(), "a sink that can't record says so")?;
    ensure(subject.sink().enqueue(draft("after")).is_err(), "a sink that says so takes no record")?;
    let records = subject.finish().await;
    ensure(records.len() == 1, "what was refused isn't recorded")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;
    use crate::{Log, Memory, Records};

    impl Subject for Memory {
        fn sink(&self) -> &dyn Sink {
            self
        }

        fn fail(&self) {
            Memory::fail(self, true);
        }

        async fn finish(self) -> Vec<Record> {
            self.records()
        }
    }

    impl Subject for (Kit, Log) {
        fn sink(&self) -> &dyn Sink {
            &self.1
        }

        fn fail(&self) {
            self.1.stop();
        }

        async fn finish(self) -> Vec<Record> {
            self.1.close().await.unwrap();
            drop(self.1);
            Records::open(&self.0.config.dir).unwrap().map(Result::unwrap).collect()
        }
    }

    #[tokio::test]
    async fn memory_keeps_the_promises() {
        run(Memory::new).await;
    }

    #[tokio::test]
    async fn the_log_keeps_the_promises() {
        run(|| {
            let kit = Kit::new();
            let log = kit.open();
            (kit, log)
        })
        .await;
    }
}
