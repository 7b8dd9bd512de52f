//! Join rows of relations.

use model::{ClassName, Filter, Path};
use serde_json::{Value as Json, json};

use crate::{
    Error,
    conformance::{
        Outcome, Wrong,
        bench::{Bench, Class, filter, id, pointer, refused},
        cases, ensure,
    },
};

cases![
    members_are_added,
    adding_twice_is_adding_once,
    members_are_removed,
    what_is_added_and_removed_is_removed,
    nothing_to_do_is_fine,
    owners_are_found_by_member,
    owners_of_any_of_them_come_once,
    relations_do_not_mix,
    ids_differ_in_case_and_may_be_any_text,
    members_are_found_by_filter,
    a_filter_joins_other_tests,
    a_relation_may_lead_to_its_own_class,
    a_deleted_member_stays_a_member,
    a_deleted_owner_keeps_its_rows,
    many_members_are_kept,
    an_unknown_relation_is_empty,
    an_unknown_relation_takes_no_members,
    several_relations_are_edited_at_once,
];

struct Wards {
    wards: Class,
    patients: Class,
}

impl Wards {
    async fn new(bench: &Bench) -> Result<Wards, Wrong> {
        let patients = bench.class("Patient", "n:Number t:String").await?;
        let wards = bench.class("Ward", "beds:<Patient staff:<Patient").await?;
        for n in 1..=4 {
            patients.insert(&format!("p{n}"), json!({"n": n, "t": format!("t{n}")})).await?;
        }
        wards.fill([("w1", json!({})), ("w2", json!({})), ("w3", json!({}))]).await?;
        Ok(Wards { wards, patients })
    }

    async fn relate(&self, key: &str, owner: &str, add: &str, remove: &str) -> Outcome {
        let (add, remove): (Vec<&str>, Vec<&str>) =
            (add.split_whitespace().collect(), remove.split_whitespace().collect());
        let answer = self.wards.commit(vec![self.wards.relating(key, owner, &add, &remove)?]).await?;
        ensure!(answer == [crate::Written::Related], "a relation's edit answered {answer:?}");
        Ok(())
    }

    async fn related(&self, key: &str, owner: &str, expected: &str) -> Outcome {
        related(&self.wards, key, owner, expected).await
    }

    async fn owners(&self, key: &str, members: &str, expected: &str) -> Outcome {
        let members = members.split_whitespace().map(id).collect::<Result<Vec<_>, _>>()?;
        let found = self.wards.storage.owners(&self.wards.schema.class, key, &members).await?;
        let found: Vec<&str> = found.iter().map(|id| id.as_str()).collect();
        ensure!(found.join(" ") == expected, "owners by {key}: {found:?}, expected {expected}");
        Ok(())
    }
}

async fn related(class: &Class, key: &str, owner: &str, expected: &str) -> Outcome {
    let found = class.storage.related(&class.schema.class, key, &id(owner)?).await?;
    let found: Vec<&str> = found.iter().map(|id| id.as_str()).collect();
    ensure!(found.join(" ") == expected, "{owner}.{key} holds {found:?}, expected {expected}");
    Ok(())
}

fn member_of(owner: &str, key: &str) -> Json {
    json!({"$relatedTo": {"object": pointer("Ward", owner), "key": key}})
}

async fn members_are_added(bench: Bench) -> Outcome {
    let all = Wards::new(&bench).await?;
    all.related("beds", "w1", "").await?;
    all.relate("beds", "w1", "p3 p1", "").await?;
    all.related("beds", "w1", "p1 p3").await?;
    all.relate("beds", "w1", "p2", "").await?;
    all.related("beds", "w1", "p1 p2 p3").await
}

async fn adding_twice_is_adding_once(bench: Bench) -> Outcome {
    let all = Wards::new(&bench).await?;
    all.relate("beds", "w1", "p1 p1", "").await?;
    all.relate("beds", "w1", "p1 p2", "").await?;
    all.related("beds", "w1", "p1 p2").await
}

async fn members_are_removed(bench: Bench) -> Outcome {
    let all = Wards::new(&bench).await?;
    all.relate("beds", "w1", "p1 p2 p3", "").await?;
    all.relate("beds", "w1", "", "p2 p2 nobody").await?;
    all.related("beds", "w1", "p1 p3").await?;
    all.relate("beds", "w1", "p4", "p1").await?;
    all.related("beds", "w1", "p3 p4").await
}

