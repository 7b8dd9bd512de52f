//! The guard on the test host: its manifest's grants, and no more.

use crate::patient_guard::PLUGIN;
use parapet::testing::Case;
use parapet::{Date, Fault, json};

const MANIFEST: &str = include_str!("../plugin.toml");

fn saving() -> Case {
    Case::before_save("Patient").manifest(MANIFEST).field("name", "Ann")
}

fn finding() -> Case {
    Case::after_find("Patient").manifest(MANIFEST).as_user("u1")
}

fn ann() -> parapet::Value {
    json!({"objectId": "p1", "name": "Ann", "ssn": "123-45-6789", "email": "ann@example.org", "phone": "+41 1"}).into()
}

#[test]
fn normalises_what_is_saved() {
    let outcome = saving()
        .field("name", "  Müller   Ann ")
        .field("ssn", "123 45 6789")
        .field("email", " Ann@Example.ORG ")
        .field("phone", "+41  44 123 45 67")
        .run(&PLUGIN);
    outcome.assert_ok();
    assert_eq!(
        json!(outcome.object()),
        json!({
            "name": "Müller Ann",
            "nameKey": "muller ann",
            "ssn": "123-45-6789",
            "email": "ann@example.org",
            "phone": "+41 44 123 45 67",
        })
    );
}

#[test]
fn refuses_what_can_not_be() {
    for (field, value) in [
        ("name", "   "),
        ("name", "A\u{7}nn"),
        ("ssn", "123-45-678"),
        ("email", "ann"),
        ("phone", "call me"),
        ("birthDate", "1980-02-30"),
        ("birthDate", "2026-03-03"),
        ("birthDate", "1880-01-01"),
    ] {
        let outcome = saving().field(field, value).run(&PLUGIN);
        outcome.assert_fault(Fault::INVALID);
        let message = outcome.fault().unwrap().message().to_owned();
        assert!(message.starts_with(field) && !message.contains(value), "{message}");
    }
    Case::before_save("Patient")
        .manifest(MANIFEST)
        .field("ssn", "123-45-6789")
        .run(&PLUGIN)
        .assert_fault(Fault::INVALID);
    saving().field("ssn", 5).run(&PLUGIN).assert_fault(Fault::INVALID);
    saving().field("birthDate", true).run(&PLUGIN).assert_fault(Fault::INVALID);
}

#[test]
fn a_child_born_today_east_of_here_is_not_from_the_future() {
    let noon = Date::from_millis(1_772_366_400_000);
    saving().at(noon).field("birthDate", "2026-03-02").run(&PLUGIN).assert_ok();
    saving().at(noon).field("birthDate", Date::from_ymd(1980, 1, 1).unwrap()).run(&PLUGIN).assert_ok();
}

#[test]
fn an_update_reads_only_what_it_changes() {
    let outcome = Case::before_save("Patient")
        .manifest(MANIFEST)
        .original(json!({"objectId": "p1", "name": "Ann", "ssn": "old and odd"}))
        .field("email", "ann@example.org")
        .run(&PLUGIN);
    outcome.assert_ok();
    assert_eq!(outcome.fields_read().iter().collect::<Vec<_>>(), ["Patient.email"]);
    assert!(outcome.fields_written().is_empty());
}

#[test]
fn an_update_can_not_drop_the_name() {
    let outcome = Case::before_save("Patient")
        .manifest(MANIFEST)
        .original(json!({"objectId": "p1", "name": "Ann"}))
        .field("name", parapet::Value::Null)
        .run(&PLUGIN);
    outcome.assert_fault(Fault::INVALID);
}

#[test]
fn checks_identifiers_of_the_country_that_was_set() {
    let ahv = || saving().field("ssn", "756.9217.0769.85");
    ahv().settings(json!({"country": "CH"})).run(&PLUGIN).assert_ok();
    ahv().settings(json!({"country": "US"})).run(&PLUGIN).assert_fault(Fault::INVALID);
    ahv().settings(json!({"country": "XX"})).run(&PLUGIN).assert_fault(Fault::SCRIPT);
}

#[test]
fn others_see_four_digits_and_no_way_to_reach_the_patient() {
    let outcome = finding().row(ann_json()).row(json!({"objectId": "p2", "name": "Bob"})).run(&PLUGIN);
    outcome.assert_ok();
    assert_eq!(
        json!(outcome.rows()),
        json!([{"objectId": "p1", "name": "Ann", "ssn": "***-**-6789"}, {"objectId": "p2", "name": "Bob"}])
    );
    let read: Vec<_> = outcome.fields_read().iter().collect();
    assert_eq!(read, ["Patient.ssn"], "hiding needs no reading");
}

fn ann_json() -> serde_json::Value {
    ann().to_rest().unwrap()
}

