//! A database that can't be used says why, and loses nothing that it answered.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

use super::*;

fn unavailable<T>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Unavailable(text)) => text,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("no error"),
    }
}

#[tokio::test]
async fn a_second_server_is_kept_away() {
    let place = Place::new();
    let first = place.open().await;
    let config = Config { patience_ms: 100, ..place.config.clone() };
    assert!(unavailable(Sqlite::open(&config).await).contains("another process uses"));
    first.close().await;
    Sqlite::open(&config).await.unwrap();
}

#[tokio::test]
async fn a_missing_or_unwritable_folder_is_told() {
    let place = Place::new();
    let config = Config { path: place.path("missing/test.db"), ..place.config.clone() };
    let text = unavailable(Sqlite::open(&config).await);
    assert!(text.contains("missing") && text.contains("folder must exist"), "{text}");
    // Nobody can write here, not even root.
    let config = Config { path: "/proc/test.db".into(), ..place.config.clone() };
    assert!(unavailable(Sqlite::open(&config).await).contains("writable"));
}

#[tokio::test]
async fn a_read_only_folder_is_told() {
    let place = Place::new();
    let folder = place.path("closed");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o500)).unwrap();
    let config = Config { path: folder.join("test.db"), ..place.config.clone() };
    // Root may write anywhere.
    if fs::write(folder.join("probe"), "").is_err() {
        assert!(unavailable(Sqlite::open(&config).await).contains("writable"));
    }
}

