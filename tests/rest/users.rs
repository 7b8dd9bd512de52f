//! Accounts: sign up, log in, log out, read, change, delete.

use expect_test::expect;
use kit::Kit;
use serde_json::json;

const PASSWORD: &str = "correct horse battery";

#[tokio::test]
async fn sign_up_opens_a_session_and_leaves_no_password_anywhere() {
    let kit = Kit::new().start().await;
    let (password, mail) = (kit.canary(), kit.canary());
    let body =
        json!({"username": "ann", "password": password, "email": format!("{mail}@example.org"), "ward": "7"});
    let made = kit.post("/users").json(body).await.ok(201);
    assert_eq!(made.header("location"), format!("/parse/users/{}", made.id()));
    let token = made.body["sessionToken"].as_str().unwrap().to_owned();
    assert!(token.starts_with("r:") && token.len() == 34, "{token}");
    assert!(!kit.data_holds(&password), "a password is stored as its hash alone");
    let me = kit
        .get("/users/me")
        .with_session(&token)
        .await
        .ok(200)
        .trail(expect!["AUTH.SESSION by <1> _User*1 read(email username ward) -> ok rows 1"]);
    assert_eq!(me.body["email"], format!("{mail}@example.org"));
    assert!(me.body.get("password").is_none() && !me.text.contains("_hashed"));
    kit.finish().await;
}

