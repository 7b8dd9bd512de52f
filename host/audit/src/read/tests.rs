//! Reading along with a writer, and the conditions that people type.

use super::*;
use crate::draft::Stage;
use crate::testkit::{Kit, draft, fill, single, write};
use crate::{ActorKind, Code, Decision, Name, PluginCall, Sink};

#[tokio::test]
async fn readers_follow_the_writer() {
    let kit = Kit::new();
    let log = kit.open();
    let mut records = Records::open(kit.dir()).unwrap();
    assert!(records.next().is_none());
    let mut seen = 0;
    for more in [1, 10, 300, 5, 700, 1] {
        fill(&log, more).await;
        if more == 300 || more == 700 {
            log.seal().await.unwrap();
        }
        for record in records.by_ref() {
            assert_eq!(record.unwrap().seq, seen);
            seen += 1;
        }
    }
    assert_eq!(seen, 1017);
    let last: Vec<_> = tail(kit.dir(), 3).unwrap().iter().map(|record| record.seq).collect();
    assert_eq!(last, [1014, 1015, 1016]);
    assert_eq!(tail(kit.dir(), 5_000).unwrap().len(), 1017);
    let middle = Records::open(kit.dir()).unwrap().starting_at(500).next().unwrap().unwrap();
    assert_eq!(middle.seq, 500);
    assert!(Records::open(&kit.dir().join("nowhere")).is_err());
}

/// Readers and the verifier run while records, checkpoints and new write-ahead files come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reading_is_sound_at_any_moment() {
    let mut kit = Kit::new();
    kit.config.checkpoint_ms = 5;
    kit.config.checkpoint_records = 200;
    let log = std::sync::Arc::new(kit.open());
    let writer = tokio::spawn({
        let log = log.clone();
        async move {
            for _ in 0..40 {
                fill(&log, 1_000).await;
            }
        }
    });
    let options = crate::verify::Options { key: Some(kit.vkey()), ..Default::default() };
    let mut rounds = 0;
    while !writer.is_finished() || rounds < 3 {
        let report = crate::verify(kit.dir(), &options).unwrap();
        assert_eq!(report.exit_code(), 0, "{report}");
        for (at, record) in Records::open(kit.dir()).unwrap().enumerate() {
            assert_eq!(record.unwrap().seq, at as u64);
        }
        rounds += 1;
        tokio::task::yield_now().await;
    }
    writer.await.unwrap();
    log.close().await.unwrap();
    assert_eq!(Records::open(kit.dir()).unwrap().count(), 40_000);
}

#[tokio::test]
async fn conditions_choose_records() {
    let kit = Kit::new();
    let log = kit.open();
    let key = kit.keys.reference();
    let mut read = single(Code::PhiRead);
    read.actor.roles = vec![Name::clean("ward 3")];
    read.source.ip = Some("10.1.2.3".parse().unwrap());
    read.purpose = Some(Name::clean("TREAT"));
    read.fields.read = vec![Name::clean("dob")];
    read.fields.masked = vec![Name::clean("ssn")];
    let reference = key.of("Patient", "p1");
    read.object = Some(crate::Objects { class: Name::clean("Patient"), refs: vec![reference], count: 1 });
    let mut denied = single(Code::PolicyDenied);
    denied.actor.kind = ActorKind::Anonymous;
    denied.actor.id = None;
    denied.decision = Some(Decision { allow: false, rule: Name::clean("clp.find") });
    denied.outcome =
        Some(crate::Outcome { status: crate::Status::Denied, code: Some(119), rows: 0, bytes: 0 });
    let mut call = single(Code::PluginCall);
    call.parent = Some(1);
    call.plugin = Some(PluginCall {
        name: Name::clean("guard"),
        version: Name::clean("1.0.0"),
        digest: [0; 32],
        export: Name::clean("before-save"),
        generation: 1,
        grant: None,
        duration_us: 5,
    });
    let drafts = [
        read,
        denied,
        call,
        write(Code::PhiUpdate, Stage::Intent, 1, None),
        draft(Code::AuthLogin, Stage::Single),
    ];
    for draft in drafts {
        log.enqueue(draft).unwrap().durable().await.unwrap();
    }
    let all: Vec<_> = Records::open(kit.dir()).unwrap().map(Result::unwrap).collect();
    let moment = crate::record::json_moment(all[2].ts);
    let at = |text: &str| -> Vec<u64> {
        let condition = Where::parse(text, Some(key)).unwrap();
        all.iter().filter(|record| condition.matches(record)).map(|record| record.seq).collect()
    };
    assert_eq!(at(""), [0, 1, 2, 3, 4]);
    assert_eq!(at("code=PHI.READ"), [0]);
    assert_eq!(at("code=PHI.*"), [0, 3]);
    assert_eq!(at("code=PHI.READ,AUTH.LOGIN"), [0, 4]);
    assert_eq!(at("actor=u1 code=AUTH.*"), [4]);
    assert_eq!(at("kind=anonymous"), [1]);
    assert_eq!(at("role=\"ward 3\""), [0]);
    assert_eq!(at("class=Patient"), [0, 3]);
    assert_eq!(at("field=ssn"), [0]);
    assert_eq!(at("ip=10.1.2.3 purpose=TREAT"), [0]);
    assert_eq!(at("outcome=denied rule=clp.find"), [1]);
    assert_eq!(at("plugin=guard"), [2]);
    assert_eq!(at("parent=1"), [2]);
    assert_eq!(at("stage=intent"), [3]);
    assert_eq!(at("seq>=1 seq<3"), [1, 2]);
    assert_eq!(at("seq>1 seq<=3"), [2, 3]);
    assert_eq!(at("seq=4 request=req"), [4]);
    assert_eq!(at("object=Patient/p1"), [0]);
    assert_eq!(at("object=Visit/p1,Patient/p2"), [] as [u64; 0]);
    assert_eq!(at(&format!("ref={reference}")), [0]);
    assert_eq!(at("time>=2020-01-01 time<2120-01-01T00:00:00Z"), [0, 1, 2, 3, 4]);
    assert_eq!(at(&format!("time>{moment}")), [3, 4]);
    for bad in [
        "code",
        "code=",
        "=x",
        "colour=red",
        "code=PHI.NOTHING",
        "seq=x",
        "actor>=u",
        "time>yesterday",
        "ref=12",
        "object=Patient",
        "role=\"ward",
        "outcome=fine",
        "stage=done",
        "kind=patient",
        "ip=somewhere",
    ] {
        assert!(Where::parse(bad, Some(key)).is_err(), "{bad}");
    }
    for (bad, hint) in [
        ("colour=red", "the keys are code, actor,"),
        ("code=PHI.NOTHING", "code= takes codes"),
        ("time>yesterday", "time takes a day such as"),
        ("object=Patient", "<Class>/<id>"),
        ("kind=patient", "kind= takes user,"),
    ] {
        let said = Where::parse(bad, Some(key)).unwrap_err().to_string();
        assert!(said.contains(hint), "{bad}: {said}");
    }
    assert!("object=Patient/p1".parse::<Where>().is_err(), "needs the key");
    assert!("seq>=1".parse::<Where>().is_ok());
}
