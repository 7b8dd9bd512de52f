//! Attacks on a log: each must be found, each with its exit code.

use std::fs;
use std::path::Path;

use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::*;
use crate::draft::Stage;
use crate::log::publisher::Press;
use crate::log::queue::{Durable, Mark};
use crate::testkit::{Kit, copy_dir, files_below, fill, write};
use crate::{Code, Keys, Name, Record, Records, Sink};

/// A closed log of reads with one pair of a write in the middle.
async fn log_of(count: usize) -> Kit {
    let kit = Kit::new();
    let log = kit.open();
    fill(&log, count / 2).await;
    let intent =
        log.enqueue(write(Code::PhiUpdate, Stage::Intent, 1, Some(5))).unwrap().durable().await.unwrap();
    drop(log.enqueue(write(Code::PhiUpdate, Stage::Outcome { intent }, 1, None)).unwrap());
    fill(&log, count - count / 2 - 2).await;
    log.close().await.unwrap();
    kit
}

fn options(kit: &Kit) -> Options {
    Options { key: Some(kit.vkey()), ..Options::default() }
}

fn code(kit: &Kit) -> u8 {
    verify(kit.dir(), &options(kit)).unwrap().exit_code()
}

fn code_since(kit: &Kit, since: &Checkpoint) -> u8 {
    verify(kit.dir(), &Options { since: vec![since.clone()], ..options(kit) }).unwrap().exit_code()
}

fn checkpoint(kit: &Kit) -> Checkpoint {
    Checkpoint::parse(&fs::read_to_string(kit.dir().join("checkpoint")).unwrap()).unwrap()
}

fn entries(kit: &Kit) -> Vec<Vec<u8>> {
    Records::open(kit.dir()).unwrap().map(|record| record.unwrap().encode()).collect()
}

/// Does what somebody with all rights on the machine and this key can do: writes the whole folder anew.
fn rebuild(kit: &Kit, keys: &Keys, entries: &[Vec<u8>]) {
    for part in ["tile", "pending"] {
        let _ = fs::remove_dir_all(kit.dir().join(part));
    }
    let _ = fs::remove_file(kit.dir().join("checkpoint"));
    let origin = kit.config.origin();
    let mut press =
        Press::new(kit.dir(), kit.disk.clone(), keys.clone(), origin, Tree::new(), Default::default());
    let mut bytes = Vec::new();
    for entry in entries {
        let leaf = leaf(entry);
        pending::frame(&mut bytes, entry, &leaf);
        press.add(&Durable { entry: entry.clone(), leaf, mark: Mark::Nothing });
    }
    press.publish().unwrap();
    fs::create_dir_all(kit.dir().join("pending")).unwrap();
    fs::write(pending::path(kit.dir(), 0), bytes).unwrap();
}

/// The same without the key: the old checkpoint has to stay.
fn rebuild_without_key(kit: &Kit, entries: &[Vec<u8>]) {
    let head = fs::read(kit.dir().join("checkpoint")).unwrap();
    rebuild(kit, &Keys::ephemeral().unwrap(), entries);
    fs::write(kit.dir().join("checkpoint"), head).unwrap();
}

/// Gives each record the number of its place.
fn renumber(entries: &mut [Vec<u8>]) {
    for (seq, entry) in (0..).zip(entries) {
        *entry = Record { seq, ..Record::decode(entry).unwrap() }.encode();
    }
}

#[tokio::test]
async fn an_untouched_log_is_whole_and_says_what_it_holds() {
    let kit = log_of(600).await;
    let mut options = options(&kit);
    options.counts = vec!["code=PHI.READ actor=u1".parse().unwrap(), "code=PHI.DELETE".parse().unwrap()];
    options.since = vec![checkpoint(&kit)];
    let report = verify(kit.dir(), &options).unwrap();
    assert_eq!(report.exit_code(), 0, "{report}");
    assert_eq!((report.size, report.unsealed, report.continues, report.processes), (600, 0, 1, 1));
    assert_eq!(report.counts[&Code::PhiRead], 598);
    assert_eq!((report.matching[0].1, report.matching[1].1), (598, 0));
    let text = report.to_string();
    assert!(text.contains("no record matches code=PHI.DELETE"), "{text}");
    assert!(text.ends_with("The trail is whole."), "{text}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["counts"]["PHI.UPDATE"], 2);
    let written: Vec<_> = report.written().collect();
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].2[0].stored, Stored::Exists(Some(5)));
    let unchecked = verify(kit.dir(), &Options::default()).unwrap();
    assert!(unchecked.to_string().contains("the signature was not checked"));
}

