//! The different values of a field.

use model::{Filter, Path, encode, query::Advice};
use serde_json::{Value as Json, json};

use crate::conformance::{
    Outcome,
    bench::{Bench, Class, date, filter, pointer},
    cases, ensure,
};

cases![
    each_value_comes_once,
    arrays_are_laid_out,
    pointers_and_dates_keep_their_types,
    a_path_reaches_inside,
    a_filter_narrows,
    an_unknown_field_has_no_values,
    the_object_s_own_fields_count,
];

async fn values(class: &Class, path: &str, of: Filter) -> Result<Vec<String>, crate::conformance::Wrong> {
    let path = Path::new(path)?;
    let found = class.storage.distinct(&class.schema, &path, &of, &Advice::default()).await?;
    let mut texts: Vec<String> = found.iter().map(|value| encode::json(value).to_string()).collect();
    texts.sort();
    Ok(texts)
}

/// Ends the case unless a path has exactly these values, in any order.
async fn has(class: &Class, path: &str, of: Filter, expected: &[Json]) -> Outcome {
    let mut expected: Vec<String> = expected.iter().map(Json::to_string).collect();
    expected.sort();
    let found = values(class, path, of).await?;
    ensure!(found == expected, "distinct {path}: found {found:?}, expected {expected:?}");
    Ok(())
}

async fn each_value_comes_once(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "n:Number t:String b:Boolean",
            [
                ("a", json!({"n": 1, "t": "x", "b": true})),
                ("b", json!({"n": 1, "t": "X", "b": false})),
                ("c", json!({"n": 2.5, "t": "x", "b": true})),
                ("d", json!({})),
            ],
        )
        .await?;
    has(&class, "n", Filter::all(), &[json!(1), json!(2.5)]).await?;
    has(&class, "t", Filter::all(), &[json!("x"), json!("X")]).await?;
    has(&class, "b", Filter::all(), &[json!(true), json!(false)]).await
}

async fn arrays_are_laid_out(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "a:Array",
            [("a", json!({"a": [1, 2]})), ("b", json!({"a": [2, "x", [3]]})), ("c", json!({"a": []}))],
        )
        .await?;
    has(&class, "a", Filter::all(), &[json!(1), json!(2), json!("x"), json!([3])]).await
}

async fn pointers_and_dates_keep_their_types(bench: Bench) -> Outcome {
    let (ward, day) = (pointer("Ward", "w1"), date("2024-01-02T03:04:05.006Z"));
    let class = bench
        .things(
            "ward:*Ward at:Date",
            [
                ("a", json!({"ward": ward, "at": day})),
                ("b", json!({"ward": pointer("Ward", "w2"), "at": day})),
                ("c", json!({"ward": ward})),
            ],
        )
        .await?;
    has(&class, "ward", Filter::all(), &[ward, pointer("Ward", "w2")]).await?;
    has(&class, "at", Filter::all(), &[day]).await
}

async fn a_path_reaches_inside(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "o:Object a:Array",
            [
                ("a", json!({"o": {"k": 1}, "a": [{"k": "x"}, {"k": "y"}]})),
                ("b", json!({"o": {"k": 2}, "a": [{"k": "x"}]})),
                ("c", json!({"o": {"j": 3}})),
            ],
        )
        .await?;
    has(&class, "o.k", Filter::all(), &[json!(1), json!(2)]).await?;
    has(&class, "a.k", Filter::all(), &[json!("x"), json!("y")]).await
}

async fn a_filter_narrows(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "n:Number t:String",
            [
                ("a", json!({"n": 1, "t": "x"})),
                ("b", json!({"n": 2, "t": "y"})),
                ("c", json!({"n": 3, "t": "x"})),
            ],
        )
        .await?;
    has(&class, "t", filter(json!({"n": {"$lt": 3}}))?, &[json!("x"), json!("y")]).await?;
    has(&class, "n", filter(json!({"t": "x"}))?, &[json!(1), json!(3)]).await?;
    has(&class, "n", filter(json!({"t": "z"}))?, &[]).await
}

async fn an_unknown_field_has_no_values(bench: Bench) -> Outcome {
    let class = bench.things("n:Number", [("a", json!({"n": 1}))]).await?;
    has(&class, "unknown", Filter::all(), &[]).await?;
    has(&class, "n.unknown", Filter::all(), &[]).await
}

async fn the_object_s_own_fields_count(bench: Bench) -> Outcome {
    let class = bench.things("n:Number", [("a", json!({"n": 1})), ("b", json!({"n": 1}))]).await?;
    has(&class, "objectId", Filter::all(), &[json!("a"), json!("b")]).await?;
    let made = values(&class, "createdAt", Filter::all()).await?;
    ensure!(made.len() == 1, "createdAt has {} values, expected 1", made.len());
    Ok(())
}
