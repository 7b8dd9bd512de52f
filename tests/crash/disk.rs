//! No room, no right to write, no folder, a folder in use: each is told plainly, and nothing is acknowledged that isn't kept.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use kit::process::{Process, command, program};
use reqwest::Method;
use serde_json::json;

use super::ledger::{Acknowledged, Ledger};
use super::writer::{Answer, CLASS, Writer};

/// Runs a server that must not come up.
fn refused(dir: &Path, change: impl FnOnce(&mut Command)) -> (Option<i32>, String) {
    let mut command = command();
    command.args(["serve", "--port", "0", "--data-dir"]).arg(dir).stdin(Stdio::null());
    change(&mut command);
    let Output { status, stdout, stderr } = command.output().expect("the server runs");
    (status.code(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

/// Each start that can't be is told with the folder's name, in one exit status.
#[test]
fn a_folder_that_can_not_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    for dir in [file.as_path(), &file.join("below"), Path::new("/proc/parapet/data")] {
        let (code, said) = refused(dir, |_| {});
        assert_eq!(code, Some(4), "{said}");
        assert!(said.contains(&*dir.to_string_lossy()), "{said}");
        assert!(!said.contains("panicked") && !said.contains("RUST_BACKTRACE"), "{said}");
    }
}

/// Two servers on one folder would each undo what the other does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_is_one_servers_alone() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("data");
    let server = Process::start(&dir);
    let (code, said) = refused(&dir, |_| {});
    assert_eq!(code, Some(4), "{said}");
    assert!(
        said.contains("is in use by another server") && said.contains(&server.id().to_string()),
        "{said}"
    );
    let port = server.origin.rsplit(':').next().unwrap().to_owned();
    let (code, said) = refused(&folder.path().join("other"), |command| {
        command.args(["--port", &port]);
    });
    // Said twice, the later one counts; or it is wrong usage.
    assert!([Some(2), Some(5)].contains(&code), "{said}");
    server.stop();
}

/// A read-only file system, made by leaving out the right to write; the superuser has it all the same.
#[test]
fn a_read_only_folder_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("data");
    std::fs::create_dir(&dir).unwrap();
    std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o500)).unwrap();
    if std::fs::write(dir.join("probe"), "x").is_ok() {
        // Whoever runs this may write everywhere: ask for a folder where nobody may.
        let (code, said) = refused(Path::new("/proc/1/data"), |_| {});
        assert_eq!(code, Some(4), "{said}");
        return;
    }
    let (code, said) = refused(&dir, |_| {});
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains(&*dir.to_string_lossy()), "{said}");
}

/// Files may grow to a limit and no further, as on a disk that is full: changes are refused as unavailable, what was
/// acknowledged before is there, and with room again the server goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("data");
    let settings = folder.path().join("parapet.toml");
    // No reserve: it is what the end of the disk is made of here.
    std::fs::write(&settings, "[audit]\nreserve_bytes = 0\n").unwrap();
    let server = Process::start_with(&dir, |command| {
        command.arg("--config").arg(&settings);
    });
    server.stop();

    let server = start_limited(&dir, &settings);
    let ledger = Arc::new(Ledger::default());
    let writer = |server: &Process| Writer::new(server, &ledger, "w");
    let full = writer(&server);
    let note = "x".repeat(4_000);
    let mut refusals = 0;
    for turn in 0..5_000 {
        let body = json!({"value": turn, "note": note});
        let request = format!("full-{turn}");
        match full.ask(&request, Method::POST, &format!("/classes/{CLASS}"), Some(body)).await {
            Answer::Told(201, body) => {
                assert_eq!(refusals, 0, "a disk that is full took an object");
                let id = body["objectId"].as_str().unwrap().to_owned();
                ledger.acknowledge(&id, Some(turn), Acknowledged { request, code: "PHI.CREATE" });
            }
            Answer::Told(status, body) => {
                assert_eq!(status, 503, "{body}");
                assert!(body["error"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
                refusals += 1;
                if refusals == 5 {
                    break;
                }
            }
            Answer::Silence => panic!("the server ended on a full disk"),
        }
    }
    assert_eq!(refusals, 5, "the limit was never met");
    let objects = ledger.objects();
    assert!(objects.len() > 10, "only {} objects were stored before the disk was full", objects.len());
    drop(server);

    let server = Process::start_with(&dir, |command| {
        command.arg("--config").arg(&settings);
    });
    let reader = writer(&server);
    for (number, (id, known)) in objects.into_iter().enumerate() {
        let path = format!("/classes/{CLASS}/{id}");
        let found = match reader.ask(&format!("check-{number}"), Method::GET, &path, None).await {
            Answer::Told(200, body) => body["value"].as_i64(),
            Answer::Told(status, body) => panic!("{id}: {status} {body}"),
            Answer::Silence => panic!("the server doesn't answer after a start"),
        };
        assert!(known.allows(found), "{id} is {found:?}, but was told to be {known:?}");
    }
    let body = json!({"value": 1});
    let again = reader.ask("again-0", Method::POST, &format!("/classes/{CLASS}"), Some(body)).await;
    assert!(matches!(again, Answer::Told(201, _)), "with room again the server goes on");
    assert!(server.stop().success());
    let verify = command().args(["audit", "verify", "--data-dir"]).arg(&dir).output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&verify.stdout), String::from_utf8_lossy(&verify.stderr));
    assert_eq!(verify.status.code(), Some(0), "{said}");
}

/// Starts a server whose files may have two megabytes each; what would grow beyond is an error and not a signal.
fn start_limited(dir: &Path, settings: &Path) -> Process {
    let program = program().to_owned();
    Process::start_with(dir, |command| {
        let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
        let environment: Vec<_> =
            command.get_envs().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
        let mut limited = Command::new("sh");
        // Blocks of 512 bytes (POSIX); some shells count in 1024.
        limited.args(["-c", "trap '' XFSZ; ulimit -f 4096; exec \"$0\" \"$@\""]).arg(program);
        limited.args(arguments).arg("--config").arg(settings).stdin(Stdio::null()).stdout(Stdio::piped());
        for (name, value) in environment {
            match value {
                Some(value) => limited.env(name, value),
                None => limited.env_remove(name),
            };
        }
        *command = limited;
    })
}