#[tokio::test]
async fn last_versions_follow_the_writes() {
    let kit = Kit::new();
    let log = kit.open();
    let send = async |draft| log.enqueue(draft).unwrap().durable().await.unwrap();
    send(write(Code::PhiCreate, Stage::Single, 1, Some(10))).await;
    let intent = send(write(Code::PhiUpdate, Stage::Intent, 1, Some(20))).await;
    send(write(Code::PhiUpdate, Stage::Outcome { intent }, 1, Some(21))).await;
    send(write(Code::PhiCreate, Stage::Single, 2, Some(30))).await;
    let intent = send(write(Code::PhiDelete, Stage::Intent, 2, None)).await;
    send(write(Code::PhiDelete, Stage::Outcome { intent }, 2, None)).await;
    let intent = send(write(Code::PhiCreate, Stage::Intent, 3, Some(40))).await;
    let mut failed = write(Code::PhiCreate, Stage::Outcome { intent }, 3, None);
    failed.outcome.as_mut().unwrap().status = crate::Status::Error;
    send(failed).await;
    send(write(Code::PhiUpdate, Stage::Intent, 4, Some(50))).await;
    let report = verify(kit.dir(), &Options::default()).unwrap();
    assert_eq!(report.exit_code(), 0, "{report}");
    let patient = Name::new("Patient").unwrap();
    let stored = |object| {
        let writes = report.writes(&patient, crate::Ref::from_bytes([object; 16]));
        writes.into_iter().map(|write| write.stored).collect::<Vec<_>>()
    };
    assert_eq!(stored(1), [Stored::Exists(Some(21))]);
    assert_eq!(stored(2), [Stored::Deleted]);
    assert_eq!(stored(3), []);
    assert_eq!(stored(4), [Stored::Uncertain]);
}

#[tokio::test]
async fn last_contents_follow_the_writes() {
    let kit = Kit::new();
    let log = kit.open();
    let send = async |draft| log.enqueue(draft).unwrap().durable().await.unwrap();
    let patient = Name::new("Patient").unwrap();
    let reference = crate::Ref::from_bytes([1; 16]);
    let content = |byte| crate::Content::from_bytes([byte; 16]);
    let sealed = |content| {
        let mut draft = write(Code::PhiUpdate, Stage::Single, 1, Some(10));
        draft.seals = vec![crate::Seal { class: patient.clone(), reference, content }];
        draft
    };
    let told = || {
        let report = verify(kit.dir(), &Options::default()).unwrap();
        let writes = report.writes(&patient, reference).into_iter();
        writes.map(|write| (write.stored, write.content)).collect::<Vec<_>>()
    };
    let exists = Stored::Exists(Some(10));
    send(write(Code::PhiCreate, Stage::Single, 1, Some(10))).await;
    assert_eq!(told(), [(exists, None)]);
    send(sealed(Some(content(1)))).await;
    send(sealed(Some(content(2)))).await;
    assert_eq!(told(), [(exists, Some(content(2)))]);
    let mut schema = write(Code::SchemaUpdate, Stage::Single, 9, None);
    schema.fields.dropped = vec![Name::new("old").unwrap()];
    send(schema).await;
    assert_eq!(told(), [(exists, None)], "the class lost a field");
    send(sealed(Some(content(3)))).await;
    assert_eq!(told(), [(exists, Some(content(3)))]);
    // What was sealed had happened, though the operation failed afterwards.
    let mut failed = sealed(None);
    failed.code = Code::PhiDelete;
    failed.outcome.as_mut().unwrap().status = crate::Status::Error;
    send(failed).await;
    assert_eq!(told(), [(Stored::Deleted, None)]);
}

