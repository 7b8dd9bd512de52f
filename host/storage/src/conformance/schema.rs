//! Classes made, changed and dropped.

use std::{collections::BTreeMap, sync::Arc};

use model::{
    Acl, ClassName, Schema, Unique, Value,
    schema::{ClassOp, Entities, IndexKeys, IndexKind, Indexes, Permissions},
};
use serde_json::json;

use crate::{
    Error,
    conformance::{
        Outcome, Wrong,
        bench::{Bench, Class, date, filter, id, pointer, refused, schema, unique},
        cases, ensure,
    },
};

cases![
    classes_are_remembered,
    everything_of_a_class_is_remembered,
    putting_again_changes_nothing,
    a_field_may_be_added,
    a_dropped_field_loses_its_values,
    a_field_that_comes_back_is_empty,
    a_dropped_relation_loses_its_members,
    a_type_never_changes,
    permissions_are_replaced,
    indexes_come_and_go,
    an_index_changes_no_answer,
    a_unique_group_may_be_added,
    a_unique_group_over_repeated_values_is_refused,
    a_unique_group_may_be_dropped,
    a_unique_group_may_learn_to_ignore_case,
    a_field_of_a_dropped_group_may_go,
    a_dropped_class_is_gone,
    a_dropped_class_takes_its_members_along,
    a_class_that_comes_back_is_empty,
    an_unknown_class_is_empty,
    dropping_what_is_not_there_is_fine,
];

pub(super) async fn known(bench: &Bench) -> Result<BTreeMap<ClassName, Schema>, Wrong> {
    let all = bench.storage.schemas().await?;
    let count = all.len();
    let by_name: BTreeMap<_, _> = all.into_iter().map(|schema| (schema.class.clone(), schema)).collect();
    ensure!(by_name.len() == count, "a class is remembered twice");
    Ok(by_name)
}

/// Ends the case unless these classes are remembered, exactly so and no others.
pub(super) async fn remembered(bench: &Bench, expected: &[&Schema]) -> Outcome {
    let known = known(bench).await?;
    ensure!(
        known.len() == expected.len(),
        "{} classes are remembered, expected {}",
        known.len(),
        expected.len()
    );
    for schema in expected {
        let found = known.get(&schema.class);
        ensure!(found == Some(*schema), "remembered {found:?}, expected {schema:?}");
    }
    Ok(())
}

fn index(fields: &[(&str, IndexKind)]) -> IndexKeys {
    fields.iter().map(|(name, kind)| ((*name).to_owned(), kind.clone())).collect()
}

async fn classes_are_remembered(bench: Bench) -> Outcome {
    remembered(&bench, &[]).await?;
    let a = bench.class("Alpha", "t:String n:Number b:Boolean d:Date o:Object a:Array").await?;
    let b = bench.class("_Role", "p:*Alpha r:<Alpha g:GeoPoint q:Polygon f:File y:Bytes").await?;
    let c = bench.class("Empty", "").await?;
    remembered(&bench, &[&a.schema, &b.schema, &c.schema]).await
}

