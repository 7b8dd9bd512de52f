//! Every route has a scenario of an anonymous caller and one of what the trail saw; a route without them is red.

use std::collections::{BTreeMap, BTreeSet};

use audit::{Stage, Status};
use http::Method;
use kit::{Answer, Kit};
use serde_json::{Value as Json, json};

/// What happens at one route.
struct Case {
    /// As in the route table: method and path.
    route: &'static str,
    /// Whose turn it is after the anonymous caller: a user of the kit, or the master key.
    by: By,
    /// The body, or for GET the parameters.
    body: Json,
    /// What an anonymous caller is answered: the status, the code, and the records.
    anonymous: (u16, Option<i64>, &'static str),
    /// What the other one is answered: the status and the records.
    audited: (u16, &'static str),
}

#[derive(Clone, Copy)]
enum By {
    Master,
    User(&'static str),
}

use By::{Master, User};

/// The cases of all routes that are built. In a path, `{…}` stands for what [`fill`] makes.
fn cases() -> Vec<Case> {
    let case = |route, by, body, anonymous, audited| Case { route, by, body, anonymous, audited };
    let none = || json!({});
    // A class that asks for a session: anonymous callers are answered as if nothing were there.
    let absent = |trail| (404, Some(101), trail);
    let dead = |trail| (400, Some(209), trail);
    let shut = |trail| (403, None, trail);
    let login = || json!({"username": "ann", "password": "correct horse battery"});
    vec![
        case(
            "POST /classes/{class}",
            User("ann"),
            json!({"n": 1}),
            absent("PHI.CREATE:intent PHI.CREATE:denied"),
            (201, "PHI.CREATE:intent PHI.CREATE:ok"),
        ),
        case("GET /classes/{class}", User("ann"), none(), absent("PHI.QUERY:denied"), (200, "PHI.QUERY:ok")),
        case(
            "GET /classes/{class}/{id}",
            User("ann"),
            none(),
            absent("PHI.READ:denied"),
            (200, "PHI.READ:ok"),
        ),
        case(
            "PUT /classes/{class}/{id}",
            User("ann"),
            json!({"n": 2}),
            absent("PHI.UPDATE:intent PHI.UPDATE:denied"),
            (200, "PHI.UPDATE:intent PHI.UPDATE:ok"),
        ),
        case(
            "DELETE /classes/{class}/{id}",
            User("ann"),
            none(),
            absent("PHI.DELETE:intent PHI.DELETE:denied"),
            (200, "PHI.DELETE:intent PHI.DELETE:ok"),
        ),
        // Anybody may sign up; what is refused is a second account of the same name.
        case(
            "POST /users",
            Master,
            json!({"username": "{fresh}", "password": "p"}),
            (201, None, "AUTH.SIGNUP:intent AUTH.SIGNUP:ok"),
            (201, "AUTH.SIGNUP:intent AUTH.SIGNUP:ok"),
        ),
        case("GET /users", User("ann"), none(), (200, None, "PHI.QUERY:ok"), (200, "PHI.QUERY:ok")),
        case("GET /users/me", User("ann"), none(), dead("AUTH.SESSION:denied"), (200, "AUTH.SESSION:ok")),
        case("GET /users/{id}", User("ann"), none(), absent("PHI.READ:error"), (200, "PHI.READ:ok")),
        case(
            "PUT /users/{id}",
            User("ann"),
            json!({"nickname": "x"}),
            (400, Some(206), "PHI.UPDATE:intent PHI.UPDATE:denied"),
            (200, "PHI.UPDATE:intent SCHEMA.UPDATE:ok PHI.UPDATE:ok"),
        ),
        case(
            "DELETE /users/{id}",
            User("gone"),
            none(),
            (400, Some(206), "PHI.DELETE:intent PHI.DELETE:denied"),
            (200, "PHI.DELETE:intent PHI.DELETE:ok"),
        ),
        case(
            "GET /login",
            Master,
            login(),
            (200, None, "AUTH.LOGIN:intent AUTH.LOGIN:ok"),
            (200, "AUTH.LOGIN:intent AUTH.LOGIN:ok"),
        ),
        case(
            "POST /login",
            Master,
            login(),
            (200, None, "AUTH.LOGIN:intent AUTH.LOGIN:ok"),
            (200, "AUTH.LOGIN:intent AUTH.LOGIN:ok"),
        ),
        case(
            "POST /loginAs",
            Master,
            json!({"userId": "{ann}"}),
            (400, Some(119), "AUTH.LOGIN:intent AUTH.LOGIN:denied"),
            (200, "AUTH.LOGIN:intent AUTH.LOGIN:ok"),
        ),
        case(
            "POST /logout",
            User("leaving"),
            none(),
            (200, None, "AUTH.LOGOUT:intent AUTH.LOGOUT:ok"),
            (200, "AUTH.LOGOUT:intent AUTH.LOGOUT:ok"),
        ),
        case("GET /verifyPassword", Master, login(), (200, None, "AUTH.LOGIN:ok"), (200, "AUTH.LOGIN:ok")),
        case("POST /verifyPassword", Master, login(), (200, None, "AUTH.LOGIN:ok"), (200, "AUTH.LOGIN:ok")),
        case(
            "POST /sessions",
            User("ann"),
            none(),
            dead("AUTH.SESSION:intent AUTH.SESSION:denied"),
            (201, "AUTH.SESSION:intent AUTH.SESSION:ok"),
        ),
        case("GET /sessions", User("ann"), none(), dead("PHI.QUERY:denied"), (200, "PHI.QUERY:ok")),
        case("GET /sessions/me", User("ann"), none(), dead("AUTH.SESSION:denied"), (200, "AUTH.SESSION:ok")),
        case("GET /sessions/{id}", User("ann"), none(), dead("PHI.READ:denied"), (200, "PHI.READ:ok")),
        case(
            "PUT /sessions/{id}",
            User("ann"),
            json!({"device": "x"}),
            dead("PHI.UPDATE:intent PHI.UPDATE:denied"),
            (200, "PHI.UPDATE:intent SCHEMA.UPDATE:ok PHI.UPDATE:ok"),
        ),
        case(
            "DELETE /sessions/{id}",
            User("ending"),
            none(),
            dead("PHI.DELETE:intent PHI.DELETE:denied"),
            (200, "PHI.DELETE:intent PHI.DELETE:ok"),
        ),
        case(
            "POST /roles",
            Master,
            json!({"name": "{fresh}", "ACL": {}}),
            (400, Some(119), "ROLE.CHANGE:intent ROLE.CHANGE:denied"),
            (201, "ROLE.CHANGE:intent ROLE.CHANGE:ok"),
        ),
        case("GET /roles", User("ann"), none(), (200, None, "PHI.QUERY:ok"), (200, "PHI.QUERY:ok")),
        case("GET /roles/{id}", User("ann"), none(), (200, None, "PHI.READ:ok"), (200, "PHI.READ:ok")),
        case(
            "PUT /roles/{id}",
            Master,
            json!({"about": "x"}),
            absent("ROLE.CHANGE:intent ROLE.CHANGE:error"),
            (200, "ROLE.CHANGE:intent SCHEMA.UPDATE:ok ROLE.CHANGE:ok"),
        ),
        case(
            "DELETE /roles/{id}",
            Master,
            none(),
            absent("ROLE.CHANGE:intent ROLE.CHANGE:error"),
            (200, "ROLE.CHANGE:intent ROLE.CHANGE:ok"),
        ),
        case(
            "POST /functions/{name}",
            User("ann"),
            json!({"name": "x"}),
            (200, None, "PLUGIN.CALL:ok FUNCTION.CALL:ok"),
            (200, "PLUGIN.CALL:ok FUNCTION.CALL:ok"),
        ),
        case("GET /schemas", Master, none(), shut("SCHEMA.READ:denied"), (200, "SCHEMA.READ:ok")),
        case(
            "POST /schemas",
            Master,
            json!({"className": "{fresh}"}),
            shut("SCHEMA.CREATE:intent SCHEMA.CREATE:denied"),
            (200, "SCHEMA.CREATE:intent SCHEMA.CREATE:ok"),
        ),
        case("GET /schemas/{class}", Master, none(), shut("SCHEMA.READ:denied"), (200, "SCHEMA.READ:ok")),
        case(
            "POST /schemas/{class}",
            Master,
            none(),
            shut("SCHEMA.CREATE:intent SCHEMA.CREATE:denied"),
            (200, "SCHEMA.CREATE:intent SCHEMA.CREATE:ok"),
        ),
        case(
            "PUT /schemas/{class}",
            Master,
            none(),
            shut("SCHEMA.UPDATE:intent SCHEMA.UPDATE:denied"),
            (200, "SCHEMA.UPDATE:intent SCHEMA.UPDATE:ok"),
        ),
        case(
            "DELETE /schemas/{class}",
            Master,
            none(),
            shut("SCHEMA.DELETE:intent SCHEMA.DELETE:denied"),
            (200, "SCHEMA.DELETE:intent SCHEMA.DELETE:ok"),
        ),
        case(
            "DELETE /purge/{class}",
            Master,
            none(),
            shut("PHI.DELETE:intent PHI.DELETE:denied"),
            (200, "PHI.DELETE:intent PHI.DELETE:ok"),
        ),
        case(
            "GET /aggregate/{class}",
            Master,
            json!({"pipeline": [{"$group": {"_id": "$n"}}]}),
            shut("PHI.QUERY:denied"),
            (200, "PHI.QUERY:ok"),
        ),
        case(
            "POST /batch",
            User("ann"),
            json!({"requests": [{"method": "GET", "path": "/parse/classes/Thing"}]}),
            (200, None, "PHI.QUERY:denied"),
            (200, "PHI.QUERY:ok"),
        ),
        case("GET /health", Master, none(), (200, None, ""), (200, "")),
        case("GET /serverInfo", Master, none(), shut("ADMIN.READ:denied"), (200, "ADMIN.READ:ok")),
        case("POST /serverInfo", Master, none(), shut("ADMIN.READ:denied"), (200, "ADMIN.READ:ok")),
    ]
}

/// Makes what a path and a body name.
async fn fill(kit: &Kit, case: &Case) -> (Method, String, Json) {
    let (method, path) = case.route.split_once(' ').unwrap();
    let fresh = format!("Fresh{}", kit.records().len());
    let mut path = path.to_owned();
    if path.contains("{id}") {
        let id = match path.split('/').nth(1).unwrap() {
            "classes" => kit.seed("Thing", json!({"n": 1})).await,
            "roles" => kit.role(&fresh, &[]).await,
            "users" => kit.id_of(user(case.by)).await,
            "sessions" => kit.get("/sessions/me").as_user(user(case.by)).await.id(),
            other => panic!("nothing is made for /{other}"),
        };
        path = path.replace("{id}", &id);
    }
    let class = match case.route {
        "POST /schemas/{class}" => &fresh,
        "DELETE /schemas/{class}" => "Empty",
        _ => "Thing",
    };
    let path = path.replace("{class}", class).replace("{name}", "hello");
    let body = case.body.to_string().replace("{fresh}", &fresh).replace("{ann}", &kit.id_of("ann").await);
    (method.parse().unwrap(), path, serde_json::from_str(&body).unwrap())
}

fn user(by: By) -> &'static str {
    match by {
        User(name) => name,
        Master => "ann",
    }
}

fn told(answer: &Answer) -> String {
    let line = |record: &audit::Record| match record.stage {
        Stage::Intent => format!("{}:intent", record.code),
        _ => {
            let status = match record.outcome.map(|outcome| outcome.status) {
                Some(Status::Ok) => "ok",
                Some(Status::Denied) => "denied",
                Some(Status::Error) => "error",
                _ => "unknown",
            };
            format!("{}:{status}", record.code)
        }
    };
    answer.records().iter().map(line).collect::<Vec<_>>().join(" ")
}

fn ask<'a>(kit: &'a Kit, method: &Method, path: &str, body: &Json) -> kit::Request<'a> {
    let mut request = kit.ask(method.clone(), path);
    if *method != Method::GET {
        return request.json(body.clone());
    }
    for (name, value) in body.as_object().unwrap() {
        request = request.query(name, value.clone());
    }
    request
}

