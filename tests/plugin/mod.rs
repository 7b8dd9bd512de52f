//! What plugins can do to a server, and what they can't: each guest of `tests/guests` has its scenario here.

mod bench;
mod capability;
mod contract;
mod crowd;
mod golden;
mod grant;
mod guest;
mod install;
mod lifecycle;
mod newcomer;
mod residue;
mod restart;
mod start;
mod swap;
mod telling;

use kit::guest::{misbehaving, root};

/// The manifest of a test guest.
fn manifest(guest: &str) -> String {
    let path = root().join("tests/guests").join(format!("{guest}.toml"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A test guest as its manifest describes it.
pub(crate) fn packed(guest: &str) -> Vec<u8> {
    misbehaving(guest, &manifest(guest))
}

/// The component of a package of the tests that isn't one of the guests.
fn golden(manifest: &str) -> Vec<u8> {
    kit::guest::pack(&kit::guest::compile("golden", &["--lib"], "golden.wasm"), manifest)
}
