//! Reads use indexes.

use super::*;
use ::storage::Wish;

use crate::compile;

async fn plan(storage: &Postgres, select: &Select) -> String {
    let layouts = storage.inner.layouts();
    let layout = &layouts[&select.schema.class];
    let wish = Wish { order: &select.order, limit: select.limit, ..Wish::all(&select.filter) };
    let mut statement = compile::find(&Pg, &layouts, layout, &wish).unwrap().statement;
    statement.text.insert_str(0, "EXPLAIN (COSTS OFF) ");
    let mut lent = storage.inner.pool.lend().await.unwrap();
    let lines = run::texts(lent.connection(), statement).await;
    lent.back(&lines);
    lines.unwrap().join("\n")
}

async fn filled(place: &Place) -> (Postgres, Arc<Schema>) {
    let storage = place.open().await;
    let mut schema = schema(&[
        ("text", FieldType::String),
        ("email", FieldType::String),
        ("doctor", FieldType::Pointer(ClassName::user())),
        ("tags", FieldType::Array),
        ("friends", FieldType::Relation(ClassName::user())),
    ]);
    schema.unique.push(Unique { fields: vec![name("email")], ignore_case: false });
    for (index, field, kind) in [
        ("by_doctor", "doctor", IndexKind::Ascending),
        ("by_text", "text", IndexKind::Ascending),
        ("by_tags", "tags", IndexKind::Ascending),
        ("by_age", "_created_at", IndexKind::Descending),
    ] {
        schema.indexes.insert(index.into(), [(field.to_owned(), kind)].into());
    }
    let schema = Arc::new(schema);
    storage.put_schema(&schema).await.unwrap();
    for chunk in (0..5000).collect::<Vec<_>>().chunks(1000) {
        let writes = chunk.iter().map(|n| {
            let doctor = Value::pointer(ClassName::user(), ObjectId::new(&format!("d{}", n % 100)).unwrap());
            let fields = [
                ("text", Value::String(format!("name {n}"))),
                ("email", Value::String(format!("{n}@example.org"))),
                ("doctor", doctor),
                ("tags", Value::Array(vec![Value::String(format!("t{}", n % 500))])),
            ];
            let mut object = object(&format!("o{n}"), &fields);
            object.acl = Some(Acl::from_groups(&["*", "role:x"], &["ann"]));
            insert(&schema, object)
        });
        storage.commit(writes.collect()).await.unwrap();
    }
    place.run("ANALYZE").await;
    (storage, schema)
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_orders_are_served_by_indexes() {
    let place = Place::new().await;
    let (storage, schema) = filled(&place).await;
    let doctor = |id: &str| Value::pointer(ClassName::user(), ObjectId::new(id).unwrap());
    let guard = Filter::Acl(Access::Read, vec!["*".into()]);
    let prefix =
        |text: &str| Test::Regex(Pattern { source: format!("^\\Q{text}\\E"), options: String::new() });
    let by_id = Filter::id(&ObjectId::new("o5").unwrap());
    let cases = [
        (by_id.clone(), "Patient_pkey", 1),
        (by_id.and(guard), "Patient_pkey", 1),
        (test("objectId", Test::In(vec!["o5".into(), "o7".into(), "none".into()])), "Patient_pkey", 2),
        (test("doctor", Test::Eq(doctor("d7"))), "by_doctor", 50),
        (test("doctor", Test::In(vec![doctor("d7"), doctor("d8")])), "by_doctor", 100),
        (test("email", Test::Eq("77@example.org".into())), "Patient_unique_email", 1),
        (test("text", prefix("name 12")), "by_text", 111),
        (test("text", Test::Gte("name 999".into())), "by_text", 1),
        (test("tags", Test::Eq("t7".into())), "by_tags", 10),
        (test("tags", Test::In(vec!["t7".into(), "t8".into()])), "by_tags", 20),
        (test("tags", Test::All(vec!["t7".into()])), "by_tags", 10),
    ];
    for (filter, index, count) in cases {
        let select = select(&schema, filter);
        let plan = plan(&storage, &select).await;
        assert!(plan.contains(index) && !plan.contains("Seq Scan"), "{:?}: {plan}", select.filter);
        assert_eq!(storage.find(&select).await.unwrap().len(), count, "{:?}", select.filter);
    }
    for (path, descending, index) in [
        ("createdAt", true, "by_age"),
        ("createdAt", false, "by_age"),
        ("objectId", false, "Patient_pkey"),
        ("text", false, "by_text"),
        ("text", true, "by_text"),
    ] {
        let select = Select {
            order: vec![model::Order {
                path: FieldPath::new(path).unwrap(),
                descending,
                by: model::query::By::Value,
            }],
            limit: Limit::Rows(10),
            ..select(&schema, Filter::all())
        };
        let plan = plan(&storage, &select).await;
        assert!(plan.contains(index) && !plan.contains("Sort"), "{path} {descending}: {plan}");
    }
}

/// A query for what many relations have in common kept the planner busy for a quarter of a minute.
#[tokio::test(flavor = "multi_thread")]
async fn one_relation_of_several_is_joined() {
    let place = Place::new().await;
    let (storage, schema) = filled(&place).await;
    let member = |n: usize| Filter::RelatedTo {
        owner_class: schema.class.clone(),
        owner: ObjectId::new(&format!("o{n}")).unwrap(),
        key: FieldPath::new("friends").unwrap(),
    };
    // An alternative of one is none.
    let parts = (0..200).map(|n| if n % 2 == 0 { Filter::Or(vec![member(n)]) } else { member(n) });
    let select = select(&schema, Filter::And(parts.collect()));
    let plan = plan(&storage, &select).await;
    let joined = plan.lines().filter(|line| line.contains("Join") && !line.contains("_Join:")).count();
    let looked_up = plan.lines().filter(|line| line.trim_start().starts_with("InitPlan")).count();
    assert!(joined <= 1, "{plan}");
    // One of them asks whether the table has newer columns.
    assert_eq!(looked_up, 200, "{plan}");
    assert_eq!(storage.find(&select).await.unwrap().len(), 0);
}
