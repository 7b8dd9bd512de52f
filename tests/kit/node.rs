//! Programs in JavaScript, run with what their lock file names.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// Runs node in a folder with a server's environment and goes on only when it ends well; gives what it printed.
pub async fn run(folder: &Path, arguments: &[&str], server: Vec<(&'static str, String)>) -> String {
    install(folder);
    let mut node = Command::new("node");
    node.args(arguments).current_dir(folder).envs(server).stdin(Stdio::null());
    let ended = tokio::task::spawn_blocking(move || node.output()).await.expect("no panic");
    let ended = ended.unwrap_or_else(|error| panic!("node can't be run, and the tests need it: {error}"));
    let (said, errors) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "node {arguments:?} ended with {}\n{said}\n{errors}", ended.status);
    said.into_owned()
}

/// Fetches what the lock file names, if it isn't there.
pub fn install(folder: &Path) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if folder.join("node_modules/.package-lock.json").exists() {
        return;
    }
    let npm = Command::new("npm").arg("ci").current_dir(folder).stdin(Stdio::null()).output();
    let npm = npm.unwrap_or_else(|error| panic!("npm can't be run, and the tests need it: {error}"));
    assert!(npm.status.success(), "npm ci failed\n{}", String::from_utf8_lossy(&npm.stderr));
}
