//! The log through its life: crashes, full disks, failing disks, two owners.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use std::{env, fs};

use super::*;
use crate::testkit::{Kit, draft, files_below, fill, single, write};
use crate::verify::{Options, verify};
use crate::{Code, Records, Stage, Status};

fn whole(kit: &Kit) {
    let report = verify(kit.dir(), &Options { key: Some(kit.vkey()), ..Options::default() }).unwrap();
    assert_eq!(report.exit_code(), 0, "{report}");
}

fn count(kit: &Kit) -> usize {
    Records::open(kit.dir()).unwrap().map(Result::unwrap).count()
}

#[tokio::test]
async fn goes_on_where_it_ended() {
    let kit = Kit::new();
    let mut size = 0;
    for more in [0, 1, 255, 1, 300, 256, 0, 700] {
        let (log, recovery) = kit.try_open().unwrap();
        assert_eq!((recovery.records, recovery.truncated_bytes), (size, 0));
        fill(&log, more).await;
        size += more as u64;
        log.close().await.unwrap();
        assert_eq!(log.checkpoint().size(), size);
        drop(log);
        whole(&kit);
        assert_eq!(count(&kit), size as usize);
    }
    let processes: std::collections::BTreeSet<_> =
        Records::open(kit.dir()).unwrap().map(|record| record.unwrap().boot).collect();
    assert_eq!(processes.len(), 6, "each opening that wrote is told apart");
}

/// Grows past 256 tiles, so that the second tile level fills, too.
#[tokio::test]
async fn a_second_level_fills() {
    let kit = Kit::new();
    let log = kit.open();
    for _ in 0..70 {
        fill(&log, 1_000).await;
    }
    log.close().await.unwrap();
    drop(log);
    assert!(kit.dir().join("tile/1/000").exists());
    assert!(kit.dir().join("tile/2/000.p/1").exists());
    whole(&kit);
    let (log, recovery) = kit.try_open().unwrap();
    assert_eq!(recovery.records, 70_000);
    fill(&log, 3).await;
    log.close().await.unwrap();
    whole(&kit);
    let proof = crate::prove(kit.dir(), 12_345).unwrap();
    assert_eq!(proof.check(&kit.vkey()).unwrap().seq, 12_345);
    let segments = fs::read_dir(kit.dir().join("pending")).unwrap().count();
    assert!(segments <= 2, "{segments} write-ahead files are left");
}

#[tokio::test]
async fn concurrent_records_share_a_sync() {
    let kit = Kit::new();
    let log = kit.open();
    let before = kit.disk.syncs.load(Ordering::SeqCst);
    fill(&log, 5_000).await;
    let syncs = kit.disk.syncs.load(Ordering::SeqCst) - before;
    // How many share one depends on how fast the disk is; on a fast one it may be just a few.
    assert!(syncs < 2_500, "{syncs} syncs for 5,000 records");
}

