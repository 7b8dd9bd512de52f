//! Words in texts.

use model::{Order, Path, query::By};
use serde_json::{Value as Json, json};

use crate::{
    Select,
    conformance::{
        Outcome, Wrong,
        bench::{Bench, Class, filter},
        cases, ensure,
    },
};

cases![
    one_word_suffices,
    letters_and_marks_differ_on_demand,
    phrases_hold_together,
    a_word_can_be_left_out,
    the_best_answer_comes_first,
    a_score_is_told_on_demand,
    a_search_joins_other_conditions,
];

async fn subjects(bench: &Bench) -> Result<Class, Wrong> {
    let class = bench.class("Thing", "subject:String n:Number").await?;
    class
        .fill([
            ("a", json!({"subject": "coffee", "n": 1})),
            ("b", json!({"subject": "Coffee Shopping", "n": 2})),
            ("c", json!({"subject": "Baking a cake", "n": 3})),
            ("d", json!({"subject": "Café Con Leche", "n": 4})),
            ("e", json!({"subject": "Сырники", "n": 5})),
            ("f", json!({"subject": "cream and coffee", "n": 6})),
            ("g", json!({"subject": "Cafe con Leche", "n": 7})),
            ("h", json!({"n": 8})),
        ])
        .await?;
    Ok(class)
}

fn find(term: &str) -> Json {
    json!({"subject": {"$text": {"$search": {"$term": term}}}})
}

async fn one_word_suffices(bench: Bench) -> Outcome {
    let class = subjects(&bench).await?;
    class
        .answers(&[
            (find("coffee"), "a b f"),
            (find("CAKE coffee"), "a b c f"),
            (find("leche"), "d g"),
            (find("сырники"), "e"),
            (find("nothing"), ""),
        ])
        .await
}

async fn letters_and_marks_differ_on_demand(bench: Bench) -> Outcome {
    let class = subjects(&bench).await?;
    let exact =
        |term: &str, flag: &str| json!({"subject": {"$text": {"$search": {"$term": term, flag: true}}}});
    class
        .answers(&[
            (find("CAFÉ"), "d g"),
            (exact("Coffee", "$caseSensitive"), "b"),
            (exact("café", "$diacriticSensitive"), "d"),
            (exact("cafe", "$diacriticSensitive"), "g"),
        ])
        .await
}

async fn phrases_hold_together(bench: Bench) -> Outcome {
    let class = subjects(&bench).await?;
    class
        .answers(&[
            (find("\"coffee shopping\""), "b"),
            (find("\"shopping coffee\""), ""),
            (find("\"con leche\""), "d g"),
        ])
        .await
}

async fn a_word_can_be_left_out(bench: Bench) -> Outcome {
    let class = subjects(&bench).await?;
    class.answers(&[(find("coffee -cream"), "a b"), (find("leche -cafe"), "")]).await
}

async fn the_best_answer_comes_first(bench: Bench) -> Outcome {
    let class = subjects(&bench).await?;
    let order = vec![Order { path: Path::new("score")?, descending: false, by: By::Score }];
    let select = Select { order, ..class.select(filter(find("coffee"))?) };
    let ids = class.ids(&select).await?.join(" ");
    // One word of one, of two, of three.
    ensure!(ids == "a b f", "by score: found {ids}");
    Ok(())
}

async fn a_score_is_told_on_demand(bench: Bench) -> Outcome {
    let class = subjects(&bench).await?;
    for fields in [None, Some(Vec::new())] {
        let select = Select { score: true, fields, ..class.select(filter(find("coffee"))?) };
        let found = class.storage.find(&select).await?;
        ensure!(found.len() == 3, "found {} objects, expected 3", found.len());
        for object in found {
            let score = object.field("score").and_then(model::Value::as_number);
            ensure!(score.is_some_and(|score| score > 0.0), "{} has no score", object.id);
        }
    }
    let without = class.storage.find(&class.select(filter(find("coffee"))?)).await?;
    ensure!(without.iter().all(|object| object.field("score").is_none()), "a score nobody asked for");
    Ok(())
}

async fn a_search_joins_other_conditions(bench: Bench) -> Outcome {
    let class = subjects(&bench).await?;
    let mut both = find("coffee");
    if let Some(map) = both.as_object_mut() {
        map.insert("n".to_owned(), json!({"$gt": 1}));
    }
    class.answers(&[(both, "b f")]).await
}
