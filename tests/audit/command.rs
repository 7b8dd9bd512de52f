//! The command line's view of the trail: verify, show, tail, prove.

use std::path::Path;
use std::process::Output;
use std::sync::Arc;

use kit::process::{self, Process};
use model::{Date, FieldName, Filter, Object, ObjectId, Op, Schema, Update, Value};
use reqwest::Method;
use serde_json::json;
use storage::{Storage as _, Write};

fn audit(data_dir: &Path, arguments: &[&str]) -> Output {
    process::command().arg("audit").args(arguments).arg("--data-dir").arg(data_dir).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn a_trail_is_verified_shown_and_proved_from_while_the_server_runs_and_after() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let server = Process::start(&data_dir);
    let secret = "Kanarienvogel";
    let (status, made) =
        server.ask(Method::POST, "/parse/classes/Note", Some(&json!({"text": secret}))).await.unwrap();
    assert_eq!(status, 201, "{made}");
    let id = made["objectId"].as_str().unwrap();
    let path = format!("/parse/classes/Note/{id}");
    assert_eq!(server.ask(Method::GET, &path, None).await.unwrap().0, 200);

    let live = audit(&data_dir, &["verify"]);
    assert_eq!(live.status.code(), Some(0), "{}", said(&live));
    let about = format!("object=Note/{id}");
    let shown = audit(&data_dir, &["show", "--where", &about]);
    assert_eq!(shown.status.code(), Some(0), "{}", said(&shown));
    let shown = said(&shown);
    assert!(shown.contains("PHI.CREATE") && shown.contains("PHI.READ"), "{shown}");
    assert!(!shown.contains(secret) && !shown.contains(process::JAVASCRIPT_KEY), "{shown}");
    let tail = said(&audit(&data_dir, &["tail"]));
    assert!(tail.contains("PHI.READ"), "{tail}");

    assert!(server.stop().success());
    let closed = audit(&data_dir, &["verify"]);
    assert_eq!(closed.status.code(), Some(0), "{}", said(&closed));
    let proof = audit(&data_dir, &["prove", "--seq", "0"]);
    assert_eq!(proof.status.code(), Some(0), "{}", said(&proof));
    let proof: serde_json::Value = serde_json::from_slice(&proof.stdout).expect("a proof is JSON");
    assert!(proof.is_object());
}

/// Changes a database behind the server's back.
async fn behind_the_back(data_dir: &Path, writes: impl FnOnce(Arc<Schema>) -> Vec<Write>) {
    let mut config = server::Config::default();
    config.server.data_dir = data_dir.to_owned();
    let settings = storage_sql::Config { path: config.database_file().unwrap(), ..Default::default() };
    let database = storage_sql::Sqlite::open(&settings).await.unwrap();
    let schemas = database.schemas().await.unwrap();
    let schema = schemas.into_iter().find(|schema| schema.class.as_str() == "Note").unwrap();
    database.commit(writes(Arc::new(schema))).await.unwrap();
    database.close().await;
}

#[tokio::test]
async fn a_database_that_was_changed_behind_the_servers_back_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let server = Process::start(&data_dir);
    let mut ids = Vec::new();
    for n in 0..3 {
        let (status, made) =
            server.ask(Method::POST, "/parse/classes/Note", Some(&json!({"n": n}))).await.unwrap();
        assert_eq!(status, 201, "{made}");
        ids.push(ObjectId::new(made["objectId"].as_str().unwrap()).unwrap());
    }
    assert!(server.stop().success());
    let verify = || audit(&data_dir, &["verify", "--against-database"]);
    let whole = verify();
    assert_eq!(whole.status.code(), Some(0), "{}", said(&whole));

    let at = Date(0);
    behind_the_back(&data_dir, |schema| {
        let mut update = Update::new();
        update.set(FieldName::known("n").into(), Op::Set(Value::from(9.0)));
        vec![Write::Update { schema, filter: Filter::id(&ids[0]), update, at }]
    })
    .await;
    let changed = verify();
    assert_eq!(changed.status.code(), Some(17), "{}", said(&changed));
    assert!(said(&changed).contains("was changed, but no record tells of it"), "{}", said(&changed));

    behind_the_back(&data_dir, |schema| {
        let object = Object::new(schema.class.clone(), ObjectId::new("smuggled").unwrap(), at);
        let delete = Write::Delete { schema: schema.clone(), filter: Filter::id(&ids[1]), must_exist: true };
        vec![Write::Insert { schema, object }, delete]
    })
    .await;
    let smuggled = said(&verify());
    assert!(smuggled.contains("is stored, but no record tells of it"), "{smuggled}");
    assert!(smuggled.contains("is gone, but no record tells of its deletion"), "{smuggled}");
}
