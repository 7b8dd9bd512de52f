//! `$lt`, `$lte`, `$gt` and `$gte`.

use serde_json::json;

use crate::conformance::{
    Outcome,
    bench::{Bench, MADE, date, pointer},
    cases,
};

cases![
    numbers_have_an_order,
    extreme_numbers_have_an_order,
    texts_go_by_code_point,
    dates_have_an_order,
    false_comes_before_true,
    kinds_do_not_compare,
    null_is_only_equal,
    one_element_suffices,
    places_inside_have_an_order,
    ranges_meet,
    the_dates_of_the_object_have_an_order,
];

async fn numbers_have_an_order(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "n:Number",
            [
                ("a", json!({"n": -1.5})),
                ("b", json!({"n": 0})),
                ("c", json!({"n": 2})),
                ("d", json!({"n": 10})),
                ("null", json!({"n": null})),
                ("absent", json!({})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"n": {"$lt": 2}}), "a b"),
            (json!({"n": {"$lte": 2}}), "a b c"),
            (json!({"n": {"$gt": 2}}), "d"),
            (json!({"n": {"$gte": 2}}), "c d"),
            (json!({"n": {"$lt": -1.5}}), ""),
            (json!({"n": {"$gt": -0.0}}), "c d"),
            (json!({"n": {"$gte": -0.0}}), "b c d"),
        ])
        .await
}

async fn extreme_numbers_have_an_order(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "n:Number",
            [
                ("min", json!({"n": f64::MIN})),
                ("tiny", json!({"n": 5e-324})),
                ("exact", json!({"n": 9_007_199_254_740_992.0})),
                ("next", json!({"n": 9_007_199_254_740_994.0})),
                ("max", json!({"n": f64::MAX})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"n": {"$gt": 0}}), "tiny exact next max"),
            (json!({"n": {"$lt": 5e-324}}), "min"),
            (json!({"n": {"$gt": 9_007_199_254_740_992.0}}), "next max"),
            (json!({"n": {"$gte": f64::MAX}}), "max"),
            (json!({"n": {"$lt": 1e308}}), "min tiny exact next"),
        ])
        .await
}

async fn texts_go_by_code_point(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "t:String",
            [
                ("empty", json!({"t": ""})),
                ("ten", json!({"t": "10"})),
                ("nine", json!({"t": "9"})),
                ("upper", json!({"t": "Z"})),
                ("lower", json!({"t": "a"})),
                ("longer", json!({"t": "aa"})),
                ("umlaut", json!({"t": "ä"})),
                ("last", json!({"t": "\u{ffff}"})),
                ("face", json!({"t": "😀"})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"t": {"$lt": "a"}}), "empty ten nine upper"),
            (json!({"t": {"$lte": "a"}}), "empty ten nine upper lower"),
            (json!({"t": {"$gt": "a", "$lt": "b"}}), "longer"),
            (json!({"t": {"$gt": "z"}}), "umlaut last face"),
            (json!({"t": {"$gt": "\u{ffff}"}}), "face"),
            (json!({"t": {"$gte": ""}}), "empty ten nine upper lower longer umlaut last face"),
            (json!({"t": {"$lt": "9"}}), "empty ten"),
        ])
        .await
}

async fn dates_have_an_order(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "d:Date",
            [
                ("old", json!({"d": date("1899-12-31T23:59:59.999Z")})),
                ("a", json!({"d": date("2024-01-01T00:00:00.000Z")})),
                ("b", json!({"d": date("2024-01-01T00:00:00.001Z")})),
                ("absent", json!({})),
            ],
        )
        .await?;
    let at = date("2024-01-01T00:00:00.000Z");
    class
        .answers(&[
            (json!({"d": {"$lt": at}}), "old"),
            (json!({"d": {"$lte": at}}), "old a"),
            (json!({"d": {"$gt": at}}), "b"),
            (json!({"d": {"$gte": at}}), "a b"),
            (json!({"d": {"$lt": date("1970-01-01T00:00:00.000Z")}}), "old"),
            (json!({"d": {"$lt": "2024-01-01T00:00:00.000Z"}}), ""),
            (json!({"d": {"$gt": 0}}), ""),
        ])
        .await
}

async fn false_comes_before_true(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "b:Boolean",
            [("yes", json!({"b": true})), ("no", json!({"b": false})), ("absent", json!({}))],
        )
        .await?;
    class
        .answers(&[
            (json!({"b": {"$lt": true}}), "no"),
            (json!({"b": {"$gt": false}}), "yes"),
            (json!({"b": {"$gte": false}}), "yes no"),
            (json!({"b": {"$gt": 0}}), ""),
        ])
        .await
}

