//! Counts: as many records as there were operations, each change in a pair, in an order that makes sense.

use std::collections::BTreeMap;

use audit::{Code, Stage, Status};
use kit::Kit;
use serde_json::json;

#[tokio::test]
async fn many_requests_at_once_are_recorded_one_by_one() {
    let kit = Kit::new().class("Note", json!({"n": {"type": "Number"}})).start().await;
    let before = kit.records().len();
    kit.id_of("ann").await;
    let signed_up = kit.records().len();
    assert!(signed_up > before);
    let create =
        async |n: usize| kit.post("/classes/Note").json(json!({"n": n})).as_user("ann").await.ok(201).id();
    let ids = futures_util::future::join_all((0..25).map(create)).await;
    let read = async |id: &String| {
        kit.get(&format!("/classes/Note/{id}")).as_user("ann").await.ok(200);
    };
    futures_util::future::join_all(ids.iter().map(read)).await;

    let records = kit.records();
    let fresh = &records[signed_up..];
    let mut counts: BTreeMap<(Code, &str), usize> = BTreeMap::new();
    for record in fresh {
        let stage = match record.stage {
            Stage::Intent => "intent",
            Stage::Outcome { .. } => "outcome",
            Stage::Single => "single",
        };
        *counts.entry((record.code, stage)).or_default() += 1;
    }
    let expected = BTreeMap::from([
        ((Code::PhiCreate, "intent"), 25),
        ((Code::PhiCreate, "outcome"), 25),
        ((Code::PhiRead, "single"), 25),
    ]);
    assert_eq!(counts, expected);
    for record in fresh {
        if let Stage::Outcome { intent } = record.stage {
            let opened = &records[usize::try_from(intent).unwrap()];
            assert!(opened.seq == intent && intent < record.seq && opened.request == record.request);
            assert_eq!((opened.stage, opened.code), (Stage::Intent, record.code));
            assert_eq!(record.outcome.map(|outcome| outcome.status), Some(Status::Ok));
            assert_eq!(
                record.object.as_ref().map(|object| &object.refs),
                opened.object.as_ref().map(|o| &o.refs)
            );
        }
    }
    kit.finish().await;
}

#[tokio::test]
async fn a_find_names_every_object_that_left_however_many() {
    let kit = Kit::new().class("Note", json!({"n": {"type": "Number"}})).start().await;
    let create = |n: usize| json!({"method": "POST", "path": "/parse/classes/Note", "body": {"n": n}});
    for part in 0..24 {
        let requests: Vec<_> = (part * 100..(part + 1) * 100).map(create).collect();
        kit.post("/batch").json(json!({"requests": requests, "transaction": true})).as_master().await.ok(200);
    }
    let all = kit.get("/classes/Note").query("limit", 5_000).query("keys", "n").as_user("ann").await.ok(200);
    assert_eq!(all.results().len(), 2_400);
    // More references than one record holds: several records in a row, of the same request.
    let told: usize =
        all.records().iter().filter_map(|record| record.object.as_ref()).map(|o| o.refs.len()).sum();
    assert_eq!(told, 2_400);
    assert!(all.records().len() > 1);
    assert!(all.records().iter().all(|record| record.code == Code::PhiQuery));
    kit.finish().await;
}
