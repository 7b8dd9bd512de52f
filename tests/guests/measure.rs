//! Does the least that a guard does: reads a field, writes one.

/// The plugin.
#[parapet::plugin]
pub mod measure {
    use parapet::{Fault, Object, Results};

    #[before_save("Patient")]
    fn save(patient: &Object) -> Result<(), Fault> {
        let name: Option<String> = patient.get("name")?;
        patient.set("nameKey", name.unwrap_or_default().to_lowercase())
    }

    #[after_find("Patient")]
    fn find(results: &Results) -> Result<(), Fault> {
        results.redact("ssn")
    }

    #[function]
    fn measure() -> Result<u32, Fault> {
        Ok(1)
    }
}
