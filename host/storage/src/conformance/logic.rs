//! `$and`, `$or` and `$nor`, alone and inside one another.

use model::{Filter, Test};
use serde_json::{Value as Json, json};

use crate::conformance::{
    Outcome, Wrong,
    bench::{Bench, Class, filter},
    cases,
};

cases![
    and_needs_all,
    or_needs_one,
    nor_needs_none,
    logic_nests,
    nor_of_what_is_absent,
    empty_lists_keep_their_promise,
    many_branches_are_answered,
    deep_nesting_is_answered,
    inexact_tests_are_exact_under_logic,
];

async fn four(bench: &Bench) -> Result<Class, Wrong> {
    bench
        .things(
            "n:Number t:String a:Array",
            [
                ("a", json!({"n": 1, "t": "x", "a": [1]})),
                ("b", json!({"n": 1, "t": "y"})),
                ("c", json!({"n": 2, "t": "x", "a": [1, 2]})),
                ("d", json!({})),
            ],
        )
        .await
}

async fn and_needs_all(bench: Bench) -> Outcome {
    four(&bench)
        .await?
        .answers(&[
            (json!({}), "a b c d"),
            (json!({"n": 1, "t": "x"}), "a"),
            (json!({"$and": [{"n": 1}, {"t": "x"}]}), "a"),
            (json!({"$and": [{"n": 1}, {"n": 2}]}), ""),
            (json!({"$and": [{}]}), "a b c d"),
            (json!({"$and": [{"a": 1}, {"a": 2}]}), "c"),
        ])
        .await
}

async fn or_needs_one(bench: Bench) -> Outcome {
    four(&bench)
        .await?
        .answers(&[
            (json!({"$or": [{"n": 2}, {"t": "y"}]}), "b c"),
            (json!({"$or": [{"n": 1}, {"t": "x"}]}), "a b c"),
            (json!({"$or": [{"n": 9}]}), ""),
            (json!({"$or": [{"n": 9}, {}]}), "a b c d"),
            (json!({"$or": [{"n": 2}, {"t": "y"}], "a": 1}), "c"),
            (json!({"$or": [{"n": null}, {"objectId": "a"}]}), "a d"),
        ])
        .await
}

async fn nor_needs_none(bench: Bench) -> Outcome {
    four(&bench)
        .await?
        .answers(&[
            (json!({"$nor": [{"n": 2}, {"t": "y"}]}), "a d"),
            (json!({"$nor": [{"n": 9}]}), "a b c d"),
            (json!({"$nor": [{}]}), ""),
            (json!({"$nor": [{"n": 1}], "t": "x"}), "c"),
        ])
        .await
}

async fn logic_nests(bench: Bench) -> Outcome {
    four(&bench)
        .await?
        .answers(&[
            (json!({"$or": [{"$and": [{"n": 1}, {"t": "y"}]}, {"$nor": [{"n": 1}, {"n": 2}]}]}), "b d"),
            (json!({"$nor": [{"$nor": [{"n": 1}]}]}), "a b"),
            (json!({"$and": [{"$or": [{"n": 1}, {"n": 2}]}, {"$or": [{"t": "x"}, {"t": "z"}]}]}), "a c"),
            (json!({"$nor": [{"$and": [{"n": 1}, {"t": "x"}]}]}), "b c d"),
            (json!({"$or": [{"n": 2}], "$nor": [{"t": "y"}], "$and": [{"a": 2}]}), "c"),
        ])
        .await
}

