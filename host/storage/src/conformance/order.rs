//! Sort keys.

use model::{Date, Filter};
use serde_json::json;

use crate::{
    Select,
    conformance::{
        Outcome,
        bench::{Bench, MADE, date, order, pointer},
        cases, ensure,
    },
};

cases![
    numbers_are_sorted_by_size,
    texts_are_sorted_by_code_point,
    dates_are_sorted,
    booleans_are_sorted,
    pointers_are_sorted_by_id,
    null_and_absent_come_first,
    later_keys_break_ties,
    directions_mix,
    the_id_and_the_dates_sort,
    an_array_counts_as_its_extreme,
    places_inside_sort,
    kinds_sort_in_their_order,
    an_unknown_field_tells_nothing_apart,
    a_key_named_twice_is_fine,
    what_is_filtered_is_sorted,
    what_is_checked_again_is_sorted,
];

async fn numbers_are_sorted_by_size(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "n:Number",
            [
                ("ten", json!({"n": 10})),
                ("two", json!({"n": 2})),
                ("minus", json!({"n": -1})),
                ("half", json!({"n": 0.5})),
                ("huge", json!({"n": 1e300})),
            ],
        )
        .await?;
    class.sorts("n", "minus half two ten huge").await?;
    class.sorts("-n", "huge ten two half minus").await
}

async fn texts_are_sorted_by_code_point(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "t:String",
            [
                ("face", json!({"t": "😀"})),
                ("last", json!({"t": "\u{ffff}"})),
                ("umlaut", json!({"t": "ä"})),
                ("lower", json!({"t": "a"})),
                ("upper", json!({"t": "B"})),
                ("nine", json!({"t": "9"})),
                ("ten", json!({"t": "10"})),
                ("empty", json!({"t": ""})),
            ],
        )
        .await?;
    class.sorts("t", "empty ten nine upper lower umlaut last face").await?;
    class.sorts("-t", "face last umlaut lower upper nine ten empty").await
}

async fn dates_are_sorted(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "d:Date",
            [
                ("b", json!({"d": date("2024-01-01T00:00:00.001Z")})),
                ("a", json!({"d": date("2024-01-01T00:00:00.000Z")})),
                ("old", json!({"d": date("1901-01-01T00:00:00.000Z")})),
            ],
        )
        .await?;
    class.sorts("d", "old a b").await?;
    class.sorts("-d", "b a old").await
}

async fn booleans_are_sorted(bench: Bench) -> Outcome {
    let class = bench
        .things("b:Boolean", [("yes", json!({"b": true})), ("none", json!({})), ("no", json!({"b": false}))])
        .await?;
    class.sorts("b", "none no yes").await?;
    class.sorts("-b", "yes no none").await
}

async fn pointers_are_sorted_by_id(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "p:*Ward",
            [
                ("c", json!({"p": pointer("Ward", "w3")})),
                ("a", json!({"p": pointer("Ward", "w1")})),
                ("none", json!({})),
                ("b", json!({"p": pointer("Ward", "w2")})),
            ],
        )
        .await?;
    class.sorts("p", "none a b c").await?;
    class.sorts("-p", "c b a none").await
}

async fn null_and_absent_come_first(bench: Bench) -> Outcome {
    let fields = "t:String n:Number d:Date a:Array o:Object";
    let class = bench.class("Thing", fields).await?;
    let full = json!({"t": "", "n": -1e300, "d": date("1900-01-01T00:00:00.000Z"), "a": [0], "o": {}});
    let nulls = json!({"t": null, "n": null, "d": null, "a": null, "o": null});
    class.fill([("c", full), ("b", nulls), ("a", json!({}))]).await?;
    for name in ["t", "n", "d", "a", "o"] {
        // Null and absent are equal, so the id decides.
        class.sorts(&format!("{name},objectId"), "a b c").await?;
        class.sorts(&format!("-{name},objectId"), "c a b").await?;
    }
    Ok(())
}

async fn later_keys_break_ties(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "n:Number t:String b:Boolean",
            [
                ("a", json!({"n": 1, "t": "y", "b": true})),
                ("b", json!({"n": 1, "t": "x", "b": true})),
                ("c", json!({"n": 0, "t": "z", "b": true})),
                ("d", json!({"n": 1, "t": "x", "b": false})),
            ],
        )
        .await?;
    class.sorts("n,t,b", "c d b a").await?;
    class.sorts("b,n,t", "d c b a").await?;
    class.sorts("t,n,-b", "b d a c").await
}

async fn directions_mix(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "n:Number t:String",
            [
                ("a", json!({"n": 1, "t": "x"})),
                ("b", json!({"n": 1, "t": "y"})),
                ("c", json!({"n": 2, "t": "x"})),
                ("d", json!({"t": "x"})),
            ],
        )
        .await?;
    class.sorts("-n,t", "c a b d").await?;
    class.sorts("n,-t", "d b a c").await?;
    class.sorts("-n,-t", "c b a d").await
}

