//! Several writes, all or none.

use serde_json::json;

use super::*;
use crate::Item;

#[tokio::test]
async fn all_or_none() {
    let house = house().await;
    let cx = house.anyone().await;
    let create =
        |name: &str| Item::Create { class: class_name("Patient"), body: read(json!({"name": name})) };
    let missing = Item::Delete { class: class_name("Patient"), id: ObjectId::new("nosuch").unwrap() };
    house.save(&cx, "Patient", json!({"name": "first"})).await.unwrap();
    let error = house.data.transaction(&cx, vec![create("a"), missing]).await.err().unwrap();
    assert_eq!(code(&error), 101);
    assert_eq!(house.find(&cx, "Patient", json!({})).await.unwrap().len(), 1);
    let done = house.data.transaction(&cx, vec![create("a"), create("b")]).await.unwrap();
    assert_eq!(done.len(), 2);
    assert_eq!(house.find(&cx, "Patient", json!({})).await.unwrap().len(), 3);
    let intents = house.records(0).iter().filter(|line| line.contains("intent")).count();
    let outcomes = house.records(0).iter().filter(|line| line.contains("outcome")).count();
    assert_eq!(intents, outcomes, "every intent is closed");
}

#[tokio::test]
async fn a_crash_between_intent_and_outcome_is_settled_by_what_is_stored() {
    let house = house().await;
    let cx = house.anyone().await;
    house.save(&cx, "Patient", json!({"name": "first"})).await.unwrap();
    let before = house.trail.records().len();
    // The intent goes through, the write happens, the outcome is lost.
    house.trail.fail_after(1);
    assert!(matches!(
        house.save(&cx, "Patient", json!({"name": "second"})).await,
        Err(Error::Unavailable { .. })
    ));
    house.trail.fail(false);
    let open: Vec<_> = house.trail.records().into_iter().skip(before).collect();
    assert_eq!(open.len(), 1);
    assert_eq!(house.data.recover(open).await.unwrap(), 1);
    assert_eq!(
        house.records(before + 1),
        ["SystemStart single Ok", "PhiCreate outcome Ok Patientx1", "SystemRecover single Ok"]
    );
}
