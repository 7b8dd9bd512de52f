//! The test host behaves as the host does, where a handler can tell.

use super::{Case, Level};
use crate::{Date, Fault, Find, GeoPoint, Hook, Invocation, Object, Pointer, Value, json, log, purpose};
use serde_json::Value as Json;

#[crate::plugin]
mod sample {
    use crate::{Fault, Invocation, Params, Principal};

    #[before_save("Patient", "Visit")]
    fn own(inv: &Invocation) -> Result<(), Fault> {
        inv.set_context("ran", &inv.target())
    }

    #[before_save("*")]
    #[after_save("*")]
    fn any(inv: &Invocation) -> Result<(), Fault> {
        inv.set_context("ran", &format!("any {}", inv.trigger()))
    }

    #[function]
    fn add_up(numbers: Params<Vec<f64>>) -> Result<f64, Fault> {
        Ok(numbers.iter().sum())
    }

    #[function("quiet.whoami")]
    fn whoami(caller: &Principal) -> Result<(), Fault> {
        caller.user_id().map(|_| ()).ok_or_else(|| Fault::not_found("nobody"))
    }
}

#[test]
fn a_handler_of_its_own_wins_over_the_one_for_any_class() {
    let ran = |case: Case| case.run(&sample::PLUGIN).assert_ok().context::<String>("ran");
    assert_eq!(ran(Case::before_save("Visit")).as_deref(), Some("Visit"));
    assert_eq!(ran(Case::before_save("Other")).as_deref(), Some("any beforeSave"));
    assert_eq!(ran(Case::after_save("Visit")).as_deref(), Some("any afterSave"));
    Case::before_delete("Visit").run(&sample::PLUGIN).assert_fault(Fault::SCRIPT);
    assert_eq!(
        format!("{:?}", sample::PLUGIN),
        "Plugin { handlers: [before-save Patient, before-save Visit, before-save *, after-save *, function addUp, function quiet.whoami] }"
    );
    assert_eq!(Hook::AfterFind.trigger(), "afterFind");
}

#[test]
fn functions_answer_json_or_nothing() {
    let add = |params: Json| Case::function("addUp").params(params).run(&sample::PLUGIN);
    assert_eq!(add(json!([1, 2.5])).reply(), Some(json!(3.5)));
    let fault = add(json!(["CANARY"])).fault().cloned().unwrap();
    assert_eq!(fault.code(), Fault::INVALID);
    assert!(!fault.message().contains("CANARY"));
    assert_eq!(Case::function("quiet.whoami").as_user("u1").run(&sample::PLUGIN).reply(), None);
    Case::function("quiet.whoami").run(&sample::PLUGIN).assert_fault(Fault::NOT_FOUND);
}

/// Runs a handler on the object of a save with every verb granted on `f`, read on `g`.
fn save(case: Case, handler: impl FnOnce(&Object) -> Result<(), Fault>) -> super::Outcome {
    case.grant_read(&["f", "g"])
        .grant_write(&["f"])
        .grant_redact(&["f"])
        .run_hook(|inv| handler(&inv.object()?))
}

#[test]
fn values_come_back_as_they_went() {
    let outcome = save(Case::before_save("A"), |object| {
        let place = GeoPoint { latitude: 1.0, longitude: 2.0 };
        object.set("f", place)?;
        assert_eq!(object.get("f")?, Some(place));
        object.set("f", Date::from_millis(5))?;
        assert_eq!(object.get("f")?, Some(Date::from_millis(5)));
        object.set("f", vec![1u8, 2])?;
        assert_eq!(object.get("f")?, Some(vec![1u8, 2]));
        object.set("f", json!({"a": {"b": 1}}))?;
        assert_eq!(object.get("f.a.b")?, Some(1.0));
        object.set("f.a.c", "x")?;
        object.unset("f.a.b")?;
        assert_eq!(object.get::<Json>("f")?, Some(json!({"a": {"c": "x"}})));
        assert_eq!(object.get::<f64>("f.a.c").unwrap_err().code(), Fault::INVALID);
        object.set("f", Value::Null)?;
        assert_eq!(object.get::<String>("f")?, None);
        assert_eq!(object.get::<Value>("f")?, Some(Value::Null));
        assert_eq!(object.require::<String>("f").unwrap_err().code(), Fault::INVALID);
        Ok(())
    });
    outcome.assert_ok();
}

