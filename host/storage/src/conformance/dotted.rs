//! Operations on places inside fields.

use serde_json::{Value as Json, json};

use crate::conformance::{
    Outcome,
    bench::{Bench, Class, pointer},
    cases,
};

cases![
    a_set_reaches_inside,
    a_set_keeps_the_neighbours,
    a_set_makes_the_parents_it_needs,
    a_set_fills_a_null_parent,
    several_places_of_a_field_are_set_at_once,
    a_delete_removes_one_key,
    a_delete_of_nothing_makes_no_parents,
    an_increment_reaches_inside,
    list_operations_reach_inside,
    a_number_names_an_element,
    a_number_may_name_the_next_element,
    a_number_beyond_the_end_is_refused,
    a_number_is_a_key_of_an_object,
    deleting_an_element_leaves_a_null,
    a_parent_that_holds_nothing_is_refused,
    a_key_may_be_any_text,
    a_value_of_any_type_fits,
    a_long_path_is_walked,
];

async fn one(bench: &Bench, kind: &str, value: Json) -> Result<Class, crate::conformance::Wrong> {
    bench.things(&format!("f:{kind}"), [("a", json!({ "f": value }))]).await
}

async fn a_set_reaches_inside(bench: Bench) -> Outcome {
    let class = one(&bench, "Object", json!({"k": 1})).await?;
    class.becomes("a", json!({"f.k": 2}), "f", json!({"k": 2})).await?;
    class.becomes("a", json!({"f.k": {"l": [1]}}), "f", json!({"k": {"l": [1]}})).await?;
    class.becomes("a", json!({"f.k.l": "x"}), "f", json!({"k": {"l": "x"}})).await?;
    class.becomes("a", json!({"f.k": null}), "f", json!({"k": null})).await
}

async fn a_set_keeps_the_neighbours(bench: Bench) -> Outcome {
    let class = one(&bench, "Object", json!({"k": {"l": 1, "m": [1]}, "n": null})).await?;
    class.becomes("a", json!({"f.k.l": 2}), "f", json!({"k": {"l": 2, "m": [1]}, "n": null})).await
}

async fn a_set_makes_the_parents_it_needs(bench: Bench) -> Outcome {
    let class = bench.things("f:Object", [("a", json!({})), ("b", json!({"f": {"z": 1}}))]).await?;
    class.becomes("a", json!({"f.k.l": 1}), "f", json!({"k": {"l": 1}})).await?;
    class.becomes("b", json!({"f.k.l": 1}), "f", json!({"z": 1, "k": {"l": 1}})).await
}

async fn a_set_fills_a_null_parent(bench: Bench) -> Outcome {
    let class = one(&bench, "Object", json!(null)).await?;
    class.becomes("a", json!({"f.k": null}), "f", json!({"k": null})).await?;
    class.becomes("a", json!({"f.k.l": 1}), "f", json!({"k": {"l": 1}})).await?;
    class.answers(&[(json!({"f": null}), ""), (json!({"f.k.l": 1}), "a")]).await
}

async fn several_places_of_a_field_are_set_at_once(bench: Bench) -> Outcome {
    let class = one(&bench, "Object", json!({"k": 1, "l": 1})).await?;
    let body = json!({"f.k": 2, "f.m.x": 3, "f.m.y": 4, "f.l": {"__op": "Delete"}});
    class.becomes("a", body, "f", json!({"k": 2, "m": {"x": 3, "y": 4}})).await
}

async fn a_delete_removes_one_key(bench: Bench) -> Outcome {
    let class = one(&bench, "Object", json!({"k": 1, "l": {"m": 2}})).await?;
    class.becomes("a", json!({"f.k": {"__op": "Delete"}}), "f", json!({"l": {"m": 2}})).await?;
    class.becomes("a", json!({"f.l.m": {"__op": "Delete"}}), "f", json!({"l": {}})).await
}

async fn a_delete_of_nothing_makes_no_parents(bench: Bench) -> Outcome {
    let class = bench.things("f:Object g:Object t:String", [("a", json!({"f": {"k": 1}, "t": "x"}))]).await?;
    class.becomes("a", json!({"f.l.m": {"__op": "Delete"}}), "f", json!({"k": 1})).await?;
    class.becomes("a", json!({"f.k.m": {"__op": "Delete"}}), "f", json!({"k": 1})).await?;
    class.becomes("a", json!({"t.m": {"__op": "Delete"}}), "t", json!("x")).await?;
    class.update("a", json!({"g.k": {"__op": "Delete"}})).await?;
    class.lacks("a", "g").await
}

async fn an_increment_reaches_inside(bench: Bench) -> Outcome {
    let class = one(&bench, "Object", json!({"k": 1, "t": "x"})).await?;
    let add = |amount: f64| json!({"__op": "Increment", "amount": amount});
    class.becomes("a", json!({"f.k": add(0.5)}), "f", json!({"k": 1.5, "t": "x"})).await?;
    class.becomes("a", json!({"f.l": add(2.0)}), "f", json!({"k": 1.5, "l": 2, "t": "x"})).await?;
    class.mismatches("a", json!({"f.t": add(1.0)}), "f.t", "Number").await
}