/// A hook that saves the object that is being saved made the trail accuse the database.
#[tokio::test]
async fn of_writes_that_overlap_each_may_be_the_last() {
    let kit = Kit::new();
    let log = kit.open();
    let send = async |draft| log.enqueue(draft).unwrap().durable().await.unwrap();
    let outer = send(write(Code::PhiUpdate, Stage::Intent, 1, Some(10))).await;
    let inner = send(write(Code::PhiUpdate, Stage::Intent, 1, Some(20))).await;
    send(write(Code::PhiUpdate, Stage::Outcome { intent: inner }, 1, Some(20))).await;
    send(write(Code::PhiUpdate, Stage::Outcome { intent: outer }, 1, Some(10))).await;
    let told = || {
        let report = verify(kit.dir(), &Options::default()).unwrap();
        let writes = report.writes(&Name::new("Patient").unwrap(), crate::Ref::from_bytes([1; 16]));
        writes.into_iter().map(|write| write.stored).collect::<Vec<_>>()
    };
    assert_eq!(told(), [Stored::Exists(Some(20)), Stored::Exists(Some(10))]);
    let later = send(write(Code::PhiUpdate, Stage::Intent, 1, Some(30))).await;
    send(write(Code::PhiUpdate, Stage::Outcome { intent: later }, 1, Some(30))).await;
    assert_eq!(told(), [Stored::Exists(Some(30))]);
}

#[tokio::test]
async fn attack_1_flip_any_byte() {
    let kit = log_of(5).await;
    let mut flips = 0;
    for path in files_below(kit.dir()) {
        let name = path.strip_prefix(kit.dir()).unwrap().to_str().unwrap().to_owned();
        if name == "intents" || name == "lock" {
            continue;
        }
        let sound = fs::read(&path).unwrap();
        for at in 0..sound.len() {
            for bit in 0..8 {
                let mut bytes = sound.clone();
                bytes[at] ^= 1 << bit;
                fs::write(&path, &bytes).unwrap();
                let expected = if name == "checkpoint" { 14 } else { 10 };
                assert_eq!(code(&kit), expected, "{name}, byte {at}, bit {bit}");
                flips += 1;
            }
        }
        fs::write(&path, &sound).unwrap();
    }
    assert!(flips > 5_000, "{flips}");
    assert_eq!(code(&kit), 0);
}

#[tokio::test]
async fn attack_1_flip_bytes_of_a_large_log() {
    let kit = log_of(2_000).await;
    let files: Vec<_> = files_below(kit.dir())
        .into_iter()
        .filter(|path| !path.ends_with("intents") && !path.ends_with("lock"))
        .collect();
    let mut runner = TestRunner::deterministic();
    for _ in 0..60 {
        let choice = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..8u8);
        let (file, at, bit) = choice.new_tree(&mut runner).unwrap().current();
        let path = file.get(&files);
        let sound = fs::read(path).unwrap();
        let mut bytes = sound.clone();
        bytes[at.index(sound.len())] ^= 1 << bit;
        fs::write(path, &bytes).unwrap();
        assert_eq!(code(&kit), if path.ends_with("checkpoint") { 14 } else { 10 }, "{}", path.display());
        fs::write(path, &sound).unwrap();
    }
    // Whole files that go missing, and files with something added.
    for path in &files {
        let sound = fs::read(path).unwrap();
        let pending = path.parent().unwrap().ends_with("pending");
        fs::remove_file(path).unwrap();
        // The write-ahead file repeats what the bundles hold: losing it loses nothing.
        assert_eq!(code(&kit), if pending { 0 } else { 11 }, "{}", path.display());
        fs::write(path, [sound.as_slice(), b"x"].concat()).unwrap();
        let report = verify(kit.dir(), &options(&kit)).unwrap();
        if pending {
            assert_eq!(report.torn_bytes, 1);
        } else {
            assert_ne!(report.exit_code(), 0, "{}", path.display());
        }
        fs::write(path, sound).unwrap();
    }
    assert_eq!(code(&kit), 0);
}

#[tokio::test]
async fn attack_2_delete_in_the_middle_and_renumber() {
    let kit = log_of(600).await;
    let mut changed = entries(&kit);
    changed.remove(100);
    rebuild_without_key(&kit, &changed);
    assert_eq!(code(&kit), 10);
    renumber(&mut changed);
    rebuild_without_key(&kit, &changed);
    assert_eq!(code(&kit), 10);
}

#[tokio::test]
async fn attack_3_swap_two_records() {
    let kit = log_of(600).await;
    let mut changed = entries(&kit);
    changed.swap(10, 11);
    rebuild_without_key(&kit, &changed);
    assert_eq!(code(&kit), 10);
    // Even with the key, the records' own numbers and times tell.
    rebuild(&kit, &kit.keys, &changed);
    assert_eq!(code(&kit), 15);
    renumber(&mut changed);
    rebuild(&kit, &kit.keys, &changed);
    assert_eq!(code(&kit), 15);
}

