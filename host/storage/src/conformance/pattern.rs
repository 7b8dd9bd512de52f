//! `$regex`.

use serde_json::json;

use crate::conformance::{Outcome, bench::Bench, cases};

cases![
    a_prefix_is_found,
    a_part_is_found,
    an_ending_is_found,
    a_whole_text_is_found,
    quotes_mean_the_text_itself,
    wildcards_of_databases_mean_nothing,
    case_is_ignored_on_wish,
    options_change_the_match,
    expressions_are_understood,
    only_texts_match,
    an_element_or_a_place_matches,
    an_empty_pattern_matches_every_text,
    a_pattern_and_other_tests_must_both_hold,
];

async fn a_prefix_is_found(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "t:String",
            [
                ("a", json!({"t": "ab"})),
                ("b", json!({"t": "abc"})),
                ("c", json!({"t": "xab"})),
                ("d", json!({"t": "AB"})),
                ("e", json!({"t": "ab\u{10ffff}"})),
                ("f", json!({})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"t": {"$regex": "^ab"}}), "a b e"),
            (json!({"t": {"$regex": "^\\Qab\\E"}}), "a b e"),
            (json!({"t": {"$regex": "^abc"}}), "b"),
            (json!({"t": {"$regex": "^\u{10ffff}"}}), ""),
            (json!({"t": {"$regex": "^ab\u{10ffff}"}}), "e"),
        ])
        .await
}

async fn a_part_is_found(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "t:String",
            [("a", json!({"t": "heart rate"})), ("b", json!({"t": "Heart"})), ("c", json!({"t": "ear"}))],
        )
        .await?;
    class
        .answers(&[
            (json!({"t": {"$regex": "ear"}}), "a b c"),
            (json!({"t": {"$regex": "\\Qt r\\E"}}), "a"),
            (json!({"t": {"$regex": "H"}}), "b"),
            (json!({"t": {"$regex": "zz"}}), ""),
        ])
        .await
}

async fn an_ending_is_found(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "t:String",
            [
                ("a", json!({"t": "xab"})),
                ("b", json!({"t": "ab"})),
                ("c", json!({"t": "aba"})),
                ("d", json!({"t": "ab\n"})),
            ],
        )
        .await?;
    class
        .answers(&[(json!({"t": {"$regex": "ab$"}}), "a b"), (json!({"t": {"$regex": "\\Qab\\E$"}}), "a b")])
        .await
}

async fn a_whole_text_is_found(bench: Bench) -> Outcome {
    let class = bench
        .things("t:String", [("a", json!({"t": "ab"})), ("b", json!({"t": "abab"})), ("c", json!({"t": ""}))])
        .await?;
    class
        .answers(&[
            (json!({"t": {"$regex": "^ab$"}}), "a"),
            (json!({"t": {"$regex": "^\\Qab\\E$"}}), "a"),
            (json!({"t": {"$regex": "^$"}}), "c"),
        ])
        .await
}

async fn quotes_mean_the_text_itself(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "t:String",
            [
                ("dot", json!({"t": "a.b"})),
                ("letter", json!({"t": "axb"})),
                ("plus", json!({"t": "c++ (new)"})),
                ("slash", json!({"t": "a\\b"})),
                ("end", json!({"t": "a\\Eb"})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"t": {"$regex": "^\\Qa.b\\E"}}), "dot"),
            (json!({"t": {"$regex": "a.b"}}), "dot letter slash"),
            (json!({"t": {"$regex": "\\Qc++ (\\E"}}), "plus"),
            (json!({"t": {"$regex": "^\\Qa\\b\\E$"}}), "slash"),
            (json!({"t": {"$regex": "^\\Qa\\E\\\\E\\Qb\\E$"}}), "end"),
            (json!({"t": {"$regex": "^a\\.b$"}}), "dot"),
        ])
        .await
}

async fn wildcards_of_databases_mean_nothing(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "t:String",
            [
                ("percent", json!({"t": "50%"})),
                ("plain", json!({"t": "500"})),
                ("under", json!({"t": "a_b"})),
                ("star", json!({"t": "a*b"})),
                ("ask", json!({"t": "a?b"})),
                ("set", json!({"t": "a[b]"})),
            ],
        )
        .await?;
    for (text, expected) in [("%", "percent"), ("_", "under"), ("*", "star"), ("?", "ask"), ("[b]", "set")] {
        class.answers(&[(json!({"t": {"$regex": format!("\\Q{text}\\E")}}), expected)]).await?;
    }
    class
        .answers(&[
            (json!({"t": {"$regex": "^50%"}}), "percent"),
            (json!({"t": {"$regex": "^\\Qa_\\E"}}), "under"),
            (json!({"t": {"$regex": "0%$"}}), "percent"),
        ])
        .await
}

