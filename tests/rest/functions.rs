//! Functions: called by name, answered under `result`, recorded.

use expect_test::expect;
use kit::Kit;
use serde_json::json;

#[tokio::test]
async fn a_function_that_nobody_wrote_is_refused_by_name() {
    let kit = Kit::new().start().await;
    let secret = kit.canary();
    let body = json!({"patient": secret});
    kit.post("/functions/nothing")
        .json(body)
        .as_user("ann")
        .await
        .is(expect![[r#"400 {"code":141,"error":"Invalid function: \"nothing\""}"#]])
        .trail(expect!["FUNCTION.CALL by <ann> nothing -> error 141"]);
    kit.post("/functions/a.b")
        .await
        .is(expect![[r#"400 {"code":141,"error":"Invalid function: \"a.b\""}"#]])
        .trail(expect!["FUNCTION.CALL by anonymous a.b -> error 141"]);
    kit.finish().await;
}

#[tokio::test]
async fn a_function_answers_and_its_parameters_stay_out_of_the_trail() {
    let kit = Kit::new().plugin("hello-function").start().await;
    let name = kit.canary();
    let answer = kit.post("/functions/hello").json(json!({"name": name})).as_user("ann").await.ok(200);
    let answer = answer.trail(expect![[r#"
        PLUGIN.CALL by <ann> hello-function@0.1.0 functions hello -> ok
        FUNCTION.CALL by <ann> hello -> ok"#]]);
    assert!(answer.body["result"].to_string().contains(&name), "{}", answer.text);
    kit.post("/functions/hello")
        .as_stranger()
        .await
        .is(expect![[r#"403 {"error":"unauthorized"}"#]])
        .trail(expect!["AUTH.DENIED by anonymous -> denied 119 by rule keys"]);
    kit.finish().await;
}

#[tokio::test]
async fn parameters_are_checked_before_the_plugin_sees_them() {
    let kit = Kit::new().plugin("hello-function").start().await;
    let secret = kit.canary();
    // Anything that is JSON may be a parameter; what a function makes of it is its own affair.
    kit.post("/functions/hello")
        .json(json!({"name": {"__type": "Nonsense", "x": secret}}))
        .await
        .fails(400, 142);
    kit.post("/functions/hello").json(json!({"name": [secret]})).await.fails(400, 142);
    kit.post("/functions/hello").json(json!({"name": {"__proto__": secret}})).await.fails(400, 105);
    kit.finish().await;
}
