//! Names of classes and fields, how many there may be, and what they hold.

use model::{FieldName, Filter, Object, Test};
use serde_json::json;

use crate::{
    Error, Select,
    conformance::{
        Outcome, Wrong,
        bench::{Bench, filter, id, order, pointer, refused},
        cases, ensure,
        schema::{known, remembered},
    },
};

cases![
    names_may_be_words_of_a_database,
    lists_may_be_called_as_columns_that_a_database_has_itself,
    values_may_be_called_as_columns_that_a_database_has_itself,
    names_differ_in_case,
    names_may_be_long,
    many_fields_are_kept,
    many_classes_are_kept,
    a_field_that_is_not_there_takes_no_value,
    a_value_of_another_type_is_refused,
];

async fn names_may_be_words_of_a_database(bench: Bench) -> Outcome {
    let words = [
        "select",
        "table",
        "order",
        "group",
        "where",
        "index",
        "from",
        "null",
        "rowid",
        "oid",
        "user",
        "limit",
        "default",
        "unique",
        "primary",
        "values",
        "transaction",
        "value",
        "key",
        "json",
        "sqlite_things",
        "pg_class",
        "system",
        "main",
        "id",
        "objectid",
        "createdat",
        "nulls",
    ];
    let fields: Vec<String> = words.iter().map(|word| format!("{word}:String")).collect();
    let all = words.iter().map(|word| ((*word).to_owned(), json!(format!("v-{word}")))).collect();
    let all = serde_json::Value::Object(all);
    for word in ["Select", "table", "order", "Group", "sqlite_master", "sqlite_things", "user", "index"] {
        let class = bench.class(word, &fields.join(" ")).await?;
        class.insert("a", all.clone()).await?;
        class.insert("b", json!({})).await?;
        class.holds("a", &class.object("a", all.clone())?).await?;
    }
    let class = bench.class("order", &fields.join(" ")).await?;
    for word in words {
        class.answers(&[(json!({ word: format!("v-{word}") }), "a"), (json!({ word: null }), "b")]).await?;
        class.sorts(&format!("-{word}"), "a b").await?;
        class.becomes("b", json!({ word: "new" }), word, json!("new")).await?;
        class.becomes("b", json!({ word: {"__op": "Delete"} }), word, json!(null)).await?;
    }
    ensure!(known(&bench).await?.len() == 8, "a class got lost");
    Ok(())
}

/// Names that functions over lists give their columns, and those that a database adds to every table.
const COLUMNS: [&str; 20] = [
    "path", "value", "key", "json", "type", "id", "parent", "atom", "root", "fullkey", "e", "t", "ctid",
    "xmin", "xmax", "cmin", "cmax", "tableoid", "rowid", "oid",
];

async fn lists_may_be_called_as_columns_that_a_database_has_itself(bench: Bench) -> Outcome {
    let fields = COLUMNS.map(|name| format!("{name}:Array")).join(" ");
    let all = |list: serde_json::Value| {
        serde_json::Value::Object(COLUMNS.iter().map(|name| ((*name).to_owned(), list.clone())).collect())
    };
    // A class, too, may be called as the function, and as a table that a statement names for itself.
    for name in ["json_each", "e"] {
        let class = bench.class(name, &fields).await?;
        class
            .fill([
                ("a", all(json!(["x", 1, {"k": "v"}]))),
                ("b", all(json!(["y", 2]))),
                ("c", all(json!([]))),
                ("d", json!({})),
            ])
            .await?;
    }
    let class = bench.class("e", &fields).await?;
    for name in ["path", "value", "e", "ctid"] {
        class.answers(&[(json!({ name: "x" }), "a"), (json!({ name: {"$nin": ["x", 1]} }), "b c d")]).await?;
    }
    let class = bench.class("json_each", &fields).await?;
    for name in COLUMNS {
        class
            .answers(&[
                (json!({ name: "x" }), "a"),
                (json!({ name: {"$ne": 2} }), "a c d"),
                (json!({ name: {"$in": ["x", "y"]} }), "a b"),
                (json!({ name: {"$in": (0..40).collect::<Vec<_>>()} }), "a b"),
                (json!({ name: {"$all": ["y", 2]} }), "b"),
                (json!({ name: {"$containedBy": ["y", 2, 3]} }), "b c"),
                (json!({ name: {"$regex": "^x"} }), "a"),
                (json!({ format!("{name}.k"): "v" }), "a"),
            ])
            .await?;
    }
    let filled = Filter::test("path", Test::In(vec!["x".into(), "y".into()]));
    let sorted = Select { order: order("-value,path")?, ..class.select(filled) };
    ensure!(class.ids(&sorted).await? == ["a", "b"], "order -value");
    for (op, object, expected) in [
        ("Add", "x", json!(["y", 2, "x"])),
        ("AddUnique", "x", json!(["y", 2, "x"])),
        ("Remove", "y", json!([2, "x"])),
    ] {
        let body = all(json!({"__op": op, "objects": [object]}));
        class.becomes("b", body, "path", expected.clone()).await?;
        let found = class.one("b").await?;
        ensure!(
            found
                == class.kept(&Object { fields: class.object("b", all(expected))?.fields, ..found.clone() }),
            "{op}"
        );
    }
    for name in ["path", "value", "key", "e", "ctid"] {
        class.answers(&[(json!({ name: "x" }), "a b"), (json!({ name: "y" }), "")]).await?;
    }
    class.commit(vec![class.deleting(filter(json!({"path": "x", "ctid": "x"}))?, true)]).await?;
    class.passes(&Filter::all(), &["c", "d"]).await
}

