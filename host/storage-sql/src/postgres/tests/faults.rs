//! What goes wrong with the server, and how it ends well.

use std::process::Command;

use ::servers::postgres::Cluster;

use super::*;

/// Statements that a crashed server's cluster must survive: so it flushes.
async fn cluster() -> Cluster {
    tokio::task::spawn_blocking(|| Cluster::start(&[])).await.unwrap().unwrap()
}

fn quick() -> PostgresConfig {
    PostgresConfig { pool: 2, patience_ms: 1500, ..PostgresConfig::default() }
}

fn unavailable<T: std::fmt::Debug>(done: Result<T, Error>, says: &str) {
    match done {
        Err(Error::Unavailable(text)) => assert!(text.contains(says), "{text}"),
        other => panic!("expected Unavailable, got {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_loses_nothing_and_is_found_again() {
    let mut cluster = cluster().await;
    let storage = Postgres::open(&cluster.uri("postgres"), &quick()).await.unwrap();
    let class = Arc::new(schema(&[("n", FieldType::Number)]));
    storage.put_schema(&class).await.unwrap();
    let mut answered = 0;
    for n in 0..50 {
        storage.commit(vec![insert(&class, object(&format!("o{n}"), &[("n", 1.0.into())]))]).await.unwrap();
        answered += 1;
    }
    cluster = tokio::task::spawn_blocking(move || {
        cluster.crash().unwrap();
        cluster
    })
    .await
    .unwrap();
    unavailable(storage.count(&class, &Filter::all()).await, "database");
    unavailable(storage.commit(vec![insert(&class, object("late", &[]))]).await, "database");
    unavailable(storage.ping().await, "database");
    let cluster = tokio::task::spawn_blocking(move || {
        cluster.resume().unwrap();
        cluster
    })
    .await
    .unwrap();
    // Without a restart of ours.
    assert_eq!(storage.count(&class, &Filter::all()).await.unwrap(), answered);
    storage.ping().await.unwrap();
    storage.commit(vec![insert(&class, object("late", &[]))]).await.unwrap();
    // Changes of others are heard again, too.
    let other = Postgres::open(&cluster.uri("postgres"), &quick()).await.unwrap();
    let mut changes = storage.changes().unwrap();
    for attempt in 0.. {
        let name = format!("f{attempt}");
        other
            .put_schema(&schema(&[("n", FieldType::Number), (name.as_str(), FieldType::Number)]))
            .await
            .unwrap();
        if tokio::time::timeout(Duration::from_secs(2), changes.changed()).await.is_ok() {
            break;
        }
        assert!(attempt < 10, "nothing is heard any more");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_in_the_middle_of_a_statement_is_replaced() {
    let place = Place::new().await;
    let storage = Arc::new(place.open().await);
    let class = Arc::new(schema(&[("n", FieldType::Number)]));
    storage.put_schema(&class).await.unwrap();
    storage.commit(vec![insert(&class, object("x", &[("n", 1.0.into())]))]).await.unwrap();
    let mut holder = plain(&place.uri).await;
    run::words(&mut holder, "BEGIN; UPDATE \"Patient\" SET \"n\" = 2").await.unwrap();
    let (waiting, schema) = (Arc::clone(&storage), Arc::clone(&class));
    let task = tokio::spawn(async move {
        let write = Write::Delete { schema, filter: Filter::all(), must_exist: true };
        waiting.commit(vec![write]).await
    });
    let cut = format!(
        "SELECT pg_terminate_backend(pid)::text FROM (SELECT DISTINCT a.pid FROM pg_stat_activity a \
         JOIN pg_locks l ON l.pid = a.pid JOIN pg_class c ON c.oid = l.relation WHERE c.relname = 'Patient' \
         AND c.relnamespace = '{}'::regnamespace AND a.wait_event_type = 'Lock' AND a.query LIKE 'DELETE%') AS p",
        place.name
    );
    let mut gone = Vec::new();
    for _ in 0..200 {
        gone = place.read(&cut).await;
        if !gone.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(gone, ["true"]);
    unavailable(task.await.unwrap(), "up again");
    run::words(&mut holder, "ROLLBACK").await.unwrap();
    let found = storage.find(&select(&class, Filter::all())).await.unwrap();
    assert_eq!(found[0].field("n"), Some(&Value::Number(1.0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_were_closed_while_they_idled_are_no_matter() {
    let place = Place::new().await;
    let storage = place.open().await;
    let class = Arc::new(schema(&[("n", FieldType::Number)]));
    storage.put_schema(&class).await.unwrap();
    storage.commit(vec![insert(&class, object("x", &[]))]).await.unwrap();
    let mine = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE application_name = 'parapet' \
        AND datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%\"Patient\"%'";
    let (mut ended, mut tries) = (place.read(mine).await, 0);
    while ended.is_empty() {
        tries += 1;
        assert!(tries < 50, "no connection is found");
        // The listener may have asked for the classes over that connection meanwhile, as it does when it begins.
        assert_eq!(storage.count(&class, &Filter::all()).await.unwrap(), 1);
        ended = place.read(mine).await;
    }
    // A read is simply made again.
    assert_eq!(storage.count(&class, &Filter::all()).await.unwrap(), 1);
    place.read(mine).await;
    // A change isn't, unless the connection had time to be suspected.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    storage.commit(vec![insert(&class, object("y", &[]))]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_leaves_half_way_leaves_no_lock() {
    let place = Place::new().await;
    let storage = Arc::new(place.open().await);
    let class = Arc::new(schema(&[("n", FieldType::Number)]));
    storage.put_schema(&class).await.unwrap();
    storage.commit(vec![insert(&class, object("x", &[("n", 1.0.into())]))]).await.unwrap();
    let mut holder = plain(&place.uri).await;
    run::words(&mut holder, "BEGIN; UPDATE \"Patient\" SET \"n\" = 2").await.unwrap();
    let writes = vec![
        insert(&class, object("y", &[])),
        Write::Delete { schema: Arc::clone(&class), filter: Filter::all(), must_exist: true },
    ];
    let left = tokio::time::timeout(Duration::from_millis(300), storage.commit(writes)).await;
    assert!(left.is_err(), "it waits for the lock");
    run::words(&mut holder, "COMMIT").await.unwrap();
    let mut found = Vec::new();
    for _ in 0..100 {
        found = storage.find(&select(&class, Filter::all())).await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let ids: Vec<&str> = found.iter().map(|object| object.id.as_str()).collect();
    assert_eq!(ids, ["x"], "what was half-done is undone");
    storage.commit(vec![insert(&class, object("y", &[]))]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_ever() {
    let place = Place::new().await;
    let config = PostgresConfig { pool: 1, patience_ms: 300, statement_timeout_ms: 400, ..Place::config() };
    let storage = Postgres::open(&place.uri, &config).await.unwrap();
    let class = Arc::new(schema(&[("n", FieldType::Number)]));
    storage.put_schema(&class).await.unwrap();
    storage.commit(vec![insert(&class, object("x", &[("n", 1.0.into())]))]).await.unwrap();

    let lent = storage.inner.pool.lend().await.unwrap();
    unavailable(storage.count(&class, &Filter::all()).await, "database.postgres.pool");
    lent.back(&Ok(()));
    assert_eq!(storage.count(&class, &Filter::all()).await.unwrap(), 1);

    let mut holder = plain(&place.uri).await;
    run::words(&mut holder, "BEGIN; UPDATE \"Patient\" SET \"n\" = 2").await.unwrap();
    let delete = Write::Delete { schema: Arc::clone(&class), filter: Filter::all(), must_exist: true };
    unavailable(storage.commit(vec![delete]).await, "statement_timeout_ms");
    run::words(&mut holder, "COMMIT").await.unwrap();
    storage.ping().await.unwrap();
}

/// Stops the server's processes whose last words were like these, as a machine does that hangs: no connection closes.
struct Stopped(Vec<String>);

impl Stopped {
    async fn stop(place: &Place, like: &str) -> Stopped {
        let words = format!(
            "SELECT pid::text FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE '{like}'"
        );
        let processes = place.read(&words).await;
        assert!(!processes.is_empty(), "nobody said {like}");
        for process in &processes {
            assert!(Command::new("kill").args(["-STOP", process]).status().unwrap().success());
        }
        Stopped(processes)
    }

    /// Stops what a storage's connections speak to, which are trusted then, since they were used a moment ago.
    async fn stop_the_idle(place: &Place, storage: &Postgres) -> Stopped {
        let lent = storage.inner.pool.lend().await.unwrap();
        let stopped = Stopped::stop(place, "SELECT %").await;
        lent.back(&Ok(()));
        stopped
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        for process in &self.0 {
            let _ = Command::new("kill").args(["-CONT", process]).status();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_falls_silent_keeps_nobody_waiting() {
    let cluster = cluster().await;
    let place = Place { uri: cluster.uri("postgres"), name: "public".into() };
    let config = PostgresConfig { pool: 1, patience_ms: 500, statement_timeout_ms: 500, ..quick() };
    let storage = Postgres::open(&place.uri, &config).await.unwrap();
    let class = Arc::new(schema(&[("n", FieldType::Number)]));
    storage.put_schema(&class).await.unwrap();
    assert_eq!(storage.count(&class, &Filter::all()).await.unwrap(), 0);
    let stopped = Stopped::stop_the_idle(&place, &storage).await;
    let began = std::time::Instant::now();
    unavailable(storage.count(&class, &Filter::all()).await, "fell silent");
    // The connection is thrown away, and its place is free.
    assert_eq!(storage.count(&class, &Filter::all()).await.unwrap(), 0);
    drop(stopped);
    let stopped = Stopped::stop_the_idle(&place, &storage).await;
    let wider = schema(&[("n", FieldType::Number), ("m", FieldType::Number)]);
    unavailable(storage.put_schema(&wider).await, "fell silent");
    drop(stopped);
    storage.put_schema(&wider).await.unwrap();
    storage.count(&class, &Filter::all()).await.unwrap();
    let stopped = Stopped::stop_the_idle(&place, &storage).await;
    assert!(storage.inner.reload().await.is_err());
    storage.inner.reload().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    drop(stopped);
    storage.close().await;
}

/// What bounded a statement once bounded the whole transaction.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_transaction_of_short_statements_is_carried_out() {
    let place = Place::new().await;
    let config = PostgresConfig { patience_ms: 300, statement_timeout_ms: 400, ..Place::config() };
    let storage = Postgres::open(&place.uri, &config).await.unwrap();
    let class = Arc::new(schema(&[("n", FieldType::Number)]));
    storage.put_schema(&class).await.unwrap();
    place
        .run(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS \
             'BEGIN PERFORM pg_sleep(0.2); RETURN NEW; END'; \
             CREATE TRIGGER slow BEFORE INSERT ON \"Patient\" FOR EACH ROW EXECUTE FUNCTION slow()",
        )
        .await;
    let writes = (0..6).map(|n| insert(&class, object(&format!("o{n}"), &[]))).collect();
    storage.commit(writes).await.unwrap();
    assert_eq!(storage.count(&class, &Filter::all()).await.unwrap(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_need_the_classes_again_share_a_reading() {
    let place = Place::new().await;
    let storage = place.open().await;
    storage.put_schema(&schema(&[("n", FieldType::Number)])).await.unwrap();
    let before = storage.inner.reads.load(Ordering::Acquire);
    for done in futures_util::future::join_all((0..100).map(|_| storage.inner.reload())).await {
        done.unwrap();
    }
    let reads = storage.inner.reads.load(Ordering::Acquire) - before;
    // The first one's, and one for all who asked meanwhile; the listener may have read, too.
    assert!((1..=4).contains(&reads), "{reads} readings");
}

/// A change that is done was answered with an error, when the classes couldn't be read again after it.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_class_that_is_done_is_a_success() {
    let place = Place::new().await;
    let config = PostgresConfig { pool: 1, patience_ms: 400, statement_timeout_ms: 5000, ..Place::config() };
    let storage = Arc::new(Postgres::open(&place.uri, &config).await.unwrap());
    let lock = "SELECT pg_advisory_xact_lock(hashtext('parapet.schema.' || current_schema()))";
    let mut holder = plain(&place.uri).await;
    run::words(&mut holder, &format!("BEGIN; {lock}")).await.unwrap();
    let putting = Arc::clone(&storage);
    let put = tokio::spawn(async move { putting.put_schema(&schema(&[("n", FieldType::Number)])).await });
    let waits = "SELECT count(*)::text FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid \
        WHERE l.locktype = 'advisory' AND NOT l.granted AND a.query LIKE '%parapet.schema%'";
    while place.read(waits).await != ["1"] {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Somebody reads the classes meanwhile, and somebody else has the connection when they should be read again.
    storage.inner.reads.fetch_add(1, Ordering::AcqRel);
    let lending = Arc::clone(&storage);
    let busy = tokio::spawn(async move {
        let lent = lending.inner.pool.lend().await.unwrap();
        tokio::time::sleep(Duration::from_millis(1500)).await;
        lent.back(&Ok(()));
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    run::words(&mut holder, "COMMIT").await.unwrap();
    put.await.unwrap().unwrap();
    assert!(storage.inner.behind.load(Ordering::Acquire));
    busy.await.unwrap();
    for tries in 0.. {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if !storage.inner.behind.load(Ordering::Acquire) {
            break;
        }
        assert!(tries < 150, "the classes are never read again");
    }
}

/// Else a class that is shut on one node would stay open on another for as long as its connection stays silent.
#[tokio::test(flavor = "multi_thread")]
async fn a_listening_connection_that_falls_silent_is_replaced() {
    let cluster = cluster().await;
    let place = Place { uri: cluster.uri("postgres"), name: "public".into() };
    let (here, there) =
        (Postgres::open(&place.uri, &quick()).await, Postgres::open(&place.uri, &quick()).await);
    let (here, there) = (here.unwrap(), there.unwrap());
    let mut told = there.changes().unwrap();
    let listening = "SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE 'LISTEN%'";
    while place.read(listening).await != ["2"] {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let stopped = Stopped::stop(&place, "LISTEN%").await;
    here.put_schema(&schema(&[("n", FieldType::Number)])).await.unwrap();
    tokio::time::timeout(Duration::from_secs(30), told.changed()).await.expect("told in time").unwrap();
    assert_eq!(there.schemas().await.unwrap().len(), 1);
    drop(stopped);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_used_is_said_in_words_without_the_password() {
    let place = Place::new().await;
    let base = place.uri.split("/postgres?").next().unwrap();
    let port = base.rsplit(':').next().unwrap();
    let config = PostgresConfig { patience_ms: 300, ..Place::config() };
    for (uri, says) in [
        ("postgres://u:hunter2@127.0.0.1:1/d".to_owned(), "be reached"),
        (format!("postgres://postgres:hunter2@127.0.0.1:{port}/none"), "no database"),
        (format!("postgres://hunter2:hunter2@127.0.0.1:{port}/postgres"), "user"),
        (format!("postgres://postgres:hunter2@127.0.0.1:{port}/postgres?sslmode=require"), "TLS"),
        ("postgres://u:hunter2@127.0.0.1/d?nonsense=1".to_owned(), "parameter"),
    ] {
        let Err(Error::Unavailable(text)) = Postgres::open(&uri, &config).await else {
            panic!("{uri} opens")
        };
        assert!(text.contains(says) && !text.contains("hunter2"), "{text}");
    }
    let careless = PostgresConfig { accept_data_loss: false, ..config };
    let refused = Postgres::open(&place.uri, &careless).await.map(|_| ());
    unavailable(refused, "fsync = on");
}

/// An index holds no value of more than 2.7 kB, not even packed: that is said, and is no failure of the server.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_for_an_index_is_refused_in_words() {
    let place = Place::new().await;
    let storage = place.open().await;
    let mut class = schema(&[("text", FieldType::String), ("only", FieldType::String)]);
    class.indexes.insert("by_text".into(), [("text".to_owned(), IndexKind::Ascending)].into());
    class.unique.push(Unique { fields: vec![name("only")], ignore_case: false });
    let class = Arc::new(class);
    storage.put_schema(&class).await.unwrap();
    // Numbers that can't be packed.
    let mut state = 1_u64;
    let mut digits = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        format!("{:016x}", state ^ (state >> 29))
    };
    let large: String = (0..1000).map(|_| digits()).collect();
    for field in ["text", "only"] {
        let values = [(field, Value::String(large.clone()))];
        let done = storage.commit(vec![insert(&class, object("x", &values))]).await;
        assert_eq!(done, Err(Error::Unsupported("so large a value in an indexed field")), "{field}");
    }
    assert_eq!(storage.count(&class, &Filter::all()).await.unwrap(), 0);
}

/// The transaction stayed open, and the next to have the connection was told that the database can't be reached.
#[tokio::test(flavor = "multi_thread")]
async fn who_waited_in_vain_to_change_a_class_leaves_a_connection_in_order() {
    let place = Place::new().await;
    let config = PostgresConfig { pool: 1, lock_timeout_ms: 200, ..Place::config() };
    let storage = Postgres::open(&place.uri, &config).await.unwrap();
    let class = Arc::new(schema(&[("n", FieldType::Number)]));
    storage.put_schema(&class).await.unwrap();
    let lock = "SELECT pg_advisory_xact_lock(hashtext('parapet.schema.' || current_schema()))";
    let mut holder = plain(&place.uri).await;
    run::words(&mut holder, &format!("BEGIN; {lock}")).await.unwrap();
    let wider = schema(&[("n", FieldType::Number), ("m", FieldType::Number)]);
    unavailable(storage.put_schema(&wider).await, "lock_timeout_ms");
    storage.commit(vec![insert(&class, object("a", &[("n", 1.0.into())]))]).await.unwrap();
    run::words(&mut holder, "COMMIT").await.unwrap();
    storage.put_schema(&wider).await.unwrap();
}
