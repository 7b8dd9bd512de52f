//! Commits: all or none, in order.

use model::{Date, Filter, Update};
use serde_json::json;

use crate::{
    Error, Write, Written,
    conformance::{
        Outcome, Wrong,
        bench::{Bench, Class, MADE, filter, id, refused, schema},
        cases, ensure,
    },
};

cases![
    writes_are_carried_out_in_order,
    each_write_has_its_answer,
    a_failure_takes_back_what_came_before,
    a_failure_takes_back_join_rows,
    a_failure_takes_back_a_delete_with_its_unique_values,
    every_kind_of_failure_takes_back,
    an_object_may_be_changed_twice,
    an_inserted_object_may_be_deleted,
    a_deleted_id_may_be_taken_again,
    classes_change_together,
    a_failed_commit_leaves_no_trace_for_the_next,
    a_delete_counts_what_it_deletes,
    a_delete_of_nothing_is_refused_on_wish,
    a_delete_takes_what_is_checked_again,
    a_delete_may_take_everything,
    a_class_that_is_not_there_takes_nothing,
    an_update_needs_what_a_write_before_it_left,
];

/// One object `a` with `n` = 1 and a unique text `t`, which is in its own relation.
async fn start(bench: &Bench) -> Result<Class, Wrong> {
    let class = bench.unique("Thing", "n:Number t:String friends:<Thing", &[&["t"]]).await?;
    class.fill([("a", json!({"n": 1, "t": "x"})), ("b", json!({"n": 1, "t": "y"}))]).await?;
    class.commit(vec![class.relating("friends", "a", &["a"], &[])?]).await?;
    Ok(class)
}

async fn unchanged(class: &Class) -> Outcome {
    class
        .answers(&[(json!({}), "a b"), (json!({"n": 1, "t": "x"}), "a"), (json!({"n": 1, "t": "y"}), "b")])
        .await?;
    let friends = class.storage.related(&class.schema.class, "friends", &id("a")?).await?;
    ensure!(friends == [id("a")?], "the relation changed");
    Ok(())
}

async fn writes_are_carried_out_in_order(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "n:Number").await?;
    let writes = vec![
        class.inserting(class.object("a", json!({"n": 1}))?),
        class.updating("a", json!({"n": {"__op": "Increment", "amount": 1}}))?,
        class.updating_where(filter(json!({"n": 2}))?, json!({"n": 10}))?,
        class.deleting(filter(json!({"n": {"$lt": 10}}))?, false),
        class.inserting(class.object("b", json!({"n": 10}))?),
    ];
    class.commit(writes).await?;
    class.answers(&[(json!({"n": 10}), "a b"), (json!({}), "a b")]).await
}

async fn each_write_has_its_answer(bench: Bench) -> Outcome {
    let class = start(&bench).await?;
    let writes = vec![
        class.inserting(class.object("c", json!({"n": 3}))?),
        class.updating("c", json!({"n": 4}))?,
        class.relating("friends", "c", &["a"], &[])?,
        class.deleting(filter(json!({"n": 1}))?, true),
        class.deleting(filter(json!({"n": 1}))?, false),
    ];
    let answer = class.commit(writes).await?;
    match answer.as_slice() {
        [
            Written::Inserted,
            Written::Updated(object),
            Written::Related,
            Written::Deleted(2),
            Written::Deleted(0),
        ] => {
            ensure!(**object == class.one("c").await?, "the update answered another object");
            Ok(())
        }
        other => Err(Wrong(format!("answered {other:?}"))),
    }
}

async fn a_failure_takes_back_what_came_before(bench: Bench) -> Outcome {
    let class = start(&bench).await?;
    let writes = vec![
        class.inserting(class.object("c", json!({"n": 1}))?),
        class.updating("a", json!({"n": 5, "t": "z"}))?,
        class.deleting(filter(json!({"objectId": "b"}))?, true),
        class.updating("nobody", json!({"n": 1}))?,
    ];
    refused(class.commit(writes).await, |error| matches!(error, Error::NotFound), "NotFound")?;
    unchanged(&class).await
}

async fn a_failure_takes_back_join_rows(bench: Bench) -> Outcome {
    let class = start(&bench).await?;
    let writes = vec![
        class.relating("friends", "a", &["b"], &["a"])?,
        class.relating("friends", "b", &["a"], &[])?,
        class.deleting(filter(json!({"objectId": "nobody"}))?, true),
    ];
    refused(class.commit(writes).await, |error| matches!(error, Error::NotFound), "NotFound")?;
    let owners = class.storage.owners(&class.schema.class, "friends", &[id("a")?, id("b")?]).await?;
    ensure!(owners == [id("a")?], "an owner stayed");
    unchanged(&class).await
}

