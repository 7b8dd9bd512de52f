//! Two servers on one PostgreSQL: they see each other's work, and outlive the database.

use std::time::Duration;

use kit::process::Process;
use kit::{APP_ID, MASTER_KEY};
use reqwest::Method;
use serde_json::{Value as Json, json};
use servers::postgres::Cluster;

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
async fn two_servers_share_a_database_that_may_die_under_them() {
    let mut cluster = blocking(|| Cluster::start(&[]).unwrap()).await;
    let uri = cluster.uri("postgres");
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
    cluster = blocking(move || {
        cluster.crash().unwrap();
        cluster
    })
    .await;
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
        assert!(text.contains("database") && !text.contains("postgres") && !text.contains("lost"), "{text}");
    }
    let _cluster = blocking(move || {
        cluster.resume().unwrap();
        cluster
    })
    .await;
    for server in [&here, &there] {
        let found = at_last(server, Method::GET, &note, None).await;
        assert_eq!((found["text"].as_str(), found["count"].as_i64()), (Some("a"), Some(4)));
        at_last(server, Method::PUT, &note, Some(&json!({"text": "a"}))).await;
    }
    assert!(here.stop().success() && there.stop().success());
}