async fn everything_of_a_class_is_remembered(bench: Bench) -> Outcome {
    let mut all = schema("Thing", "t:String n:Number b:Boolean d:Date o:Object a:Array p:*Ward")?;
    let defaults = [
        ("t", Value::text("it's \"x\"")),
        ("n", Value::Number(0.1)),
        ("b", Value::Boolean(false)),
        ("a", Value::Array(vec![Value::Null, Value::Number(1.0)])),
        ("d", model::encode::value(date("2024-01-01T00:00:00.001Z"))?),
        ("p", model::encode::value(pointer("Ward", "w1"))?),
    ];
    for (name, default) in defaults {
        let field = all.fields.get_mut(name).ok_or_else(|| Wrong(format!("{name} is missing")))?;
        field.default = Some(default);
        field.required = name == "t" || name == "n";
    }
    let nurses =
        Entities { groups: ["role:Nurse".to_owned()].into(), pointer_fields: ["p".to_owned()].into() };
    all.permissions.operations.insert(ClassOp::Find, nurses);
    all.permissions.operations.insert(ClassOp::Delete, Entities::default());
    all.permissions.operations.remove(&ClassOp::AddField);
    all.permissions.read_user_fields.insert("p".into());
    all.permissions.write_user_fields.insert("p".into());
    all.permissions.protected_fields.insert("role:Clerk".into(), ["t".to_owned(), "n".to_owned()].into());
    all.permissions.default_acl = Some(Acl::from_groups(&["currentUser", "role:Nurse"], &["currentUser"]));
    all.indexes = Indexes::from([
        ("by_n".to_owned(), index(&[("n", IndexKind::Descending)])),
        ("by_t_n".to_owned(), index(&[("t", IndexKind::Ascending), ("n", IndexKind::Ascending)])),
        // The order of the fields is what such an index is about.
        ("by_d_b".to_owned(), index(&[("d", IndexKind::Ascending), ("b", IndexKind::Descending)])),
        ("by_b_d".to_owned(), index(&[("b", IndexKind::Ascending), ("d", IndexKind::Ascending)])),
    ]);
    all.unique = vec![Unique { ignore_case: true, ..unique(&["t"])? }, unique(&["n", "b"])?];
    bench.put(all.clone()).await?;
    remembered(&bench, &[&all]).await
}

async fn putting_again_changes_nothing(bench: Bench) -> Outcome {
    let mut thing = schema("Thing", "t:String friends:<Thing")?;
    thing.unique = vec![unique(&["t"])?];
    thing.indexes.insert("by_t".into(), index(&[("t", IndexKind::Ascending)]));
    let class = bench.put(thing.clone()).await?;
    class.insert("a", json!({"t": "x"})).await?;
    class.commit(vec![class.relating("friends", "a", &["a"], &[])?]).await?;
    for _ in 0..2 {
        bench.put(thing.clone()).await?;
        remembered(&bench, &[&thing]).await?;
        class.holds("a", &class.object("a", json!({"t": "x"}))?).await?;
        let friends = class.storage.related(&thing.class, "friends", &id("a")?).await?;
        ensure!(friends.len() == 1, "the relation lost its member");
    }
    Ok(())
}

async fn a_field_may_be_added(bench: Bench) -> Outcome {
    let class = bench.things("t:String", [("a", json!({"t": "x"}))]).await?;
    let wider = bench.class("Thing", "t:String n:Number a:Array friends:<Thing").await?;
    wider.holds("a", &class.object("a", json!({"t": "x"}))?).await?;
    wider.answers(&[(json!({"n": null}), "a"), (json!({"n": {"$exists": false}, "t": "x"}), "a")]).await?;
    wider.becomes("a", json!({"n": 1}), "n", json!(1)).await?;
    wider.becomes("a", json!({"a": [1]}), "a", json!([1])).await?;
    wider.commit(vec![wider.relating("friends", "a", &["a"], &[])?]).await?;
    // Who still holds the old schema is served, too.
    class.answers(&[(json!({"t": "x"}), "a")]).await?;
    class.insert("b", json!({"t": "y"})).await?;
    wider.answers(&[(json!({"n": 1}), "a"), (json!({}), "a b")]).await
}

async fn a_dropped_field_loses_its_values(bench: Bench) -> Outcome {
    let fields = json!({"t": "x", "n": 1, "a": [1], "o": {"k": 1}, "z": null});
    bench.things("t:String n:Number a:Array o:Object z:String", [("a", fields)]).await?;
    let class = bench.class("Thing", "t:String").await?;
    class.holds("a", &class.object("a", json!({"t": "x"}))?).await?;
    class
        .answers(&[
            (json!({"n": 1}), ""),
            (json!({"a": 1}), ""),
            (json!({"o.k": 1}), ""),
            (json!({"z": {"$exists": true}}), ""),
            (json!({"n": null}), "a"),
        ])
        .await?;
    remembered(&bench, &[&class.schema]).await
}

