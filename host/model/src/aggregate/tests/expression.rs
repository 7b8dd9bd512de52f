//! Expressions that work on a few values each.

use serde_json::{Value as Json, json};

use super::{NOW, Pipeline, Plan, date, schema, tried, worked};
use crate::Code;

#[test]
fn several_elements_are_taken() {
    for (id, expression, expected) in [
        ("a", json!({"$firstN": {"input": "$tags", "n": 1}}), json!(["x"])),
        ("a", json!({"$lastN": {"input": "$tags", "n": 5}}), json!(["x", "y"])),
        ("a", json!({"$minN": {"input": [3, null, 1, 2], "n": 2}}), json!([1, 2])),
        ("a", json!({"$maxN": {"input": [3, null, 1, 2], "n": 2}}), json!([3, 2])),
        ("a", json!({"$zip": {"inputs": ["$tags", [1, 2, 3]]}}), json!([["x", 1], ["y", 2]])),
        (
            "a",
            json!({"$zip": {"inputs": ["$tags", [1, 2, 3]], "useLongestLength": true, "defaults": ["z", 0]}}),
            json!([["x", 1], ["y", 2], ["z", 3]]),
        ),
        ("a", json!({"$zip": {"inputs": ["$none", [1]]}}), json!(null)),
        ("a", json!({"$indexOfArray": [["x", "y", "x"], "x", 1]}), json!(2)),
        ("a", json!({"$indexOfArray": [["x", "y", "x"], "x", 1, 2]}), json!(-1)),
        ("a", json!({"$sortArray": {"input": [2, "b", 1], "sortBy": -1}}), json!(["b", 2, 1])),
        (
            "a",
            json!({"$sortArray": {
                "input": [{"z": 1, "a": 1}, {"z": 0, "a": 1}, {"z": 2, "a": 2}], "sortBy": {"z": -1, "a": 1},
            }}),
            json!([{"z": 2, "a": 2}, {"z": 1, "a": 1}, {"z": 0, "a": 1}]),
        ),
        (
            "a",
            json!({"$sortArray": {"input": [{"z": 1, "a": 2}, {"z": 0, "a": 1}], "sortBy": {"a": -1, "z": 1}}}),
            json!([{"z": 1, "a": 2}, {"z": 0, "a": 1}]),
        ),
    ] {
        assert_eq!(worked(id, expression.clone()), expected, "{expression}");
    }
}

#[test]
fn members_are_read_and_changed() {
    for (expression, expected) in [
        (json!({"$getField": "n"}), json!(3)),
        (json!({"$getField": {"field": "m", "input": "$o"}}), json!(8)),
        (json!({"$getField": {"field": "n"}}), json!(3)),
        (json!({"$getField": {"$concat": ["te", "xt"]}}), json!(" Café ")),
        (json!({"$setField": {"field": "x.y", "input": "$o.k", "value": 1}}), json!({"l": 7, "x.y": 1})),
        (json!({"$setField": {"field": "m", "input": "$o", "value": "$$REMOVE"}}), json!({"k": {"l": 7}})),
        (json!({"$unsetField": {"field": "k", "input": "$o"}}), json!({"m": 8})),
        (json!({"$unsetField": {"field": "k", "input": "$none"}}), json!(null)),
    ] {
        assert_eq!(worked("c", expression.clone()), expected, "{expression}");
    }
}

