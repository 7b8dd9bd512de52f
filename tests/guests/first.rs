//! Signs what it saves, to be seen before or after another.

/// The plugin.
#[parapet::plugin]
pub mod first {
    use parapet::{Fault, Object};

    #[before_save("Patient")]
    fn sign(patient: &Object) -> Result<(), Fault> {
        let chain = patient.get::<String>("chain")?.unwrap_or_default();
        patient.set("chain", format!("{chain}first "))
    }
}