#[test]
fn operations_do_what_parse_does() {
    let outcome = save(Case::before_save("A").field("f", 1), |object| {
        object.increment("f", 2.0)?;
        assert_eq!(object.get("f")?, Some(3));
        object.unset("f")?;
        object.add("f", ["a", "b"])?;
        object.add_unique("f", ["b", "c"])?;
        object.remove("f", ["a"])?;
        assert_eq!(object.get("f")?, Some(vec!["b".to_owned(), "c".to_owned()]));
        assert!(object.increment("f", 1.0).is_err());
        object.relate("f", [Pointer::new("B", "b1")])
    });
    outcome.assert_ok();
}

#[test]
fn revert_takes_back_what_the_save_does() {
    let case =
        Case::before_save("A").original(json!({"objectId": "a1", "f": "old", "g": 1})).field("f", "new");
    let outcome = save(case, |object| {
        assert!(object.is_dirty("f.deep") && !object.is_dirty("g"));
        object.revert("f")?;
        assert_eq!(object.get("f")?, Some("old".to_owned()));
        assert!(object.dirty_keys().is_empty());
        Ok(())
    });
    assert!(outcome.assert_ok().dirty().is_empty());
    let outcome = save(Case::before_save("A").field("f", "new"), |object| object.revert("f"));
    assert_eq!(outcome.assert_ok().field("f"), None);
}

#[test]
fn what_is_not_granted_is_forbidden_verb_by_verb() {
    let outcome = save(Case::before_save("A").field("f", 1).field("g", 2).field("h", 3), |object| {
        assert_eq!(object.keys(), ["f", "g"]);
        assert_eq!(object.dirty_keys(), ["f", "g"]);
        for denied in [
            object.get::<Value>("h").map(|_| ()),
            object.get_many(["f", "h"]).map(|_| ()),
            object.set("g", 1),
            object.unset("g.deep"),
            object.increment("g", 1.0),
            object.revert("g"),
            object.redact("g"),
            // Granted, but a save has no answer yet to hide it from.
            object.redact("f"),
            object.to_json(None).map(|_| ()),
        ] {
            assert_eq!(denied.unwrap_err().code(), Fault::FORBIDDEN);
        }
        assert!(object.get_many(["f", "g"])? == [Some(1.into()), Some(2.into())]);
        Ok(())
    });
    outcome.assert_ok();
    assert!(outcome.fields_written().is_empty());
    assert_eq!(outcome.object().len(), 3);
}

#[test]
fn where_an_object_is_lent_says_what_may_be_done_to_it() {
    let forbidden = |case: Case, handler: fn(&Object) -> Result<(), Fault>| {
        save(case, handler).assert_fault(Fault::FORBIDDEN);
    };
    forbidden(Case::before_delete("A").field("f", 1), |object| object.set("f", 2));
    forbidden(Case::after_save("A").field("f", 1), |object| object.increment("f", 1.0));
    forbidden(Case::after_save("A").field("f", 1), |object| object.revert("f"));
    let outcome = save(Case::after_save("A").field("f", 1).field("g", 2), |object| object.redact("f"));
    assert_eq!(outcome.assert_ok().object(), json!({"g": 2}).as_object().cloned().unwrap());
    assert!(outcome.redacted().contains("f") && outcome.fields_read().is_empty());
}

#[test]
fn calls_lend_only_what_they_have() {
    let lends = |case: Case| {
        let mut lent = [false; 4];
        case.run_hook(|inv| {
            lent =
                [inv.object().is_ok(), inv.original().is_some(), inv.query().is_ok(), inv.results().is_ok()];
            Ok(())
        });
        lent
    };
    assert_eq!(lends(Case::before_save("A")), [true, false, false, false]);
    assert_eq!(lends(Case::before_save("A").original(json!({}))), [true, true, false, false]);
    assert_eq!(lends(Case::before_find("A")), [false, false, true, false]);
    assert_eq!(lends(Case::after_find("A")), [false, false, false, true]);
    assert_eq!(lends(Case::function("f")), [false; 4]);
}