/// What a plugin touched was once synced by itself, before the operation around it: each call paid for two syncs.
#[tokio::test]
async fn what_nobody_waits_for_costs_no_sync() {
    let kit = Kit::new();
    let log = kit.open();
    fill(&log, 1).await;
    let before = kit.disk.syncs.load(Ordering::SeqCst);
    for _ in 0..20 {
        log.queue(single(Code::PluginCall)).unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    fill(&log, 1).await;
    assert_eq!(kit.disk.syncs.load(Ordering::SeqCst) - before, 1);
    assert_eq!(log.seal().await.unwrap().size(), 22);
}

#[tokio::test]
async fn what_nobody_waits_for_is_written_all_the_same() {
    let mut kit = Kit::new();
    kit.config.checkpoint_ms = 30;
    let log = kit.open();
    log.queue(single(Code::PluginCall)).unwrap();
    let started = Instant::now();
    while log.checkpoint().size() < 1 {
        assert!(started.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(log);
    // Many of them aren't let grow, either.
    kit.config.checkpoint_ms = 600_000;
    let log = kit.open();
    for _ in 0..2_000 {
        log.queue(single(Code::PluginCall)).unwrap();
    }
    let started = Instant::now();
    while log.seal().await.unwrap().size() < 1_001 {
        assert!(started.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A write-ahead file with room behind its records is as good as one without, also after a crash.
#[tokio::test]
async fn a_file_made_ahead_ends_in_room() {
    let kit = Kit::new();
    let log = kit.open();
    let mut large = single(Code::PhiRead);
    large.fields.read = (0..100).map(|i| crate::Name::clean(&format!("field{i:0>25}"))).collect();
    let mut count = 0;
    let mut write = async |until: u64| {
        while count * 3_000 < until {
            log.enqueue(large.clone()).unwrap().durable().await.unwrap();
            count += 1;
        }
        count
    };
    write(2 << 20).await;
    let started = Instant::now();
    let spare = pending::spare(kit.dir());
    while fs::metadata(&spare).map_or(0, |file| file.len()) < writer::ROOM {
        assert!(started.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The file is there before its last sync has answered.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let written = write(5 << 20).await;
    let last = pending::list(kit.dir()).unwrap().pop().unwrap().1;
    assert_eq!(fs::metadata(&last).unwrap().len(), writer::ROOM, "the second file was made ahead");
    let crashed = kit.snapshot();
    let (again, recovery) = crashed.try_open().unwrap();
    assert_eq!((recovery.records, recovery.truncated_bytes), (written, 0));
    fill(&again, 1).await;
    again.close().await.unwrap();
    whole(&crashed);
    let torn = kit.snapshot();
    let path = pending::list(torn.dir()).unwrap().pop().unwrap().1;
    let mut bytes = fs::read(&path).unwrap();
    let end = pending::torn(&bytes);
    bytes[end + 20..end + 30].fill(7);
    fs::write(&path, bytes).unwrap();
    let (again, recovery) = torn.try_open().unwrap();
    assert_eq!((recovery.records, recovery.truncated_bytes), (written, 30));
    again.close().await.unwrap();
    drop(again);
    whole(&torn);
    log.close().await.unwrap();
    drop(log);
    whole(&kit);
    assert_eq!(Records::open(kit.dir()).unwrap().map(Result::unwrap).count() as u64, written);
    assert!(!spare.exists());
}

#[tokio::test]
async fn checkpoints_come_by_time_and_by_number() {
    let mut kit = Kit::new();
    kit.config.checkpoint_ms = 30;
    let log = kit.open();
    fill(&log, 1).await;
    let started = Instant::now();
    while log.checkpoint().size() < 1 {
        assert!(started.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(log);
    kit.config.checkpoint_ms = 600_000;
    kit.config.checkpoint_records = 10;
    let log = kit.open();
    fill(&log, 10).await;
    let started = Instant::now();
    while log.checkpoint().size() < 11 {
        assert!(started.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(log.seal().await.unwrap().size(), 11);
}

#[tokio::test]
async fn a_folder_has_one_owner_and_is_private() {
    let kit = Kit::new();
    let log = kit.open();
    fill(&log, 1).await;
    log.seal().await.unwrap();
    assert!(matches!(kit.try_open(), Err(Error::Locked(_))));
    log.close().await.unwrap();
    log.close().await.unwrap();
    assert!(matches!(log.seal().await, Err(Error::Unavailable(Reason::Closed))));
    kit.try_open().unwrap();
    assert_eq!(fs::metadata(kit.dir()).unwrap().mode() & 0o777, 0o700);
    for file in files_below(kit.dir()) {
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600, "{}", file.display());
    }
}

#[test]
fn another_key_and_a_foreign_folder_are_refused() {
    let mut kit = Kit::new();
    drop(kit.open());
    let keys = std::mem::replace(&mut kit.keys, Keys::ephemeral().unwrap());
    assert!(matches!(kit.try_open(), Err(Error::Untrusted(_))));
    kit.keys = keys;
    kit.config.tenant = "other".into();
    assert!(matches!(kit.try_open(), Err(Error::Untrusted(_))));
    fs::write(kit.dir().join("../file"), "").unwrap();
    kit.config.dir = kit.dir().join("../file");
    assert!(matches!(kit.try_open(), Err(Error::Io { .. })));
}

#[test]
fn a_read_only_folder_is_told() {
    let kit = Kit::new();
    drop(kit.open());
    fs::set_permissions(kit.dir(), PermissionsExt::from_mode(0o500)).unwrap();
    // The superuser may write anyway.
    if fs::write(kit.dir().join("probe"), "").is_err() {
        assert!(matches!(kit.try_open(), Err(Error::Io { .. })));
    }
    fs::set_permissions(kit.dir(), PermissionsExt::from_mode(0o700)).unwrap();
    let mut missing = Kit::new();
    missing.config.dir = "/proc/audit".into();
    let error = missing.try_open().err().unwrap().to_string();
    assert!(error.contains("/proc/audit"), "{error}");
}

/// Cuts the write-ahead file at every byte, as a crash in the middle of a write does.
#[tokio::test]
async fn a_torn_write_is_cut_and_nothing_else() {
    let kit = Kit::new();
    let log = kit.open();
    fill(&log, 260).await;
    log.seal().await.unwrap();
    fill(&log, 2).await;
    let intent =
        log.enqueue(write(Code::PhiUpdate, Stage::Intent, 1, Some(5))).unwrap().durable().await.unwrap();
    let state = kit.snapshot();
    let pending = |kit: &Kit| kit.dir().join(format!("pending/{:020}", 0));
    let bytes = fs::read(pending(&state)).unwrap();
    let mut ends = vec![0];
    let mut rest = bytes.as_slice();
    while let Some((_, _, more)) = pending::unframe(rest) {
        rest = more;
        ends.push(bytes.len() - rest.len());
    }
    assert_eq!((ends.len(), intent), (264, 262));
    for cut in ends[260]..=bytes.len() {
        let crashed = state.snapshot();
        fs::write(pending(&crashed), &bytes[..cut]).unwrap();
        let (log, recovery) = crashed.try_open().unwrap();
        let kept = ends.iter().filter(|end| **end <= cut).count() - 1;
        assert_eq!(recovery.records, kept as u64, "cut at {cut}");
        assert_eq!(recovery.truncated_bytes, pending::torn(&bytes[ends[kept]..cut]) as u64);
        assert_eq!(recovery.open_intents.len(), usize::from(kept == 263));
        if cut % 40 == 0 {
            let ticket = log.enqueue(single(Code::SystemRecover)).unwrap();
            assert_eq!(ticket.durable().await.unwrap(), kept as u64);
            log.close().await.unwrap();
            drop(log);
            assert_eq!(count(&crashed), kept + 1);
            let report = verify(crashed.dir(), &Options::default()).unwrap();
            assert_eq!(report.exit_code(), if kept == 263 { 16 } else { 0 }, "{report}");
        }
    }
    // What a checkpoint covers was durable, so a crash can't have torn it.
    for cut in [ends[260] - 1, ends[258], ends[3] + 1, 0] {
        let tampered = state.snapshot();
        fs::write(pending(&tampered), &bytes[..cut]).unwrap();
        assert!(matches!(tampered.try_open(), Err(Error::Damaged(_))), "cut at {cut}");
    }
    // Behind the last record: zeros of a file that grew but was not written, and rubbish behind these.
    for (behind, torn) in [(vec![0; 100], 0), ([&[0; 60][..], &[7; 30], &[0; 10]].concat(), 90)] {
        let crashed = state.snapshot();
        fs::write(pending(&crashed), [bytes.as_slice(), &behind].concat()).unwrap();
        let (log, recovery) = crashed.try_open().unwrap();
        assert_eq!((recovery.records, recovery.truncated_bytes), (263, torn));
        log.close().await.unwrap();
        drop(log);
        assert_eq!(count(&crashed), 263);
    }
}

/// A publication that a crash has ended anywhere is done again at the next start.
#[tokio::test]
async fn an_unfinished_publication_is_repeated() {
    let kit = Kit::new();
    let log = kit.open();
    fill(&log, 300).await;
    log.seal().await.unwrap();
    let before = kit.snapshot();
    fill(&log, 300).await;
    log.seal().await.unwrap();
    let after = kit.snapshot();
    let new: Vec<_> = files_below(after.dir())
        .into_iter()
        .map(|path| path.strip_prefix(after.dir()).unwrap().to_path_buf())
        .filter(|path| !path.starts_with("pending") && !path.starts_with("lock"))
        .collect();
    assert!(new.len() > 6);
    for reached in 0..=new.len() {
        for torn in [false, true] {
            let crashed = before.snapshot();
            crate::testkit::copy_dir(&after.dir().join("pending"), &crashed.dir().join("pending"));
            // Full files come first and are whole; the checkpoint comes last.
            let mut order = new.clone();
            order.sort_by_key(|path| (path.ends_with("checkpoint"), path.ends_with("intents")));
            for path in &order[..reached] {
                let (from, to) = (after.dir().join(path), crashed.dir().join(path));
                fs::create_dir_all(to.parent().unwrap()).unwrap();
                fs::copy(&from, &to).unwrap();
                if torn && (path.to_str().unwrap().contains(".p/") || path.ends_with("intents")) {
                    fs::write(&to, "").unwrap();
                }
            }
            fs::write(crashed.dir().join("checkpoint.tmp"), "half").unwrap();
            let (log, recovery) = crashed.try_open().unwrap();
            assert_eq!((recovery.records, recovery.truncated_bytes), (600, 0));
            drop(log);
            whole(&crashed);
            assert!(!crashed.dir().join("checkpoint.tmp").exists());
        }
    }
}

/// A copy without write-ahead files, as a plain tile reader would make, can be taken up again.
#[tokio::test]
async fn bundles_alone_are_enough() {
    let kit = Kit::new();
    let log = kit.open();
    fill(&log, 700).await;
    log.close().await.unwrap();
    drop(log);
    fs::remove_dir_all(kit.dir().join("pending")).unwrap();
    fs::remove_file(kit.dir().join("intents")).unwrap();
    whole(&kit);
    assert_eq!(count(&kit), 700);
    let (log, recovery) = kit.try_open().unwrap();
    assert_eq!(recovery.records, 700);
    fill(&log, 7).await;
    log.close().await.unwrap();
    drop(log);
    whole(&kit);
    assert_eq!(count(&kit), 707);
    // A missing checkpoint is no new log.
    fs::remove_file(kit.dir().join("checkpoint")).unwrap();
    assert!(matches!(kit.try_open(), Err(Error::Damaged(_))));
}

#[tokio::test]
async fn open_intents_are_found_again() {
    let kit = Kit::new();
    let log = kit.open();
    let mut open = Vec::new();
    for i in 0..900u64 {
        let ticket = log.enqueue(write(Code::PhiUpdate, Stage::Intent, 1, Some(7))).unwrap();
        let intent = ticket.durable().await.unwrap();
        if i % 100 == 7 {
            open.push(intent);
        } else {
            drop(log.enqueue(write(Code::PhiUpdate, Stage::Outcome { intent }, 1, None)).unwrap());
        }
        if i == 500 {
            log.seal().await.unwrap();
        }
    }
    fill(&log, 1).await;
    let crashed = kit.snapshot();
    let found = |kit: &Kit| {
        let (log, recovery) = kit.try_open().unwrap();
        (log, recovery.open_intents.iter().map(|record| record.seq).collect::<Vec<_>>())
    };
    let (log, seqs) = found(&crashed);
    assert_eq!(seqs, open);
    drop(log);
    // The hint is only a hint.
    fs::write(crashed.dir().join("intents"), "{\"size\":9").unwrap();
    let (log, seqs) = found(&crashed);
    assert_eq!(seqs, open);
    log.enqueue(single(Code::SystemRecover)).unwrap().durable().await.unwrap();
    let report = verify(crashed.dir(), &Options::default()).unwrap();
    assert_eq!(report.exit_code(), 16, "those of an ended process are unpaired even while another one runs");
    for intent in seqs {
        let mut outcome = write(Code::PhiUpdate, Stage::Outcome { intent }, 1, None);
        outcome.outcome.as_mut().unwrap().status = Status::Unknown;
        log.enqueue(outcome).unwrap().durable().await.unwrap();
    }
    let running = log.enqueue(draft(Code::PluginInstall, Stage::Intent)).unwrap().durable().await.unwrap();
    log.seal().await.unwrap();
    let report = verify(crashed.dir(), &Options::default()).unwrap();
    assert_eq!((report.exit_code(), report.under_way), (0, 1), "{report}");
    log.close().await.unwrap();
    drop(log);
    let report = verify(crashed.dir(), &Options::default()).unwrap();
    assert_eq!(report.exit_code(), 16, "nobody is left to close it");
    assert_eq!(found(&crashed).1, [running]);
}

#[tokio::test]
async fn a_failed_sync_is_final() {
    let kit = Kit::new();
    let log = kit.open();
    fill(&log, 3).await;
    kit.disk.fail_sync.store(true, Ordering::SeqCst);
    let lost = log.enqueue(single(Code::PhiRead)).unwrap();
    assert!(matches!(lost.durable().await, Err(Error::Io { .. })));
    kit.disk.fail_sync.store(false, Ordering::SeqCst);
    assert!(matches!(log.health(), Err(Error::Unavailable(Reason::Broken))));
    for code in [Code::PhiRead, Code::PolicyDenied, Code::SystemStop] {
        assert!(matches!(log.enqueue(single(code)), Err(Error::Unavailable(Reason::Broken))));
    }
    assert!(log.seal().await.is_err());
    assert!(log.close().await.is_err());
    drop(log);
    let (log, recovery) = kit.try_open().unwrap();
    assert!(recovery.records == 3 || recovery.records == 4, "unacknowledged, so either is right");
    fill(&log, 1).await;
    log.close().await.unwrap();
    whole(&kit);
}

#[tokio::test]
async fn a_failed_write_is_final() {
    let kit = Kit::new();
    let log = kit.open();
    kit.disk.fail_append.store(true, Ordering::SeqCst);
    let first = log.enqueue(single(Code::PhiRead)).unwrap();
    assert!(matches!(first.durable().await, Err(Error::Io { .. })));
    assert!(matches!(log.health(), Err(Error::Unavailable(Reason::Broken))));
    kit.disk.fail_append.store(false, Ordering::SeqCst);
    drop(log);
    kit.open();
}

#[tokio::test]
async fn a_failed_checkpoint_is_final() {
    let kit = Kit::new();
    let log = kit.open();
    fill(&log, 3).await;
    kit.disk.fail_append.store(true, Ordering::SeqCst);
    assert!(matches!(log.seal().await, Err(Error::Io { .. })));
    assert!(matches!(log.health(), Err(Error::Unavailable(Reason::Broken))));
    kit.disk.fail_append.store(false, Ordering::SeqCst);
    drop(log);
    assert_eq!(kit.try_open().unwrap().1.records, 3);
}

async fn until(log: &Log, wanted: Result<(), Reason>) {
    let started = Instant::now();
    loop {
        match (log.health(), wanted) {
            (Ok(()), Ok(())) => return,
            (Err(Error::Unavailable(is)), Err(reason)) if is == reason => return,
            _ => {}
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{:?} instead of {wanted:?}", log.health());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_full_disk_fails_what_waits_and_goes_on_later() {
    let mut kit = Kit::new();
    kit.config.checkpoint_ms = 40;
    let log = kit.open();
    fill(&log, 3).await;
    log.seal().await.unwrap();
    kit.disk.room.store(500, Ordering::SeqCst);
    let tickets: Vec<_> = (0..50).filter_map(|_| log.enqueue(single(Code::PhiRead)).ok()).collect();
    let mut acknowledged = 3;
    for ticket in tickets {
        if ticket.durable().await.is_ok() {
            acknowledged += 1;
        }
    }
    assert!(acknowledged < 10, "{acknowledged}");
    until(&log, Err(Reason::Full)).await;
    assert!(matches!(log.enqueue(single(Code::PhiRead)), Err(Error::Unavailable(Reason::Full))));
    // Something may be told about it, but here is no reserve.
    let told = log.enqueue(single(Code::PolicyDenied)).unwrap();
    let told = told.durable().await.is_ok();
    kit.disk.room.store(1 << 30, Ordering::SeqCst);
    until(&log, Ok(())).await;
    let ticket = log.enqueue(single(Code::PhiRead)).unwrap();
    assert_eq!(ticket.durable().await.unwrap(), acknowledged + u64::from(told), "no gap");
    log.close().await.unwrap();
    drop(log);
    whole(&kit);
    assert_eq!(count(&kit) as u64, acknowledged + u64::from(told) + 1);
}

#[tokio::test]
async fn the_reserve_tells_outcomes_and_the_stop() {
    let mut kit = Kit::new();
    kit.config.reserve_bytes = 1 << 20;
    kit.config.checkpoint_ms = 40;
    let log = kit.open();
    assert!(kit.dir().join("reserve").exists());
    let intent =
        log.enqueue(write(Code::PhiUpdate, Stage::Intent, 1, Some(1))).unwrap().durable().await.unwrap();
    log.seal().await.unwrap();
    kit.disk.room.store(20, Ordering::SeqCst);
    // The record that hits the end still gets through, on the reserve.
    let ticket = log.enqueue(single(Code::PhiRead)).unwrap();
    ticket.durable().await.unwrap();
    until(&log, Err(Reason::Full)).await;
    assert!(matches!(log.enqueue(single(Code::PhiRead)), Err(Error::Unavailable(Reason::Full))));
    assert!(log.enqueue(write(Code::PhiUpdate, Stage::Intent, 1, None)).is_err());
    let outcome = log.enqueue(write(Code::PhiUpdate, Stage::Outcome { intent }, 1, None)).unwrap();
    outcome.durable().await.unwrap();
    log.enqueue(single(Code::PolicyDenied)).unwrap().durable().await.unwrap();
    kit.disk.room.fetch_add(8 << 20, Ordering::SeqCst);
    until(&log, Ok(())).await;
    assert!(kit.dir().join("reserve").exists(), "taken again");
    log.enqueue(single(Code::SystemStop)).unwrap().durable().await.unwrap();
    log.close().await.unwrap();
    drop(log);
    whole(&kit);
}

#[tokio::test]
async fn too_many_waiting_records_are_refused() {
    let mut kit = Kit::new();
    kit.config.queue_bytes = 2_000;
    let log = kit.open();
    // Whatever the threads do meanwhile, one record is larger than what may wait.
    let mut large = single(Code::PhiRead);
    large.fields.read = (0..100).map(|i| crate::Name::clean(&format!("field{i:0>20}"))).collect();
    kit.disk.slow.store(true, Ordering::SeqCst);
    let ticket = log.enqueue(large).unwrap();
    assert!(matches!(log.health(), Err(Error::Unavailable(Reason::Busy))));
    assert!(matches!(log.enqueue(single(Code::PhiRead)), Err(Error::Unavailable(Reason::Busy))));
    drop(log.enqueue(single(Code::AuthDenied)).unwrap());
    kit.disk.slow.store(false, Ordering::SeqCst);
    ticket.durable().await.unwrap();
    until(&log, Ok(())).await;
}

#[tokio::test]
async fn a_disk_that_does_not_answer_is_told() {
    let mut kit = Kit::new();
    kit.config.slow_ms = 50;
    let log = kit.open();
    kit.disk.slow.store(true, Ordering::SeqCst);
    let ticket = log.enqueue(single(Code::PhiRead)).unwrap();
    until(&log, Err(Reason::Slow)).await;
    assert!(matches!(log.enqueue(single(Code::PhiRead)), Err(Error::Unavailable(Reason::Slow))));
    kit.disk.slow.store(false, Ordering::SeqCst);
    ticket.durable().await.unwrap();
    until(&log, Ok(())).await;
}

/// Writes until it is killed; does nothing when it isn't called by the test below.
#[tokio::test]
async fn child_that_writes() {
    let Ok(dir) = env::var("AUDIT_TEST_CHILD") else { return };
    let dir = PathBuf::from(dir);
    let config = Config {
        dir: dir.join("audit"),
        keys_dir: dir.join("keys"),
        reserve_bytes: 0,
        checkpoint_ms: 20,
        checkpoint_records: 300,
        ..Config::default()
    };
    let keys = Keys::open(&config.keys_dir).unwrap();
    let log = Arc::new(Log::open(config, keys).unwrap().0);
    let mut writers = Vec::new();
    for _ in 0..16 {
        let log = log.clone();
        writers.push(tokio::spawn(async move {
            loop {
                let seq = log.enqueue(single(Code::PhiRead)).unwrap().durable().await.unwrap();
                // One write each, so that a line is whole when the process ends.
                std::io::Write::write_all(
                    &mut std::io::stdout(),
                    format!("acknowledged {seq}.\n").as_bytes(),
                )
                .unwrap();
            }
        }));
    }
    while let Some(writer) = writers.pop() {
        let _ = writer.await;
    }
}

/// Starts the child, kills it and gives the highest position that it has acknowledged.
///
/// In even rounds it is killed a while after its first acknowledgement, in odd ones a while after its start, which may be
/// while it still recovers.
fn run_and_kill(dir: &Path, round: u64) -> Option<u64> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["log::tests::child_that_writes", "--exact", "--nocapture", "--test-threads=1"])
        .env("AUDIT_TEST_CHILD", dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let (first, wait) = mpsc::channel();
    let reader = thread::spawn(move || {
        let mut highest = None;
        for line in out.lines().map_while(Result::ok) {
            // The test runner's own words may stand before the first one; the last one may be torn by the kill.
            let seq = line
                .split_once("acknowledged ")
                .and_then(|(_, seq)| seq.strip_suffix('.')?.parse::<u64>().ok());
            if seq.is_some() {
                highest = highest.max(seq);
                let _ = first.send(());
            }
        }
        highest
    });
    if round.is_multiple_of(2) {
        // It ends early only when the child has ended by itself, which is told below.
        let _ = wait.recv();
    }
    thread::sleep(Duration::from_millis(17 * (round + 1)));
    child.kill().unwrap();
    let status = child.wait().unwrap();
    let highest = reader.join().unwrap();
    let mut told = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut told).unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "it ended by itself: {told}");
    highest
}

#[test]
fn no_acknowledged_record_is_lost_by_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let audit = dir.path().join("audit");
    let mut known = Vec::new();
    let mut highest = None;
    for round in 0..10u64 {
        let acknowledged = run_and_kill(dir.path(), round);
        assert!(acknowledged.is_some() || round % 2 == 1, "round {round}");
        highest = highest.max(acknowledged);
        let records: Vec<_> = Records::open(&audit).unwrap().map(Result::unwrap).collect();
        assert!(
            records.len() as u64 > highest.unwrap(),
            "{} records, {highest:?} was acknowledged",
            records.len()
        );
        let vkey = Keys::open(&dir.path().join("keys")).unwrap().vkey(&Config::default().origin());
        let options = Options { key: Some(vkey), since: known.clone(), ..Options::default() };
        let report = verify(&audit, &options).unwrap();
        assert_eq!(report.exit_code(), 0, "round {round}: {report}");
        assert_eq!(report.continues, known.len());
        let note = fs::read_to_string(audit.join("checkpoint")).unwrap();
        known.push(Checkpoint::parse(&note).unwrap());
    }
}
