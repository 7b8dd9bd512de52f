//! One request through all eight rooms: a save that a plugin changes, recorded and answered.

use expect_test::expect;
use kit::Kit;
use serde_json::json;

fn patients() -> kit::Setup {
    let text = || json!({"type": "String"});
    Kit::new()
        .class(
            "Patient",
            json!({
                "name": text(), "nameKey": text(), "ssn": text(), "email": text(), "phone": text(),
                "birthDate": {"type": "Date"},
            }),
        )
        .plugin("patient-guard")
}

#[tokio::test]
async fn a_save_is_changed_by_the_guard_recorded_and_answered() {
    let kit = patients().start().await;
    let name = kit.canary();
    let saved = kit
        .post("/classes/Patient")
        .json(json!({"name": format!("  {name}   Ann "), "ssn": "7569217076985"}))
        .as_user("ann")
        .await
        .ok(201)
        .trail(expect![[r#"
            PHI.CREATE intent by <ann> Patient*1 wrote(name ssn)
              PLUGIN.CALL by <ann> patient-guard@0.1.0 before-save Patient*1 read(name ssn) wrote(name nameKey ssn) -> ok rows 1
            PHI.CREATE outcome by <ann> Patient*1 read(name nameKey ssn) wrote(name nameKey ssn) -> ok"#]]);
    assert_eq!(saved.body["name"], format!("{name} Ann"));
    assert_eq!(saved.body["ssn"], "756.9217.0769.85");
    assert_eq!(saved.header("location"), format!("{}/classes/Patient/{}", kit::MOUNT, saved.id()));

    let stored = kit.get(&format!("/classes/Patient/{}", saved.id())).as_master().await.ok(200);
    assert_eq!(stored.body["nameKey"], format!("{} ann", name.to_lowercase()));
    assert_eq!(stored.body["ssn"], "756.9217.0769.85");
    kit.finish().await;
}

#[tokio::test]
async fn a_save_that_the_guard_refuses_changes_nothing_and_is_recorded() {
    let kit = patients().start().await;
    let secret = kit.canary();
    kit.post("/classes/Patient")
        .json(json!({"name": "Ann", "ssn": secret}))
        .as_user("ann")
        .await
        .is(expect![[r#"400 {"code":142,"error":"ssn is neither an AHV number nor a social security number"}"#]])
        .trail(expect![[r#"
            PHI.CREATE intent by <ann> Patient*1 wrote(name ssn)
              PLUGIN.CALL by <ann> patient-guard@0.1.0 before-save Patient*1 read(name ssn) wrote(nameKey) -> denied 142 rows 1 by rule plugin
            PHI.CREATE outcome by <ann> Patient*1 wrote(name ssn) -> denied 142 by rule plugin"#]]);
    assert_eq!(kit.get("/classes/Patient").as_master().await.results().len(), 0);
    kit.finish().await;
}

#[tokio::test]
async fn what_the_guard_masks_never_leaves_and_is_recorded_as_masked() {
    let kit = patients().start().await;
    let mail = kit.canary();
    let patient = json!({"name": "Ann", "ssn": "756.9217.0769.85", "email": format!("{mail}@example.org")});
    let id = kit.seed("Patient", patient).await;
    let seen = kit.get("/classes/Patient").as_user("ann").await.is(expect![[r#"200 {"results":[{"createdAt":"<now>","name":"Ann","nameKey":"ann","objectId":"<1>","ssn":"***.****.**69.85","updatedAt":"<now>"}]}"#]]).trail(expect![[r#"
        PLUGIN.CALL by <ann> patient-guard@0.1.0 before-find Patient -> ok
        PLUGIN.CALL by <ann> patient-guard@0.1.0 after-find Patient*1 read(ssn) wrote(ssn) masked(email) -> ok rows 1
        PHI.QUERY by <ann> Patient*1 read(name nameKey ssn) masked(email) -> ok rows 1"#]]);
    assert!(!seen.text.to_lowercase().contains(&mail.to_lowercase()));
    let one = kit.get(&format!("/classes/Patient/{id}")).as_user("ann").await.ok(200).trail(expect![[r#"
        PLUGIN.CALL by <ann> patient-guard@0.1.0 before-find Patient read(objectId) -> ok
        PLUGIN.CALL by <ann> patient-guard@0.1.0 after-find Patient*1 read(ssn) wrote(ssn) masked(email) -> ok rows 1
        PHI.READ by <ann> Patient*1 read(name nameKey ssn) masked(email) -> ok rows 1"#]]);
    assert!(!one.text.to_lowercase().contains(&mail.to_lowercase()));
    assert_eq!(one.body["ssn"], seen.results()[0]["ssn"]);

    kit.role("clinician", &["doc"]).await;
    let all = kit.get("/classes/Patient").as_user("doc").await.ok(200).trail(expect![[r#"
        PLUGIN.CALL by <doc>(clinician) patient-guard@0.1.0 before-find Patient -> ok
        PLUGIN.CALL by <doc>(clinician) patient-guard@0.1.0 after-find Patient -> ok
        PHI.QUERY by <doc>(clinician) Patient*1 read(email name nameKey ssn) -> ok rows 1"#]]);
    assert_eq!(all.all("ssn"), [json!("756.9217.0769.85")]);
    assert_eq!(all.all("email"), [json!(format!("{}@example.org", mail.to_lowercase()))]);
    kit.finish().await;
}

/// What a plugin hid of an included object was missing in the record of the find.
#[tokio::test]
async fn what_the_guard_masks_of_an_included_patient_is_recorded_with_it() {
    let kit = patients()
        .class("Visit", json!({"patient": {"type": "Pointer", "targetClass": "Patient"}}))
        .start()
        .await;
    let mail = kit.canary();
    let patient = json!({"name": "Ann", "email": format!("{mail}@example.org")});
    let id = kit.seed("Patient", patient).await;
    let patient = json!({"__type": "Pointer", "className": "Patient", "objectId": id});
    kit.seed("Visit", json!({"patient": patient})).await;
    let seen =
        kit.get("/classes/Visit").query("include", "patient").as_user("ann").await.ok(200).trail(expect![[
            r#"
            PLUGIN.CALL by <ann> patient-guard@0.1.0 before-find Patient read(objectId) -> ok
            PLUGIN.CALL by <ann> patient-guard@0.1.0 after-find Patient*1 read(ssn) masked(email) -> ok rows 1
            PHI.READ by <ann> Patient*1 read(name nameKey) masked(email) -> ok rows 1
            PHI.QUERY by <ann> Visit*1 read(patient) -> ok rows 1"#
        ]]);
    assert_eq!(seen.results()[0]["patient"]["name"], "Ann");
    assert!(!seen.text.to_lowercase().contains(&mail.to_lowercase()));
    kit.finish().await;
}

#[tokio::test]
async fn a_function_reads_as_plugin_acting_for_its_caller() {
    let kit = patients().start().await;
    for born in ["1950-01-01", "1990-01-01", "2015-01-01"] {
        let born = json!({"__type": "Date", "iso": format!("{born}T00:00:00.000Z")});
        kit.seed("Patient", json!({"name": "Somebody", "birthDate": born})).await;
    }
    kit.post("/functions/ageHistogram")
        .json(json!({"bands": [18, 65]}))
        .as_user("ann")
        .await
        .is(expect![[r#"200 {"result":{"bands":[{"count":1,"from":0,"to":17},{"count":1,"from":18,"to":64},{"count":1,"from":65}],"unknown":0}}"#]])
        .trail(expect![[r#"
            PLUGIN.CALL by plugin patient-guard for <ann> patient-guard@0.1.0 before-find Patient for HOPERAT -> ok
            PLUGIN.CALL by plugin patient-guard for <ann> patient-guard@0.1.0 after-find Patient*3 read(ssn) for HOPERAT -> ok rows 3
            PHI.QUERY by plugin patient-guard for <ann> Patient*3 read(birthDate) for HOPERAT -> ok rows 3
            PLUGIN.CALL by <ann> patient-guard@0.1.0 functions ageHistogram read(Patient.birthDate) for HOPERAT -> ok
            FUNCTION.CALL by <ann> ageHistogram -> ok"#]]);
    kit.finish().await;
}
