//! What `wit-bindgen` makes of the contract: the imports once, and one module per hook.
#![allow(unsafe_code, reason = "generated: the canonical ABI is raw memory")]
#![allow(missing_docs, unreachable_pub, dead_code, reason = "generated")]
#![allow(clippy::all, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

/// The imports: every interface that the host may link. What a plugin doesn't use doesn't reach its component.
mod imports {
    wit_bindgen::generate!({
        path: "wit",
        inline: "
            package parapet:sdk;
            world imports {
                import parapet:cloud/types@0.1.0;
                import parapet:cloud/invocation@0.1.0;
                import parapet:cloud/data@0.1.0;
                import parapet:cloud/log@0.1.0;
                import parapet:cloud/data-read@0.1.0;
                import parapet:cloud/data-write@0.1.0;
                import parapet:cloud/data-elevated@0.1.0;
                import parapet:cloud/data-bulk@0.1.0;
            }
        ",
        generate_all,
    });
}

pub use imports::parapet::cloud::*;

/// Makes the module of one hook: its trait `Guest`, and the macro that exports a type as it.
///
/// Each has a world of its own, whose custom section comes out inside that macro: so only the hooks that a plugin exports
/// exist in its component.
macro_rules! hook {
    ($module:ident, $inline:literal, $macro_name:literal) => {
        pub mod $module {
            wit_bindgen::generate!({
                path: "wit",
                inline: $inline,
                with: {
                    "parapet:cloud/types@0.1.0": crate::bindings::types,
                    "parapet:cloud/invocation@0.1.0": crate::bindings::invocation,
                },
                pub_export_macro: true,
                export_macro_name: $macro_name,
            });
            pub use self::exports::parapet::cloud::$module::Guest;
        }
    };
}

hook!(
    before_save,
    "package parapet:sdk; world before-save-hook { export parapet:cloud/before-save@0.1.0; }",
    "export_before_save"
);
hook!(
    after_save,
    "package parapet:sdk; world after-save-hook { export parapet:cloud/after-save@0.1.0; }",
    "export_after_save"
);
hook!(
    before_delete,
    "package parapet:sdk; world before-delete-hook { export parapet:cloud/before-delete@0.1.0; }",
    "export_before_delete"
);
hook!(
    after_delete,
    "package parapet:sdk; world after-delete-hook { export parapet:cloud/after-delete@0.1.0; }",
    "export_after_delete"
);
hook!(
    before_find,
    "package parapet:sdk; world before-find-hook { export parapet:cloud/before-find@0.1.0; }",
    "export_before_find"
);
hook!(
    after_find,
    "package parapet:sdk; world after-find-hook { export parapet:cloud/after-find@0.1.0; }",
    "export_after_find"
);
hook!(
    functions,
    "package parapet:sdk; world functions-hook { export parapet:cloud/functions@0.1.0; }",
    "export_functions"
);
