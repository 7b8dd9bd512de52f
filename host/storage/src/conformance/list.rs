//! `$in`, `$nin`, `$all`, `$containedBy` and `$exists`.

use model::{Filter, Path, Test, Value};
use serde_json::{Value as Json, json};

use crate::conformance::{
    Outcome,
    bench::{Bench, date, pointer},
    cases,
};

cases![
    in_finds_any_of_them,
    in_on_an_array_needs_one_element,
    nin_is_the_exact_opposite,
    lists_may_be_mixed,
    lists_of_dates_numbers_and_booleans,
    a_long_list_is_answered,
    all_needs_every_one,
    all_patterns_need_an_element_each,
    contained_by_allows_no_other,
    exists_counts_a_null,
    exists_reaches_inside,
];

async fn in_finds_any_of_them(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "t:String n:Number",
            [
                ("a", json!({"t": "x", "n": 1})),
                ("b", json!({"t": "y", "n": 2.5})),
                ("c", json!({"t": "Y", "n": 3})),
                ("d", json!({})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"t": {"$in": ["x", "y", "x"]}}), "a b"),
            (json!({"t": {"$in": ["y"]}}), "b"),
            (json!({"t": {"$in": []}}), ""),
            (json!({"t": {"$in": ["none"]}}), ""),
            (json!({"t": {"$in": [["x"], "Y"]}}), "a c"),
            (json!({"n": {"$in": [1, 2.5]}}), "a b"),
            (json!({"n": {"$in": ["1", 3]}}), "c"),
            (json!({"n": {"$in": [1, null]}}), "a d"),
            (json!({"n": {"$in": [1, 3]}, "t": {"$in": ["Y", "y"]}}), "c"),
        ])
        .await
}

async fn in_on_an_array_needs_one_element(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "a:Array",
            [
                ("a", json!({"a": [1, "x"]})),
                ("b", json!({"a": ["y", {"k": 1}]})),
                ("c", json!({"a": []})),
                ("d", json!({})),
                ("e", json!({"a": [pointer("Ward", "w1"), null]})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"a": {"$in": ["x", "y"]}}), "a b"),
            (json!({"a": {"$in": [1, "none"]}}), "a"),
            (json!({"a": {"$in": [{"k": 1}]}}), "b"),
            (json!({"a": {"$in": [pointer("Ward", "w1")]}}), "e"),
            (json!({"a": {"$in": [pointer("Bed", "w1"), "w1"]}}), ""),
            (json!({"a": {"$in": [null]}}), "d e"),
            (json!({"a": {"$in": []}}), ""),
            (json!({"a": {"$nin": ["x", "y"]}}), "c d e"),
            (json!({"a": {"$nin": [null]}}), "a b c"),
        ])
        .await?;
    // Through REST a list inside is laid out; the port itself can ask for one.
    let list = |items: &[f64]| Value::Array(items.iter().copied().map(Value::Number).collect());
    let whole = Filter::Test(Path::new("a")?, Test::In(vec![list(&[]), list(&[1.0])]));
    class.passes(&whole, &["c"]).await
}

async fn nin_is_the_exact_opposite(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "t:String n:Number p:*Ward",
            [
                ("a", json!({"t": "x", "n": 1, "p": pointer("Ward", "w1")})),
                ("b", json!({"t": "y", "n": null})),
                ("c", json!({})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"t": {"$nin": ["x"]}}), "b c"),
            (json!({"t": {"$nin": []}}), "a b c"),
            (json!({"t": {"$nin": ["x", null]}}), "b"),
            (json!({"n": {"$nin": [1, 2]}}), "b c"),
            (json!({"n": {"$nin": [null]}}), "a"),
            (json!({"n": {"$nin": ["1"]}}), "a b c"),
            (json!({"p": {"$nin": [pointer("Ward", "w1")]}}), "b c"),
        ])
        .await
}

async fn lists_may_be_mixed(bench: Bench) -> Outcome {
    let fields = json!({"t": "1", "n": 1, "b": true, "o": {"k": [1]}});
    let class = bench.things("t:String n:Number b:Boolean o:Object", [("a", fields)]).await?;
    let mixed = json!([1, "1", true, null, {"k": [1]}, pointer("Ward", "1")]);
    for name in ["t", "n", "b", "o"] {
        class
            .answers(&[(json!({ name: {"$in": mixed} }), "a"), (json!({ name: {"$nin": mixed} }), "")])
            .await?;
    }
    class
        .answers(&[
            (json!({"t": {"$in": [1, true, {"k": [1]}]}}), ""),
            (json!({"n": {"$in": ["1", true, {"k": [1]}]}}), ""),
            (json!({"b": {"$in": ["1", 1, {"k": [1]}]}}), ""),
            (json!({"o": {"$in": ["1", 1, true]}}), ""),
        ])
        .await
}

async fn lists_of_dates_numbers_and_booleans(bench: Bench) -> Outcome {
    let day = |day: u8| date(&format!("2024-01-0{day}T00:00:00.000Z"));
    let class = bench
        .things(
            "d:Date n:Number b:Boolean",
            [
                ("a", json!({"d": day(1), "n": 0.1, "b": true})),
                ("b", json!({"d": day(2), "n": 1e300, "b": false})),
                ("c", json!({"d": day(3), "n": -7})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"d": {"$in": [day(1), day(3), day(9)]}}), "a c"),
            (json!({"d": {"$nin": [day(1), day(3)]}}), "b"),
            (json!({"n": {"$in": [0.1, -7, 5.5]}}), "a c"),
            (json!({"n": {"$nin": [0.1, 1e300]}}), "c"),
            (json!({"b": {"$in": [true, false]}}), "a b"),
            (json!({"b": {"$nin": [true]}}), "b c"),
        ])
        .await
}

