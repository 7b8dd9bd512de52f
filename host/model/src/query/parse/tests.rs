//! What `where` may say and what it is refused for.

use serde_json::json;

use super::*;
use crate::{
    ClassName, Query,
    query::{
        filter::Pattern,
        geo::{Point, Region},
        text::Search,
    },
};

const NOW: Date = Date(1_700_000_000_000);

fn read(json: Json) -> Filter {
    filter(json, &Limits::default(), NOW).unwrap()
}

fn refused(json: Json) -> (i32, String) {
    let error = filter(json, &Limits::default(), NOW).unwrap_err();
    (error.code.number(), error.message.into_owned())
}

fn test(path: &str, test: Test) -> Filter {
    Filter::Test(Path::new(path).unwrap(), test)
}

#[test]
fn an_empty_where_passes_everything() {
    assert_eq!(read(json!({})), Filter::all());
}

#[test]
fn literals_mean_equality() {
    assert_eq!(read(json!({"a": 1})), test("a", Test::Eq(Value::Number(1.0))));
    assert_eq!(read(json!({"a": null})), test("a", Test::Eq(Value::Null)));
    assert_eq!(read(json!({"a": {}})), test("a", Test::Eq(Value::Object(Default::default()))));
    assert_eq!(read(json!({"a.b.0": "x"})), test("a.b.0", Test::Eq("x".into())));
    let pointer = json!({"__type": "Pointer", "className": "Ward", "objectId": "w1"});
    assert!(matches!(read(json!({"a": pointer})), Filter::Test(_, Test::Eq(Value::Pointer(_)))));
}

#[test]
fn literals_and_operators_mix() {
    let expected = Filter::And(vec![
        test("a", Test::Eq(Value::Object([("x".to_owned(), Value::Number(1.0))].into()))),
        test("a", Test::Exists(true)),
    ]);
    assert_eq!(read(json!({"a": {"x": 1, "$exists": true}})), expected);
}

#[test]
fn every_operator_is_read() {
    let number = |n: f64| Value::Number(n);
    let cases = [
        (json!({"$eq": 1}), Test::Eq(number(1.0))),
        (json!({"$ne": 1}), Test::Ne(number(1.0))),
        (json!({"$lt": 1}), Test::Lt(number(1.0))),
        (json!({"$lte": 1}), Test::Lte(number(1.0))),
        (json!({"$gt": "b"}), Test::Gt("b".into())),
        (json!({"$gte": true}), Test::Gte(true.into())),
        (json!({"$in": [1, null]}), Test::In(vec![number(1.0), Value::Null])),
        (json!({"$nin": []}), Test::Nin(vec![])),
        (json!({"$exists": false}), Test::Exists(false)),
        (json!({"$all": ["a", "b"]}), Test::All(vec!["a".into(), "b".into()])),
        (json!({"$containedBy": ["a"]}), Test::ContainedBy(vec!["a".into()])),
        (
            json!({"$regex": "^\\Qa\\E", "$options": "i"}),
            Test::Regex(Pattern { source: "^\\Qa\\E".into(), options: "i".into() }),
        ),
        (
            json!({"$all": [{"$regex": "^\\Qa\\E"}]}),
            Test::AllRegex(vec![Pattern { source: "^\\Qa\\E".into(), options: String::new() }]),
        ),
    ];
    for (json, expected) in cases {
        assert_eq!(read(json!({"f": json})), test("f", expected.clone()), "{}", expected.name());
    }
}

fn point(latitude: i32, longitude: i32) -> Json {
    json!({"__type": "GeoPoint", "latitude": latitude, "longitude": longitude})
}

