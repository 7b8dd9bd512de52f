//! Tests on places inside fields, through arrays of objects, too.

use serde_json::json;

use crate::conformance::{
    Outcome,
    bench::{Bench, date, pointer},
    cases,
};

cases![
    a_path_reaches_inside_an_object,
    a_path_fans_out_over_an_array,
    a_path_fans_out_more_than_once,
    a_number_names_an_element_or_a_key,
    null_below_means_null_or_absent,
    a_path_below_a_plain_value_finds_nothing,
    any_type_is_found_below,
    a_key_may_look_like_anything,
    keys_differ_in_case,
];

async fn a_path_reaches_inside_an_object(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "o:Object",
            [
                ("a", json!({"o": {"k": 1, "l": {"m": "x"}}})),
                ("b", json!({"o": {"k": "1", "l": {"m": "y", "n": 1}}})),
                ("c", json!({"o": {"l": 1}})),
                ("d", json!({})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"o.k": 1}), "a"),
            (json!({"o.k": "1"}), "b"),
            (json!({"o.l.m": "x"}), "a"),
            (json!({"o.l.m": {"$ne": "x"}}), "b c d"),
            (json!({"o.l.m": {"$in": ["x", "y"]}}), "a b"),
            (json!({"o.l.m": {"$nin": ["x"]}}), "b c d"),
            (json!({"o.l": {"m": "x"}}), "a"),
            (json!({"o.l": 1}), "c"),
            (json!({"o.k": 1, "o.l.m": "x"}), "a"),
            (json!({"o.k": 1, "o.l.m": "y"}), ""),
        ])
        .await
}

async fn a_path_fans_out_over_an_array(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "a:Array o:Object",
            [
                ("a", json!({"a": [{"k": 1}, {"k": 2}], "o": {"l": [{"k": 1}]}})),
                ("b", json!({"a": [{"k": [3, 4]}], "o": {"l": [{"k": 2}, 1]}})),
                ("c", json!({"a": [1, "k"]})),
                ("d", json!({"a": []})),
                ("e", json!({"a": [[{"k": 1}]]})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"a.k": 1}), "a"),
            (json!({"a.k": 2}), "a"),
            (json!({"a.k": 4}), "b"),
            (json!({"a.k": [3, 4]}), "b"),
            (json!({"a.k": {"$ne": 1}}), "b c d e"),
            (json!({"a.k": {"$gt": 1, "$lt": 2}}), "a"),
            (json!({"a.k": {"$in": [2, 3]}}), "a b"),
            (json!({"a.k": {"$nin": [2, 3]}}), "c d e"),
            (json!({"a.k": {"$all": [3, 4]}}), "b"),
            (json!({"o.l.k": 2}), "b"),
            (json!({"o.l.k": {"$lt": 2}}), "a"),
        ])
        .await
}

async fn a_path_fans_out_more_than_once(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "a:Array",
            [
                ("a", json!({"a": [{"k": [{"l": 1}, {"l": 2}]}, {"k": []}]})),
                ("b", json!({"a": [{"k": {"l": 2}}, {"k": [{"l": [5]}]}]})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"a.k.l": 1}), "a"),
            (json!({"a.k.l": 2}), "a b"),
            (json!({"a.k.l": 5}), "b"),
            (json!({"a.k.l": 9}), ""),
        ])
        .await
}

async fn a_number_names_an_element_or_a_key(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "a:Array o:Object",
            [
                ("a", json!({"a": [{"k": 1}, {"k": 2}], "o": {"0": "x"}})),
                ("b", json!({"a": [{"k": 2}, {"k": 1}], "o": {"l": ["x", "y"]}})),
                ("c", json!({"a": ["x"]})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"a.0.k": 1}), "a"),
            (json!({"a.1.k": 1}), "b"),
            (json!({"a.0": "x"}), "c"),
            (json!({"a.1": "x"}), ""),
            (json!({"a.0": {"k": 2}}), "b"),
            (json!({"a.1": {"$exists": true}}), "a b"),
            (json!({"a.5": null}), "a b c"),
            (json!({"o.0": "x"}), "a"),
            (json!({"o.l.1": "y"}), "b"),
            (json!({"o.l.01": "y"}), ""),
        ])
        .await
}

