//! Skip and limit.

use model::{
    Filter, Limit,
    query::Advice,
    schema::{IndexKind, Indexes},
};
use serde_json::json;

use crate::{
    Error, Select,
    conformance::{
        Outcome, Wrong,
        bench::{Bench, Class, filter, order, refused, schema, unique},
        cases, ensure,
    },
};

cases![
    a_limit_stops,
    a_limit_of_none_answers_none,
    a_skip_passes_over,
    skip_and_limit_make_pages,
    enormous_windows_are_fine,
    without_an_order_every_row_comes_once,
    a_window_counts_what_passes,
    a_window_counts_what_is_checked_again,
    a_window_follows_an_order_that_is_checked_again,
    a_count_knows_no_window,
    a_hint_names_an_index,
];

async fn ten(bench: &Bench) -> Result<Class, Wrong> {
    let class = bench.class("Thing", "n:Number t:String a:Array").await?;
    for n in 0..10 {
        let fields = json!({ "n": n, "t": format!("t{n}"), "a": [{ "k": n % 2 }] });
        class.insert(&format!("o{n}"), fields).await?;
    }
    Ok(class)
}

async fn page(class: &Class, of: Filter, keys: &str, skip: u64, limit: Limit) -> Result<String, Wrong> {
    let select = Select { order: order(keys)?, skip, limit, ..class.select(of) };
    Ok(class.ids(&select).await?.join(" "))
}

async fn a_limit_stops(bench: Bench) -> Outcome {
    let class = ten(&bench).await?;
    for (limit, expected) in [(1, "o0"), (3, "o0 o1 o2"), (10, "o0 o1 o2 o3 o4 o5 o6 o7 o8 o9")] {
        let found = page(&class, Filter::all(), "n", 0, Limit::Rows(limit)).await?;
        ensure!(found == expected, "limit {limit}: {found}");
    }
    Ok(())
}

async fn a_limit_of_none_answers_none(bench: Bench) -> Outcome {
    let class = ten(&bench).await?;
    for keys in ["", "n", "-a.k"] {
        let found = page(&class, Filter::all(), keys, 0, Limit::Rows(0)).await?;
        ensure!(found.is_empty(), "limit 0 found {found}");
    }
    Ok(())
}

async fn a_skip_passes_over(bench: Bench) -> Outcome {
    let class = ten(&bench).await?;
    let found = page(&class, Filter::all(), "n", 8, Limit::All).await?;
    ensure!(found == "o8 o9", "skip 8: {found}");
    let found = page(&class, Filter::all(), "-n", 9, Limit::All).await?;
    ensure!(found == "o0", "skip 9: {found}");
    let found = page(&class, Filter::all(), "n", 10, Limit::All).await?;
    ensure!(found.is_empty(), "skip 10: {found}");
    Ok(())
}

async fn skip_and_limit_make_pages(bench: Bench) -> Outcome {
    let class = ten(&bench).await?;
    for (skip, expected) in [(0, "o0 o1 o2 o3"), (4, "o4 o5 o6 o7"), (8, "o8 o9"), (12, "")] {
        let found = page(&class, Filter::all(), "n", skip, Limit::Rows(4)).await?;
        ensure!(found == expected, "skip {skip}: {found}");
    }
    Ok(())
}

async fn enormous_windows_are_fine(bench: Bench) -> Outcome {
    let class = ten(&bench).await?;
    for keys in ["n", "o.k,n"] {
        let found = page(&class, Filter::all(), keys, u64::MAX, Limit::Rows(1)).await?;
        ensure!(found.is_empty(), "a skip past everything found {found}");
        let found = page(&class, Filter::all(), keys, 9, Limit::Rows(u64::MAX)).await?;
        ensure!(found == "o9", "skip 9: {found}");
        let found = page(&class, Filter::all(), keys, u64::MAX, Limit::Rows(u64::MAX)).await?;
        ensure!(found.is_empty(), "a skip past everything found {found}");
    }
    Ok(())
}