#[test]
fn a_find_is_narrowed_and_never_widened() {
    let outcome = Case::before_find("A")
        .conditions(json!({"a": 1}))
        .options(json!({"limit": 10, "keys": "a,b"}))
        .run_hook(|inv| {
            let query = inv.query()?;
            query.constrain(json!({"b": 2}))?;
            query.set_options(json!({"limit": 5, "keys": "b"}))?;
            for wider in [json!({"limit": 6}), json!({"keys": "b,c"})] {
                assert_eq!(query.set_options(wider).unwrap_err().code(), Fault::FORBIDDEN);
            }
            Ok(())
        });
    outcome.assert_ok();
    assert!(outcome.finds(json!({"a": 1, "b": 2})) && !outcome.finds(json!({"a": 1})));
    assert_eq!(Json::Object(outcome.options()), json!({"limit": 5, "keys": "b"}));
}

#[test]
fn a_field_is_hidden_from_every_row_at_once() {
    let case = || (0..3).fold(Case::after_find("A"), |case, n| case.row(json!({"n": n, "m": n})));
    let outcome = case().grant_redact(&["n"]).run_hook(|inv| inv.results()?.redact("n"));
    outcome.assert_ok();
    assert!(outcome.rows().iter().all(|row| !row.contains_key("n") && row.contains_key("m")));
    case().run_hook(|inv| inv.results()?.redact("n")).assert_fault(Fault::FORBIDDEN);
    // An answer without rows must not hide a missing grant.
    let none = || Case::after_find("A");
    none().run_hook(|inv| inv.results()?.redact("n")).assert_fault(Fault::FORBIDDEN);
    none().grant_redact(&["n"]).run_hook(|inv| inv.results()?.redact("n")).assert_ok();
}

#[test]
fn rows_come_in_pages_and_can_be_left_out() {
    let case = (0..120).fold(Case::after_find("A").grant_read(&["n"]), |case, n| case.row(json!({"n": n})));
    let outcome = case.run_hook(|inv| {
        let results = inv.results()?;
        for row in results.rows() {
            let row = row?;
            if row.require::<u32>("n")? % 2 == 1 {
                results.omit(&row)?;
            }
        }
        assert!(results.rows().next().is_none(), "an answer is pulled once");
        Ok(())
    });
    outcome.assert_ok();
    assert_eq!(outcome.rows().len(), 60);
}

const DATA: &str = r#"
    [capabilities.data-read]
    purposes = ["TREAT"]
    classes.Visit = { read = ["ward", "n"] }
    [capabilities.data-write]
    purposes = ["TREAT"]
    classes.Note = { write = ["text"], delete = true }
    [capabilities.data-elevated]
    purposes = ["HOPERAT"]
    classes.Staff = { read = ["wards"], write = ["wards"] }
    classes.Rota = { write = ["week"], create = false }
    [capabilities.data-bulk]
"#;

fn with_data(call: impl FnOnce(&Invocation) -> Result<(), Fault>) -> super::Outcome {
    (0..60)
        .fold(Case::function("f").manifest(DATA), |case, n| {
            let row = json!({"objectId": format!("v{n:02}"), "ward": "3B", "n": n, "secret": "CANARY"});
            case.stored("Visit", row)
        })
        .stored("Note", json!({"objectId": "n1", "text": "old"}))
        .run_hook(call)
}