async fn list_operations_reach_inside(bench: Bench) -> Outcome {
    let class = one(&bench, "Object", json!({"k": [1], "t": "x"})).await?;
    let op = |name: &str, objects: Json| json!({"__op": name, "objects": objects});
    class.becomes("a", json!({"f.k": op("Add", json!([1]))}), "f", json!({"k": [1, 1], "t": "x"})).await?;
    class
        .becomes("a", json!({"f.k": op("AddUnique", json!([1, 2]))}), "f", json!({"k": [1, 1, 2], "t": "x"}))
        .await?;
    class.becomes("a", json!({"f.k": op("Remove", json!([1]))}), "f", json!({"k": [2], "t": "x"})).await?;
    class.mismatches("a", json!({"f.t": op("Add", json!([1]))}), "f.t", "Array").await
}

async fn a_number_names_an_element(bench: Bench) -> Outcome {
    let class = one(&bench, "Array", json!([{"k": 1}, 2, [3]])).await?;
    class.becomes("a", json!({"f.0.k": 5}), "f", json!([{"k": 5}, 2, [3]])).await?;
    class.becomes("a", json!({"f.1": "x"}), "f", json!([{"k": 5}, "x", [3]])).await?;
    class.becomes("a", json!({"f.2.0": 4}), "f", json!([{"k": 5}, "x", [4]])).await
}

async fn a_number_may_name_the_next_element(bench: Bench) -> Outcome {
    let class = one(&bench, "Array", json!([])).await?;
    class.becomes("a", json!({"f.0": 1}), "f", json!([1])).await?;
    class.becomes("a", json!({"f.1.k": 2}), "f", json!([1, {"k": 2}])).await
}

async fn a_number_beyond_the_end_is_refused(bench: Bench) -> Outcome {
    let class = one(&bench, "Array", json!([1])).await?;
    class.mismatches("a", json!({"f.2": 1}), "f.2", "Array with an element right before it").await?;
    class
        .mismatches("a", json!({"f.4000000000": 1}), "f.4000000000", "Array with an element right before it")
        .await?;
    class.mismatches("a", json!({"f.k": 1}), "f.k", "Object").await?;
    class.mismatches("a", json!({"f.00": 1}), "f.00", "Object").await
}

async fn a_number_is_a_key_of_an_object(bench: Bench) -> Outcome {
    let class = one(&bench, "Object", json!({"0": "x"})).await?;
    class.becomes("a", json!({"f.0": 1, "f.7": 2}), "f", json!({"0": 1, "7": 2})).await
}

async fn deleting_an_element_leaves_a_null(bench: Bench) -> Outcome {
    let class = one(&bench, "Array", json!([1, 2])).await?;
    let gone = json!({"__op": "Delete"});
    class.becomes("a", json!({"f.0": gone, "f.9": gone}), "f", json!([null, 2])).await
}

async fn a_parent_that_holds_nothing_is_refused(bench: Bench) -> Outcome {
    let fields = json!({"t": "x", "n": 1, "p": pointer("Ward", "w1"), "o": {"k": "x"}});
    let class = bench.things("t:String n:Number p:*Ward o:Object", [("a", fields)]).await?;
    for path in ["t.k", "n.k", "p.objectId", "o.k.l", "o.k.0"] {
        class.mismatches("a", json!({ path: 1 }), path, "Object").await?;
    }
    Ok(())
}

async fn a_key_may_be_any_text(bench: Bench) -> Outcome {
    let class = one(&bench, "Object", json!({})).await?;
    for key in ["a b", "a'b", "a\"b", "a\\b", "é", "👩‍⚕️", "%", "[0]", "*", "-1", "length", "__op"]
    {
        class.becomes("a", json!({ format!("f.{key}"): 1 }), "f", json!({ key: 1 })).await?;
        class.becomes("a", json!({ format!("f.{key}"): {"__op": "Delete"} }), "f", json!({})).await?;
    }
    Ok(())
}

async fn a_value_of_any_type_fits(bench: Bench) -> Outcome {
    let class = one(&bench, "Object", json!({})).await?;
    let values = [
        json!(null),
        json!(true),
        json!(1e300),
        json!("x"),
        json!([]),
        json!({}),
        pointer("Ward", "w1"),
        crate::conformance::bench::date("2024-01-01T00:00:00.001Z"),
        json!({"__type": "Bytes", "base64": "AQI="}),
        json!({"__type": "GeoPoint", "latitude": 1.5, "longitude": 2}),
        json!({"__type": "File", "name": "x.txt"}),
    ];
    for value in values {
        class.becomes("a", json!({ "f.k": value }), "f", json!({ "k": value })).await?;
    }
    Ok(())
}

async fn a_long_path_is_walked(bench: Bench) -> Outcome {
    let class = one(&bench, "Object", json!({})).await?;
    let parts = vec!["k"; 63];
    let path = format!("f.{}", parts.join("."));
    let nested = parts.iter().fold(json!(1), |inner, key| json!({ *key: inner }));
    class.becomes("a", json!({ &path: 1 }), "f", nested).await?;
    class.answers(&[(json!({ &path: 1 }), "a"), (json!({ &path: 2 }), "")]).await
}
