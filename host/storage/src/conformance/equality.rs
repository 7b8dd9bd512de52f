//! `$eq` and `$ne`, and literals.

use serde_json::json;

use crate::conformance::{
    Outcome,
    bench::{Bench, date, pointer},
    cases, ensure,
};

cases![
    a_text_equals_itself_only,
    a_number_equals_its_value,
    a_boolean_is_no_number,
    a_date_equals_to_the_millisecond,
    a_pointer_equals_by_class_and_id,
    bytes_files_and_places_are_equal_whole,
    null_means_null_or_absent,
    an_array_contains_or_is,
    an_object_is_equal_whole,
    not_equal_is_the_exact_opposite,
    another_type_is_never_equal,
    a_field_without_column_is_absent,
    a_null_needs_no_field,
    the_id_is_a_text,
    a_literal_and_operators_must_both_hold,
    a_value_is_never_part_of_a_statement,
];

async fn a_text_equals_itself_only(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "t:String",
            [
                ("lower", json!({"t": "abc"})),
                ("upper", json!({"t": "ABC"})),
                ("blank", json!({"t": "abc "})),
                ("empty", json!({"t": ""})),
                ("absent", json!({})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"t": "abc"}), "lower"),
            (json!({"t": "ABC"}), "upper"),
            (json!({"t": "abc "}), "blank"),
            (json!({"t": ""}), "empty"),
            (json!({"t": "ab"}), ""),
            (json!({"t": "a%"}), ""),
            (json!({"t": {"$eq": "abc"}}), "lower"),
        ])
        .await
}

async fn a_number_equals_its_value(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "n:Number",
            [
                ("zero", json!({"n": 0})),
                ("tenth", json!({"n": 0.1})),
                ("sum", json!({"n": 0.1 + 0.2})),
                ("big", json!({"n": 9_007_199_254_740_991.0})),
                ("bigger", json!({"n": 9_007_199_254_740_992.0})),
                ("huge", json!({"n": 1e300})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"n": 0}), "zero"),
            (json!({"n": 0.0}), "zero"),
            (json!({"n": -0.0}), "zero"),
            (json!({"n": 0.1}), "tenth"),
            (json!({"n": 0.3}), ""),
            (json!({"n": 0.300_000_000_000_000_04}), "sum"),
            (json!({"n": 9_007_199_254_740_991_i64}), "big"),
            (json!({"n": 9_007_199_254_740_992_i64}), "bigger"),
            (json!({"n": 1e300}), "huge"),
        ])
        .await
}

async fn a_boolean_is_no_number(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "b:Boolean n:Number",
            [("yes", json!({"b": true, "n": 1})), ("no", json!({"b": false, "n": 0})), ("absent", json!({}))],
        )
        .await?;
    class
        .answers(&[
            (json!({"b": true}), "yes"),
            (json!({"b": false}), "no"),
            (json!({"b": 1}), ""),
            (json!({"n": false}), ""),
            (json!({"b": {"$ne": true}}), "no absent"),
            (json!({"b": {"$ne": 1}}), "yes no absent"),
        ])
        .await
}

async fn a_date_equals_to_the_millisecond(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "d:Date",
            [
                ("a", json!({"d": date("2024-01-01T00:00:00.000Z")})),
                ("b", json!({"d": date("2024-01-01T00:00:00.001Z")})),
                ("old", json!({"d": date("1900-01-01T00:00:00.000Z")})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"d": date("2024-01-01T00:00:00.000Z")}), "a"),
            (json!({"d": date("2024-01-01T01:00:00.001+01:00")}), "b"),
            (json!({"d": date("1900-01-01T00:00:00Z")}), "old"),
            (json!({"d": "2024-01-01T00:00:00.000Z"}), ""),
            (json!({"d": 1_704_067_200_000_i64}), ""),
        ])
        .await
}

