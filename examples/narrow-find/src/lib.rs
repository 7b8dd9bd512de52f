#![doc = include_str!("../README.md")]

/// The plugin.
#[parapet::plugin]
pub mod narrow_find {
    use parapet::{Fault, Find, Invocation, Pointer, Principal, Query, json, purpose};

    #[before_find("Visit")]
    fn own_wards(inv: &Invocation, caller: &Principal, query: &Query) -> Result<(), Fault> {
        if caller.is_master() || caller.has_role("auditor")? {
            return Ok(());
        }
        let user = caller.user_id().ok_or_else(|| Fault::forbidden("sign in to see visits"))?;
        query.constrain(json!({"ward": {"$in": wards(inv, &user)?}}))
    }

    /// The wards of a user, by all of the user's staff objects.
    fn wards(inv: &Invocation, user: &str) -> Result<Vec<String>, Fault> {
        let staff = inv.elevated_reader("Staff", purpose::HOPERAT)?;
        let of_user = Find::matching(json!({"user": Pointer::new("_User", user)}));
        let mut wards = Vec::new();
        for person in staff.find(of_user, &["wards"])? {
            wards.extend(person?.get::<Vec<String>>("wards")?.unwrap_or_default());
        }
        Ok(wards)
    }
}

#[cfg(test)]
mod tests {
    use super::narrow_find::PLUGIN;
    use parapet::testing::Case;
    use parapet::{Fault, Pointer, json};

    fn finding() -> Case {
        Case::before_find("Visit")
            .manifest(include_str!("../plugin.toml"))
            .stored(
                "Staff",
                json!({"objectId": "s1", "user": Pointer::new("_User", "ann"), "wards": ["3A", "3B"]}),
            )
            .stored("Staff", json!({"objectId": "s2", "user": Pointer::new("_User", "bob"), "wards": ["9C"]}))
    }

    #[test]
    fn a_nurse_finds_the_visits_of_her_wards() {
        let outcome = finding().conditions(json!({"open": true})).as_user("ann").run(&PLUGIN);
        outcome.assert_ok();
        assert!(outcome.finds(json!({"ward": "3B", "open": true})));
        assert!(!outcome.finds(json!({"ward": "3B", "open": false})), "the client's conditions stand");
        assert!(!outcome.finds(json!({"ward": "9C", "open": true})));
    }

    #[test]
    fn who_has_no_ward_finds_nothing() {
        let outcome = finding().as_user("eve").run(&PLUGIN);
        outcome.assert_ok();
        assert!(!outcome.finds(json!({"ward": "3A"})));
        assert!(!outcome.finds(json!({})));
        finding().run(&PLUGIN).assert_fault(Fault::FORBIDDEN);
    }

    #[test]
    fn auditors_find_everything() {
        for case in [finding().as_user("eve").role("auditor"), finding().as_master()] {
            let outcome = case.run(&PLUGIN);
            outcome.assert_ok();
            assert!(outcome.conditions().is_empty());
        }
    }

    #[test]
    fn without_its_grant_it_refuses() {
        Case::before_find("Visit").as_user("ann").run(&PLUGIN).assert_fault(Fault::FORBIDDEN);
    }
}
