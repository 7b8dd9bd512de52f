//! Servers that die, don't answer, or aren't what the settings say.

use std::time::{Duration, Instant};

use super::*;
use crate::{Config, Mongo};

fn hasty(config: Config) -> Config {
    Config { patience_ms: 1_000, read_time_ms: 5_000, ..config }
}

fn unavailable<T: std::fmt::Debug>(answer: Result<T, ::storage::Error>) -> String {
    match answer {
        Err(::storage::Error::Unavailable(text)) => text,
        other => panic!("expected Unavailable, got {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_kill() {
    let mut server = server::own(&[]);
    let mongo = Arc::new(Mongo::open(&hasty(server::config(&server))).await.unwrap());
    let schema = class("Thing", &[("n", "Number")]);
    mongo.put_schema(&schema).await.unwrap();

    // Several clients write without pause, one object or two at a time, until the server is gone.
    let mut tasks = tokio::task::JoinSet::new();
    for client in 0..4 {
        let (mongo, schema) = (Arc::clone(&mongo), schema.clone());
        tasks.spawn(async move {
            let mut acknowledged = Vec::new();
            for n in 0.. {
                let id = |half: &str| format!("c{client}n{n}{half}");
                let mut writes = vec![insert(&schema, &id("a"), json!({ "n": n }))];
                if client % 2 == 0 {
                    writes.push(insert(&schema, &id("b"), json!({ "n": n })));
                }
                match mongo.commit(writes).await {
                    Ok(done) => acknowledged.extend(["a", "b"].iter().take(done.len()).map(|half| id(half))),
                    Err(::storage::Error::Unavailable(text)) => return (acknowledged, text),
                    Err(other) => panic!("a dying server was answered as {other:?}"),
                }
            }
            unreachable!("the loop has no end of its own")
        });
    }
    tokio::time::sleep(Duration::from_millis(700)).await;
    server.crash();
    let mut acknowledged = Vec::new();
    while let Some(done) = tasks.join_next().await {
        let (ids, text) = done.unwrap();
        assert!(text.contains("check") || text.contains("by itself"), "{text}");
        assert!(!ids.is_empty(), "a client had no answer before the server died");
        acknowledged.extend(ids);
    }
    unavailable(mongo.ping().await);
    unavailable(mongo.find(&select(&schema)).await);

    server.resume().unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    while mongo.ping().await.is_err() {
        assert!(Instant::now() < until, "it doesn't recover by itself");
    }
    let found = ids(&*mongo, &schema).await;
    let lost: Vec<_> = acknowledged.iter().filter(|id| found.binary_search(id).is_err()).collect();
    assert!(lost.is_empty(), "{} of {} acknowledged objects are lost", lost.len(), acknowledged.len());
    // What was in flight happened whole or not at all.
    for id in found.iter().filter(|id| id.starts_with("c0") || id.starts_with("c2")) {
        let other = if id.ends_with('a') { id.replace('a', "b") } else { id.replace('b', "a") };
        assert!(found.binary_search(&other).is_ok(), "half of a commit is stored: {id}");
    }
    mongo.commit(vec![insert(&schema, "after", json!({}))]).await.unwrap();
    mongo.close().await;
}

/// A commit whose answer is lost is told as one that may be done or not, and isn't carried out again. `mongod` would tell
/// how it ended; this server has forgotten it when it is back, and says what MongoDB's manual answers with a new try.
#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_done_when_the_server_dies_is_not_done_again() {
    const CLIENTS: usize = 8;
    let mut server = server::own(&[]);
    let mongo = Arc::new(Mongo::open(&server::config(&server)).await.unwrap());
    let schema = class("Thing", &[("n", "Number")]);
    mongo.put_schema(&schema).await.unwrap();
    let id = |client: usize, half: &str| format!("c{client}{half}");
    for client in 0..CLIENTS {
        let pair = ["a", "b"].map(|half| insert(&schema, &id(client, half), json!({"n": 0})));
        mongo.commit(pair.into()).await.unwrap();
    }
    let over = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (mongo, schema, over) = (Arc::clone(&mongo), schema.clone(), Arc::clone(&over));
            tokio::spawn(async move {
                let (mut done, mut perhaps) = (0.0, 0.0);
                while !over.load(std::sync::atomic::Ordering::Relaxed) {
                    let add = || json!({"n": {"__op": "Increment", "amount": 1}});
                    let pair = ["a", "b"].map(|half| update(&schema, &id(client, half), add()));
                    match mongo.commit(pair.into()).await {
                        Ok(_) => done += 1.0,
                        Err(::storage::Error::Unavailable(_)) => perhaps += 1.0,
                        Err(other) => panic!("a dying server was answered as {other:?}"),
                    }
                }
                (done, perhaps)
            })
        })
        .collect();
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        server.crash();
        server.resume().unwrap();
    }
    tokio::time::sleep(Duration::from_millis(400)).await;
    over.store(true, std::sync::atomic::Ordering::Relaxed);
    let mut all = 0.0;
    for (client, told) in clients.into_iter().enumerate() {
        let (done, perhaps) = told.await.unwrap();
        let found = mongo.find(&select(&schema)).await.unwrap();
        for half in ["a", "b"] {
            let object = found.iter().find(|object| object.id.as_str() == id(client, half)).unwrap();
            let Some(&model::Value::Number(n)) = object.field("n") else { panic!("no number") };
            assert!((done..=done + perhaps).contains(&n), "{n}, but {done} were done and {perhaps} perhaps");
        }
        all += done;
    }
    assert!(all > 20.0, "only {all} commits were acknowledged");
    mongo.close().await;
}

