//! Files that aren't let in, each with everything that is wrong with it.

use std::time::Duration;

use expect_test::{Expect, expect};
use kit::guest::{compile, pack};
use kit::{Answer, Kit};
use serde_json::json;

use super::{manifest, packed};

const PLUGINS: &str = "/parapet/v1/plugins";

async fn install(kit: &Kit, bytes: impl AsRef<[u8]>) -> Answer {
    kit.at(http::Method::POST, PLUGINS).bytes(bytes).as_master().await
}

/// A refusal leaves nothing behind but its record.
async fn refused(kit: &Kit, bytes: impl AsRef<[u8]>, expected: Expect) {
    install(kit, bytes).await.fails(400, 142).is(expected);
    let listed = kit.at(http::Method::GET, PLUGINS).as_master().await.ok(200);
    assert_eq!(listed.body["plugins"], json!([]));
}

/// The `files` guest imports the file system, and says with which interfaces.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn interfaces_that_no_plugin_gets_are_named() {
    let kit = Kit::new().start().await;
    install(&kit, packed("files")).await.fails(400, 142).is(expect![[r#"400 {"code":142,"error":"the component imports wasi:filesystem/types@0.2.6, which no plugin gets; the component imports wasi:filesystem/preopens@0.2.6, which no plugin gets"}"#]]).trail(expect![[r#"
        PLUGIN.INSTALL intent by master files
        PLUGIN.INSTALL outcome by master files -> error 142"#]]);
    kit.finish().await;
}

/// Everything that a component imports and its manifest doesn't ask for is named, in one answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn capabilities_that_the_manifest_keeps_quiet_are_all_named() {
    let kit = Kit::new().start().await;
    let quiet: String = manifest("errand")
        .lines()
        .take_while(|line| !line.starts_with("[capabilities"))
        .fold(String::new(), |text, line| text + line + "\n");
    let bare = compile("guests", &["--example", "errand"], "examples/errand.wasm");
    refused(&kit, pack(&bare, &quiet), expect![[r#"400 {"code":142,"error":"the component imports parapet:cloud/log@0.1.0, but log isn't asked for in the manifest; the component imports parapet:cloud/data-read@0.1.0, but data-read isn't asked for in the manifest; the component imports parapet:cloud/data-write@0.1.0, but data-write isn't asked for in the manifest; the component imports parapet:cloud/data-elevated@0.1.0, but data-elevated isn't asked for in the manifest; the component imports parapet:cloud/data-bulk@0.1.0, but data-bulk isn't asked for in the manifest"}"#]]).await;
    kit.finish().await;
}

/// The manifest and the handlers that were built in say the same, or the component stays out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manifest_that_lies_is_refused() {
    let kit = Kit::new().start().await;
    let bare = compile("guests", &["--example", "first"], "examples/first.wasm");
    let other = manifest("first").replace("on = \"before-save\"", "on = \"before-delete\"");
    refused(&kit, pack(&bare, &other), expect![[r#"400 {"code":142,"error":"the manifest names before-delete on Patient, but no handler was built for it; a handler was built for before-save on Patient, but the manifest doesn't name it"}"#]]).await;
    let more = format!("{}\n[[function]]\nname = \"extra\"\n", manifest("first"));
    refused(
        &kit,
        pack(&bare, &more),
        expect![[
            r#"400 {"code":142,"error":"the manifest names function extra, but no handler was built for it"}"#
        ]],
    )
    .await;
    kit.finish().await;
}

/// An export of the right name and another type is found before anybody approves it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_of_another_type_is_found_before_approval() {
    let kit = Kit::new().start().await;
    let bare = compile("golden", &["--example", "stranger"], "examples/stranger.wasm");
    let text = "name='stranger'\nversion='0.1.0'\napi='0.1'\ndescription='Not what it says.'\n\
                [[hook]]\non='before-save'\nclass='Patient'\n";
    refused(&kit, pack(&bare, text), expect![[r#"400 {"code":142,"error":"parapet:cloud/before-save has another type than the contract: expected `own` or `borrow`, found `string`"}"#]]).await;
    kit.finish().await;
}

/// Native code, core modules, other files and components without a manifest stay out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_components_with_a_manifest_come_in() {
    let kit = Kit::new().start().await;
    refused(
        &kit,
        b"\x7fELF\x02\x01\x01\0 native",
        expect![[
            r#"400 {"code":142,"error":"this is native code; only WebAssembly components can be installed"}"#
        ]],
    )
    .await;
    refused(
        &kit,
        b"\0asm\x01\0\0\0",
        expect![[
            r#"400 {"code":142,"error":"this is a core module, not a component: build it for wasm32-wasip2"}"#
        ]],
    )
    .await;
    refused(
        &kit,
        b"#!/bin/sh\necho gotcha\n",
        expect![[r#"400 {"code":142,"error":"this is not a WebAssembly component"}"#]],
    )
    .await;
    refused(&kit, b"", expect![[r#"400 {"code":142,"error":"this is not a WebAssembly component"}"#]]).await;
    let bare = compile("guests", &["--example", "first"], "examples/first.wasm");
    refused(&kit, &bare, expect![[r#"400 {"code":142,"error":"the component carries no parapet:manifest section: build it with `parapet plugin build`"}"#]]).await;
    let mut cut = packed("first");
    cut.truncate(cut.len() / 2);
    let text = refused_text(&kit, &cut).await;
    assert!(text.contains("malformed"), "{text}");
    kit.finish().await;
}

async fn refused_text(kit: &Kit, bytes: &[u8]) -> String {
    install(kit, bytes).await.fails(400, 142).text
}

/// What this server compiled itself isn't let in by the front door either: it would be run as it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compiled_code_is_no_plugin() {
    let kit = Kit::new().component(packed("measure"), None).start().await;
    let cache = kit.data_dir().join("plugins/cache");
    let file = std::fs::read_dir(&cache).unwrap().next().expect("a plugin at work left its code").unwrap();
    let signed = std::fs::read(file.path()).unwrap();
    // Behind the signature lies what wasmtime wrote.
    for code in [&signed[..], &signed[32..]] {
        let text = refused_text(&kit, code).await;
        assert!(text.contains("native code") || text.contains("not a WebAssembly component"), "{text}");
    }
    kit.finish().await;
}

/// A flipped byte makes another component, which is refused or installed under its own digest; it never breaks the host.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_byte_is_another_component() {
    let kit = Kit::new().start().await;
    let good = packed("measure");
    let digest = plugin::Digest::of(&good).to_string();
    for part in 0..12 {
        let mut bad = good.clone();
        let place = part * (bad.len() - 1) / 11;
        bad[place] ^= 0x01;
        let answer = install(&kit, &bad).await;
        match answer.status {
            201 => {
                assert_ne!(answer.body["digest"].as_str(), Some(&*digest), "byte {place}");
                let name = answer.body["name"].as_str().unwrap().to_owned();
                kit.at(http::Method::DELETE, &format!("{PLUGINS}/{name}")).as_master().await.ok(200);
            }
            status => assert!((400..500).contains(&status), "byte {place}: {}", answer.text),
        }
    }
    install(&kit, &good).await.ok(201);
    kit.finish().await;
}

/// A version never changes its bytes, and the same bytes may come twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_never_changes() {
    let kit = Kit::new().start().await;
    let first = install(&kit, packed("first")).await.ok(201);
    let again = install(&kit, packed("first")).await.ok(201);
    assert_eq!(first.body["digest"], again.body["digest"]);
    let other = manifest("first").replace("what it saves", "what is saved");
    let bare = compile("guests", &["--example", "first"], "examples/first.wasm");
    install(&kit, pack(&bare, &other)).await.fails(409, 137).is(expect![[r#"409 {"code":137,"error":"first 0.1.0 is installed with other bytes; a version never changes, so raise it"}"#]]).trail(expect![[r#"
        PLUGIN.INSTALL intent by master first
        PLUGIN.INSTALL outcome by master first [first@0.1.0] -> error 137"#]]);
    kit.finish().await;
}

/// The largest component is what the settings say.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_component_over_the_limit_is_not_read() {
    let kit = Kit::new().configure(|config| config.plugin.component_mib = 1).start().await;
    let answer = install(&kit, vec![0_u8; 3 << 20]).await;
    assert!([400, 413].contains(&answer.status), "{}", answer.text);
    kit.finish().await;
}

/// The life cycle is for the holder of the master key, and a try is recorded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_installs() {
    let kit = Kit::new().start().await;
    let at = || kit.at(http::Method::POST, PLUGINS).bytes(packed("first"));
    at().anonymous().await.is(expect![[r#"403 {"error":"unauthorized"}"#]]).trail(expect![[r#"
        PLUGIN.INSTALL intent by anonymous ?
        PLUGIN.INSTALL outcome by anonymous ? -> denied by rule master-key"#]]);
    at().as_user("ann").await.is(expect![[r#"403 {"error":"unauthorized"}"#]]).trail(expect![[r#"
        PLUGIN.INSTALL intent by anonymous ?
        PLUGIN.INSTALL outcome by anonymous ? -> denied by rule master-key"#]]);
    at().as_master()
        .from("203.0.113.9")
        .await
        .is(expect![[r#"403 {"error":"unauthorized"}"#]])
        .trail(expect!["AUTH.DENIED by anonymous -> denied 119 by rule keys"]);
    at().as_stranger()
        .await
        .is(expect![[r#"403 {"error":"unauthorized"}"#]])
        .trail(expect!["AUTH.DENIED by anonymous -> denied 119 by rule keys"]);
    kit.finish().await;
}

/// A component that was longer on its way than a request may take was refused with 124 when it was there whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_upload_has_its_time_when_it_is_there() {
    let kit = Kit::new().configure(|config| config.data.request_timeout = 1).start().await;
    let slow =
        kit.at(http::Method::POST, PLUGINS).bytes(packed("first")).slowly(Duration::from_millis(1_200));
    let installed = slow.as_master().await.ok(201);
    assert_eq!(installed.body["name"], "first");
    kit.finish().await;
}