#[test]
fn clinicians_and_the_master_key_see_all() {
    for case in [finding().role("clinician"), finding().as_master()] {
        let outcome = case.row(ann_json()).run(&PLUGIN);
        assert_eq!(json!(outcome.rows()), json!([ann_json()]));
        assert!(outcome.fields_read().is_empty());
    }
    let renamed = finding().settings(json!({"clinicianRole": "physician"})).role("clinician").row(ann_json());
    assert_eq!(renamed.run(&PLUGIN).rows()[0]["ssn"], "***-**-6789");
}

#[test]
fn every_doubt_ends_in_hiding() {
    let odd = [json!({"ssn": "12"}), json!({"ssn": 123_456_789}), json!({"ssn": {"a": "CANARY"}})];
    for row in odd {
        let outcome = finding().row(row).run(&PLUGIN);
        outcome.assert_ok();
        assert_eq!(json!(outcome.rows()), json!([{}]));
    }
    let hidden = finding().settings(json!({"mask": "hide"})).row(ann_json()).run(&PLUGIN);
    assert_eq!(json!(hidden.rows()), json!([{"objectId": "p1", "name": "Ann"}]));
    assert!(hidden.fields_read().is_empty());
}

#[test]
fn with_redact_alone_it_hides() {
    let settings =
        json!({"country": "any", "clinicianRole": "clinician", "mask": "last-four", "smallestCell": 1});
    let case = || Case::after_find("Patient").settings(settings.clone()).row(ann_json());
    let outcome = case().grant_redact(&["ssn", "email", "phone"]).run(&PLUGIN);
    outcome.assert_ok();
    assert_eq!(json!(outcome.rows()), json!([{"objectId": "p1", "name": "Ann"}]));
    case().run(&PLUGIN).assert_fault(Fault::FORBIDDEN);
}

#[test]
fn masks_every_page_of_a_long_answer() {
    let rows = (0..230)
        .fold(finding(), |case, n| case.row(json!({"objectId": format!("p{n}"), "ssn": "123-45-6789"})));
    let outcome = rows.run(&PLUGIN);
    assert_eq!(outcome.rows().len(), 230);
    assert!(outcome.rows().iter().all(|row| row["ssn"] == "***-**-6789"));
}

#[test]
fn others_can_not_search_by_what_they_can_not_see() {
    let search = |conditions| Case::before_find("Patient").manifest(MANIFEST).conditions(conditions);
    for conditions in [
        json!({"ssn": "123-45-6789"}),
        json!({"$or": [{"name": "Ann"}, {"email": {"$regex": "^a"}}]}),
        json!({"$and": [{"$nor": [{"phone": null}]}]}),
    ] {
        search(conditions.clone()).run(&PLUGIN).assert_fault(Fault::FORBIDDEN);
        search(conditions).role("clinician").run(&PLUGIN).assert_ok();
    }
    search(json!({})).options(json!({"order": "name,-ssn"})).run(&PLUGIN).assert_fault(Fault::FORBIDDEN);
    search(json!({"nameKey": "ann"})).options(json!({"order": "-name"})).run(&PLUGIN).assert_ok();
}

fn histogram() -> Case {
    let patients = ["2026-02-01", "2009-01-01", "2008-01-01", "1950-06-01", "1880-01-01", "soon"];
    let case = Case::function("ageHistogram").manifest(MANIFEST);
    patients.iter().enumerate().fold(case, |case, (n, born)| {
        case.stored("Patient", json!({"objectId": format!("p{n}"), "birthDate": born, "ssn": "123-45-6789"}))
    })
}

#[test]
fn counts_by_age() {
    let outcome = histogram().params(json!({"bands": [18, 65]})).run(&PLUGIN);
    assert_eq!(
        outcome.reply(),
        Some(json!({
            "bands": [
                {"from": 0, "to": 17, "count": 2},
                {"from": 18, "to": 64, "count": 1},
                {"from": 65, "count": 1},
            ],
            "unknown": 2,
        }))
    );
    assert_eq!(outcome.fields_read().iter().collect::<Vec<_>>(), ["Patient.birthDate"]);
}

#[test]
fn small_cells_are_not_told() {
    let outcome =
        histogram().params(json!({"bands": [18, 65]})).settings(json!({"smallestCell": 2})).run(&PLUGIN);
    let reply = outcome.reply().unwrap();
    assert_eq!(reply["bands"][0]["count"], 2);
    assert_eq!(reply["bands"][1]["count"], json!(null));
}

#[test]
fn asks_that_make_no_sense_are_refused() {
    for params in [
        json!({"bands": [65, 18]}),
        json!({"bands": [0, 18]}),
        json!({"bands": [18, 18]}),
        json!({"bands": ["a"]}),
        json!({"other": 1}),
    ] {
        histogram().params(params).run(&PLUGIN).assert_fault(Fault::INVALID);
    }
    histogram().params(json!({"where": {"ssn": "123-45-6789"}})).run(&PLUGIN).assert_fault(Fault::FORBIDDEN);
}
