//! Operations on whole fields.

use model::{Date, Filter, Op, Path, Pointer, Update, Value};
use serde_json::{Value as Json, json};

use crate::{
    Error, Write, Written,
    conformance::{
        Outcome,
        bench::{Bench, MADE, date, filter, id, pointer, refused},
        cases, ensure,
    },
};

cases![
    a_set_replaces_a_value_of_any_type,
    a_set_fills_an_absent_field,
    a_set_may_be_null,
    a_delete_removes_the_field,
    a_delete_of_nothing_is_fine,
    an_increment_adds,
    an_increment_starts_at_zero,
    an_increment_needs_a_number,
    an_increment_stays_finite,
    an_add_appends,
    an_add_starts_a_list,
    an_add_unique_appends_what_is_new,
    an_add_unique_compares_whole_values,
    a_remove_takes_all_that_are_equal,
    a_remove_from_nothing_leaves_an_empty_list,
    list_operations_need_a_list,
    several_operations_are_one_update,
    relation_operations_leave_the_object_alone,
    an_empty_update_only_moves_the_date,
    an_update_sets_the_date_and_keeps_the_creation,
    an_update_answers_the_whole_object,
    an_update_leaves_other_objects_alone,
    an_update_may_name_its_object_by_any_filter,
    an_update_that_matches_nothing_is_refused,
    an_update_compares_and_sets,
    an_update_keeps_the_acl,
    an_update_replaces_the_acl,
    an_update_removes_the_acl,
];

fn op(name: &str, objects: Json) -> Json {
    json!({"__op": name, "objects": objects})
}

fn increment(amount: f64) -> Json {
    json!({"__op": "Increment", "amount": amount})
}

