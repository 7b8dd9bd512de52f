//! The border of a component: what the code that `#[parapet::plugin]` writes calls.

use crate::bindings::{invocation, types};
use crate::{Fault, Hook, Invocation, Plugin};

pub use crate::bindings::invocation::Invocation as Handle;
pub use crate::bindings::types::Fault as WireFault;
pub use crate::bindings::{
    after_delete, after_find, after_save, before_delete, before_find, before_save, functions,
};

/// Runs a hook.
pub fn hook(plugin: &Plugin, hook: Hook, inv: invocation::Invocation) -> Result<(), types::Fault> {
    quiet();
    plugin.hook(hook, &Invocation(inv)).map_err(Fault::into)
}

/// Runs a function.
pub fn function(plugin: &Plugin, inv: invocation::Invocation) -> Result<Option<String>, types::Fault> {
    quiet();
    plugin.function(&Invocation(inv)).map_err(Fault::into)
}

/// Makes a panic tell where it happened and nothing else: its message could quote a field value.
#[allow(clippy::print_stderr, reason = "the only way out of a panicking guest")]
fn quiet() {
    std::panic::set_hook(Box::new(|panic| {
        if let Some(at) = panic.location() {
            eprintln!("panicked at {}:{}", at.file(), at.line());
        }
    }));
}
