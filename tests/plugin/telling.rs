//! A guest can't tell what it was shown: not to the log, not in a refusal, and not at length.

use expect_test::expect;
use kit::Kit;
use serde_json::json;

use super::packed;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_that_blabs_is_cut_short() {
    let kit = Kit::new()
        .class("Patient", json!({"ssn": {"type": "String"}}))
        .component(packed("blab"), None)
        .start()
        .await;
    // The canary may stand in no error, log line or record: the kit looks for it.
    let body = json!({"ssn": kit.canary()});
    kit.post("/classes/Patient")
        .json(body)
        .as_user("ann")
        .await
        .is(expect![[r#"400 {"code":142,"error":"Validation failed."}"#]])
        .trail(expect![[r#"
            PHI.CREATE intent by <ann> Patient*1 wrote(ssn)
              PLUGIN.CALL by <ann> blab@0.1.0 before-save Patient*1 read(ssn) -> denied 142 rows 1 by rule plugin
            PHI.CREATE outcome by <ann> Patient*1 wrote(ssn) -> denied 142 by rule plugin"#]]);
    assert!(kit.log_holds("how many"), "what tells nothing is logged");

    let long = kit.post("/functions/blab").json(json!({})).as_user("ann").await.fails(400, 4_711);
    let text = long.body["error"].as_str().unwrap();
    assert!(text.len() <= 512 && text.starts_with("xxx"), "{} bytes", text.len());
    kit.finish().await;
}

/// Why policy said no is for whoever the settings let read it; a guest that passes it on told everybody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_is_not_told_why_policy_said_no() {
    let closed = json!({"className": "Patient", "fields": {"name": {"type": "String"}},
        "classLevelPermissions": {"find": {"role:doctors": true}}});
    let kit = Kit::new().schema(closed).component(packed("errand"), None).start().await;
    kit.post("/functions/names")
        .json(json!({}))
        .as_user("ann")
        .await
        .is(expect![[r#"400 {"code":119,"error":"Permission denied"}"#]])
        .trail(expect![[r#"
            PHI.QUERY by plugin errand for <ann> Patient for TREAT -> denied 119 by rule policy
            PLUGIN.CALL by <ann> errand@0.1.0 functions names for TREAT -> denied 119 by rule plugin
            FUNCTION.CALL by <ann> names -> denied 119 by rule plugin"#]]);
    kit.finish().await;
}