async fn without_an_order_every_row_comes_once(bench: Bench) -> Outcome {
    let class = ten(&bench).await?;
    let select = Select { limit: Limit::Rows(7), ..class.select(Filter::all()) };
    let mut found = class.ids(&select).await?;
    found.sort();
    found.dedup();
    ensure!(found.len() == 7, "{} rows, expected 7", found.len());
    let select = Select { skip: 7, ..class.select(Filter::all()) };
    ensure!(class.ids(&select).await?.len() == 3, "skip 7 of 10 doesn't leave 3");
    Ok(())
}

async fn a_window_counts_what_passes(bench: Bench) -> Outcome {
    let class = ten(&bench).await?;
    let odd = filter(json!({"n": {"$in": [1, 3, 5, 7, 9]}}))?;
    let found = page(&class, odd, "-n", 1, Limit::Rows(3)).await?;
    ensure!(found == "o7 o5 o3", "found {found}");
    Ok(())
}

async fn a_window_counts_what_is_checked_again(bench: Bench) -> Outcome {
    let class = ten(&bench).await?;
    for condition in [json!({"a.k": 1}), json!({"t": {"$regex": "[13579]$"}}), json!({"$nor": [{"a.k": 0}]})]
    {
        let found = page(&class, filter(condition.clone())?, "n", 1, Limit::Rows(3)).await?;
        ensure!(found == "o3 o5 o7", "where {condition}: {found}");
        let found = page(&class, filter(condition.clone())?, "n", 4, Limit::Rows(3)).await?;
        ensure!(found == "o9", "where {condition}: {found}");
        let select = Select { limit: Limit::Rows(2), ..class.select(filter(condition.clone())?) };
        let found = class.ids(&select).await?;
        ensure!(found.len() == 2, "where {condition}: {found:?}, expected 2 of them");
    }
    Ok(())
}

async fn a_window_follows_an_order_that_is_checked_again(bench: Bench) -> Outcome {
    let class = ten(&bench).await?;
    let found = page(&class, Filter::all(), "-a.k,n", 3, Limit::Rows(4)).await?;
    ensure!(found == "o7 o9 o0 o2", "found {found}");
    let few = filter(json!({"n": {"$lt": 6}}))?;
    let found = page(&class, few, "a.k,-n", 1, Limit::Rows(3)).await?;
    ensure!(found == "o2 o0 o5", "found {found}");
    Ok(())
}

async fn a_count_knows_no_window(bench: Bench) -> Outcome {
    let class = ten(&bench).await?;
    let rows =
        [(json!({}), 10), (json!({"n": {"$gt": 3}}), 6), (json!({"a.k": 1}), 5), (json!({"n": 99}), 0)];
    for (condition, expected) in rows {
        let count = class.storage.count(&class.schema, &filter(condition.clone())?).await?;
        ensure!(count == expected, "where {condition}: counted {count}, expected {expected}");
    }
    Ok(())
}

async fn a_hint_names_an_index(bench: Bench) -> Outcome {
    let mut indexed = schema("Hinted", "n:Number t:String u:String")?;
    let keys = [("n".to_owned(), IndexKind::Ascending), ("t".to_owned(), IndexKind::Descending)];
    indexed.indexes = Indexes::from([("by_n_t".to_owned(), keys.into())]);
    indexed.unique = vec![unique(&["u"])?];
    let class = bench.put(indexed).await?;
    class.fill([("a", json!({"n": 1, "t": "x"})), ("b", json!({"n": 2, "t": "y", "u": "z"}))]).await?;
    let find = |hint: &serde_json::Value, of: serde_json::Value| {
        let advice = Advice { hint: Advice::hint(hint.clone())?, ..Advice::default() };
        Ok::<_, Wrong>(Select { advice, ..class.select(filter(of)?) })
    };
    for hint in [json!("by_n_t"), json!({"n": 1, "t": -1}), json!("_id_"), json!({"_id": 1})] {
        let found = class.ids(&find(&hint, json!({"n": {"$gte": 2}}))?).await?;
        ensure!(found == ["b"], "hint {hint}: {found:?}");
    }
    for hint in [json!("by_t"), json!({"n": 1, "t": 1}), json!({"m": 1})] {
        let answer = class.storage.find(&find(&hint, json!({"n": {"$gte": 2}}))?).await;
        refused(answer, |error| matches!(error, Error::Refused(_)), "Refused")
            .map_err(|Wrong(what)| Wrong(format!("hint {hint}: {what}")))?;
    }
    Ok(())
}
