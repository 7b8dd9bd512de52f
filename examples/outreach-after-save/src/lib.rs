#![doc = include_str!("../README.md")]

/// The plugin.
#[parapet::plugin]
pub mod outreach_after_save {
    use parapet::{Date, Fault, Invocation, Object, Pointer, Settings, log, purpose};
    use serde::Deserialize;

    const DAY: i64 = 24 * 3_600_000;

    /// What the administrator set.
    #[derive(Deserialize)]
    pub struct Plan {
        days: u32,
    }

    #[after_save("Visit")]
    fn plan(inv: &Invocation, visit: &Object, plan: Settings<Plan>) -> Result<(), Fault> {
        let was_discharged = inv.original().map_or(Ok(false), |before| is_discharged(&before))?;
        if was_discharged || !is_discharged(visit)? {
            return Ok(());
        }
        let Some(patient) = visit.get::<Pointer>("patient")? else {
            log::warn(inv, "a discharged visit has no patient", &[]);
            return Ok(());
        };
        let follow_ups = inv.writer("FollowUp", purpose::TREAT)?;
        let call = follow_ups.create()?;
        call.set("patient", patient)?;
        if let Some(visit) = visit.pointer() {
            call.set("visit", visit)?;
        }
        call.set("kind", "call")?;
        call.set("due", Date::from_millis(inv.started_at().millis() + DAY * i64::from(plan.days)))?;
        let id = follow_ups.save(&call)?;
        log::info(inv, "follow-up planned", &[("followUp", &id)]);
        Ok(())
    }

    fn is_discharged(visit: &Object) -> Result<bool, Fault> {
        Ok(visit.get::<String>("status")?.as_deref() == Some("discharged"))
    }
}

#[cfg(test)]
mod tests {
    use super::outreach_after_save::PLUGIN;
    use parapet::testing::Case;
    use parapet::{Date, Pointer, json};

    fn saved(status: &str) -> Case {
        Case::after_save("Visit")
            .manifest(include_str!("../plugin.toml"))
            .id("v1")
            .field("status", status)
            .field("patient", Pointer::new("Patient", "p1"))
            .at(Date::from_ymd(2026, 3, 1).unwrap())
    }

    #[test]
    fn a_discharge_plans_a_call() {
        let outcome = saved("discharged").original(json!({"objectId": "v1", "status": "open"})).run(&PLUGIN);
        outcome.assert_ok();
        let [call] = outcome.saved() else { panic!("one follow-up") };
        assert_eq!(call.class, "FollowUp");
        assert_eq!(
            json!(call.fields),
            json!({
                "patient": Pointer::new("Patient", "p1"),
                "visit": Pointer::new("Visit", "v1"),
                "kind": "call",
                "due": Date::from_ymd(2026, 3, 4).unwrap(),
            })
        );
        assert_eq!(outcome.log().len(), 1);
    }

    #[test]
    fn other_saves_plan_nothing() {
        let again = saved("discharged").original(json!({"objectId": "v1", "status": "discharged"}));
        for case in [again, saved("open"), saved("discharged").field("patient", parapet::Value::Null)] {
            let outcome = case.run(&PLUGIN);
            outcome.assert_ok();
            assert!(outcome.saved().is_empty());
        }
    }
}
