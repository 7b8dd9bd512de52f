//! How trials are drawn: from few values, so that they meet.

use proptest::{
    collection::vec,
    option,
    prelude::{BoxedStrategy, Just, Strategy, any as every},
    prop_oneof,
    sample::select,
};
use serde_json::{Map, Value as Json, json};

use super::{
    class::Fields,
    pool::{PATHS, PATTERNS},
    trial::{Change, Drawn, Question, Trial},
};
use crate::conformance::bench::{date, pointer};

type Draw = BoxedStrategy<Json>;

/// Draws a trial: the class, then what is done with it.
pub(super) fn trial() -> impl Strategy<Value = Trial> {
    Fields::draw().prop_flat_map(|class| trial_of(&class))
}

fn trial_of(class: &Fields) -> impl Strategy<Value = Trial> + use<> {
    let groups = || option::of(vec(group(), 0..3));
    let acl = option::of((vec(group(), 0..3), vec(group(), 0..3)));
    let object = (fields(class), acl, 0..3_i64, 0..3_i64).prop_map(|(fields, acl, made, saved)| Drawn {
        fields,
        acl,
        made,
        saved,
    });
    let change = prop_oneof![
        6 => (0..10_usize, body(class)).prop_map(|(n, body)| Change::Update(n, body)),
        1 => condition(class).prop_map(Change::Delete),
    ];
    let order = vec((select(PATHS), every::<bool>()), 0..3).prop_map(|keys| {
        keys.into_iter().map(|(path, down)| format!("{}{path}", if down { "-" } else { "" })).collect()
    });
    let has_place = class.kind("g") == Some("GeoPoint");
    let names: Vec<String> = class.iter().map(|(name, _)| name.to_owned()).chain(["zz".to_owned()]).collect();
    let question =
        (
            condition(class),
            groups(),
            every::<bool>(),
            order,
            0..4_u64,
            option::of(0..5_u64),
            option::of(vec(select(names), 0..4)),
            option::weighted(0.4, super::bare::draw(class)),
            option::weighted(0.2, every::<bool>()).prop_map(move |nearest| nearest.filter(|_| has_place)),
        )
            .prop_map(|(condition, groups, writes, order, skip, limit, fields, bare, nearest)| {
                Question { condition, bare, groups, writes, order, skip, limit, fields, nearest }
            });
    (
        Just(class.clone()),
        every::<bool>(),
        vec(object, 0..10),
        vec((0..2_usize, 0..10_usize), 0..5),
        vec(vec(change, 1..4), 0..4),
        vec(question, 1..12),
    )
        .prop_map(|(class, indexed, objects, members, commits, questions)| Trial {
            class,
            indexed,
            objects,
            members,
            commits,
            questions,
        })
}

fn group() -> impl Strategy<Value = String> {
    select(&["*", "u1", "u2", "role:A", "role:x y", "u\"1", "u1\\", ","][..]).prop_map(str::to_owned)
}

fn of<const N: usize>(values: [Json; N]) -> Draw {
    select(values.to_vec()).boxed()
}

fn text() -> Draw {
    of([
        "a",
        "",
        "ab",
        "abc",
        "A",
        "b",
        "a%",
        "a_b",
        "é",
        "e\u{301}",
        "ß",
        "😀",
        "\u{ffff}",
        "x\0y",
        "'",
        "\"",
        "\\",
        "1",
        "5",
        "null",
        "true",
        " a",
        "a\nb",
        "İ",
        "ab\u{10ffff}",
    ]
    .map(Json::from))
}

fn number() -> Draw {
    of([
        0.0,
        1.0,
        -0.0,
        -1.0,
        2.0,
        1.5,
        10.0,
        0.1,
        -1e-5,
        1e-7,
        1e300,
        5e-324,
        9_007_199_254_740_992.0,
        9_007_199_254_740_994.0,
    ]
    .map(Json::from))
}

fn moment() -> Draw {
    of([0, 1, 2, 3].map(|ms| date(&format!("2023-11-14T22:13:20.00{ms}Z"))))
}

fn point() -> Draw {
    of([(0.0, 0.0), (1.5, -2.0), (1.5, 2.0)].map(
        |(latitude, longitude)| json!({"__type": "GeoPoint", "latitude": latitude, "longitude": longitude}),
    ))
}

fn bytes() -> Draw {
    of(["", "AA==", "AAE=", "/w=="].map(|base64| json!({"__type": "Bytes", "base64": base64})))
}

fn ring() -> Draw {
    of([1.0, 2.0].map(|end| json!({"__type": "Polygon", "coordinates": [[0, 0], [0, end], [1, 1], [0, 0]]})))
}

fn file() -> Draw {
    of([
        json!({"__type": "File", "name": "a"}),
        json!({"__type": "File", "name": "b"}),
        json!({"__type": "File", "name": "a", "url": "https://files.example/a"}),
    ])
}