fn typed_values() -> [(&'static str, Json); 11] {
    [
        ("t", json!("new")),
        ("n", json!(2.5)),
        ("b", json!(false)),
        ("d", date("2024-06-01T00:00:00.000Z")),
        ("a", json!([3, ["x"], null])),
        ("o", json!({"k": {"l": 1}})),
        ("p", pointer("Ward", "w2")),
        ("g", json!({"__type": "GeoPoint", "latitude": 1.5, "longitude": 2})),
        ("r", json!({"__type": "Polygon", "coordinates": [[0, 0], [0, 2], [2, 2], [0, 0]]})),
        ("f", json!({"__type": "File", "name": "new.txt"})),
        ("y", json!({"__type": "Bytes", "base64": "AQI="})),
    ]
}

const TYPED: &str =
    "t:String n:Number b:Boolean d:Date a:Array o:Object p:*Ward g:GeoPoint r:Polygon f:File y:Bytes";

async fn a_set_replaces_a_value_of_any_type(bench: Bench) -> Outcome {
    let old = json!({
        "t": "old", "n": 1, "b": true, "d": date("2020-01-01T00:00:00.000Z"), "a": [1], "o": {"x": 1},
        "p": pointer("Ward", "w1"), "g": {"__type": "GeoPoint", "latitude": 0, "longitude": 0},
        "r": {"__type": "Polygon", "coordinates": [[0, 0], [0, 1], [1, 1], [0, 0]]},
        "f": {"__type": "File", "name": "old.txt", "url": "https://files.example/old.txt"},
        "y": {"__type": "Bytes", "base64": "AA=="},
    });
    let class = bench.things(TYPED, [("a", old)]).await?;
    for (field, value) in typed_values() {
        class.becomes("a", json!({ field: value }), field, value).await?;
    }
    Ok(())
}

async fn a_set_fills_an_absent_field(bench: Bench) -> Outcome {
    let class = bench.things(TYPED, [("a", json!({}))]).await?;
    for (field, value) in typed_values() {
        class.becomes("a", json!({ field: value }), field, value).await?;
    }
    Ok(())
}

async fn a_set_may_be_null(bench: Bench) -> Outcome {
    let class = bench.things(TYPED, [("a", json!({"n": 1})), ("b", json!({}))]).await?;
    for (field, _) in typed_values() {
        class.update("a", json!({ field: null })).await?;
        let present = if bench.storage.features().explicit_nulls { "a" } else { "" };
        class
            .answers(&[(json!({ field: {"$exists": true} }), present), (json!({ field: null }), "a b")])
            .await?;
    }
    class.becomes("a", json!({"n": 7}), "n", json!(7)).await
}

async fn a_delete_removes_the_field(bench: Bench) -> Outcome {
    let class = bench.class("Thing", TYPED).await?;
    let fields = typed_values().into_iter().map(|(field, value)| (field.to_owned(), value)).collect();
    class.insert("a", Json::Object(fields)).await?;
    for (field, _) in typed_values() {
        let answered = class.update("a", json!({ field: {"__op": "Delete"} })).await?;
        ensure!(answered.field(field).is_none(), "the answer still has {field}");
        class.lacks("a", field).await?;
        class.answers(&[(json!({ field: {"$exists": false} }), "a")]).await?;
    }
    Ok(())
}

async fn a_delete_of_nothing_is_fine(bench: Bench) -> Outcome {
    let class = bench.things("n:Number m:Number", [("a", json!({"m": null}))]).await?;
    for field in ["n", "m"] {
        class.update("a", json!({ field: {"__op": "Delete"} })).await?;
        class.lacks("a", field).await?;
    }
    Ok(())
}

async fn an_increment_adds(bench: Bench) -> Outcome {
    let class = bench.things("n:Number", [("a", json!({"n": 1}))]).await?;
    let rows = [(2.0, 3.0), (-5.5, -2.5), (0.0, -2.5), (2.5, 0.0), (0.1, 0.1), (0.2, 0.1 + 0.2)];
    for (amount, expected) in rows {
        class.update("a", json!({"n": increment(amount)})).await?;
        let found = class.one("a").await?;
        let got = found.field("n").and_then(Value::as_number);
        ensure!(got == Some(expected), "after {amount}: {got:?}, expected {expected}");
    }
    Ok(())
}

async fn an_increment_starts_at_zero(bench: Bench) -> Outcome {
    let class = bench.things("n:Number", [("a", json!({})), ("b", json!({"n": null}))]).await?;
    class.becomes("a", json!({"n": increment(3.0)}), "n", json!(3)).await?;
    class.becomes("b", json!({"n": increment(-1.0)}), "n", json!(-1)).await
}

async fn an_increment_needs_a_number(bench: Bench) -> Outcome {
    let fields = json!({"t": "1", "b": true, "a": [1], "o": {"k": 1}});
    let class = bench.things("t:String b:Boolean a:Array o:Object", [("a", fields)]).await?;
    for field in ["t", "b", "a", "o"] {
        class.mismatches("a", json!({ field: increment(1.0) }), field, "Number").await?;
    }
    Ok(())
}

async fn an_increment_stays_finite(bench: Bench) -> Outcome {
    let class = bench.things("n:Number", [("a", json!({"n": f64::MAX}))]).await?;
    class.mismatches("a", json!({"n": increment(f64::MAX)}), "n", "Number").await
}

async fn an_add_appends(bench: Bench) -> Outcome {
    let class = bench.things("a:Array", [("a", json!({"a": [1]}))]).await?;
    class.becomes("a", json!({"a": op("Add", json!([1, "x"]))}), "a", json!([1, 1, "x"])).await?;
    let nested = json!([1, 1, "x", [2], {"k": 1}, null]);
    class.becomes("a", json!({"a": op("Add", json!([[2], {"k": 1}, null]))}), "a", nested.clone()).await?;
    class.becomes("a", json!({"a": op("Add", json!([]))}), "a", nested).await
}

async fn an_add_starts_a_list(bench: Bench) -> Outcome {
    let class = bench.things("a:Array", [("a", json!({})), ("b", json!({"a": null}))]).await?;
    for id in ["a", "b"] {
        class.becomes(id, json!({"a": op("Add", json!([1, 1]))}), "a", json!([1, 1])).await?;
    }
    Ok(())
}

async fn an_add_unique_appends_what_is_new(bench: Bench) -> Outcome {
    let class = bench.things("a:Array", [("a", json!({"a": [1, 1]})), ("b", json!({}))]).await?;
    class.becomes("a", json!({"a": op("AddUnique", json!([2, 1, 2]))}), "a", json!([1, 1, 2])).await?;
    class.becomes("b", json!({"a": op("AddUnique", json!([2, 1, 2]))}), "a", json!([2, 1])).await
}

async fn an_add_unique_compares_whole_values(bench: Bench) -> Outcome {
    let held = json!([{"k": 1, "l": 2}, pointer("Ward", "w1"), "1", true, null, [1]]);
    let class = bench.things("a:Array", [("a", json!({ "a": held }))]).await?;
    let same = json!([{"l": 2, "k": 1}, pointer("Ward", "w1"), "1", true, null, [1]]);
    class.becomes("a", json!({"a": op("AddUnique", same)}), "a", held.clone()).await?;
    let other = [json!({"k": 1}), pointer("Bed", "w1"), json!(1), json!(false), json!([1, 1])];
    class.update("a", json!({"a": op("AddUnique", json!(other))})).await?;
    match class.one("a").await?.field("a") {
        Some(Value::Array(items)) if items.len() == 11 => Ok(()),
        found => Err(crate::conformance::Wrong(format!("expected 11 items, found {found:?}"))),
    }
}

async fn a_remove_takes_all_that_are_equal(bench: Bench) -> Outcome {
    let held = json!([1, 2, 1, {"k": 1}, {"k": 2}, pointer("Ward", "w1"), null, "1"]);
    let class = bench.things("a:Array", [("a", json!({ "a": held }))]).await?;
    let gone = json!([1, {"k": 1}, pointer("Ward", "w1"), null, "absent"]);
    class.becomes("a", json!({"a": op("Remove", gone)}), "a", json!([2, {"k": 2}, "1"])).await
}

async fn a_remove_from_nothing_leaves_an_empty_list(bench: Bench) -> Outcome {
    let class = bench.things("a:Array", [("a", json!({})), ("b", json!({"a": null}))]).await?;
    for id in ["a", "b"] {
        class.becomes(id, json!({"a": op("Remove", json!([1]))}), "a", json!([])).await?;
    }
    Ok(())
}

async fn list_operations_need_a_list(bench: Bench) -> Outcome {
    let fields = json!({"t": "x", "n": 1, "o": {"0": 1}});
    let class = bench.things("t:String n:Number o:Object", [("a", fields)]).await?;
    for name in ["Add", "AddUnique", "Remove"] {
        for field in ["t", "n", "o"] {
            class.mismatches("a", json!({ field: op(name, json!([1])) }), field, "Array").await?;
        }
    }
    Ok(())
}

async fn several_operations_are_one_update(bench: Bench) -> Outcome {
    let fields = json!({"n": 1, "a": [1], "t": "x", "o": {"k": 1}});
    let class = bench.things("n:Number a:Array t:String o:Object b:Boolean", [("a", fields)]).await?;
    let body = json!({
        "n": increment(1.0), "a": op("Add", json!([2])), "t": {"__op": "Delete"}, "o.k": 2, "b": true,
    });
    class.update("a", body).await?;
    let mut expected = class.object("a", json!({"n": 2, "a": [1, 2], "o": {"k": 2}, "b": true}))?;
    expected.updated_at = Date(MADE.ms() + 1_000);
    class.holds("a", &expected).await?;
    // One wrong operation spoils the whole update.
    class.mismatches("a", json!({"n": 9, "o": increment(1.0)}), "o", "Number").await
}

async fn relation_operations_leave_the_object_alone(bench: Bench) -> Outcome {
    let class = bench.things("n:Number friends:<Thing", [("a", json!({"n": 1}))]).await?;
    let mut update = Update::new();
    let friend = Pointer { class: class.schema.class.clone(), id: id("b")? };
    update.set(Path::new("friends")?, Op::AddRelation(vec![friend]));
    update.set(Path::new("n")?, Op::Increment(1.0));
    let schema = class.schema.clone();
    let at = Date(MADE.ms() + 1);
    class.commit(vec![Write::Update { schema, filter: Filter::id(&id("a")?), update, at }]).await?;
    let related = class.storage.related(&class.schema.class, "friends", &id("a")?).await?;
    ensure!(related.is_empty(), "an update edited join rows");
    ensure!(class.one("a").await?.field("n") == Some(&Value::Number(2.0)), "the other operation was lost");
    class.lacks("a", "friends").await
}

async fn an_empty_update_only_moves_the_date(bench: Bench) -> Outcome {
    let class = bench.things("n:Number m:Number", [("a", json!({"n": 1, "m": null}))]).await?;
    let mut expected = class.one("a").await?;
    expected.updated_at = Date(MADE.ms() + 1_000);
    ensure!(class.update("a", json!({})).await? == expected, "an empty update changed the object");
    class.holds("a", &expected).await
}

async fn an_update_sets_the_date_and_keeps_the_creation(bench: Bench) -> Outcome {
    let class = bench.things("n:Number", [("a", json!({}))]).await?;
    class.update("a", json!({"n": 1})).await?;
    let found = class.one("a").await?;
    ensure!(found.created_at == MADE, "createdAt moved");
    ensure!(found.updated_at == Date(MADE.ms() + 1_000), "updatedAt isn't what was asked");
    Ok(())
}

async fn an_update_answers_the_whole_object(bench: Bench) -> Outcome {
    let class =
        bench.things(TYPED, [("a", json!({"t": "kept", "a": [1], "o": {"k": null}, "b": null}))]).await?;
    let answered = class.update("a", json!({"n": 1})).await?;
    class.holds("a", &answered).await?;
    let expected = if bench.storage.features().explicit_nulls { 5 } else { 4 };
    let count = answered.fields.len();
    ensure!(count == expected, "the answer has {count} fields, expected {expected}");
    Ok(())
}

async fn an_update_leaves_other_objects_alone(bench: Bench) -> Outcome {
    let class = bench.things("n:Number", [("a", json!({"n": 1})), ("A", json!({"n": 1}))]).await?;
    let other = class.one("A").await?;
    class.update("a", json!({"n": 2})).await?;
    class.holds("A", &other).await
}

async fn an_update_may_name_its_object_by_any_filter(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "t:String a:Array o:Object",
            [("a", json!({"t": "abc", "a": [{"k": 1}], "o": {"k": 5}})), ("b", json!({"t": "xyz"}))],
        )
        .await?;
    let conditions = [
        json!({"t": "abc"}),
        json!({"t": {"$regex": "B", "$options": "i"}}),
        json!({"a.k": 1}),
        json!({"$or": [{"o.k": 5}, {"t": "nobody"}]}),
    ];
    for (n, condition) in conditions.into_iter().enumerate() {
        let write = class.updating_where(filter(condition.clone())?, json!({ "o.n": n }))?;
        let answer = class.commit(vec![write]).await?;
        let is_a = matches!(answer.as_slice(), [Written::Updated(object)] if object.id == *"a");
        ensure!(is_a, "where {condition} answered {answer:?}");
    }
    class.lacks("b", "o").await
}

