//! What survives a restart, and what must not survive a change of the files behind the server's back.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use kit::process::{Process, command};
use reqwest::Method;
use serde_json::{Value as Json, json};

use super::packed;

async fn chain(server: &Process) -> Json {
    let body = json!({"name": "Ada"});
    let (status, saved) = server.ask(Method::POST, "/parse/classes/Patient", Some(&body)).await.unwrap();
    assert_eq!(status, 201, "{saved}");
    saved["chain"].clone()
}

async fn listed(server: &Process) -> Json {
    server.ask(Method::GET, "/parapet/v1/plugins", None).await.unwrap().1
}

/// A server on a folder that it must refuse: what it says.
fn refuses_to_start(dir: &Path) -> String {
    let mut command = command();
    command.args(["serve", "--port", "0", "--data-dir"]).arg(dir).stdin(Stdio::null());
    let ended = command.output().expect("the server runs");
    assert!(!ended.status.success(), "it starts on files that somebody changed");
    format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr))
}

fn only_file(folder: PathBuf, suffix: &str) -> PathBuf {
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.to_string_lossy().ends_with(suffix)).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

fn flip(path: &Path) -> Vec<u8> {
    let good = fs::read(path).unwrap();
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    fs::write(path, bad).unwrap();
    good
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plugins_survive_a_restart_and_changed_files_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("data");
    let server = Process::start(&dir);
    server.activate(packed("first")).await;
    assert_eq!(chain(&server).await, "first ");
    let before = listed(&server).await;
    server.stop();

    // As it was, after a stop and after a kill.
    let server = Process::start(&dir);
    assert_eq!((listed(&server).await, chain(&server).await), (before.clone(), json!("first ")));
    server.kill();
    let server = Process::start(&dir);
    assert_eq!((listed(&server).await, chain(&server).await), (before.clone(), json!("first ")));
    server.stop();

    // Compiled code that isn't what the server wrote is compiled again, not run.
    let plugins = dir.join("plugins");
    let code = only_file(plugins.join("cache"), ".code");
    let good = flip(&code);
    let server = Process::start(&dir);
    assert_eq!(chain(&server).await, "first ");
    server.stop();
    assert_ne!(fs::read(&code).unwrap().len(), 0);
    assert_eq!(fs::read(&code).unwrap().len(), good.len(), "it was written anew");

    // Swapped for a link while nobody looks: not followed.
    let aside = folder.path().join("aside");
    fs::rename(&code, &aside).unwrap();
    std::os::unix::fs::symlink(&aside, &code).unwrap();
    let server = Process::start(&dir);
    assert_eq!(chain(&server).await, "first ");
    server.stop();
    assert!(!fs::symlink_metadata(&code).unwrap().is_symlink(), "the link was replaced by a file");

    // A changed component, and grants that somebody edited, stop the start: a server without its guard must not run.
    let component = only_file(plugins.join("components"), ".wasm");
    let good = flip(&component);
    let said = refuses_to_start(&dir);
    assert!(said.contains("was changed"), "{said}");
    fs::write(&component, good).unwrap();

    let state = plugins.join("state.json");
    let good = fs::read_to_string(&state).unwrap();
    fs::write(&state, good.replace("\"chain\"", "\"ssn\"")).unwrap();
    let said = refuses_to_start(&dir);
    assert!(said.contains("isn't what this server wrote"), "{said}");
    fs::write(&state, good).unwrap();

    let server = Process::start(&dir);
    assert_eq!((listed(&server).await, chain(&server).await), (before, json!("first ")));
    server.stop();
}
