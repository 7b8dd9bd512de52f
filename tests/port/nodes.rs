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
        // Each gives the class an index and a field with a default.
        let (one, other) = tokio::join!(extend(&here, &class, "f", "a"), extend(&there, &class, "g", "both"));
        assert_eq!((one.0, other.0), (200, 200), "{class}: {one:?} {other:?}");
    }
    let names = ["ACL", "a", "b", "both", "c", "createdAt", "d", "e", "f=1", "g=1", "objectId", "updatedAt"];
    let indexes = ["by_a", "by_both"];
    let expected: BTreeSet<String> = names.into_iter().chain(indexes).map(str::to_owned).collect();
    for server in [&here, &there] {
        let mut known = Vec::new();
        for _ in 0..100 {
            known = classes(server).await;
            if known.iter().all(|class| *class == expected) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert_eq!(known, vec![expected.clone(); TURNS]);
    }
    assert!(here.stop().success() && there.stop().success());
}

async fn extend(server: &Process, class: &str, field: &str, indexed: &str) -> (u16, Json) {
    let body = json!({
        "className": class,
        "fields": {field: {"type": "Number", "defaultValue": 1}},
        "indexes": {format!("by_{indexed}"): {indexed: 1}},
    });
    server.ask(Method::PUT, &format!("/parse/schemas/{class}"), Some(&body)).await.unwrap()
}

/// The fields, with their defaults, and the indexes of every class that they met at.
async fn classes(server: &Process) -> Vec<BTreeSet<String>> {
    let (status, found) = server.ask(Method::GET, "/parse/schemas", None).await.unwrap();
    assert_eq!(status, 200);
    let all = found["results"].as_array().unwrap();
    let met = all.iter().filter(|class| class["className"].as_str().unwrap().starts_with("Met"));
    met.map(|class| {
        let fields = class["fields"].as_object().unwrap().iter().map(|(name, field)| {
            field.get("defaultValue").map_or_else(|| name.clone(), |value| format!("{name}={value}"))
        });
        let indexes = class["indexes"].as_object().into_iter().flat_map(|indexes| indexes.keys());
        fields.chain(indexes.filter(|name| name.starts_with("by_")).cloned()).collect()
    })
    .collect()
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

/// A server answered an object without the field that another one had just made for it.
#[tokio::test]
async fn a_server_on_mongodb_tells_a_field_as_soon_as_an_object_has_it() {
    let uri = tokio::task::spawn_blocking(database::mongodb).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let [here, there] = ["here", "there"].map(|name| server(folder.path(), name, &uri));
    let (_, first) = save(&here, "Met", json!({})).await;
    let path = |made: &Json| format!("/parse/classes/Met/{}", made["objectId"].as_str().unwrap());
    learned(&there, &path(&first), &json!({"objectId": first["objectId"]})).await;
    for turn in 0..4 {
        let place = json!({"__type": "GeoPoint", "latitude": turn, "longitude": 2});
        for (field, value) in [("n", json!(turn)), ("a", json!([turn, 2])), ("o", json!({"place": place}))] {
            let body = json!({format!("{field}{turn}"): value});
            let (status, made) = save(&here, "Met", body.clone()).await;
            assert_eq!(status, 201, "{made}");
            let (_, found) = there.ask(Method::GET, &path(&made), None).await.unwrap();
            for (field, value) in body.as_object().unwrap() {
                assert_eq!(found[field], *value, "{found}");
            }
        }
    }
    assert!(here.stop().success() && there.stop().success());
}

#[tokio::test]
async fn servers_on_mongodb_change_classes_at_once() {
    let uri = tokio::task::spawn_blocking(database::mongodb).await.unwrap();
    servers_meet(&uri).await;
}