/// An outage was waited for twice: once to make a change, once to take it back.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_each_answer_takes_one_patience() {
    let mut server = server::own(&[]);
    let mongo = Mongo::open(&hasty(server::config(&server))).await.unwrap();
    let schema = class("Thing", &[("n", "Number")]);
    mongo.put_schema(&schema).await.unwrap();
    mongo.commit(vec![insert(&schema, "a", json!({"n": 1}))]).await.unwrap();
    server.crash();
    let timed = |start: Instant, what: &str| {
        let took = start.elapsed();
        assert!(took < Duration::from_millis(1_900), "{what} waited for {took:?}");
    };
    for round in 0..2 {
        let start = Instant::now();
        unavailable(mongo.ping().await);
        timed(start, "ping");
        let start = Instant::now();
        unavailable(mongo.find(&select(&schema)).await);
        timed(start, "find");
        for count in [1, 2] {
            let start = Instant::now();
            let writes = (0..count).map(|n| insert(&schema, &format!("r{round}n{n}"), json!({}))).collect();
            unavailable(mongo.commit(writes).await);
            timed(start, "a commit");
        }
        let start = Instant::now();
        unavailable(mongo.put_schema(&class("Thing", &[("n", "Number"), ("t", "String")])).await);
        timed(start, "a change of a class");
    }
    mongo.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn classes_are_followed_again_after_a_kill() {
    let mut server = server::own(&[]);
    let config = hasty(server::config(&server));
    let (a, b) = (Mongo::open(&config).await.unwrap(), Mongo::open(&config).await.unwrap());
    let mut changes = b.changes().unwrap();
    server.crash();
    server.resume().unwrap();
    changes.mark_unchanged();
    let schema = class("Thing", &[("n", "Number")]);
    let until = Instant::now() + Duration::from_secs(30);
    while a.put_schema(&schema).await.is_err() {
        assert!(Instant::now() < until, "it doesn't recover by itself");
    }
    tokio::time::timeout(Duration::from_secs(30), changes.changed()).await.unwrap().unwrap();
    assert_eq!(b.schemas().await.unwrap().len(), 1);
    a.close().await;
    b.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_at_the_address_is_said_in_time() {
    let free = servers::free_port().unwrap();
    let uri = format!("mongodb://ann:hunter2@127.0.0.1:{free}/parse");
    let start = Instant::now();
    let text = unavailable(Mongo::open(&hasty(Config { uri, ..Config::default() })).await.map(|_| ()));
    assert!(text.contains("database.uri") && !text.contains("hunter2"), "{text}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_address_that_is_none_is_said_without_repeating_it() {
    for uri in
        ["", "postgres://ann:hunter2@db/parse", "mongodb://ann:hunter2@", "mongodb://ann:hun/ter2@db/x"]
    {
        let config = hasty(Config { uri: uri.into(), ..Config::default() });
        let text = unavailable(Mongo::open(&config).await.map(|_| ()));
        assert!(text.contains("database.uri") && !text.contains("hun"), "{uri}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_connection_serves_everybody_in_turn() {
    let server = server::shared();
    let mongo = Arc::new(Mongo::open(&Config { connections: 1, ..server::config(server) }).await.unwrap());
    let schema = class("Thing", &[("n", "Number")]);
    mongo.put_schema(&schema).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..30 {
        let (mongo, schema) = (Arc::clone(&mongo), schema.clone());
        tasks.spawn(async move {
            let both = vec![
                insert(&schema, &format!("a{n}"), json!({})),
                insert(&schema, &format!("b{n}"), json!({})),
            ];
            mongo.commit(both).await.map(|_| ())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap().unwrap();
    }
    assert_eq!(ids(&*mongo, &schema).await.len(), 60);
    mongo.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_backend_refuses_and_may_be_closed_again() {
    let mongo = server::open(server::shared()).await;
    mongo.close().await;
    unavailable(mongo.ping().await);
    unavailable(mongo.schemas().await);
    mongo.close().await;
}
