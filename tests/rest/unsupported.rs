//! What the protocol has and this server doesn't: said plainly, never with a wrong success.

use expect_test::expect;
use http::Method;
use kit::Kit;
use serde_json::json;

#[tokio::test]
async fn what_is_not_built_yet_says_so() {
    let kit = Kit::new().start().await;
    let later: Vec<_> = rest::route::table().filter(|row| row.later).collect();
    assert!(later.len() > 30, "{}", later.len());
    for row in later {
        let path = row.path.replace(['{', '}'], "");
        let answer = kit.ask(row.method.clone(), &path).json(json!({})).as_master().await;
        let text = answer.body["error"].as_str().unwrap_or_default();
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (400, &json!(108)),
            "{} {path}: {}",
            row.method,
            answer.text
        );
        assert!(text.ends_with(" is not supported yet"), "{text}");
        // Keys come first, also where there is nothing behind them.
        kit.ask(row.method.clone(), &path).json(json!({})).as_stranger().await.ok(403);
        if row.auth == rest::route::Auth::Master {
            let refused = kit.ask(row.method.clone(), &path).json(json!({})).as_user("ann").await;
            refused.is(expect![[r#"403 {"error":"Permission denied"}"#]]);
        }
    }
    kit.post("/jobs/tidy")
        .as_user("ann")
        .await
        .is(expect![[r#"403 {"error":"Permission denied"}"#]])
        .trail(expect!["REQUEST.REFUSED by <ann> POST /jobs -> denied by rule master-key"]);
    kit.finish().await;
}

#[tokio::test]
async fn an_unknown_path_is_404_and_an_unknown_method_405() {
    let kit = Kit::new().start().await;
    kit.get("/nosuch").await.is(expect![[r#"404 {"error":"Not found"}"#]]).trail(expect![]);
    kit.get("/").await.is(expect![[r#"404 {"error":"Not found"}"#]]);
    let odd =
        kit.ask(Method::PATCH, "/classes/Thing").await.is(expect![[r#"405 {"error":"Method not allowed"}"#]]);
    assert!(!odd.header("allow").is_empty());
    kit.at(Method::GET, "/").await.ok(404);
    kit.at(Method::GET, "/elsewhere/classes/Thing").await.ok(404);
    kit.finish().await;
}