async fn a_field_that_comes_back_is_empty(bench: Bench) -> Outcome {
    bench.things("t:String f:Number z:Number", [("a", json!({"t": "x", "f": 1, "z": null}))]).await?;
    bench.class("Thing", "t:String").await?;
    // It may come back as another type.
    let class = bench.class("Thing", "t:String f:String z:String").await?;
    class.holds("a", &class.object("a", json!({"t": "x"}))?).await?;
    class.becomes("a", json!({"f": "1"}), "f", json!("1")).await?;
    class.answers(&[(json!({"z": {"$exists": true}}), ""), (json!({"f": "1"}), "a")]).await
}

async fn a_dropped_relation_loses_its_members(bench: Bench) -> Outcome {
    let class = bench.things("friends:<Thing foes:<Thing", [("a", json!({}))]).await?;
    let writes =
        vec![class.relating("friends", "a", &["b"], &[])?, class.relating("foes", "a", &["c"], &[])?];
    class.commit(writes).await?;
    bench.class("Thing", "foes:<Thing").await?;
    let friends = class.storage.related(&class.schema.class, "friends", &id("a")?).await?;
    ensure!(friends.is_empty(), "a dropped relation has members");
    bench.class("Thing", "friends:<Thing foes:<Thing").await?;
    let friends = class.storage.related(&class.schema.class, "friends", &id("a")?).await?;
    ensure!(friends.is_empty(), "members came back with the relation");
    let foes = class.storage.related(&class.schema.class, "foes", &id("a")?).await?;
    ensure!(foes.len() == 1, "the other relation lost its members");
    Ok(())
}

async fn a_type_never_changes(bench: Bench) -> Outcome {
    let class = bench.things("f:String p:*Ward r:<Ward", [("a", json!({"f": "1"}))]).await?;
    for other in [
        "f:Number p:*Ward r:<Ward",
        "f:Array p:*Ward r:<Ward",
        "f:*Ward p:*Ward r:<Ward",
        "f:<Ward p:*Ward r:<Ward",
        "f:String p:*Bed r:<Ward",
        "f:String p:*Ward r:<Bed",
        "f:String p:*Ward r:String",
    ] {
        let answer = class.storage.put_schema(&schema("Thing", other)?).await;
        refused(answer, |error| matches!(error, Error::Conflict(_)), "Conflict")
            .map_err(|Wrong(what)| Wrong(format!("{other}: {what}")))?;
        remembered(&bench, &[&class.schema]).await?;
    }
    class.answers(&[(json!({"f": "1"}), "a")]).await
}

async fn permissions_are_replaced(bench: Bench) -> Outcome {
    let class = bench.things("t:String", [("a", json!({"t": "x"}))]).await?;
    let mut locked = Schema::clone(&class.schema);
    locked.permissions = Permissions::default();
    bench.put(locked.clone()).await?;
    remembered(&bench, &[&locked]).await?;
    bench.put(Schema::clone(&class.schema)).await?;
    remembered(&bench, &[&class.schema]).await?;
    class.answers(&[(json!({"t": "x"}), "a")]).await
}

async fn indexes_come_and_go(bench: Bench) -> Outcome {
    let class =
        bench.things("t:String n:Number p:*Ward d:Date a:Array", [("a", json!({"t": "x", "n": 1}))]).await?;
    let plain = Schema::clone(&class.schema);
    let mut indexed = plain.clone();
    for name in ["t", "n", "p", "d"] {
        indexed.indexes.insert(format!("{name}_1"), index(&[(name, IndexKind::Ascending)]));
    }
    indexed
        .indexes
        .insert("both".into(), index(&[("t", IndexKind::Ascending), ("n", IndexKind::Descending)]));
    indexed.indexes.insert("dates".into(), index(&[("createdAt", IndexKind::Ascending)]));
    let mut other = indexed.clone();
    other.indexes.remove("t_1");
    // The same name, another index.
    other.indexes.insert("n_1".into(), index(&[("n", IndexKind::Descending)]));
    for schema in [&indexed, &other, &plain, &indexed] {
        bench.put(schema.clone()).await?;
        remembered(&bench, &[schema]).await?;
        class.answers(&[(json!({"t": "x", "n": {"$gt": 0}}), "a")]).await?;
    }
    Ok(())
}