#[test]
fn places_are_read() {
    let at = |latitude: f64, longitude: f64| Point::new(latitude, longitude).unwrap();
    let near = |radians| Test::Near { point: at(1.0, 2.0), radians };
    let triangle = Test::Within(Region::Polygon(vec![at(0.0, 0.0), at(0.0, 1.0), at(1.0, 0.0)]));
    let bare = |latitude: i32, longitude: i32| json!({"latitude": latitude, "longitude": longitude});
    let square = Test::Within(Region::Box { south_west: at(0.0, 0.0), north_east: at(1.0, 2.0) });
    let ring = json!({"__type": "Polygon", "coordinates": [[0, 0], [0, 1], [1, 0]]});
    let closed = Test::Within(Region::Polygon(vec![at(0.0, 0.0), at(0.0, 1.0), at(1.0, 0.0), at(0.0, 0.0)]));
    let sphere = Test::Within(Region::Sphere { center: at(1.0, 2.0), radians: 0.5 });
    let cases = [
        (json!({"$nearSphere": point(1, 2)}), near(None)),
        (json!({"$nearSphere": point(1, 2), "$maxDistance": 0.5}), near(Some(0.5))),
        (json!({"$nearSphere": point(1, 2), "$maxDistanceInRadians": 0.5}), near(Some(0.5))),
        (json!({"$nearSphere": point(1, 2), "$maxDistanceInMiles": 3959}), near(Some(1.0))),
        (json!({"$nearSphere": point(1, 2), "$maxDistanceInKilometers": 12742}), near(Some(2.0))),
        (json!({"$nearSphere": bare(1, 2)}), near(None)),
        (json!({"$within": {"$box": [point(0, 0), point(1, 2)]}}), square.clone()),
        (json!({"$within": {"$box": [bare(0, 0), bare(1, 2)]}}), square),
        (json!({"$geoWithin": {"$polygon": [point(0, 0), point(0, 1), point(1, 0)]}}), triangle.clone()),
        // Pairs begin with the longitude, and may stand beside points.
        (json!({"$geoWithin": {"$polygon": [[0, 0], [1, 0], point(1, 0)]}}), triangle),
        (json!({"$geoWithin": {"$polygon": ring}}), closed),
        (json!({"$geoWithin": {"$centerSphere": [[2, 1], 0.5]}}), sphere.clone()),
        (json!({"$geoWithin": {"$centerSphere": [point(1, 2), 0.5, "more"]}}), sphere),
        (json!({"$geoIntersects": {"$point": point(1, 2)}}), Test::Covers(at(1.0, 2.0))),
    ];
    for (json, expected) in cases {
        assert_eq!(read(json!({"f": json})), test("f", expected.clone()), "{}", expected.name());
    }
}

#[test]
fn searches_and_relative_times_are_read() {
    let search = json!({"$search": {"$term": "a", "$language": "es", "$caseSensitive": true}});
    let expected = Search {
        term: "a".into(),
        language: Some("es".into()),
        case_sensitive: true,
        diacritic_sensitive: false,
    };
    assert_eq!(read(json!({"f": {"$text": search}})), test("f", Test::Text(expected)));
    let later = Test::Gt(Date(NOW.ms() + 1_000).into());
    assert_eq!(read(json!({"f": {"$gt": {"$relativeTime": "in 1 second"}}})), test("f", later.clone()));
    assert_eq!(read(json!({"createdAt": {"$gt": {"$relativeTime": "in 1 sec"}}})), test("createdAt", later));
}

#[test]
fn lists_inside_in_are_laid_out_once() {
    let expected = Test::In(vec!["a".into(), "b".into(), Value::Array(vec!["c".into()])]);
    assert_eq!(read(json!({"f": {"$in": ["a", ["b", ["c"]]]}})), test("f", expected));
}

#[test]
fn bare_dates_of_the_object_are_dates() {
    let date = Date::parse("2024-05-06T07:08:09.010Z").unwrap();
    let text = date.to_string();
    assert_eq!(read(json!({"createdAt": {"$gt": text}})), test("createdAt", Test::Gt(date.into())));
    assert_eq!(read(json!({"updatedAt": text})), test("updatedAt", Test::Eq(date.into())));
    assert_eq!(read(json!({"createdAt": {"$in": [text]}})), test("createdAt", Test::In(vec![date.into()])));
    assert_eq!(read(json!({"other": text})), test("other", Test::Eq(text.into())));
    assert_eq!(refused(json!({"createdAt": "soon"})).0, 107);
}

#[test]
fn logic_nests() {
    let parsed = read(json!({"$or": [{"a": 1}, {"$and": [{"b": 2}, {"c": 3}]}], "$nor": [{"d": 4}]}));
    let one = |name: &str, n: f64| test(name, Test::Eq(Value::Number(n)));
    let or = Filter::Or(vec![one("a", 1.0), Filter::And(vec![one("b", 2.0), one("c", 3.0)])]);
    assert_eq!(parsed, Filter::And(vec![or, Filter::Nor(vec![one("d", 4.0)])]));
}

#[test]
fn sub_queries_are_read_whole() {
    let inner = json!({"className": "Ward", "where": {"n": 1}, "limit": 5, "order": "n"});
    let mut query = Query::new(ClassName::new("Ward").unwrap());
    query.filter = test("n", Test::Eq(Value::Number(1.0)));
    assert_eq!(
        read(json!({"ward": {"$notInQuery": inner}})),
        test("ward", Test::InQuery { query: Box::new(query.clone()), negated: true })
    );
    assert_eq!(
        read(json!({"ward": {"$select": {"query": inner, "key": "a.b"}}})),
        test("ward", Test::Select { query: Box::new(query), key: Path::new("a.b").unwrap(), negated: false })
    );
}