async fn a_failure_takes_back_a_delete_with_its_unique_values(bench: Bench) -> Outcome {
    let class = start(&bench).await?;
    let writes = vec![
        class.deleting(Filter::all(), true),
        class.inserting(class.object("c", json!({"t": "x"}))?),
        class.inserting(class.object("c", json!({"t": "y"}))?),
    ];
    let duplicate = |error: &Error| matches!(error, Error::Duplicate { .. });
    refused(class.commit(writes).await, duplicate, "Duplicate")?;
    unchanged(&class).await?;
    let again = class.commit(vec![class.inserting(class.object("c", json!({"t": "x"}))?)]).await;
    refused(again, duplicate, "Duplicate")
}

async fn every_kind_of_failure_takes_back(bench: Bench) -> Outcome {
    let class = start(&bench).await?;
    let last = [
        class.inserting(class.object("a", json!({}))?),
        class.inserting(class.object("c", json!({"t": "y"}))?),
        class.updating("b", json!({"t": "z"}))?,
        class.updating("a", json!({"t": {"__op": "Increment", "amount": 1}}))?,
        class.deleting(filter(json!({"n": 99}))?, true),
        class.relating("nothing", "a", &["b"], &[])?,
    ];
    for (n, write) in last.into_iter().enumerate() {
        let what = format!("failure {n}");
        let writes = vec![
            class.updating("a", json!({"n": 7, "t": "z"}))?,
            class.inserting(class.object("d", json!({"n": 1}))?),
            class.relating("friends", "a", &["b"], &[])?,
            write,
        ];
        ensure!(class.commit(writes).await.is_err(), "{what} didn't fail");
        unchanged(&class).await.map_err(|Wrong(text)| Wrong(format!("after {what}: {text}")))?;
    }
    Ok(())
}

async fn an_object_may_be_changed_twice(bench: Bench) -> Outcome {
    let class = bench.things("n:Number a:Array o:Object", [("a", json!({}))]).await?;
    let add = |n: i32| {
        class.updating(
            "a",
            json!({"n": {"__op": "Increment", "amount": n}, "a": {"__op": "Add", "objects": [n]}, "o.k": n}),
        )
    };
    class.commit(vec![add(1)?, add(2)?, add(3)?]).await?;
    class.answers(&[(json!({"n": 6, "a": {"$eq": [1, 2, 3]}, "o.k": 3}), "a")]).await
}

async fn an_inserted_object_may_be_deleted(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "n:Number").await?;
    let writes = vec![
        class.inserting(class.object("a", json!({"n": 1}))?),
        class.deleting(filter(json!({"n": 1}))?, true),
    ];
    class.commit(writes).await?;
    class.answers(&[(json!({}), "")]).await
}

async fn a_deleted_id_may_be_taken_again(bench: Bench) -> Outcome {
    let class = bench.things("n:Number m:Number", [("a", json!({"n": 1, "m": null}))]).await?;
    let writes = vec![
        class.deleting(filter(json!({"objectId": "a"}))?, true),
        class.inserting(class.object("a", json!({"n": 2}))?),
    ];
    class.commit(writes).await?;
    class.holds("a", &class.object("a", json!({"n": 2}))?).await
}

async fn classes_change_together(bench: Bench) -> Outcome {
    let (a, b) = (bench.class("A", "n:Number").await?, bench.class("B", "n:Number").await?);
    let write =
        |class: &Class, n: i32| Ok::<_, Wrong>(class.inserting(class.object("x", json!({ "n": n }))?));
    a.commit(vec![write(&a, 1)?, write(&b, 1)?]).await?;
    let again = a.commit(vec![a.updating("x", json!({"n": 2}))?, write(&b, 2)?]).await;
    refused(again, |error| matches!(error, Error::Duplicate { .. }), "Duplicate")?;
    a.answers(&[(json!({"n": 1}), "x")]).await?;
    b.answers(&[(json!({"n": 1}), "x")]).await
}

async fn a_failed_commit_leaves_no_trace_for_the_next(bench: Bench) -> Outcome {
    let class = start(&bench).await?;
    for _ in 0..3 {
        let writes = vec![
            class.inserting(class.object("c", json!({"t": "z"}))?),
            class.updating("nobody", json!({}))?,
        ];
        refused(class.commit(writes).await, |error| matches!(error, Error::NotFound), "NotFound")?;
    }
    class.insert("c", json!({"t": "z"})).await?;
    class.answers(&[(json!({}), "a b c"), (json!({"t": "z"}), "c")]).await
}

