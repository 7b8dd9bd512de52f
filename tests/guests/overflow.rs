//! Calls itself until its stack is full.

/// The plugin.
#[parapet::plugin]
pub mod overflow {
    use parapet::Fault;

    fn deeper(level: u64) -> u64 {
        let ballast = std::hint::black_box([level; 64]);
        if level == u64::MAX { 0 } else { deeper(level + 1) + ballast.iter().sum::<u64>() }
    }

    #[before_save("Patient")]
    fn overflow() -> Result<(), Fault> {
        Err(Fault::script(format!("{}", deeper(0))))
    }
}
