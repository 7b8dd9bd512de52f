#![doc = include_str!("../README.md")]

/// The plugin.
#[parapet::plugin]
pub mod refuse_delete {
    use parapet::{Date, Fault, Invocation, Object, Settings};
    use serde::Deserialize;

    const DAY: i64 = 24 * 3_600_000;

    /// What the administrator set.
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Retention {
        retention_days: u32,
    }

    #[before_delete("Record")]
    fn keep_record(inv: &Invocation, record: &Object, retention: Settings<Retention>) -> Result<(), Fault> {
        if record.get("legalHold")?.unwrap_or(false) {
            return Err(Fault::forbidden("the record is under legal hold"));
        }
        let recorded: Date = record
            .get("recordedAt")?
            .ok_or_else(|| Fault::forbidden("the record doesn't say since when it has to be kept"))?;
        let age = inv.started_at().millis().saturating_sub(recorded.millis()) / DAY;
        if age < i64::from(retention.retention_days) {
            return Err(Fault::forbidden("the record has to be kept longer"));
        }
        Ok(())
    }

    #[before_delete("Consent")]
    fn keep_consent() -> Result<(), Fault> {
        Err(Fault::forbidden("a consent is withdrawn, not deleted"))
    }
}

#[cfg(test)]
mod tests {
    use super::refuse_delete::PLUGIN;
    use parapet::testing::Case;
    use parapet::{Date, Fault};

    fn deleting(class: &str) -> Case {
        let now = Date::from_ymd(2026, 1, 1).unwrap();
        Case::before_delete(class).manifest(include_str!("../plugin.toml")).id("r1").at(now)
    }

    #[test]
    fn lets_old_records_go() {
        let old = Date::from_ymd(2010, 1, 1).unwrap();
        deleting("Record").field("recordedAt", old).run(&PLUGIN).assert_ok();
        deleting("Record").field("recordedAt", old).field("legalHold", false).run(&PLUGIN).assert_ok();
    }

    #[test]
    fn keeps_what_must_be_kept() {
        let (old, young) = (Date::from_ymd(2010, 1, 1).unwrap(), Date::from_ymd(2020, 1, 1).unwrap());
        let held = deleting("Record").field("recordedAt", old).field("legalHold", true);
        held.as_master().run(&PLUGIN).assert_fault(Fault::FORBIDDEN);
        deleting("Record").field("recordedAt", young).run(&PLUGIN).assert_fault(Fault::FORBIDDEN);
        deleting("Record").run(&PLUGIN).assert_fault(Fault::FORBIDDEN);
        deleting("Consent").run(&PLUGIN).assert_fault(Fault::FORBIDDEN);
    }

    #[test]
    fn a_hold_of_another_type_keeps_the_record_too() {
        let old = Date::from_ymd(2010, 1, 1).unwrap();
        let odd = deleting("Record").field("recordedAt", old).field("legalHold", "yes");
        odd.run(&PLUGIN).assert_fault(Fault::INVALID);
    }
}