async fn a_delete_counts_what_it_deletes(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "n:Number").await?;
    for n in 0..6 {
        class.insert(&format!("o{n}"), json!({ "n": n })).await?;
    }
    for (condition, expected) in [(json!({"n": 5}), 1), (json!({"n": {"$lt": 3}}), 3), (json!({"n": 5}), 0)] {
        let answer = class.commit(vec![class.deleting(filter(condition.clone())?, false)]).await?;
        ensure!(
            answer == [Written::Deleted(expected)],
            "{condition} answered {answer:?}, expected {expected}"
        );
    }
    class.answers(&[(json!({}), "o3 o4")]).await
}

async fn a_delete_of_nothing_is_refused_on_wish(bench: Bench) -> Outcome {
    let class = bench.things("n:Number", [("a", json!({"n": 1}))]).await?;
    let none = filter(json!({"n": 2}))?;
    let must = class.commit(vec![class.deleting(none.clone(), true)]).await;
    refused(must, |error| matches!(error, Error::NotFound), "NotFound")?;
    let may = class.commit(vec![class.deleting(none, false)]).await?;
    ensure!(may == [Written::Deleted(0)], "answered {may:?}");
    class.answers(&[(json!({}), "a")]).await
}

async fn a_delete_takes_what_is_checked_again(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "t:String a:Array",
            [
                ("a", json!({"t": "x1", "a": [{"k": 1}]})),
                ("b", json!({"t": "x", "a": [{"k": 2}, {"k": 1}]})),
                ("c", json!({"t": "x2", "a": [{"k": 2}]})),
                ("d", json!({})),
            ],
        )
        .await?;
    let answer =
        class.commit(vec![class.deleting(filter(json!({"a.k": 1, "t": {"$regex": "\\d$"}}))?, true)]).await?;
    ensure!(answer == [Written::Deleted(1)], "answered {answer:?}");
    let answer = class.commit(vec![class.deleting(filter(json!({"$nor": [{"a.k": 1}]}))?, true)]).await?;
    ensure!(answer == [Written::Deleted(2)], "answered {answer:?}");
    class.answers(&[(json!({}), "b")]).await
}

async fn a_delete_may_take_everything(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "").await?;
    let ids: Vec<String> = (0..50).map(|n| format!("o{n}")).collect();
    class.fill(ids.iter().map(|id| (id.as_str(), json!({})))).await?;
    let answer = class.commit(vec![class.deleting(Filter::all(), false)]).await?;
    ensure!(answer == [Written::Deleted(50)], "answered {answer:?}");
    class.answers(&[(json!({}), "")]).await
}

async fn a_class_that_is_not_there_takes_nothing(bench: Bench) -> Outcome {
    let nowhere =
        Class { storage: bench.storage.clone(), schema: std::sync::Arc::new(schema("Nowhere", "n:Number")?) };
    let conflict = |error: &Error| matches!(error, Error::Conflict(_));
    let insert = nowhere.inserting(nowhere.object("a", json!({"n": 1}))?);
    refused(nowhere.commit(vec![insert]).await, conflict, "Conflict")?;
    let failed = nowhere.commit(vec![nowhere.updating("a", json!({"n": 1}))?]).await;
    let expected = |error: &Error| matches!(error, Error::Conflict(_) | Error::NotFound);
    refused(failed, expected, "Conflict or NotFound")?;
    nowhere.answers(&[(json!({}), ""), (json!({"n": 1}), "")]).await
}

async fn an_update_needs_what_a_write_before_it_left(bench: Bench) -> Outcome {
    let class = bench.things("n:Number", [("a", json!({"n": 1}))]).await?;
    let touch = |n: i32| {
        Ok::<_, Wrong>(Write::Update {
            schema: class.schema.clone(),
            filter: filter(json!({ "n": n }))?,
            update: Update::new(),
            at: Date(MADE.ms() + 9),
        })
    };
    let gone = class.commit(vec![class.updating("a", json!({"n": 2}))?, touch(1)?]).await;
    refused(gone, |error| matches!(error, Error::NotFound), "NotFound")?;
    class.commit(vec![class.updating("a", json!({"n": 2}))?, touch(2)?]).await?;
    ensure!(class.one("a").await?.updated_at == Date(MADE.ms() + 9), "the second write was lost");
    Ok(())
}
