//! Asks the host a hundred thousand times.

/// The plugin.
#[parapet::plugin]
pub mod chatter {
    use parapet::{Fault, Object};

    #[before_save("Patient")]
    fn chatter(patient: &Object) -> Result<(), Fault> {
        for _ in 0..100_000 {
            let _: Option<String> = patient.get("name")?;
        }
        Ok(())
    }
}