#[test]
fn values_are_converted() {
    let convert =
        |input, to: &str| json!({"$convert": {"input": input, "to": to, "onError": "?", "onNull": "0"}});
    for (expression, expected) in [
        (convert(json!("12"), "int"), json!(12)),
        (convert(json!("12.5"), "int"), json!("?")),
        (convert(json!(12.9), "long"), json!(12)),
        (convert(json!(3e9), "int"), json!("?")),
        (convert(json!("x"), "double"), json!("?")),
        (convert(json!("$none"), "double"), json!("0")),
        (convert(json!(0), "bool"), json!(false)),
        (convert(json!(1.5), "string"), json!("1.5")),
        (convert(json!("2024-05-06 07:08:09"), "date"), date("2024-05-06T07:08:09.000Z")),
        (json!({"$convert": {"input": "7", "to": 16}}), json!(7)),
        (json!({"$convert": {"input": "7", "to": {"type": "decimal"}}}), json!(7)),
    ] {
        assert_eq!(worked("a", expression.clone()), expected, "{expression}");
    }
    assert!(tried(json!([{"$project": {"x": {"$convert": {"input": "x", "to": "int"}}}}])).is_err());
}

#[test]
fn dates_have_parts_and_zones() {
    let day = json!({"$date": "2024-12-30T23:30:00Z"});
    for (expression, expected) in [
        (
            json!({"$dateToParts": {"date": day, "timezone": "+01:00"}}),
            json!({"year": 2024, "month": 12, "day": 31, "hour": 0, "minute": 30, "second": 0, "millisecond": 0}),
        ),
        (
            json!({"$dateToParts": {"date": day, "iso8601": true}}),
            json!({"isoWeekYear": 2025, "isoWeek": 1, "isoDayOfWeek": 1, "hour": 23, "minute": 30, "second": 0,
                "millisecond": 0}),
        ),
        (
            json!({"$dateFromParts": {"isoWeekYear": 2025, "isoWeek": 1, "isoDayOfWeek": 2, "hour": 5}}),
            date("2024-12-31T05:00:00.000Z"),
        ),
        (
            json!({"$dateFromParts": {"year": 2024, "hour": 1, "timezone": "+02:00"}}),
            date("2023-12-31T23:00:00.000Z"),
        ),
        (
            json!({"$dateAdd": {"startDate": day, "unit": "month", "amount": 2, "timezone": "+01:00"}}),
            date("2025-02-27T23:30:00.000Z"),
        ),
        (
            json!({"$dateDiff": {
                "startDate": day, "endDate": {"$date": "2024-12-31T01:00:00Z"}, "unit": "day", "timezone": "+01:00",
            }}),
            json!(0),
        ),
        (
            json!({"$dateDiff": {
                "startDate": {"$date": "2024-12-29T00:00:00Z"}, "endDate": day, "unit": "week", "startOfWeek": "Mon",
            }}),
            json!(1),
        ),
        (
            json!({"$dateTrunc": {"date": day, "unit": "week", "startOfWeek": "monday"}}),
            date("2024-12-30T00:00:00.000Z"),
        ),
        (
            json!({"$dateTrunc": {"date": day, "unit": "day", "timezone": "+01:00"}}),
            date("2024-12-30T23:00:00.000Z"),
        ),
        (
            json!({"$dateTrunc": {"date": day, "unit": "hour", "binSize": 6}}),
            date("2024-12-30T18:00:00.000Z"),
        ),
        (
            json!({"$dateTrunc": {"date": day, "unit": "month", "binSize": 5}}),
            date("2024-08-01T00:00:00.000Z"),
        ),
        (json!({"$dateToString": {"date": day, "timezone": "+01:00"}}), json!("2024-12-31T00:30:00.000")),
        (json!({"$dateToString": {"date": day, "format": "%d %b %B %Z"}}), json!("30 Dec December 0")),
        (
            json!({"$dateFromString": {"dateString": "2024-05-06T07:08:09", "timezone": "+02:00"}}),
            date("2024-05-06T05:08:09.000Z"),
        ),
    ] {
        assert_eq!(worked("a", expression.clone()), expected, "{expression}");
    }
}

