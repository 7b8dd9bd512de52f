//! What the server says of a find is what it would do for it, without the find's words.

use model::{
    Limit, Test,
    query::{Advice, Explain, Hint},
};

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_find_is_explained_with_its_hint_and_window() {
    let mongo = server::open(server::shared()).await;
    let mut schema = Schema::clone(&class("Thing", &[("t", "String"), ("n", "Number")]));
    for field in ["t", "n"] {
        schema.indexes.insert(format!("by_{field}"), [(field.to_owned(), IndexKind::Ascending)].into());
    }
    mongo.put_schema(&schema).await.unwrap();
    let schema = Arc::new(schema);
    mongo.commit(vec![insert(&schema, "a", json!({"t": "hunter2", "n": 1}))]).await.unwrap();
    let both = Filter::test("t", Test::Eq("hunter2".into())).and(Filter::test("n", Test::Eq(1.0.into())));
    let explained = |hint: &'static str, limit, mode| {
        let advice = Advice { hint: Some(Hint::Index(hint.into())), ..Advice::default() };
        let select = Select { skip: 2, limit, advice, ..Select::new(schema.clone(), both.clone()) };
        let mongo = &mongo;
        async move { mongo.explain(&select, mode).await }
    };
    for mode in [Explain::QueryPlanner, Explain::ExecutionStats, Explain::AllPlansExecution] {
        for hint in ["by_t", "by_n"] {
            let told = encode::json(&explained(hint, Limit::Rows(3), mode).await.unwrap()).to_string();
            for word in [&format!("\"indexName\":\"{hint}\""), "\"skipAmount\":2", "\"limitAmount\":3"] {
                assert!(told.contains(word), "{word}: {told}");
            }
            assert!(!told.contains("hunter2"), "a value is in the plan");
        }
    }
    let keys = [("createdAt".to_owned(), json!(1))].into_iter().collect();
    let advice = Advice { hint: Some(Hint::Keys(keys)), ..Advice::default() };
    let mut dated = Schema::clone(&schema);
    dated.indexes.insert("by_date".into(), [("createdAt".to_owned(), IndexKind::Ascending)].into());
    mongo.put_schema(&dated).await.unwrap();
    let select = Select { advice, ..Select::new(schema.clone(), both.clone()) };
    let told = encode::json(&mongo.explain(&select, Explain::QueryPlanner).await.unwrap()).to_string();
    assert!(told.contains("by_date"), "{told}");
    let refused = explained("nobody", Limit::All, Explain::QueryPlanner).await;
    assert!(
        matches!(&refused, Err(::storage::Error::Refused(error)) if error.message.contains("hint")),
        "{refused:?}"
    );
    mongo.close().await;
}
