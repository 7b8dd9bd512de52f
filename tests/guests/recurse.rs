//! Saves a patient whenever a patient is saved.

/// The plugin.
#[parapet::plugin]
pub mod recurse {
    use parapet::{Fault, Invocation, purpose};

    #[before_save("Patient")]
    fn again(inv: &Invocation) -> Result<(), Fault> {
        let writer = inv.writer("Patient", purpose::TREAT)?;
        let draft = writer.create()?;
        draft.set("name", "again")?;
        writer.save(&draft).map(drop)
    }
}
