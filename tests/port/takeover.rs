//! A database changes hands: parse-server writes it, Parapet takes it over, parse-server takes it back.

use std::path::Path;

use kit::{
    database, node,
    peer::{self, KEYS, Peer},
    process::Process,
};
use serde_json::{Map, Value as Json};

/// Runs one of the steps of `tests/peer/takeover` against a server and reads what it prints.
async fn step(script: &str, argument: &str, url: &str) -> Json {
    let script = format!("takeover/{script}");
    let environment = vec![("PARAPET_URL", url.to_owned())];
    let said = node::run(&peer::folder(), &[&script, argument], environment).await;
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{script} printed no JSON: {error}\n{said}"))
}

/// Starts Parapet on a database that parse-server uses, too: new passwords in a form that both read.
fn parapet(folder: &Path, database_uri: &str) -> Process {
    let settings = folder.join("settings.toml");
    std::fs::write(
        &settings,
        "[rest]\nmount_path = \"/1\"\n\
         [data]\npassword_scheme = \"bcrypt\"\nallow_client_class_creation = true\n\
         [database.postgres]\naccept_data_loss = true\n",
    )
    .unwrap();
    Process::start_with(&folder.join("data"), |command| {
        command.arg("--config").arg(settings).envs(KEYS).env("PARSE_SERVER_DATABASE_URI", database_uri);
    })
}

/// Compares the answers of two servers to the same questions; of refusals, status and code alone.
///
/// `unlike` says which questions the reference is known to answer otherwise, by a part of their title.
fn compare(theirs: &Json, ours: &Json, unlike: &[&str]) {
    let (theirs, ours) = (theirs.as_object().unwrap(), ours.as_object().unwrap());
    assert!(theirs.len() > 100, "only {} questions were asked", theirs.len());
    assert_eq!(theirs.keys().collect::<Vec<_>>(), ours.keys().collect::<Vec<_>>());
    let mut differences = Vec::new();
    for (title, their) in theirs {
        let our = &ours[title];
        if unlike.iter().any(|part| title.contains(part)) {
            continue;
        }
        let refused = |answer: &Json| answer["status"].as_u64().is_some_and(|status| status >= 400);
        let code = |answer: &Json| (answer["status"].clone(), answer["body"]["code"].clone());
        let same = if refused(their) && refused(our) { code(their) == code(our) } else { their == our };
        if !same {
            let mut found = Map::new();
            differ(their, our, String::new(), &mut found);
            differences.push(format!("{title}\n{}", serde_json::to_string_pretty(&found).unwrap()));
        }
    }
    assert!(differences.is_empty(), "{} answers differ:\n{}", differences.len(), differences.join("\n"));
}

/// Collects the places where two answers differ, with what each of the two says there.
fn differ(theirs: &Json, ours: &Json, place: String, found: &mut Map<String, Json>) {
    match (theirs, ours) {
        (Json::Object(theirs), Json::Object(ours)) => {
            for key in theirs.keys().chain(ours.keys().filter(|key| !theirs.contains_key(*key))) {
                let nothing = Json::from("(missing)");
                let (theirs, ours) = (theirs.get(key).unwrap_or(&nothing), ours.get(key).unwrap_or(&nothing));
                differ(theirs, ours, format!("{place}.{key}"), found);
            }
        }
        (Json::Array(theirs), Json::Array(ours)) if theirs.len() == ours.len() => {
            for (at, (theirs, ours)) in theirs.iter().zip(ours).enumerate() {
                differ(theirs, ours, format!("{place}[{at}]"), found);
            }
        }
        (theirs, ours) if theirs != ours => {
            found.insert(place, serde_json::json!({"theirs": theirs, "ours": ours}));
        }
        _ => {}
    }
}

/// Takes out what Parapet made for the unique groups of a class: on MongoDB the reference lists every index that it finds.
fn without_indexes_of_ours(mut answers: Json) -> Json {
    for answer in answers.as_object_mut().unwrap().values_mut() {
        let Some(body) = answer.get_mut("body").and_then(Json::as_object_mut) else { continue };
        if let Some(indexes) = body.get_mut("indexes").and_then(Json::as_object_mut) {
            indexes.retain(|name, _| !name.starts_with("parapet_"));
            if indexes.is_empty() {
                body.remove("indexes");
            }
        }
    }
    answers
}

/// The whole way there and back.
async fn takeover(database_uri: &str, unlike: &[&str]) {
    let peer = Peer::start(database_uri);
    let written = step("write.js", "Peer", &peer.url).await.to_string();
    let theirs = step("read.js", &written, &peer.url).await;
    peer.stop();

    let folder = tempfile::tempdir().unwrap();
    let server = parapet(folder.path(), database_uri);
    let ours = step("read.js", &written, &server.url).await;
    compare(&theirs, &ours, unlike);
    let added = step("write.js", "Ours", &server.url).await.to_string();
    let ours = step("read.js", &added, &server.url).await;
    let again = step("read.js", &written, &server.url).await;
    assert!(server.stop().success());

    let peer = Peer::start(database_uri);
    for (written, ours) in [(&added, &ours), (&written, &again)] {
        let theirs = without_indexes_of_ours(step("read.js", written, &peer.url).await);
        compare(&theirs, ours, unlike);
    }
    // What Parapet keeps for itself isn't in the way of whoever goes on writing.
    step("write.js", "Back", &peer.url).await;
    peer.stop();
}

#[tokio::test]
async fn a_database_on_postgresql_changes_hands_and_back() {
    let unlike = [
        // A number in a list, and one below two members of an object, are more than the reference asks PostgreSQL well.
        "where=%7B%22list%22%3A1%7D",
        "where=%7B%22thing.a.b%22%3A1.5%7D",
    ];
    let uri = tokio::task::spawn_blocking(database::postgres).await.unwrap();
    takeover(&uri, &unlike).await;
}

#[tokio::test]
async fn a_database_on_mongodb_changes_hands_and_back() {
    let uri = tokio::task::spawn_blocking(database::mongodb).await.unwrap();
    // The reference shows whatever indexes it finds: one more there, which ends a user's sessions quickly.
    takeover(&uri, &["schemas/_Session"]).await;
}
