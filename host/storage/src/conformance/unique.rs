//! Groups of fields whose values no two objects share.

use serde_json::{Value as Json, json};

use crate::{
    Error,
    conformance::{
        Outcome, Wrong,
        bench::{Bench, Class, date, filter, pointer, schema, unique},
        cases, ensure,
    },
};

cases![
    a_taken_value_is_refused,
    an_update_cannot_take_a_taken_value,
    an_object_does_not_collide_with_itself,
    missing_and_null_never_collide,
    a_group_collides_as_a_whole,
    a_group_that_lacks_a_field_never_collides,
    several_groups_hold_each,
    a_deleted_value_is_free,
    a_changed_value_is_free,
    values_pass_on_within_a_commit,
    values_collide_within_a_commit,
    values_of_every_scalar_type_are_unique,
    case_matters,
    case_is_ignored_on_wish,
    what_ignores_case_is_still_found_exactly,
    blanks_and_accents_matter,
    a_class_of_its_own,
];

/// Ends the case unless an insert is refused for these fields.
async fn taken(class: &Class, id: &str, fields: Json, group: &str) -> Outcome {
    let answer = class.commit(vec![class.inserting(class.object(id, fields.clone())?)]).await;
    collides(answer, group).map_err(|Wrong(what)| Wrong(format!("{fields}: {what}")))
}

fn collides<T: std::fmt::Debug>(answer: Result<T, Error>, group: &str) -> Outcome {
    match answer {
        Err(Error::Duplicate { fields }) => {
            ensure!(fields.join(" ") == group, "the error names {fields:?}, expected {group}");
            Ok(())
        }
        other => Err(Wrong(format!("expected Duplicate, got {other:?}"))),
    }
}

async fn folded(bench: &Bench, fields: &str, group: &[&str]) -> Result<Class, Wrong> {
    let mut schema = schema("Thing", fields)?;
    schema.unique = vec![model::Unique { ignore_case: true, ..unique(group)? }];
    bench.put(schema).await
}

async fn a_taken_value_is_refused(bench: Bench) -> Outcome {
    let class = bench.unique("Thing", "t:String n:Number", &[&["t"]]).await?;
    class.insert("a", json!({"t": "x", "n": 1})).await?;
    taken(&class, "b", json!({"t": "x", "n": 2}), "t").await?;
    class.insert("c", json!({"t": "y", "n": 1})).await?;
    class.answers(&[(json!({}), "a c"), (json!({"t": "x"}), "a")]).await
}

async fn an_update_cannot_take_a_taken_value(bench: Bench) -> Outcome {
    let class = bench.unique("Thing", "t:String n:Number", &[&["t"]]).await?;
    class.fill([("a", json!({"t": "x"})), ("b", json!({"t": "y", "n": 1}))]).await?;
    collides(class.commit(vec![class.updating("b", json!({"t": "x", "n": 2}))?]).await, "t")?;
    class.answers(&[(json!({"t": "y", "n": 1}), "b"), (json!({"t": "x"}), "a")]).await
}

async fn an_object_does_not_collide_with_itself(bench: Bench) -> Outcome {
    let class = bench.unique("Thing", "t:String n:Number", &[&["t"]]).await?;
    class.insert("a", json!({"t": "x"})).await?;
    class.update("a", json!({"t": "x", "n": 1})).await?;
    class.update("a", json!({"n": 2})).await?;
    class.answers(&[(json!({"t": "x", "n": 2}), "a")]).await
}

async fn missing_and_null_never_collide(bench: Bench) -> Outcome {
    let class = bench.unique("Thing", "t:String", &[&["t"]]).await?;
    class
        .fill([("a", json!({})), ("b", json!({})), ("c", json!({"t": null})), ("d", json!({"t": null}))])
        .await?;
    class.insert("e", json!({"t": ""})).await?;
    taken(&class, "f", json!({"t": ""}), "t").await?;
    class.update("e", json!({"t": {"__op": "Delete"}})).await?;
    class.answers(&[(json!({"t": null}), "a b c d e")]).await
}

