//! A plugin's life on a running server, step by step, with its trail.

use expect_test::expect;
use kit::guest::{compile, pack};
use kit::{Answer, Kit};
use serde_json::{Value as Json, json};

use super::{manifest, packed};

const PLUGINS: &str = "/parapet/v1/plugins";

/// A version 0.2.0 of `first` that does what `second` does, and asks for one right more.
fn successor() -> Vec<u8> {
    let text = manifest("second")
        .replace("name = \"second\"", "name = \"first\"")
        .replace("version = \"0.1.0\"", "version = \"0.2.0\"")
        .replace("write = [\"chain\"]", "write = [\"chain\", \"note\"]");
    pack(&compile("guests", &["--example", "second"], "examples/second.wasm"), &text)
}

struct Admin<'a>(&'a Kit);

impl Admin<'_> {
    async fn install(&self, bytes: Vec<u8>) -> Answer {
        self.0.at(http::Method::POST, PLUGINS).bytes(bytes).as_master().await
    }

    async fn act(&self, act: &str, body: Json) -> Answer {
        self.0.at(http::Method::POST, &format!("{PLUGINS}/first/{act}")).json(body).as_master().await
    }

    async fn look(&self, version: &str) -> Answer {
        self.0.at(http::Method::GET, &format!("{PLUGINS}/first/versions/{version}")).as_master().await
    }

    async fn remove(&self) -> Answer {
        self.0.at(http::Method::DELETE, &format!("{PLUGINS}/first")).as_master().await
    }
}

