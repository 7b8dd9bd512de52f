#![doc = include_str!("../README.md")]

/// The plugin.
#[parapet::plugin]
pub mod stamp_before_save {
    use parapet::{Fault, Invocation, Object, Settings, log};
    use serde::Deserialize;

    /// The key of the request's context by which the two hooks talk.
    const NEEDS_A_LOOK: &str = "stamp.needsALook";

    /// What the administrator set.
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Bounds {
        high_mean: f64,
    }

    #[before_save("BloodPressure")]
    fn stamp(inv: &Invocation, reading: &Object, bounds: Settings<Bounds>) -> Result<(), Fault> {
        let systolic: f64 = reading.require("systolic")?;
        let diastolic: f64 = reading.require("diastolic")?;
        if !(0.0..=400.0).contains(&diastolic) || !(diastolic..=400.0).contains(&systolic) {
            return Err(Fault::invalid("systolic and diastolic are pressures in mmHg, the higher one first"));
        }
        let mean = (systolic + 2.0 * diastolic) / 3.0;
        reading.set("meanPressure", mean.round())?;
        reading.set("assessedAt", inv.started_at())?;
        if inv.original().is_some() {
            reading.revert("revisions")?;
            reading.increment("revisions", 1.0)?;
        } else {
            reading.set("revisions", 0)?;
        }
        inv.set_context(NEEDS_A_LOOK, &(mean >= bounds.high_mean))
    }

    #[after_save("BloodPressure")]
    fn tell(inv: &Invocation) -> Result<(), Fault> {
        if inv.context(NEEDS_A_LOOK)?.unwrap_or(false) {
            log::warn(inv, "a reading needs a look", &[]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::stamp_before_save::PLUGIN;
    use parapet::testing::{Case, Level};
    use parapet::{Date, Fault, json};

    const MANIFEST: &str = include_str!("../plugin.toml");

    fn saving() -> Case {
        Case::before_save("BloodPressure").manifest(MANIFEST)
    }

    #[test]
    fn derives_whatever_the_client_sent() {
        let now = Date::from_ymd(2026, 3, 1).unwrap();
        let outcome = saving()
            .at(now)
            .field("systolic", 160)
            .field("diastolic", 100)
            .field("meanPressure", 1)
            .field("revisions", 99)
            .run(&PLUGIN);
        outcome.assert_ok();
        assert_eq!(outcome.field("meanPressure"), Some(json!(120)));
        assert_eq!(outcome.field("assessedAt"), Some(json!(now)));
        assert_eq!(outcome.field("revisions"), Some(json!(0)));
        assert_eq!(outcome.context("stamp.needsALook"), Some(true));
    }

    #[test]
    fn counts_revisions_from_what_is_stored() {
        let outcome = saving()
            .original(json!({"objectId": "b1", "systolic": 120, "diastolic": 80, "revisions": 4}))
            .field("revisions", 99)
            .run(&PLUGIN);
        outcome.assert_ok();
        assert_eq!(outcome.field("revisions"), Some(json!(5)));
        assert_eq!(outcome.context("stamp.needsALook"), Some(false));
    }

    #[test]
    fn refuses_pressures_that_can_not_be() {
        for (systolic, diastolic) in [(80, 120), (120, -1), (500, 80)] {
            let outcome = saving().field("systolic", systolic).field("diastolic", diastolic).run(&PLUGIN);
            outcome.assert_fault(Fault::INVALID);
        }
        saving().field("systolic", 120).run(&PLUGIN).assert_fault(Fault::INVALID);
        saving().field("systolic", "120").field("diastolic", 80).run(&PLUGIN).assert_fault(Fault::INVALID);
    }

    #[test]
    fn tells_without_values() {
        let saved = |high: bool| {
            Case::after_save("BloodPressure")
                .manifest(MANIFEST)
                .context("stamp.needsALook", high)
                .run(&PLUGIN)
        };
        assert_eq!(saved(true).log()[0].level, Level::Warn);
        assert!(saved(true).log()[0].fields.is_empty());
        assert!(saved(false).log().is_empty());
    }
}