async fn a_group_collides_as_a_whole(bench: Bench) -> Outcome {
    let class = bench.unique("Thing", "t:String n:Number", &[&["t", "n"]]).await?;
    class
        .fill([
            ("a", json!({"t": "x", "n": 1})),
            ("b", json!({"t": "x", "n": 2})),
            ("c", json!({"t": "y", "n": 1})),
        ])
        .await?;
    taken(&class, "d", json!({"t": "x", "n": 1}), "t n").await?;
    collides(class.commit(vec![class.updating("b", json!({"n": 1}))?]).await, "t n")?;
    class.insert("e", json!({"t": "y", "n": 2})).await
}

async fn a_group_that_lacks_a_field_never_collides(bench: Bench) -> Outcome {
    let class = bench.unique("Thing", "t:String n:Number", &[&["t", "n"]]).await?;
    class
        .fill([
            ("a", json!({"t": "x"})),
            ("b", json!({"t": "x", "n": null})),
            ("c", json!({"n": 1})),
            ("d", json!({"n": 1})),
        ])
        .await?;
    class.update("a", json!({"n": 1})).await?;
    collides(class.commit(vec![class.updating("b", json!({"n": 1}))?]).await, "t n")
}

async fn several_groups_hold_each(bench: Bench) -> Outcome {
    let class = bench.unique("Thing", "t:String n:Number", &[&["t"], &["n"]]).await?;
    class.insert("a", json!({"t": "x", "n": 1})).await?;
    taken(&class, "b", json!({"t": "x", "n": 2}), "t").await?;
    taken(&class, "b", json!({"t": "y", "n": 1}), "n").await?;
    class.insert("b", json!({"t": "y", "n": 2})).await
}

async fn a_deleted_value_is_free(bench: Bench) -> Outcome {
    let class = bench.unique("Thing", "t:String", &[&["t"]]).await?;
    class.insert("a", json!({"t": "x"})).await?;
    class.commit(vec![class.deleting(filter(json!({"objectId": "a"}))?, true)]).await?;
    class.insert("b", json!({"t": "x"})).await?;
    taken(&class, "a", json!({"t": "x"}), "t").await
}

async fn a_changed_value_is_free(bench: Bench) -> Outcome {
    let class = bench.unique("Thing", "t:String", &[&["t"]]).await?;
    class.insert("a", json!({"t": "x"})).await?;
    class.update("a", json!({"t": "y"})).await?;
    class.insert("b", json!({"t": "x"})).await?;
    class.update("a", json!({"t": null})).await?;
    class.insert("c", json!({"t": "y"})).await
}

async fn values_pass_on_within_a_commit(bench: Bench) -> Outcome {
    let class = bench.unique("Thing", "t:String", &[&["t"]]).await?;
    class.fill([("a", json!({"t": "x"})), ("b", json!({"t": "y"}))]).await?;
    let writes = vec![
        class.updating("a", json!({"t": "z"}))?,
        class.updating("b", json!({"t": "x"}))?,
        class.updating("a", json!({"t": "y"}))?,
        class.deleting(filter(json!({"t": "x"}))?, true),
        class.inserting(class.object("c", json!({"t": "x"}))?),
    ];
    class.commit(writes).await?;
    class.answers(&[(json!({"t": "y"}), "a"), (json!({"t": "x"}), "c"), (json!({}), "a c")]).await
}

async fn values_collide_within_a_commit(bench: Bench) -> Outcome {
    let class = bench.unique("Thing", "t:String", &[&["t"]]).await?;
    let write = |id| Ok::<_, Wrong>(class.inserting(class.object(id, json!({"t": "x"}))?));
    collides(class.commit(vec![write("a")?, write("b")?]).await, "t")?;
    class.answers(&[(json!({}), "")]).await?;
    class.insert("b", json!({"t": "x"})).await
}