async fn values_may_be_called_as_columns_that_a_database_has_itself(bench: Bench) -> Outcome {
    for kind in ["String", "Number", "Object"] {
        let fields = COLUMNS.map(|name| format!("{name}:{kind}")).join(" ");
        let class = bench.class(&format!("Of{kind}"), &fields).await?;
        let value = |n: usize| match kind {
            "String" => json!(format!("v{n}")),
            "Number" => json!(n),
            _ => json!({"value": n, "list": [n]}),
        };
        let all = |n: usize| {
            serde_json::Value::Object(COLUMNS.iter().map(|name| ((*name).to_owned(), value(n))).collect())
        };
        class.fill([("a", all(1)), ("b", all(2))]).await?;
        for name in COLUMNS {
            class
                .answers(&[(json!({ name: value(1) }), "a"), (json!({ name: {"$ne": value(1)} }), "b")])
                .await?;
            if kind == "Object" {
                class.answers(&[(json!({ format!("{name}.value"): 2 }), "b")]).await?;
            }
        }
        class.sorts("-path,xmin,-key", "b a").await?;
        class.becomes("b", all(3), "xmax", value(3)).await?;
        class
            .holds(
                "b",
                &Object { updated_at: class.one("b").await?.updated_at, ..class.object("b", all(3))? },
            )
            .await?;
        let narrow = bench.class(&format!("Of{kind}"), &format!("path:{kind} xmin:{kind}")).await?;
        narrow.insert("c", json!({})).await?;
        bench
            .class(&format!("Of{kind}"), &fields)
            .await?
            .answers(&[(json!({"ctid": null}), "a b c")])
            .await?;
    }
    Ok(())
}

async fn names_differ_in_case(bench: Bench) -> Outcome {
    let a = bench.unique("Thing", "name:String Name:Number NAME:Array", &[&["name"], &["Name"]]).await?;
    let b = bench.class("thing", "name:Boolean friends:<Thing Friends:<Thing").await?;
    a.fill([("a", json!({"name": "x", "Name": 1, "NAME": [1]})), ("A", json!({"Name": 2}))]).await?;
    b.insert("a", json!({"name": true})).await?;
    b.commit(vec![b.relating("friends", "a", &["x"], &[])?, b.relating("Friends", "a", &["y"], &[])?])
        .await?;
    a.holds("a", &a.object("a", json!({"name": "x", "Name": 1, "NAME": [1]}))?).await?;
    a.answers(&[
        (json!({"name": "x"}), "a"),
        (json!({"Name": 2}), "A"),
        (json!({"NAME": 1}), "a"),
        (json!({"nAME": 1}), ""),
    ])
    .await?;
    a.becomes("A", json!({"NAME": [2]}), "NAME", json!([2])).await?;
    b.answers(&[(json!({"name": true}), "a"), (json!({"Name": 1}), "")]).await?;
    let friends = b.storage.related(&b.schema.class, "Friends", &id("a")?).await?;
    ensure!(friends == [id("y")?], "relations mix");
    remembered(&bench, &[&a.schema, &b.schema]).await?;
    b.storage.drop_schema(&b.schema.class).await?;
    a.answers(&[(json!({"name": "x"}), "a")]).await?;
    let narrow = bench.class("Thing", "Name:Number").await?;
    narrow.holds("a", &narrow.object("a", json!({"Name": 1}))?).await
}

