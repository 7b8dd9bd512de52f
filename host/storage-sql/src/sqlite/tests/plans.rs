//! Reads use indexes, and cost what they should.

use std::time::{Duration, Instant};

use sqlx::Row as _;

use super::*;
use ::storage::Wish;

use crate::compile;

async fn plan(storage: &Sqlite, select: &Select) -> String {
    let layouts = storage.layouts();
    let layout = &layouts[&select.schema.class];
    let wish = Wish { order: &select.order, limit: select.limit, ..Wish::all(&select.filter) };
    let mut statement = compile::find(&Lite, &layouts, layout, &wish).unwrap().statement;
    statement.text.insert_str(0, "EXPLAIN QUERY PLAN ");
    let mut reader = storage.readers.lend().await.unwrap();
    let rows = run::all(reader.connection(), statement).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>("detail")).collect::<Vec<_>>().join("\n")
}

fn indexed() -> Schema {
    let mut schema = schema(&[
        ("text", FieldType::String),
        ("email", FieldType::String),
        ("doctor", FieldType::Pointer(ClassName::user())),
        ("number", FieldType::Number),
    ]);
    schema.unique.push(Unique { fields: vec![name("email")], ignore_case: false });
    schema.indexes.insert("by_doctor".into(), [("doctor".to_owned(), IndexKind::Ascending)].into());
    schema.indexes.insert("by_age".into(), [("_created_at".to_owned(), IndexKind::Descending)].into());
    schema
}

async fn filled(place: &Place, rows: usize) -> (Sqlite, Arc<Schema>) {
    let storage = place.open().await;
    let schema = Arc::new(indexed());
    storage.put_schema(&schema).await.unwrap();
    for chunk in (0..rows).collect::<Vec<_>>().chunks(1000) {
        let writes = chunk.iter().map(|n| {
            let doctor = Value::pointer(ClassName::user(), ObjectId::new(&format!("d{}", n % 100)).unwrap());
            let fields = [
                ("text", Value::String(format!("name {n}"))),
                ("email", Value::String(format!("{n}@example.org"))),
                ("doctor", doctor),
                ("number", Value::Number(*n as f64)),
            ];
            let mut object = object(&format!("o{n}"), &fields);
            object.acl = Some(Acl::from_groups(&["*", "role:x"], &["ann"]));
            insert(&schema, object)
        });
        storage.commit(writes.collect()).await.unwrap();
    }
    (storage, schema)
}

#[tokio::test]
async fn filters_are_served_by_indexes() {
    let place = Place::new();
    let (storage, schema) = filled(&place, 10_000).await;
    let doctor = |id: &str| Value::pointer(ClassName::user(), ObjectId::new(id).unwrap());
    let guard = Filter::Acl(Access::Read, vec!["*".into()]);
    let cases = [
        (Filter::id(&ObjectId::new("o5").unwrap()), "sqlite_autoindex_Patient_1 (objectId=?)", 1),
        (Filter::id(&ObjectId::new("o5").unwrap()).and(guard), "sqlite_autoindex_Patient_1 (objectId=?)", 1),
        (test("objectId", Test::In(vec!["o5".into(), "o7".into(), "none".into()])), "(objectId=?)", 2),
        (test("doctor", Test::Eq(doctor("d7"))), "Patient:index_by_doctor (doctor=?)", 100),
        (
            test("doctor", Test::In(vec![doctor("d7"), doctor("d8")])),
            "Patient:index_by_doctor (doctor=?)",
            200,
        ),
        (test("email", Test::Eq("77@example.org".into())), "Patient:unique_email (email=?)", 1),
        (
            test("email", Test::Regex(Pattern { source: "^\\Q77@\\E".into(), options: String::new() })),
            "Patient:unique_email (email>? AND email<?)",
            1,
        ),
    ];
    for (filter, index, count) in cases {
        let select = select(&schema, filter);
        let plan = plan(&storage, &select).await;
        assert!(plan.contains("SEARCH Patient USING") && plan.contains(index), "{:?}: {plan}", select.filter);
        assert_eq!(storage.find(&select).await.unwrap().len(), count, "{:?}", select.filter);
    }
    let newest = Select {
        order: vec![model::Order::descending(FieldPath::new("createdAt").unwrap())],
        limit: Limit::Rows(10),
        ..select(&schema, Filter::all())
    };
    let plan = plan(&storage, &newest).await;
    assert!(
        plan.contains("SCAN Patient USING INDEX Patient:index_by_age") && !plan.contains("TEMP B-TREE"),
        "{plan}"
    );
}

