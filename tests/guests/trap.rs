//! Panics, with a patient's data in the message.

#![expect(clippy::panic, reason = "to panic is its misbehaviour")]

/// The plugin.
#[parapet::plugin]
pub mod trap {
    use parapet::{Fault, Object, Results};

    #[before_save("Patient")]
    fn trap(patient: &Object) -> Result<(), Fault> {
        let ssn: Option<String> = patient.get("ssn")?;
        panic!("the number is {ssn:?}");
    }

    #[after_find("Patient")]
    fn mask(results: &Results) -> Result<(), Fault> {
        let rows = results.page(1)?;
        panic!("a masker that breaks after {} rows", rows.len());
    }
}
