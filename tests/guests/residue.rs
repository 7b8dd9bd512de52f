//! Fills its memory, looks for what others left in it, and draws random numbers.

/// The plugin.
#[parapet::plugin]
pub mod residue {
    use parapet::Fault;
    use std::hash::{BuildHasher as _, RandomState};

    const SIZE: usize = 8 << 20;

    #[function]
    fn fill() -> Result<usize, Fault> {
        Ok(std::hint::black_box(vec![0xA5_u8; SIZE]).len())
    }

    /// Fresh memory is zero by the rules, so the allocator doesn't clear it: whatever isn't zero was somebody else's.
    #[function]
    fn look() -> Result<usize, Fault> {
        Ok(std::hint::black_box(vec![0_u8; SIZE]).iter().filter(|byte| **byte != 0).count())
    }

    /// Draws a number as the standard library draws its seeds.
    #[function]
    fn draw() -> Result<String, Fault> {
        Ok(format!("{:016x}", RandomState::new().hash_one(SIZE)))
    }
}
