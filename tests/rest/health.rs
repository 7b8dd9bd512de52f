//! Health and server information.

use expect_test::expect;
use kit::Kit;

#[tokio::test]
async fn health_needs_no_key_and_leaves_no_record() {
    let kit = Kit::new().start().await;
    kit.get("/health").as_stranger().await.is(expect![[r#"200 {"status":"ok"}"#]]).trail(expect![]);
    kit.finish().await;
}

#[tokio::test]
async fn server_information_is_the_master_keys() {
    let kit = Kit::new().start().await;
    let seen = kit
        .get("/serverInfo")
        .as_master()
        .await
        .ok(200)
        .trail(expect!["ADMIN.READ by master serverInfo -> ok"]);
    assert!(seen.body["parseServerVersion"].is_string() && seen.body["features"]["schemas"].is_object());
    kit.get("/serverInfo")
        .as_user("ann")
        .await
        .is(expect![[r#"403 {"error":"Permission denied"}"#]])
        .trail(expect!["ADMIN.READ by <ann> serverInfo -> denied by rule master-key"]);
    kit.get("/serverInfo")
        .as_stranger()
        .await
        .is(expect![[r#"403 {"error":"unauthorized"}"#]])
        .trail(expect!["AUTH.DENIED by anonymous -> denied 119 by rule keys"]);
    kit.finish().await;
}