async fn what_is_added_and_removed_is_removed(bench: Bench) -> Outcome {
    let all = Wards::new(&bench).await?;
    all.relate("beds", "w1", "p1 p2", "p1").await?;
    all.related("beds", "w1", "p2").await
}

async fn nothing_to_do_is_fine(bench: Bench) -> Outcome {
    let all = Wards::new(&bench).await?;
    all.relate("beds", "w1", "", "").await?;
    all.relate("beds", "w1", "", "p1").await?;
    all.related("beds", "w1", "").await
}

async fn owners_are_found_by_member(bench: Bench) -> Outcome {
    let all = Wards::new(&bench).await?;
    all.relate("beds", "w2", "p1 p2", "").await?;
    all.relate("beds", "w1", "p1", "").await?;
    all.owners("beds", "p1", "w1 w2").await?;
    all.owners("beds", "p2", "w2").await?;
    all.owners("beds", "p3", "").await?;
    all.relate("beds", "w2", "", "p1").await?;
    all.owners("beds", "p1", "w1").await
}

async fn owners_of_any_of_them_come_once(bench: Bench) -> Outcome {
    let all = Wards::new(&bench).await?;
    all.relate("beds", "w3", "p1 p2 p3", "").await?;
    all.relate("beds", "w1", "p2", "").await?;
    all.owners("beds", "p1 p2 p3 p1", "w1 w3").await?;
    all.owners("beds", "", "").await
}

async fn relations_do_not_mix(bench: Bench) -> Outcome {
    let all = Wards::new(&bench).await?;
    let rooms = bench.class("Room", "beds:<Patient").await?;
    all.relate("beds", "w1", "p1", "").await?;
    all.relate("staff", "w1", "p2", "").await?;
    all.relate("beds", "w2", "p3", "").await?;
    rooms.commit(vec![rooms.relating("beds", "w1", &["p4"], &[])?]).await?;
    all.related("beds", "w1", "p1").await?;
    all.related("staff", "w1", "p2").await?;
    all.related("beds", "w2", "p3").await?;
    related(&rooms, "beds", "w1", "p4").await?;
    all.owners("staff", "p1", "").await?;
    all.patients.answers(&[(member_of("w1", "beds"), "p1"), (member_of("w1", "staff"), "p2")]).await
}

async fn ids_differ_in_case_and_may_be_any_text(bench: Bench) -> Outcome {
    let all = Wards::new(&bench).await?;
    let odd = ["P1", "a'b", "a\"b", "é", "%", "01", "1"];
    all.wards.commit(vec![all.wards.relating("beds", "W1", &odd, &[])?]).await?;
    all.related("beds", "w1", "").await?;
    let found = all.wards.storage.related(&all.wards.schema.class, "beds", &id("W1")?).await?;
    ensure!(found.len() == odd.len(), "{} of {} members came back", found.len(), odd.len());
    ensure!(found.is_sorted(), "members don't come sorted");
    for member in odd {
        all.owners("beds", member, "W1").await?;
    }
    all.owners("beds", "p1", "").await?;
    all.wards.commit(vec![all.wards.relating("beds", "W1", &[], &odd)?]).await?;
    all.related("beds", "W1", "").await
}

async fn members_are_found_by_filter(bench: Bench) -> Outcome {
    let all = Wards::new(&bench).await?;
    all.relate("beds", "w1", "p1 p3", "").await?;
    all.relate("beds", "w2", "p3 nobody", "").await?;
    all.patients
        .answers(&[
            (member_of("w1", "beds"), "p1 p3"),
            (member_of("w2", "beds"), "p3"),
            (member_of("w3", "beds"), ""),
            (member_of("nobody", "beds"), ""),
        ])
        .await
}

async fn a_filter_joins_other_tests(bench: Bench) -> Outcome {
    let all = Wards::new(&bench).await?;
    all.relate("beds", "w1", "p1 p2 p3", "").await?;
    all.relate("staff", "w1", "p2 p4", "").await?;
    let (beds, staff) = (member_of("w1", "beds"), member_of("w1", "staff"));
    let mut below = beds.clone();
    if let Json::Object(map) = &mut below {
        map.insert("n".into(), json!({"$lt": 3}));
    }
    all.patients
        .answers(&[
            (below, "p1 p2"),
            (json!({"$and": [beds, staff]}), "p2"),
            (json!({"$or": [beds, staff]}), "p1 p2 p3 p4"),
            (json!({"$nor": [beds]}), "p4"),
            (json!({"$nor": [beds, staff]}), ""),
            (json!({"$and": [beds, {"t": {"$regex": "[13]$"}}]}), "p1 p3"),
            (json!({"$or": [{"$nor": [staff]}, {"t": {"$regex": "[4]$"}}]}), "p1 p3 p4"),
        ])
        .await
}

