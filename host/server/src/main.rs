//! The `parapet` binary.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A request makes and drops many small things, often on another thread: the system's allocator is slow at that.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    server::cli::main()
}
