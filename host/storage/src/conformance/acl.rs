//! Row filters on the ACLs of objects.

use model::{Acl, Filter, query::filter::Access};
use serde_json::json;

use crate::{
    Error, Written,
    conformance::{
        Outcome, Wrong,
        bench::{Bench, Class, filter, refused},
        cases, ensure,
    },
};

cases![
    an_absent_acl_lets_everyone,
    an_empty_acl_lets_nobody,
    a_group_lets_its_own,
    reading_and_writing_differ,
    groups_are_whole_names,
    groups_are_not_patterns,
    many_groups_are_asked_at_once,
    an_acl_joins_other_tests,
    an_acl_under_logic,
    an_acl_holds_for_counts,
    an_acl_stops_an_update,
    an_acl_stops_a_delete,
    a_changed_acl_counts_at_once,
    an_acl_meets_what_is_checked_again,
];

fn allowed(access: Access, groups: &[&str]) -> Filter {
    Filter::Acl(access, groups.iter().map(ToString::to_string).collect())
}

fn readable(groups: &[&str]) -> Filter {
    allowed(Access::Read, groups)
}

fn writable(groups: &[&str]) -> Filter {
    allowed(Access::Write, groups)
}

async fn guarded(bench: &Bench) -> Result<Class, Wrong> {
    let class = bench.class("Thing", "n:Number t:String").await?;
    class.insert("open", json!({"n": 1, "t": "x1"})).await?;
    for (id, read, write) in [
        ("public", &["*"][..], &["*"][..]),
        ("shown", &["*"], &["u1"]),
        ("own", &["u1"], &["u1"]),
        ("ward", &["role:Nurse", "u2"], &["role:Doctor"]),
        ("drop", &[], &["u1"]),
        ("closed", &[], &[]),
    ] {
        let mut object = class.object(id, json!({"n": 1, "t": "x1"}))?;
        object.acl = Some(Acl::from_groups(read, write));
        class.insert_object(object).await?;
    }
    Ok(class)
}

async fn an_absent_acl_lets_everyone(bench: Bench) -> Outcome {
    let class = guarded(&bench).await?;
    class.passes(&readable(&[]), &["open"]).await?;
    class.passes(&writable(&[]), &["open"]).await
}

async fn an_empty_acl_lets_nobody(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "").await?;
    class.insert_guarded("closed", &[], &[]).await?;
    for groups in [&[][..], &["*"], &["*", "u1", "role:Nurse", ""]] {
        class.passes(&readable(groups), &[]).await?;
        class.passes(&writable(groups), &[]).await?;
    }
    class.passes(&Filter::all(), &["closed"]).await
}

async fn a_group_lets_its_own(bench: Bench) -> Outcome {
    let class = guarded(&bench).await?;
    class.passes(&readable(&["*"]), &["open", "public", "shown"]).await?;
    class.passes(&readable(&["*", "u1"]), &["open", "public", "shown", "own"]).await?;
    class.passes(&readable(&["*", "u2"]), &["open", "public", "shown", "ward"]).await?;
    class.passes(&readable(&["role:Nurse"]), &["open", "ward"]).await?;
    class.passes(&readable(&["u9"]), &["open"]).await
}

async fn reading_and_writing_differ(bench: Bench) -> Outcome {
    let class = guarded(&bench).await?;
    class.passes(&writable(&["*"]), &["open", "public"]).await?;
    class.passes(&writable(&["*", "u1"]), &["open", "public", "shown", "own", "drop"]).await?;
    class.passes(&writable(&["role:Nurse", "u2"]), &["open"]).await?;
    class.passes(&writable(&["role:Doctor"]), &["open", "ward"]).await?;
    class.passes(&readable(&["role:Doctor"]), &["open"]).await
}

async fn groups_are_whole_names(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "").await?;
    for (id, group) in [("a", "role:Nurse"), ("b", "role:Nurses"), ("c", "nurse"), ("d", "u1"), ("e", "u10")]
    {
        class.insert_guarded(id, &[group], &[]).await?;
    }
    for (group, expected) in [
        ("role:Nurse", &["a"][..]),
        ("role:Nurses", &["b"]),
        ("Nurse", &[]),
        ("nurse", &["c"]),
        ("U1", &[]),
        ("u1", &["d"]),
        ("u", &[]),
        ("role:nurse", &[]),
    ] {
        class.passes(&readable(&[group]), expected).await?;
    }
    Ok(())
}

async fn groups_are_not_patterns(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "").await?;
    let odd = [
        "role:%",
        "role:_",
        "role:O'Neil \"x\"",
        "role:a,b",
        "role:[\"*\"]",
        "role:é",
        "role:\\",
        "role:a b",
    ];
    for (n, group) in odd.iter().enumerate() {
        class.insert_guarded(&format!("o{n}"), &[group], &[group]).await?;
    }
    for (n, group) in odd.iter().enumerate() {
        class.passes(&readable(&[group]), &[&format!("o{n}")]).await?;
        class.passes(&writable(&[group]), &[&format!("o{n}")]).await?;
    }
    class.passes(&readable(&["*", "%", "_", "role:A", "a", "b", "' OR 1=1 --"]), &[]).await
}

