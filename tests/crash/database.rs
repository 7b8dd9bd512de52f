//! Two servers on one database: they see each other's work, and outlive the database.

use std::sync::Arc;
use std::time::Duration;

use kit::process::{Process, command};
use kit::{APP_ID, MASTER_KEY};
use reqwest::Method;
use serde_json::{Value as Json, json};
use servers::{mongodb, postgres};

use super::ledger::{Acknowledged, Ledger};
use super::writer::{CLASS, Dice, Writer};

/// A database server that may die and come back with what it had stored.
trait Mortal: Send + Sized + 'static {
    fn uri(&self) -> String;
    fn die(&mut self);
    fn rise(&mut self);
}

impl Mortal for postgres::Cluster {
    fn uri(&self) -> String {
        postgres::Cluster::uri(self, "postgres")
    }

    fn die(&mut self) {
        self.crash().unwrap();
    }

    fn rise(&mut self) {
        self.resume().unwrap();
    }
}

impl Mortal for mongodb::Server {
    fn uri(&self) -> String {
        mongodb::Server::uri(self, "parse")
    }

    fn die(&mut self) {
        self.crash();
    }

    fn rise(&mut self) {
        self.resume().unwrap();
    }
}

/// A server that keeps objects in a database, and its trail in a folder of its own.
fn server(folder: &std::path::Path, name: &str, uri: &str) -> Process {
    Process::start_with(&folder.join(name), |command| {
        command.env("PARSE_SERVER_DATABASE_URI", uri);
    })
}

