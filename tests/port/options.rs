//! Options of the reference that change accounts, sessions, classes and routes do so, once the server is reconfigured.

use kit::{database, port::Port};
use reqwest::Method;
use serde_json::{Value as Json, json};

/// Asks as a client, with a session if there is one.
async fn ask(port: &Port, method: Method, path: &str, token: Option<&str>, body: Json) -> (u16, Json) {
    let mut request = reqwest::Client::new()
        .request(method, format!("{}{path}", port.url))
        .header("X-Parse-Application-Id", "test")
        .header("X-Parse-REST-API-Key", "rest");
    if let Some(token) = token {
        request = request.header("X-Parse-Session-Token", token);
    }
    if !body.is_null() {
        request = request.json(&body);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn configured(options: Json) -> Port {
    let port = Port::start(None);
    assert_eq!(port.control("reconfigure", &options).await, (200, json!({})));
    port
}

fn code(answer: &(u16, Json)) -> (u16, i64) {
    (answer.0, answer.1["code"].as_i64().unwrap_or_default())
}

#[tokio::test]
async fn names_ids_and_addresses_are_made_as_configured() {
    let port = configured(json!({
        "objectIdSize": 20, "convertEmailToLowercase": true, "convertUsernameToLowercase": true,
    }))
    .await;
    let ann = json!({"username": "Ann", "email": "Ann@Example.org", "password": "p"});
    let (status, made) = ask(&port, Method::POST, "/users", None, ann).await;
    assert_eq!((status, made["objectId"].as_str().unwrap().len()), (201, 20), "{made}");
    let (id, token) = (made["objectId"].as_str().unwrap(), made["sessionToken"].as_str().unwrap());
    let stored = async || {
        let (_, user) = port.ask(Method::GET, &format!("/users/{id}"), None).await;
        (user["username"].clone(), user["email"].clone())
    };
    assert_eq!(stored().await, (json!("ann"), json!("ann@example.org")));
    let change = json!({"username": "ANNA", "email": "ANNA@example.org"});
    assert_eq!(ask(&port, Method::PUT, &format!("/users/{id}"), Some(token), change).await.0, 200);
    assert_eq!(stored().await, (json!("anna"), json!("anna@example.org")));
    let log_in = async |name: &str| {
        ask(&port, Method::POST, "/login", None, json!({"username": name, "password": "p"})).await.0
    };
    assert_eq!((log_in("anna").await, log_in("ANNA").await), (200, 404));
    let (_, thing) = ask(&port, Method::POST, "/classes/Thing", None, json!({})).await;
    assert_eq!(thing["objectId"].as_str().unwrap().len(), 20);
    assert!(port.stop().success());
}

#[tokio::test]
async fn a_session_in_use_starts_anew_half_way() {
    let day = 24 * 60 * 60;
    for extends in [false, true] {
        let port = configured(json!({"sessionLength": day, "extendSessionOnUse": extends})).await;
        let bob = json!({"username": "bob", "password": "p"});
        let (_, made) = ask(&port, Method::POST, "/users", None, bob).await;
        let token = made["sessionToken"].as_str().unwrap();
        let use_after = async |hours: u64| {
            port.control("clock", &json!({"ms": hours * 3_600_000})).await;
            code(&ask(&port, Method::GET, "/users/me", Some(token), Json::Null).await)
        };
        let expires = async || {
            port.ask(Method::GET, "/sessions", None).await.1["results"][0]["expiresAt"]["iso"].clone()
        };
        let first = expires().await;
        assert_eq!(use_after(11).await, (200, 0));
        assert_eq!(expires().await, first, "it starts anew only in its second half");
        assert_eq!(use_after(2).await, (200, 0));
        assert_eq!(expires().await != first, extends);
        let then = use_after(23).await;
        assert_eq!(then, if extends { (200, 0) } else { (400, 209) });
        assert_eq!(use_after(25).await, (400, 209));
        assert!(port.stop().success());
    }
}

#[tokio::test]
async fn keywords_are_denied_as_configured() {
    let port = configured(json!({"requestKeywordDenylist": [{"key": "secret"}, {"value": "^n[o0]$"}]})).await;
    let save = async |body: Json| ask(&port, Method::POST, "/classes/Thing", None, body).await;
    assert_eq!(save(json!({"constructors": 1})).await.0, 201, "the list replaces the usual one");
    for body in [json!({"a": [{"mysecret": 1}]}), json!({"b": {"c": ["n0"]}}), json!({"secret": 1})] {
        let refused = save(body.clone()).await;
        assert_eq!(code(&refused), (400, 105), "{body} {}", refused.1);
        assert!(refused.1["error"].as_str().unwrap().starts_with("Prohibited keyword in request data: {"));
    }
    let batch = json!({"requests": [{"method": "POST", "path": "/1/classes/Thing", "body": {"secret": 1}}]});
    assert_eq!(ask(&port, Method::POST, "/batch", None, batch).await.1[0]["error"]["code"], 105);
    assert_eq!(
        code(&ask(&port, Method::POST, "/functions/any", None, json!({"secret": 1})).await),
        (400, 105)
    );
    assert!(port.stop().success());
}

#[tokio::test]
async fn only_the_routes_that_are_allowed_are_open_to_clients() {
    let port = configured(json!({"routeAllowList": ["classes/Open(/.*)?", "batch"]})).await;
    let post = async |path: &str| code(&ask(&port, Method::POST, path, None, json!({})).await);
    assert_eq!(post("/classes/Open").await, (201, 0));
    assert_eq!(post("/classes/Shut").await, (400, 119));
    assert_eq!(post("/classes/Open%2f..").await, (400, 107), "what isn't a class is refused behind the list");
    assert_eq!(port.ask(Method::POST, "/classes/Shut", Some(&json!({}))).await.0, 201);
    let request =
        |class: &str| json!({"method": "POST", "path": format!("/1/classes/{class}"), "body": {"n": 1}});
    let both = |transaction: bool| json!({"requests": [request("Open"), request("Shut")], "transaction": transaction});
    let (_, apart) = ask(&port, Method::POST, "/batch", None, both(false)).await;
    assert_eq!((apart[0]["success"].is_object(), &apart[1]["error"]["code"]), (true, &json!(119)));
    assert_eq!(code(&ask(&port, Method::POST, "/batch", None, both(true)).await), (400, 119));
    let (_, shut) = port.ask(Method::GET, "/classes/Shut?count=1&limit=0", None).await;
    assert_eq!(shut["count"], 1, "a refused transaction left something");
    assert_eq!(port.control("reconfigure", &json!({"routeAllowList": []})).await.0, 200);
    assert_eq!(post("/classes/Open").await, (400, 119));
    assert!(port.stop().success());
}

/// Classes are made and changed as defined, on every database; who defines them may lock them.
async fn classes_become_what_is_defined(database_uri: Option<&str>) {
    let port = Port::start(database_uri);
    assert_eq!(port.control("reset", &json!({})).await.0, 200);
    let ward = |fields: Json, indexes: Json| {
        json!({
            "className": "Ward", "fields": fields, "indexes": indexes,
            "classLevelPermissions": {"find": {"*": true}, "get": {"*": true}, "create": {"*": true}},
        })
    };
    let define = async |class: Json, more: Json| {
        let mut schema = json!({ "definitions": [class] });
        schema.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        port.control("reconfigure", &json!({ "schema": schema })).await
    };
    let shown = async || port.ask(Method::GET, "/schemas/Ward", None).await.1;
    let first = json!({"name": {"type": "String", "required": true}, "beds": {"type": "Number"}});
    assert_eq!(define(ward(first.clone(), json!({"by": {"name": 1}})), json!({})).await, (200, json!({})));
    let made = shown().await;
    assert_eq!(
        (&made["fields"]["name"]["required"], &made["indexes"]["by"]),
        (&json!(true), &json!({"name": 1}))
    );
    assert_eq!(
        (&made["classLevelPermissions"]["update"], &made["classLevelPermissions"]["addField"]),
        (&json!({}), &json!({}))
    );
    let save = async |body: Json| code(&ask(&port, Method::POST, "/classes/Ward", None, body).await);
    assert_eq!(save(json!({"name": "east", "beds": 3})).await, (201, 0));
    assert_eq!(save(json!({"name": "west", "windows": 3})).await, (400, 119), "a client adds no field");
    assert_eq!(save(json!({"beds": 3})).await, (400, 142));

    // The same again changes nothing; then the beds are texts, and the windows are new.
    assert_eq!(define(ward(first, json!({"by": {"name": 1}})), json!({"strict": true})).await.0, 200);
    assert_eq!(shown().await, made);
    let second =
        json!({"name": {"type": "String"}, "beds": {"type": "String"}, "windows": {"type": "Number"}});
    let all = json!({"deleteExtraFields": true, "recreateModifiedFields": true, "lockSchemas": true});
    assert_eq!(define(ward(second, json!({"by": {"name": -1}})), all).await, (200, json!({})));
    let made = shown().await;
    assert_eq!(
        (&made["fields"]["beds"]["type"], &made["fields"]["windows"]["type"]),
        (&json!("String"), &json!("Number"))
    );
    assert_eq!(
        (&made["fields"]["name"]["required"], &made["indexes"]["by"]),
        (&Json::Null, &json!({"name": -1}))
    );
    let (_, kept) = ask(&port, Method::GET, "/classes/Ward", None, Json::Null).await;
    assert_eq!((&kept["results"][0]["name"], &kept["results"][0]["beds"]), (&json!("east"), &Json::Null));
    for (method, path) in [(Method::POST, "/schemas/Other"), (Method::PUT, "/schemas/Ward")] {
        let locked = port.ask(method, path, Some(&json!({"fields": {"x": {"type": "String"}}}))).await;
        assert_eq!(code(&locked), (400, 119), "{}", locked.1);
    }

    // What can't be is refused, and the server from before goes on.
    let (status, said) = define(ward(json!({}), json!({"by": {"nowhere": 1}})), json!({})).await;
    let error = said["error"].as_str().unwrap();
    assert!(
        status == 500 && error.contains("the definition of Ward") && error.contains("nowhere"),
        "{error}"
    );
    assert_eq!(save(json!({"name": "south", "beds": "three"})).await, (201, 0));
    // A reset makes the classes anew.
    assert_eq!(port.control("reset", &json!({})).await, (200, json!({})));
    assert_eq!(shown().await["fields"]["windows"]["type"], "Number");
    assert!(port.stop().success());
}

#[tokio::test]
async fn classes_are_defined_on_sqlite() {
    classes_become_what_is_defined(None).await;
}

#[tokio::test]
async fn classes_are_defined_on_postgresql() {
    let uri = tokio::task::spawn_blocking(database::postgres).await.unwrap();
    classes_become_what_is_defined(Some(&uri)).await;
}

#[tokio::test]
async fn classes_are_defined_on_mongodb() {
    let uri = tokio::task::spawn_blocking(database::mongodb).await.unwrap();
    classes_become_what_is_defined(Some(&uri)).await;
}
