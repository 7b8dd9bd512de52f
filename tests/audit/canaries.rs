//! Values planted everywhere a value can stand appear in no record, no log line and no error.

use kit::{Kit, database::Backend};
use serde_json::{Value as Json, json};

#[tokio::test]
async fn nothing_of_what_is_kept_or_asked_shows_outside_of_answers() {
    let kit = Kit::new()
        .class(
            "Patient",
            json!({
                "name": {"type": "String"}, "nameKey": {"type": "String"}, "ssn": {"type": "String"},
                "email": {"type": "String"}, "phone": {"type": "String"}, "birthDate": {"type": "Date"},
                "notes": {"type": "Array"}, "map": {"type": "Object"},
            }),
        )
        .plugin("patient-guard")
        .plugin("hello-function")
        .start()
        .await;
    let kept = kit.canary();
    let body = json!({
        "name": kept, "email": format!("{kept}@example.org"), "notes": [kept, {"deep": [kept]}],
        "map": {(kept.clone()): {"text": kept}},
    });
    let id = kit.post("/classes/Patient").json(body).as_user("ann").await.ok(201).id();
    // What is stored is found by looking for it; a database elsewhere leaves nothing here.
    assert_eq!(kit.data_holds(&kept), Backend::of_kits() == Backend::Sqlite);
    let path = format!("/classes/Patient/{id}");

    // What changes, what is read, what is left behind by operations.
    let change = json!({"notes": {"__op": "AddUnique", "objects": [kit.canary()]}, "map.k": kit.canary()});
    kit.put(&path).json(change).as_user("ann").await.ok(200);
    kit.get(&path).as_user("ann").await.ok(200);
    kit.get("/classes/Patient").query("include", "*").as_master().await.ok(200);

    // What is asked for.
    for condition in [
        json!({"name": kit.canary()}),
        json!({"name": {"$regex": kit.canary()}, "notes": {"$in": [kit.canary()]}}),
        json!({"$or": [{"map.k": kit.canary()}, {"notes": {"$all": [kit.canary()]}}]}),
        json!({"ssn": kit.canary()}),
        json!({"createdAt": {"$gt": kit.canary()}}),
        json!({"objectId": kit.canary()}),
    ] {
        kit.get("/classes/Patient").query("where", condition).as_user("ann").await;
    }
    kit.get(&format!("/classes/Patient/{}", kit.canary())).as_user("ann").await.fails(404, 101);

    // What is refused: by the schema, the guard, the desk, and by nobody knowing the function.
    for body in [
        json!({"name": 7, "map": kit.canary()}),
        json!({"name": "x", "ssn": kit.canary()}),
        json!({"name": "x", "birthDate": kit.canary()}),
        json!({"name": "x", "birthDate": {"__type": "Date", "iso": kit.canary()}}),
        json!({"name": "x", "email": kit.canary()}),
        json!({"name": "x", "ACL": {"*": kit.canary()}}),
        json!({"name": {"__op": "Increment", "amount": kit.canary()}}),
        json!({"name": {"__type": kit.canary()}}),
    ] {
        let answer = kit.post("/classes/Patient").json(body.clone()).as_user("ann").await;
        assert!((400..500).contains(&answer.status), "{body}: {}", answer.text);
    }
    kit.post("/classes/Patient").bytes(format!("{{\"name\": {}", kit.canary())).as_user("ann").await.ok(400);
    kit.post("/functions/hello").json(json!({"name": kit.canary()})).as_user("ann").await.ok(200);
    kit.post("/functions/nothing").json(json!({"name": kit.canary()})).await.fails(400, 141);

    // Who asks.
    let password = kit.canary();
    kit.post("/users").json(json!({"username": "bob", "password": password})).await.ok(201);
    kit.post("/login").json(json!({"username": "bob", "password": password})).await.ok(200);
    kit.post("/login")
        .json(json!({"username": kit.canary(), "password": kit.canary()}))
        .await
        .fails(404, 101);
    kit.get("/users/me").with_session(&format!("r:{}", kit.canary())).await.fails(400, 209);
    kit.get("/schemas").header("X-Parse-Master-Key", &kit.canary()).await.ok(403);
    let context = json!({"_ApplicationId": kit::APP_ID, "name": "x", "_context": {"why": kit.canary()}});
    kit.post("/classes/Patient").as_stranger().json(context).await.ok(201);

    let batch = json!({"requests": [
        {"method": "POST", "path": "/parse/classes/Patient", "body": {"name": kit.canary()}},
        {"method": "POST", "path": "/parse/classes/Patient", "body": {"name": {"x": kit.canary()}}},
    ]});
    kit.post("/batch").json(batch).as_user("ann").await.ok(200);
    kit.delete(&path).as_user("ann").await.ok(200);
    kit.finish().await;
}

#[tokio::test]
async fn object_ids_stand_in_the_trail_as_pseudonyms() {
    let kit = Kit::new().class("Note", json!({"n": {"type": "Number"}})).start().await;
    let id = kit.seed("Note", json!({"n": 1})).await;
    kit.get(&format!("/classes/Note/{id}")).as_user("ann").await.ok(200);
    kit.put(&format!("/classes/Note/{id}")).json(json!({"n": 2})).as_user("ann").await.ok(200);
    let told: Vec<Json> = kit.records().iter().map(|record| serde_json::to_value(record).unwrap()).collect();
    assert!(!told.is_empty() && !Json::Array(told).to_string().contains(&id));
    // Whoever holds the key of the pseudonyms finds every record about the object, and with them nobody else's.
    let keys = audit::Keys::open(&kit.config().audit_keys_dir()).unwrap();
    let about = keys.reference().of("Note", &id);
    let records = kit.records();
    let found = records
        .iter()
        .filter(|record| record.object.as_ref().is_some_and(|object| object.refs.contains(&about)));
    let codes: Vec<String> = found.map(|record| record.code.to_string()).collect();
    assert_eq!(codes.join(" "), "PHI.CREATE PHI.CREATE PHI.READ PHI.UPDATE PHI.UPDATE");
    kit.finish().await;
}
