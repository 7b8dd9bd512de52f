//! What the bytes of a record are, and what they can't be.

use proptest::prelude::*;

use super::*;
use crate::draft::{
    Actor, ActorKind, Decision, Objects, Outcome, PluginCall, PluginVersion, Source, Stage, Status, Touched,
};
use crate::{Code, Content, Operator, Ref, RefKey, Seal, Shape};

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn full() -> Record {
    let mut actor = Actor::new(ActorKind::User, Some(name("u1")));
    actor.session = Some([3; 16]);
    actor.roles = vec![name("nurse"), name("ward3")];
    actor.on_behalf_of = Some(name("dr7"));
    let mut draft = Draft::new(Code::PhiUpdate, Stage::Outcome { intent: 41 }, name("req-1"), actor);
    draft.parent = Some(40);
    draft.plugin = Some(PluginCall {
        name: name("guard"),
        version: name("1.2.0"),
        digest: [9; 32],
        export: name("before-save"),
        generation: 7,
        grant: Some(name("g1")),
        duration_us: 812,
    });
    draft.source = Source { ip: Some("192.0.2.7".parse().unwrap()), client: Some(name("js6.1")) };
    draft.purpose = Some(name("TREAT"));
    draft.object = Some(Objects { class: name("Patient"), refs: vec![Ref::from_bytes([1; 16])], count: 1 });
    draft.fields = Touched {
        read: vec![],
        written: vec![name("a"), name("b")],
        masked: vec![name("ssn")],
        dropped: vec![name("old")],
    };
    draft.query =
        Some(Shape::All(vec![Shape::term(name("dob"), Operator::Greater), Shape::Any(vec![Shape::More])]));
    draft.decision = Some(Decision { allow: true, rule: name("clp") });
    draft.outcome = Some(Outcome { status: Status::Error, code: Some(-142), rows: 1, bytes: 300 });
    draft.version = Some(1_760_000_000_000);
    draft.part = Some(crate::Part { index: 0, of: 2 });
    let seal = |content| Seal { class: name("_Session"), reference: Ref::from_bytes([2; 16]), content };
    draft.seals = vec![seal(Some(Content::from_bytes([4; 16]))), seal(None)];
    draft.plugin_versions = vec![PluginVersion {
        name: name("guard"),
        version: name("1.2.0"),
        digest: [9; 32],
        approval: Some(name("g1")),
        approved_by: Some(name("Dr Who")),
        approved_as: Some(name("master key")),
    }];
    Record {
        seq: 42,
        ts: 1_760_000_000_000_000_000,
        boot: [5; 16],
        mono: 77,
        behind: Some(12),
        tenant: name("app"),
        roles_left_out: 3,
        draft,
    }
}

#[test]
fn everything_comes_back() {
    let record = full();
    let bytes = record.encode();
    assert_eq!(Record::decode(&bytes).unwrap(), record);
    assert!(bytes.len() < 650, "{}", bytes.len());
}

/// The form is a promise to verifiers: if this changes, the version has to.
#[test]
fn the_smallest_record_is_these_bytes() {
    let actor = Actor::new(ActorKind::System, None);
    let draft = Draft::new(Code::SystemStart, Stage::Single, name("boot"), actor);
    let record = Record {
        seq: 0,
        ts: 1,
        boot: [0; 16],
        mono: 2,
        behind: None,
        tenant: name("t"),
        roles_left_out: 0,
        draft,
    };
    let expected = concat!(
        "a9",   // map of 9
        "0001", // 0 v: 1
        "0100", // 1 seq: 0
        "0201", // 2 ts: 1
        "0382",
        "50",
        "00000000000000000000000000000000",
        "02",           // 3 mono: [boot, 2]
        "056174",       // 5 tenant: "t"
        "0664626f6f74", // 6 req: "boot"
        "0802",         // 8 stage: single
        "0a6c",
        "53595354454d2e5354415254", // 10 code: "SYSTEM.START"
        "0ba10004",                 // 11 actor: {0: system}
    );
    assert_eq!(hex::encode(record.encode()), expected);
}

#[test]
fn broken_bytes_are_told_not_panicked_on() {
    let bytes = full().encode();
    for cut in 0..bytes.len() {
        assert!(Record::decode(&bytes[..cut]).is_err());
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(Record::decode(&longer).is_err());
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            if let Ok(other) = Record::decode(&flipped) {
                assert_ne!(other, full());
            }
        }
    }
    let nested = [vec![0xa1, 0x12], [0x82, 0x01, 0x81].repeat(20_000)].concat();
    assert!(Record::decode(&nested).is_err());
}

