//! Operations on elements: what lists take and lose, and what changes at places in lists and objects.

use serde_json::{Value as Json, json};

use crate::conformance::{
    Outcome,
    bench::{Bench, date, pointer},
    cases,
};

cases![
    an_element_of_any_type_is_found_again,
    elements_that_look_alike_are_told_apart,
    lists_keep_their_order,
    lists_keep_what_they_repeat,
    operations_of_nothing_make_a_value,
    operations_inside_make_what_they_need,
    operations_reach_into_elements,
    operations_on_the_next_element_append,
    operations_need_the_type_of_an_element,
    operations_on_several_places_are_one_update,
];

fn op(name: &str, objects: Json) -> Json {
    json!({"__op": name, "objects": objects})
}

fn increment(amount: f64) -> Json {
    json!({"__op": "Increment", "amount": amount})
}

async fn an_element_of_any_type_is_found_again(bench: Bench) -> Outcome {
    let class = bench.things("a:Array", [("a", json!({}))]).await?;
    let values = [
        json!(null),
        json!(false),
        json!(0.1),
        json!(1e300),
        json!(""),
        json!("x"),
        json!([]),
        json!([1, [null]]),
        json!({}),
        json!({"k": {"l": [1]}}),
        pointer("Ward", "w1"),
        date("2024-01-01T00:00:00.001Z"),
        json!({"__type": "Bytes", "base64": "AQI="}),
        json!({"__type": "GeoPoint", "latitude": 1.5, "longitude": 2}),
        json!({"__type": "Polygon", "coordinates": [[0, 0], [0, 1], [1, 1], [0, 0]]}),
        json!({"__type": "File", "name": "x.txt"}),
    ];
    for value in values {
        let add = |name: &str| json!({"a": op(name, json!([value]))});
        class.becomes("a", add("AddUnique"), "a", json!([value])).await?;
        class.becomes("a", add("AddUnique"), "a", json!([value])).await?;
        class.becomes("a", add("Add"), "a", json!([value, value])).await?;
        class.becomes("a", add("Remove"), "a", json!([])).await?;
    }
    Ok(())
}

async fn elements_that_look_alike_are_told_apart(bench: Bench) -> Outcome {
    // 7 and not 1, for which the `$pullAll` of SecantusDB, where the suite meets MongoDB's protocol, takes a true.
    let alike = [
        json!(7),
        json!("7"),
        json!(true),
        json!([7]),
        json!([[7]]),
        json!([7, 7]),
        json!({"k": 7}),
        json!({"k": "7"}),
        json!({"k": 7, "l": null}),
        json!(null),
        json!("null"),
        json!(""),
        pointer("Ward", "w1"),
        pointer("Ward", "W1"),
        pointer("Bed", "w1"),
        json!("w1"),
        date("2024-01-01T00:00:00.000Z"),
        date("2024-01-01T00:00:00.001Z"),
        json!("2024-01-01T00:00:00.000Z"),
        json!("é"),
        json!("e\u{301}"),
    ];
    let class = bench.things("a:Array", [("a", json!({}))]).await?;
    for known in 1..=alike.len() {
        let known: Vec<&Json> = alike.iter().take(known).collect();
        class.becomes("a", json!({"a": op("AddUnique", json!(known))}), "a", json!(known)).await?;
    }
    for (place, gone) in alike.iter().enumerate() {
        let left: Vec<&Json> = alike.iter().skip(place + 1).collect();
        class.becomes("a", json!({"a": op("Remove", json!([gone]))}), "a", json!(left)).await?;
    }
    Ok(())
}

async fn lists_keep_their_order(bench: Bench) -> Outcome {
    let class = bench.things("a:Array", [("a", json!({"a": [3, 1, 2]}))]).await?;
    class.becomes("a", json!({"a": op("AddUnique", json!([5, 1, 4]))}), "a", json!([3, 1, 2, 5, 4])).await?;
    class.becomes("a", json!({"a": op("Add", json!([0, 9]))}), "a", json!([3, 1, 2, 5, 4, 0, 9])).await?;
    class.becomes("a", json!({"a": op("Remove", json!([9, 1, 5]))}), "a", json!([3, 2, 4, 0])).await
}

async fn lists_keep_what_they_repeat(bench: Bench) -> Outcome {
    let class = bench.things("a:Array", [("a", json!({"a": [3, 1, 3]}))]).await?;
    class.becomes("a", json!({"a": op("AddUnique", json!([2, 3, 2]))}), "a", json!([3, 1, 3, 2])).await?;
    class.becomes("a", json!({"a": op("Remove", json!([1, 1]))}), "a", json!([3, 3, 2])).await
}

async fn operations_of_nothing_make_a_value(bench: Bench) -> Outcome {
    let class = bench.things("a:Array n:Number", [("a", json!({})), ("b", json!({"n": null}))]).await?;
    for name in ["Add", "AddUnique", "Remove"] {
        class.update("a", json!({"a": {"__op": "Delete"}})).await?;
        class.becomes("a", json!({"a": op(name, json!([]))}), "a", json!([])).await?;
    }
    for id in ["a", "b"] {
        class.becomes(id, json!({"n": increment(0.0)}), "n", json!(0)).await?;
    }
    Ok(())
}

