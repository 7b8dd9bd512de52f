//! A server that is stopped and started: the same objects, the same sessions, one trail.

use audit::Code;
use kit::Kit;
use serde_json::json;

#[tokio::test]
async fn everything_survives_and_the_trail_goes_on() {
    let mut kit = Kit::new().class("Note", json!({"text": {"type": "String"}})).start().await;
    let text = kit.canary();
    let id = kit.post("/classes/Note").json(json!({"text": text})).as_user("ann").await.ok(201).id();
    let known = audit::verify(&kit.trail_dir(), &Default::default()).unwrap();
    kit.restart().await;
    let seen = kit.get(&format!("/classes/Note/{id}")).as_user("ann").await.ok(200);
    assert_eq!(seen.body["text"], text);
    let records = kit.records();
    assert!(records.len() as u64 > known.size);
    let life: Vec<Code> = records
        .iter()
        .map(|record| record.code)
        .filter(|code| matches!(code, Code::SystemStart | Code::SystemStop | Code::SystemRecover))
        .collect();
    assert_eq!(life, [Code::SystemStart, Code::SystemStop, Code::SystemStart]);
    assert_eq!(seen.records().len(), 1);
    kit.finish().await;
}
