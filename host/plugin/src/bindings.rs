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
    // Only what waits for data is asynchronous: the rest is answered on the spot, several times in a call.
    imports: {
        "parapet:cloud/data.[method]cursor.next": async | trappable,
        "parapet:cloud/data.[method]reader.get": async | trappable,
        "parapet:cloud/data.[method]reader.count": async | trappable,
        "parapet:cloud/data.[method]writer.save": async | trappable,
        "parapet:cloud/data.[method]writer.delete": async | trappable,
        "parapet:cloud/data-bulk.next-json": async | trappable,
        default: trappable,
    },
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