fn reference() -> Draw {
    of([pointer("Ward", "w1"), pointer("Ward", "w2"), pointer("Ward", "W1"), pointer("Ward", "w'\"")])
}

/// Draws any value, nested up to a depth.
pub(super) fn any(depth: u32) -> Draw {
    let plain = prop_oneof![
        1 => Just(Json::Null),
        3 => number(),
        3 => text(),
        1 => of([json!(true), json!(false)]),
        1 => moment(),
        1 => reference(),
        1 => Just(pointer("Bed", "w1")),
        1 => bytes(),
        1 => point(),
        1 => file(),
    ];
    plain.prop_recursive(depth, 12, 3, |inner| prop_oneof![list(inner.clone()), map(inner)]).boxed()
}

pub(super) fn list(inner: impl Strategy<Value = Json> + 'static) -> Draw {
    vec(inner, 0..4).prop_map(Json::Array).boxed()
}

fn map(inner: impl Strategy<Value = Json> + 'static) -> Draw {
    let plain = select(&["k", "K", "l", "0", "k l", "ü"][..]);
    // Names that mean something to functions of databases.
    let names = prop_oneof![3 => plain, 1 => select(&["key", "value", "path", "type"][..])];
    let member = (names.prop_map(str::to_owned), inner);
    vec(member, 0..3).prop_map(|members| Json::Object(members.into_iter().collect())).boxed()
}

/// Draws a value of a field's type.
fn of_kind(kind: &str) -> Draw {
    match kind {
        "String" => text(),
        "Number" => number(),
        "Boolean" => of([json!(true), json!(false)]),
        "Date" => moment(),
        "Array" => list(any(2)),
        "Object" => map(any(2)),
        "GeoPoint" => point(),
        "Polygon" => ring(),
        "File" => file(),
        "Bytes" => bytes(),
        _ => reference(),
    }
}

fn fields(class: &Fields) -> Draw {
    let field = |kind| option::weighted(0.7, prop_oneof![1 => Just(Json::Null), 7 => of_kind(kind)]);
    // A null may stand in a field that the class doesn't have.
    let names: Vec<&str> = class.iter().map(|(name, _)| name).chain(["zz"]).collect();
    let unknown = option::weighted(0.2, Just(Json::Null)).boxed();
    let values: Vec<_> = class.iter().map(|(_, kind)| field(kind).boxed()).chain([unknown]).collect();
    values
        .prop_map(move |values| {
            let fields =
                names.iter().zip(values).filter_map(|(name, value)| Some(((*name).to_owned(), value?)));
            Json::Object(fields.collect())
        })
        .boxed()
}

/// Draws a value that a test at a path is likely to meet.
pub(super) fn operand(class: &Fields, path: &str) -> Draw {
    let kind = class.kind(path).filter(|_| !path.contains('.'));
    match (path, kind) {
        ("objectId", _) => of(["o0", "o1", "o3", "O1", ""].map(Json::from)),
        ("createdAt" | "updatedAt", _) => moment(),
        (_, Some("Array")) => prop_oneof![3 => any(1), 1 => list(any(1))].boxed(),
        (_, Some(kind)) => prop_oneof![5 => of_kind(kind), 1 => any(1), 1 => Just(Json::Null)].boxed(),
        (_, None) => any(1),
    }
}

fn ordered(class: &Fields, path: &str) -> Draw {
    match (path, class.kind(path).filter(|_| !path.contains('.'))) {
        ("createdAt" | "updatedAt", _) => moment(),
        ("objectId", _) | (_, Some("String")) => prop_oneof![5 => text(), 1 => of(["o1".into(), "o3".into()]), 1 => number()].boxed(),
        (_, Some("Number")) => prop_oneof![5 => number(), 1 => text(), 1 => Just(Json::Null)].boxed(),
        (_, Some("Date")) => prop_oneof![5 => moment(), 1 => number(), 1 => Just(Json::Null)].boxed(),
        _ => prop_oneof![3 => number(), 3 => text(), 1 => moment(), 1 => of([json!(true), json!(false)]), 1 => Just(Json::Null)]
            .boxed(),
    }
}

fn test(class: &Fields, path: &str) -> Draw {
    let pattern =
        || select(PATTERNS).prop_map(|(source, options)| json!({"$regex": source, "$options": options}));
    let compared = (select(&["$lt", "$lte", "$gt", "$gte"][..]), ordered(class, path));
    let equal = (select(&["$eq", "$ne"][..]), operand(class, path));
    let listed = (select(&["$in", "$nin", "$all", "$containedBy"][..]), list(operand(class, path)));
    let one = |(operator, operand): (&str, Json)| json!({ operator: operand });
    prop_oneof![
        3 => equal.prop_map(one),
        3 => compared.prop_map(one),
        3 => listed.prop_map(one),
        1 => every::<bool>().prop_map(|exists| json!({"$exists": exists})),
        2 => pattern(),
        1 => vec(pattern(), 1..3).prop_map(|patterns| json!({"$all": patterns})),
        1 => place(),
        1 => words(),
    ]
    .boxed()
}