async fn kinds_do_not_compare(bench: Bench) -> Outcome {
    let fields = json!({"t": "5", "n": 5, "b": true, "a": ["5"], "o": {"k": 5}, "p": pointer("Ward", "5")});
    let class = bench.things("t:String n:Number b:Boolean a:Array o:Object p:*Ward", [("x", fields)]).await?;
    class
        .answers(&[
            (json!({"t": {"$lt": 9}}), ""),
            (json!({"t": {"$gt": 1}}), ""),
            (json!({"n": {"$gt": "1"}}), ""),
            (json!({"n": {"$lt": "9"}}), ""),
            (json!({"b": {"$gte": 0}}), ""),
            (json!({"a": {"$gt": 1}}), ""),
            (json!({"o": {"$gt": 1}}), ""),
            (json!({"o": {"$gt": ""}}), ""),
            (json!({"p": {"$gt": ""}}), ""),
            (json!({"p": {"$lt": "zzz"}}), ""),
        ])
        .await
}

async fn null_is_only_equal(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "n:Number a:Array",
            [
                ("full", json!({"n": 1, "a": [1]})),
                ("null", json!({"n": null, "a": [null]})),
                ("absent", json!({})),
            ],
        )
        .await?;
    for name in ["n", "a"] {
        class
            .answers(&[
                (json!({ name: {"$lt": null} }), ""),
                (json!({ name: {"$gt": null} }), ""),
                (json!({ name: {"$lte": null} }), "null absent"),
                (json!({ name: {"$gte": null} }), "null absent"),
            ])
            .await?;
    }
    Ok(())
}

async fn one_element_suffices(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "a:Array",
            [
                ("low", json!({"a": [1, 2]})),
                ("wide", json!({"a": [1, 9]})),
                ("text", json!({"a": ["5"]})),
                ("mixed", json!({"a": ["x", 5, null]})),
                ("nested", json!({"a": [[5]]})),
                ("empty", json!({"a": []})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"a": {"$gt": 4}}), "wide mixed"),
            (json!({"a": {"$lt": 2}}), "low wide"),
            // Each bound may be met by another element.
            (json!({"a": {"$gt": 4, "$lt": 5}}), "wide"),
            (json!({"a": {"$gte": "5"}}), "text mixed"),
        ])
        .await
}

async fn places_inside_have_an_order(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "o:Object",
            [
                ("a", json!({"o": {"k": 1}})),
                ("b", json!({"o": {"k": 5}})),
                ("text", json!({"o": {"k": "5"}})),
                ("date", json!({"o": {"k": date("2024-01-01T00:00:00.000Z")}})),
                ("list", json!({"o": {"k": [0, 7]}})),
                ("none", json!({"o": {}})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"o.k": {"$gt": 1}}), "b list"),
            (json!({"o.k": {"$lte": 1}}), "a list"),
            (json!({"o.k": {"$gt": "4"}}), "text"),
            (json!({"o.k": {"$gt": date("2023-01-01T00:00:00.000Z")}}), "date"),
            (json!({"o.k": {"$gte": null}}), "none"),
        ])
        .await
}

async fn ranges_meet(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "n:Number t:String",
            [
                ("a", json!({"n": 1, "t": "x"})),
                ("b", json!({"n": 5, "t": "x"})),
                ("c", json!({"n": 5, "t": "y"})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"n": {"$gte": 1, "$lte": 5}}), "a b c"),
            (json!({"n": {"$gt": 1, "$lt": 5}}), ""),
            (json!({"n": {"$gt": 5, "$lt": 1}}), ""),
            (json!({"n": {"$gt": 1}, "t": {"$gt": "x"}}), "c"),
        ])
        .await
}

async fn the_dates_of_the_object_have_an_order(bench: Bench) -> Outcome {
    let class = bench.things("n:Number", [("a", json!({})), ("b", json!({}))]).await?;
    class.update("b", json!({"n": 1})).await?;
    let made = MADE.to_string();
    class
        .answers(&[
            (json!({ "createdAt": made }), "a b"),
            (json!({ "updatedAt": made }), "a"),
            (json!({"updatedAt": {"$gt": made}}), "b"),
            (json!({"updatedAt": {"$lte": date(&made)}}), "a"),
            (json!({"createdAt": {"$lt": made}}), ""),
            (json!({"createdAt": {"$in": [made]}}), "a b"),
            (json!({"updatedAt": {"$ne": made}}), "b"),
            (json!({"createdAt": {"$exists": true}}), "a b"),
        ])
        .await
}