#[test]
fn texts_are_searched() {
    for (expression, expected) in [
        (
            json!({"$regexFind": {"input": "$text", "regex": "(a)(x)?f", "options": "i"}}),
            json!({"match": "af", "idx": 2, "captures": ["a", null]}),
        ),
        (json!({"$regexFind": {"input": "$text", "regex": "q"}}), json!(null)),
        (
            json!({"$regexFindAll": {"input": "éaéa", "regex": "a"}}),
            json!([{"match": "a", "idx": 1, "captures": []}, {"match": "a", "idx": 3, "captures": []}]),
        ),
        (json!({"$regexFindAll": {"input": "$none", "regex": "a"}}), json!([])),
        (json!({"$regexFindAll": {"input": "$none", "regex": "$none"}}), json!([])),
        // What is searched for may be worked out.
        (
            json!({"$regexMatch": {"input": "$text", "regex": {"$concat": ["C", "A"]}, "options": "i"}}),
            json!(true),
        ),
        (
            json!({"$regexMatch": {"input": "$text", "regex": "CA", "options": {"$toLower": "I"}}}),
            json!(true),
        ),
        (json!({"$regexMatch": {"input": "$text", "regex": "CA", "options": null}}), json!(false)),
        (json!({"$regexMatch": {"input": null, "regex": "$n"}}), json!(false)),
        (json!({"$indexOfBytes": ["$text", "é"]}), json!(4)),
        (json!({"$indexOfBytes": ["$text", "C", 2]}), json!(-1)),
        (json!({"$binarySize": "$text"}), json!(7)),
    ] {
        assert_eq!(worked("c", expression.clone()), expected, "{expression}");
    }
}

/// In Berlin clocks went from 2 to 3 on March 31 2024 at 1 o'clock UTC, and from 3 back to 2 on October 27.
#[test]
fn zones_have_names() {
    let day = |iso: &str| json!({"$date": iso});
    let zone = "Europe/Berlin";
    for (expression, expected) in [
        (
            json!({"$dateToString": {"date": day("2024-07-01T22:30:00Z"), "format": "%d %H:%M %z", "timezone": zone}}),
            json!("02 00:30 +0200"),
        ),
        (
            json!({"$dateToString": {"date": day("2024-01-01T12:00:00Z"), "timezone": "Europe/London"}}),
            json!("2024-01-01T12:00:00.000"),
        ),
        (json!({"$hour": {"date": day("2024-01-01T12:00:00Z"), "timezone": zone}}), json!(13)),
        (
            json!({"$dateFromString": {"dateString": "2024-07-01T12:00:00", "timezone": zone}}),
            date("2024-07-01T10:00:00.000Z"),
        ),
        (
            json!({"$dateFromParts": {"year": 2024, "month": 3, "day": 31, "hour": 2, "minute": 30, "timezone": zone}}),
            date("2024-03-31T01:30:00.000Z"),
        ),
        (
            json!({"$dateFromParts": {"year": 2024, "month": 10, "day": 27, "hour": 2, "timezone": zone}}),
            date("2024-10-27T00:00:00.000Z"),
        ),
        (
            json!({"$dateAdd": {
                "startDate": day("2024-03-30T11:00:00Z"), "unit": "day", "amount": 1, "timezone": zone,
            }}),
            date("2024-03-31T10:00:00.000Z"),
        ),
        (
            json!({"$dateAdd": {
                "startDate": day("2024-03-30T11:00:00Z"), "unit": "hour", "amount": 24, "timezone": zone,
            }}),
            date("2024-03-31T11:00:00.000Z"),
        ),
        (
            json!({"$dateTrunc": {"date": day("2024-07-15T12:00:00Z"), "unit": "month", "timezone": zone}}),
            date("2024-06-30T22:00:00.000Z"),
        ),
        // The hour that clocks show a second time isn't the first one.
        (
            json!({"$dateTrunc": {"date": day("2024-10-27T01:20:00Z"), "unit": "hour", "timezone": zone}}),
            date("2024-10-27T01:00:00.000Z"),
        ),
        (
            json!({"$dateTrunc": {"date": day("2024-07-15T12:20:00Z"), "unit": "hour", "timezone": "Asia/Kolkata"}}),
            date("2024-07-15T11:30:00.000Z"),
        ),
        (
            json!({"$dateDiff": {
                "startDate": day("2024-03-30T23:30:00Z"), "endDate": day("2024-03-31T22:00:00Z"), "unit": "day",
                "timezone": zone,
            }}),
            json!(1),
        ),
        (
            json!({"$dateDiff": {
                "startDate": day("2024-03-30T23:00:00Z"), "endDate": day("2024-03-31T22:00:00Z"), "unit": "hour",
                "timezone": zone,
            }}),
            json!(23),
        ),
    ] {
        assert_eq!(worked("a", expression.clone()), expected, "{expression}");
    }
    let unknown = json!([{"$project": {"x": {"$hour": {"date": "$at", "timezone": "Europe/Atlantis"}}}}]);
    let error = tried(unknown).unwrap_err();
    assert!(error.code == Code::InvalidQuery && !error.message.contains("Atlantis"), "{error:?}");
}

