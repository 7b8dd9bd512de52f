//! Orders of single objects.

use serde_json::{Value as Json, json};

use super::*;
use crate::{ClassName, Date, FieldName, ObjectId, encode, query::text::Search};

fn object(fields: Json) -> Object {
    let mut object = Object::new(ClassName::new("Thing").unwrap(), ObjectId::new("id1").unwrap(), Date(0));
    for (name, json) in fields.as_object().unwrap() {
        object.fields.insert(FieldName::new(name).unwrap(), encode::value(json.clone()).unwrap());
    }
    object
}

fn compare(a: &Object, b: &Object, order: &[Order]) -> Ordering {
    Sorter::new(order, &Filter::all()).compare(a, b)
}

#[test]
fn values_sort_by_kind_and_size() {
    let sorted = [
        json!(null),
        json!(-1),
        json!(10),
        json!("A"),
        json!("a"),
        json!("ä"),
        json!({"a": 1}),
        json!({"a": 2}),
        json!({"__type": "Bytes", "base64": "AA=="}),
        json!(false),
        json!(true),
        json!({"__type": "Date", "iso": "2024-01-01T00:00:00.000Z"}),
    ];
    let key = |descending| [Order { path: Path::new("a").unwrap(), descending, by: By::Value }];
    for (n, low) in sorted.iter().enumerate() {
        for (m, high) in sorted.iter().enumerate() {
            let (low, high) = (object(json!({"a": low})), object(json!({"a": high})));
            assert_eq!(compare(&low, &high, &key(false)), n.cmp(&m), "{n} {m}");
            assert_eq!(compare(&low, &high, &key(true)), m.cmp(&n), "{n} {m}");
        }
    }
    let (absent, null) = (object(json!({})), object(json!({"a": null})));
    assert_eq!(compare(&absent, &null, &key(false)), Ordering::Equal);
    let (low, high) = (object(json!({"a": [9, 1]})), object(json!({"a": [5]})));
    assert_eq!(compare(&low, &high, &key(false)), Ordering::Less);
    assert_eq!(compare(&low, &high, &key(true)), Ordering::Less);
}

#[test]
fn later_keys_break_ties() {
    let keys = [("a", false), ("b", true)].map(|(path, descending)| Order {
        path: Path::new(path).unwrap(),
        descending,
        by: By::Value,
    });
    let (first, second) = (object(json!({"a": 1, "b": 2})), object(json!({"a": 1, "b": 1})));
    assert_eq!(compare(&first, &second, &keys), Ordering::Less);
    assert_eq!(compare(&first, &second, &[]), Ordering::Equal);
}

#[test]
fn the_nearest_comes_first() {
    let at = |latitude: f64| json!({"__type": "GeoPoint", "latitude": latitude, "longitude": 0});
    let mut rows: Vec<Object> = [json!({"n": 0}), json!({"a": at(3.0)}), json!({"a": [at(9.0), at(1.0)]})]
        .into_iter()
        .map(object)
        .collect();
    let (path, from) = (Path::new("a").unwrap(), Point::new(0.0, 0.0).unwrap());
    let order = [Order { path, descending: false, by: By::Distance(from) }];
    let (everything, expected) = (Filter::all(), [rows[2].clone(), rows[1].clone(), rows[0].clone()]);
    Sorter::new(&order, &everything).sort(&mut rows);
    assert!(rows == expected);
}

#[test]
fn the_best_answer_comes_first() {
    let mut rows: Vec<Object> =
        ["a word and more", "word", "another"].map(|text| object(json!({"a": text}))).into();
    let search =
        Search { term: "word".into(), language: None, case_sensitive: false, diacritic_sensitive: false };
    let (path, score) = (Path::new("a").unwrap(), Path::new("score").unwrap());
    let filter = Filter::And(vec![Filter::Test(path, Test::Text(search))]);
    let order = [Order { path: score, descending: false, by: By::Score }];
    assert_eq!(scores(&filter, &rows).unwrap(), [0.625, 1.1, 0.0]);
    let expected = [rows[1].clone(), rows[0].clone(), rows[2].clone()];
    Sorter::new(&order, &filter).sort(&mut rows);
    assert!(rows == expected);
    assert!(scores(&Filter::all(), &rows).is_none());
}
