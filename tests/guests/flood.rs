//! Writes a million log lines.

/// The plugin.
#[parapet::plugin]
pub mod flood {
    use parapet::{Fault, Invocation, log};

    #[before_save("Patient")]
    fn flood(inv: &Invocation) -> Result<(), Fault> {
        for _ in 0..1_000_000 {
            log::info(inv, "once more", &[("field", &"name")]);
        }
        Ok(())
    }
}
