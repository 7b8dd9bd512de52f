//! More calls than slots: nobody waits for ever, and nobody who waits keeps a place from whom it waits for.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use kit::{Answer, Kit};
use serde_json::json;

use super::packed;

async fn kit(guest: &str, slots: u32, queue: u32) -> Kit {
    let kit = Kit::new()
        .configure(|config| {
            config.plugin.slots = slots;
            config.plugin.queue = queue;
            config.plugin.slot_wait_ms = 100;
            config.plugin.deadline_ms = 700;
        })
        .class("Patient", json!({"name": {"type": "String"}}))
        .component(packed(guest), None)
        .start()
        .await;
    kit.id_of("ann").await;
    kit
}

async fn save(kit: &Kit) -> Answer {
    kit.post("/classes/Patient").json(json!({"name": "Ada"})).as_user("ann").await
}

/// Of four slots three are for calls inside calls: one call runs, two wait and are sent away after a tenth of a second,
/// the others are sent away at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_calls_are_told_to_come_back() {
    let kit = kit("compute", 4, 2).await;
    let answers = join_all((0..8).map(|_| save(&kit))).await;
    let codes = |code: i64| answers.iter().filter(|answer| answer.body["code"] == code).count();
    assert_eq!((codes(124), codes(155)), (1, 7), "{:?}", answers.iter().map(|a| &a.text).collect::<Vec<_>>());
    for busy in answers.iter().filter(|answer| answer.body["code"] == 155) {
        assert_eq!((busy.status, busy.header("retry-after")), (400, "1"));
        let call =
            busy.records().iter().find(|record| record.plugin.is_some()).expect("the trail has the call");
        assert_eq!(call.outcome.as_ref().and_then(|outcome| outcome.code), Some(155));
    }
    kit.finish().await;
}

/// Saves inside saves, more at once than there are slots: each ends, with a refusal, in good time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_inside_calls_never_wait_for_each_other() {
    let kit = kit("recurse", 4, 64).await;
    let start = Instant::now();
    let answers = join_all((0..12).map(|_| save(&kit))).await;
    assert!(start.elapsed() < Duration::from_secs(20), "they took {:?}", start.elapsed());
    for answer in &answers {
        let code = answer.body["code"].as_i64().unwrap();
        assert!([141, 155, 124].contains(&code), "{}", answer.text);
    }
    let stored = kit.get("/classes/Patient").query("count", 1).query("limit", 0).as_master().await.ok(200);
    assert_eq!(stored.body["count"], 0, "nothing is left of what was refused");
    kit.finish().await;
}

/// A client that leaves while a guest runs changes nothing: the operation ends, its place is free, its record is whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_leaves_leaves_no_hole() {
    let kit = kit("compute", 8, 8).await;
    for patience in [0, 1, 5, 20, 100, 300] {
        // Dropped wherever it happens to be.
        let _ = tokio::time::timeout(Duration::from_millis(patience), save(&kit)).await;
    }
    let start = Instant::now();
    let open = || {
        let records = kit.records();
        let intents = records.iter().filter(|record| record.stage == audit::Stage::Intent).count();
        let outcomes =
            records.iter().filter(|record| matches!(record.stage, audit::Stage::Outcome { .. })).count();
        intents - outcomes
    };
    while open() > 0 {
        assert!(start.elapsed() < Duration::from_secs(20), "an operation stays open");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Every open place is free again: as many as there are may run at once.
    let answers = join_all((0..5).map(|_| save(&kit))).await;
    assert!(answers.iter().all(|answer| answer.body["code"] == 124), "{:?}", answers[0].text);
    kit.finish().await;
}