#[test]
fn related_to_names_owner_and_key() {
    let owner = json!({"__type": "Pointer", "className": "Ward", "objectId": "w1"});
    let parsed = read(json!({"$relatedTo": {"object": owner, "key": "patients"}}));
    let expected = Filter::RelatedTo {
        owner_class: ClassName::new("Ward").unwrap(),
        owner: crate::ObjectId::new("w1").unwrap(),
        key: Path::new("patients").unwrap(),
    };
    assert_eq!(parsed, expected);
}

#[test]
fn columns_of_the_server_are_known_by_their_names_alone() {
    let filter = read(json!({"_failed_login_count": 3}));
    assert_eq!(filter, Filter::test("_failed_login_count", Test::Eq(Value::Number(3.0))));
}

#[test]
fn mistakes_have_the_codes_of_the_reference() {
    let query = json!({"className": "Ward", "where": {}});
    let cases = [
        (json!([]), 102, "where must be an object"),
        (json!({"$or": {}}), 102, "Bad $or format - use an array value."),
        (json!({"$or": []}), 102, "Bad $or format - use an array of at least 1 value."),
        (json!({"$nor": []}), 102, "Bad $nor format - use an array of at least 1 value."),
        (json!({"$and": [1]}), 102, "where must be an object"),
        (json!({"ACL": {}}), 102, "Cannot query on ACL."),
        (json!({"ACL.read": 1}), 102, "Cannot query on ACL."),
        (json!({"_hashed_password": "x"}), 105, "Invalid key name: _hashed_password"),
        (json!({"_rperm": "x"}), 105, "Invalid key name: _rperm"),
        (json!({"$where": "x"}), 105, "Invalid key name: $where"),
        (json!({"a..b": 1}), 105, "Invalid key name: a..b"),
        (json!({"Ann Example": 1}), 105, "Invalid key name: (not shown)"),
        (json!({"length": {"$bogus": 1}}), 107, "bad constraint: $bogus"),
        (json!({"a": {"$in": 1}}), 107, "bad $in value"),
        (json!({"a": {"$nin": {}}}), 107, "bad $nin value"),
        (json!({"a": {"$all": 1}}), 107, "bad $all value"),
        (
            json!({"a": {"$all": [{"$regex": "a"}, "b"]}}),
            107,
            "All $all values must be of regex type or none",
        ),
        (json!({"a": {"$containedBy": 1}}), 107, "bad $containedBy value"),
        (json!({"a": {"$exists": "yes"}}), 107, "bad $exists value"),
        (json!({"a": {"$lt": [1]}}), 107, "bad $lt value"),
        (json!({"a": {"$regex": 1}}), 102, "$regex value must be a string"),
        (json!({"a": {"$regex": "a", "$options": 1}}), 102, "$options value must be a string"),
        (json!({"a": {"$regex": "a", "$options": "q"}}), 102, "Bad $options value for query: q"),
        (
            json!({"a": {"$regex": "("}}),
            102,
            "Bad $regex value for query: not a pattern this server supports",
        ),
        (
            json!({"a": {"$regex": "b(?=c)"}}),
            102,
            "Bad $regex value for query: look-around is supported only as (?=…) and (?!…) right after a ^ at the start",
        ),
        (json!({"a": {"$options": "i"}}), 102, "improper usage of $options"),
        (json!({"a": {"$inQuery": {"className": "Ward"}}}), 102, "improper usage of $inQuery"),
        (json!({"a": {"$notInQuery": {"where": {}}}}), 102, "improper usage of $notInQuery"),
        (json!({"a": {"$select": {"query": query}}}), 102, "improper usage of $select"),
        (json!({"a": {"$select": {"query": query, "key": "k", "x": 1}}}), 102, "improper usage of $select"),
        (json!({"a": {"$dontSelect": {"query": query, "key": 1}}}), 102, "improper usage of $dontSelect"),
        (json!({"$relatedTo": {"key": "k"}}), 102, "improper usage of $relatedTo"),
        (json!({"a": {"$text": {}}}), 107, "bad $text: $search, should be object"),
        (json!({"a": {"$text": {"$search": {"$term": 1}}}}), 107, "bad $text: $term, should be string"),
        (
            json!({"a": {"$text": {"$search": {"$term": "a", "$language": 1}}}}),
            107,
            "bad $text: $language, should be string",
        ),
        (
            json!({"a": {"$text": {"$search": {"$term": "a", "$caseSensitive": 1}}}}),
            107,
            "bad $text: $caseSensitive, should be boolean",
        ),
        (
            json!({"a": {"$text": {"$search": {"$term": "a", "$bogus": 1}}}}),
            107,
            "bad $text: $bogus is not known",
        ),
        (json!({"a": {"$nearSphere": {}}}), 107, "bad $nearSphere value"),
        (json!({"a": {"$nearSphere": point(91, 0)}}), 107, "bad $nearSphere value"),
        (json!({"a": {"$nearSphere": point(0, 0), "$maxDistance": -1}}), 107, "bad $maxDistance value"),
        (json!({"a": {"$maxDistance": 1}}), 102, "improper usage of $maxDistance"),
        (json!({"a": {"$within": {"$box": [point(0, 0)]}}}), 107, "malformatted $within arg"),
        (json!({"a": {"$within": {"$ring": []}}}), 107, "malformatted $within arg"),
        (
            json!({"a": {"$geoWithin": {"$polygon": [point(0, 0), point(1, 1)]}}}),
            107,
            "bad $geoWithin value; $polygon should contain at least 3 GeoPoints",
        ),
        (
            json!({"a": {"$geoWithin": {"$polygon": [1, 2, 3]}}}),
            107,
            "bad $geoWithin value; $polygon should be Polygon object or Array of Parse.GeoPoint's",
        ),
        (
            json!({"a": {"$geoWithin": {"$polygon": [[0, 0], [0, 91], [1, 0]]}}}),
            107,
            "bad $geoWithin value; $polygon should be Polygon object or Array of Parse.GeoPoint's",
        ),
        (json!({"a": {"$nearSphere": {"latitude": 1}}}), 107, "bad $nearSphere value"),
        (
            json!({"a": {"$geoWithin": {"$centerSphere": [[181, 0], 1]}}}),
            107,
            "bad $geoWithin value; $centerSphere geo point invalid",
        ),
        (
            json!({"a": {"$geoWithin": {"$centerSphere": [[0, 0], -1]}}}),
            107,
            "bad $geoWithin value; $centerSphere distance invalid",
        ),
        (json!({"a": {"$geoWithin": {"$circle": []}}}), 107, "bad $geoWithin value"),
        (
            json!({"a": {"$geoIntersects": {"$point": [0, 0]}}}),
            107,
            "bad $geoIntersect value; $point should be GeoPoint",
        ),
        (
            json!({"a": {"$gt": {"$relativeTime": "soon"}}}),
            107,
            "bad $relativeTime ($gt) value. Time should either start with 'in' or end with 'ago'",
        ),
        (
            json!({"a": {"$eq": {"$relativeTime": "now"}}}),
            107,
            "$relativeTime can only be used with the $lt, $lte, $gt, and $gte operators",
        ),
        (
            json!({"a": {"$inQuery": {"className": "Ward", "where": {}, "redirectClassNameForKey": 1}}}),
            102,
            "improper usage of $inQuery",
        ),
        (json!({"a": {"__type": "Nope"}}), 111, "This is not a valid __type"),
        (json!({"a": {"b": {"$c": 1}}}), 121, "Nested keys should not contain the '$' or '.' characters"),
    ];
    for (json, code, text) in cases {
        let shown = json.to_string();
        assert_eq!(refused(json), (code, text.to_owned()), "{shown}");
    }
}

