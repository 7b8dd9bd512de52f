//! Plugins are swapped under load: no request fails, and each sees one generation from start to end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use kit::Kit;
use serde_json::json;

use super::packed;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_swap_under_load_fails_nobody() {
    let fields = json!({"name": {"type": "String"}, "chain": {"type": "String"}});
    let kit = Kit::new()
        .configure(|config| config.plugin.slots = 16)
        .class("Patient", fields)
        .component(packed("first"), None)
        .component(packed("second"), None)
        .start()
        .await;
    kit.id_of("ann").await;
    let over = AtomicBool::new(false);
    let saver = || async {
        let mut chains = Vec::new();
        while !over.load(Ordering::Relaxed) {
            let saved =
                kit.post("/classes/Patient").json(json!({"name": "Ada"})).as_user("ann").await.ok(201);
            chains.push((saved.request.clone(), saved.body["chain"].as_str().unwrap_or_default().to_owned()));
        }
        chains
    };
    let swapper = async {
        let act = |act: &'static str| {
            let path = format!("/parapet/v1/plugins/second/{act}");
            kit.at(http::Method::POST, &path).json(json!({})).as_master()
        };
        let mut generations = BTreeSet::new();
        for _ in 0..8 {
            for step in ["disable", "activate"] {
                let changed = act(step).await.ok(200);
                generations.insert(changed.body["generation"].as_u64().unwrap());
            }
        }
        over.store(true, Ordering::Relaxed);
        generations
    };
    let (generations, a, b, c) = tokio::join!(swapper, saver(), saver(), saver());
    assert_eq!(generations.len(), 16, "each swap is a generation of its own");

    let chains: BTreeMap<String, String> = [a, b, c].into_iter().flatten().collect();
    let mut seen: BTreeMap<String, (BTreeSet<u64>, String)> = BTreeMap::new();
    for record in kit.records() {
        let (Some(call), true) = (&record.plugin, chains.contains_key(record.request.as_str())) else {
            continue;
        };
        let (generations, signed) = seen.entry(record.request.as_str().to_owned()).or_default();
        generations.insert(call.generation);
        signed.push_str(&format!("{} ", call.name.as_str()));
    }
    let mut with_both = 0;
    for (request, chain) in &chains {
        let (generations, signed) =
            seen.get(request).unwrap_or_else(|| panic!("no record of a call in {request}"));
        assert_eq!(generations.len(), 1, "one request saw {generations:?}");
        assert_eq!(signed, chain, "the trail says who signed");
        assert!(["first ", "first second "].contains(&chain.as_str()), "{chain}");
        with_both += usize::from(chain == "first second ");
    }
    assert!(chains.len() > 16, "only {} saves met {} swaps", chains.len(), generations.len());
    assert!(
        with_both > 0 && with_both < chains.len(),
        "{with_both} of {} saves saw both plugins",
        chains.len()
    );
    kit.finish().await;
}