async fn null_below_means_null_or_absent(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "o:Object a:Array",
            [
                ("value", json!({"o": {"k": 1}, "a": [{"k": 1}]})),
                ("null", json!({"o": {"k": null}, "a": [{"k": null}, {"k": 1}]})),
                ("none", json!({"o": {}, "a": [{"k": 1}, {}]})),
                ("nothing", json!({"o": null})),
                ("absent", json!({})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"o.k": null}), "null none nothing absent"),
            (json!({"o.k": {"$ne": null}}), "value"),
            (json!({"a.k": null}), "null none nothing absent"),
            (json!({"a.k": {"$in": [null, 7]}}), "null none nothing absent"),
            (json!({"a.k": {"$nin": [null]}}), "value"),
            (json!({"o.k": {"$exists": true}}), "value null"),
        ])
        .await?;
    let nothing = if bench.storage.features().explicit_nulls { " nothing" } else { "" };
    class.answers(&[(json!({"o": {"$exists": true}}), &format!("value null none{nothing}"))]).await
}

async fn a_path_below_a_plain_value_finds_nothing(bench: Bench) -> Outcome {
    let fields = json!({
        "t": "{\"k\":1}", "n": 1, "d": date("2024-01-01T00:00:00.000Z"), "p": pointer("Ward", "w1"),
        "f": {"__type": "File", "name": "a"}, "g": {"__type": "GeoPoint", "latitude": 1, "longitude": 2},
    });
    let class = bench.things("t:String n:Number d:Date p:*Ward f:File g:GeoPoint", [("a", fields)]).await?;
    for path in
        ["t.k", "t.0", "n.k", "d.iso", "d.__type", "p.objectId", "p.className", "f.name", "g.latitude"]
    {
        class
            .answers(&[
                (json!({ path: {"$exists": true} }), ""),
                (json!({ path: null }), "a"),
                (json!({ path: 1 }), ""),
                (json!({ path: {"$ne": 1} }), "a"),
            ])
            .await?;
    }
    class.answers(&[(json!({"p.objectId": "w1"}), ""), (json!({"f.name": "a"}), "")]).await
}

async fn any_type_is_found_below(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "o:Object").await?;
    let values = [
        json!(true),
        json!(0.1),
        json!("x y"),
        json!([1, [2]]),
        json!({"z": 1, "a": {}}),
        pointer("Ward", "w1"),
        date("2024-01-01T00:00:00.001Z"),
        json!({"__type": "Bytes", "base64": "AQI="}),
        json!({"__type": "GeoPoint", "latitude": 1.5, "longitude": 2}),
        json!({"__type": "File", "name": "x.txt"}),
    ];
    for (n, value) in values.iter().enumerate() {
        class.insert(&format!("o{n}"), json!({"o": {"k": value}})).await?;
    }
    for (n, value) in values.iter().enumerate() {
        class.answers(&[(json!({"o.k": {"$eq": value}}), &format!("o{n}"))]).await?;
    }
    Ok(())
}

async fn a_key_may_look_like_anything(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "o:Object",
            [
                ("a", json!({"o": {"0": 2, "key": 3, "length": 4, "rowid": 5, "value": {"k": 6}}})),
                ("b", json!({"o": {"Key": 3}})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"o.0": 2}), "a"),
            (json!({"o.key": 3}), "a"),
            (json!({"o.length": 4}), "a"),
            (json!({"o.rowid": 5}), "a"),
            (json!({"o.value.k": 6}), "a"),
        ])
        .await
}

async fn keys_differ_in_case(bench: Bench) -> Outcome {
    let class = bench
        .things("o:Object", [("a", json!({"o": {"k": 1, "K": 2}})), ("b", json!({"o": {"K": 1}}))])
        .await?;
    class
        .answers(&[
            (json!({"o.k": 1}), "a"),
            (json!({"o.K": 1}), "b"),
            (json!({"o.K": 2}), "a"),
            (json!({"o.k": null}), "b"),
        ])
        .await
}
