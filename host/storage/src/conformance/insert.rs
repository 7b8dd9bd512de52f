//! Inserted objects come back as they were.

use model::{Acl, Date, FieldName, Filter, Rights, Value};
use serde_json::{Value as Json, json};

use crate::{
    Error,
    conformance::{
        Outcome,
        bench::{Bench, date, pointer, refused},
        cases, ensure,
    },
};

cases![
    a_text_is_kept,
    a_number_is_kept_exactly,
    a_boolean_is_kept,
    a_null_is_kept,
    a_date_is_kept,
    bytes_are_kept,
    a_geo_point_is_kept,
    a_polygon_is_kept,
    a_file_is_kept,
    a_pointer_is_kept,
    an_array_is_kept,
    an_object_is_kept,
    an_internal_field_is_kept,
    an_acl_is_kept,
    an_empty_acl_is_not_an_absent_one,
    the_dates_of_the_object_are_kept,
    an_object_without_fields_is_kept,
    an_id_is_taken_once,
    an_id_may_be_any_text,
    classes_do_not_mix,
    several_inserts_are_one_commit,
    no_writes_answer_nothing,
];

/// Inserts an object with each value in turn, and demands it back.
async fn kept(bench: Bench, kind: &str, values: &[Json]) -> Outcome {
    let class = bench.class("Thing", &format!("f:{kind}")).await?;
    for (n, value) in values.iter().enumerate() {
        let object = class.object(&format!("o{n}"), json!({"f": value}))?;
        class.insert_object(object.clone()).await?;
        class.holds(&object.id, &object).await?;
    }
    Ok(())
}

async fn a_text_is_kept(bench: Bench) -> Outcome {
    let texts = [
        "",
        " ",
        "Ann",
        "O'Neil \"quoted\" \\ back",
        "'; DROP TABLE \"Thing\"; --",
        "%_*?[a]",
        "äöü ß Ñ 漢字 👩‍⚕️",
        "e\u{301}",
        "line\nline\r\ttab",
        "null",
        "12",
        "{\"a\":1}",
        "$1 :a @b ?1",
        "\u{feff}bom",
    ];
    kept(bench, "String", &texts.map(Json::from)).await
}

async fn a_number_is_kept_exactly(bench: Bench) -> Outcome {
    let numbers = [
        0.0,
        -1.0,
        0.1,
        1.0 / 3.0,
        0.1 + 0.2,
        9_007_199_254_740_991.0,
        -9_007_199_254_740_992.0,
        9_007_199_254_740_994.0,
        1e21,
        1e300,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        -2.5,
    ];
    kept(bench, "Number", &numbers.map(Json::from)).await
}

async fn a_boolean_is_kept(bench: Bench) -> Outcome {
    kept(bench, "Boolean", &[json!(true), json!(false)]).await
}

async fn a_null_is_kept(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "f:String g:Number").await?;
    class.insert("a", json!({"f": null, "g": 1})).await?;
    let found = class.one("a").await?;
    let expected = bench.storage.features().explicit_nulls.then_some(&Value::Null);
    ensure!(found.field("f") == expected, "a null came back as {:?}", found.field("f"));
    ensure!(found.field("g") == Some(&Value::Number(1.0)), "its neighbour was lost");
    Ok(())
}

async fn a_date_is_kept(bench: Bench) -> Outcome {
    let dates = [
        "2024-02-29T12:34:56.789Z",
        "1969-12-31T23:59:59.999Z",
        "1970-01-01T00:00:00.000Z",
        "0001-01-01T00:00:00.000Z",
        "9999-12-31T23:59:59.999Z",
    ];
    kept(bench, "Date", &dates.map(date)).await
}

async fn bytes_are_kept(bench: Bench) -> Outcome {
    let bytes = ["", "AA==", "AAECAwQFBgcICQ==", "////"];
    kept(bench, "Bytes", &bytes.map(|base64| json!({"__type": "Bytes", "base64": base64}))).await
}

async fn a_geo_point_is_kept(bench: Bench) -> Outcome {
    let points = [(0.0, 0.0), (48.137_154, 11.576_124), (-90.0, 180.0), (90.0, -180.0)];
    let json =
        |(latitude, longitude)| json!({"__type": "GeoPoint", "latitude": latitude, "longitude": longitude});
    kept(bench, "GeoPoint", &points.map(json)).await
}

async fn a_polygon_is_kept(bench: Bench) -> Outcome {
    let ring = json!({"__type": "Polygon", "coordinates": [[0, 0], [0, 1.5], [1, 1], [0, 0]]});
    kept(bench, "Polygon", &[ring]).await
}

async fn a_file_is_kept(bench: Bench) -> Outcome {
    let bare = json!({"__type": "File", "name": "0123_scan.png"});
    let linked = json!({"__type": "File", "name": "a b.txt", "url": "https://files.example/a%20b.txt"});
    kept(bench, "File", &[bare, linked]).await
}

