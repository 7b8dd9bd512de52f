//! `parapet check` looks at the database that the settings name, changes nothing, and shows no secret.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use kit::{
    database,
    process::{Process, command},
};
use servers::{free_port, mongodb};

fn check(data_dir: &Path, change: impl FnOnce(&mut Command)) -> (Option<i32>, String) {
    let mut command = command();
    command.arg("check").arg("--data-dir").arg(data_dir);
    change(&mut command);
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

fn check_uri(uri: &str, settings: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    std::fs::write(&file, settings).unwrap();
    let data_dir = folder.path().join("data");
    let checked = check(&data_dir, |command| {
        command.arg("--config").arg(&file).env("PARSE_SERVER_DATABASE_URI", uri);
    });
    assert!(!data_dir.exists(), "a check made the data folder");
    checked
}

/// What a check says that the database lacks.
fn lacks(said: &str) -> Vec<&str> {
    said.lines().filter_map(|line| line.strip_prefix("lacks        ")?.split(':').next()).collect()
}

/// How many tables a PostgreSQL holds: none before a server was started on it.
fn tables(uri: &str) -> String {
    let mut psql = Command::new("psql");
    psql.args(["-X", "-A", "-t", "-c", "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", uri]);
    String::from_utf8(psql.output().unwrap().stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn sqlite_before_while_and_after_it_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let (code, said) = check(&data_dir, |_| {});
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("(will be made)") && !data_dir.exists(), "{said}");
    assert_eq!(lacks(&said), ["news of changes"]);

    let server = Process::start(&data_dir);
    let (code, said) = check(&data_dir, |_| {});
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("(in use by a server, process "), "{said}");
    // Another server couldn't have the same file.
    let file = format!("sqlite:{}", data_dir.join("parapet.db").display());
    let (code, said) = check(&folder.path().join("other"), |command| {
        command.env("PARSE_SERVER_DATABASE_URI", &file);
    });
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("another process uses"), "{said}");
    assert!(server.stop().success());
    let stored = std::fs::read(data_dir.join("parapet.db")).unwrap();
    let (code, said) = check(&data_dir, |_| {});
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("(will be made)"), "{said}");
    assert!(std::fs::read(data_dir.join("parapet.db")).unwrap() == stored, "a check changed the database");

    std::fs::write(data_dir.join("notes.txt"), "Somebody's notes.\n".repeat(100)).unwrap();
    for (uri, expected) in [
        ("sqlite:nowhere/parapet.db", "make it"),
        ("sqlite:notes.txt", "not a database"),
        ("sqlite:../data", "isn't a file"),
    ] {
        let (code, said) = check(&data_dir, |command| {
            command.env("PARSE_SERVER_DATABASE_URI", uri);
        });
        assert_eq!(code, Some(4), "{uri}: {said}");
        assert!(said.contains(expected), "{uri}: {said}");
    }
}

