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

    // A copy is made while the server goes on, and can be judged without it.
    let copy = folder.path().join("copy");
    let copied = audit(&data_dir, &["copy", copy.to_str().unwrap()]);
    assert_eq!(copied.status.code(), Some(0), "{}", said(&copied));
    let again = audit(&data_dir, &["copy", copy.to_str().unwrap()]);
    assert!(again.status.code() == Some(1) && said(&again).contains("create the folder"), "{}", said(&again));
    let key = said(&audit(&data_dir, &["key"]));
    let judged = process::command()
        .args(["audit", "verify", "--copy", "--key", key.trim(), "--log", copy.to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(judged.status.code(), Some(0), "{}", said(&judged));

    assert!(server.stop().success());
    let closed = audit(&data_dir, &["verify"]);
    assert_eq!(closed.status.code(), Some(0), "{}", said(&closed));
    let proof = audit(&data_dir, &["prove", "--seq", "0"]);
    assert_eq!(proof.status.code(), Some(0), "{}", said(&proof));
    let proof: serde_json::Value = serde_json::from_slice(&proof.stdout).expect("a proof is JSON");
    assert!(proof.is_object());
}

/// Changes a database behind the server's back.
async fn behind_the_back(data_dir: &Path, class: &str, writes: impl FnOnce(Arc<Schema>) -> Vec<Write>) {
    let mut config = server::Config::default();
    config.server.data_dir = data_dir.to_owned();
    let database = database(&config).await;
    let schemas = database.schemas().await.unwrap();
    let schema = schemas.into_iter().find(|schema| schema.class.as_str() == class).unwrap();
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
    behind_the_back(&data_dir, "Note", |schema| {
        let mut update = Update::new();
        update.set(FieldName::known("n").into(), Op::Set(Value::from(9.0)));
        vec![Write::Update { schema, filter: Filter::id(&ids[0]), update, at }]
    })
    .await;
    let changed = verify();
    assert_eq!(changed.status.code(), Some(17), "{}", said(&changed));
    assert!(said(&changed).contains("was changed, but no record tells of it"), "{}", said(&changed));

    behind_the_back(&data_dir, "Note", |schema| {
        let object = Object::new(schema.class.clone(), ObjectId::new("smuggled").unwrap(), at);
        let delete = Write::Delete { schema: schema.clone(), filter: Filter::id(&ids[1]), must_exist: true };
        vec![Write::Insert { schema, object }, delete]
    })
    .await;
    let smuggled = said(&verify());
    assert!(smuggled.contains("is stored, but no record tells of it"), "{smuggled}");
    assert!(smuggled.contains("is gone, but no record tells of its deletion"), "{smuggled}");
}

/// The embedded database of a server that doesn't run.
async fn database(config: &server::Config) -> storage_sql::Sqlite {
    let server::config::Place::Sqlite(path) = config.database_place().unwrap() else { panic!("a file") };
    let settings = storage_sql::Config { path, ..Default::default() };
    storage_sql::Sqlite::open(&settings).await.unwrap()
}

/// An update that somebody makes past the server, leaving `updatedAt` as it was.
async fn forge(data_dir: &Path, class: &str, id: &str, field: &'static str, value: Value) {
    let id = ObjectId::new(id).unwrap();
    let mut config = server::Config::default();
    config.server.data_dir = data_dir.to_owned();
    let database = database(&config).await;
    let schemas = database.schemas().await.unwrap();
    let schema = Arc::new(schemas.into_iter().find(|schema| schema.class.as_str() == class).unwrap());
    let select = storage::Select::new(schema.clone(), Filter::id(&id));
    let at = database.find(&select).await.unwrap()[0].updated_at;
    let mut update = Update::new();
    update.set(FieldName::known(field).into(), Op::Set(value));
    database.commit(vec![Write::Update { schema, filter: Filter::id(&id), update, at }]).await.unwrap();
    database.close().await;
}

/// A change that kept `updatedAt`, and any change of a user, a role or a session, went unseen.
#[tokio::test]
async fn a_forged_content_is_found_out_in_every_class() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let server = Process::start(&data_dir);
    let post = async |path: &str, body: serde_json::Value| {
        let (status, made) = server.ask(Method::POST, &format!("/parse{path}"), Some(&body)).await.unwrap();
        assert!(status < 300, "{made}");
        made
    };
    let fields = json!({
        "text": {"type": "String"}, "n": {"type": "Number"}, "on": {"type": "Boolean"}, "when": {"type": "Date"},
        "raw": {"type": "Bytes"}, "place": {"type": "GeoPoint"}, "map": {"type": "Object"},
        "list": {"type": "Array"}, "owner": {"type": "Pointer", "targetClass": "_User"},
        "friends": {"type": "Relation", "targetClass": "_User"}, "old": {"type": "String"},
        "scan": {"type": "File"}, "area": {"type": "Polygon"},
    });
    post("/schemas/Chart", json!({"className": "Chart", "fields": fields})).await;
    let ann = post("/users", json!({"username": "ann", "password": "correct horse battery"})).await;
    let ann_id = ann["objectId"].as_str().unwrap().to_owned();
    let role = post("/roles", json!({"name": "nurses", "ACL": {"*": {"read": true}}})).await;
    let owner = json!({"__type": "Pointer", "className": "_User", "objectId": ann_id});
    let chart = json!({
        "text": "Grüezi", "n": 1.5e-7, "on": true, "when": {"__type": "Date", "iso": "1999-12-31T23:59:59.999Z"},
        "raw": {"__type": "Bytes", "base64": "AAEC/w=="}, "old": "x",
        "place": {"__type": "GeoPoint", "latitude": 47.1, "longitude": -8.25},
        "map": {"b": [1, null, {"c": -0.0}], "a": {"d": 9_007_199_254_740_991_u64}},
        "list": ["x", 3, null, {"__type": "Date", "iso": "2000-01-01T00:00:00.000Z"}],
        "scan": {"__type": "File", "name": "scan.png", "url": "https://files.example/scan.png"},
        "area": {"__type": "Polygon", "coordinates": [[0, 0], [0, 1], [1, 1], [0, 0]]},
        "owner": owner, "ACL": {"role:nurses": {"read": true, "write": true}, (ann_id.as_str()): {"read": true}},
    });
    let kept = post("/classes/Chart", chart.clone()).await["objectId"].as_str().unwrap().to_owned();
    let edited = post("/classes/Chart", chart).await["objectId"].as_str().unwrap().to_owned();
    for edit in [
        json!({"n": {"__op": "Increment", "amount": 0.1}, "list": {"__op": "AddUnique", "objects": ["y", "x"]}}),
        json!({"map.a.d": 1, "text": {"__op": "Delete"}, "ACL": {"*": {"read": true}}}),
        json!({"friends": {"__op": "AddRelation", "objects": [owner]}, "when": null}),
    ] {
        let path = format!("/parse/classes/Chart/{edited}");
        let (status, body) = server.ask(Method::PUT, &path, Some(&edit)).await.unwrap();
        assert_eq!(status, 200, "{body}");
    }
    let gone = post("/classes/Chart", json!({"n": 1})).await["objectId"].as_str().unwrap().to_owned();
    server.ask(Method::DELETE, &format!("/parse/classes/Chart/{gone}"), None).await.unwrap();
    let login = json!({"username": "ann", "password": "correct horse battery"});
    let session = post("/login", login.clone()).await["sessionToken"].as_str().unwrap().to_owned();
    let wrong = json!({"username": "ann", "password": "wrong"});
    assert_eq!(server.ask(Method::POST, "/parse/login", Some(&wrong)).await.unwrap().0, 404);
    let password = json!({"password": "correct horse battery staple"});
    server.ask(Method::PUT, &format!("/parse/users/{ann_id}"), Some(&password)).await.unwrap();
    let login = json!({"username": "ann", "password": "correct horse battery staple"});
    assert_ne!(post("/login", login).await["sessionToken"], session);
    let (_, sessions) = server.ask(Method::GET, "/parse/sessions", None).await.unwrap();
    let session = sessions["results"][0]["objectId"].as_str().unwrap().to_owned();
    assert!(server.stop().success());

    let verify = || audit(&data_dir, &["verify", "--against-database"]);
    let whole = verify();
    assert_eq!(whole.status.code(), Some(0), "{}", said(&whole));
    let all = |objects: u64| format!("{objects} objects compared, {objects} of them down to their content");
    let objects = 4 + sessions["results"].as_array().unwrap().len() as u64;
    assert!(said(&whole).contains(&all(objects)), "{}", said(&whole));

    // A field that a class loses takes its values along, and nobody is accused of it.
    let server = Process::start(&data_dir);
    let lose = json!({"fields": {"old": {"__op": "Delete"}}});
    assert_eq!(server.ask(Method::PUT, "/parse/schemas/Chart", Some(&lose)).await.unwrap().0, 200);
    let touch = json!({"n": 2});
    server.ask(Method::PUT, &format!("/parse/classes/Chart/{kept}"), Some(&touch)).await.unwrap();
    assert!(server.stop().success());
    let reduced = verify();
    assert_eq!(reduced.status.code(), Some(0), "{}", said(&reduced));
    assert!(said(&reduced).contains(&format!("{} of them", objects - 1)), "{}", said(&reduced));

    let mut found = 0;
    for (class, id, field, value) in [
        ("Chart", &kept, "text", Value::from("Adieu")),
        ("_User", &ann_id, "_hashed_password", Value::from("$2b$10$forged")),
        ("_Role", &role["objectId"].as_str().unwrap().to_owned(), "name", Value::from("doctors")),
        ("_Session", &session, "sessionToken", Value::from("r:00000000000000000000000000000000")),
    ] {
        forge(&data_dir, class, id, field, value).await;
        found += 1;
        let forged = verify();
        assert_eq!(forged.status.code(), Some(17), "{class}: {}", said(&forged));
        let told = said(&forged).matches("was changed, but no record tells of it").count();
        assert_eq!(told, found, "{class}: {}", said(&forged));
    }
    // A session that nobody opened.
    behind_the_back(&data_dir, "_Session", |schema| {
        let object = Object::new(schema.class.clone(), ObjectId::new("smuggled").unwrap(), Date(0));
        vec![Write::Insert { schema, object }]
    })
    .await;
    let smuggled = said(&verify());
    assert!(smuggled.contains("is stored, but no record tells of it"), "{smuggled}");
}

