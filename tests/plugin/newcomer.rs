//! The five minutes of `sdk/rust/README.md`: from nothing to a running plugin, by the command line alone.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use kit::guest::{root, target};
use kit::process::{Process, command};
use reqwest::Method;
use serde_json::json;

/// A folder with a plugin of its own, and a server beside it.
struct Desk {
    folder: tempfile::TempDir,
    server: Process,
}

impl Desk {
    async fn new() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let server = Process::start(&folder.path().join("data"));
        let class = json!({"className": "Note", "fields": {"text": {"type": "String"}}});
        let (status, body) = server.ask(Method::POST, "/parse/schemas/Note", Some(&class)).await.unwrap();
        assert_eq!(status, 200, "{body}");
        Desk { folder, server }
    }

    fn project(&self) -> PathBuf {
        self.folder.path().join("note-guard")
    }

    fn command(&self, folder: &Path, words: &[&str]) -> Command {
        let mut command = command();
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_")
                || text.starts_with("CARGO_MANIFEST_")
                || text == "CARGO_CRATE_NAME"
            {
                command.env_remove(&name);
            }
        }
        // Kept from run to run, so that the SDK is compiled once.
        command.env("CARGO_TARGET_DIR", target().join("newcomer"));
        command.env("PARAPET_SERVER", &self.server.origin).env("USER", "newcomer");
        command.current_dir(folder).arg("plugin").args(words);
        command
    }

    fn try_to(&self, words: &[&str]) -> Output {
        self.command(&self.project(), words).output().unwrap()
    }

    /// Runs one line of the page, which has to go well.
    fn run(&self, words: &[&str]) -> String {
        said(words, self.try_to(words))
    }

    /// Changes a file of the plugin.
    fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.project().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} holds no {from}");
        std::fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    /// What is stored when a client saves this text.
    async fn saves(&self, text: &str) -> Result<String, i64> {
        let (status, body) =
            self.server.ask(Method::POST, "/parse/classes/Note", Some(&json!({"text": text}))).await.unwrap();
        if status != 201 {
            return Err(body["code"].as_i64().unwrap_or_else(|| panic!("{status} {body}")));
        }
        let path = format!("/parse/classes/Note/{}", body["objectId"].as_str().unwrap());
        let (_, stored) = self.server.ask(Method::GET, &path, None).await.unwrap();
        Ok(stored["text"].as_str().unwrap().to_owned())
    }
}

fn said(words: &[&str], output: Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{words:?}: {}\n{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_minutes_from_nothing_to_a_running_plugin() {
    let desk = Desk::new().await;
    let sdk = root().join("sdk/rust");
    let new = ["new", "note-guard", "--sdk-path", sdk.to_str().unwrap()];
    said(&new, desk.command(desk.folder.path(), &new).output().unwrap());
    // The workspace's versions, so that a release of somebody else doesn't change what is tested.
    std::fs::copy(root().join("Cargo.lock"), desk.project().join("Cargo.lock")).unwrap();

    let tested = desk.run(&["test"]);
    assert!(tested.contains("3 passed") && tested.contains("problems: none"), "{tested}");
    let event = desk.run(&["run", "--event", "events/save.json"]);
    let event: serde_json::Value = serde_json::from_str(&event).unwrap();
    assert_eq!((&event["status"], &event["stored"]["text"]), (&json!(201), &json!("hello")), "{event}");
    assert_eq!(event["calls"][0]["fields"], json!({"read": ["text"], "written": ["text"]}));

    let component = desk.run(&["build"]);
    let installed = desk.run(&["install", component.trim()]);
    assert!(installed.contains("+ hooks on Note: read text"), "{installed}");
    assert!(desk.run(&["inspect", "note-guard"]).contains("granted now: nothing"));
    assert_eq!(desk.try_to(&["activate", "note-guard"]).status.code(), Some(6), "it isn't approved yet");
    assert_eq!(
        desk.try_to(&["approve", "note-guard", "--by", "Ann"]).status.code(),
        Some(1),
        "nobody said yes"
    );
    desk.run(&["approve", "note-guard", "--by", "Ann", "--yes"]);
    assert_eq!(desk.saves("  hello ").await.unwrap(), "  hello ", "it isn't at work yet");
    desk.run(&["activate", "note-guard"]);
    assert_eq!(desk.saves("  hello ").await.unwrap(), "hello");
    assert_eq!(desk.saves("   ").await, Err(142));

    desk.edit("plugin.toml", "0.1.0", "0.2.0");
    desk.edit("src/lib.rs", "note.set(\"text\", text)", "note.set(\"text\", text.to_uppercase())");
    desk.edit("plugin.toml", "Trims the text", "\\u001b[2J\\u009b8m\\nTrims the text");
    desk.run(&["install", desk.run(&["build"]).trim()]);
    let approved = desk.run(&["approve", "note-guard", "--by", "Ann", "--yes"]);
    desk.run(&["activate", "note-guard"]);
    assert_eq!(desk.saves(" hello").await.unwrap(), "HELLO");
    // A plugin's own words don't reach the terminal as commands, and begin no line.
    for said in
        [approved, desk.run(&["inspect", "note-guard", "--full"]), desk.run(&["inspect", "note-guard"])]
    {
        assert!(said.contains("?[2J?8m?Trims the text"), "{said}");
        assert!(said.lines().all(|line| !line.contains(char::is_control)), "{said:?}");
    }
    desk.run(&["rollback", "note-guard"]);
    assert_eq!(desk.saves(" hello").await.unwrap(), "hello");
    let list = desk.run(&["list"]);
    assert!(list.contains("0.1.0") && list.contains("0.2.0"), "{list}");

    watch(&desk).await;

    assert_eq!(desk.try_to(&["remove", "note-guard"]).status.code(), Some(6), "it is at work");
    desk.run(&["disable", "note-guard"]);
    assert_eq!(desk.saves(" hello").await.unwrap(), " hello");
    desk.run(&["remove", "note-guard"]);
    assert!(desk.run(&["list"]).contains("no plugin is installed"));
    assert_eq!(desk.try_to(&["inspect", "note-guard"]).status.code(), Some(6));
    assert!(desk.server.stop().success());
}

/// `watch` builds what is saved and swaps it in, without a question when it asks for nothing more.
async fn watch(desk: &Desk) {
    let mut watch = desk.command(&desk.project(), &["watch", "--by", "Ann"]).spawn().unwrap();
    let patience = Instant::now() + Duration::from_secs(120);
    let mut stored = String::new();
    for (from, to, expected) in
        [(".to_uppercase()", ".to_lowercase()", "hello"), ("lowercase", "uppercase", "HELLO")]
    {
        desk.edit("src/lib.rs", from, to);
        while stored != expected && Instant::now() < patience {
            tokio::time::sleep(Duration::from_millis(200)).await;
            stored = desk.saves("  HeLLo").await.unwrap();
        }
        assert_eq!(stored, expected);
    }
    watch.kill().unwrap();
    watch.wait().unwrap();
}