async fn operations_inside_make_what_they_need(bench: Bench) -> Outcome {
    let starts = [json!({}), json!({"f": null}), json!({"f": {}}), json!({"f": {"k": null}})];
    let made = [
        ("f.k", op("Add", json!([1, 1])), json!({"k": [1, 1]})),
        ("f.k", op("AddUnique", json!([1, 1])), json!({"k": [1]})),
        ("f.k", op("Remove", json!([1])), json!({"k": []})),
        ("f.k", increment(2.0), json!({"k": 2})),
        ("f.k.l", op("Add", json!([1])), json!({"k": {"l": [1]}})),
        ("f.k.l", increment(-0.5), json!({"k": {"l": -0.5}})),
        ("f.k.0", json!("x"), json!({"k": {"0": "x"}})),
    ];
    let class = bench.class("Thing", "f:Object").await?;
    for (n, start) in starts.iter().enumerate() {
        for (m, (path, op, expected)) in made.iter().enumerate() {
            let id = format!("o{n}{m}");
            class.insert(&id, start.clone()).await?;
            class.becomes(&id, json!({ *path: op }), "f", expected.clone()).await?;
        }
    }
    Ok(())
}

async fn operations_reach_into_elements(bench: Bench) -> Outcome {
    let start = json!([{"n": 1, "l": [1], "o": {"k": [2]}}, 5, [6, [7]], null]);
    let class = bench.things("f:Array", [("a", json!({ "f": start }))]).await?;
    let steps = [
        (json!({"f.0.n": increment(2.0)}), json!([{"n": 3, "l": [1], "o": {"k": [2]}}, 5, [6, [7]], null])),
        (
            json!({"f.0.l": op("Add", json!([1]))}),
            json!([{"n": 3, "l": [1, 1], "o": {"k": [2]}}, 5, [6, [7]], null]),
        ),
        (
            json!({"f.0.l": op("Remove", json!([1])), "f.0.o.k": op("AddUnique", json!([2, 3]))}),
            json!([{"n": 3, "l": [], "o": {"k": [2, 3]}}, 5, [6, [7]], null]),
        ),
        (
            json!({"f.0.l": {"__op": "Delete"}, "f.0.o.k": {"__op": "Delete"}, "f.1": increment(0.5)}),
            json!([{"n": 3, "o": {}}, 5.5, [6, [7]], null]),
        ),
        (json!({"f.0.new": increment(1.0)}), json!([{"n": 3, "o": {}, "new": 1}, 5.5, [6, [7]], null])),
        (
            json!({"f.2.1": op("Add", json!([8]))}),
            json!([{"n": 3, "o": {}, "new": 1}, 5.5, [6, [7, 8]], null]),
        ),
        (json!({"f.0": "x", "f.3.k": 1}), json!(["x", 5.5, [6, [7, 8]], {"k": 1}])),
        (json!({"f.2": op("Remove", json!([[7, 8]]))}), json!(["x", 5.5, [6], {"k": 1}])),
    ];
    for (body, expected) in steps {
        class.becomes("a", body, "f", expected).await?;
    }
    Ok(())
}

async fn operations_on_the_next_element_append(bench: Bench) -> Outcome {
    let class = bench.things("f:Array", [("a", json!({"f": []}))]).await?;
    class.becomes("a", json!({"f.0": increment(1.0)}), "f", json!([1])).await?;
    class.becomes("a", json!({"f.1": op("Add", json!([2]))}), "f", json!([1, [2]])).await?;
    class.becomes("a", json!({"f.2.n": increment(3.0)}), "f", json!([1, [2], {"n": 3}])).await?;
    class.becomes("a", json!({"f.3": null, "f.4": 5}), "f", json!([1, [2], {"n": 3}, null, 5])).await
}

async fn operations_need_the_type_of_an_element(bench: Bench) -> Outcome {
    let class = bench.things("f:Array", [("a", json!({"f": [1, "x", {"k": "y"}, [2]]}))]).await?;
    for (path, op, at, expected) in [
        ("f.1", increment(1.0), "f.1", "Number"),
        ("f.2.k", increment(1.0), "f.2.k", "Number"),
        ("f.0", op("Add", json!([1])), "f.0", "Array"),
        ("f.2", op("AddUnique", json!([1])), "f.2", "Array"),
        ("f.2.k", op("Remove", json!(["y"])), "f.2.k", "Array"),
        ("f.3.0", op("Remove", json!([2])), "f.3.0", "Array"),
        ("f.0.k", json!(1), "f.0.k", "Object"),
        ("f.3.k", json!(1), "f.3.k", "Object"),
        ("f.3.5", json!(1), "f.3.5", "Array with an element right before it"),
        ("f.9", increment(1.0), "f.9", "Array with an element right before it"),
    ] {
        class.mismatches("a", json!({ path: op }), at, expected).await?;
    }
    Ok(())
}

async fn operations_on_several_places_are_one_update(bench: Bench) -> Outcome {
    let start = json!({"k": 1, "l": [1], "m": "x", "n": {"o": 1}});
    let class = bench.things("f:Object", [("a", json!({ "f": start }))]).await?;
    let body = json!({
        "f.k": increment(1.0), "f.l": op("Add", json!([2])), "f.m": {"__op": "Delete"}, "f.n.o": 2,
        "f.p.q": increment(1.0), "f.p.r": op("AddUnique", json!([1, 1])),
    });
    let after = json!({"k": 2, "l": [1, 2], "n": {"o": 2}, "p": {"q": 1, "r": [1]}});
    class.becomes("a", body, "f", after).await?;
    // One wrong operation spoils the whole update.
    let body = json!({"f.k": increment(1.0), "f.n": op("Add", json!([2])), "f.p": {"__op": "Delete"}});
    class.mismatches("a", body, "f.n", "Array").await
}