/// A pattern that every document is searched for is made ready when the pipeline is planned, not for each of them.
#[test]
fn a_fixed_pattern_is_looked_at_once() {
    let projected = |expression: Json| json!([{"$project": {"x": expression}}]);
    for operator in ["$regexMatch", "$regexFind", "$regexFindAll"] {
        for (regex, options) in [("(", ""), ("a", "q"), ("(a)\\1", "")] {
            let pipeline =
                projected(json!({operator: {"input": "$text", "regex": regex, "options": options}}));
            let error = Plan::new(&Pipeline::parse(pipeline, NOW).unwrap(), &schema()).err().unwrap();
            assert_eq!(error.code, Code::InvalidQuery, "{operator} {regex} {options}");
        }
        for bad in [json!({"input": "$n", "regex": "a"}), json!({"input": "a", "regex": "$n"})] {
            let error = tried(projected(json!({operator: bad}))).unwrap_err();
            assert!(error.message.contains("a text and a pattern"), "{operator}: {error:?}");
        }
    }
    // Where no single pattern tells the place, only whether it is found can be told.
    let ahead = |operator: &str| projected(json!({operator: {"input": "ab", "regex": "^(?=.*a)(?=.*b)"}}));
    assert_eq!(tried(ahead("$regexMatch")).unwrap()[0]["x"], json!(true));
    assert!(tried(ahead("$regexFind")).unwrap_err().message.contains("look-around"));
}

#[test]
fn numbers_come_together() {
    for (expression, expected) in [
        (json!({"$bitAnd": [12, 10]}), json!(8)),
        (json!({"$bitOr": [12, 10]}), json!(14)),
        (json!({"$bitXor": [12, 10]}), json!(6)),
        (json!({"$bitNot": 5}), json!(-6)),
        (json!({"$bitAnd": [12, "$none"]}), json!(null)),
        (json!({"$stdDevPop": [2, 4, 4, 4, 5, 5, 7, 9]}), json!(2)),
        (json!({"$median": {"input": [5, 1, 3, 4], "method": "approximate"}}), json!(3)),
        (
            json!({"$percentile": {"input": [5, 1, 3, 4], "p": [0, 0.9, 1], "method": "approximate"}}),
            json!([1, 5, 5]),
        ),
        (json!({"$round": [{"$sin": {"$degreesToRadians": 30}}, 9]}), json!(0.5)),
        (json!({"$atan2": [0, 1]}), json!(0)),
        (json!({"$acosh": 1}), json!(0)),
    ] {
        assert_eq!(worked("a", expression.clone()), expected, "{expression}");
    }
    let drawn = worked("a", json!([{"$rand": {}}, {"$rand": {}}]));
    let drawn: Vec<f64> = drawn.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect();
    assert!(drawn.iter().all(|number| (0.0..1.0).contains(number)) && drawn[0] != drawn[1], "{drawn:?}");
}
