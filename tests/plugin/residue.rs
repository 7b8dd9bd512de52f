//! Nothing of one guest is left in the memory that the next one gets.

use std::collections::BTreeSet;

use kit::Kit;
use kit::guest::{compile, pack};
use serde_json::json;

use super::{manifest, packed};

/// The `residue` guest under another name: for the pool another component, that shares no image with the first.
fn stranger(number: usize) -> Vec<u8> {
    let name = format!("name = \"residue-{number}\"");
    let text = manifest("residue").replace("name = \"residue\"", &name);
    pack(&compile("guests", &["--example", "residue"], "examples/residue.wasm"), &text)
}

/// The smallest pool has memory for eight guests, so ten components can't each have a piece that nobody had before. Each
/// looks at what others left, fills what it has, and looks at what it left itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_is_clean_whoever_had_it() {
    let kit = Kit::new().configure(|config| config.plugin.slots = 4).start().await;
    let call = async |function: &str| {
        let answer = kit.post(&format!("/functions/{function}")).json(json!({})).as_master().await.ok(200);
        answer.body["result"].as_u64().expect("a count of bytes")
    };
    for number in 0..10 {
        let name = kit.activate(&stranger(number), None).await;
        assert_eq!(call("look").await, 0, "what others left");
        assert_eq!(call("fill").await, 8 << 20);
        assert_eq!(call("look").await, 0, "what it left itself");
        let path = format!("/parapet/v1/plugins/{name}/disable");
        kit.at(http::Method::POST, &path).json(json!({})).as_master().await.ok(200);
    }
    kit.finish().await;
}

/// Each instance draws numbers of its own; a seed that was baked into the component would be the same for all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_instance_draws_its_own_numbers() {
    let kit = Kit::new().component(packed("residue"), None).start().await;
    let mut drawn = BTreeSet::new();
    for _ in 0..8 {
        let answer = kit.post("/functions/draw").json(json!({})).as_user("ann").await.ok(200);
        drawn.insert(answer.body["result"].as_str().expect("a number in hexadecimal").to_owned());
    }
    assert_eq!(drawn.len(), 8, "{drawn:?}");
    kit.finish().await;
}