async fn an_index_changes_no_answer(bench: Bench) -> Outcome {
    let mut indexed = schema("Thing", "t:String n:Number")?;
    indexed.indexes.insert("t_n".into(), index(&[("t", IndexKind::Ascending), ("n", IndexKind::Descending)]));
    indexed.indexes.insert("n".into(), index(&[("n", IndexKind::Descending)]));
    let class = bench.put(indexed).await?;
    class
        .fill([
            ("a", json!({"t": "x", "n": 2})),
            ("b", json!({"t": "X", "n": 10})),
            ("c", json!({"t": null, "n": 2})),
            ("d", json!({})),
            ("e", json!({"t": "xy", "n": null})),
        ])
        .await?;
    class
        .answers(&[
            (json!({"t": "x"}), "a"),
            (json!({"t": null}), "c d"),
            (json!({"t": {"$regex": "^x"}}), "a e"),
            (json!({"n": {"$gte": 2}}), "a b c"),
            (json!({"n": 2, "t": {"$ne": "x"}}), "c"),
            (json!({"n": {"$nin": [10]}}), "a c d e"),
        ])
        .await?;
    class.sorts("n,-objectId", "e d c a b").await?;
    class.sorts("-n,objectId", "b a c d e").await?;
    class.sorts("t,n,objectId", "d c b a e").await
}

async fn a_unique_group_may_be_added(bench: Bench) -> Outcome {
    bench
        .things(
            "t:String",
            [("a", json!({"t": "x"})), ("b", json!({"t": "y"})), ("c", json!({})), ("d", json!({}))],
        )
        .await?;
    let class = bench.unique("Thing", "t:String", &[&["t"]]).await?;
    repeats(&class, "e", "x", true).await?;
    repeats(&class, "e", "z", false).await
}

/// Ends the case unless an insert with a text is refused as a duplicate, or isn't.
async fn repeats(class: &Class, id: &str, text: &str, refuses: bool) -> Outcome {
    let answer = class.commit(vec![class.inserting(class.object(id, json!({ "t": text }))?)]).await;
    match answer {
        Err(Error::Duplicate { .. }) if refuses => Ok(()),
        Ok(_) if !refuses => Ok(()),
        other => Err(Wrong(format!("inserting {text} answered {other:?}"))),
    }
}

async fn a_unique_group_over_repeated_values_is_refused(bench: Bench) -> Outcome {
    let class =
        bench.things("t:String n:Number", [("a", json!({"t": "x"})), ("b", json!({"t": "x"}))]).await?;
    let mut stricter = schema("Thing", "t:String n:Number more:String")?;
    stricter.unique = vec![unique(&["n"])?, unique(&["t"])?];
    let answer = class.storage.put_schema(&stricter).await;
    refused(answer, |error| matches!(error, Error::Duplicate { .. }), "Duplicate")?;
    // Nothing of it is done.
    remembered(&bench, &[&class.schema]).await?;
    class.fill([("c", json!({"t": "x", "n": 1})), ("d", json!({"n": 1}))]).await?;
    class.answers(&[(json!({"t": "x"}), "a b c")]).await?;
    class.commit(vec![class.deleting(filter(json!({"objectId": {"$in": ["b", "c", "d"]}}))?, true)]).await?;
    let class = bench.put(stricter).await?;
    repeats(&class, "e", "x", true).await
}

async fn a_unique_group_may_be_dropped(bench: Bench) -> Outcome {
    let class = bench.unique("Thing", "t:String", &[&["t"]]).await?;
    class.insert("a", json!({"t": "x"})).await?;
    let class = bench.class("Thing", "t:String").await?;
    repeats(&class, "b", "x", false).await?;
    class.answers(&[(json!({"t": "x"}), "a b")]).await
}