async fn a_relation_may_lead_to_its_own_class(bench: Bench) -> Outcome {
    let class =
        bench.things("friends:<Thing", [("a", json!({})), ("b", json!({})), ("c", json!({}))]).await?;
    class.commit(vec![class.relating("friends", "a", &["a", "b"], &[])?]).await?;
    let friends = json!({"$relatedTo": {"object": pointer("Thing", "a"), "key": "friends"}});
    class.answers(&[(friends, "a b")]).await
}

async fn a_deleted_member_stays_a_member(bench: Bench) -> Outcome {
    let all = Wards::new(&bench).await?;
    all.relate("beds", "w1", "p1 p2", "").await?;
    all.patients.commit(vec![all.patients.deleting(Filter::id(&id("p1")?), true)]).await?;
    all.related("beds", "w1", "p1 p2").await?;
    all.owners("beds", "p1", "w1").await?;
    all.patients.answers(&[(member_of("w1", "beds"), "p2")]).await
}

async fn a_deleted_owner_keeps_its_rows(bench: Bench) -> Outcome {
    let all = Wards::new(&bench).await?;
    all.relate("beds", "w1", "p1", "").await?;
    all.wards.commit(vec![all.wards.deleting(Filter::id(&id("w1")?), true)]).await?;
    all.related("beds", "w1", "p1").await
}

async fn many_members_are_kept(bench: Bench) -> Outcome {
    let all = Wards::new(&bench).await?;
    let ids: Vec<String> = (0..3_000).map(|n| format!("m{n:04}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    all.wards.commit(vec![all.wards.relating("beds", "w1", &ids, &[])?]).await?;
    all.related("beds", "w1", &ids.join(" ")).await?;
    all.owners("beds", &ids.join(" "), "w1").await?;
    let (first, rest) = ids.split_at(1);
    all.wards.commit(vec![all.wards.relating("beds", "w1", &[], rest)?]).await?;
    all.related("beds", "w1", &first.join(" ")).await
}

async fn an_unknown_relation_is_empty(bench: Bench) -> Outcome {
    let all = Wards::new(&bench).await?;
    all.related("nothing", "w1", "").await?;
    all.owners("nothing", "p1", "").await?;
    let nowhere = ClassName::new("Nowhere")?;
    ensure!(
        bench.storage.related(&nowhere, "beds", &id("w1")?).await?.is_empty(),
        "an unknown class has members"
    );
    ensure!(
        bench.storage.owners(&nowhere, "beds", &[id("p1")?]).await?.is_empty(),
        "an unknown class has owners"
    );
    all.patients.answers(&[(member_of("w1", "nothing"), "")]).await?;
    let filter = Filter::RelatedTo { owner_class: nowhere, owner: id("w1")?, key: Path::new("beds")? };
    all.patients.passes(&filter, &[]).await
}

async fn an_unknown_relation_takes_no_members(bench: Bench) -> Outcome {
    let all = Wards::new(&bench).await?;
    let write = all.wards.relating("nothing", "w1", &["p1"], &[])?;
    refused(all.wards.commit(vec![write]).await, |error| matches!(error, Error::Conflict(_)), "Conflict")?;
    all.patients.passes(&filter(member_of("w1", "nothing"))?, &[]).await
}

async fn several_relations_are_edited_at_once(bench: Bench) -> Outcome {
    let all = Wards::new(&bench).await?;
    let wards = &all.wards;
    let writes = vec![
        wards.relating("beds", "w1", &["p1", "p2"], &[])?,
        wards.relating("staff", "w1", &["p3"], &[])?,
        wards.relating("beds", "w1", &["p3"], &["p1"])?,
        wards.relating("beds", "w2", &["p1"], &[])?,
    ];
    wards.commit(writes).await?;
    all.related("beds", "w1", "p2 p3").await?;
    all.related("staff", "w1", "p3").await?;
    all.related("beds", "w2", "p1").await
}
