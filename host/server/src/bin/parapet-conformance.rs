//! The `parapet-conformance` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::conformance::main()
}
