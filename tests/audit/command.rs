//! The command line's view of the trail: verify, show, tail, prove.

use std::path::Path;
use std::process::Output;

use kit::process::{self, Process};
use reqwest::Method;
use serde_json::json;

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
