//! Nothing of one guest is left in the memory that the next one gets.

use futures_util::future::join_all;
use kit::guest::{compile, pack};
use kit::{Answer, Kit};
use serde_json::json;

use super::manifest;

/// The `residue` guest under another name: for the pool another component, that shares no image with the first.
fn stranger(number: usize) -> Vec<u8> {
    let name = format!("name = \"residue-{number}\"");
    let text = manifest("residue").replace("name = \"residue\"", &name);
    pack(&compile("guests", &["--example", "residue"], "examples/residue.wasm"), &text)
}

/// The smallest pool has memory for eight guests, three of which run at once; six components that fill three each leave
/// none of it unused, so that the later ones get what the earlier ones filled. Each looks twice: at what others left, and
/// then at what it left itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_is_clean_whoever_had_it() {
    let kit = Kit::new().configure(|config| config.plugin.slots = 4).start().await;
    let all = |function: &'static str| {
        let kit = &kit;
        join_all((0..3).map(move |_| async move {
            let call = kit.post(&format!("/functions/{function}")).json(json!({})).as_master();
            let answer: Answer = call.await.ok(200);
            answer.body["result"].as_u64().expect("a count of bytes")
        }))
    };
    for number in 0..6 {
        let name = kit.activate(&stranger(number), None).await;
        assert_eq!(all("look").await, [0; 3], "what others left");
        assert_eq!(all("fill").await, [8 << 20; 3]);
        assert_eq!(all("look").await, [0; 3], "what it left itself");
        let path = format!("/parapet/v1/plugins/{name}/disable");
        kit.at(http::Method::POST, &path).json(json!({})).as_master().await.ok(200);
    }
    kit.finish().await;
}