async fn many_groups_are_asked_at_once(bench: Bench) -> Outcome {
    let class = guarded(&bench).await?;
    let roles: Vec<String> = (0..2_000).map(|n| format!("role:R{n}")).collect();
    let mut groups: Vec<&str> = roles.iter().map(String::as_str).collect();
    class.passes(&readable(&groups), &["open"]).await?;
    groups.push("role:Nurse");
    class.passes(&readable(&groups), &["open", "ward"]).await
}

async fn an_acl_joins_other_tests(bench: Bench) -> Outcome {
    let class = guarded(&bench).await?;
    class.passes(&filter(json!({"objectId": "own"}))?.and(readable(&["u1"])), &["own"]).await?;
    class.passes(&filter(json!({"objectId": "own"}))?.and(readable(&["u2"])), &[]).await?;
    class.passes(&filter(json!({"n": 1}))?.and(readable(&["*"])), &["open", "public", "shown"]).await?;
    class.passes(&filter(json!({"n": 2}))?.and(readable(&["*"])), &[]).await?;
    class
        .passes(&readable(&["*", "u1"]).and(writable(&["*", "u1"])), &["open", "public", "shown", "own"])
        .await
}

async fn an_acl_under_logic(bench: Bench) -> Outcome {
    let class = guarded(&bench).await?;
    let either = Filter::Or(vec![readable(&["u1"]), writable(&["role:Doctor"])]);
    class.passes(&either, &["open", "own", "ward"]).await?;
    class.passes(&Filter::Nor(vec![readable(&["*"])]), &["own", "ward", "drop", "closed"]).await?;
    let neither = Filter::Nor(vec![readable(&["*", "u1", "u2"]), writable(&["u1"])]);
    class.passes(&neither, &["closed"]).await
}

async fn an_acl_holds_for_counts(bench: Bench) -> Outcome {
    let class = guarded(&bench).await?;
    for (groups, expected) in [(&[][..], 1), (&["*"], 3), (&["*", "u1", "u2"], 5)] {
        let count = class.storage.count(&class.schema, &readable(groups)).await?;
        ensure!(count == expected, "{groups:?} counted {count}, expected {expected}");
    }
    Ok(())
}

async fn an_acl_stops_an_update(bench: Bench) -> Outcome {
    let class = guarded(&bench).await?;
    let update = |groups: &[&str]| {
        class.updating_where(filter(json!({"objectId": "shown"}))?.and(writable(groups)), json!({"n": 2}))
    };
    refused(
        class.commit(vec![update(&["*", "u2"])?]).await,
        |error| matches!(error, Error::NotFound),
        "NotFound",
    )?;
    class.answers(&[(json!({"n": 2}), "")]).await?;
    class.commit(vec![update(&["*", "u1"])?]).await?;
    class.answers(&[(json!({"n": 2}), "shown")]).await
}

async fn an_acl_stops_a_delete(bench: Bench) -> Outcome {
    let class = guarded(&bench).await?;
    let delete = |groups: &[&str]| {
        Ok::<_, Wrong>(class.deleting(filter(json!({"objectId": "own"}))?.and(writable(groups)), true))
    };
    refused(
        class.commit(vec![delete(&["*", "u2"])?]).await,
        |error| matches!(error, Error::NotFound),
        "NotFound",
    )?;
    class.one("own").await?;
    class.commit(vec![delete(&["u1"])?]).await?;
    // Without an id, what may not be written stays.
    let answer = class.commit(vec![class.deleting(writable(&["*", "u1"]), false)]).await?;
    ensure!(answer == [Written::Deleted(4)], "the delete answered {answer:?}");
    class.passes(&Filter::all(), &["ward", "closed"]).await
}

async fn a_changed_acl_counts_at_once(bench: Bench) -> Outcome {
    let class = guarded(&bench).await?;
    class.update("closed", json!({"ACL": {"u9": {"read": true}}})).await?;
    class.passes(&readable(&["u9"]), &["open", "closed"]).await?;
    class.passes(&writable(&["u9"]), &["open"]).await?;
    class.update("closed", json!({"ACL": {"__op": "Delete"}})).await?;
    class.passes(&writable(&["u9"]), &["open", "closed"]).await?;
    class.update("open", json!({"ACL": {}})).await?;
    class.passes(&readable(&["u9"]), &["closed"]).await
}

async fn an_acl_meets_what_is_checked_again(bench: Bench) -> Outcome {
    let class = guarded(&bench).await?;
    let digit = filter(json!({"t": {"$regex": "\\d$"}}))?;
    class.passes(&digit.clone().and(readable(&["u1"])), &["open", "own"]).await?;
    let either = Filter::Or(vec![filter(json!({"t": {"$regex": "[9]"}}))?, writable(&["role:Doctor"])]);
    class.passes(&either, &["open", "ward"]).await?;
    let none = Filter::Nor(vec![digit, readable(&["*"])]);
    class.passes(&none, &[]).await
}
