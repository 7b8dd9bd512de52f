//! Never comes back.

/// The plugin.
#[parapet::plugin]
pub mod spin {
    use parapet::{Fault, Object};

    #[before_save("Patient")]
    fn spin(patient: &Object) -> Result<(), Fault> {
        let mut turns: u64 = 0;
        while patient.class_name() != "Nobody" {
            turns = turns.wrapping_mul(31).wrapping_add(1);
        }
        Err(Fault::script(format!("{turns}")))
    }
}
