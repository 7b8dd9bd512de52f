//! Exports an interface of the contract by its name, with another signature: a host that looked at names alone would find
//! out when it is called.
#![cfg(target_arch = "wasm32")]

/// What `wit-bindgen` makes of a contract that looks like ours.
#[allow(unsafe_code, reason = "generated: the canonical ABI is raw memory")]
#[allow(missing_docs, unreachable_pub, dead_code, reason = "generated")]
#[allow(clippy::all, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod bindings {
    wit_bindgen::generate!({
        inline: "
            package parapet:cloud@0.1.0;
            interface before-save {
                before-save: func(reason: string) -> string;
            }
            world stranger {
                export before-save;
            }
        ",
    });

    use super::Stranger;
    export!(Stranger with_types_in self);
}

struct Stranger;

impl bindings::exports::parapet::cloud::before_save::Guest for Stranger {
    fn before_save(reason: String) -> String {
        reason
    }
}
