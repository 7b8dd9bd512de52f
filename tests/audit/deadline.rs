//! Requests whose time is over: told so, recorded so, and nothing of them happens afterwards.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use expect_test::expect;
use kit::{Kit, database};
use serde_json::json;

/// Keeps a table to itself for a while.
fn hold(uri: &str, table: &str) -> Child {
    let words = format!("BEGIN; LOCK TABLE \"{table}\"; SELECT pg_sleep(4); COMMIT");
    let mut psql = Command::new("psql");
    psql.args(["-X", "-q", "-c", &words, uri]).stdin(Stdio::null()).stdout(Stdio::null());
    psql.spawn().expect("psql can be run, and the tests need it")
}

/// Waits until somebody has a table to itself.
async fn held(uri: &str) {
    let words = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted";
    let began = Instant::now();
    loop {
        let mut psql = Command::new("psql");
        let told = psql.args(["-X", "-A", "-t", "-c", words, uri]).output().expect("psql can be run");
        if String::from_utf8_lossy(&told.stdout).trim() == "1" {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(2), "nobody holds the table");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A request waited as long as its database made it wait.
#[tokio::test]
async fn a_read_that_waits_too_long_is_cut_off_and_a_write_that_began_is_not() {
    let uri = database::postgres();
    let kit = Kit::new()
        .configure(|config| {
            config.database.uri = Some(uri.clone());
            config.data.request_timeout = 1;
            config.rest.batch_concurrency = 1;
        })
        .class("Note", json!({"n": {"type": "Number"}}))
        .start()
        .await;
    let id = kit.seed("Note", json!({"n": 1})).await;
    let mut holder = hold(&uri, "Note");
    held(&uri).await;
    let began = Instant::now();
    let read = kit.get("/classes/Note").as_master().await;
    assert!(began.elapsed() < Duration::from_secs(2), "it waited for {:?}", began.elapsed());
    read.is(expect![[r#"400 {"code":124,"error":"The request timed out."}"#]])
        .trail(expect!["PHI.QUERY by master Note -> error 124"]);
    // What has begun ends, and what comes after it doesn't begin.
    let path = format!("/parse/classes/Note/{id}");
    let change = |n: u8| json!({"method": "PUT", "path": path, "body": {"n": n}});
    kit.post("/batch")
        .json(json!({"requests": [change(2), change(3)]}))
        .as_master()
        .await
        .is(expect![[r#"200 [{"success":{"updatedAt":"<now>"}},{"error":{"code":124,"error":"The request timed out."}}]"#]])
        .trail(expect![[r#"
            PHI.UPDATE intent by master Note*1 wrote(n)
            PHI.UPDATE outcome by master Note*1 wrote(n) -> ok
            REQUEST.REFUSED by master PUT /classes/Note -> denied 124 by rule deadline"#]]);
    assert!(began.elapsed() > Duration::from_secs(3), "the write didn't wait");
    assert_eq!(kit.get("/classes/Note").as_master().await.all("n"), [2]);
    assert!(holder.wait().expect("psql ends").success());
    kit.finish().await;
}