async fn an_update_that_matches_nothing_is_refused(bench: Bench) -> Outcome {
    let class = bench.things("n:Number", [("a", json!({"n": 1}))]).await?;
    let not_found = |error: &Error| matches!(error, Error::NotFound);
    refused(class.commit(vec![class.updating("b", json!({"n": 2}))?]).await, not_found, "NotFound")?;
    let write = class.updating_where(filter(json!({"objectId": "a", "n": 5}))?, json!({"n": 2}))?;
    refused(class.commit(vec![write]).await, not_found, "NotFound")?;
    class.answers(&[(json!({"n": 1}), "a")]).await
}

async fn an_update_compares_and_sets(bench: Bench) -> Outcome {
    let class = bench.things("version:Number", [("a", json!({"version": 1}))]).await?;
    let step = |from: f64| {
        class.updating_where(
            filter(json!({"objectId": "a", "version": from}))?,
            json!({"version": from + 1.0}),
        )
    };
    class.commit(vec![step(1.0)?]).await?;
    refused(class.commit(vec![step(1.0)?]).await, |error| matches!(error, Error::NotFound), "NotFound")?;
    class.commit(vec![step(2.0)?]).await?;
    class.answers(&[(json!({"version": 3}), "a")]).await
}

async fn an_update_keeps_the_acl(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "n:Number").await?;
    class.insert_guarded("a", &["*"], &["u1"]).await?;
    let before = class.one("a").await?.acl;
    let answered = class.update("a", json!({"n": 1})).await?;
    ensure!(answered.acl == before && class.one("a").await?.acl == before, "the ACL changed");
    Ok(())
}

async fn an_update_replaces_the_acl(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "").await?;
    class.insert_guarded("a", &["*"], &["u1"]).await?;
    for acl in [json!({"u2": {"read": true}}), json!({}), json!({"role:A": {"write": true}})] {
        let answered = class.update("a", json!({ "ACL": acl })).await?;
        let expected = Some(model::encode::acl(&acl)?);
        ensure!(answered.acl == expected, "{acl} was answered as another");
        ensure!(class.one("a").await?.acl == expected, "{acl} was kept as another");
    }
    Ok(())
}

async fn an_update_removes_the_acl(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "").await?;
    class.insert_guarded("a", &[], &[]).await?;
    let answered = class.update("a", json!({"ACL": {"__op": "Delete"}})).await?;
    ensure!(answered.acl.is_none() && class.one("a").await?.acl.is_none(), "the ACL is still there");
    Ok(())
}
