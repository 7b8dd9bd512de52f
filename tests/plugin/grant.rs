//! What a plugin was not granted stays shut, whichever door it tries.

use expect_test::expect;
use kit::Kit;
use serde_json::{Value as Json, json};

use super::packed;

async fn kit() -> Kit {
    let fields = json!({"name": {"type": "String"}, "ssn": {"type": "String"}});
    let kit = Kit::new()
        .class("Patient", fields)
        .class("Salary", json!({"amount": {"type": "Number"}}))
        .start()
        .await;
    kit.seed("Patient", json!({"name": "Ada", "ssn": kit.canary()})).await;
    kit.seed("Salary", json!({"amount": 1})).await;
    kit.activate(&packed("snoop"), None).await;
    kit
}

/// A hook sees the granted field and nothing else; what it tried is in the trail.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fields_that_were_not_granted_stay_shut() {
    let kit = kit().await;
    let body = json!({"name": "Grace", "ssn": kit.canary()});
    let save = kit.post("/classes/Patient").json(body).as_user("ann").await;
    let told = save.body["error"].as_str().unwrap().to_owned();
    assert!(told.contains("name: open"), "the granted field is open");
    assert_eq!(told.matches(": open").count(), 1, "another door opened: {told}");
    save.is(expect![[r#"400 {"code":142,"error":"name: open; ssn: 119; ssn.part: 119; password: 119; set name: 119; set ssn: 119; unset ssn: 119; redact ssn: 119; keys: name; dirty: name"}"#]]).trail(expect![[r#"
        PHI.CREATE intent by <ann> Patient*1 wrote(name ssn)
          PLUGIN.CALL by <ann> snoop@0.1.0 before-save Patient*1 read(ssn) -> denied 119 rows 1 by rule grant
          PLUGIN.CALL by <ann> snoop@0.1.0 before-save Patient*1 read(_hashed_password) -> denied 119 rows 1 by rule grant
          PLUGIN.CALL by <ann> snoop@0.1.0 before-save Patient*1 wrote(name) -> denied 119 rows 1 by rule grant
          PLUGIN.CALL by <ann> snoop@0.1.0 before-save Patient*1 wrote(ssn) -> denied 119 rows 1 by rule grant
          PLUGIN.CALL by <ann> snoop@0.1.0 before-save Patient*1 masked(ssn) -> denied 119 rows 1 by rule grant
          PLUGIN.CALL by <ann> snoop@0.1.0 before-save Patient*1 read(name) -> denied 142 rows 1 by rule plugin
        PHI.CREATE outcome by <ann> Patient*1 wrote(name ssn) -> denied 142 by rule plugin"#]]);
    kit.finish().await;
}

/// After a find the guest neither reads nor hides what it isn't granted; the rows leave as they would without it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_show_a_guest_only_what_was_granted() {
    let kit = kit().await;
    let found = kit.get("/classes/Patient").as_user("ann").await.ok(200);
    assert_eq!(found.all("name"), ["Ada"]);
    assert!(found.all("ssn")[0].is_string(), "a plugin without the right to hide hid a field");
    found.trail(expect![[r#"
        PLUGIN.CALL by <ann> snoop@0.1.0 after-find Patient*1 read(ssn) -> denied 119 rows 1 by rule grant
        PLUGIN.CALL by <ann> snoop@0.1.0 after-find Patient*1 masked(ssn) -> denied 119 rows 1 by rule grant
        PLUGIN.CALL by <ann> snoop@0.1.0 after-find Patient*1 -> ok rows 1
        PHI.QUERY by <ann> Patient*1 read(name ssn) -> ok rows 1"#]]);
    kit.finish().await;
}

/// A field is hidden from a whole answer without a handle to any of its objects; the record counts them and names none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_hides_a_field_of_every_row_at_once() {
    let fields =
        json!({"name": {"type": "String"}, "nameKey": {"type": "String"}, "ssn": {"type": "String"}});
    let kit = Kit::new().class("Patient", fields).start().await;
    for name in ["Ada", "Grace"] {
        kit.seed("Patient", json!({"name": name, "ssn": kit.canary()})).await;
    }
    kit.seed("Patient", json!({"name": "Mary"})).await;
    kit.activate(&packed("measure"), None).await;
    let found = kit.get("/classes/Patient?order=name").as_user("ann").await.ok(200);
    assert_eq!(found.all("name"), ["Ada", "Grace", "Mary"]);
    assert!(found.all("ssn").iter().all(Json::is_null), "a hidden field left");
    found.trail(expect![[r#"
        PLUGIN.CALL by <ann> measure@0.1.0 after-find Patient masked(ssn) -> ok rows 2
        PHI.QUERY by <ann> Patient*3 read(name) masked(ssn) -> ok rows 3"#]]);
    kit.finish().await;
}

/// Readers open for the granted class, purpose and fields; conditions and order tell as much as a value does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_open_as_far_as_the_grant() {
    let kit = kit().await;
    let answer = kit.post("/functions/snoop").json(json!({})).as_user("ann").await.ok(200);
    let told: Vec<&str> = answer.body["result"].as_array().unwrap().iter().filter_map(Json::as_str).collect();
    assert_eq!(
        told,
        [
            "other class: 119",
            "other purpose: 119",
            "names: open",
            "numbers: 119",
            "by number: 119",
            "sorted by number: 119",
            "count by number: 119",
            "users: 119",
        ]
    );
    answer.trail(expect![[r#"
        PLUGIN.CALL by <ann> snoop@0.1.0 functions snoop for TREAT -> denied 119 by rule grant
        PLUGIN.CALL by <ann> snoop@0.1.0 functions snoop for TREAT -> denied 119 by rule grant
        PLUGIN.CALL by <ann> snoop@0.1.0 functions snoop read(Patient.ssn) for TREAT -> denied 119 by rule grant
        PLUGIN.CALL by <ann> snoop@0.1.0 functions snoop for TREAT -> denied 119 by rule grant
        PLUGIN.CALL by <ann> snoop@0.1.0 functions snoop for TREAT -> ok
        FUNCTION.CALL by <ann> snoop -> ok"#]]);
    kit.finish().await;
}

/// A plugin that reads as its caller sees no more than the caller.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_sees_no_more_than_its_caller() {
    let kit = Kit::new().class("Patient", json!({"name": {"type": "String"}})).start().await;
    let ann = kit.id_of("ann").await;
    let acl = |who: &str| json!({who: {"read": true, "write": true}});
    kit.seed("Patient", json!({"name": "hers", "ACL": acl(&ann)})).await;
    kit.seed("Patient", json!({"name": "nobody's", "ACL": {}})).await;
    kit.seed("Patient", json!({"name": "everybody's", "ACL": acl("*")})).await;
    kit.activate(&packed("errand"), None).await;
    let names = |answer: kit::Answer| answer.ok(200).body["result"].clone();
    let asked = kit.post("/functions/names").json(json!({})).as_user("ann").await;
    assert_eq!(names(asked), json!(["everybody's", "hers"]));
    let asked = kit.post("/functions/names").json(json!({})).as_user("bob").await;
    assert_eq!(names(asked), json!(["everybody's"]));
    // Elevated, it sees what the grant says, whoever asks; and the record still names who asked.
    let asked = kit.post("/functions/everyone").json(json!({})).as_user("bob").await;
    asked.is(expect![[r#"200 {"result":3}"#]]).trail(expect![[r#"
        PHI.COUNT by plugin errand for <bob> Patient for HOPERAT -> ok rows 3
        PLUGIN.CALL by <bob> errand@0.1.0 functions everyone for HOPERAT -> ok
        FUNCTION.CALL by <bob> everyone -> ok"#]]);
    kit.finish().await;
}
