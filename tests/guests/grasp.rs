//! Collects handles without letting one go.

/// The plugin.
#[parapet::plugin]
pub mod grasp {
    use parapet::{Fault, Invocation, purpose};

    #[function]
    fn grasp(inv: &Invocation) -> Result<u32, Fault> {
        let mut held = Vec::new();
        for _ in 0..20_000 {
            held.push(inv.reader("Patient", purpose::TREAT)?);
        }
        u32::try_from(held.len()).map_err(|_| Fault::script("too many"))
    }
}