async fn a_pointer_equals_by_class_and_id(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "p:*Ward",
            [
                ("a", json!({"p": pointer("Ward", "w1")})),
                ("b", json!({"p": pointer("Ward", "W1")})),
                ("c", json!({})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"p": pointer("Ward", "w1")}), "a"),
            (json!({"p": pointer("Ward", "W1")}), "b"),
            (json!({"p": pointer("Bed", "w1")}), ""),
            (json!({"p": "w1"}), ""),
            (json!({"p": "Ward$w1"}), ""),
            (json!({"p": {"$ne": pointer("Ward", "w1")}}), "b c"),
            (json!({"p": {"$ne": pointer("Bed", "w1")}}), "a b c"),
            (json!({"p": {"$in": [pointer("Bed", "W1"), pointer("Ward", "w1"), "W1"]}}), "a"),
            (json!({"p": {"$nin": [pointer("Ward", "w1"), pointer("Ward", "W1")]}}), "c"),
        ])
        .await
}

async fn bytes_files_and_places_are_equal_whole(bench: Bench) -> Outcome {
    let bytes = |base64: &str| json!({"__type": "Bytes", "base64": base64});
    let file = |name: &str| json!({"__type": "File", "name": name});
    let point = |latitude: f64| json!({"__type": "GeoPoint", "latitude": latitude, "longitude": 2});
    let ring = |end: f64| json!({"__type": "Polygon", "coordinates": [[0, 0], [0, end], [1, 1], [0, 0]]});
    let fields = |base64, name, n| json!({"y": bytes(base64), "f": file(name), "g": point(n), "r": ring(n)});
    let class = bench
        .things(
            "y:Bytes f:File g:GeoPoint r:Polygon",
            [("a", fields("AQI=", "a.txt", 1.5)), ("b", fields("AQID", "b.txt", 2.0)), ("c", json!({}))],
        )
        .await?;
    class
        .answers(&[
            (json!({"y": bytes("AQI=")}), "a"),
            (json!({"y": "AQI="}), ""),
            (json!({"y": {"$ne": bytes("AQI=")}}), "b c"),
            (json!({"f": file("b.txt")}), "b"),
            (json!({"f": {"$in": [file("a.txt"), file("c.txt")]}}), "a"),
            (json!({"g": point(1.5)}), "a"),
            (json!({"g": {"$nin": [point(1.5)]}}), "b c"),
            (json!({"r": ring(2.0)}), "b"),
            (json!({"r": ring(3.0)}), ""),
        ])
        .await
}

async fn null_means_null_or_absent(bench: Bench) -> Outcome {
    let fields = "t:String n:Number a:Array o:Object p:*Ward b:Boolean d:Date";
    let class = bench.class("Thing", fields).await?;
    let names = ["t", "n", "a", "o", "p", "b", "d"];
    let nulls = names.iter().map(|name| ((*name).to_owned(), json!(null))).collect();
    let full = json!({
        "t": "", "n": 0, "a": [], "o": {}, "p": pointer("Ward", "w1"), "b": false,
        "d": date("1970-01-01T00:00:00.000Z"),
    });
    class.fill([("null", serde_json::Value::Object(nulls)), ("absent", json!({})), ("full", full)]).await?;
    for name in names {
        class
            .answers(&[
                (json!({ name: null }), "null absent"),
                (json!({ name: {"$ne": null} }), "full"),
                (json!({ name: {"$in": [null]} }), "null absent"),
                (json!({ name: {"$nin": [null]} }), "full"),
            ])
            .await?;
    }
    Ok(())
}