#[tokio::test]
async fn attack_4_duplicate_a_record() {
    let kit = log_of(600).await;
    let mut changed = entries(&kit);
    changed.insert(50, changed[50].clone());
    rebuild_without_key(&kit, &changed);
    assert_eq!(code(&kit), 10);
    renumber(&mut changed);
    rebuild_without_key(&kit, &changed);
    assert_eq!(code(&kit), 10);
    rebuild(&kit, &kit.keys, &changed);
    assert_eq!(code(&kit), 15);
}

#[tokio::test]
async fn attack_5_cut_the_end() {
    let kit = log_of(600).await;
    let partial = kit.dir().join(tile::bundle_path(2, 88));
    let sound = fs::read(&partial).unwrap();
    let kept = entries(&kit)[512..590].iter().fold(Vec::new(), |mut bundle, entry| {
        tile::append(&mut bundle, entry);
        bundle
    });
    fs::write(&partial, &kept).unwrap();
    assert_eq!(code(&kit), 10, "the bundle is shorter than its name says");
    fs::rename(&partial, kit.dir().join(tile::bundle_path(2, 78))).unwrap();
    assert_eq!(code(&kit), 11);
    fs::write(&partial, sound).unwrap();
    assert_eq!(code(&kit), 0);
    let cut = &entries(&kit)[..590];
    rebuild_without_key(&kit, cut);
    assert_eq!(code(&kit), 10);
}

#[tokio::test]
async fn attack_6_rebuild_everything_with_the_stolen_key() {
    let kit = log_of(600).await;
    let kept_elsewhere = checkpoint(&kit);
    let shorter = entries(&kit)[..590].to_vec();
    let same: Vec<_> = entries(&kit)
        .iter()
        .map(|entry| {
            let mut record = Record::decode(entry).unwrap();
            record.draft.actor.id = Some(Name::clean("u2"));
            record.encode()
        })
        .collect();
    let mut longer = same.clone();
    for more in 0..10 {
        let mut record = Record::decode(longer.last().unwrap()).unwrap();
        (record.seq, record.ts, record.mono) = (600 + more, record.ts + 1, record.mono + 1);
        longer.push(record.encode());
    }
    for (history, expected) in [(shorter, 12), (same, 13), (longer, 13)] {
        rebuild(&kit, &kit.keys, &history);
        assert_eq!(code(&kit), 0, "from inside there is nothing to be seen");
        assert_eq!(code_since(&kit, &kept_elsewhere), expected);
    }
}

#[tokio::test]
async fn attack_7_restore_yesterday() {
    let kit = log_of(300).await;
    let yesterday = tempfile::tempdir().unwrap();
    copy_dir(kit.dir(), yesterday.path());
    let log = kit.open();
    fill(&log, 50).await;
    log.close().await.unwrap();
    drop(log);
    let kept_elsewhere = checkpoint(&kit);
    fs::remove_dir_all(kit.dir()).unwrap();
    copy_dir(yesterday.path(), kit.dir());
    assert_eq!(code(&kit), 0);
    assert_eq!(code_since(&kit, &kept_elsewhere), 12);
}

#[tokio::test]
async fn attack_8_two_histories_for_two_readers() {
    let kit = log_of(300).await;
    let other = kit.snapshot();
    for (kit, object) in [(&kit, 1), (&other, 2)] {
        let log = kit.open();
        log.enqueue(write(Code::PhiCreate, Stage::Single, object, None)).unwrap().durable().await.unwrap();
        log.close().await.unwrap();
    }
    assert_eq!((code(&kit), code(&other)), (0, 0));
    assert_eq!(code_since(&kit, &checkpoint(&other)), 13);
    assert_eq!(code_since(&other, &checkpoint(&kit)), 13);
}

