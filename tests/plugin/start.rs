//! Components that misbehave before their export is called: while an instance is made.

use expect_test::{Expect, expect};
use kit::Kit;
use kit::guest::{compile, pack};
use serde_json::json;
use wasm_encoder::{
    CodeSection, ComponentSection as _, Function, FunctionSection, HeapType, InstanceSection,
    InstructionSink, MemorySection, MemoryType, Module, ModuleArg, RawSection, RefType, StartSection,
    TableSection, TableType, TypeSection,
};
use wasmparser::{Parser, Payload};

use super::manifest;

/// A core module with a memory and a table of a size, whose start function does `turn` for ever.
fn module(pages: u64, elements: u64, turn: impl Fn(&mut InstructionSink<'_>)) -> Vec<u8> {
    let (mut types, mut functions) = (TypeSection::new(), FunctionSection::new());
    types.ty().function([], []);
    functions.function(0);
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        minimum: elements,
        maximum: None,
        table64: false,
        shared: false,
    });
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: pages,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut body = Function::new([]);
    let mut code = body.instructions();
    code.loop_(wasm_encoder::BlockType::Empty);
    turn(&mut code);
    code.br(0).end().end();
    let mut bodies = CodeSection::new();
    bodies.function(&body);
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&tables).section(&memories);
    module.section(&StartSection { function_index: 0 }).section(&bodies);
    module.finish()
}

/// The `first` guest, with a module more that starts with each of its instances.
fn starting(module: &[u8]) -> Vec<u8> {
    let mut component = compile("guests", &["--example", "first"], "examples/first.wasm");
    let (mut depth, mut index) = (0, 0);
    for payload in Parser::new(0).parse_all(&component) {
        match payload.expect("a guest is well formed") {
            Payload::ModuleSection { .. } => {
                index += u32::from(depth == 0);
                depth += 1;
            }
            Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            _ => {}
        }
    }
    RawSection { id: 1, data: module }.append_to_component(&mut component);
    let mut instances = InstanceSection::new();
    instances.instantiate(index, Vec::<(&str, ModuleArg)>::new());
    instances.append_to_component(&mut component);
    pack(&component, &manifest("first"))
}

async fn breaks(module: Vec<u8>, answer: Expect, trail: Expect) {
    let kit = Kit::new()
        .configure(|config| config.plugin.deadline_ms = 700)
        .class("Patient", json!({"name": {"type": "String"}, "chain": {"type": "String"}}))
        .component(starting(&module), None)
        .start()
        .await;
    kit.post("/classes/Patient")
        .json(json!({"name": kit.canary()}))
        .as_user("ann")
        .await
        .is(answer)
        .trail(trail);
    let stored = kit.get("/classes/Patient").query("count", 1).query("limit", 0).as_master().await.ok(200);
    assert_eq!(stored.body["count"], 0, "a refused save stores nothing");
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loop_is_ended_at_the_deadline() {
    breaks(
        module(1, 1, |_| {}),
        expect![[r#"400 {"code":124,"error":"Cloud code timed out (ref <request>)."}"#]],
        expect![[r#"
        PHI.CREATE intent by <ann> Patient*1 wrote(name)
          PLUGIN.CALL by <ann> first@0.1.0 before-save Patient*1/0 -> error 124 by rule deadline
        PHI.CREATE outcome by <ann> Patient*1 wrote(name) -> error 124"#]],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_ends_at_its_limit() {
    let grow = |code: &mut InstructionSink<'_>| {
        code.ref_null(HeapType::FUNC).i32_const(1_000).table_grow(0).drop();
    };
    breaks(
        module(1, 1, grow),
        expect![[r#"400 {"code":141,"error":"Cloud code failed (ref <request>)."}"#]],
        expect![[r#"
        PHI.CREATE intent by <ann> Patient*1 wrote(name)
          PLUGIN.CALL by <ann> first@0.1.0 before-save Patient*1/0 -> error 141 by rule table
        PHI.CREATE outcome by <ann> Patient*1 wrote(name) -> error 141"#]],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_ends_at_its_limit() {
    let grow = |code: &mut InstructionSink<'_>| {
        code.i32_const(16).memory_grow(0).drop();
    };
    breaks(
        module(1, 1, grow),
        expect![[r#"400 {"code":141,"error":"Cloud code failed (ref <request>)."}"#]],
        expect![[r#"
        PHI.CREATE intent by <ann> Patient*1 wrote(name)
          PLUGIN.CALL by <ann> first@0.1.0 before-save Patient*1/0 -> error 141 by rule memory
        PHI.CREATE outcome by <ann> Patient*1 wrote(name) -> error 141"#]],
    )
    .await;
}

/// What could never start isn't installed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_slot_has_room_for_stays_out() {
    let kit = Kit::new().start().await;
    let install = async |module: Vec<u8>| {
        let at = kit.at(http::Method::POST, "/parapet/v1/plugins").bytes(starting(&module));
        at.as_master().await.fails(400, 142)
    };
    install(module(65_536, 1, |_| {})).await.is(expect![[r#"400 {"code":142,"error":"the component can't be compiled: module memory does not fit in pooling allocator requirements: memory index 0 is unsupported in this pooling allocator configuration: memory has a minimum byte size of 4294967296 which exceeds the limit of 0x8000000 bytes"}"#]]);
    install(module(1, 10_000_000, |_| {})).await.is(expect![[r#"400 {"code":142,"error":"the component can't be compiled: module table does not fit in pooling allocator requirements: table index 0 has a minimum element size of 10000000 which exceeds the limit of 50000"}"#]]);
    kit.finish().await;
}