async fn a_long_list_is_answered(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "t:String n:Number a:Array",
            [
                ("a", json!({"t": "t7", "n": 7, "a": ["t7", 7]})),
                ("b", json!({"t": "t8000", "n": 7999.5, "a": [null]})),
                ("c", json!({})),
            ],
        )
        .await?;
    let texts: Vec<Json> = (0..5_000).map(|n| json!(format!("t{n}"))).collect();
    let numbers: Vec<Json> = (0..5_000).map(|n| json!(n)).collect();
    let halves: Vec<Json> = (0..8_000).map(|n| json!(f64::from(n) + 0.5)).collect();
    class
        .answers(&[
            (json!({"t": {"$in": texts}}), "a"),
            (json!({"t": {"$nin": texts}}), "b c"),
            (json!({"n": {"$in": numbers}}), "a"),
            (json!({"n": {"$in": halves}}), "b"),
            (json!({"n": {"$nin": halves}}), "a c"),
            (json!({"a": {"$in": texts}}), "a"),
            (json!({"a": {"$in": numbers}}), "a"),
            (json!({"objectId": {"$in": texts}}), ""),
            (json!({"a": {"$containedBy": ([&texts[..], &numbers[..]].concat())}}), "a"),
        ])
        .await
}

async fn all_needs_every_one(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "a:Array n:Number",
            [
                ("ab", json!({"a": ["x", "y"], "n": 1})),
                ("a", json!({"a": ["x"]})),
                ("mixed", json!({"a": ["x", 1, {"k": 1}, pointer("Ward", "w1"), true, null, [2]]})),
                ("empty", json!({"a": []})),
                ("absent", json!({})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"a": {"$all": ["x"]}}), "ab a mixed"),
            (json!({"a": {"$all": ["x", "y"]}}), "ab"),
            (json!({"a": {"$all": ["y", "x", "y"]}}), "ab"),
            (json!({"a": {"$all": ["x", 1]}}), "mixed"),
            (json!({"a": {"$all": [{"k": 1}, pointer("Ward", "w1"), true, [2], null]}}), "mixed"),
            (json!({"a": {"$all": ["x", "1"]}}), ""),
            (json!({"a": {"$all": []}}), ""),
            (json!({"n": {"$all": [1]}}), ""),
        ])
        .await
}

async fn all_patterns_need_an_element_each(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "a:Array",
            [
                ("a", json!({"a": ["heart", "lung"]})),
                ("b", json!({"a": ["heart"]})),
                ("c", json!({"a": ["Heart", 1, null]})),
                ("d", json!({})),
            ],
        )
        .await?;
    let starts = |text: &str| json!({"$regex": format!("^\\Q{text}\\E")});
    class
        .answers(&[
            (json!({"a": {"$all": [starts("he")]}}), "a b"),
            (json!({"a": {"$all": [starts("he"), starts("lu")]}}), "a"),
            (json!({"a": {"$all": [{"$regex": "^he", "$options": "i"}]}}), "a b c"),
            (json!({"a": {"$all": [starts("x")]}}), ""),
        ])
        .await
}

async fn contained_by_allows_no_other(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "a:Array n:Number",
            [
                ("a", json!({"a": [1, 2, 1], "n": 1})),
                ("b", json!({"a": [1, "2"]})),
                ("c", json!({"a": []})),
                ("d", json!({})),
                ("e", json!({"a": [{"k": 1}, null]})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"a": {"$containedBy": [1, 2, 3]}}), "a c"),
            (json!({"a": {"$containedBy": [1, "2"]}}), "b c"),
            (json!({"a": {"$containedBy": []}}), "c"),
            (json!({"a": {"$containedBy": [{"k": 1}, null]}}), "c e"),
            (json!({"n": {"$containedBy": [1]}}), ""),
        ])
        .await
}

async fn exists_counts_a_null(bench: Bench) -> Outcome {
    let kinds = "t:String n:Number b:Boolean d:Date a:Array o:Object p:*Ward g:GeoPoint f:File y:Bytes";
    let class = bench.class("Thing", kinds).await?;
    for (n, name) in
        kinds.split_whitespace().filter_map(|field| field.split_once(':')).map(|(name, _)| name).enumerate()
    {
        let (with, without) = (format!("with{n}"), format!("without{n}"));
        class.fill([(with.as_str(), json!({ name: null })), (without.as_str(), json!({}))]).await?;
        let only = |exists: bool| json!({ name: {"$exists": exists}, "objectId": {"$in": [with, without]} });
        if bench.storage.features().explicit_nulls {
            class.answers(&[(only(true), &with), (only(false), &without)]).await?;
        } else {
            class.answers(&[(only(true), ""), (only(false), &format!("{with} {without}"))]).await?;
        }
    }
    Ok(())
}

async fn exists_reaches_inside(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "o:Object a:Array",
            [
                ("value", json!({"o": {"k": 1}, "a": [{"k": 1}, {}]})),
                ("null", json!({"o": {"k": null}, "a": [{"k": null}]})),
                ("none", json!({"o": {}, "a": [{}]})),
                ("absent", json!({})),
            ],
        )
        .await?;
    for path in ["o.k", "a.k"] {
        class
            .answers(&[
                (json!({ path: {"$exists": true} }), "value null"),
                (json!({ path: {"$exists": false} }), "none absent"),
            ])
            .await?;
    }
    Ok(())
}
