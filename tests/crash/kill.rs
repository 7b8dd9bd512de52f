//! `kill -9` at random points under load: nothing that was acknowledged is missing, in the data or in the trail.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use audit::{Records, Stage, Status};
use kit::{
    database,
    process::{Process, command},
};
use serde_json::Value as Json;
use servers::postgres::Cluster;

use super::ledger::Ledger;
use super::writer::{Dice, Writer};
use crate::plugin::packed;

/// How often the server is killed; `CRASH_ROUNDS` says otherwise.
const ROUNDS: u64 = 5;
/// How many clients write meanwhile.
const WRITERS: u64 = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_on_sqlite() {
    nothing_acknowledged_is_lost(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_on_postgresql() {
    // Of its own: the one that scenarios share answers before it flushes.
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(&[]).unwrap()).await.unwrap();
    nothing_acknowledged_is_lost(Some(&cluster.uri("postgres"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_on_mongodb() {
    let uri = tokio::task::spawn_blocking(database::mongodb).await.unwrap();
    nothing_acknowledged_is_lost(Some(&uri)).await;
}

/// Starts the server, embedded or on a database that stays when it dies.
fn start(dir: &Path, database_uri: Option<&str>) -> Process {
    Process::start_with(dir, |command| {
        if let Some(uri) = database_uri {
            command.env("PARSE_SERVER_DATABASE_URI", uri);
        }
    })
}

async fn nothing_acknowledged_is_lost(database_uri: Option<&str>) {
    let rounds = std::env::var("CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    println!("{rounds} rounds from seed {seed}");
    let mut dice = Dice::new(u64::from(seed));
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("data");
    let ledger = Arc::new(Ledger::default());

    let server = start(&dir, database_uri);
    server.activate(packed("first")).await;
    server.stop();
    for round in 0..rounds {
        let server = start(&dir, database_uri);
        check_objects(&server, &ledger, round).await;
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| {
                let writer = Writer::new(&server, &ledger, format!("r{round}-w{number}"));
                tokio::spawn(writer.work(Dice::new(u64::from(seed) + round * WRITERS + number)))
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(100 + dice.throw(900))).await;
        server.kill();
        let mut done = 0;
        for writer in writers {
            done += writer.await.unwrap().unwrap_or_else(|refusal| panic!("round {round}: {refusal}"));
        }
        assert!(done > 0, "round {round} was killed before anything was done");
        println!("round {round}: {done} operations");
    }

    // What the last crash left is put right by a start; then the trail is whole, as everybody can check.
    let server = start(&dir, database_uri);
    check_objects(&server, &ledger, rounds).await;
    assert!(server.stop().success());
    let verify = command().args(["audit", "verify", "--data-dir"]).arg(&dir).output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&verify.stdout), String::from_utf8_lossy(&verify.stderr));
    assert_eq!(verify.status.code(), Some(0), "{said}");
    check_trail(&dir, &ledger);
}

/// Every object went through the plugin, and is as it was acknowledged.
async fn check_objects(server: &Process, ledger: &Arc<Ledger>, round: u64) {
    let through_plugin = |body: &Json| {
        let chain = body["chain"].as_str();
        assert_eq!(chain.map(|chain| chain.starts_with("first ")), Some(true), "{body}");
    };
    Writer::new(server, ledger, format!("check-{round}")).check(through_plugin).await;
}

/// Every acknowledged operation has its record, every change its intent and its outcome, and no intent is open.
fn check_trail(dir: &Path, ledger: &Ledger) {
    let mut open = BTreeSet::new();
    let mut good: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut calls = BTreeSet::new();
    for record in Records::open(&dir.join("audit")).unwrap() {
        let record = record.unwrap();
        let request = record.request.as_str().to_owned();
        match record.stage {
            Stage::Intent => assert!(open.insert(record.seq)),
            Stage::Outcome { intent } => assert!(open.remove(&intent), "an outcome without its intent"),
            Stage::Single => {}
        }
        if record.plugin.is_some() {
            calls.insert(request.clone());
        }
        let over = record.stage != Stage::Intent;
        if over && record.outcome.as_ref().is_some_and(|outcome| outcome.status == Status::Ok) {
            *good.entry((request, record.code.as_str().to_owned())).or_default() += 1;
        }
    }
    assert!(open.is_empty(), "{} intents are open", open.len());
    let operations = ledger.operations();
    assert!(operations.len() > 20, "only {} operations were acknowledged", operations.len());
    for operation in &operations {
        let key = (operation.request.clone(), operation.code.to_owned());
        assert_eq!(good.get(&key), Some(&1), "{operation:?} isn't in the trail as done");
        let changes = ["PHI.CREATE", "PHI.UPDATE"].contains(&operation.code);
        assert!(
            !changes || calls.contains(&operation.request),
            "{operation:?} lacks the record of its plugin's call"
        );
    }
    println!("{} acknowledged operations, each recorded", operations.len());
}
