//! Tries every door that it was not given a key for, and tells which opened.

/// The plugin.
#[parapet::plugin]
pub mod snoop {
    use parapet::{Fault, Invocation, Object, Results, Value, json, purpose};
    use serde_json::Value as Json;

    fn outcome<T>(door: &str, tried: Result<T, Fault>) -> String {
        match tried {
            Ok(_) => format!("{door}: open"),
            Err(fault) => format!("{door}: {}", fault.code()),
        }
    }

    /// Answers with what was refused and what wasn't, as a refusal of the save.
    #[before_save("Patient")]
    fn save(patient: &Object) -> Result<(), Fault> {
        let told = [
            outcome("name", patient.get::<Value>("name")),
            outcome("ssn", patient.get::<Value>("ssn")),
            outcome("ssn.part", patient.get::<Value>("ssn.part")),
            outcome("password", patient.get::<Value>("_hashed_password")),
            outcome("set name", patient.set("name", "x")),
            outcome("set ssn", patient.set("ssn", "x")),
            outcome("unset ssn", patient.unset("ssn")),
            outcome("redact ssn", patient.redact("ssn")),
            format!("keys: {}", patient.keys().join(",")),
            format!("dirty: {}", patient.dirty_keys().join(",")),
        ];
        Err(Fault::invalid(told.join("; ")))
    }

    #[after_find("Patient")]
    fn find(results: &Results) -> Result<(), Fault> {
        for row in results.rows() {
            let row = row?;
            let told = [outcome("ssn", row.get::<Value>("ssn")), outcome("redact", row.redact("ssn"))];
            if told.iter().any(|line| line.ends_with("open")) {
                return Err(Fault::script(told.join("; ")));
            }
        }
        match outcome("redact all", results.redact("ssn")) {
            told if told.ends_with("open") => Err(Fault::script(told)),
            _ => Ok(()),
        }
    }

    #[function]
    fn snoop(inv: &Invocation) -> Result<Json, Fault> {
        let reader = inv.reader("Patient", purpose::TREAT)?;
        let all = parapet::Find::all;
        Ok(json!([
            outcome("other class", inv.reader("Salary", purpose::TREAT)),
            outcome("other purpose", inv.reader("Patient", purpose::HRESCH)),
            outcome("names", reader.find(all(), &["name"])),
            outcome("numbers", reader.find(all(), &["ssn"])),
            outcome(
                "by number",
                reader.find(parapet::Find::matching(json!({"ssn": {"$regex": "^7"}})), &["name"])
            ),
            outcome("sorted by number", reader.find(all().order("ssn"), &["name"])),
            outcome("count by number", reader.count(parapet::Find::matching(json!({"ssn": "756"})))),
            outcome("users", inv.reader("_User", purpose::TREAT)),
        ]))
    }
}