async fn nor_of_what_is_absent(bench: Bench) -> Outcome {
    four(&bench)
        .await?
        .answers(&[
            (json!({"$nor": [{"n": {"$lt": 2}}]}), "c d"),
            (json!({"$nor": [{"n": {"$gte": 2}}]}), "a b d"),
            (json!({"$nor": [{"n": {"$ne": 1}}]}), "a b"),
            (json!({"$nor": [{"n": {"$in": [1]}}]}), "c d"),
            (json!({"$nor": [{"n": {"$nin": [1]}}]}), "a b"),
            (json!({"$nor": [{"n": null}]}), "a b c"),
            (json!({"$nor": [{"a": {"$exists": true}}]}), "b d"),
            (json!({"$nor": [{"t": {"$regex": "^x"}}]}), "b d"),
            (json!({"$nor": [{"t": {"$regex": "[x]"}}]}), "b d"),
            (json!({"$nor": [{"a": {"$all": [1, 2]}}]}), "a b d"),
            (json!({"$nor": [{"a": {"$containedBy": [1]}}]}), "b c d"),
            (json!({"$nor": [{"zz": 1}, {"zz.k": {"$gt": 1}}]}), "a b c d"),
        ])
        .await
}

async fn empty_lists_keep_their_promise(bench: Bench) -> Outcome {
    let class = four(&bench).await?;
    let everyone = ["a", "b", "c", "d"];
    class.passes(&Filter::And(vec![]), &everyone).await?;
    class.passes(&Filter::Or(vec![]), &[]).await?;
    class.passes(&Filter::Nor(vec![]), &everyone).await?;
    class.passes(&Filter::Nor(vec![Filter::Or(vec![])]), &everyone).await?;
    class.passes(&Filter::Nor(vec![Filter::Nor(vec![])]), &[]).await?;
    class.passes(&Filter::And(vec![Filter::Or(vec![]), filter(json!({"n": 1}))?]), &[]).await?;
    class.passes(&Filter::Or(vec![Filter::Or(vec![]), Filter::test("n", Test::Eq(2.0.into()))]), &["c"]).await
}

async fn many_branches_are_answered(bench: Bench) -> Outcome {
    let class = four(&bench).await?;
    let branches = |count: usize| -> Vec<Json> { (2..count + 2).map(|n| json!({ "n": n })).collect() };
    class
        .answers(&[
            (json!({"$or": branches(500)}), "c"),
            (json!({"$nor": branches(500)}), "a b d"),
            (json!({"$and": vec![json!({"n": 1}); 500]}), "a b"),
        ])
        .await
}

async fn deep_nesting_is_answered(bench: Bench) -> Outcome {
    let class = four(&bench).await?;
    let nest = |operator: &str, levels: usize| {
        (0..levels).fold(json!({"n": 1}), |inner, _| json!({ operator: [inner] }))
    };
    class
        .answers(&[
            (nest("$and", 40), "a b"),
            (nest("$or", 40), "a b"),
            (nest("$nor", 40), "a b"),
            (nest("$nor", 41), "c d"),
        ])
        .await
}

async fn inexact_tests_are_exact_under_logic(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "t:String a:Array o:Object",
            [
                ("a", json!({"t": "ab1", "a": [{"k": 1}], "o": {"k": [1, 2]}})),
                ("b", json!({"t": "ab", "a": [{"k": 2}, {"k": 1}], "o": {"k": "x"}})),
                ("c", json!({"t": "xb2", "a": [1, "x"], "o": {"k": null}})),
                ("d", json!({})),
            ],
        )
        .await?;
    let digit = json!({"t": {"$regex": "\\d"}});
    let one = json!({"a.k": 1});
    let both = json!({"o.k": {"$gt": 1}});
    class
        .answers(&[
            (digit.clone(), "a c"),
            (json!({"$and": [digit, one]}), "a"),
            (json!({"$or": [digit, one]}), "a b c"),
            (json!({"$nor": [digit]}), "b d"),
            (json!({"$nor": [digit, one]}), "d"),
            (json!({"$nor": [{"$nor": [digit]}]}), "a c"),
            (json!({"$nor": [{"$and": [digit, one]}, both]}), "b c d"),
            (json!({"$or": [{"$nor": [one]}, both]}), "a c d"),
        ])
        .await
}
