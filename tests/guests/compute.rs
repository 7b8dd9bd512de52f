//! Never comes back, and asks the host for nothing meanwhile.

/// The plugin.
#[parapet::plugin]
pub mod compute {
    use parapet::Fault;

    #[before_save("Patient")]
    fn compute() -> Result<(), Fault> {
        let mut state: u64 = 1;
        while std::hint::black_box(state) != 0 {
            state = state.wrapping_mul(6_364_136_223_846_793_005) | 1;
        }
        Ok(())
    }
}