async fn values_of_every_scalar_type_are_unique(bench: Bench) -> Outcome {
    let values = [
        ("t:String", json!("x"), json!("y")),
        ("n:Number", json!(1), json!(1.5)),
        ("b:Boolean", json!(true), json!(false)),
        ("d:Date", date("2024-01-01T00:00:00.000Z"), date("2024-01-01T00:00:00.001Z")),
        ("p:*Ward", pointer("Ward", "w1"), pointer("Ward", "W1")),
    ];
    for (n, (field, value, other)) in values.into_iter().enumerate() {
        let (name, _) = field.split_once(':').unwrap_or_default();
        let class = bench.unique(&format!("Thing{n}"), field, &[&[name]]).await?;
        class.insert("a", json!({ name: value })).await?;
        class.insert("b", json!({ name: other })).await?;
        taken(&class, "c", json!({ name: value }), name).await?;
    }
    Ok(())
}

async fn case_matters(bench: Bench) -> Outcome {
    let class = bench.unique("Thing", "t:String", &[&["t"]]).await?;
    class.fill([("a", json!({"t": "ann"})), ("b", json!({"t": "Ann"})), ("c", json!({"t": "ANN"}))]).await
}

async fn case_is_ignored_on_wish(bench: Bench) -> Outcome {
    let class = folded(&bench, "t:String", &["t"]).await?;
    class
        .fill([("a", json!({"t": "Ann"})), ("b", json!({"t": "ärztin"})), ("c", json!({})), ("d", json!({}))])
        .await?;
    for text in ["ann", "ANN", "Ann", "ÄRZTIN", "Ärztin"] {
        taken(&class, "x", json!({ "t": text }), "t").await?;
    }
    collides(class.commit(vec![class.updating("b", json!({"t": "aNN"}))?]).await, "t")?;
    class.update("a", json!({"t": "ANN"})).await?;
    class.answers(&[(json!({"t": "ANN"}), "a"), (json!({"t": "Ann"}), "")]).await
}

async fn what_ignores_case_is_still_found_exactly(bench: Bench) -> Outcome {
    let class = folded(&bench, "t:String", &["t"]).await?;
    class.fill([("a", json!({"t": "Ann"})), ("b", json!({"t": "bob"}))]).await?;
    class
        .answers(&[
            (json!({"t": "Ann"}), "a"),
            (json!({"t": "ann"}), ""),
            (json!({"t": {"$in": ["ann", "BOB"]}}), ""),
            (json!({"t": {"$ne": "ann"}}), "a b"),
            (json!({"t": {"$lt": "a"}}), "a"),
            (json!({"t": {"$regex": "^ann$", "$options": "i"}}), "a"),
        ])
        .await?;
    class.insert("c", json!({"t": "Zoe"})).await?;
    class.sorts("t", "a c b").await
}

async fn blanks_and_accents_matter(bench: Bench) -> Outcome {
    let class = folded(&bench, "t:String", &["t"]).await?;
    // Whether canonical equivalents (`á`, `a\u{301}`) and `ß`/`ss` collide is the collation's business.
    let texts = ["ann", "ann ", " ann", "änn", "ánn", "straße", "", "a%", "a_"];
    for (n, text) in texts.iter().enumerate() {
        class.insert(&format!("o{n}"), json!({ "t": text })).await?;
    }
    Ok(())
}

async fn a_class_of_its_own(bench: Bench) -> Outcome {
    let (a, b) =
        (bench.unique("A", "t:String", &[&["t"]]).await?, bench.unique("B", "t:String", &[&["t"]]).await?);
    a.insert("a", json!({"t": "x"})).await?;
    b.insert("a", json!({"t": "x"})).await?;
    taken(&b, "b", json!({"t": "x"}), "t").await
}
