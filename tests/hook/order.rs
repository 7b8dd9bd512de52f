//! Several plugins on one hook run in a stated order, each on what the one before it left.

use expect_test::expect;
use kit::Kit;
use kit::guest::{compile, pack};
use serde_json::json;

use crate::plugin::packed;

fn kit() -> kit::Setup {
    Kit::new().class("Patient", json!({"name": {"type": "String"}, "chain": {"type": "String"}}))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hooks_run_in_the_order_of_their_manifests() {
    // Installed the other way round: it is the manifest that counts.
    let kit = kit().component(packed("second"), None).component(packed("first"), None).start().await;
    let saved = kit.post("/classes/Patient").json(json!({"name": "Ada"})).as_user("ann").await;
    let id = saved.id();
    saved.is(expect![[r#"201 {"chain":"first second ","createdAt":"<now>","objectId":"<2>"}"#]]).trail(
        expect![[r#"
            PHI.CREATE intent by <ann> Patient*1 wrote(name)
              PLUGIN.CALL by <ann> first@0.1.0 before-save Patient*1 read(chain) wrote(chain) -> ok rows 1
              PLUGIN.CALL by <ann> second@0.1.0 before-save Patient*1 read(chain) wrote(chain) -> ok rows 1
            PHI.CREATE outcome by <ann> Patient*1 read(chain) wrote(chain name) -> ok"#]],
    );
    let stored = kit.get(&format!("/classes/Patient/{id}")).as_master().await.ok(200);
    assert_eq!(stored.body["chain"], "first second ");

    // What a client sends comes before what plugins make of it.
    let path = format!("/classes/Patient/{id}");
    let updated = kit.put(&path).json(json!({"chain": "client "})).as_user("ann").await.ok(200);
    assert_eq!(updated.body["chain"], "client first second ");
    kit.finish().await;
}

/// With the same number, the name decides; with another one, the number.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_order_can_be_turned_round() {
    let text = std::fs::read_to_string(kit::guest::root().join("tests/guests/second.toml")).unwrap();
    let earlier = pack(
        &compile("guests", &["--example", "second"], "examples/second.wasm"),
        &text.replace("order = 20", "order = 5"),
    );
    let kit = kit().component(packed("first"), None).component(earlier, None).start().await;
    let saved = kit.post("/classes/Patient").json(json!({"name": "Ada"})).as_user("ann").await.ok(201);
    assert_eq!(saved.body["chain"], "second first ");
    kit.finish().await;
}
