//! Changes at the same time, and the life of a backend.

use futures_util::future::join_all;
use model::Filter;
use serde_json::json;

use crate::{
    Error,
    conformance::{
        Outcome, Wrong,
        bench::{Bench, filter, id, refused},
        cases, ensure,
    },
};

cases![
    increments_at_the_same_time_all_count,
    one_of_many_takes_a_unique_value,
    one_of_many_compares_and_sets,
    a_failure_beside_others_spoils_none,
    a_find_sees_a_commit_whole,
    relations_at_the_same_time_all_count,
    what_is_answered_is_seen,
    a_closed_backend_refuses,
];

async fn increments_at_the_same_time_all_count(bench: Bench) -> Outcome {
    let class = bench.things("n:Number a:Array", [("a", json!({}))]).await?;
    let add = |n: i32| {
        let add = json!({"__op": "Increment", "amount": 1});
        class.updating("a", json!({"n": add, "a": {"__op": "AddUnique", "objects": [n]}}))
    };
    let writes = (0..40).map(add).collect::<Result<Vec<_>, _>>()?;
    for answer in join_all(writes.into_iter().map(|write| class.commit(vec![write]))).await {
        answer?;
    }
    class.answers(&[(json!({"n": 40, "a": {"$all": [0, 39]}}), "a")]).await
}

async fn one_of_many_takes_a_unique_value(bench: Bench) -> Outcome {
    let class = bench.unique("Thing", "t:String", &[&["t"]]).await?;
    let insert = |n: i32| Ok(class.inserting(class.object(&format!("o{n}"), json!({"t": "x"}))?));
    let writes = (0..20).map(insert).collect::<Result<Vec<_>, Wrong>>()?;
    let answers = join_all(writes.into_iter().map(|write| class.commit(vec![write]))).await;
    let taken = answers.iter().filter(|answer| answer.is_ok()).count();
    let refused = answers.iter().filter(|answer| matches!(answer, Err(Error::Duplicate { .. }))).count();
    ensure!((taken, refused) == (1, 19), "{taken} took the value, {refused} were refused");
    ensure!(class.storage.count(&class.schema, &Filter::all()).await? == 1, "more than one is stored");
    Ok(())
}

async fn one_of_many_compares_and_sets(bench: Bench) -> Outcome {
    let class = bench.things("n:Number", [("a", json!({"n": 0}))]).await?;
    let step = |n: i32| class.updating_where(filter(json!({"objectId": "a", "n": 0}))?, json!({ "n": n }));
    let writes = (1..=20).map(step).collect::<Result<Vec<_>, _>>()?;
    let answers = join_all(writes.into_iter().map(|write| class.commit(vec![write]))).await;
    let set = answers.iter().filter(|answer| answer.is_ok()).count();
    let late = answers.iter().filter(|answer| matches!(answer, Err(Error::NotFound))).count();
    ensure!((set, late) == (1, 19), "{set} set the value, {late} came late");
    Ok(())
}

async fn a_failure_beside_others_spoils_none(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "n:Number").await?;
    let writes = |n: i32| {
        let insert = class.inserting(class.object(&format!("o{n}"), json!({ "n": n }))?);
        let fails = class.updating("nobody", json!({}))?;
        Ok(if n % 2 == 0 { vec![insert] } else { vec![insert, fails] })
    };
    let commits = (0..30).map(writes).collect::<Result<Vec<_>, Wrong>>()?;
    let answers = join_all(commits.into_iter().map(|writes| class.commit(writes))).await;
    for (n, answer) in answers.iter().enumerate() {
        ensure!(answer.is_ok() == (n % 2 == 0), "commit {n} answered {answer:?}");
    }
    let found = class.storage.find(&class.select(Filter::all())).await?;
    ensure!(found.len() == 15, "{} objects are stored, expected 15", found.len());
    Ok(())
}

async fn a_find_sees_a_commit_whole(bench: Bench) -> Outcome {
    let class = bench.things("n:Number", [("a", json!({"n": 0})), ("b", json!({"n": 0}))]).await?;
    let select = class.select(Filter::all());
    for n in 1..=10 {
        let writes = vec![class.updating("a", json!({ "n": n }))?, class.updating("b", json!({ "n": n }))?];
        let finds = join_all((0..4).map(|_| class.storage.find(&select)));
        let (done, found) = futures_util::future::join(class.commit(writes), finds).await;
        done?;
        for found in found {
            let found = found?;
            let values: Vec<_> = found.iter().map(|object| object.field("n")).collect();
            ensure!(values.len() == 2 && values.first() == values.last(), "a find saw half a commit");
        }
    }
    Ok(())
}

async fn relations_at_the_same_time_all_count(bench: Bench) -> Outcome {
    let class = bench.things("friends:<Thing", [("a", json!({}))]).await?;
    let relate = |n: i32| class.relating("friends", "a", &[&format!("f{n}"), "all"], &[]);
    let writes = (0..20).map(relate).collect::<Result<Vec<_>, _>>()?;
    for answer in join_all(writes.into_iter().map(|write| class.commit(vec![write]))).await {
        answer?;
    }
    let friends = class.storage.related(&class.schema.class, "friends", &id("a")?).await?;
    ensure!(friends.len() == 21, "{} members, expected 21", friends.len());
    Ok(())
}

async fn what_is_answered_is_seen(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "n:Number").await?;
    for n in 0..20 {
        class.insert(&format!("o{n}"), json!({ "n": n })).await?;
        class.answers(&[(json!({ "n": n }), &format!("o{n}"))]).await?;
    }
    Ok(())
}

async fn a_closed_backend_refuses(bench: Bench) -> Outcome {
    let class = bench.things("n:Number friends:<Thing", [("a", json!({"n": 1}))]).await?;
    class.storage.ping().await?;
    class.storage.close().await;
    let closed = |error: &Error| matches!(error, Error::Unavailable(_));
    let (storage, name, a) = (&class.storage, &class.schema.class, id("a")?);
    refused(storage.ping().await, closed, "Unavailable")?;
    refused(storage.find(&class.select(Filter::all())).await, closed, "Unavailable")?;
    refused(storage.count(&class.schema, &Filter::all()).await, closed, "Unavailable")?;
    refused(class.commit(vec![class.updating("a", json!({"n": 2}))?]).await, closed, "Unavailable")?;
    refused(storage.related(name, "friends", &a).await, closed, "Unavailable")?;
    refused(storage.owners(name, "friends", &[a]).await, closed, "Unavailable")?;
    refused(storage.put_schema(&class.schema).await, closed, "Unavailable")?;
    refused(storage.drop_schema(name).await, closed, "Unavailable")?;
    storage.close().await;
    Ok(())
}