#[tokio::test]
async fn every_route_answers_anonymous_callers_and_is_seen_by_the_trail() {
    let only = json!({"requiresAuthentication": true});
    let kit = Kit::new()
        .schema(json!({
            "className": "Thing", "fields": {"n": {"type": "Number"}},
            "classLevelPermissions": {
                "find": only, "get": only, "count": only, "create": only, "update": only, "delete": only, "addField": {},
            },
        }))
        .class("Empty", json!({}))
        .plugin("hello-function")
        .start()
        .await;
    let mut wrong = Vec::new();
    for case in cases() {
        let (method, path, body) = fill(&kit, &case).await;
        let answer = ask(&kit, &method, &path, &body).anonymous().await;
        let got = (answer.status, answer.body["code"].as_i64(), told(&answer));
        let (status, code, trail) = case.anonymous;
        if got != (status, code, trail.to_owned()) {
            wrong.push(format!("{} anonymous: {got:?} {}", case.route, answer.text));
        }
        let (method, path, body) = fill(&kit, &case).await;
        let request = ask(&kit, &method, &path, &body);
        let request = match case.by {
            Master => request.as_master(),
            User(name) => request.as_user(name),
        };
        let answer = request.await;
        let got = (answer.status, told(&answer));
        if got != (case.audited.0, case.audited.1.to_owned()) {
            wrong.push(format!("{}: {got:?} {}", case.route, answer.text));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    kit.finish().await;
}

#[test]
fn no_route_is_without_its_scenarios() {
    let cases: Vec<&str> = cases().iter().map(|case| case.route).collect();
    let known: BTreeSet<&str> = cases.iter().copied().collect();
    assert_eq!(known.len(), cases.len(), "a route has two cases");
    // What isn't built yet is one scenario for all: rest/unsupported.rs.
    let built: BTreeSet<String> = rest::route::table()
        .filter(|row| !row.later)
        .map(|row| format!("{} {}", row.method, row.path))
        .collect();
    let missing: Vec<&String> = built.iter().filter(|route| !known.contains(route.as_str())).collect();
    assert!(missing.is_empty(), "routes without an anonymous and an audit scenario: {missing:?}");
    let gone: Vec<&str> = known.into_iter().filter(|route| !built.contains(*route)).collect();
    assert!(gone.is_empty(), "scenarios of routes that are gone: {gone:?}");
}

/// The administration of plugins, which hangs beside the Parse routes.
#[tokio::test]
async fn nobody_without_the_master_key_administers_plugins_and_every_attempt_is_recorded() {
    let kit = Kit::new().plugin("hello-function").start().await;
    let one = "/parapet/v1/plugins/hello-function";
    let digest = kit.at(Method::GET, one).as_master().await.ok(200);
    let digest = digest.body["versions"][0]["digest"].as_str().unwrap_or("0").to_owned();
    let approval = json!({"version": digest, "by": "nobody"});
    let mut seen: BTreeMap<String, u16> = BTreeMap::new();
    for (method, path, body) in [
        (Method::GET, "/parapet/v1/plugins".to_owned(), none()),
        (Method::POST, "/parapet/v1/plugins".to_owned(), json!({"not": "wasm"})),
        (Method::GET, one.to_owned(), none()),
        (Method::GET, format!("{one}/versions/{digest}"), none()),
        (Method::POST, format!("{one}/approve"), approval.clone()),
        (Method::POST, format!("{one}/activate"), approval.clone()),
        (Method::POST, format!("{one}/rollback"), none()),
        (Method::POST, format!("{one}/disable"), none()),
        (Method::DELETE, one.to_owned(), none()),
    ] {
        for stranger in [true, false] {
            let request = kit.at(method.clone(), &path).json(body.clone());
            let answer = if stranger { request.as_stranger().await } else { request.as_user("ann").await };
            assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text);
            let denied = answer
                .records()
                .iter()
                .any(|record| record.outcome.is_some_and(|outcome| outcome.status == Status::Denied));
            assert!(denied, "{method} {path} isn't in the trail: {}", told(&answer));
            seen.insert(format!("{method} {path} {stranger}"), answer.status);
        }
    }
    assert_eq!(seen.len(), 18);
    kit.post("/functions/hello").json(json!({"name": "x"})).await.ok(200);
    kit.finish().await;
}

fn none() -> Json {
    json!({})
}
