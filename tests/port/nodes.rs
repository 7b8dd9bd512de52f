//! Several servers on one database make and widen the same classes at once.

use std::{collections::BTreeSet, path::Path};

use kit::{database, process::Process};
use reqwest::Method;
use serde_json::{Value as Json, json};

/// How often they meet.
const TURNS: usize = 12;

fn server(folder: &Path, name: &str, uri: &str) -> Process {
    let settings = folder.join("settings.toml");
    std::fs::write(&settings, "[database.postgres]\naccept_data_loss = true\n").unwrap();
    Process::start_with(&folder.join(name), |command| {
        command.arg("--config").arg(settings).env("PARSE_SERVER_DATABASE_URI", uri);
    })
}

async fn save(server: &Process, class: &str, body: Json) -> (u16, Json) {
    server.ask(Method::POST, &format!("/parse/classes/{class}"), Some(&body)).await.unwrap()
}

/// Each save is kept whole, whoever makes the class, and its fields are those of both.
async fn servers_meet(uri: &str) {
    let folder = tempfile::tempdir().unwrap();
    let [here, there] = ["here", "there"].map(|name| server(folder.path(), name, uri));
    for turn in 0..TURNS {
        let class = format!("Met{turn}");
        // None knows the class: both make it. Then both widen it, and by the same field with the same type.
        for (a, b) in [
            (json!({"a": turn, "both": "x"}), json!({"b": [turn], "both": "y"})),
            (json!({"a": turn, "c": true}), json!({"b": [], "c": false, "d": {"k": 1}})),
        ] {
            let (one, other) = tokio::join!(save(&here, &class, a.clone()), save(&there, &class, b.clone()));
            for (server, (status, made), body) in [(&there, one, a), (&here, other, b)] {
                assert_eq!(status, 201, "{class}: {made}");
                let path = format!("/parse/classes/{class}/{}", made["objectId"].as_str().unwrap());
                learned(server, &path, &body).await;
            }
        }
        // Of two types for one field one is refused; the other one's object is there.
        let (one, other) =
            tokio::join!(save(&here, &class, json!({"e": 1})), save(&there, &class, json!({"e": "1"})));
        let mut answers = [(one.0, one.1["code"].clone()), (other.0, other.1["code"].clone())];
        answers.sort_by_key(|(status, _)| *status);
        assert_eq!(answers, [(201, Json::Null), (400, json!(111))], "{class}: {one:?} {other:?}");
    }
    let expected = BTreeSet::from(
        ["ACL", "a", "b", "both", "c", "createdAt", "d", "e", "objectId", "updatedAt"].map(str::to_owned),
    );
    for server in [&here, &there] {
        let mut known = Vec::new();
        for _ in 0..100 {
            known = fields(server).await;
            if known.iter().all(|fields| *fields == expected) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert_eq!(known, vec![expected.clone(); TURNS]);
    }
    assert!(here.stop().success() && there.stop().success());
}

/// The fields of every class that they met at.
async fn fields(server: &Process) -> Vec<BTreeSet<String>> {
    let (status, found) = server.ask(Method::GET, "/parse/schemas", None).await.unwrap();
    assert_eq!(status, 200);
    let all = found["results"].as_array().unwrap();
    let met = all.iter().filter(|class| class["className"].as_str().unwrap().starts_with("Met"));
    met.map(|class| class["fields"].as_object().unwrap().keys().cloned().collect()).collect()
}

/// Reads until every field is told: a server learns of a field that another one made a moment after it was made.
async fn learned(server: &Process, path: &str, body: &Json) {
    let mut last = Json::Null;
    for _ in 0..100 {
        let (_, found) = server.ask(Method::GET, path, None).await.unwrap();
        if body.as_object().unwrap().iter().all(|(field, value)| found[field] == *value) {
            return;
        }
        last = found;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{path}: still {last}");
}

#[tokio::test]
async fn servers_on_postgresql_change_classes_at_once() {
    let uri = tokio::task::spawn_blocking(database::postgres).await.unwrap();
    servers_meet(&uri).await;
}

#[tokio::test]
async fn servers_on_mongodb_change_classes_at_once() {
    let uri = tokio::task::spawn_blocking(database::mongodb).await.unwrap();
    servers_meet(&uri).await;
}
