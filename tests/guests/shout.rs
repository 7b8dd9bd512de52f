//! Hands the host a string of 64 MiB.

/// The plugin.
#[parapet::plugin]
pub mod shout {
    use parapet::{Fault, Object};

    #[before_save("Patient")]
    fn shout(patient: &Object) -> Result<(), Fault> {
        patient.set("note", "x".repeat(64 << 20))
    }
}