#[test]
fn json_is_for_people() {
    let json = serde_json::to_value(full()).unwrap();
    assert_eq!(json["code"], "PHI.UPDATE");
    assert_eq!(json["time"], "2025-10-09T08:53:20.000000000Z");
    assert_eq!(json["stage"], "outcome");
    assert_eq!(json["intent"], 41);
    assert_eq!(json["actor"]["session"], "03".repeat(16));
    assert_eq!(json["object"]["refs"][0], "01".repeat(16));
    assert_eq!(json["query"], "dob>? & (…)");
    assert_eq!(json["outcome"]["status"], "error");
    assert_eq!(json["plugin"]["digest"], "09".repeat(32));
    assert_eq!(json["fields"]["dropped"], serde_json::json!(["old"]));
    assert_eq!(json["seals"][0]["content"], "04".repeat(16));
    assert_eq!(json["seals"][1]["ref"], "02".repeat(16));
    assert_eq!(json["pluginVersions"][0]["approvedBy"], "Dr Who");
}

#[test]
fn the_worst_case_fits_an_entry() {
    let mut record = full();
    let long = name(&"x".repeat(128));
    record.draft.part = None;
    record.draft.request = long.clone();
    record.draft.actor.roles = vec![long.clone(); 500];
    record.draft.object.as_mut().unwrap().refs = vec![Ref::from_bytes([1; 16]); 5_000];
    record.draft.fields.read = (0..2_000).map(|i| name(&format!("{i:0>128}"))).collect();
    record.draft.query = Some(Shape::Any(vec![Shape::term(long.clone(), Operator::ContainedBy); 500]));
    for part in record.draft.clone().split() {
        let mut part = Record { draft: part, ..full() };
        let bytes = part.encode();
        assert!(bytes.len() <= LARGEST, "{}", bytes.len());
        part.roles_left_out += 436;
        part.draft.actor.roles.truncate(64);
        assert_eq!(Record::decode(&bytes).unwrap(), part);
    }
}

/// Text that looks like what a hospital stores; each has a character that no name has.
fn canary() -> impl Strategy<Value = String> {
    "(CANARY[a-z]{4}[,;'\"{}\u{e4}\u{df}\n=%&]CANARY[a-z]{1,200})|([A-Za-z]{129,300})"
}

proptest! {
    /// What a caller can push in: text only as [`Name`], ids only through the [`RefKey`], operands not at all.
    ///
    /// `Name` permits words of its alphabet up to 128 bytes, so a value that is such a word *would* pass: that is what
    /// the callers' rule "names of the schema and ids, never values" is for. Anything else never reaches the bytes.
    #[test]
    fn canaries_never_reach_the_bytes(texts in proptest::collection::vec(canary(), 12)) {
        for text in &texts {
            prop_assert!(Name::new(text).is_err());
            prop_assert!(text.parse::<Name>().is_err());
            prop_assert!(text.parse::<Ref>().is_err());
            prop_assert!(text.parse::<Code>().is_err());
        }
        let clean: Vec<Name> = texts.iter().map(|text| Name::clean(text)).collect();
        let key = RefKey::from_bytes([1; 32]);
        let mut record = full();
        let draft = &mut record.draft;
        draft.request = clean[0].clone();
        draft.actor.id = Some(clean[1].clone());
        draft.actor.roles = vec![clean[2].clone()];
        draft.actor.on_behalf_of = Some(clean[3].clone());
        draft.purpose = Some(clean[4].clone());
        draft.source.client = Some(clean[5].clone());
        let refs = texts.iter().map(|text| key.of(text, text)).collect();
        draft.object = Some(Objects { class: clean[6].clone(), refs, count: 1 });
        draft.fields.read = vec![clean[7].clone()];
        draft.query = Some(Shape::term(clean[8].clone(), Operator::Equal));
        draft.decision = Some(Decision { allow: false, rule: clean[9].clone() });
        if let Some(plugin) = &mut draft.plugin {
            plugin.name = clean[10].clone();
            plugin.grant = Some(clean[11].clone());
        }
        for plugin in &mut draft.plugin_versions {
            plugin.approved_by = Some(clean[10].clone());
        }
        let bytes = record.encode();
        let json = serde_json::to_string(&record).unwrap();
        let debug = format!("{record:?}");
        for text in &texts {
            prop_assert!(!bytes.windows(text.len()).any(|window| window == text.as_bytes()));
            prop_assert!(!json.contains(text.as_str()));
            prop_assert!(!debug.contains(text.as_str()));
        }
        prop_assert_eq!(Record::decode(&bytes).unwrap(), record);
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Record::decode(&bytes);
    }
}