async fn an_array_contains_or_is(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "a:Array",
            [
                ("numbers", json!({"a": [1, 2]})),
                ("texts", json!({"a": ["1", "x"]})),
                ("nested", json!({"a": [[1, 2], {"k": 1}]})),
                ("empty", json!({"a": []})),
                ("nulls", json!({"a": [null]})),
                ("pointers", json!({"a": [pointer("Ward", "w1"), true]})),
                ("absent", json!({})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"a": 1}), "numbers"),
            (json!({"a": "1"}), "texts"),
            (json!({"a": [1, 2]}), "numbers nested"),
            (json!({"a": [2, 1]}), ""),
            (json!({"a": {"k": 1}}), "nested"),
            (json!({"a": {"k": 2}}), ""),
            (json!({"a": []}), "empty"),
            (json!({"a": null}), "nulls absent"),
            (json!({"a": pointer("Ward", "w1")}), "pointers"),
            (json!({"a": pointer("Bed", "w1")}), ""),
            (json!({"a": true}), "pointers"),
            (json!({"a": {"$ne": 1}}), "texts nested empty nulls pointers absent"),
            (json!({"a": {"$ne": null}}), "numbers texts nested empty pointers"),
        ])
        .await
}

async fn an_object_is_equal_whole(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "o:Object",
            [
                ("a", json!({"o": {"k": 1, "l": {"m": [1]}}})),
                ("b", json!({"o": {"k": 1}})),
                ("c", json!({"o": {}})),
                ("d", json!({"o": {"k": null}})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"o": {"l": {"m": [1]}, "k": 1}}), "a"),
            (json!({"o": {"k": 1}}), "b"),
            (json!({"o": {"k": "1"}}), ""),
            (json!({"o": {}}), "c"),
            (json!({"o": {"k": null}}), "d"),
            (json!({"o": {"$ne": {"k": 1}}}), "a c d"),
        ])
        .await
}

async fn not_equal_is_the_exact_opposite(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "t:String n:Number",
            [("a", json!({"t": "x", "n": 1})), ("b", json!({"t": "y", "n": null})), ("c", json!({}))],
        )
        .await?;
    class
        .answers(&[
            (json!({"t": {"$ne": "x"}}), "b c"),
            (json!({"n": {"$ne": 1}}), "b c"),
            (json!({"n": {"$ne": 2}}), "a b c"),
            (json!({"t": {"$ne": "x"}, "n": {"$ne": null}}), ""),
            (json!({"objectId": {"$ne": "a"}}), "b c"),
        ])
        .await
}

async fn another_type_is_never_equal(bench: Bench) -> Outcome {
    let fields = json!({"t": "1", "n": 1, "b": true, "o": {"k": 1}, "d": date("1970-01-01T00:00:00.001Z")});
    let class = bench.things("t:String n:Number b:Boolean o:Object d:Date", [("a", fields)]).await?;
    let others = [json!(["1"]), json!([1]), json!({"x": 1}), pointer("Ward", "1")];
    for name in ["t", "n", "b", "o", "d"] {
        for other in &others {
            class
                .answers(&[
                    (json!({ name: {"$eq": other} }), ""),
                    (json!({ name: {"$ne": other} }), "a"),
                    (json!({ name: {"$in": [[other]]} }), ""),
                ])
                .await?;
        }
    }
    class.answers(&[(json!({"t": 1}), ""), (json!({"n": "1"}), ""), (json!({"d": 1}), "")]).await
}

async fn a_field_without_column_is_absent(bench: Bench) -> Outcome {
    let class = bench.things("t:String", [("a", json!({"t": "x"}))]).await?;
    class
        .answers(&[
            (json!({"zz": "x"}), ""),
            (json!({"zz": null}), "a"),
            (json!({"zz": {"$ne": "x"}}), "a"),
            (json!({"zz": {"$exists": false}}), "a"),
            (json!({"zz": {"$exists": true}}), ""),
            (json!({"zz": {"$nin": ["x"]}}), "a"),
            (json!({"zz": {"$lt": 1}}), ""),
            (json!({"zz": {"$regex": ""}}), ""),
            (json!({"zz": {"$containedBy": []}}), ""),
            (json!({"zz.k": null}), "a"),
            (json!({"zz.k": 1}), ""),
        ])
        .await
}