#[test]
fn postgresql_and_what_it_lacks() {
    let uri = database::postgres();
    let (code, said) = check_uri(&uri, "[database.postgres]\naccept_data_loss = true\n");
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(lacks(&said), ["nulls", "NUL characters", "addresses of files"]);
    assert_eq!(tables(&uri), "0", "a check made tables");
    // Who may not make tables can't serve.
    let owner =
        ["CREATE ROLE checker LOGIN PASSWORD 'hunter2'", "REVOKE CREATE ON SCHEMA public FROM PUBLIC"];
    for words in owner {
        let made = Command::new("psql").args(["-X", "-q", "-c", words, &uri]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    let poor = uri.replace("postgres://postgres@", "postgres://checker:hunter2@");
    let (code, said) = check_uri(&poor, "[database.postgres]\naccept_data_loss = true\n");
    for words in [
        "GRANT CREATE ON SCHEMA public TO checker",
        "ALTER ROLE checker SET default_transaction_read_only = on",
    ] {
        let made = Command::new("psql").args(["-X", "-q", "-c", words, &uri]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    let shut = check_uri(&poor, "[database.postgres]\naccept_data_loss = true\n");
    let owned =
        Command::new("psql").args(["-X", "-q", "-c", "DROP OWNED BY checker", &uri]).output().unwrap();
    assert!(owned.status.success(), "{}", String::from_utf8_lossy(&owned.stderr));
    let gone = Command::new("psql").args(["-X", "-q", "-c", "DROP ROLE checker", &uri]).output().unwrap();
    assert!(gone.status.success(), "{}", String::from_utf8_lossy(&gone.stderr));
    assert_eq!(code, Some(9), "{said}");
    assert!(said.contains("GRANT CREATE") && !said.contains("hunter2"), "{said}");
    assert_eq!(shut.0, Some(9), "{}", shut.1);
    assert!(shut.1.contains("the database takes no changes"), "{}", shut.1);
}

#[test]
fn mongodb_and_what_it_lacks() {
    let (code, said) = check_uri(&database::mongodb(), "");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("offers       everything"), "{said}");
    let alone = mongodb::Server::start(&["--standalone"]).unwrap();
    let (code, said) = check_uri(&alone.uri("parse"), "");
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(lacks(&said), ["transactions", "news of changes"]);
    assert!(said.contains("replica set"), "{said}");
}

/// What can be told from the URI and the settings alone is wrong settings, for whoever serves, too.
#[test]
fn settings_that_no_database_understands() {
    for (uri, settings, expected) in [
        ("postgres://ann:hunter2@localhost/d?colour=red", "", "a parameter that isn't known"),
        (
            "postgres://ann:hunter2@localhost/d?sslrootcert=/hunter2.pem",
            "",
            "sslrootcert names can't be read",
        ),
        ("mongodb://ann:hunter2:@@localhost/d", "", "isn't a MongoDB connection string"),
        ("postgres://localhost/d", "[database.postgres]\npool = 0\n", "postgres.pool must be larger than 0"),
        (
            "mongodb://localhost/d",
            "[data]\nsession_length = 0\n",
            "data: session_length must be larger than 0",
        ),
        (
            "postgres://localhost/d",
            "[database.mongodb]\nprefix = \"a_\"\n",
            "only a MongoDB database has a prefix",
        ),
    ] {
        let (code, said) = check_uri(uri, settings);
        assert_eq!(code, Some(3), "{uri}: {said}");
        assert!(
            said.contains(expected) && !said.contains("hunter2@") && !said.contains("hunter2.pem"),
            "{said}"
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        std::fs::write(&file, settings).unwrap();
        let served = command()
            .args(["serve", "--port", "0", "--config"])
            .arg(&file)
            .arg("--data-dir")
            .arg(folder.path().join("data"))
            .env("PARSE_SERVER_DATABASE_URI", uri)
            .output()
            .unwrap();
        assert_eq!(served.status.code(), Some(3), "{uri}");
        assert!(!folder.path().join("data").exists(), "wrong settings made a data folder");
    }
}

/// Nobody at the address: said soon, with what to do, and without the password.
#[test]
fn a_database_that_does_not_answer() {
    let port = free_port().unwrap();
    // The program is built before the clock is read.
    drop(command());
    for (scheme, section) in [("postgres", "postgres"), ("mongodb", "mongodb")] {
        let uri = format!("{scheme}://ann:hunter2@127.0.0.1:{port}/parse");
        let start = Instant::now();
        let (code, said) = check_uri(&uri, &format!("[database.{section}]\npatience_ms = 1000\n"));
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
        assert_eq!(code, Some(9), "{said}");
        assert!(
            said.contains("check that it") && said.contains("runs") && !said.contains("hunter2"),
            "{said}"
        );
        assert!(said.contains(&format!("{scheme}://ann:[secret]@127.0.0.1:{port}/parse")), "{said}");
    }
}
