//! Clients who leave: what they asked for is done and recorded all the same.

use std::time::Duration;

use audit::{Code, Stage};
use kit::Kit;
use serde_json::json;

#[tokio::test]
async fn a_client_who_leaves_cannot_stop_a_save_half_way() {
    let kit = Kit::new().class("Note", json!({"n": {"type": "Number"}})).start().await;
    kit.id_of("ann").await;
    let mut left = 0;
    for n in 0..20 {
        let save = kit.post("/classes/Note").json(json!({"n": n})).as_user("ann").send();
        // Dropped at ever later moments, from before the first record to after the last.
        if tokio::time::timeout(Duration::from_micros(n * 400), save).await.is_err() {
            left += 1;
        }
    }
    assert!(left > 0, "nobody left early");
    // Whoever began goes on alone and has finished in a moment.
    let mut closed = 0;
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let records: Vec<_> = kit.records().into_iter().filter(|r| r.code == Code::PhiCreate).collect();
        let opened = records.iter().filter(|r| r.stage == Stage::Intent).count();
        let ended = records.iter().filter(|r| matches!(r.stage, Stage::Outcome { .. }));
        let before = closed;
        closed = ended.inspect(|r| assert_eq!(r.outcome.map(|o| o.status), Some(audit::Status::Ok))).count();
        // Still the same after a while: nobody is on the way any more.
        if opened == closed && before == closed {
            break;
        }
    }
    let opened =
        kit.records().iter().filter(|r| r.code == Code::PhiCreate && r.stage == Stage::Intent).count();
    assert_eq!(opened, closed, "every intent has its outcome");
    let found = kit.get("/classes/Note").query("limit", 0).query("count", 1).as_master().await;
    assert_eq!(found.body["count"], closed, "as many objects as acknowledged intents");
    kit.finish().await;
}
