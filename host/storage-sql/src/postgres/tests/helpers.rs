//! Indexes that no class names are there, also in a database of parse-server's.

use model::query::{By, Explain};

use super::{takeover::PEER, *};

/// A database with another order of texts than that of code points, in which scans are unattractive.
async fn foreign() -> (Place, Place, String) {
    let place = Place::new().await;
    let base = place.uri.split("/postgres?").next().unwrap();
    let database = format!("order_{}", place.name);
    place
        .run(&format!("CREATE DATABASE {database} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"))
        .await;
    let uri = format!("{base}/{database}?options=-c%20enable_seqscan%3Doff");
    let other = Place { uri, name: "public".into() };
    (place, other, database)
}

async fn complete(place: &Place, storage: &Postgres) -> usize {
    let mut connection = plain(&place.uri).await;
    let made = complete::make(&mut connection, &storage.inner.layouts()).await.unwrap();
    run::close(connection).await;
    made
}

/// The plan of a find, in one text.
async fn plan(storage: &Postgres, class: &str, filter: Filter, order: &[&str]) -> String {
    let schemas = storage.schemas().await.unwrap();
    let schema = Arc::new(schemas.into_iter().find(|schema| schema.class == *class).unwrap());
    let key = |field: &&str| model::Order {
        path: FieldPath::new(field.trim_start_matches('-')).unwrap(),
        descending: field.starts_with('-'),
        by: By::Value,
    };
    let order = order.iter().map(key).collect();
    let select = Select { order, limit: Limit::Rows(10), ..select(&schema, filter) };
    let plan = storage.explain(&select, Explain::QueryPlanner).await.unwrap();
    model::encode::json(&plan).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_database_of_parse_server_lacks_is_made() {
    let (home, place, database) = foreign().await;
    place.run(PEER).await;
    place.run("INSERT INTO \"_Join:rel:Thing\" SELECT 't2', 'o' || n FROM generate_series(1, 50) n").await;
    let storage = place.open().await;
    let all = Filter::all;
    let is = |field: &str, text: &str| test(field, Test::Eq(text.into()));
    let before = plan(&storage, "Thing", all(), &["objectId"]).await;
    assert!(before.contains("SORT"), "{before}");
    assert!(complete(&place, &storage).await > 3);
    // They are there now, and another server has nothing to do.
    assert_eq!(complete(&place, &storage).await, 0);
    let beginning = Test::Regex(Pattern { source: "^\\Qa\\E".into(), options: String::new() });
    let owner = Filter::RelatedTo {
        owner_class: ClassName::new("Thing").unwrap(),
        owner: ObjectId::new("t1").unwrap(),
        key: FieldPath::new("rel").unwrap(),
    };
    for (class, filter, order, index) in [
        ("Thing", all(), &["objectId"] as &[_], "order:Thing_objectId"),
        ("Thing", all(), &["-objectId"], "order:Thing_objectId"),
        ("Thing", test("objectId", Test::Gt("t1".into())), &["objectId"], "order:Thing_objectId"),
        ("Thing", is("objectId", "t1"), &[], "_id_"),
        ("Thing", is("text", "x"), &[], "by_a"),
        ("Thing", test("text", Test::Gt("x".into())), &[], "order:Thing_text"),
        ("Thing", test("text", beginning), &["text"], "order:Thing_text"),
        ("Thing", owner, &[], "owner:_Join:rel:Thing"),
        ("_User", is("username", "Ann"), &[], "_User_unique_username"),
        ("_User", is("_perishable_token", "x"), &[], "find:_User__perishable_token"),
    ] {
        let plan = plan(&storage, class, filter.clone(), order).await;
        let found = plan.contains(&format!("\"indexName\":\"{index}\""));
        assert!(
            found && !plan.contains("COLLSCAN") && !plan.contains("SORT"),
            "{filter:?} {order:?}: {plan}"
        );
    }
    storage.close().await;
    home.run(&format!("DROP DATABASE {database} WITH (FORCE)")).await;
}

/// A server that ends while it makes an index leaves one behind that the database doesn't use.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_broken_off_is_made_again() {
    let place = Place::new().await;
    place.run(PEER).await;
    let storage = place.open().await;
    complete(&place, &storage).await;
    let broken =
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = '\"owner:_Join:rel:Thing\"'::regclass";
    place.run(broken).await;
    assert_eq!(complete(&place, &storage).await, 1);
    let valid =
        "SELECT indisvalid::text FROM pg_index WHERE indexrelid = '\"owner:_Join:rel:Thing\"'::regclass";
    assert_eq!(place.read(valid).await, ["true"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn helpers_go_with_what_they_are_for() {
    let (home, place, database) = foreign().await;
    place.run(PEER).await;
    let storage = place.open().await;
    let schemas = storage.schemas().await.unwrap();
    let mut thing = schemas.into_iter().find(|schema| schema.class == *"Thing").unwrap();
    thing.indexes.insert(
        "two".into(),
        [("text".to_owned(), IndexKind::Ascending), ("num".to_owned(), IndexKind::Ascending)].into(),
    );
    storage.put_schema(&thing).await.unwrap();
    let ours = "SELECT indexname::text FROM pg_indexes WHERE indexname LIKE 'order:Thing%' ORDER BY 1";
    assert_eq!(place.read(ours).await, ["order:Thing_text_num"]);
    complete(&place, &storage).await;
    assert_eq!(place.read(ours).await, ["order:Thing_objectId", "order:Thing_text_num"]);
    // It still serves the other index, until that goes, too.
    thing.indexes.remove("two");
    storage.put_schema(&thing).await.unwrap();
    assert_eq!(place.read(ours).await, ["order:Thing_objectId", "order:Thing_text_num"]);
    thing.indexes.remove("by_a");
    storage.put_schema(&thing).await.unwrap();
    assert_eq!(place.read(ours).await, ["order:Thing_objectId"]);
    storage.close().await;
    home.run(&format!("DROP DATABASE {database} WITH (FORCE)")).await;
}