/// Verifying between a kill and the next start called the trail broken.
#[tokio::test]
async fn after_a_kill_one_is_told_to_start_once() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let server = Process::start(&data_dir);
    let (status, _) =
        server.ask(Method::POST, "/parse/classes/Note", Some(&json!({"text": "x"}))).await.unwrap();
    assert_eq!(status, 201);
    assert!(server.stop().success());
    let config = {
        let mut config = server::Config::default();
        config.server.data_dir = data_dir.clone();
        config.keys.app_id = Some(kit::APP_ID.to_owned());
        config
    };
    // What a server leaves that is killed with an intent in the log and nothing after it.
    let settings = ::audit::Config {
        dir: config.audit_dir(),
        keys_dir: config.audit_keys_dir(),
        ..config.audit.clone()
    };
    let keys = ::audit::Keys::open(&config.audit_keys_dir()).unwrap();
    let (log, _) = ::audit::Log::open(settings, keys).unwrap();
    let name = |text: &str| ::audit::Name::new(text).unwrap();
    let actor = ::audit::Actor::new(::audit::ActorKind::User, Some(name("ann")));
    let mut draft =
        ::audit::Draft::new(::audit::Code::PhiCreate, ::audit::Stage::Intent, name("killed"), actor);
    draft.object = Some(::audit::Objects { class: name("Note"), refs: Vec::new(), count: 0 });
    ::audit::Sink::enqueue(&log, draft).unwrap().durable().await.unwrap();
    log.close().await.unwrap();

    let killed = audit(&data_dir, &["verify"]);
    assert_eq!(killed.status.code(), Some(16), "{}", said(&killed));
    assert!(said(&killed).contains("start the server once, then verify again"), "{}", said(&killed));
    assert!(!said(&killed).contains("NOT whole"), "{}", said(&killed));
    assert!(Process::start(&data_dir).stop().success());
    let started = audit(&data_dir, &["verify"]);
    assert_eq!(started.status.code(), Some(0), "{}", said(&started));
}