/// Draws a search for words.
fn words() -> Draw {
    const TERMS: &[&str] = &["ab", "a b", "\"a b\"", "-b a", "é", "5", "%", "AB", "-a"];
    (select(TERMS), every::<bool>(), every::<bool>())
        .prop_map(|(term, case, diacritic)| {
            json!({"$text": {"$search": {"$term": term, "$caseSensitive": case, "$diacriticSensitive": diacritic}}})
        })
        .boxed()
}

/// Draws a test on places; no drawn point lies on an edge, where databases may differ.
fn place() -> Draw {
    let at = |latitude: f64, longitude: f64| json!({"__type": "GeoPoint", "latitude": latitude, "longitude": longitude});
    of([
        json!({"$nearSphere": at(0.1, 0.1), "$maxDistance": 0.01}),
        json!({"$nearSphere": at(0.1, 0.1)}),
        json!({"$within": {"$box": [at(-1.0, -1.0), at(1.0, 1.0)]}}),
        json!({"$geoWithin": {"$polygon": [at(1.0, -3.0), at(1.0, 3.0), at(3.0, 0.5)]}}),
        json!({"$geoWithin": {"$centerSphere": [[-2.0, 1.4], 0.01]}}),
        json!({"$geoIntersects": {"$point": at(0.25, 0.5)}}),
        json!({"$geoIntersects": {"$point": at(0.2, 1.5)}}),
    ])
}

/// Draws a `where`.
fn condition(class: &Fields) -> Draw {
    let tests =
        PATHS.iter().map(|path| test(class, path).prop_map(move |test| json!({ *path: test })).boxed());
    let tests = proptest::strategy::Union::new(tests);
    let related = (0..3_usize)
        .prop_map(|n| json!({"$relatedTo": {"object": pointer("Ward", &format!("w{n}")), "key": "members"}}));
    let leaf = prop_oneof![12 => tests, 1 => related, 1 => Just(json!({}))];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let operator = select(&["$or", "$and", "$nor"][..]);
        (operator, vec(inner, 1..4)).prop_map(|(operator, parts)| json!({ operator: parts }))
    })
    .boxed()
}

/// Draws the body of a save; it may name places beside their own root, and isn't legal then.
fn body(class: &Fields) -> Draw {
    let set = |path: &'static str, kind| of_kind(kind).prop_map(move |value| (path, value)).boxed();
    let mut ops: Vec<BoxedStrategy<(&str, Json)>> =
        class.iter().map(|(name, kind)| set(name, kind)).collect();
    let delete = || Just(json!({"__op": "Delete"}));
    let increment =
        || of([1.0, -0.5, 1e300, f64::MAX].map(|amount| json!({"__op": "Increment", "amount": amount})));
    let lists = || {
        let name = select(&["Add", "AddUnique", "Remove"][..]);
        (name, list(any(1))).prop_map(|(name, objects)| json!({"__op": name, "objects": objects}))
    };
    for (name, _) in class.iter() {
        ops.push(
            prop_oneof![delete().boxed(), Just(Json::Null).boxed()].prop_map(move |op| (name, op)).boxed(),
        );
    }
    ops.push(prop_oneof![delete().boxed(), Just(Json::Null).boxed()].prop_map(|op| ("zz", op)).boxed());
    let grows = |path: &&str| match path.contains('.') {
        true => class.has_places(path),
        false => matches!(class.kind(path), Some("Number" | "String")),
    };
    for path in ["n", "t", "o.k", "a.0", "n", "n", "key", "type.value"].into_iter().filter(grows) {
        ops.push(increment().prop_map(move |op| (path, op)).boxed());
    }
    let has_places = |path: &&str| class.has_places(path);
    for path in ["a", "o", "o.k", "a.0", "a", "a", "path", "type.key", "o.k.l"].into_iter().filter(has_places)
    {
        ops.push(lists().prop_map(move |op| (path, op)).boxed());
    }
    let places =
        ["o.k", "o.k.l", "o.0", "a.0", "a.0.k", "a.2", "a.k", "type.key", "type.path.value", "path.0"];
    for path in places.into_iter().filter(has_places) {
        ops.push(prop_oneof![any(1), delete().boxed()].prop_map(move |op| (path, op)).boxed());
    }
    let acl = of([
        json!({"__op": "Delete"}),
        json!({}),
        json!({"*": {"read": true}}),
        json!({"u1": {"read": true, "write": true}}),
    ]);
    ops.push(acl.prop_map(|acl| ("ACL", acl)).boxed());
    vec(proptest::strategy::Union::new(ops), 0..4)
        .prop_map(|ops| {
            Json::Object(ops.into_iter().map(|(path, op)| (path.to_owned(), op)).collect::<Map<_, _>>())
        })
        .boxed()
}