async fn a_unique_group_may_learn_to_ignore_case(bench: Bench) -> Outcome {
    let exact = bench.unique("Thing", "t:String", &[&["t"]]).await?;
    exact.insert("a", json!({"t": "x"})).await?;
    let mut folded = Schema::clone(&exact.schema);
    folded.unique = vec![Unique { ignore_case: true, ..unique(&["t"])? }];
    let class = bench.put(folded.clone()).await?;
    repeats(&class, "b", "X", true).await?;
    bench.put(Schema::clone(&exact.schema)).await?;
    repeats(&class, "b", "X", false).await?;
    let answer = class.storage.put_schema(&folded).await;
    refused(answer, |error| matches!(error, Error::Duplicate { .. }), "Duplicate")
}

async fn a_field_of_a_dropped_group_may_go(bench: Bench) -> Outcome {
    let mut all = schema("Thing", "t:String n:Number")?;
    all.unique = vec![unique(&["t", "n"])?];
    all.indexes.insert("by_t".into(), index(&[("t", IndexKind::Ascending)]));
    bench.put(all).await?.insert("a", json!({"t": "x", "n": 1})).await?;
    let class = bench.class("Thing", "n:Number").await?;
    class.holds("a", &class.object("a", json!({"n": 1}))?).await?;
    class.insert("b", json!({"n": 1})).await
}

async fn a_dropped_class_is_gone(bench: Bench) -> Outcome {
    let class = bench.things("t:String", [("a", json!({"t": "x"}))]).await?;
    let other = bench.class("Other", "t:String").await?;
    other.insert("a", json!({"t": "x"})).await?;
    class.storage.drop_schema(&class.schema.class).await?;
    remembered(&bench, &[&other.schema]).await?;
    class.answers(&[(json!({}), "")]).await?;
    other.answers(&[(json!({"t": "x"}), "a")]).await?;
    let insert = class.commit(vec![class.inserting(class.object("b", json!({}))?)]).await;
    refused(insert, |error| matches!(error, Error::Conflict(_)), "Conflict")
}

async fn a_dropped_class_takes_its_members_along(bench: Bench) -> Outcome {
    let class = bench.things("friends:<Thing", [("a", json!({}))]).await?;
    class.commit(vec![class.relating("friends", "a", &["a"], &[])?]).await?;
    class.storage.drop_schema(&class.schema.class).await?;
    for _ in 0..2 {
        let friends = class.storage.related(&class.schema.class, "friends", &id("a")?).await?;
        let owners = class.storage.owners(&class.schema.class, "friends", &[id("a")?]).await?;
        ensure!(friends.is_empty() && owners.is_empty(), "join rows stayed");
        bench.put(Schema::clone(&class.schema)).await?;
    }
    Ok(())
}

async fn a_class_that_comes_back_is_empty(bench: Bench) -> Outcome {
    let class = bench.unique("Thing", "f:String", &[&["f"]]).await?;
    class.insert("a", json!({"f": "x"})).await?;
    class.storage.drop_schema(&class.schema.class).await?;
    let class = bench.unique("Thing", "f:Number", &[&["f"]]).await?;
    class.answers(&[(json!({}), "")]).await?;
    class.insert("a", json!({"f": 1})).await?;
    class.answers(&[(json!({"f": 1}), "a")]).await
}

async fn an_unknown_class_is_empty(bench: Bench) -> Outcome {
    let nowhere = Class { storage: bench.storage.clone(), schema: Arc::new(schema("Nowhere", "t:String")?) };
    nowhere.answers(&[(json!({}), ""), (json!({"t": "x"}), ""), (json!({"t": {"$ne": "x"}}), "")]).await?;
    nowhere.sorts("t", "").await?;
    remembered(&bench, &[]).await
}

async fn dropping_what_is_not_there_is_fine(bench: Bench) -> Outcome {
    let class = ClassName::new("Nowhere")?;
    bench.storage.drop_schema(&class).await?;
    bench.storage.drop_schema(&class).await?;
    remembered(&bench, &[]).await
}