async fn a_pointer_is_kept(bench: Bench) -> Outcome {
    kept(bench, "*Ward", &[pointer("Ward", "w1"), pointer("Ward", "a$b \"c\"")]).await
}

async fn an_array_is_kept(bench: Bench) -> Outcome {
    let mixed = json!([1, "a", null, true, [2, ["b"]], {"k": []}, pointer("Ward", "w1"), date("2024-01-01T00:00:00.000Z")]);
    kept(bench, "Array", &[json!([]), json!([[]]), json!([null]), json!([1, 1, 1]), mixed]).await
}

async fn an_object_is_kept(bench: Bench) -> Outcome {
    let deep = json!({"a": {"b": {"c": [{"d": null, "e": pointer("Ward", "w1")}]}}, "": 1, "key with blank": "x", "é": 2});
    kept(bench, "Object", &[json!({}), json!({"a": null}), json!({"a": {}}), deep]).await
}

async fn an_internal_field_is_kept(bench: Bench) -> Outcome {
    let mut schema = super::bench::schema("_User", "username:String")?;
    let name = FieldName::known("_hashed_password");
    schema.fields.insert(name.clone(), model::Field::new(model::FieldType::String));
    let class = bench.put(schema).await?;
    let mut object = class.object("u1", json!({"username": "ann"}))?;
    object.fields.insert(name, Value::text("$2y$10$abc"));
    class.insert_object(object.clone()).await?;
    class.holds("u1", &object).await?;
    class.passes(&Filter::test("_hashed_password", model::Test::Eq("$2y$10$abc".into())), &["u1"]).await
}

async fn an_acl_is_kept(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "").await?;
    let mut object = class.object("a", json!({}))?;
    let mut acl = Acl::from_groups(&["*", "role:Nurse", "u1"], &["role:Nurse", "role:Dr. \"No\""]);
    acl.0.insert("u2".into(), Rights { read: true, write: true });
    object.acl = Some(acl);
    class.insert_object(object.clone()).await?;
    class.holds("a", &object).await
}

async fn an_empty_acl_is_not_an_absent_one(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "").await?;
    let mut closed = class.object("closed", json!({}))?;
    closed.acl = Some(Acl::default());
    let open = class.object("open", json!({}))?;
    class.insert_object(closed.clone()).await?;
    class.insert_object(open.clone()).await?;
    class.holds("closed", &closed).await?;
    class.holds("open", &open).await
}

async fn the_dates_of_the_object_are_kept(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "").await?;
    let mut object = class.object("a", json!({}))?;
    object.created_at = Date(-1);
    object.updated_at = Date(253_402_300_799_999);
    class.insert_object(object.clone()).await?;
    class.holds("a", &object).await
}

async fn an_object_without_fields_is_kept(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "a:String b:Array c:Object").await?;
    let object = class.object("a", json!({}))?;
    class.insert_object(object.clone()).await?;
    class.holds("a", &object).await
}

async fn an_id_is_taken_once(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "n:Number").await?;
    class.insert("a", json!({"n": 1})).await?;
    let again = class.commit(vec![class.inserting(class.object("a", json!({"n": 2}))?)]).await;
    refused(again, |error| matches!(error, Error::Duplicate { .. }), "Duplicate")?;
    let found = class.one("a").await?;
    ensure!(found.field("n") == Some(&Value::Number(1.0)), "the first object was replaced");
    Ok(())
}

async fn an_id_may_be_any_text(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "").await?;
    let ids = ["a", "A", "é", "a'b", "a\"b", "a b", "%", "1", "01", &"x".repeat(128)];
    for id in ids {
        class.insert(id, json!({})).await?;
    }
    for id in ids {
        class.one(id).await?;
    }
    class.passes(&Filter::all(), &ids).await
}

async fn classes_do_not_mix(bench: Bench) -> Outcome {
    let (patients, wards) =
        (bench.class("Patient", "n:Number").await?, bench.class("Ward", "n:String").await?);
    patients.insert("a", json!({"n": 1})).await?;
    wards.insert("a", json!({"n": "one"})).await?;
    wards.insert("b", json!({})).await?;
    patients.passes(&Filter::all(), &["a"]).await?;
    wards.passes(&Filter::all(), &["a", "b"]).await?;
    ensure!(wards.one("a").await?.field("n") == Some(&Value::text("one")), "a ward holds a patient's field");
    Ok(())
}

async fn several_inserts_are_one_commit(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "n:Number").await?;
    let writes = (0..5)
        .map(|n| Ok(class.inserting(class.object(&format!("o{n}"), json!({"n": n}))?)))
        .collect::<Result<Vec<_>, super::Wrong>>()?;
    let answer = class.commit(writes).await?;
    ensure!(answer.len() == 5, "5 writes had {} answers", answer.len());
    class.passes(&Filter::all(), &["o0", "o1", "o2", "o3", "o4"]).await
}

async fn no_writes_answer_nothing(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "").await?;
    let answer = class.commit(Vec::new()).await?;
    ensure!(answer.is_empty(), "no writes had {} answers", answer.len());
    Ok(())
}
