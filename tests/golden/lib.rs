#![doc = include_str!("README.md")]
#![cfg(target_arch = "wasm32")]

/// What `wit-bindgen` makes of the old contract, for a plugin with one hook and one function.
#[allow(unsafe_code, reason = "generated: the canonical ABI is raw memory")]
#[allow(missing_docs, unreachable_pub, dead_code, reason = "generated")]
#[allow(clippy::all, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod bindings {
    wit_bindgen::generate!({
        path: "wit-0.1.0",
        inline: "
            package parapet:golden;
            world golden {
                import parapet:cloud/log@0.1.0;
                import parapet:cloud/data-read@0.1.0;
                export parapet:cloud/before-save@0.1.0;
                export parapet:cloud/functions@0.1.0;
            }
        ",
        generate_all,
    });
    use super::Golden;
    export!(Golden with_types_in self);
}

use bindings::exports::parapet::cloud::{before_save, functions};
use bindings::parapet::cloud::invocation::Invocation;
use bindings::parapet::cloud::types::{Fault, Value};
use bindings::parapet::cloud::{data_read, log};

struct Golden;

impl before_save::Guest for Golden {
    fn before_save(inv: Invocation) -> Result<(), Fault> {
        let patient = inv.object().ok_or_else(|| fault(141, "a save without an object"))?;
        if let Some(Value::Text(name)) = patient.get("name")? {
            let initials: String = name.split_whitespace().filter_map(|word| word.chars().next()).collect();
            patient.set("initials", &Value::Text(initials))?;
        }
        patient.set("golden", &Value::Text("0.1.0".to_owned()))?;
        log::write(&inv, log::Level::Info, "signed", &[("contract".to_owned(), "0.1.0".to_owned())]);
        Ok(())
    }
}

impl functions::Guest for Golden {
    fn call(inv: Invocation) -> Result<Option<String>, Fault> {
        let count = data_read::open(&inv, "Patient", "HOPERAT")?.count("{}")?;
        Ok(Some(format!(r#"{{"contract":"0.1.0","target":"{}","patients":{count}}}"#, inv.target())))
    }
}

fn fault(code: i32, message: &str) -> Fault {
    Fault { code, message: message.to_owned(), detail: None, retryable: false }
}