#[tokio::test]
async fn files_are_for_their_owner_only() {
    let place = Place::new();
    let storage = place.open().await;
    storage.put_schema(&schema(&[])).await.unwrap();
    for file in ["test.db", "test.db-wal", "test.db-shm", "test.db.lock"] {
        let mode = fs::metadata(place.path(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file}");
    }
}

#[tokio::test]
async fn what_is_not_ours_is_left_alone() {
    let place = Place::new();
    fs::write(
        &place.config.path,
        "this is a letter, not a database; it is long enough to be looked at as one",
    )
    .unwrap();
    assert!(unavailable(Sqlite::open(&place.config).await).contains("not a database"));
    fs::remove_file(&place.config.path).unwrap();
    {
        let mut other =
            connect::writer(&Config { path: place.path("other.db"), ..place.config.clone() }).await;
        if other.is_err() {
            fs::write(place.path("other.db"), "").unwrap();
            other = connect::writer(&Config { path: place.path("other.db"), ..place.config.clone() }).await;
        }
        let mut other = other.unwrap();
        run::batch(&mut other, "CREATE TABLE letters (a)").await.unwrap();
        run::close(other).await;
    }
    let config = Config { path: place.path("other.db"), ..place.config.clone() };
    assert!(unavailable(Sqlite::open(&config).await).contains("another program's database"));
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let place = Place::new();
    place.open().await.close().await;
    let mut connection = connect::writer(&place.config).await.unwrap();
    run::batch(&mut connection, "UPDATE \"_parapet_meta\" SET value = '99' WHERE key = 'layout'")
        .await
        .unwrap();
    run::close(connection).await;
    let text = unavailable(Sqlite::open(&place.config).await);
    assert!(text.contains("newer server (layout 99, this one knows 1)"), "{text}");
}

#[tokio::test]
async fn a_full_disk_fails_what_does_not_fit_and_keeps_the_rest() {
    let place = Place::new();
    let config = Config { max_size_mb: Some(1), ..place.config.clone() };
    let storage = Sqlite::open(&config).await.unwrap();
    let schema = Arc::new(schema(&[("text", FieldType::String)]));
    storage.put_schema(&schema).await.unwrap();
    storage.commit(vec![insert(&schema, object("small", &text(1)))]).await.unwrap();
    let big = |id: &str| insert(&schema, object(id, &[("text", Value::String("x".repeat(2_000_000)))]));
    // All in one group: those that fit must not suffer from the one that doesn't.
    let (a, b, c) = tokio::join!(
        storage.commit(vec![insert(&schema, object("a", &text(2)))]),
        storage.commit(vec![big("big")]),
        storage.commit(vec![insert(&schema, object("c", &text(3))), insert(&schema, object("d", &text(3)))]),
    );
    a.unwrap();
    assert!(unavailable(b).contains("free space"));
    c.unwrap();
    storage.ping().await.unwrap();
    let filter = Filter::all();
    assert_eq!(storage.count(&schema, &filter).await.unwrap(), 4);
    // Filled to the brim, it still answers, and still deletes.
    let mut filled = 0;
    while storage
        .commit(vec![insert(
            &schema,
            object(&format!("f{filled}"), &[("text", Value::String("y".repeat(50_000)))]),
        )])
        .await
        .is_ok()
    {
        filled += 1;
    }
    assert!(filled > 5, "{filled}");
    assert_eq!(storage.count(&schema, &filter).await.unwrap(), 4 + filled);
    let delete = Write::Delete { schema: Arc::clone(&schema), filter: Filter::all(), must_exist: true };
    assert_eq!(storage.commit(vec![delete]).await.unwrap(), [Written::Deleted(4 + filled)]);
    storage.commit(vec![insert(&schema, object("after", &text(4)))]).await.unwrap();
}

/// Each commit of a group waited anew for whoever held the file, so that the last was told after minutes.
#[tokio::test]
async fn a_group_waits_for_a_lock_once() {
    use sqlx::{ConnectOptions as _, Executor as _};
    let place = Place::new();
    let patience = std::time::Duration::from_secs(1);
    let storage = Sqlite::open(&Config { patience_ms: 1000, ..place.config.clone() }).await.unwrap();
    let schema = Arc::new(schema(&[("text", FieldType::String)]));
    storage.put_schema(&schema).await.unwrap();
    let other = sqlx::sqlite::SqliteConnectOptions::new().filename(&place.config.path);
    let mut other = other.connect().await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let begun = std::time::Instant::now();
    let commits = (0..8).map(|n| storage.commit(vec![insert(&schema, object(&format!("o{n}"), &text(n)))]));
    for refused in futures_util::future::join_all(commits).await {
        assert!(unavailable(refused).contains("another process holds the database"));
    }
    assert!(begun.elapsed() < 4 * patience, "{:?}", begun.elapsed());
    other.execute("ROLLBACK").await.unwrap();
    storage.commit(vec![insert(&schema, object("o1", &text(1)))]).await.unwrap();
}

/// Runs in a process of its own, which [`killed_while_writing_it_keeps_what_it_answered`] starts and kills.
#[tokio::test(flavor = "multi_thread")]
async fn writes_until_killed() {
    let Some(path) = std::env::var_os("STORAGE_SQL_WRITES_TO") else { return };
    let storage = Arc::new(Sqlite::open(&Config { path: path.into(), ..Config::default() }).await.unwrap());
    let schema = Arc::new(schema(&[("text", FieldType::String)]));
    storage.put_schema(&schema).await.unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let (storage, schema) = (Arc::clone(&storage), Arc::clone(&schema));
            tokio::spawn(async move {
                for n in 0.. {
                    let id = format!("t{task}n{n}");
                    storage.commit(vec![insert(&schema, object(&id, &text(n)))]).await.unwrap();
                    // What the parent reads is what was acknowledged.
                    use std::io::Write as _;
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "kept {id}").unwrap();
                    out.flush().unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn killed_while_writing_it_keeps_what_it_answered() {
    use std::io::{BufRead as _, BufReader};
    let place = Place::new();
    let schema = Arc::new(schema(&[("text", FieldType::String)]));
    let mut kept = Vec::new();
    for round in 0..3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "sqlite::tests::faults::writes_until_killed",
                "--exact",
                "--nocapture",
                "--test-threads=1",
            ])
            .env("STORAGE_SQL_WRITES_TO", place.path(&format!("{round}.db")))
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut ids = Vec::new();
        for line in lines {
            let Ok(line) = line else { break };
            // The first line may begin with what the test runner says of the test.
            if let Some((_, id)) = line.split_once("kept ") {
                ids.push(id.to_owned());
            }
            if ids.len() == 40 + round * 60 {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        kept.push(ids);
    }
    for (round, ids) in kept.iter().enumerate() {
        assert!(ids.len() >= 40, "{}", ids.len());
        let config = Config { path: place.path(&format!("{round}.db")), ..place.config.clone() };
        let storage = Sqlite::open(&config).await.unwrap();
        for id in ids {
            let filter = Filter::id(&ObjectId::new(id).unwrap());
            assert_eq!(storage.count(&schema, &filter).await.unwrap(), 1, "{id}");
        }
    }
}