async fn a_null_needs_no_field(bench: Bench) -> Outcome {
    let there = if bench.storage.features().explicit_nulls { "null" } else { "" };
    let questions = [
        (json!({"zz": null}), "null absent"),
        (json!({"zz": {"$ne": null}}), ""),
        (json!({"zz": {"$exists": true}}), there),
        (json!({"zz": {"$exists": false}}), if there.is_empty() { "null absent" } else { "absent" }),
    ];
    for (class, kind) in [("Pointed", "*Ward"), ("Counted", "Number"), ("Placed", "GeoPoint")] {
        let lacking = bench.class(class, "t:String").await?;
        let null = lacking.object("null", json!({"zz": null, "t": "x"}))?;
        lacking.insert_object(null.clone()).await?;
        lacking.insert("absent", json!({"t": "y"})).await?;
        lacking.holds("null", &null).await?;
        lacking.answers(&questions).await?;
        // Whatever type the field gets, what was null before is null still.
        let wider = bench.class(class, &format!("t:String zz:{kind}")).await?;
        wider.holds("null", &null).await?;
        wider.answers(&questions).await?;
    }
    let class = bench.things("", [("a", json!({})), ("b", json!({"zz": null}))]).await?;
    let changed = class.update("a", json!({"zz": null})).await?;
    let found = class.one("a").await?;
    ensure!(changed == found, "an update answered another object than is found");
    ensure!(found.field("zz").is_some() != there.is_empty(), "an update's null is {:?}", found.field("zz"));
    class.update("b", json!({"zz": {"__op": "Delete"}})).await?;
    class.lacks("b", "zz").await
}

async fn the_id_is_a_text(bench: Bench) -> Outcome {
    let class =
        bench.things("", [("1", json!({})), ("01", json!({})), ("a", json!({})), ("A", json!({}))]).await?;
    class
        .answers(&[
            (json!({"objectId": "1"}), "1"),
            (json!({"objectId": 1}), ""),
            (json!({"objectId": "a"}), "a"),
            (json!({"objectId": null}), ""),
            (json!({"objectId": {"$in": ["a", "01", "nobody", 1, null]}}), "a 01"),
            (json!({"objectId": {"$nin": ["a", "01"]}}), "1 A"),
            (json!({"objectId": {"$exists": true}}), "1 01 a A"),
            (json!({"objectId": {"$gt": "1"}}), "a A"),
            (json!({"objectId": {"$regex": "^a", "$options": "i"}}), "a A"),
            (json!({"objectId": "a", "$or": [{"objectId": "A"}, {"objectId": "a"}]}), "a"),
            (json!({"$and": [{"objectId": "a"}, {"objectId": "A"}]}), ""),
        ])
        .await
}

async fn a_literal_and_operators_must_both_hold(bench: Bench) -> Outcome {
    let class = bench
        .things("o:Object n:Number", [("a", json!({"o": {"k": 1}, "n": 3})), ("b", json!({"n": 5}))])
        .await?;
    class
        .answers(&[
            (json!({"o": {"k": 1, "$exists": true}}), "a"),
            (json!({"o": {"k": 2, "$exists": true}}), ""),
            (json!({"n": {"$gt": 1, "$lt": 4, "$ne": 2}}), "a"),
            (json!({"n": {"$gt": 1}, "o": null}), "b"),
        ])
        .await
}

async fn a_value_is_never_part_of_a_statement(bench: Bench) -> Outcome {
    let class = bench
        .things("t:String a:Array o:Object", [("a", json!({"t": "x", "a": ["x"], "o": {"k": "x"}}))])
        .await?;
    for text in
        ["' OR '1'='1", "x' --", "\" OR 1=1", "$1", "?1", ":a", "x\0", "[*]", "$.k", "\\", "%", "x%", "_"]
    {
        class
            .answers(&[
                (json!({ "t": text }), ""),
                (json!({ "a": text }), ""),
                (json!({ "o.k": text }), ""),
                (json!({ "objectId": text }), ""),
                (json!({"t": {"$in": [text, "y"]}}), ""),
                (json!({"t": {"$ne": text}}), "a"),
                (json!({"t": {"$regex": format!("^\\Q{text}\\E$")}}), ""),
            ])
            .await?;
    }
    Ok(())
}