/// A script that makes users for others got a session of each.
#[tokio::test]
async fn the_master_key_gets_a_session_on_a_device_only() {
    let kit = Kit::new().start().await;
    let sign_up = |name: &str| kit.post("/users").json(json!({"username": name, "password": PASSWORD}));
    sign_up("ann").as_master().await.is(expect![[r#"201 {"createdAt":"<now>","objectId":"<1>"}"#]]);
    assert_eq!(kit.get("/sessions").as_master().await.results().len(), 0);
    let on_a_device = sign_up("bob").as_master().header("X-Parse-Installation-Id", "phone").await.ok(201);
    assert!(on_a_device.body["sessionToken"].is_string());
    kit.finish().await;
}

/// Who logs in was shown what a read of the same user by itself hides.
#[tokio::test]
async fn a_login_shows_what_the_user_may_read_of_itself() {
    let kit = Kit::new().configure(|config| config.data.protected_fields_owner_exempt = false).start().await;
    let ann = kit.id_of("ann").await;
    let ward = json!({"email": "ann@clinic.example", "ward": "7"});
    kit.put(&format!("/users/{ann}")).json(ward).as_master().await.ok(200);
    let credentials = json!({"username": "ann", "password": PASSWORD});
    for path in ["/login", "/verifyPassword"] {
        let seen = kit.post(path).json(credentials.clone()).await.ok(200).body;
        assert_eq!((&seen["ward"], seen.get("email")), (&json!("7"), None), "{path}");
        let all = kit.post(path).json(credentials.clone()).as_master().await.ok(200).body;
        assert_eq!(all["email"], "ann@clinic.example", "{path}");
    }
    let me = kit.get("/users/me").as_user("ann").await.ok(200).body;
    assert_eq!((&me["ward"], me.get("email")), (&json!("7"), None));
    let nobody = json!({"classLevelPermissions": {"find": {}, "get": {}}});
    kit.put("/schemas/_User").json(nobody).as_master().await.ok(200);
    let bare = kit.post("/login").json(credentials).await.ok(200).body;
    assert!(bare["sessionToken"].is_string() && bare.get("ward").is_none() && bare["objectId"] == json!(ann));
    kit.get("/users/me").as_user("ann").await.fails(400, 119);
    kit.finish().await;
}

#[tokio::test]
async fn an_anonymous_sign_up_is_recorded_with_names_alone() {
    let kit = Kit::new().start().await;
    kit.post("/users")
        .json(json!({"username": "ann", "password": PASSWORD}))
        .await
        .is(expect![[r#"201 {"createdAt":"<now>","objectId":"<1>","sessionToken":"<token>"}"#]])
        .trail(expect![[r#"
            AUTH.SIGNUP intent by anonymous _User*1 wrote(password username)
            AUTH.SIGNUP outcome by anonymous _User*1 wrote(ACL username) -> ok"#]]);
    kit.finish().await;
}

#[tokio::test]
async fn what_a_sign_up_lacks_is_told() {
    let kit = Kit::new().start().await;
    kit.post("/users").json(json!({"username": "Ann", "password": "p", "email": "a@b.ch"})).await.ok(201);
    for (body, code) in [
        (json!({"password": "p"}), 200),
        (json!({"username": "", "password": "p"}), 200),
        (json!({"username": 7, "password": "p"}), 200),
        (json!({"username": "bob"}), 201),
        (json!({"username": "bob", "password": ""}), 201),
        (json!({"username": "bob", "password": 7}), 201),
        (json!({"username": "ann", "password": "p"}), 202),
        (json!({"username": "bob", "password": "p", "email": "A@B.ch"}), 203),
        (json!({"username": "bob", "password": "p", "email": "nowhere"}), 125),
        (json!({"username": "bob", "password": "p", "emailVerified": true}), 119),
        (json!({"username": "bob", "password": "p", "_hashed_password": "x"}), 105),
    ] {
        let answer = kit.post("/users").json(body.clone()).await;
        assert_eq!(
            (answer.status, answer.body["code"].as_i64()),
            (400, Some(code)),
            "{body}: {}",
            answer.text
        );
    }
    kit.finish().await;
}

#[tokio::test]
async fn log_in_answers_the_user_and_a_new_session() {
    let kit = Kit::new().start().await;
    let id = kit.id_of("ann").await;
    let body = json!({"username": "ann", "password": PASSWORD});
    let first = kit.post("/login").json(body.clone()).await.is(expect![[r#"200 {"ACL":{"<ann>":{"read":true,"write":true}},"createdAt":"<now>","objectId":"<ann>","sessionToken":"<token>","updatedAt":"<now>","username":"ann"}"#]]).trail(expect![[r#"
        AUTH.LOGIN intent by anonymous _User
        AUTH.LOGIN outcome by anonymous, then <ann> _User*1 read(username) -> ok rows 1"#]]);
    assert_eq!(first.id(), id);
    let again = kit.get("/login").query("username", "ann").query("password", PASSWORD).await.ok(200);
    assert_ne!(first.body["sessionToken"], again.body["sessionToken"]);
    // A dead token must not stand in the way.
    kit.post("/login").json(body).with_session("r:00000000000000000000000000000000").await.ok(200);
    kit.finish().await;
}

#[tokio::test]
async fn a_failed_log_in_reads_the_same_whoever_is_asked_for_and_is_recorded() {
    let kit = Kit::new().start().await;
    kit.id_of("ann").await;
    let guess = kit.canary();
    let wrong = kit.post("/login").json(json!({"username": "ann", "password": guess})).await;
    let wrong =
        wrong.is(expect![[r#"404 {"code":101,"error":"Invalid username/password."}"#]]).trail(expect![[r#"
        AUTH.LOGIN intent by anonymous _User
        AUTH.LOGIN_FAILED outcome by anonymous _User*1 -> denied 101 by rule policy"#]]);
    let unknown =
        kit.post("/login").json(json!({"username": guess, "password": guess})).await.trail(expect![[r#"
            AUTH.LOGIN intent by anonymous _User
            AUTH.LOGIN_FAILED outcome by anonymous _User -> denied 101 by rule policy"#]]);
    assert_eq!((wrong.status, &wrong.text), (unknown.status, &unknown.text));
    for body in [
        json!({"username": {"$ne": "x"}, "password": PASSWORD}),
        json!({"username": "ann", "password": {"$ne": "x"}}),
        json!({"username": {"$regex": "a"}, "password": {"$regex": "."}}),
    ] {
        kit.post("/login").json(body).await.fails(404, 101);
    }
    kit.post("/login").json(json!({"password": "x"})).await.fails(400, 200);
    kit.post("/login").json(json!({"username": "ann"})).await.fails(400, 201);
    kit.finish().await;
}

#[tokio::test]
async fn too_many_guesses_lock_an_account_where_that_is_set() {
    let kit = Kit::new().configure(|config| config.data.lockout_threshold = 2).start().await;
    kit.id_of("ann").await;
    let attempt = |password: &str| kit.post("/login").json(json!({"username": "ann", "password": password}));
    attempt("no").await.fails(404, 101);
    attempt("no").await.fails(404, 101);
    attempt(PASSWORD).await.is(expect![[r#"404 {"code":101,"error":"Your account is locked due to multiple failed login attempts. Please try again after 5 minute(s)"}"#]]).trail(expect![[r#"
        AUTH.LOGIN intent by anonymous _User
        AUTH.LOGIN_FAILED outcome by anonymous _User*1 -> denied 101 by rule policy"#]]);
    let minute = std::time::Duration::from_secs(60);
    kit.clock().advance(4 * minute);
    attempt(PASSWORD).await.is(expect![[r#"404 {"code":101,"error":"Your account is locked due to multiple failed login attempts. Please try again after 1 minute(s)"}"#]]);
    kit.clock().advance(minute);
    attempt(PASSWORD).await.ok(200);
    kit.finish().await;
}

#[tokio::test]
async fn log_out_ends_the_session_for_good() {
    let kit = Kit::new().start().await;
    let token = kit.token_of("ann").await;
    kit.post("/logout").with_session(&token).await.is(expect!["200 {}"]).trail(expect![[r#"
        AUTH.LOGOUT intent by <ann> _Session
        AUTH.LOGOUT outcome by <ann> _Session*1 -> ok"#]]);
    kit.get("/users/me")
        .with_session(&token)
        .await
        .is(expect![[r#"400 {"code":209,"error":"Invalid session token"}"#]])
        .trail(expect!["AUTH.DENIED by anonymous -> denied 209 by rule session"]);
    kit.post("/logout").with_session(&token).await.fails(400, 209);
    kit.post("/logout").await.is(expect!["200 {}"]);
    kit.finish().await;
}

#[tokio::test]
async fn me_needs_a_session() {
    let kit = Kit::new().start().await;
    kit.get("/users/me")
        .await
        .is(expect![[r#"400 {"code":209,"error":"Permission denied"}"#]])
        .trail(expect!["AUTH.SESSION by anonymous _User -> denied 209 by rule policy"]);
    kit.get("/users/me")
        .with_session("r:nonsense")
        .await
        .is(expect![[r#"400 {"code":209,"error":"Invalid session token"}"#]])
        .trail(expect!["AUTH.DENIED by anonymous -> denied 209 by rule session"]);
    kit.finish().await;
}

#[tokio::test]
async fn users_are_private_and_their_address_is_protected() {
    let kit = Kit::new().start().await;
    let ann = kit.id_of("ann").await;
    kit.put(&format!("/users/{ann}")).json(json!({"email": "ann@example.org"})).as_master().await.ok(200);
    let path = format!("/users/{ann}");
    kit.get(&path).as_user("bob").await.fails(404, 101);
    kit.get(&path)
        .await
        .is(expect![[r#"404 {"code":101,"error":"Object not found."}"#]])
        .trail(expect!["PHI.READ by anonymous _User*1 -> error 101"]);
    let own = kit.get(&path).as_user("ann").await.is(expect![[r#"200 {"ACL":{"<ann>":{"read":true,"write":true}},"createdAt":"<now>","email":"ann@example.org","objectId":"<ann>","sessionToken":"<token>","updatedAt":"<now>","username":"ann"}"#]]).trail(expect!["PHI.READ by <ann> _User*1 read(email username) -> ok rows 1"]);
    assert_eq!(own.body["sessionToken"], json!(kit.token_of("ann").await));
    // Made readable by everybody, the address still stays.
    let acl = json!({"ACL": {"*": {"read": true}}});
    kit.put(&path).json(acl).as_user("ann").await.ok(200);
    let seen = kit.get(&path).as_user("bob").await.ok(200);
    assert!(seen.body.get("email").is_none() && seen.body.get("sessionToken").is_none(), "{}", seen.text);
    let all = kit.get("/users").query("where", json!({"username": "ann"})).as_user("bob").await.ok(200);
    assert!(all.results()[0].get("email").is_none());
    kit.get("/users")
        .query("where", json!({"email": "ann@example.org"}))
        .as_user("bob")
        .await
        .fails(400, 119);
    kit.finish().await;
}

#[tokio::test]
async fn nobody_changes_somebody_else() {
    let kit = Kit::new().start().await;
    let path = format!("/users/{}", kit.id_of("ann").await);
    let body = json!({"nickname": "x"});
    kit.put(&path).json(body.clone()).as_master().await.ok(200);
    kit.put(&path).json(body.clone()).as_user("ann").await.ok(200);
    kit.put(&path)
        .json(body.clone())
        .await
        .is(expect![[r#"400 {"code":206,"error":"Permission denied"}"#]])
        .trail(expect![[r#"
        PHI.UPDATE intent by anonymous _User*1 wrote(nickname)
        PHI.UPDATE outcome by anonymous _User*1 wrote(nickname) -> denied 206 by rule policy"#]]);
    kit.put(&path)
        .json(body)
        .as_user("bob")
        .await
        .is(expect![[r#"400 {"code":206,"error":"Permission denied"}"#]])
        .trail(expect![[r#"
        PHI.UPDATE intent by <bob> _User*1 wrote(nickname)
        PHI.UPDATE outcome by <bob> _User*1 wrote(nickname) -> denied 206 by rule policy"#]]);
    kit.delete(&path)
        .await
        .is(expect![[r#"400 {"code":206,"error":"Insufficient auth to delete user"}"#]])
        .trail(expect![[r#"
            PHI.DELETE intent by anonymous _User*1
            PHI.DELETE outcome by anonymous _User*1 -> denied 206 by rule policy"#]]);
    kit.delete(&path).as_user("bob").await.is(expect![[r#"400 {"code":206,"error":"Permission denied"}"#]]);
    kit.put(&path).json(json!({"emailVerified": true})).as_user("ann").await.fails(400, 119);
    // Whatever a user writes there, it is no session and nobody reads it.
    let chosen = format!("r:{}", "0".repeat(32));
    kit.put(&path).json(json!({"sessionToken": chosen})).as_user("ann").await;
    kit.get("/users/me").with_session(&chosen).await.fails(400, 209);
    let seen = kit.get(&path).as_master().await.ok(200);
    assert!(seen.body.get("sessionToken").is_none(), "{}", seen.text);
    kit.get(&path).as_user("ann").await.ok(200);
    kit.delete(&path).as_user("ann").await.ok(200);
    kit.get("/users/me").as_user("ann").await.fails(400, 209);
    kit.finish().await;
}

#[tokio::test]
async fn a_new_password_ends_every_session_and_opens_one() {
    let kit = Kit::new().start().await;
    let (id, old) = (kit.id_of("ann").await, kit.token_of("ann").await);
    let password = kit.canary();
    let changed =
        kit.put(&format!("/users/{id}")).json(json!({"password": password})).with_session(&old).await;
    let changed =
        changed.is(expect![[r#"200 {"sessionToken":"<token>","updatedAt":"<now>"}"#]]).trail(expect![[r#"
        PHI.UPDATE intent by <ann> _User*1 wrote(password)
        PHI.UPDATE outcome by <ann> _User*1 wrote(password) -> ok"#]]);
    let new = changed.body["sessionToken"].as_str().unwrap().to_owned();
    kit.get("/users/me").with_session(&old).await.fails(400, 209);
    kit.get("/users/me").with_session(&new).await.ok(200);
    kit.post("/login").json(json!({"username": "ann", "password": PASSWORD})).await.fails(404, 101);
    kit.post("/login").json(json!({"username": "ann", "password": password})).await.ok(200);
    kit.finish().await;
}

#[tokio::test]
async fn verify_password_opens_no_session() {
    let kit = Kit::new().start().await;
    kit.id_of("ann").await;
    let right = json!({"username": "ann", "password": PASSWORD});
    let seen = kit
        .post("/verifyPassword")
        .json(right)
        .await
        .ok(200)
        .trail(expect!["AUTH.LOGIN by anonymous, then <ann> _User*1 read(username) -> ok rows 1"]);
    assert!(seen.body.get("sessionToken").is_none(), "{}", seen.text);
    let guess = kit.canary();
    kit.get("/verifyPassword")
        .query("username", "ann")
        .query("password", guess)
        .await
        .is(expect![[r#"404 {"code":101,"error":"Invalid username/password."}"#]])
        .trail(expect!["AUTH.LOGIN_FAILED by anonymous _User*1 -> denied 101 by rule policy"]);
    kit.finish().await;
}

#[tokio::test]
async fn the_master_key_logs_in_as_somebody_and_nobody_else_does() {
    let kit = Kit::new().start().await;
    let ann = kit.id_of("ann").await;
    let body = json!({"userId": ann});
    let as_ann = kit.post("/loginAs").json(body.clone()).as_master().await.is(expect![[r#"200 {"ACL":{"<ann>":{"read":true,"write":true}},"createdAt":"<now>","objectId":"<ann>","sessionToken":"<token>","updatedAt":"<now>","username":"ann"}"#]]).trail(expect![[r#"
        AUTH.LOGIN intent by master _User*1
        AUTH.LOGIN outcome by master _User*1 read(username) -> ok rows 1"#]]);
    kit.get("/users/me").with_session(as_ann.body["sessionToken"].as_str().unwrap()).await.ok(200);
    kit.post("/loginAs")
        .json(body.clone())
        .await
        .is(expect![[r#"400 {"code":119,"error":"Permission denied"}"#]])
        .trail(expect![[r#"
        AUTH.LOGIN intent by anonymous _User*1
        AUTH.LOGIN outcome by anonymous _User*1 -> denied 119 by rule policy"#]]);
    kit.post("/loginAs").json(body).as_user("bob").await.fails(400, 119);
    kit.post("/loginAs")
        .json(json!({}))
        .as_master()
        .await
        .is(expect![[r#"400 {"code":162,"error":"userId must not be empty, null, or undefined"}"#]]);
    kit.post("/loginAs")
        .json(json!({"userId": "abcdefghij"}))
        .as_master()
        .await
        .is(expect![[r#"404 {"code":101,"error":"user not found"}"#]]);
    kit.finish().await;
}

#[tokio::test]
async fn auth_data_is_refused_plainly() {
    let kit = Kit::new().start().await;
    let auth = json!({"authData": {"anonymous": {"id": "x"}}});
    kit.post("/users")
        .json(auth.clone())
        .await
        .is(expect![[r#"400 {"code":252,"error":"This authentication method is unsupported."}"#]]);
    kit.post("/login")
        .json(auth)
        .await
        .is(expect![[r#"400 {"code":252,"error":"This authentication method is unsupported."}"#]]);
    kit.finish().await;
}

#[tokio::test]
async fn of_many_who_sign_up_with_one_name_one_gets_it() {
    let kit = Kit::new().start().await;
    let attempt = async |n: usize| {
        let name = if n.is_multiple_of(2) { "ann" } else { "ANN" };
        kit.post("/users").json(json!({"username": name, "password": PASSWORD})).await
    };
    let answers = futures_util::future::join_all((0..8).map(attempt)).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    let taken = answers.iter().filter(|answer| answer.body["code"] == 202).count();
    assert_eq!((made, taken), (1, 7));
    let users = kit.get("/users").query("count", 1).query("limit", 0).as_master().await;
    assert_eq!(users.body["count"], 1);
    assert_eq!(
        kit.get("/sessions").as_master().await.results().len(),
        1,
        "no session of a sign-up that failed"
    );
    kit.finish().await;
}

#[tokio::test]
async fn what_every_user_may_do_with_its_own_object_is_not_told() {
    let kit = Kit::new().start().await;
    let user = json!({"username": "eve", "password": "p", "ACL": {"*": {"read": true}}, "authData": {}, "email": ""});
    let made = kit.post("/users").json(user).await.ok(201);
    assert!(made.body.get("ACL").is_none(), "{}", made.text);
    let ann = format!("/users/{}", kit.id_of("ann").await);
    kit.put(&ann).json(json!({"ACL": {}})).as_user("ann").await.is(expect![[r#"200 {"updatedAt":"<now>"}"#]]);
    kit.get(&ann).as_user("ann").await.ok(200);
    kit.finish().await;
}

#[tokio::test]
async fn the_master_key_is_told_of_a_user_who_isnt_there() {
    let kit = Kit::new().start().await;
    kit.put("/users/nobody").json(json!({"a": 1})).as_master().await.fails(404, 101);
    kit.delete("/users/nobody").as_master().await.fails(404, 101);
    kit.put("/users/nobody").json(json!({"a": 1})).as_user("ann").await.fails(400, 206);
    kit.finish().await;
}
