//! The compiler says no less than the matcher, and knows when it says more.

use std::{collections::BTreeMap, sync::Arc};

use model::{Field, FieldName, Limit, Schema, query::filter::Pattern};

use storage::Wish;

use super::*;
use crate::{catalog, sqlite::Lite};

fn layout() -> Layout {
    let mut schema = Schema::new(ClassName::new("Patient").unwrap());
    let fields = [
        ("text", FieldType::String),
        ("number", FieldType::Number),
        ("list", FieldType::Array),
        ("map", FieldType::Object),
        ("doctor", FieldType::Pointer(ClassName::user())),
        ("friends", FieldType::Relation(ClassName::user())),
    ];
    schema.fields = fields.map(|(name, kind)| (FieldName::new(name).unwrap(), Field::new(kind))).into();
    catalog::lay_out(&Lite, &schema, None, &Default::default())
}

fn compile(filter: Filter) -> (String, usize, bool) {
    let layout = Arc::new(layout());
    let layouts = BTreeMap::from([(layout.schema.class.clone(), Arc::clone(&layout))]);
    let condition = condition(&Lite, &layouts, &layout, &filter).unwrap();
    (condition.statement.text, condition.statement.args.len(), condition.exact)
}

fn test(path: &str, test: Test) -> Filter {
    Filter::Test(Path::new(path).unwrap(), test)
}

#[test]
fn plain_tests_are_exact() {
    let owner = ObjectId::new("r").unwrap();
    let related = Filter::RelatedTo {
        owner_class: ClassName::new("Patient").unwrap(),
        owner,
        key: Path::new("friends").unwrap(),
    };
    let cases = [
        (test("text", Test::Eq("a".into())), " WHERE \"text\" = ?", 1),
        (test("text", Test::Eq(5.0.into())), " WHERE 1 = 0", 0),
        (test("text", Test::Eq(Value::Null)), " WHERE \"text\" IS NULL", 0),
        (test("text", Test::Ne("a".into())), " WHERE (\"text\" = ?) IS NOT TRUE", 1),
        (test("number", Test::Gte(5.0.into())), " WHERE \"number\" >= ?", 1),
        (
            test("text", Test::In(vec!["a".into(), "b".into(), Value::Null, 5.0.into()])),
            " WHERE (\"text\" IN (SELECT value FROM json_each(?)) OR \"text\" IS NULL)",
            1,
        ),
        (test("unknown", Test::Eq("a".into())), " WHERE 1 = 0", 0),
        (test("unknown", Test::Ne("a".into())), "", 0),
        (
            related,
            " WHERE \"objectId\" IN (SELECT \"relatedId\" FROM \"_Join:friends:Patient\" WHERE \"owningId\" = ?)",
            1,
        ),
        (Filter::all(), "", 0),
        (Filter::Or(vec![]), " WHERE 1 = 0", 0),
    ];
    for (filter, text, args) in cases {
        let name = format!("{filter:?}");
        assert_eq!(compile(filter), (text.to_owned(), args, true), "{name}");
    }
}

#[test]
fn a_negation_turns_the_bound_round() {
    let pattern = || Test::Regex(Pattern { source: "a.*b".into(), options: String::new() });
    // More rows than match, so that none is missed…
    assert_eq!(compile(test("text", pattern())), (" WHERE \"text\" IS NOT NULL".into(), 0, false));
    // …and under a negation fewer, for the same reason.
    let nor = Filter::Nor(vec![test("text", pattern())]);
    assert_eq!(compile(nor), ("".into(), 0, false));
    let twice = Filter::Nor(vec![Filter::Nor(vec![test("text", pattern())])]);
    assert_eq!(compile(twice), (" WHERE ((\"text\" IS NOT NULL) IS NOT TRUE) IS NOT TRUE".into(), 0, false));
}

#[test]
fn long_and_deep_filters_stay_flat() {
    let many = (0..5000).map(|n| test("text", Test::Eq(format!("{n}").into()))).collect();
    let (text, args, exact) = compile(Filter::Or(many));
    let depth = text.chars().fold((0i32, 0), |(now, most), c| {
        let now = now + i32::from(c == '(') - i32::from(c == ')');
        (now, most.max(now))
    });
    assert_eq!((args, exact, depth.0), (5000, true, 0));
    assert!(depth.1 < 20, "{depth:?}");
    let deep = (0..200).fold(test("text", Test::Eq("a".into())), |inner, _| Filter::Nor(vec![inner]));
    assert!(!compile(deep).2);
}

#[test]
fn what_the_matcher_needs_is_loaded() {
    let layout = Arc::new(layout());
    let layouts = BTreeMap::from([(layout.schema.class.clone(), Arc::clone(&layout))]);
    let filter = test("map.a.b", Test::Gt(5.0.into()));
    let order = [model::Order::descending(Path::new("list").unwrap())];
    let fields = [FieldName::new("text").unwrap()];
    let wish =
        Wish { order: &order, skip: 3, limit: Limit::Rows(5), fields: Some(&fields), ..Wish::all(&filter) };
    let find = find(&Lite, &layouts, &layout, &wish).unwrap();
    let columns: Vec<&str> = find.columns.iter().map(|column| column.field.as_str()).collect();
    assert_eq!(columns, ["list", "map", "text"]);
    assert!(!find.done.exact && !find.done.sorted && !find.done.windowed());
    assert!(!find.statement.text.contains("LIMIT"));
}
