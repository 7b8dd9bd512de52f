//! Requests that nobody can read: refused at the desk, and the trail knows of them all the same.

use audit::{Code, Record};
use expect_test::expect;
use kit::Kit;
use serde_json::json;

fn things() -> kit::Setup {
    Kit::new().class("Thing", json!({"n": {"type": "Number"}}))
}

/// A malformed request left no trace in the trail.
#[tokio::test]
async fn what_nobody_can_read_is_recorded_by_whom_it_was_and_what_it_asked() {
    let kit = things().start().await;
    let secret = kit.canary();
    kit.post("/classes/Thing")
        .bytes(format!("{{\"n\": \"{secret}"))
        .await
        .ok(400)
        .trail(expect!["REQUEST.REFUSED by anonymous POST /classes/Thing -> denied by rule unreadable"]);
    kit.put("/classes/Thing/abcdefghij")
        .bytes(format!("{{\"{secret}"))
        .as_user("ann")
        .await
        .ok(400)
        .trail(expect!["REQUEST.REFUSED by <ann> PUT /classes/Thing -> denied by rule unreadable"]);
    kit.get("/classes/Thing")
        .query("where", format!("{{\"{secret}"))
        .as_user("ann")
        .await
        .fails(400, 107)
        .trail(expect!["REQUEST.REFUSED by <ann> GET /classes/Thing -> denied 107 by rule unreadable"]);
    kit.get("/classes/Thing")
        .query("nosuch", secret.clone())
        .await
        .fails(400, 102)
        .trail(expect!["REQUEST.REFUSED by anonymous GET /classes/Thing -> denied 102 by rule unreadable"]);
    kit.get("/users")
        .query("limit", secret.clone())
        .as_master()
        .await
        .fails(400, 102)
        .trail(expect!["REQUEST.REFUSED by master GET /users -> denied 102 by rule unreadable"]);
    kit.get("/classes/Thing")
        .header("X-Parse-Cloud-Context", &secret)
        .as_user("ann")
        .await
        .fails(400, 107)
        .trail(expect!["REQUEST.REFUSED by <ann> GET /classes/Thing -> denied 107 by rule unreadable"]);
    kit.post("/push")
        .json(json!({"data": secret}))
        .as_master()
        .await
        .fails(400, 108)
        .trail(expect!["REQUEST.REFUSED by master POST /push -> denied 108 by rule unsupported"]);
    kit.finish().await;
}

#[tokio::test]
async fn each_request_of_a_batch_that_nobody_can_read_is_recorded() {
    let kit = things().configure(|config| config.rest.batch_concurrency = 1).start().await;
    let requests = json!([
        {"method": "POST", "path": "/parse/classes/Thing", "body": {"n": 1}},
        {"method": "POST", "path": "/parse/classes/Thing", "body": {"n": {"__op": "Unheard"}}},
        {"method": "GET", "path": "/parse/classes/Thing", "body": {"limit": -1}},
    ]);
    kit.post("/batch").json(json!({"requests": requests})).as_user("ann").await.ok(200).trail(expect![[r#"
            PHI.CREATE intent by <ann> Thing*1 wrote(n)
            PHI.CREATE outcome by <ann> Thing*1 wrote(n) -> ok
            REQUEST.REFUSED by <ann> POST /classes/Thing -> denied 108 by rule unsupported
            REQUEST.REFUSED by <ann> GET /classes/Thing -> denied 102 by rule unreadable"#]]);
    kit.post("/batch")
        .json(json!({"requests": 1}))
        .as_user("ann")
        .await
        .fails(400, 107)
        .trail(expect!["REQUEST.REFUSED by <ann> POST /batch -> denied 107 by rule unreadable"]);
    kit.finish().await;
}

#[tokio::test]
async fn what_leads_nowhere_or_names_no_application_asks_for_nothing() {
    let kit = things().start().await;
    kit.post("/nosuch").bytes("{").await.ok(404).trail(expect![[r#""#]]);
    kit.post("/classes/Thing").bytes("{").as_stranger().await.ok(400).trail(expect![[r#""#]]);
    kit.post("/classes/Thing")
        .bytes("{")
        .as_stranger()
        .header("X-Parse-Application-Id", "other")
        .await
        .ok(400)
        .trail(expect![[r#""#]]);
    // A dead session is refused as one, whatever else is wrong.
    kit.post("/classes/Thing")
        .bytes("{")
        .with_session("r:00000000000000000000000000000000")
        .await
        .ok(400)
        .trail(expect!["AUTH.DENIED by anonymous -> denied 209 by rule session"]);
    kit.finish().await;
}

fn of(records: &[Record], code: Code) -> Vec<&Record> {
    records.iter().filter(|record| record.code == code).collect()
}

/// A flood of requests that need no account must not fill the disk, and must not go unseen either.
#[tokio::test]
async fn a_flood_by_nobody_is_counted_and_one_by_somebody_is_recorded() {
    let mut kit = things().start().await;
    for n in 0..200 {
        let from = format!("192.0.2.{n}");
        kit.post("/classes/Thing").bytes("{").from(&from).await.ok(400);
        kit.get("/classes/Thing").as_stranger().from(&from).await.ok(403);
    }
    for _ in 0..100 {
        kit.post("/classes/Thing").bytes("{").as_user("ann").from("192.0.2.1").await.ok(400);
    }
    let records = kit.records();
    assert_eq!(of(&records, Code::RequestRefused).len(), 32 + 100);
    assert_eq!(of(&records, Code::AuthDenied).len(), 32);
    // What was only counted is recorded when the window ends, or the server.
    kit.restart().await;
    let records = kit.records();
    for code in [Code::RequestRefused, Code::AuthDenied] {
        let counted = of(&records, code).into_iter().find(|record| {
            record.decision.as_ref().is_some_and(|decision| decision.rule.as_str().ends_with(".more"))
        });
        let counted = counted.expect("the counted ones have a record");
        assert_eq!(counted.outcome.unwrap().rows, 200 - 32, "{code}");
        assert_eq!(counted.source.ip, Some("192.0.2.0".parse().unwrap()), "{code}");
    }
    kit.finish().await;
}