/// Asks until the answer is a good one, as a client does that was told to come back.
async fn at_last(server: &Process, method: Method, path: &str, body: Option<&Json>) -> Json {
    let mut last = Json::Null;
    for _ in 0..100 {
        let (status, answer) = server.ask(method.clone(), path, body).await.unwrap();
        if (200..300).contains(&status) {
            return answer;
        }
        last = answer;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{method} {path}: still {last}");
}

/// Reads until a field is told: a server learns of a field that another one made a moment after it was made.
async fn learned(server: &Process, path: &str, field: &str) -> Json {
    for _ in 0..100 {
        let found = at_last(server, Method::GET, path, None).await;
        if !found[field].is_null() {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{path}: {field} isn't told");
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_share_a_postgresql_that_may_die_under_them() {
    two_servers_share(blocking(|| postgres::Cluster::start(&[]).unwrap()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_share_a_mongodb_that_may_die_under_them() {
    two_servers_share(blocking(|| mongodb::Server::start(&[]).unwrap()).await).await;
}

async fn two_servers_share(mut database: impl Mortal) {
    let uri = database.uri();
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (server(folder.path(), "here", &uri), server(folder.path(), "there", &uri));

    // A class made through one, a field added through the other.
    let (status, made) =
        here.ask(Method::POST, "/parse/classes/Note", Some(&json!({"text": "a"}))).await.unwrap();
    assert_eq!(status, 201, "{made}");
    let note = format!("/parse/classes/Note/{}", made["objectId"].as_str().unwrap());
    assert_eq!(learned(&there, &note, "text").await["text"], "a");
    let more = json!({"count": {"__op": "Increment", "amount": 2}});
    assert_eq!(at_last(&there, Method::PUT, &note, Some(&more)).await["count"], 2);
    assert_eq!(at_last(&here, Method::PUT, &note, Some(&more)).await["count"], 4);

    // A user of one is a user of the other.
    let ann = json!({"username": "ann", "password": "correct horse battery"});
    at_last(&here, Method::POST, "/parse/users", Some(&ann)).await;
    let session = at_last(&there, Method::POST, "/parse/login", Some(&ann)).await;
    assert!(session["sessionToken"].as_str().unwrap().starts_with("r:"));
    let (status, twin) = there
        .ask(Method::POST, "/parse/users", Some(&json!({"username": "Ann", "password": "x"})))
        .await
        .unwrap();
    assert_eq!((status, twin["code"].as_i64()), (400, Some(202)), "{twin}");

    // Without its database a server says so, and when to come back; nothing it has answered is lost.
    database = dead(database).await;
    for method in [Method::GET, Method::PUT] {
        let mut request = reqwest::Client::new()
            .request(method.clone(), format!("{}{note}", here.origin))
            .header("X-Parse-Application-Id", APP_ID)
            .header("X-Parse-Master-Key", MASTER_KEY);
        if method == Method::PUT {
            request = request.json(&json!({"text": "lost"}));
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 503, "{method}");
        assert!(answer.headers().contains_key("retry-after"), "{method}");
        let text = answer.text().await.unwrap();
        assert!(text.contains("database") && !text.contains("lost"), "{text}");
        for secret in ["postgres", "mongodb", "127.0.0.1"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    let _database = risen(database).await;
    for server in [&here, &there] {
        let found = at_last(server, Method::GET, &note, None).await;
        assert_eq!((found["text"].as_str(), found["count"].as_i64()), (Some("a"), Some(4)));
        at_last(server, Method::PUT, &note, Some(&json!({"text": "a"}))).await;
    }
    assert!(here.stop().success() && there.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_postgresql_dies_under_load() {
    dies_under_load(blocking(|| postgres::Cluster::start(&[]).unwrap()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_mongodb_dies_under_load() {
    dies_under_load(blocking(|| mongodb::Server::start(&[]).unwrap()).await).await;
}

/// Clients of two servers work until the database dies; each is told so, and what was acknowledged is there again.
async fn dies_under_load(mut database: impl Mortal) {
    let folder = tempfile::tempdir().unwrap();
    let uri = database.uri();
    let servers = ["here", "there"].map(|name| server(folder.path(), name, &uri));
    let ledger = Arc::new(Ledger::default());
    // One makes the class, and both know it.
    let made = json!({"value": 0});
    let first = at_last(&servers[0], Method::POST, &format!("/parse/classes/{CLASS}"), Some(&made)).await;
    let first = format!("/parse/classes/{CLASS}/{}", first["objectId"].as_str().unwrap());
    learned(&servers[1], &first, "value").await;
    for round in 0..3 {
        let writers: Vec<_> = (0..6_usize)
            .map(|number| {
                let name = format!("r{round}-w{number}");
                let writer = Writer::new(&servers[number % 2], &ledger, name);
                tokio::spawn(writer.work(Dice::new(number as u64 + 1)))
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(400)).await;
        database = dead(database).await;
        for writer in writers {
            let refusal = writer.await.unwrap().expect_err("the servers live");
            assert!(refusal.contains(": 503 "), "{refusal}");
        }
        database = risen(database).await;
        for server in &servers {
            at_last(server, Method::GET, &first, None).await;
        }
        Writer::new(&servers[round % 2], &ledger, format!("check-{round}")).check(|_| {}).await;
    }
    let acknowledged = ledger.operations().len();
    assert!(acknowledged > 20, "only {acknowledged} operations were acknowledged");
    for server in servers {
        assert!(server.stop().success());
    }
    for name in ["here", "there"] {
        let verify =
            command().args(["audit", "verify", "--data-dir"]).arg(folder.path().join(name)).output().unwrap();
        assert_eq!(verify.status.code(), Some(0), "{}", String::from_utf8_lossy(&verify.stdout));
    }
}

/// Where there is no room for an object it is refused as unavailable, with when to come back; what was acknowledged can
/// be read all the while, and with room again the server goes on by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_of_postgresql_refuses_and_loses_nothing() {
    let cluster = blocking(|| postgres::Cluster::on_a_small_disk(40).unwrap()).await;
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path(), "here", &cluster.uri("postgres"));
    let ledger = Arc::new(Ledger::default());
    let notes = format!("/parse/classes/{CLASS}");
    // Nothing that is packed into less.
    let mut dice = Dice::new(7);
    let mut note = || (0..4_000).map(|_| format!("{:016x}", dice.throw(u64::MAX))).collect::<String>();
    at_last(&server, Method::POST, &notes, Some(&json!({"value": 0, "note": note()}))).await;
    let (cluster, made) = blocking(move || {
        let made = cluster
            .say("CREATE TABLE ballast AS SELECT repeat('x', 1000) AS x FROM generate_series(1, 8000)");
        (cluster, made)
    })
    .await;
    made.unwrap();

    let mut refusals = 0;
    for value in 0..2_000 {
        let (status, body) =
            server.ask(Method::POST, &notes, Some(&json!({"value": value, "note": note()}))).await.unwrap();
        match status {
            201 => {
                let id = body["objectId"].as_str().unwrap();
                ledger.acknowledge(
                    id,
                    Some(value),
                    Acknowledged { request: format!("full-{value}"), code: "PHI.CREATE" },
                );
            }
            503 => {
                assert_eq!(body["code"], 1, "{body}");
                assert!(body["error"].as_str().is_some_and(|text| text.contains("database")), "{body}");
                refusals += 1;
                if refusals == 5 {
                    break;
                }
            }
            other => panic!("{other} {body}"),
        }
    }
    assert_eq!(refusals, 5, "the disk was never full");
    assert!(ledger.objects().len() > 50, "only {} objects had room", ledger.objects().len());
    let refused = reqwest::Client::new()
        .post(format!("{}{notes}", server.origin))
        .header("X-Parse-Application-Id", APP_ID)
        .header("X-Parse-Master-Key", MASTER_KEY)
        .json(&json!({"value": 1, "note": note()}));
    let refused = refused.send().await.unwrap();
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    // Fields and classes have no room, either, and are no other error.
    let (status, body) =
        server.ask(Method::POST, "/parse/classes/Another", Some(&json!({"note": note()}))).await.unwrap();
    assert!(status == 503 || status == 201, "{status} {body}");
    Writer::new(&server, &ledger, "check-0").check(|_| {}).await;

    let (_cluster, dropped) = blocking(move || {
        let dropped = cluster.say("DROP TABLE ballast");
        (cluster, dropped)
    })
    .await;
    dropped.unwrap();
    at_last(&server, Method::POST, &notes, Some(&json!({"value": 1, "note": note()}))).await;
    at_last(&server, Method::POST, "/parse/classes/Another", Some(&json!({"note": note()}))).await;
    Writer::new(&server, &ledger, "check-1").check(|_| {}).await;
    assert!(server.stop().success());
}

/// MongoDB ends when it can't write what it must; the server that stands in for it stays, and answers each question, also
/// for what it has, with an error from inside, even with room again, until it is started anew. So it is here: whatever is
/// asked meanwhile is refused as unavailable, and all that was acknowledged is there afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_of_mongodb_refuses_and_loses_nothing() {
    let database = blocking(|| mongodb::Server::on_a_small_disk(40).unwrap()).await;
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path(), "here", &database.uri("parse"));
    let ledger = Arc::new(Ledger::default());
    let notes = format!("/parse/classes/{CLASS}");
    // Nothing that is packed into less.
    let mut dice = Dice::new(7);
    let mut note = || (0..4_000).map(|_| format!("{:016x}", dice.throw(u64::MAX))).collect::<String>();
    at_last(&server, Method::POST, &notes, Some(&json!({"value": 0, "note": note()}))).await;
    let mut refusals = 0;
    for value in 0..2_000 {
        let body = json!({"value": value, "note": note()});
        let (status, body) = server.ask(Method::POST, &notes, Some(&body)).await.unwrap();
        match status {
            201 => {
                assert_eq!(refusals, 0, "a disk that is full took an object");
                let id = body["objectId"].as_str().unwrap();
                let done = Acknowledged { request: format!("full-{value}"), code: "PHI.CREATE" };
                ledger.acknowledge(id, Some(value), done);
            }
            503 => {
                assert_eq!(body["code"], 1, "{body}");
                assert!(body["error"].as_str().is_some_and(|text| text.contains("database")), "{body}");
                refusals += 1;
                if refusals == 5 {
                    break;
                }
            }
            other => panic!("{other} {body}"),
        }
    }
    assert_eq!(refusals, 5, "the disk was never full");
    assert!(ledger.objects().len() > 50, "only {} objects had room", ledger.objects().len());
    for method in [Method::GET, Method::POST] {
        let mut refused = reqwest::Client::new()
            .request(method.clone(), format!("{}{notes}", server.origin))
            .header("X-Parse-Application-Id", APP_ID)
            .header("X-Parse-Master-Key", MASTER_KEY);
        if method == Method::POST {
            refused = refused.json(&json!({"value": 1}));
        }
        let refused = refused.send().await.unwrap();
        assert_eq!(refused.status(), 503, "{method}");
        assert!(refused.headers().contains_key("retry-after"), "{method}");
    }

    let _database = blocking(move || {
        let mut database = database;
        database.make_room().unwrap();
        database
    })
    .await;
    at_last(&server, Method::POST, &notes, Some(&json!({"value": 1, "note": note()}))).await;
    Writer::new(&server, &ledger, "check").check(|_| {}).await;
    assert!(server.stop().success());
    let verify =
        command().args(["audit", "verify", "--data-dir"]).arg(folder.path().join("here")).output().unwrap();
    assert_eq!(verify.status.code(), Some(0), "{}", String::from_utf8_lossy(&verify.stdout));
}

async fn dead<D: Mortal>(mut database: D) -> D {
    blocking(move || {
        database.die();
        database
    })
    .await
}

async fn risen<D: Mortal>(mut database: D) -> D {
    blocking(move || {
        database.rise();
        database
    })
    .await
}