#[test]
fn readers_find_within_the_grant() {
    let outcome = with_data(|inv| {
        let visits = inv.reader("Visit", purpose::TREAT)?;
        let find = || Find::matching(json!({"ward": "3B"})).order("-n");
        assert_eq!(visits.count(find())?, 60);
        let numbers: Result<Vec<u32>, Fault> =
            visits.find(find().skip(1).limit(55), &["n"])?.map(|visit| visit?.require("n")).collect();
        assert_eq!(numbers?, (4..59).rev().collect::<Vec<_>>());
        assert_eq!(visits.get("v07", &["n"])?.unwrap().get("n")?, Some(7));
        assert_eq!(visits.get("v07", &["n"])?.unwrap().get("objectId")?, Some("v07".to_owned()));
        assert!(visits.get("none", &["n"])?.is_none());
        let rows = visits.find(Find::all().limit(2), &["n"])?.next_json(9, &["n"])?;
        assert_eq!(json!(rows), json!([{"n": 0}, {"n": 1}]));
        for denied in [
            visits.find(Find::all(), &["secret"]).map(|_| ()),
            visits.count(Find::matching(json!({"$or": [{"secret": "CANARY"}]}))).map(|_| ()),
            visits.count(Find::all().order("secret")).map(|_| ()),
            // Granted, but not asked for with this object.
            visits.get("v07", &["n"])?.unwrap().get::<Value>("ward").map(|_| ()),
            visits.get("v07", &["n"])?.unwrap().set("n", 1),
            inv.reader("Visit", purpose::HMARKT).map(|_| ()),
            inv.reader("Note", purpose::TREAT).map(|_| ()),
            inv.elevated_reader("Visit", purpose::HOPERAT).map(|_| ()),
        ] {
            assert_eq!(denied.unwrap_err().code(), Fault::FORBIDDEN);
        }
        assert_eq!(visits.count(Find::matching(json!({"n": {"$near": 1}}))).unwrap_err().code(), 102);
        Ok(())
    });
    outcome.assert_ok();
}

#[test]
fn writers_save_within_the_grant() {
    let outcome = with_data(|inv| {
        let notes = inv.writer("Note", purpose::TREAT)?;
        let draft = notes.create()?;
        draft.set("text", "new")?;
        assert_eq!(draft.set("author", "x").unwrap_err().code(), Fault::FORBIDDEN);
        assert_eq!(notes.save(&draft)?, "made1");
        let draft = notes.update("n1")?;
        draft.merge_json(json!({"text": "newer"}).as_object().unwrap())?;
        notes.save(&draft)?;
        assert_eq!(notes.update("none").unwrap_err().code(), Fault::NOT_FOUND);
        let stranger = inv.elevated_writer("Staff", purpose::HOPERAT)?.create()?;
        assert_eq!(notes.save(&stranger).unwrap_err().code(), Fault::FORBIDDEN);
        let rota = inv.elevated_writer("Rota", purpose::HOPERAT)?;
        assert_eq!(rota.create().unwrap_err().code(), Fault::FORBIDDEN);
        assert_eq!(rota.delete("r1").unwrap_err().code(), Fault::FORBIDDEN);
        notes.delete("n1")
    });
    outcome.assert_ok();
    let saved: Vec<_> =
        outcome.saved().iter().map(|saved| (saved.id.as_str(), json!(saved.fields))).collect();
    assert_eq!(saved, [("made1", json!({"text": "new"})), ("n1", json!({"text": "newer"}))]);
    assert_eq!(outcome.deleted(), [("Note".to_owned(), "n1".to_owned())]);
}

#[test]
fn lines_settings_and_context_reach_the_outcome() {
    let manifest = "[settings.properties.a]\ndefault = 1\n[settings.properties.b]\ntype = \"string\"";
    let outcome =
        Case::function("f").settings(json!({"b": "x"})).manifest(manifest).context("seen", 3).run_hook(
            |inv| {
                assert_eq!(inv.settings::<Json>()?, json!({"a": 1, "b": "x"}));
                assert_eq!(inv.context::<u32>("seen")?, Some(3));
                assert_eq!(inv.context::<u32>("other")?, None);
                assert_eq!(inv.context::<String>("seen").unwrap_err().code(), Fault::SCRIPT);
                log::error(inv, "something happened", &[("count", &2)]);
                inv.set_context("seen", &4)
            },
        );
    outcome.assert_ok();
    assert_eq!(outcome.context("seen"), Some(4));
    let [line] = outcome.log() else { panic!("one line") };
    assert_eq!((line.level, line.message.as_str()), (Level::Error, "something happened"));
    assert_eq!(line.fields, [("count".to_owned(), "2".to_owned())]);
}

#[test]
#[should_panic(expected = "kept a handle")]
fn a_handle_kept_beyond_the_call_fails_the_test() {
    let mut kept = None;
    Case::before_save("A").run_hook(|inv| {
        kept = Some(inv.object()?);
        Ok(())
    });
}
