//! Signs what it saves, to be seen after another.

/// The plugin.
#[parapet::plugin]
pub mod second {
    use parapet::{Fault, Object};

    #[before_save("Patient")]
    fn sign(patient: &Object) -> Result<(), Fault> {
        let chain = patient.get::<String>("chain")?.unwrap_or_default();
        patient.set("chain", format!("{chain}second "))
    }
}
