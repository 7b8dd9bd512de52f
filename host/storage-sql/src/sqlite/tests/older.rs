//! Files that an older server has made.

use model::query::geo::Point;

use super::*;

/// Everything that the file has of indexes, tables and triggers: the second time it is opened nothing is made anew.
async fn things(place: &Place) -> Vec<String> {
    let mut connection = connect::looker(&place.config).await.unwrap();
    let words =
        "SELECT type || ' ' || name || ' ' || rootpage || ' ' || rowid FROM sqlite_schema ORDER BY name";
    let things = run::texts(&mut connection, crate::statement::Statement::new(words)).await.unwrap();
    run::close(connection).await;
    things
}

async fn run_in(place: &Place, words: &str) {
    let mut connection = connect::writer(&place.config).await.unwrap();
    run::batch(&mut connection, words).await.unwrap();
    run::close(connection).await;
}

/// An older server had other indexes: the plain one on a list kept its field from being dropped, and that on a place was
/// never used.
#[tokio::test]
async fn indexes_of_an_older_server_are_brought_up_to_date() {
    let place = Place::new();
    let fields = [
        ("text", FieldType::String),
        ("list", FieldType::Array),
        ("place", FieldType::GeoPoint),
        ("more", FieldType::Array),
    ];
    let mut with = schema(&fields);
    for (field, kind) in [
        ("list", IndexKind::Ascending),
        ("place", IndexKind::Named("2dsphere".into())),
        ("more", IndexKind::Ascending),
    ] {
        with.indexes.insert(format!("by_{field}"), [(field.to_owned(), kind)].into());
    }
    let storage = place.open().await;
    storage.put_schema(&with).await.unwrap();
    let with = Arc::new(with);
    let list = |texts: &[&str]| Value::Array(texts.iter().map(|text| (*text).into()).collect());
    let home = Value::GeoPoint { latitude: 1.0, longitude: 2.0 };
    let values =
        [("text", "x".into()), ("list", list(&["a", "b"])), ("place", home.clone()), ("more", list(&["m"]))];
    storage.commit(vec![insert(&with, object("o", &values))]).await.unwrap();
    // Many, so that an index is worth its while.
    let others = (0..500).map(|n| {
        let away = Value::GeoPoint { latitude: 50.0 + f64::from(n) / 100.0, longitude: 20.0 };
        insert(&with, object(&format!("o{n}"), &[("place", away)]))
    });
    storage.commit(others.collect()).await.unwrap();
    storage.close().await;
    let new = things(&place).await;

    let older = r#"
        DROP TRIGGER "Patient:elements_list:added"; DROP TRIGGER "Patient:elements_list:changed";
        DROP TRIGGER "Patient:elements_list:removed"; DROP TABLE "Patient:elements_list";
        CREATE INDEX "Patient:index_by_list" ON "Patient" ("list");
        DROP INDEX "Patient:index_by_place";
        CREATE INDEX "Patient:index_by_place" ON "Patient" ("place");
        CREATE INDEX "Patient:find_text" ON "Patient" ("text");
        CREATE TABLE "Patient:elements_text" ("type", "value");
        CREATE TRIGGER "Patient:elements_text:added" AFTER INSERT ON "Patient" BEGIN
            INSERT INTO "Patient:elements_text" VALUES ('text', new."text"); END;
        DROP TRIGGER "Patient:elements_more:changed";
        CREATE TRIGGER "Patient:elements_more:changed" AFTER UPDATE ON "Patient" BEGIN
            DELETE FROM "Patient:elements_more"; END;
    "#;
    run_in(&place, older).await;
    let storage = place.open().await;
    let names = |things: &[String]| -> Vec<String> {
        things.iter().map(|thing| thing.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect()
    };
    let now = things(&place).await;
    assert_eq!(names(&now), names(&new));
    // What is there already isn't made again.
    storage.close().await;
    let storage = place.open().await;
    assert_eq!(things(&place).await, now);

    for (field, value) in [("list", list(&["c", "b"])), ("more", list(&["n"]))] {
        let update = Update { ops: [(FieldPath::new(field).unwrap(), Op::Set(value))].into(), acl: None };
        let filter = Filter::id(&ObjectId::new("o").unwrap());
        let write = Write::Update { schema: Arc::clone(&with), filter, update, at: Date(2000) };
        storage.commit(vec![write]).await.unwrap();
    }
    for (field, text, count) in
        [("list", "a", 0), ("list", "b", 1), ("list", "c", 1), ("more", "m", 0), ("more", "n", 1)]
    {
        let filter = test(field, Test::Eq(text.into()));
        assert_eq!(storage.count(&with, &filter).await.unwrap(), count, "{field} {text}");
    }
    let near = Test::Near { point: Point { latitude: 1.0, longitude: 2.0 }, radians: Some(0.01) };
    let mode = model::query::Explain::QueryPlanner;
    let plan = storage.explain(&select(&with, test("place", near)), mode).await.unwrap();
    let plan = model::encode::json(&plan).to_string();
    assert!(plan.contains("\"indexName\":\"by_place\""), "{plan}");

    let without = Arc::new(schema(&[("text", FieldType::String)]));
    storage.put_schema(&without).await.unwrap();
    let one = Filter::id(&ObjectId::new("o").unwrap());
    let found = storage.find(&select(&without, one)).await.unwrap();
    assert_eq!(found[0].field("text").unwrap().as_str(), Some("x"));
    storage.put_schema(&with).await.unwrap();
    assert_eq!(storage.count(&with, &test("list", Test::Eq("b".into()))).await.unwrap(), 0);
    storage.drop_schema(&with.class).await.unwrap();
    let left: Vec<String> =
        things(&place).await.into_iter().filter(|name| name.contains("Patient")).collect();
    assert_eq!(left, Vec::<String>::new());
}

/// A change of a class must not fail because something isn't there that is to go.
#[tokio::test]
async fn what_is_to_be_dropped_need_not_be_there() {
    let place = Place::new();
    let storage = place.open().await;
    let mut with = schema(&[("text", FieldType::String), ("list", FieldType::Array)]);
    with.unique.push(Unique { fields: vec![name("text")], ignore_case: false });
    with.indexes.insert("by_list".into(), [("list".to_owned(), IndexKind::Ascending)].into());
    storage.put_schema(&with).await.unwrap();
    storage.close().await;
    let storage = place.open().await;
    let gone = r#"
        DROP TRIGGER "Patient:elements_list:added"; DROP TRIGGER "Patient:elements_list:changed";
        DROP TRIGGER "Patient:elements_list:removed"; DROP TABLE "Patient:elements_list";
        DROP INDEX "Patient:unique_text";
    "#;
    run_in(&place, gone).await;
    storage.put_schema(&schema(&[])).await.unwrap();
    storage.drop_schema(&with.class).await.unwrap();
    assert!(storage.schemas().await.unwrap().is_empty());
}
