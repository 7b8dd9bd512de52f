//! Every misbehaving guest ends as it must: the right error, a record that says why, and neighbours that notice nothing.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use expect_test::{Expect, expect};
use kit::{Answer, Kit};
use serde_json::json;

use super::packed;

/// A server with a guest on `Patient`, and a well-behaved one on `BloodPressure`.
async fn beside(guest: &str) -> Kit {
    let patient = json!({
        "name": {"type": "String"}, "nameKey": {"type": "String"}, "ssn": {"type": "String"},
        "note": {"type": "String"}, "chain": {"type": "String"},
    });
    Kit::new()
        .configure(|config| {
            config.plugin.slots = 8;
            config.plugin.deadline_ms = 2_000;
            // So few that they are spent before the deadline, however slow the machine is.
            config.plugin.host_calls = 5_000;
        })
        .class("Patient", patient)
        .plugin("stamp-before-save")
        .component(packed(guest), None)
        .start()
        .await
}

/// A save next door, past a guest of its own: how long it took.
async fn next_door(kit: &Kit) -> Duration {
    let start = Instant::now();
    let reading = json!({"systolic": 120, "diastolic": 80});
    kit.post("/classes/BloodPressure").json(reading).as_master().await.ok(201);
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Works while a neighbour saves one object after the other, every one with success and none much slower than before.
async fn unnoticed<T>(kit: &Kit, work: impl Future<Output = T>) -> T {
    let mut quiet = Vec::new();
    for _ in 0..9 {
        quiet.push(next_door(kit).await);
    }
    let over = AtomicBool::new(false);
    let neighbour = async {
        let mut busy = Vec::new();
        while busy.is_empty() || !over.load(Ordering::Relaxed) {
            busy.push(next_door(kit).await);
        }
        busy
    };
    let work = async {
        let done = work.await;
        over.store(true, Ordering::Relaxed);
        done
    };
    let (done, busy) = tokio::join!(work, neighbour);
    let (quiet, busy) = (median(quiet), median(busy));
    // The bad guest may take its share of the two cores for its whole deadline of two seconds, and no more: a neighbour
    // that had to wait for it would need as long.
    assert!(
        busy < quiet * 10 + Duration::from_millis(400),
        "a neighbour's save took {busy:?} instead of {quiet:?}"
    );
    done
}

/// Saves a patient past a guest that breaks: the answer, and what the trail saw of it.
async fn breaks(guest: &str, answer: Expect, trail: Expect) {
    let kit = beside(guest).await;
    let patient = json!({"name": kit.canary(), "ssn": kit.canary()});
    let save = || async { kit.post("/classes/Patient").json(patient.clone()).as_user("ann").await };
    kit.id_of("ann").await;
    let (first, second) = unnoticed(&kit, async { tokio::join!(save(), save()) }).await;
    assert_eq!(first.status, second.status, "{} or {}", first.text, second.text);
    says_which(&first, guest);
    first.is(answer).trail(trail);
    let stored = kit.get("/classes/Patient").query("count", 1).query("limit", 0).as_master().await.ok(200);
    assert_eq!(stored.body["count"], 0, "a refused save stores nothing");
    // Slots, memory and the pool are as good as new.
    next_door(&kit).await;
    kit.finish().await;
}

/// The record of the call names the component that ran by its digest.
fn says_which(answer: &Answer, guest: &str) {
    let calls: Vec<_> = answer.records().iter().filter_map(|record| record.plugin.as_ref()).collect();
    assert!(!calls.is_empty(), "no record of a plugin's call");
    let digest = plugin::Digest::of(&packed(guest));
    for call in calls {
        assert_eq!((call.name.as_str(), call.version.as_str()), (guest, "0.1.0"));
        assert_eq!(call.digest, digest.0);
        assert!(call.generation > 0 && call.grant.is_some() && call.duration_us > 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loop_of_host_calls_runs_out_of_calls() {
    breaks(
        "spin",
        expect![[r#"400 {"code":141,"error":"Cloud code failed (ref <request>)."}"#]],
        expect![[r#"
            PHI.CREATE intent by <ann> Patient*1 wrote(name ssn)
              PLUGIN.CALL by <ann> spin@0.1.0 before-save Patient*1 -> error 141 rows 1 by rule host-calls
            PHI.CREATE outcome by <ann> Patient*1 wrote(name ssn) -> error 141"#]],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loop_is_ended_at_its_deadline() {
    breaks(
        "compute",
        expect![[r#"400 {"code":124,"error":"Cloud code timed out (ref <request>)."}"#]],
        expect![[r#"
            PHI.CREATE intent by <ann> Patient*1 wrote(name ssn)
              PLUGIN.CALL by <ann> compute@0.1.0 before-save Patient*1/0 -> error 124 by rule deadline
            PHI.CREATE outcome by <ann> Patient*1 wrote(name ssn) -> error 124"#]],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_ends_at_its_limit() {
    breaks(
        "hoard",
        expect![[r#"400 {"code":141,"error":"Cloud code failed (ref <request>)."}"#]],
        expect![[r#"
            PHI.CREATE intent by <ann> Patient*1 wrote(name ssn)
              PLUGIN.CALL by <ann> hoard@0.1.0 before-save Patient*1/0 -> error 141 by rule memory
            PHI.CREATE outcome by <ann> Patient*1 wrote(name ssn) -> error 141"#]],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stack_ends_at_its_limit() {
    breaks(
        "overflow",
        expect![[r#"400 {"code":141,"error":"Cloud code failed (ref <request>)."}"#]],
        expect![[r#"
            PHI.CREATE intent by <ann> Patient*1 wrote(name ssn)
              PLUGIN.CALL by <ann> overflow@0.1.0 before-save Patient*1/0 -> error 141 by rule memory-access
            PHI.CREATE outcome by <ann> Patient*1 wrote(name ssn) -> error 141"#]],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_is_a_failed_save() {
    breaks("trap", expect![[r#"400 {"code":141,"error":"Cloud code failed (ref <request>)."}"#]], expect![[r#"
        PHI.CREATE intent by <ann> Patient*1 wrote(name ssn)
          PLUGIN.CALL by <ann> trap@0.1.0 before-save Patient*1 read(ssn) -> error 141 rows 1 by rule unreachable
        PHI.CREATE outcome by <ann> Patient*1 wrote(name ssn) -> error 141"#]]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_log_lines_is_cut_off() {
    breaks(
        "flood",
        expect![[r#"400 {"code":141,"error":"Cloud code failed (ref <request>)."}"#]],
        expect![[r#"
            PHI.CREATE intent by <ann> Patient*1 wrote(name ssn)
              PLUGIN.CALL by <ann> flood@0.1.0 before-save Patient*1/0 -> error 141 by rule host-calls
            PHI.CREATE outcome by <ann> Patient*1 wrote(name ssn) -> error 141"#]],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_reads_is_cut_off() {
    breaks("chatter", expect![[r#"400 {"code":141,"error":"Cloud code failed (ref <request>)."}"#]], expect![[r#"
        PHI.CREATE intent by <ann> Patient*1 wrote(name ssn)
          PLUGIN.CALL by <ann> chatter@0.1.0 before-save Patient*1 read(name) -> error 141 rows 1 by rule host-calls
        PHI.CREATE outcome by <ann> Patient*1 wrote(name ssn) -> error 141"#]]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_huge_text_never_reaches_the_host() {
    breaks(
        "shout",
        expect![[r#"400 {"code":141,"error":"Cloud code failed (ref <request>)."}"#]],
        expect![[r#"
            PHI.CREATE intent by <ann> Patient*1 wrote(name ssn)
              PLUGIN.CALL by <ann> shout@0.1.0 before-save Patient*1 -> error 141 rows 1 by rule host-call-bytes
            PHI.CREATE outcome by <ann> Patient*1 wrote(name ssn) -> error 141"#]],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_save_inside_a_save_inside_a_save_ends() {
    breaks("recurse", expect![[r#"400 {"code":141,"error":"Hooks nest too deep: a hook that saves calls itself."}"#]], expect![[r#"
        PHI.CREATE intent by <ann> Patient*1 wrote(name ssn)
          PHI.CREATE intent by plugin recurse for <ann> Patient*1 wrote(name) for TREAT
          PHI.CREATE intent by plugin recurse for <ann> Patient*1 wrote(name) for TREAT
          PHI.CREATE intent by plugin recurse for <ann> Patient*1 wrote(name) for TREAT
          PHI.CREATE intent by plugin recurse for <ann> Patient*1 wrote(name) for TREAT
          PHI.CREATE outcome by plugin recurse for <ann> Patient*1 wrote(name) for TREAT -> error 141
          PLUGIN.CALL by plugin recurse for <ann> recurse@0.1.0 before-save Patient*1/0 wrote(name) for TREAT -> denied 141 by rule plugin
          PHI.CREATE outcome by plugin recurse for <ann> Patient*1 wrote(name) for TREAT -> denied 141 by rule plugin
          PLUGIN.CALL by plugin recurse for <ann> recurse@0.1.0 before-save Patient*1/0 wrote(name) for TREAT -> denied 141 by rule plugin
          PHI.CREATE outcome by plugin recurse for <ann> Patient*1 wrote(name) for TREAT -> denied 141 by rule plugin
          PLUGIN.CALL by plugin recurse for <ann> recurse@0.1.0 before-save Patient*1/0 wrote(name) for TREAT -> denied 141 by rule plugin
          PHI.CREATE outcome by plugin recurse for <ann> Patient*1 wrote(name) for TREAT -> denied 141 by rule plugin
          PLUGIN.CALL by <ann> recurse@0.1.0 before-save Patient*1/0 wrote(name) for TREAT -> denied 141 by rule plugin
        PHI.CREATE outcome by <ann> Patient*1 wrote(name ssn) -> denied 141 by rule plugin"#]]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handles_end_at_their_limit() {
    let kit = beside("grasp").await;
    let call = async { kit.post("/functions/grasp").json(json!({})).as_user("ann").await };
    let answer = unnoticed(&kit, call).await;
    says_which(&answer, "grasp");
    answer.is(expect![[r#"400 {"code":141,"error":"Cloud code failed (ref <request>)."}"#]]).trail(expect![
        [r#"
        PLUGIN.CALL by <ann> grasp@0.1.0 functions grasp for TREAT -> error 141 by rule handles
        FUNCTION.CALL by <ann> grasp -> error 141"#]
    ]);
    kit.finish().await;
}

/// A masker that breaks lets no row out, masked or not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_masker_lets_nothing_out() {
    let kit = Kit::new().class("Patient", json!({"ssn": {"type": "String"}})).start().await;
    let patient = kit.seed("Patient", json!({"ssn": kit.canary()})).await;
    kit.activate(&packed("trap"), None).await;

    let found = kit.get("/classes/Patient").as_user("ann").await;
    assert!(found.body.get("results").is_none(), "rows left unmasked");
    found.is(expect![[r#"400 {"code":141,"error":"Cloud code failed (ref <request>)."}"#]]).trail(expect![[
        r#"
        PLUGIN.CALL by <ann> trap@0.1.0 after-find Patient*1 -> error 141 rows 1 by rule unreachable
        PHI.QUERY by <ann> Patient -> error 141"#
    ]]);

    let got = kit.get(&format!("/classes/Patient/{patient}")).as_user("ann").await;
    got.is(expect![[r#"400 {"code":141,"error":"Cloud code failed (ref <request>)."}"#]]).trail(expect![[
        r#"
        PLUGIN.CALL by <ann> trap@0.1.0 after-find Patient*1 -> error 141 rows 1 by rule unreachable
        PHI.READ by <ann> Patient*1 -> error 141"#
    ]]);
    kit.finish().await;
}

/// The least that a guard does, done right.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_that_behaves_is_let_be() {
    let kit = beside("measure").await;
    let ssn = kit.canary();
    kit.post("/classes/Patient")
        .json(json!({"name": "Ada", "ssn": ssn}))
        .as_user("ann")
        .await
        .is(expect![[r#"201 {"createdAt":"<now>","nameKey":"ada","objectId":"<2>"}"#]])
        .trail(expect![[r#"
            PHI.CREATE intent by <ann> Patient*1 wrote(name ssn)
              PLUGIN.CALL by <ann> measure@0.1.0 before-save Patient*1 read(name) wrote(nameKey) -> ok rows 1
            PHI.CREATE outcome by <ann> Patient*1 read(nameKey) wrote(name nameKey ssn) -> ok"#]]);
    let found = kit.get("/classes/Patient").as_user("ann").await;
    assert!(!found.text.contains(&ssn), "what was hidden left");
    found.is(expect![[r#"200 {"results":[{"createdAt":"<now>","name":"Ada","nameKey":"ada","objectId":"<2>","updatedAt":"<now>"}]}"#]]).trail(expect![[r#"
        PLUGIN.CALL by <ann> measure@0.1.0 after-find Patient masked(ssn) -> ok rows 1
        PHI.QUERY by <ann> Patient*1 read(name nameKey) masked(ssn) -> ok rows 1"#]]);
    kit.post("/functions/measure")
        .json(json!({}))
        .as_user("ann")
        .await
        .is(expect![[r#"200 {"result":1}"#]])
        .trail(expect![[r#"
            PLUGIN.CALL by <ann> measure@0.1.0 functions measure -> ok
            FUNCTION.CALL by <ann> measure -> ok"#]]);
    kit.finish().await;
}

/// A guest without a scenario guards nothing.
#[test]
fn every_guest_has_a_scenario() {
    let root = kit::guest::root();
    let mut scenarios = String::new();
    for folder in ["tests/plugin", "tests/hook"] {
        for file in std::fs::read_dir(root.join(folder)).unwrap() {
            scenarios.push_str(&std::fs::read_to_string(file.unwrap().path()).unwrap());
        }
    }
    let mut guests = 0;
    for file in std::fs::read_dir(root.join("tests/guests")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let Some(guest) = name.strip_suffix(".toml").filter(|guest| *guest != "Cargo") else { continue };
        assert!(scenarios.contains(&format!("\"{guest}\"")), "no scenario names the guest {guest}");
        guests += 1;
    }
    assert!(guests >= 16, "only {guests} guests were found");
}
