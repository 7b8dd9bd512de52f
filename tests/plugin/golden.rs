//! A component built against the contract as it was runs on today's host.

use expect_test::expect;
use kit::Kit;
use serde_json::json;

use super::golden;

const MANIFEST: &str = include_str!("../golden/plugin.toml");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_of_0_1_0_still_works() {
    let kit = Kit::new()
        .class(
            "Patient",
            json!({"name": {"type": "String"}, "golden": {"type": "String"}, "initials": {"type": "String"}}),
        )
        .component(golden(MANIFEST), None)
        .start()
        .await;

    kit.post("/classes/Patient")
        .json(json!({"name": "Ada Byron King"}))
        .as_user("ann")
        .await
        .is(expect![[r#"201 {"createdAt":"<now>","golden":"0.1.0","initials":"ABK","objectId":"<2>"}"#]])
        .trail(expect![[r#"
            PHI.CREATE intent by <ann> Patient*1 wrote(name)
              PLUGIN.CALL by <ann> golden@0.1.0 before-save Patient*1 read(name) wrote(golden initials) -> ok rows 1
            PHI.CREATE outcome by <ann> Patient*1 read(golden initials) wrote(golden initials name) -> ok"#]]);

    kit.post("/functions/golden")
        .json(json!({}))
        .as_user("ann")
        .await
        .is(expect![[r#"200 {"result":{"contract":"0.1.0","patients":1,"target":"golden"}}"#]])
        .trail(expect![[r#"
            PHI.COUNT by plugin golden for <ann> Patient for HOPERAT -> ok rows 1
            PLUGIN.CALL by <ann> golden@0.1.0 functions golden for HOPERAT -> ok
            FUNCTION.CALL by <ann> golden -> ok"#]]);
    kit.finish().await;
}