async fn case_is_ignored_on_wish(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "t:String",
            [
                ("a", json!({"t": "Ann"})),
                ("b", json!({"t": "ANN"})),
                ("c", json!({"t": "Ärztin"})),
                ("d", json!({"t": "äRZTIN"})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"t": {"$regex": "^ann$", "$options": "i"}}), "a b"),
            (json!({"t": {"$regex": "^\\Qann\\E", "$options": "i"}}), "a b"),
            (json!({"t": {"$regex": "nn", "$options": "i"}}), "a b"),
            (json!({"t": {"$regex": "^ärz", "$options": "i"}}), "c d"),
            (json!({"t": {"$regex": "(?i)ann"}}), "a b"),
            (json!({"t": {"$regex": "ann"}}), ""),
        ])
        .await
}

async fn options_change_the_match(bench: Bench) -> Outcome {
    let class =
        bench.things("t:String", [("two", json!({"t": "a\nb"})), ("one", json!({"t": "ab"}))]).await?;
    class
        .answers(&[
            (json!({"t": {"$regex": "^b"}}), ""),
            (json!({"t": {"$regex": "^b", "$options": "m"}}), "two"),
            (json!({"t": {"$regex": "a.b"}}), ""),
            (json!({"t": {"$regex": "a.b", "$options": "s"}}), "two"),
            (json!({"t": {"$regex": "a b # both", "$options": "x"}}), "one"),
            (json!({"t": {"$regex": "A.B", "$options": "is"}}), "two"),
        ])
        .await
}

async fn expressions_are_understood(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "t:String",
            [
                ("a", json!({"t": "ward-12"})),
                ("b", json!({"t": "ward-7b"})),
                ("c", json!({"t": "bed"})),
                ("d", json!({"t": "日本"})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"t": {"$regex": "^ward-\\d+$"}}), "a"),
            (json!({"t": {"$regex": "^(ward-7|bed)"}}), "b c"),
            (json!({"t": {"$regex": "^.{2,3}$"}}), "c d"),
            (json!({"t": {"$regex": "[0-9]b?$"}}), "a b"),
            (json!({"t": {"$regex": "\\bbed\\b"}}), "c"),
            (json!({"t": {"$regex": "^[^-]*$"}}), "c d"),
            (json!({"t": {"$regex": "^ward|本$"}}), "a b d"),
        ])
        .await
}

async fn only_texts_match(bench: Bench) -> Outcome {
    let fields = json!({"n": 5, "b": true, "o": {"k": "5"}, "p": {"__type": "Pointer", "className": "Ward", "objectId": "5"}, "z": null});
    let class = bench.things("n:Number b:Boolean o:Object p:*Ward z:String", [("a", fields)]).await?;
    for name in ["n", "b", "o", "p", "z"] {
        class
            .answers(&[
                (json!({ name: {"$regex": "."} }), ""),
                (json!({ name: {"$regex": "^5"} }), ""),
                (json!({ name: {"$regex": ""} }), ""),
            ])
            .await?;
    }
    Ok(())
}

async fn an_element_or_a_place_matches(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "a:Array o:Object",
            [
                ("a", json!({"a": ["x", "heart"], "o": {"k": "heart"}})),
                ("b", json!({"a": [["heart"], {"k": "heart"}], "o": {"k": {"l": "heart"}}})),
                ("c", json!({"a": [1], "o": {"k": ["lung", "heart"]}})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"a": {"$regex": "^hea"}}), "a"),
            (json!({"a.k": {"$regex": "^hea"}}), "b"),
            (json!({"o.k": {"$regex": "^hea"}}), "a c"),
            (json!({"o.k.l": {"$regex": "RT$", "$options": "i"}}), "b"),
        ])
        .await
}

async fn an_empty_pattern_matches_every_text(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "t:String",
            [("a", json!({"t": ""})), ("b", json!({"t": "x"})), ("c", json!({"t": null})), ("d", json!({}))],
        )
        .await?;
    for pattern in ["", "^", "$", "\\Q\\E", "^\\Q\\E", ".*"] {
        class.answers(&[(json!({"t": {"$regex": pattern}}), "a b")]).await?;
    }
    Ok(())
}

async fn a_pattern_and_other_tests_must_both_hold(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "t:String n:Number",
            [
                ("a", json!({"t": "abc", "n": 1})),
                ("b", json!({"t": "abd", "n": 1})),
                ("c", json!({"t": "abc", "n": 2})),
            ],
        )
        .await?;
    class
        .answers(&[
            (json!({"t": {"$regex": "^ab", "$ne": "abd"}, "n": 1}), "a"),
            (json!({"t": {"$regex": "c$"}, "n": {"$gt": 1}}), "c"),
            (json!({"$or": [{"t": {"$regex": "[d]"}}, {"n": 2}]}), "b c"),
            (json!({"$nor": [{"t": {"$regex": "[d]"}}, {"n": 2}]}), "a"),
        ])
        .await
}