#[test]
fn limits_hold() {
    let nested = |levels: usize| (0..levels).fold(json!({"a": 1}), |inner, _| json!({"$or": [inner]}));
    assert!(filter(nested(10), &Limits::default(), NOW).is_ok());
    assert_eq!(refused(nested(11)).0, 102);
    let many = |count: usize| json!({"a": {"$in": vec![1; count]}});
    assert!(filter(many(10_000), &Limits::default(), NOW).is_ok());
    assert_eq!(refused(many(10_001)).0, 102);
    assert_eq!(refused(json!({"a": {"$regex": "a".repeat(5_000)}})).0, 102);
    let sub = |levels: usize| {
        (0..levels).fold(json!({}), |inner, _| json!({"p": {"$inQuery": {"className": "A", "where": inner}}}))
    };
    assert!(filter(sub(10), &Limits::default(), NOW).is_ok());
    assert_eq!(refused(sub(11)).0, 102);
    let side_by_side = |count: usize| {
        let related = json!({"$relatedTo": {"object": {"__type": "Pointer", "className": "A", "objectId": "a"}, "key": "r"}});
        let asked = json!({"p": {"$inQuery": {"className": "A", "where": {}}}});
        let all = [vec![related; count], vec![asked; count]].concat();
        json!({ "$or": all })
    };
    assert!(filter(side_by_side(49), &Limits::default(), NOW).is_ok());
    assert_eq!(refused(side_by_side(51)).0, 102);
    let quiet = Limits { regex: false, ..Limits::default() };
    assert_eq!(filter(json!({"a": {"$regex": "b"}}), &quiet, NOW).unwrap_err().code.number(), 102);
}
