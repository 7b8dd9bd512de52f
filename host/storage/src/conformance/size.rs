//! Big values, deep values, many objects, and counts of them.

use model::{Filter, Limit, Value};
use serde_json::{Value as Json, json};

use crate::{
    Select, Written,
    conformance::{
        Outcome, Wrong,
        bench::{Bench, Class, filter, order},
        cases, ensure,
    },
};

cases![
    a_long_text_is_kept,
    many_bytes_are_kept,
    a_long_array_is_kept,
    a_wide_object_is_kept,
    a_deep_object_is_kept,
    a_deep_array_is_kept,
    a_big_commit_is_carried_out,
    ten_thousand_objects_are_found,
    ten_thousand_objects_are_sorted_and_paged,
    ten_thousand_objects_are_counted_and_deleted,
];

async fn a_long_text_is_kept(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "t:String o:Object").await?;
    let text = "äb\n\"".repeat(500_000);
    let object = class.object("a", json!({"t": text, "o": {"k": text}}))?;
    class.insert_object(object.clone()).await?;
    class.holds("a", &object).await?;
    class.answers(&[(json!({ "t": text }), "a"), (json!({"t": {"$regex": "\\Qb\n\"ä\\E"}}), "a")]).await
}

async fn many_bytes_are_kept(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "y:Bytes").await?;
    let mut object = class.object("a", json!({}))?;
    let bytes: Vec<u8> = (0..=255_u8).cycle().take(2_000_000).collect();
    object.fields.insert(model::FieldName::new("y")?, Value::Bytes(bytes));
    class.insert_object(object.clone()).await?;
    class.holds("a", &object).await
}

async fn a_long_array_is_kept(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "a:Array").await?;
    let items: Vec<Json> = (0..20_000).map(|n| json!(n)).collect();
    let object = class.object("a", json!({ "a": items }))?;
    class.insert_object(object.clone()).await?;
    class.holds("a", &object).await?;
    class
        .answers(&[
            (json!({"a": 19_999}), "a"),
            (json!({"a": 20_000}), ""),
            (json!({"a.19999": 19_999}), "a"),
        ])
        .await?;
    class.update("a", json!({"a": {"__op": "Add", "objects": [20_000]}})).await?;
    class.answers(&[(json!({"a": 20_000}), "a")]).await
}

async fn a_wide_object_is_kept(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "o:Object").await?;
    let members = (0..5_000).map(|n| (format!("k{n}"), json!({ "v": n }))).collect();
    let object = class.object("a", json!({"o": Json::Object(members)}))?;
    class.insert_object(object.clone()).await?;
    class.holds("a", &object).await?;
    class.answers(&[(json!({"o.k4999.v": 4_999}), "a"), (json!({"o.k4999.v": 1}), "")]).await
}

async fn a_deep_object_is_kept(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "o:Object").await?;
    let deep = (0..100).fold(json!("end"), |inner, _| json!({ "k": inner }));
    let object = class.object("a", json!({ "o": deep }))?;
    class.insert_object(object.clone()).await?;
    class.holds("a", &object).await?;
    class.answers(&[(json!({"o": {"$eq": deep}}), "a"), (json!({"o.k.k.k.k": {"$exists": true}}), "a")]).await
}

async fn a_deep_array_is_kept(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "a:Array").await?;
    let deep = (0..100).fold(json!("end"), |inner, _| json!([inner]));
    let object = class.object("a", json!({ "a": deep }))?;
    class.insert_object(object.clone()).await?;
    class.holds("a", &object).await
}

async fn a_big_commit_is_carried_out(bench: Bench) -> Outcome {
    let class = bench.things("n:Number", [("a", json!({"n": 0}))]).await?;
    let add = || class.updating("a", json!({"n": {"__op": "Increment", "amount": 1}}));
    let answer = class.commit((0..500).map(|_| add()).collect::<Result<_, _>>()?).await?;
    ensure!(answer.len() == 500, "500 writes had {} answers", answer.len());
    class.answers(&[(json!({"n": 500}), "a")]).await
}

async fn ten_thousand(bench: &Bench) -> Result<Class, Wrong> {
    let class = bench.class("Thing", "n:Number t:String a:Array").await?;
    for thousand in 0..10 {
        let ids: Vec<(i32, String)> =
            (thousand * 1_000..(thousand + 1) * 1_000).map(|n| (n, format!("o{n:04}"))).collect();
        let fields = |n: i32| json!({"n": n, "t": format!("t{}", n % 100), "a": [n % 7, {"k": n % 11}]});
        class.fill(ids.iter().map(|(n, id)| (id.as_str(), fields(*n)))).await?;
    }
    Ok(class)
}

async fn ten_thousand_objects_are_found(bench: Bench) -> Outcome {
    let class = ten_thousand(&bench).await?;
    class
        .answers(&[
            (json!({"objectId": "o7777"}), "o7777"),
            (json!({"n": 9_999}), "o9999"),
            (json!({"n": {"$gt": 9_997}}), "o9998 o9999"),
            (json!({"t": "t7", "a": 6, "a.k": 10, "n": {"$lt": 2_000}}), "o0307"),
            (json!({"n": 10_000}), ""),
        ])
        .await?;
    let all = class.ids(&class.select(Filter::all())).await?;
    ensure!(all.len() == 10_000, "{} objects were found", all.len());
    Ok(())
}

async fn ten_thousand_objects_are_sorted_and_paged(bench: Bench) -> Outcome {
    let class = ten_thousand(&bench).await?;
    for (condition, keys, skip, expected) in [
        (json!({}), "-n", 5_000, "o4999 o4998"),
        (json!({"t": "t5"}), "n", 98, "o9805 o9905"),
        (json!({"a.k": 3}), "-n", 0, "o9991 o9980"),
        (json!({}), "a.k,-n", 0, "o9999 o9988"),
    ] {
        let select = Select {
            order: order(keys)?,
            skip,
            limit: Limit::Rows(2),
            ..class.select(filter(condition.clone())?)
        };
        let found = class.ids(&select).await?.join(" ");
        ensure!(found == expected, "where {condition}, order {keys}: found {found}, expected {expected}");
    }
    Ok(())
}

async fn ten_thousand_objects_are_counted_and_deleted(bench: Bench) -> Outcome {
    let class = ten_thousand(&bench).await?;
    let rows = [
        (json!({}), 10_000),
        (json!({"t": "t5"}), 100),
        (json!({"n": {"$gte": 2_500}}), 7_500),
        (json!({"a": 3}), 1_429),
        (json!({"a.k": 3}), 909),
        (json!({"$nor": [{"a.k": 3}]}), 9_091),
        (json!({"t": {"$regex": "^t\\d$"}}), 1_000),
    ];
    for (condition, expected) in rows {
        let count = class.storage.count(&class.schema, &filter(condition.clone())?).await?;
        ensure!(count == expected, "where {condition}: counted {count}, expected {expected}");
    }
    for (condition, expected) in
        [(json!({"a.k": 3}), 909), (json!({"n": {"$lt": 5_000}}), 4_545), (json!({}), 4_546)]
    {
        let answer = class.commit(vec![class.deleting(filter(condition.clone())?, true)]).await?;
        ensure!(
            answer == [Written::Deleted(expected)],
            "{condition} deleted {answer:?}, expected {expected}"
        );
    }
    class.answers(&[(json!({}), "")]).await
}