#[tokio::test]
async fn attack_9_splice_another_tenant_s_records() {
    let kit = log_of(300).await;
    let mut other = Kit::new();
    other.keys = kit.keys.clone();
    other.config.tenant = "other".into();
    let log = other.open();
    fill(&log, 300).await;
    log.close().await.unwrap();
    drop(log);
    // The other log as a whole: its checkpoint speaks of another origin.
    assert_eq!(verify(other.dir(), &options(&kit)).unwrap().exit_code(), 14);
    let mut spliced = entries(&kit);
    spliced[100..200].clone_from_slice(&entries(&other)[100..200]);
    rebuild_without_key(&kit, &spliced);
    assert_eq!(code(&kit), 10);
    // With the key: the records say whose they are.
    rebuild(&kit, &kit.keys, &spliced);
    assert_eq!(code(&kit), 15);
    // A checkpoint of the other log proves nothing about this one.
    assert_eq!(code_since(&kit, &checkpoint(&other)), 14);
}

#[tokio::test]
async fn attack_10_set_the_clock_back() {
    let kit = log_of(300).await;
    let sound = entries(&kit);
    let with = |seq: usize, change: &dyn Fn(&mut Record)| {
        let mut changed = sound.clone();
        let mut record = Record::decode(&changed[seq]).unwrap();
        change(&mut record);
        changed[seq] = record.encode();
        rebuild(&kit, &kit.keys, &changed);
        verify(kit.dir(), &options(&kit)).unwrap()
    };
    // The system's clock, set back while the server runs or in between: the log flags it by itself.
    let report = with(40, &|record| record.behind = Some(3_600_000_000_000));
    assert_eq!(report.exit_code(), 15);
    assert_eq!(report.clock_behind, (1, 3_600_000_000_000));
    let report = with(40, &|record| record.behind = Some(3_000_000));
    assert_eq!(report.exit_code(), 0, "a small correction is told, but no finding");
    assert!(report.to_string().contains("was behind at 1 records, by 3 ms at most"));
    // The records' own times, rewritten with the stolen key.
    assert_eq!(with(40, &|record| record.ts -= 3_600_000_000_000).exit_code(), 15);
    assert_eq!(with(40, &|record| record.mono = 1).exit_code(), 15);
    assert_eq!(with(40, &|record| record.boot = [1; 16]).exit_code(), 15, "the first process comes back");
}

#[tokio::test]
async fn attack_11_swap_the_key() {
    let kit = log_of(300).await;
    rebuild(&kit, &Keys::ephemeral().unwrap(), &entries(&kit));
    assert_eq!(code(&kit), 14);
    let unsigned = "localhost/audit/parapet\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n";
    fs::write(kit.dir().join("checkpoint"), unsigned).unwrap();
    assert_eq!(code(&kit), 14);
    fs::write(kit.dir().join("checkpoint"), [0xff, 0xfe]).unwrap();
    assert_eq!(code(&kit), 14);
    fs::remove_file(kit.dir().join("checkpoint")).unwrap();
    assert_eq!(code(&kit), 11);
}

#[tokio::test]
async fn attack_12_forged_proofs() {
    let kit = log_of(300).await;
    let vkey = kit.vkey();
    let proof = crate::prove(kit.dir(), 77).unwrap();
    assert_eq!(proof.check(&vkey).unwrap().seq, 77);
    assert_eq!(crate::Proof::parse(&proof.to_json()).unwrap(), proof);
    let other = Keys::ephemeral().unwrap().vkey(&kit.config.origin());
    assert!(proof.check(&other).is_err());
    assert!(matches!(crate::prove(kit.dir(), 300), Err(Error::NotFound(_))));
    let json: serde_json::Value = serde_json::from_str(&proof.to_json()).unwrap();
    let foreign: serde_json::Value =
        serde_json::from_str(&crate::prove(kit.dir(), 78).unwrap().to_json()).unwrap();
    for key in ["seq", "entry", "path"] {
        let mut forged = json.clone();
        forged[key] = foreign[key].clone();
        assert!(crate::Proof::parse(&forged.to_string()).unwrap().check(&vkey).is_err(), "{key}");
    }
    // Any changed character: refused when read or when checked.
    let text = proof.to_json();
    let mut runner = TestRunner::deterministic();
    for _ in 0..3_000 {
        let (at, byte) =
            (any::<prop::sample::Index>(), 0x20..0x7fu8).new_tree(&mut runner).unwrap().current();
        let mut forged = text.clone().into_bytes();
        forged[at.index(text.len())] = byte;
        let forged = String::from_utf8_lossy(&forged);
        if let Ok(forged) = crate::Proof::parse(&forged)
            && forged != proof
        {
            assert!(forged.check(&vkey).is_err());
        }
    }
    // A key's owner who signs a record under a wrong number is found out by the record itself.
    let entry = entries(&kit)[5].clone();
    rebuild(&kit, &kit.keys, &[entry]);
    assert!(crate::prove(kit.dir(), 0).unwrap().check(&vkey).is_err());
}

