//! `parapet backup` copies the embedded database of a server that goes on writing.

use std::path::Path;
use std::process::Output;

use kit::process::{Process, command};
use reqwest::Method;
use serde_json::json;

fn backup(data_dir: &Path, file: &Path) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } =
        command().arg("backup").arg("--data-dir").arg(data_dir).arg(file).output().unwrap();
    (status.code(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

async fn count(server: &Process) -> u64 {
    let (_, found) = server.ask(Method::GET, "/parse/classes/Note?count=1&limit=0", None).await.unwrap();
    found["count"].as_u64().unwrap()
}

#[tokio::test]
async fn what_was_acknowledged_before_is_in_the_copy_and_the_copy_can_be_served() {
    let folder = tempfile::tempdir().unwrap();
    let (data_dir, file) = (folder.path().join("data"), folder.path().join("copy.db"));
    let server = Process::start(&data_dir);
    let save = async |n: u64| {
        server.ask(Method::POST, "/parse/classes/Note", Some(&json!({ "n": n }))).await.unwrap().0
    };
    for n in 0..20 {
        assert_eq!(save(n).await, 201);
    }
    let copying = tokio::task::spawn_blocking({
        let (data_dir, file) = (data_dir.clone(), file.clone());
        move || backup(&data_dir, &file)
    });
    let mut n = 20;
    while !copying.is_finished() {
        assert_eq!(save(n).await, 201);
        n += 1;
    }
    let (code, said) = copying.await.unwrap();
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = backup(&data_dir, &file);
    assert!(code == Some(1) && said.contains("exists"), "{code:?} {said}");
    assert!(server.stop().success());

    let again = folder.path().join("again");
    std::fs::create_dir(&again).unwrap();
    std::fs::copy(&file, again.join("parapet.db")).unwrap();
    // The keys are files of the data folder, not of the database.
    std::fs::copy(data_dir.join("keys.toml"), again.join("keys.toml")).ok();
    let server = Process::start(&again);
    assert!((20..=n).contains(&count(&server).await));
    assert!(server.stop().success());
}

#[test]
fn what_cannot_be_copied_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.db");
    let (code, said) = backup(folder.path(), &file);
    assert!(code == Some(4) && said.contains("there is no database in"), "{code:?} {said}");
    std::fs::write(folder.path().join("parapet.db"), "Somebody's notes.\n".repeat(100)).unwrap();
    let (code, said) = backup(folder.path(), &file);
    assert!(code == Some(1) && said.contains("not a database"), "{code:?} {said}");
    let nowhere = folder.path().join("no/such/folder.db");
    assert_eq!(backup(folder.path(), &nowhere).0, Some(1));
    assert!(!file.exists() && !nowhere.exists());
    let elsewhere = command()
        .args(["backup", "x.db", "--data-dir"])
        .arg(folder.path())
        .env("PARSE_SERVER_DATABASE_URI", "postgres://ann:hunter2@localhost/d")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&elsewhere.stderr);
    assert!(
        elsewhere.status.code() == Some(3) && said.contains("pg_dump") && !said.contains("hunter2"),
        "{said}"
    );
}
