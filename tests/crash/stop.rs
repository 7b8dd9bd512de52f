//! A graceful stop: what is under way is answered, and nothing that was acknowledged is lost.

use std::sync::Arc;
use std::time::Duration;

use kit::process::Process;
use reqwest::Method;
use serde_json::json;

use super::ledger::Ledger;
use super::writer::{Answer, CLASS, Dice, Writer};
use crate::plugin::packed;

/// A save that its plugin holds up until the deadline is still answered when the server is told to stop meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_under_way_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Arc::new(Ledger::default());
    let server = Process::start(&folder.path().join("data"));
    server.activate(packed("compute")).await;
    let slow = Writer::new(&server, &ledger, "slow");
    let slow = tokio::spawn(async move {
        slow.ask("slow-0", Method::POST, &format!("/classes/{CLASS}"), Some(json!({"value": 1}))).await
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let status = tokio::task::spawn_blocking(move || server.stop()).await.unwrap();
    let Answer::Told(status_code, body) = slow.await.unwrap() else {
        panic!("a request under way was cut off")
    };
    assert_eq!((status_code, body["code"].as_i64()), (400, Some(124)), "{body}");
    assert!(status.success(), "{status}");
}

/// Under load: the server ends by itself and well, and what it acknowledged is there when it starts again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("data");
    let ledger = Arc::new(Ledger::default());
    let server = Process::start(&dir);
    let writers: Vec<_> = (0..4)
        .map(|n| tokio::spawn(Writer::new(&server, &ledger, format!("w{n}")).work(Dice::new(n + 1))))
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let status = tokio::task::spawn_blocking(move || server.stop()).await.unwrap();
    assert!(status.success(), "{status}");
    for writer in writers {
        // A server that stops may say that it does; it never says that it did what it did not do.
        match writer.await.unwrap() {
            Ok(_) => {}
            Err(refusal) => assert!(refusal.contains(": 503 "), "{refusal}"),
        }
    }
    let server = Process::start(&dir);
    let reader = Writer::new(&server, &ledger, "check");
    let objects = ledger.objects();
    assert!(objects.len() > 3, "only {} objects were written", objects.len());
    for (number, (id, known)) in objects.into_iter().enumerate() {
        let path = format!("/classes/{CLASS}/{id}");
        let found = match reader.ask(&format!("check-{number}"), Method::GET, &path, None).await {
            Answer::Told(200, body) => body["value"].as_i64(),
            Answer::Told(404, _) => None,
            _ => panic!("the server doesn't answer after a start"),
        };
        // Even what got no answer is clear: the server had the time to finish it, or never began.
        assert!(known.allows(found), "{id} is {found:?}, but was told to be {known:?}");
    }
    server.stop();
}
