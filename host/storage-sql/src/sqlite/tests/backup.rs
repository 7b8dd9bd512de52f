//! Copies made while the database is in use.

use super::*;

/// Two writes of a commit are both in a copy or neither, and what was answered before it began is in it.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_made_under_load_is_of_one_moment() {
    let place = Place::new();
    let storage = Arc::new(place.open().await);
    let mut schema = schema(&[("text", FieldType::String), ("list", FieldType::Array)]);
    schema.indexes.insert("list_1".into(), [("list".to_owned(), IndexKind::Ascending)].into());
    let schema = Arc::new(schema);
    storage.put_schema(&schema).await.unwrap();
    let answered = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let writers: Vec<_> = (0..4)
        .map(|task| {
            let (storage, schema, answered) = (storage.clone(), schema.clone(), answered.clone());
            tokio::spawn(async move {
                for n in 0..400 {
                    let list = Value::Array(vec![Value::String(format!("e{n}"))]);
                    let fields = [("text", Value::String("x".repeat(500))), ("list", list)];
                    let pair =
                        ["a", "b"].map(|half| insert(&schema, object(&format!("{half}{task}n{n}"), &fields)));
                    storage.commit(pair.into()).await.unwrap();
                    answered.fetch_add(2, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let mut counts = Vec::new();
    for number in 0..3 {
        while answered.load(Ordering::Relaxed) < 200 * (number + 1) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let before = answered.load(Ordering::Relaxed);
        let to = place.path(&format!("copy{number}.db"));
        Sqlite::copy(&place.config, &to).await.unwrap();
        let copy = Sqlite::open(&Config { path: to, ..place.config.clone() }).await.unwrap();
        let all = copy.count(&schema, &Filter::all()).await.unwrap();
        assert!(all >= before && all % 2 == 0, "{all} of at least {before}");
        // The elements were copied with their objects.
        let listed = test("list", Test::Eq("e1".into()));
        assert_eq!(copy.count(&schema, &listed).await.unwrap() % 2, 0);
        counts.push(all);
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(counts[0] < 3200, "the writers were done before the first copy: {counts:?}");
    assert_eq!(storage.count(&schema, &Filter::all()).await.unwrap(), 3200);
}

#[tokio::test]
async fn a_copy_that_cannot_be_made_leaves_no_file() {
    let place = Place::new();
    let to = place.path("copy.db");
    let missing = Sqlite::copy(&place.config, &to).await;
    assert!(matches!(missing, Err(Error::Unavailable(_))) && !to.exists() && !place.config.path.exists());
    std::fs::write(
        &place.config.path,
        "this is a letter, not a database; it is long enough to be read as one",
    )
    .unwrap();
    let letter = Sqlite::copy(&place.config, &to).await;
    assert!(matches!(letter, Err(Error::Unavailable(text)) if text.contains("not a database")));
    assert!(!to.exists());
    std::fs::remove_file(&place.config.path).unwrap();
    // Half of the pages are overwritten: whatever is said, it isn't success.
    let storage = place.open().await;
    let schema = Arc::new(schema(&[("text", FieldType::String)]));
    storage.put_schema(&schema).await.unwrap();
    for n in 0..50 {
        let fields = [("text", Value::String("x".repeat(1000)))];
        storage.commit(vec![insert(&schema, object(&format!("o{n}"), &fields))]).await.unwrap();
    }
    storage.close().await;
    let mut bytes = std::fs::read(&place.config.path).unwrap();
    let half = bytes.len() / 2;
    bytes[half..].fill(0x5a);
    std::fs::write(&place.config.path, bytes).unwrap();
    let damaged = Sqlite::copy(&place.config, &to).await;
    assert!(matches!(damaged, Err(Error::Unavailable(_))) && !to.exists());
}

#[tokio::test]
async fn a_backup_opens_like_any_database() {
    let place = Place::new();
    let storage = place.open().await;
    let mut schema = schema(&[("text", FieldType::String)]);
    schema.unique.push(Unique { fields: vec![name("text")], ignore_case: true });
    let schema = Arc::new(schema);
    storage.put_schema(&schema).await.unwrap();
    for n in 0..100 {
        storage.commit(vec![insert(&schema, object(&format!("o{n}"), &text(n)))]).await.unwrap();
    }
    let to = place.path("copy.db");
    storage.backup(&to).await.unwrap();
    assert!(matches!(storage.backup(&to).await, Err(Error::Unavailable(text)) if text.contains("copy.db")));
    let copy = Sqlite::open(&Config { path: to, ..place.config.clone() }).await.unwrap();
    assert_eq!(copy.count(&schema, &Filter::all()).await.unwrap(), 100);
    copy.commit(vec![insert(&schema, object("doctor", &[("text", "Ärztin".into())]))]).await.unwrap();
    for taken in ["V7", "äRZTIN"] {
        let twice = copy.commit(vec![insert(&schema, object("new", &[("text", taken.into())]))]).await;
        assert_eq!(twice, Err(Error::Duplicate { fields: vec!["text".into()] }), "{taken}");
    }
}

/// A copy that was cut short had the name of a whole one, and opened as an empty database.
#[tokio::test]
async fn a_copy_that_is_cut_short_has_another_name() {
    let place = Place::new();
    let storage = place.open().await;
    let to = place.path("copy.db");
    let cut = tokio::time::timeout(std::time::Duration::ZERO, storage.backup(&to)).await;
    assert!(cut.is_err() && !to.exists() && place.path("copy.db.half").exists());
    // Whose it is nobody knows: it may be another copy that is being made.
    let again = storage.backup(&to).await;
    assert!(matches!(again, Err(Error::Unavailable(text)) if text.contains("copy.db.half")));
    std::fs::remove_file(place.path("copy.db.half")).unwrap();
    storage.backup(&to).await.unwrap();
    assert!(to.exists() && !place.path("copy.db.half").exists());
}
