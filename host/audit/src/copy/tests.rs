//! Copies of logs that are written, and of some that can't be copied.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::testkit::{Kit, draft, fill};
use crate::verify::{Options, verify};
use crate::{Code, Sink as _, Stage};

fn options(kit: &Kit, copied: bool) -> Options {
    Options { key: Some(kit.vkey()), copied, ..Options::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_written_is_copied_whole_again_and_again() {
    let kit = Kit::new();
    let log = Arc::new(kit.open());
    fill(&log, 600).await;
    log.seal().await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn({
        let (log, done) = (log.clone(), done.clone());
        async move {
            while !done.load(Ordering::Relaxed) {
                fill(&log, 37).await;
                log.seal().await.unwrap();
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
        }
    });
    let target = tempfile::tempdir().unwrap();
    let mut last = 0;
    for turn in 0..6 {
        let (from, to) = (kit.dir().to_owned(), target.path().join(turn.to_string()));
        let copied = to.clone();
        let checkpoint = tokio::task::spawn_blocking(move || copy(&from, &copied)).await.unwrap().unwrap();
        let report = verify(&to, &options(&kit, true)).unwrap();
        assert_eq!((report.exit_code(), report.size), (0, checkpoint.size()), "{report}");
        assert!(checkpoint.size() >= last);
        last = checkpoint.size();
    }
    done.store(true, Ordering::Relaxed);
    writing.await.unwrap();
    assert!(last > 600, "nothing was written meanwhile");
}

#[tokio::test]
async fn what_was_under_way_is_open_in_a_copy() {
    let kit = Kit::new();
    let log = kit.open();
    log.enqueue(draft(Code::PhiUpdate, Stage::Intent)).unwrap().durable().await.unwrap();
    log.seal().await.unwrap();
    let target = tempfile::tempdir().unwrap();
    let to = target.path().join("copy");
    copy(kit.dir(), &to).unwrap();
    assert_eq!(verify(&to, &options(&kit, true)).unwrap().exit_code(), 0);
    assert_eq!(verify(&to, &options(&kit, false)).unwrap().exit_code(), 16);
    // A changed record is found in a copy as anywhere.
    let bundle = to.join(tile::bundle_path(0, 1));
    let mut bytes = std::fs::read(&bundle).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&bundle, bytes).unwrap();
    assert_eq!(verify(&to, &options(&kit, true)).unwrap().exit_code(), 10);
}

#[tokio::test]
async fn nothing_is_overwritten_and_nothing_half_is_taken_for_whole() {
    let kit = Kit::new();
    let log = kit.open();
    let target = tempfile::tempdir().unwrap();
    fill(&log, 3).await;
    log.seal().await.unwrap();
    let error = copy(kit.dir(), target.path()).unwrap_err();
    assert!(error.to_string().starts_with("can't create the folder"), "{error}");
    assert!(copy(&target.path().join("nowhere"), &target.path().join("a")).is_err());
    let damaged = kit.snapshot();
    std::fs::remove_file(damaged.dir().join(tile::bundle_path(0, 3))).unwrap();
    let to = target.path().join("b");
    assert!(matches!(copy(damaged.dir(), &to), Err(Error::Damaged(_))));
    assert!(!to.join("checkpoint").exists(), "a copy that isn't whole has no checkpoint");
}
