//! The plugins of `examples/`, each doing what its README says.

use expect_test::expect;
use kit::{Answer, Kit};
use serde_json::{Value as Json, json};

fn pointer(class: &str, id: &str) -> Json {
    json!({"__type": "Pointer", "className": class, "objectId": id})
}

fn day(iso: &str) -> Json {
    json!({"__type": "Date", "iso": iso})
}

/// A derived field, whatever the client sent, and a word from one hook to the next.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stamp_before_save_derives() {
    let kit = Kit::new().plugin_with("stamp-before-save", json!({"highMean": 100})).start().await;
    let reading = json!({"systolic": 160, "diastolic": 100, "meanPressure": 1, "revisions": 99});
    let saved = kit.post("/classes/BloodPressure").json(reading).as_master().await;
    let id = saved.id();
    saved.is(expect![[r#"201 {"assessedAt":{"__type":"Date","iso":"<now>"},"createdAt":"<now>","meanPressure":120,"objectId":"<1>","revisions":0}"#]]).trail(expect![[r#"
        PHI.CREATE intent by master BloodPressure*1 wrote(diastolic meanPressure revisions systolic)
          SCHEMA.CREATE by master BloodPressure -> ok
          PLUGIN.CALL by master stamp-before-save@0.1.0 before-save BloodPressure*1 read(diastolic systolic) wrote(assessedAt meanPressure revisions) -> ok rows 1
          SCHEMA.UPDATE by master BloodPressure wrote(assessedAt diastolic meanPressure revisions systolic) -> ok
          PLUGIN.CALL by master stamp-before-save@0.1.0 after-save BloodPressure*1/0 -> ok
        PHI.CREATE outcome by master BloodPressure*1 read(assessedAt meanPressure revisions) wrote(assessedAt diastolic meanPressure revisions systolic) -> ok"#]]);
    let path = format!("/classes/BloodPressure/{id}");
    kit.put(&path).json(json!({"systolic": 130})).as_master().await.is(expect![[r#"200 {"assessedAt":{"__type":"Date","iso":"<now>"},"meanPressure":110,"revisions":1,"updatedAt":"<now>"}"#]]);
    let wrong = json!({"systolic": 80, "diastolic": 120});
    kit.post("/classes/BloodPressure").json(wrong).as_master().await.is(expect![[
        r#"400 {"code":142,"error":"systolic and diastolic are pressures in mmHg, the higher one first"}"#
    ]]);
    kit.finish().await;
}

/// What is under legal hold, or too young, stays; so does what has no date at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refuse_delete_keeps_what_must_be_kept() {
    let kit = Kit::new()
        .class("Record", json!({"legalHold": {"type": "Boolean"}, "recordedAt": {"type": "Date"}}))
        .class("Consent", json!({"text": {"type": "String"}}))
        .plugin_with("refuse-delete", json!({"retentionDays": 30}))
        .start()
        .await;
    let old = day("2015-01-01T00:00:00.000Z");
    let held = kit.seed("Record", json!({"legalHold": true, "recordedAt": old})).await;
    let young = kit.seed("Record", json!({"recordedAt": day("2100-01-01T00:00:00.000Z")})).await;
    let undated = kit.seed("Record", json!({})).await;
    let free = kit.seed("Record", json!({"recordedAt": old})).await;
    let consent = kit.seed("Consent", json!({"text": kit.canary()})).await;

    let delete = |class: &str, id: &str| kit.delete(&format!("/classes/{class}/{id}")).as_master();
    delete("Record", &held).await.is(expect![[r#"400 {"code":119,"error":"the record is under legal hold"}"#]]).trail(expect![[r#"
        PHI.DELETE intent by master Record*1
          PLUGIN.CALL by master refuse-delete@0.1.0 before-delete Record*1 read(legalHold) -> denied 119 rows 1 by rule plugin
        PHI.DELETE outcome by master Record*1 -> denied 119 by rule plugin"#]]);
    delete("Record", &young)
        .await
        .is(expect![[r#"400 {"code":119,"error":"the record has to be kept longer"}"#]]);
    delete("Record", &undated)
        .await
        .is(expect![[r#"400 {"code":119,"error":"the record doesn't say since when it has to be kept"}"#]]);
    delete("Consent", &consent)
        .await
        .is(expect![[r#"400 {"code":119,"error":"a consent is withdrawn, not deleted"}"#]]);
    delete("Record", &free).await.is(expect!["200 {}"]).trail(expect![[r#"
        PHI.DELETE intent by master Record*1
          PLUGIN.CALL by master refuse-delete@0.1.0 before-delete Record*1 read(legalHold recordedAt) -> ok rows 1
        PHI.DELETE outcome by master Record*1 -> ok"#]]);
    let left = kit.get("/classes/Record").query("count", 1).query("limit", 0).as_master().await.ok(200);
    assert_eq!(left.body["count"], 3);
    kit.finish().await;
}

/// A nurse sees the visits of the wards that the staff list gives her, though she can't read the list.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn narrow_find_shows_the_callers_wards() {
    let closed =
        json!({"find": {}, "get": {}, "count": {}, "create": {}, "update": {}, "delete": {}, "addField": {}});
    let staff = json!({"className": "Staff", "classLevelPermissions": closed,
        "fields": {"user": {"type": "Pointer", "targetClass": "_User"}, "wards": {"type": "Array"}}});
    let kit = Kit::new()
        .schema(staff)
        .class("Visit", json!({"ward": {"type": "String"}}))
        .plugin("narrow-find")
        .start()
        .await;
    kit.role("auditor", &["eve"]).await;
    for ward in ["A1", "B3", "C2"] {
        kit.seed("Visit", json!({"ward": ward})).await;
    }
    let ann = kit.id_of("ann").await;
    kit.seed("Staff", json!({"user": pointer("_User", &ann), "wards": ["A1"]})).await;
    kit.seed("Staff", json!({"user": pointer("_User", &ann), "wards": ["C2"]})).await;

    let find = |query: Json| kit.get("/classes/Visit").query("order", "ward").query("where", query);
    let wards = |answer: &Answer| answer.all("ward");
    let seen = find(json!({})).as_user("ann").await.ok(200);
    assert_eq!(wards(&seen), ["A1", "C2"]);
    seen.trail(expect![[r#"
        PHI.QUERY by plugin narrow-find for <ann> Staff*2 read(wards) where[user=?] for HOPERAT -> ok rows 2
        PLUGIN.CALL by <ann> narrow-find@0.1.0 before-find Visit read(Staff.wards) for HOPERAT -> ok
        PHI.QUERY by <ann> Visit*2 read(ward) -> ok rows 2"#]]);
    // Asking for more narrows all the same.
    let seen = find(json!({"$or": [{"ward": "B3"}, {"ward": "C2"}]})).as_user("ann").await.ok(200);
    assert_eq!(wards(&seen), ["C2"]);
    let counted = find(json!({})).query("count", 1).query("limit", 0).as_user("ann").await.ok(200);
    assert_eq!(counted.body["count"], 2);
    let seen = find(json!({})).as_user("bob").await.ok(200);
    assert_eq!(wards(&seen), [] as [&str; 0]);
    let seen = find(json!({})).as_user("eve").await.ok(200);
    assert_eq!(wards(&seen), ["A1", "B3", "C2"]);
    find(json!({})).anonymous().await.is(expect![[r#"400 {"code":119,"error":"sign in to see visits"}"#]]);
    kit.finish().await;
}

/// A discharge plans a call, once, in the name of whoever discharged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outreach_after_save_plans_a_call() {
    let to = |class: &str| json!({"type": "Pointer", "targetClass": class});
    let kit = Kit::new()
        .class("Patient", json!({"name": {"type": "String"}}))
        .class("Visit", json!({"status": {"type": "String"}, "patient": to("Patient")}))
        .class(
            "FollowUp",
            json!({"patient": to("Patient"), "visit": to("Visit"), "due": {"type": "Date"}, "kind": {"type": "String"}}),
        )
        .plugin("outreach-after-save")
        .start()
        .await;
    let patient = kit.seed("Patient", json!({"name": kit.canary()})).await;
    let visit = kit.seed("Visit", json!({"status": "open", "patient": pointer("Patient", &patient)})).await;
    let path = format!("/classes/Visit/{visit}");
    let discharge = || kit.put(&path).json(json!({"status": "discharged"})).as_user("ann");
    discharge().await.ok(200).trail(expect![[r#"
        PHI.UPDATE intent by <ann> Visit*1 wrote(status)
          PHI.CREATE intent by plugin outreach-after-save for <ann> FollowUp*1 wrote(due kind patient visit) for TREAT
          PHI.CREATE outcome by plugin outreach-after-save for <ann> FollowUp*1 wrote(due kind patient visit) for TREAT -> ok
          PLUGIN.CALL by <ann> outreach-after-save@0.1.0 after-save Visit*1 read(patient status) wrote(FollowUp.due FollowUp.kind FollowUp.patient FollowUp.visit) for TREAT -> ok rows 1
        PHI.UPDATE outcome by <ann> Visit*1 wrote(status) -> ok"#]]);
    discharge().await.ok(200);
    let planned = kit.get("/classes/FollowUp").as_master().await.ok(200);
    assert_eq!((planned.all("kind"), planned.results().len()), (vec![json!("call")], 1));
    assert_eq!(planned.all("patient"), [pointer("Patient", &patient)]);
    assert_eq!(planned.all("visit"), [pointer("Visit", &visit)]);
    kit.finish().await;
}

/// The smallest function, with a setting.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hello_function_greets() {
    let kit = Kit::new().plugin_with("hello-function", json!({"greeting": "Hoi"})).start().await;
    let hello = |body: Json| kit.post("/functions/hello").json(body);
    hello(json!({"name": " Ada "}))
        .anonymous()
        .await
        .is(expect![[r#"200 {"result":{"known":false,"text":"Hoi, Ada!"}}"#]]);
    hello(json!({"name": "Ada"}))
        .as_user("ann")
        .await
        .is(expect![[r#"200 {"result":{"known":true,"text":"Hoi, Ada!"}}"#]])
        .trail(expect![[r#"
        PLUGIN.CALL by <ann> hello-function@0.1.0 functions hello -> ok
        FUNCTION.CALL by <ann> hello -> ok"#]]);
    hello(json!({"name": " "}))
        .anonymous()
        .await
        .is(expect![[r#"400 {"code":142,"error":"name is required"}"#]]);
    hello(json!({}))
        .anonymous()
        .await
        .is(expect![[r#"400 {"code":142,"error":"the parameters don't have the expected shape"}"#]]);
    kit.finish().await;
}
