//! Each capability: shut unless it is granted, and then as wide as the grant.

use expect_test::expect;
use kit::{Answer, Kit};
use serde_json::{Value as Json, json};

use super::packed;

const CAPABILITIES: [&str; 5] = ["log", "data-read", "data-write", "data-elevated", "data-bulk"];
const ERRAND: &str = "/parapet/v1/plugins/errand";

/// A server with the `errand` guest installed, and what the guest asks for.
async fn installed() -> (Kit, Json) {
    let fields = json!({"name": {"type": "String"}, "ssn": {"type": "String"}});
    let kit = Kit::new().class("Patient", fields).start().await;
    let at = kit.at(http::Method::POST, "/parapet/v1/plugins").bytes(packed("errand"));
    let asks = at.as_master().await.ok(201).body["requested"].clone();
    (kit, asks)
}

async fn approve(kit: &Kit, granted: &Json) -> Answer {
    let body = json!({"granted": granted, "by": "the scenario"});
    kit.at(http::Method::POST, &format!("{ERRAND}/approve")).json(body).as_master().await
}

async fn activate(kit: &Kit) {
    kit.at(http::Method::POST, &format!("{ERRAND}/activate")).json(json!({})).as_master().await.ok(200);
}

/// Leaving out one capability names that interface; leaving out all names each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_component_is_not_approved_without_what_it_imports() {
    let (kit, asks) = installed().await;
    for left_out in CAPABILITIES {
        let mut granted = asks.clone();
        granted["capabilities"].as_object_mut().unwrap().remove(left_out).expect("it was asked for");
        let text = approve(&kit, &granted).await.fails(400, 142).text;
        for capability in CAPABILITIES {
            let named = text.contains(&format!("parapet:cloud/{capability}@0.1.0"));
            assert_eq!(named, capability == left_out, "without {left_out}: {text}");
        }
    }
    approve(&kit, &json!({})).await.fails(400, 142).is(expect![[r#"400 {"code":142,"error":"the component imports parapet:cloud/log@0.1.0, but log isn't granted; the component imports parapet:cloud/data-read@0.1.0, but data-read isn't granted; the component imports parapet:cloud/data-write@0.1.0, but data-write isn't granted; the component imports parapet:cloud/data-elevated@0.1.0, but data-elevated isn't granted; the component imports parapet:cloud/data-bulk@0.1.0, but data-bulk isn't granted"}"#]]);
    // Nobody can put it to work then.
    let activate =
        kit.at(http::Method::POST, &format!("{ERRAND}/activate")).json(json!({})).as_master().await;
    activate.fails(409, 137);
    kit.post("/functions/names")
        .json(json!({}))
        .as_master()
        .await
        .is(expect![[r#"400 {"code":141,"error":"Invalid function: \"names\""}"#]]);
    kit.finish().await;
}

/// A grant holds no more than what was asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_granted_that_was_not_asked_for() {
    let (kit, asks) = installed().await;
    let mut granted = asks.clone();
    granted["capabilities"]["data-read"]["classes"]["Patient"]["read"] = json!(["name", "ssn"]);
    granted["capabilities"]["data-read"]["classes"]["_User"] = json!({"read": ["email"]});
    granted["capabilities"]["data-elevated"]["purposes"] = json!(["HOPERAT", "HPAYMT"]);
    approve(&kit, &granted).await.fails(400, 142).is(expect![[r#"400 {"code":142,"error":"the plugin doesn't ask for this, so it can't be granted: data-elevated: purpose HPAYMT; the plugin doesn't ask for this, so it can't be granted: data-read on Patient: read ssn; the plugin doesn't ask for this, so it can't be granted: data-read on _User: read email"}"#]]);
    kit.finish().await;
}

/// With everything granted every errand is run, each recorded with what it read and wrote.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_granted_works() {
    let (kit, asks) = installed().await;
    let old = kit.seed("Patient", json!({"name": "Ada", "ssn": kit.canary()})).await;
    approve(&kit, &asks).await.ok(200);
    activate(&kit).await;

    let call = |name: &str, body: Json| kit.post(&format!("/functions/{name}")).json(body).as_user("ann");
    call("names", json!({})).await.is(expect![[r#"200 {"result":["Ada"]}"#]]).trail(expect![[r#"
        PHI.QUERY by plugin errand for <ann> Patient*1 read(name) for TREAT -> ok rows 1
        PLUGIN.CALL by <ann> errand@0.1.0 functions names read(Patient.name) for TREAT -> ok
        FUNCTION.CALL by <ann> names -> ok"#]]);
    call("documents", json!({})).await.is(expect![[r#"200 {"result":["Ada"]}"#]]).trail(expect![[r#"
        PHI.QUERY by plugin errand for <ann> Patient*1 read(name) for TREAT -> ok rows 1
        PLUGIN.CALL by <ann> errand@0.1.0 functions documents read(Patient.name) for TREAT -> ok
        FUNCTION.CALL by <ann> documents -> ok"#]]);
    call("everyone", json!({})).await.is(expect![[r#"200 {"result":1}"#]]).trail(expect![[r#"
        PHI.COUNT by plugin errand for <ann> Patient for HOPERAT -> ok rows 1
        PLUGIN.CALL by <ann> errand@0.1.0 functions everyone for HOPERAT -> ok
        FUNCTION.CALL by <ann> everyone -> ok"#]]);
    call("rename", json!({"patient": old, "name": "Grace"}))
        .await
        .is(expect![[r#"200 {"result":"<1>"}"#]])
        .trail(expect![[r#"
            PHI.UPDATE intent by plugin errand for <ann> Patient*1 wrote(name) for TREAT
            PHI.UPDATE outcome by plugin errand for <ann> Patient*1 wrote(name) for TREAT -> ok
            PLUGIN.CALL by <ann> errand@0.1.0 functions rename wrote(Patient.name) for TREAT -> ok
            FUNCTION.CALL by <ann> rename -> ok"#]]);
    assert!(kit.log_holds("renamed a patient"), "the operator reads what the plugin logs");
    let made = call("replace", json!({"patient": old, "name": "Edith"})).await.ok(200);
    let id = made.body["result"].clone();
    made.trail(expect![[r#"
            PHI.CREATE intent by plugin errand for <ann> Patient*1 wrote(name) for TREAT
            PHI.CREATE outcome by plugin errand for <ann> Patient*1 wrote(name) for TREAT -> ok
            PHI.DELETE intent by plugin errand for <ann> Patient*1 for TREAT
            PHI.DELETE outcome by plugin errand for <ann> Patient*1 for TREAT -> ok
            PLUGIN.CALL by <ann> errand@0.1.0 functions replace wrote(Patient.name) for TREAT -> ok
            FUNCTION.CALL by <ann> replace -> ok"#]]);
    let left = kit.get("/classes/Patient").as_master().await.ok(200);
    assert_eq!((left.all("name"), left.all("objectId")), (vec![json!("Edith")], vec![id]));
    kit.finish().await;
}

/// However a guest ends, what it read before is in the trail.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_read_before_the_end_is_recorded() {
    let (kit, asks) = installed().await;
    kit.seed("Patient", json!({"name": kit.canary()})).await;
    approve(&kit, &asks).await.ok(200);
    activate(&kit).await;
    let vanish = |how: &str| kit.post("/functions/vanish").json(json!({"name": how})).as_user("ann");
    vanish("panic").await.is(expect![[r#"400 {"code":141,"error":"Cloud code failed (ref <request>)."}"#]]).trail(expect![[r#"
        PHI.QUERY by plugin errand for <ann> Patient*1 read(name) for TREAT -> ok rows 1
        PLUGIN.CALL by <ann> errand@0.1.0 functions vanish read(Patient.name) for TREAT -> error 141 by rule unreachable
        FUNCTION.CALL by <ann> vanish -> error 141"#]]);
    vanish("loop").await.is(expect![[r#"400 {"code":124,"error":"Cloud code timed out (ref <request>)."}"#]]).trail(expect![[r#"
        PHI.QUERY by plugin errand for <ann> Patient*1 read(name) for TREAT -> ok rows 1
        PLUGIN.CALL by <ann> errand@0.1.0 functions vanish read(Patient.name) for TREAT -> error 124 by rule deadline
        FUNCTION.CALL by <ann> vanish -> error 124"#]]);
    kit.finish().await;
}

/// A grant that is narrower than what was asked for answers the rest with 119.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_narrowed_grant_holds() {
    let (kit, asks) = installed().await;
    let old = kit.seed("Patient", json!({"name": "Ada", "ssn": kit.canary()})).await;
    let mut granted = asks.clone();
    let capabilities = &mut granted["capabilities"];
    // Another field to read, nothing to make or to delete, another purpose.
    capabilities["data-read"]["classes"]["Patient"] = json!({"read": ["ward"]});
    capabilities["data-write"]["classes"]["Patient"] = json!({"write": ["name"], "create": false});
    capabilities["data-elevated"]["purposes"] = json!(["HRESCH"]);
    approve(&kit, &granted).await.ok(200);
    activate(&kit).await;

    let call = |name: &str, body: Json| kit.post(&format!("/functions/{name}")).json(body).as_user("ann");
    call("names", json!({})).await.is(expect![[r#"400 {"code":119,"error":"Permission denied"}"#]]).trail(expect![[r#"
        PLUGIN.CALL by <ann> errand@0.1.0 functions names read(Patient.name) for TREAT -> denied 119 by rule grant
        PLUGIN.CALL by <ann> errand@0.1.0 functions names for TREAT -> denied 119 by rule grant
        FUNCTION.CALL by <ann> names -> denied 119 by rule policy"#]]);
    call("everyone", json!({})).await.is(expect![[r#"400 {"code":119,"error":"Permission denied"}"#]]).trail(
        expect![[r#"
        PLUGIN.CALL by <ann> errand@0.1.0 functions everyone -> denied 119 by rule grant
        PLUGIN.CALL by <ann> errand@0.1.0 functions everyone -> denied 119 by rule grant
        FUNCTION.CALL by <ann> everyone -> denied 119 by rule policy"#]],
    );
    call("replace", json!({"patient": old, "name": "Edith"}))
        .await
        .is(expect![[r#"400 {"code":119,"error":"Permission denied"}"#]])
        .trail(expect![[r#"
            PLUGIN.CALL by <ann> errand@0.1.0 functions replace for TREAT -> denied 119 by rule grant
            PLUGIN.CALL by <ann> errand@0.1.0 functions replace for TREAT -> denied 119 by rule grant
            FUNCTION.CALL by <ann> replace -> denied 119 by rule policy"#]]);
    call("rename", json!({"patient": old, "name": "Grace"})).await.ok(200);
    let left = kit.get("/classes/Patient").as_master().await.ok(200);
    assert_eq!(left.all("name"), ["Grace"]);
    kit.finish().await;
}