/// A connection that explains doesn't notice by itself that another one has made or dropped an index.
#[tokio::test]
async fn plans_know_the_indexes_of_now() {
    let place = Place::new();
    let storage = place.open().await;
    let mut schema = schema(&[("text", FieldType::String)]);
    let mode = model::query::Explain::QueryPlanner;
    for indexed in [false, true, false] {
        schema.indexes.clear();
        if indexed {
            schema.indexes.insert("by_text".into(), [("text".to_owned(), IndexKind::Ascending)].into());
        }
        storage.put_schema(&schema).await.unwrap();
        let select = select(&Arc::new(schema.clone()), test("text", Test::Eq("x".into())));
        let plan = storage.explain(&select, mode).await.unwrap();
        let plan = model::encode::json(&plan).to_string();
        assert_eq!(plan.contains("\"indexName\":\"by_text\""), indexed, "{plan}");
    }
}

/// The processor time that this process used so far, which other processes don't disturb as they do the clock.
fn processor() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let ticks: u64 = stat.split(' ').skip(13).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

/// Writes what the common calls take to a file in the temporary folder: `cargo test -p storage-sql -- --ignored costs`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures, asserts nothing about time"]
async fn costs() {
    let place = Place::new();
    let (storage, schema) = filled(&place, 10_000).await;
    let storage = Arc::new(storage);
    let guard = || Filter::Acl(Access::Read, vec!["*".into(), "role:x".into(), "u1".into()]);
    let mut report = String::new();
    let (started, used) = (Instant::now(), processor());
    for n in 0..5000 {
        let filter = Filter::id(&ObjectId::new(&format!("o{}", n * 7 % 10_000)).unwrap()).and(guard());
        let found = storage.find(&Select { limit: Limit::Rows(1), ..select(&schema, filter) }).await.unwrap();
        assert_eq!(found.len(), 1);
    }
    report += &format!(
        "get by id with ACL: {:?}, processor {:?}\n",
        started.elapsed() / 5000,
        (processor() - used) / 5000
    );
    let (started, used) = (Instant::now(), processor());
    for n in 0..500 {
        let doctor = Value::pointer(ClassName::user(), ObjectId::new(&format!("d{}", n % 100)).unwrap());
        let found =
            storage.find(&select(&schema, test("doctor", Test::Eq(doctor)).and(guard()))).await.unwrap();
        assert_eq!(found.len(), 100);
    }
    report += &format!(
        "find 100 by pointer with ACL: {:?}, processor {:?}\n",
        started.elapsed() / 500,
        (processor() - used) / 500
    );
    for tasks in [1, 16, 64] {
        let before = storage.commits();
        let (started, used) = (Instant::now(), processor());
        let each = 4000 / tasks;
        let running: Vec<_> = (0..tasks)
            .map(|task| {
                let (storage, schema) = (Arc::clone(&storage), Arc::clone(&schema));
                tokio::spawn(async move {
                    for n in 0..each {
                        let row = object(&format!("w{tasks}t{task}n{n}"), &text(n));
                        storage.commit(vec![insert(&schema, row)]).await.unwrap();
                    }
                })
            })
            .collect();
        for task in running {
            task.await.unwrap();
        }
        let after = storage.commits();
        let shared = (after.asked - before.asked) as f64 / (after.transactions - before.transactions) as f64;
        let rate = (each * tasks) as f64 / started.elapsed().as_secs_f64();
        let cost = (processor() - used) / (each * tasks) as u32;
        report += &format!(
            "inserts from {tasks} tasks: {rate:.0}/s, {shared:.1} a transaction, processor {cost:?}\n"
        );
    }
    let started = Instant::now();
    let filter = test("text", Test::Regex(Pattern { source: "NAME 99.*7$".into(), options: "i".into() }));
    let found = storage.find(&select(&schema, filter)).await.unwrap();
    report += &format!("regex over 12000 rows, {} found: {:?}\n", found.len(), started.elapsed());
    std::fs::write(std::env::temp_dir().join("storage-sql-costs.txt"), report).unwrap();
}