async fn the_id_and_the_dates_sort(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "").await?;
    for (id, created, updated) in [("b", 1, 30), ("a", 2, 20), ("B", 3, 10)] {
        let mut object = class.object(id, json!({}))?;
        object.created_at = Date(MADE.ms() + created);
        object.updated_at = Date(MADE.ms() + updated);
        class.insert_object(object).await?;
    }
    class.sorts("objectId", "B a b").await?;
    class.sorts("-objectId", "b a B").await?;
    class.sorts("createdAt", "b a B").await?;
    class.sorts("-createdAt", "B a b").await?;
    class.sorts("updatedAt", "B a b").await?;
    class.sorts("-updatedAt", "b a B").await
}

async fn an_array_counts_as_its_extreme(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "a:Array",
            [
                ("wide", json!({"a": [1, 9]})),
                ("low", json!({"a": [0, 3]})),
                ("middle", json!({"a": [5]})),
                ("text", json!({"a": ["x"]})),
                ("none", json!({})),
            ],
        )
        .await?;
    class.sorts("a", "none low wide middle text").await?;
    class.sorts("-a", "text wide middle low none").await
}

async fn places_inside_sort(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "o:Object a:Array",
            [
                ("a", json!({"o": {"k": 10}, "a": [{"k": 5}, {"k": 1}]})),
                ("b", json!({"o": {"k": 9}, "a": [{"k": 3}]})),
                ("c", json!({"o": {"k": "1"}, "a": []})),
                ("d", json!({"o": {"l": 1}, "a": [{"k": 2}]})),
            ],
        )
        .await?;
    class.sorts("o.k", "d b a c").await?;
    class.sorts("-o.k", "c a b d").await?;
    class.sorts("a.k,objectId", "c a d b").await?;
    class.sorts("-a.k,objectId", "a b d c").await
}

async fn kinds_sort_in_their_order(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "o:Object",
            [
                ("date", json!({"o": {"k": date("1970-01-01T00:00:00.000Z")}})),
                ("flag", json!({"o": {"k": false}})),
                ("bytes", json!({"o": {"k": {"__type": "Bytes", "base64": ""}}})),
                ("object", json!({"o": {"k": {}}})),
                ("text", json!({"o": {"k": ""}})),
                ("number", json!({"o": {"k": 1e300}})),
                ("null", json!({"o": {"k": null}})),
            ],
        )
        .await?;
    class.sorts("o.k", "null number text object bytes flag date").await?;
    class.sorts("-o.k", "date flag bytes object text number null").await
}

async fn an_unknown_field_tells_nothing_apart(bench: Bench) -> Outcome {
    let class = bench
        .things("n:Number", [("a", json!({"n": 2})), ("b", json!({"n": 1})), ("c", json!({"n": 3}))])
        .await?;
    class.sorts("zz,n", "b a c").await?;
    class.sorts("-zz.k,-n", "c a b").await
}

async fn a_key_named_twice_is_fine(bench: Bench) -> Outcome {
    let class = bench.things("n:Number", [("a", json!({"n": 2})), ("b", json!({"n": 1}))]).await?;
    class.sorts("n,-n", "b a").await?;
    class.sorts("-n,n,objectId", "a b").await
}

async fn what_is_filtered_is_sorted(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "n:Number").await?;
    for (id, n) in [("a", 3), ("b", 1), ("c", 2), ("d", 0)] {
        class.insert(id, json!({ "n": n })).await?;
    }
    let filter = super::bench::filter(json!({"n": {"$gt": 0}}))?;
    let ids = class.ids(&Select { order: order("-n")?, ..class.select(filter) }).await?;
    ensure!(ids == ["a", "c", "b"], "found {ids:?}");
    let every = class.ids(&Select { order: order("n")?, ..class.select(Filter::all()) }).await?;
    ensure!(every == ["d", "b", "c", "a"], "found {every:?}");
    Ok(())
}

async fn what_is_checked_again_is_sorted(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "n:Number t:String a:Array",
            [
                ("a", json!({"n": 3, "t": "x1", "a": [{"k": 1}]})),
                ("b", json!({"n": 1, "t": "x2", "a": [{"k": 1}]})),
                ("c", json!({"n": 2, "t": "x", "a": [{"k": 1}]})),
                ("d", json!({"n": 0, "t": "x3"})),
            ],
        )
        .await?;
    let filter = super::bench::filter(json!({"t": {"$regex": "\\d$"}, "a.k": 1}))?;
    for (keys, expected) in [("n", ["b", "a"]), ("-n", ["a", "b"]), ("-a.k,t", ["a", "b"])] {
        let ids = class.ids(&Select { order: order(keys)?, ..class.select(filter.clone()) }).await?;
        ensure!(ids == expected, "order {keys}: found {ids:?}, expected {expected:?}");
    }
    Ok(())
}
