//! Tells what it was shown: to the log, and to whoever saves.

/// The plugin.
#[parapet::plugin]
pub mod blab {
    use parapet::{Fault, Invocation, Object, log};

    #[before_save("Patient")]
    fn blab(inv: &Invocation, patient: &Object) -> Result<(), Fault> {
        let ssn: String = patient.require("ssn")?;
        log::info(inv, "who is it", &[("number", &ssn), ("sentence", &format!("it is {ssn}!"))]);
        log::info(inv, "how many", &[("length", &ssn.len())]);
        Err(Fault::invalid(format!("{ssn} was here before")).with_detail(ssn))
    }

    #[function("blab")]
    fn answer(inv: &Invocation) -> Result<(), Fault> {
        inv.set_context("blab", &"nothing to tell")?;
        Err(Fault::new(4_711, "x".repeat(10_000)))
    }
}