#[tokio::test]
async fn unpaired_records_are_found() {
    let kit = log_of(300).await;
    let sound = entries(&kit);
    let mut lone_intent = sound.clone();
    lone_intent.remove(151);
    renumber(&mut lone_intent);
    rebuild(&kit, &kit.keys, &lone_intent);
    assert_eq!(code(&kit), 16);
    let mut lone_outcome = sound.clone();
    lone_outcome.remove(150);
    renumber(&mut lone_outcome);
    rebuild(&kit, &kit.keys, &lone_outcome);
    assert_eq!(code(&kit), 16);
    rebuild(&kit, &kit.keys, &sound);
    assert_eq!(code(&kit), 0);
}

#[tokio::test]
async fn records_behind_the_checkpoint_are_looked_at() {
    let kit = Kit::new();
    let log = kit.open();
    fill(&log, 10).await;
    log.seal().await.unwrap();
    fill(&log, 5).await;
    let report = verify(kit.dir(), &options(&kit)).unwrap();
    assert_eq!((report.exit_code(), report.size, report.unsealed), (0, 10, 5), "{report}");
    let crashed = kit.snapshot();
    let all = fs::read(pending::path(crashed.dir(), 0)).unwrap();
    let mut frames = Vec::new();
    let mut rest = all.as_slice();
    while let Some((_, _, more)) = pending::unframe(rest) {
        frames.push(&rest[..rest.len() - more.len()]);
        rest = more;
    }
    frames.swap(11, 12);
    fs::write(pending::path(crashed.dir(), 0), frames.concat()).unwrap();
    assert_eq!(code(&crashed), 15);
    fs::remove_file(pending::path(crashed.dir(), 0)).unwrap();
    fs::write(pending::path(crashed.dir(), 12), frames[12..].concat()).unwrap();
    assert_eq!(code(&crashed), 15);
}

/// What a kill leaves open was called a broken trail, though the next start closes it.
#[tokio::test]
async fn operations_that_a_kill_left_open_ask_for_a_start() {
    let kit = Kit::new();
    let log = kit.open();
    fill(&log, 10).await;
    log.enqueue(write(Code::PhiUpdate, Stage::Intent, 1, Some(5))).unwrap().durable().await.unwrap();
    log.seal().await.unwrap();
    assert_eq!(verify(kit.dir(), &options(&kit)).unwrap().under_way, 1);
    let killed = kit.snapshot();
    let report = verify(killed.dir(), &options(&killed)).unwrap();
    assert_eq!(report.findings, [Finding::Interrupted { open: 1 }]);
    assert_eq!(report.exit_code(), 16);
    assert!(report.to_string().ends_with("start the server once, then verify again."), "{report}");
    assert!(!report.to_string().contains("NOT"), "{report}");
}

#[test]
fn a_folder_without_a_log_is_told() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(verify(dir.path(), &Options::default()).unwrap().exit_code(), 11);
    assert!(verify(&dir.path().join("nowhere"), &Options::default()).is_err());
    assert!(verify(Path::new("/dev/null"), &Options::default()).is_err());
}

#[test]
fn the_database_comparison_adds_its_findings() {
    let mut report = Report::new(&Options::default());
    let finding =
        Finding::Unrecorded { class: "Patient".into(), reference: "00".into(), what: "deleted".into() };
    report.find(finding);
    assert_eq!(report.exit_code(), 17);
    for _ in 0..2_000 {
        report.find(Finding::Fork { size: 1 });
    }
    assert_eq!((report.exit_code(), report.findings.len(), report.untold), (13, 1_000, 1_001));
    assert!(report.to_string().contains("NOT whole (exit code 13)"));
}

/// The witness's view: the signing key is not the only thing that keeps histories apart.
#[test]
fn a_checkpoint_of_another_key_is_no_anchor() {
    let kit = Kit::new();
    drop(kit.open());
    let forged =
        Checkpoint::sign(&kit.config.origin(), 0, Tree::new().root(), &SigningKey::from_bytes(&[9; 32]));
    assert_eq!(code_since(&kit, &forged), 14);
    assert_eq!(code_since(&kit, &checkpoint(&kit)), 0);
}
