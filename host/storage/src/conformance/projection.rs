//! The fields that a find loads.

use model::{Acl, FieldName, Filter, Object, Value};
use serde_json::json;

use crate::{
    Select,
    conformance::{
        Outcome, Wrong,
        bench::{Bench, Class, filter, order},
        cases, ensure,
    },
};

cases![
    named_fields_come_alone,
    no_fields_leave_the_head,
    unknown_fields_are_passed_over,
    a_null_comes_if_it_is_named,
    a_field_named_twice_comes_once,
    a_filter_needs_no_named_field,
    an_order_needs_no_named_field,
    what_is_checked_again_stays_away,
];

async fn one(bench: &Bench) -> Result<(Class, Object), Wrong> {
    let class = bench.class("Thing", "t:String n:Number a:Array o:Object z:String").await?;
    let fields = json!({"t": "x1", "n": 1, "a": [{"k": 1}], "o": {"k": 1}, "z": null});
    let mut object = class.object("a", fields)?;
    object.acl = Some(Acl::from_groups(&["*"], &["u1"]));
    class.insert_object(object.clone()).await?;
    let object = class.kept(&object);
    Ok((class, object))
}

/// Ends the case unless the one object comes with these fields only.
async fn comes_with(class: &Class, whole: &Object, select: Select, named: &str) -> Outcome {
    let fields = named.split_whitespace().map(FieldName::new).collect::<Result<Vec<_>, _>>()?;
    let mut expected = whole.clone();
    expected.fields.retain(|name, _| fields.contains(name));
    let found = class.storage.find(&Select { fields: Some(fields), ..select }).await?;
    match found.as_slice() {
        [found] => {
            let names: Vec<_> = found.fields.keys().collect();
            ensure!(*found == expected, "asked for {named}, found an object with {names:?}");
            Ok(())
        }
        found => Err(Wrong(format!("asked for {named}, found {} objects", found.len()))),
    }
}

async fn named_fields_come_alone(bench: Bench) -> Outcome {
    let (class, whole) = one(&bench).await?;
    for named in ["t", "n a", "o", "t n a o z"] {
        comes_with(&class, &whole, class.select(Filter::all()), named).await?;
    }
    Ok(())
}

async fn no_fields_leave_the_head(bench: Bench) -> Outcome {
    let (class, whole) = one(&bench).await?;
    comes_with(&class, &whole, class.select(Filter::all()), "").await
}

async fn unknown_fields_are_passed_over(bench: Bench) -> Outcome {
    let (class, whole) = one(&bench).await?;
    comes_with(&class, &whole, class.select(Filter::all()), "zz t objectId createdAt").await
}

async fn a_null_comes_if_it_is_named(bench: Bench) -> Outcome {
    let (class, whole) = one(&bench).await?;
    comes_with(&class, &whole, class.select(Filter::all()), "z").await?;
    let fields = Some(vec![FieldName::new("z")?]);
    let found = class.storage.find(&Select { fields, ..class.select(Filter::all()) }).await?;
    let z = found.first().and_then(|object| object.field("z"));
    let expected = bench.storage.features().explicit_nulls.then_some(&Value::Null);
    ensure!(z == expected, "the null came as {z:?}");
    Ok(())
}

async fn a_field_named_twice_comes_once(bench: Bench) -> Outcome {
    let (class, whole) = one(&bench).await?;
    comes_with(&class, &whole, class.select(Filter::all()), "t n t").await
}

async fn a_filter_needs_no_named_field(bench: Bench) -> Outcome {
    let (class, whole) = one(&bench).await?;
    for condition in [json!({"n": 1}), json!({"z": null}), json!({"t": {"$ne": "y"}})] {
        comes_with(&class, &whole, class.select(filter(condition)?), "o").await?;
    }
    Ok(())
}

async fn an_order_needs_no_named_field(bench: Bench) -> Outcome {
    let (class, whole) = one(&bench).await?;
    class.insert("b", json!({"n": 0, "o": {"k": 9}})).await?;
    for (keys, expected) in [("n", "b a"), ("-n", "a b"), ("-o.k", "b a")] {
        let fields = Some(vec![FieldName::new("t")?]);
        let select = Select { order: order(keys)?, fields, ..class.select(Filter::all()) };
        let ids = class.ids(&select).await?.join(" ");
        ensure!(ids == expected, "order {keys}: {ids}");
    }
    let select =
        Select { order: order("-a.k")?, limit: model::Limit::Rows(1), ..class.select(Filter::all()) };
    comes_with(&class, &whole, select, "t").await
}

async fn what_is_checked_again_stays_away(bench: Bench) -> Outcome {
    let (class, whole) = one(&bench).await?;
    let condition = json!({"t": {"$regex": "\\d$"}, "a.k": 1, "o.k": {"$lt": 2}, "z.k": null});
    for named in ["", "n", "t n"] {
        comes_with(&class, &whole, class.select(filter(condition.clone())?), named).await?;
    }
    Ok(())
}