async fn names_may_be_long(bench: Bench) -> Outcome {
    // A Parse database has room for 120 characters.
    let (name, twin) = (format!("f{}", "x".repeat(119)), format!("f{}y", "x".repeat(118)));
    let thing = format!("T{}", "x".repeat(119));
    let class = bench
        .unique(&thing, &format!("{name}:String {twin}:String"), &[&[name.as_str()], &[twin.as_str()]])
        .await?;
    class.insert("a", json!({ &name: "x", &twin: "y" })).await?;
    class.answers(&[(json!({ &name: "x" }), "a"), (json!({ &twin: "x" }), "")]).await?;
    remembered(&bench, &[&class.schema]).await
}

async fn many_fields_are_kept(bench: Bench) -> Outcome {
    let names: Vec<String> = (0..400).map(|n| format!("f{n}")).collect();
    let notation: Vec<String> = names.iter().map(|name| format!("{name}:Number")).collect();
    let class = bench.class("Thing", &notation.join(" ")).await?;
    let fields = names.iter().enumerate().map(|(n, name)| (name.clone(), json!(n))).collect();
    let object = class.object("a", serde_json::Value::Object(fields))?;
    class.insert_object(object.clone()).await?;
    class.holds("a", &object).await?;
    class.answers(&[(json!({"f399": 399, "f0": 0}), "a")]).await?;
    class.becomes("a", json!({"f399": {"__op": "Increment", "amount": 1}}), "f399", json!(400)).await
}

async fn many_classes_are_kept(bench: Bench) -> Outcome {
    for n in 0..60 {
        let class = bench.class(&format!("Thing{n}"), "n:Number").await?;
        class.insert("a", json!({ "n": n })).await?;
    }
    ensure!(known(&bench).await?.len() == 60, "not every class is remembered");
    let class = bench.class("Thing37", "n:Number").await?;
    class.answers(&[(json!({"n": 37}), "a")]).await
}

async fn a_field_that_is_not_there_takes_no_value(bench: Bench) -> Outcome {
    let class = bench.things("t:String", [("a", json!({"t": "x"}))]).await?;
    let conflict = |error: &Error| matches!(error, Error::Conflict(_));
    let insert = class.inserting(class.object("b", json!({"t": "y", "zz": 1}))?);
    refused(class.commit(vec![insert]).await, conflict, "Conflict")?;
    refused(class.commit(vec![class.updating("a", json!({"zz": 1}))?]).await, conflict, "Conflict")?;
    refused(class.commit(vec![class.updating("a", json!({"zz.k": 1}))?]).await, conflict, "Conflict")?;
    // To delete it is as good as done.
    class.update("a", json!({"zz": {"__op": "Delete"}})).await?;
    class.passes(&Filter::all(), &["a"]).await?;
    class.lacks("a", "zz").await
}

async fn a_value_of_another_type_is_refused(bench: Bench) -> Outcome {
    let fields = "t:String n:Number b:Boolean d:Date a:Array o:Object p:*Ward y:Bytes";
    let class = bench.things(fields, [("a", json!({}))]).await?;
    let wrong = [
        ("t", json!(1), "String"),
        ("n", json!("1"), "Number"),
        ("b", json!(1), "Boolean"),
        ("d", json!("2024-01-01T00:00:00.000Z"), "Date"),
        ("a", json!({"0": 1}), "Array"),
        ("o", json!([1]), "Object"),
        ("p", pointer("Bed", "w1"), "Pointer"),
        ("p", json!("w1"), "Pointer"),
        ("y", json!("AA=="), "Bytes"),
    ];
    for (name, value, kind) in wrong {
        class.mismatches("a", json!({ name: value }), name, kind).await?;
        let field = FieldName::new(name)?;
        let insert = class.inserting(class.object("b", json!({ name: value }))?);
        match class.commit(vec![insert]).await {
            Err(Error::Mismatch { field, expected }) if field == name && expected == kind => {}
            other => return Err(Wrong(format!("{field} = {value}: expected Mismatch, got {other:?}"))),
        }
    }
    class.passes(&Filter::all(), &["a"]).await
}
