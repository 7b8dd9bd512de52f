//! Wants to read a file, which no plugin can.

/// The plugin.
#[parapet::plugin]
pub mod files {
    use parapet::Fault;

    #[function]
    fn files() -> Result<usize, Fault> {
        std::fs::read("/etc/passwd").map(|bytes| bytes.len()).map_err(|_| Fault::forbidden("no files here"))
    }
}
