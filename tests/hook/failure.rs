//! A hook that breaks refuses its operation, unless its manifest says that the operation may go on without it.

use expect_test::expect;
use kit::Kit;
use kit::guest::{compile, pack};
use serde_json::json;

use crate::plugin::packed;

/// The `trap` guest with other words in its manifest.
fn trap(from: &str, to: &str) -> Vec<u8> {
    let text = std::fs::read_to_string(kit::guest::root().join("tests/guests/trap.toml")).unwrap();
    assert!(text.contains(from));
    pack(&compile("guests", &["--example", "trap"], "examples/trap.wasm"), &text.replace(from, to))
}

fn kit() -> kit::Setup {
    let fields = json!({"name": {"type": "String"}, "chain": {"type": "String"}, "ssn": {"type": "String"}});
    Kit::new().class("Patient", fields)
}

/// The later plugin isn't even asked, and what the earlier one did is forgotten.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_failure_ends_the_series() {
    let kit = kit().component(packed("first"), None).component(packed("trap"), None).start().await;
    let saved =
        kit.post("/classes/Patient").json(json!({"name": "Ada", "ssn": kit.canary()})).as_user("ann").await;
    saved.is(expect![[r#"400 {"code":141,"error":"Cloud code failed (ref <request>)."}"#]]).trail(expect![[r#"
        PHI.CREATE intent by <ann> Patient*1 wrote(name ssn)
          PLUGIN.CALL by <ann> first@0.1.0 before-save Patient*1 read(chain) wrote(chain) -> ok rows 1
          PLUGIN.CALL by <ann> trap@0.1.0 before-save Patient*1 read(ssn) -> error 141 rows 1 by rule unreachable
        PHI.CREATE outcome by <ann> Patient*1 wrote(name ssn) -> error 141"#]]);
    let stored = kit.get("/classes/Patient").query("count", 1).query("limit", 0).as_master().await.ok(200);
    assert_eq!(stored.body["count"], 0);
    kit.finish().await;
}

/// A plugin that says of itself that it may be missed is missed, and the trail says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hook_that_may_be_missed_is_missed() {
    let open = trap("on = \"before-save\"\n", "on = \"before-save\"\non-failure = \"open\"\n");
    let kit = kit().component(packed("first"), None).component(open, None).start().await;
    let saved =
        kit.post("/classes/Patient").json(json!({"name": "Ada", "ssn": kit.canary()})).as_user("ann").await;
    saved.is(expect![[r#"201 {"chain":"first ","createdAt":"<now>","objectId":"<2>"}"#]]).trail(expect![[r#"
        PHI.CREATE intent by <ann> Patient*1 wrote(name ssn)
          PLUGIN.CALL by <ann> first@0.1.0 before-save Patient*1 read(chain) wrote(chain) -> ok rows 1
          PLUGIN.CALL by <ann> trap@0.1.0 before-save Patient*1 read(ssn) -> error 141 rows 1 by rule unreachable
        PHI.CREATE outcome by <ann> Patient*1 read(chain) wrote(chain name ssn) -> ok"#]]);
    kit.finish().await;
}

/// A masker can't say that of itself.
#[test]
fn a_masker_is_never_missed() {
    let text = std::fs::read_to_string(kit::guest::root().join("tests/guests/trap.toml")).unwrap();
    let text = text.replace("on = \"after-find\"\n", "on = \"after-find\"\non-failure = \"open\"\n");
    let problems = plugin::Manifest::from_toml(&text).unwrap_err().to_string();
    assert!(problems.contains("hook after-find on \"Patient\" can't fail open"), "{problems}");
}
