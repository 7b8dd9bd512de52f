//! The contract in `wit/`, as Rust.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    reason = "generated from wit/, where every item is documented"
)]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "everything",
    imports: { default: async | trappable },
    exports: { default: async },
    with: {
        "parapet:cloud/invocation.object": crate::resource::object::Lent,
        "parapet:cloud/invocation.principal": crate::resource::principal::Caller,
        "parapet:cloud/invocation.query": crate::resource::query::Search,
        "parapet:cloud/invocation.results": crate::resource::results::Answer,
        "parapet:cloud/invocation.invocation": crate::resource::invocation::Call,
        "parapet:cloud/data.cursor": crate::resource::cursor::Rows,
        "parapet:cloud/data.reader": crate::resource::reader::Opened,
        "parapet:cloud/data.writer": crate::resource::writer::Opened,
    },
});
