//! Takes memory until there is none.

/// The plugin.
#[parapet::plugin]
pub mod hoard {
    use parapet::Fault;

    #[before_save("Patient")]
    fn hoard() -> Result<(), Fault> {
        let mut heap: Vec<Vec<u8>> = Vec::new();
        loop {
            heap.push(std::hint::black_box(vec![1; 1 << 20]));
        }
    }
}