/// What the plugins signed a save with.
async fn chain(kit: &Kit) -> Json {
    kit.post("/classes/Patient").json(json!({"name": "Ada"})).as_user("ann").await.ok(201).body["chain"]
        .clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_install_to_remove() {
    let fields = json!({"name": {"type": "String"}, "chain": {"type": "String"}, "note": {"type": "String"}});
    let kit = Kit::new().class("Patient", fields).start().await;
    let admin = Admin(&kit);

    // Installed: nothing of it runs, everything it asks for is told.
    let installed = admin.install(packed("first")).await.ok(201);
    assert_eq!(
        installed.body["added"],
        json!(["hooks on Patient: read chain", "hooks on Patient: write chain"])
    );
    assert_eq!((&installed.body["active"], &installed.body["granted"]), (&json!(false), &Json::Null));
    installed.trail(expect![[r#"
        PLUGIN.INSTALL intent by master first
        PLUGIN.INSTALL outcome by master first [first@0.1.0] -> ok"#]]);
    assert_eq!(chain(&kit).await, Json::Null);
    admin
        .act("activate", json!({}))
        .await
        .fails(409, 137)
        .is(expect![[r#"409 {"code":137,"error":"first isn't approved yet"}"#]])
        .trail(expect![[r#"
        PLUGIN.ACTIVATE intent by master first
        PLUGIN.ACTIVATE outcome by master first -> error 137"#]]);

    // Approved, but narrower than asked: the field that it wasn't granted refuses the save.
    let narrow = json!({"version": "0.1.0", "by": "Dr. No", "note": "only writing",
        "granted": {"fields": [{"class": "Patient", "write": ["chain"]}]}});
    let approved = admin.act("approve", narrow).await.ok(200);
    assert_eq!(approved.body["by"], "Dr. No (master key)");
    let told = approved.records().last().unwrap().plugin_versions[0].clone();
    assert_eq!(told.approval.unwrap().as_str(), approved.body["id"].as_str().unwrap());
    assert_eq!(json!(told.digest.map(|byte| format!("{byte:02x}")).concat()), approved.body["digest"]);
    approved.trail(expect![[r#"
        PLUGIN.APPROVE intent by master first
        PLUGIN.APPROVE outcome by master first [first@0.1.0 approved by Dr. No with the master key] -> ok"#]]);
    assert_eq!(chain(&kit).await, Json::Null, "approved isn't at work");
    admin.act("activate", json!({"version": "0.1.0"})).await.ok(200).trail(expect![[r#"
        PLUGIN.ACTIVATE intent by master first
        PLUGIN.ACTIVATE outcome by master first [first@0.1.0 approved by Dr. No with the master key] -> ok"#]]);
    let save = kit.post("/classes/Patient").json(json!({"name": "Ada"})).as_user("ann").await;
    save.is(expect![[r#"400 {"code":119,"error":"Permission denied"}"#]]).trail(expect![[r#"
        PHI.CREATE intent by <ann> Patient*1 wrote(name)
          PLUGIN.CALL by <ann> first@0.1.0 before-save Patient*1 read(chain) -> denied 119 rows 1 by rule grant
          PLUGIN.CALL by <ann> first@0.1.0 before-save Patient*1 -> denied 119 rows 1 by rule grant
        PHI.CREATE outcome by <ann> Patient*1 wrote(name) -> denied 119 by rule policy"#]]);

    // Approved as asked.
    admin.act("approve", json!({"version": "0.1.0"})).await.ok(200);
    admin.act("activate", json!({"version": "0.1.0"})).await.ok(200);
    assert_eq!(chain(&kit).await, "first ");

    // A new version asks for more: it says what, and waits for approval of its own.
    let installed = admin.install(successor()).await.ok(201);
    assert_eq!(installed.body["added"], json!(["hooks on Patient: write note"]));
    assert_eq!(installed.body["removed"], json!([]));
    admin.act("activate", json!({"version": "0.2.0"})).await.fails(409, 137);
    assert_eq!(chain(&kit).await, "first ");
    admin.act("approve", json!({"version": "0.2.0"})).await.ok(200);
    let activated = admin.act("activate", json!({"version": "0.2.0"})).await.ok(200);
    assert_eq!(activated.body["version"], "0.2.0");
    assert_eq!(chain(&kit).await, "second ");
    let look = admin.look("0.2.0").await.ok(200);
    assert_eq!((&look.body["active"], &look.body["added"]), (&json!(true), &json!([])));

    // Back to what was at work before, under the approval it had then; and forth again by its digest.
    let back = admin.act("rollback", json!({})).await.ok(200);
    assert_eq!(back.body["version"], "0.1.0");
    back.trail(expect![[r#"
        PLUGIN.ROLLBACK intent by master first
        PLUGIN.ROLLBACK outcome by master first [first@0.1.0 approved with the master key] -> ok"#]]);
    assert_eq!(chain(&kit).await, "first ");
    let digest = installed.body["digest"].as_str().unwrap();
    admin.act("rollback", json!({"version": digest})).await.ok(200);
    assert_eq!(chain(&kit).await, "second ");

    // Not removed while it works.
    admin.remove().await.fails(409, 137);
    admin.act("disable", json!({})).await.ok(200).trail(expect![[r#"
        PLUGIN.DISABLE intent by master first
        PLUGIN.DISABLE outcome by master first [first@0.2.0 approved with the master key] -> ok"#]]);
    assert_eq!(chain(&kit).await, Json::Null);

    // What isn't at work can't be taken out of it: no generation begins.
    let listed = admin.act("disable", json!({})).await.ok(200);
    let again = admin.act("disable", json!({})).await.ok(200);
    assert_eq!(listed.body, again.body);
    assert_eq!(again.records().last().unwrap().plugin_versions, []);
    let removed = admin.remove().await.ok(200);
    assert_eq!(removed.body["versions"], json!(["0.1.0", "0.2.0"]));
    removed.trail(expect![[r#"
        PLUGIN.REMOVE intent by master first
        PLUGIN.REMOVE outcome by master first [first@0.1.0] [first@0.2.0] -> ok"#]]);
    admin.look("0.1.0").await.fails(404, 101);
    admin.act("activate", json!({})).await.fails(404, 101);
    let listed = kit.at(http::Method::GET, PLUGINS).as_master().await.ok(200);
    assert_eq!(listed.body, json!({"plugins": []}));
    kit.finish().await;
}

/// Settings are checked before they are approved, and reach the plugin complete.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_are_checked_before_they_are_approved() {
    let kit = Kit::new().start().await;
    kit.at(http::Method::POST, PLUGINS).bytes(kit::guest::plugin("patient-guard")).as_master().await.ok(201);
    let approve = |settings: Json| {
        let path = format!("{PLUGINS}/patient-guard/approve");
        kit.at(http::Method::POST, &path).json(json!({"settings": settings})).as_master()
    };
    approve(json!({"country": "Atlantis", "smallestCell": 0, "unheard": 1})).await.is(expect![[r#"400 {"code":142,"error":"settings has no member \"unheard\"; settings.country is not one of the allowed values; settings.smallestCell is out of range"}"#]]);
    let approved = approve(json!({"country": "CH"})).await.ok(200);
    assert_eq!(
        approved.body["settings"],
        json!({"country": "CH", "clinicianRole": "clinician", "mask": "last-four", "smallestCell": 1})
    );
    kit.finish().await;
}

/// Two plugins can't answer one function.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_has_one_owner() {
    let kit = Kit::new().component(packed("measure"), None).start().await;
    let twin = manifest("measure").replace("name = \"measure\"\nversion", "name = \"twin\"\nversion");
    let twin = pack(&compile("guests", &["--example", "measure"], "examples/measure.wasm"), &twin);
    kit.at(http::Method::POST, PLUGINS).bytes(twin).as_master().await.ok(201);
    let at =
        |act: &str| kit.at(http::Method::POST, &format!("{PLUGINS}/twin/{act}")).json(json!({})).as_master();
    at("approve").await.ok(200);
    at("activate")
        .await
        .fails(409, 137)
        .is(expect![[r#"409 {"code":137,"error":"measure and twin both have a function measure"}"#]]);
    kit.post("/functions/measure").json(json!({})).as_user("ann").await.ok(200);
    kit.finish().await;
}
