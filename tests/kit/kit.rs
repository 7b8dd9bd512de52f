//! A whole server in this process: the database, the real trail, the plugin host and every route.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use audit::Record;
use axum::Router;
use data::{Clock as _, SystemClock};
use http::Method;
use model::Date;
use serde_json::{Value as Json, json};
use server::Config;
use server::wire::{self, App};
use tempfile::TempDir;

use crate::canary::Canaries;
use crate::database::Backend;
use crate::fixed::{Fixed, START};
use crate::request::Request;
use crate::setup::Setup;
use crate::stable::Stable;
use crate::trail::Trail;

/// The application id of every kit.
pub const APP_ID: &str = "kit";
/// The master key of every kit.
pub const MASTER_KEY: &str = "the-master-key-of-the-kit";
/// Where the Parse routes are mounted.
pub const MOUNT: &str = "/parse";

/// The password of every user that a kit makes.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A running server and what a scenario knows of it.
///
/// Ends with [`Kit::finish`], which closes the server, verifies its trail and looks for canaries.
pub struct Kit {
    pub(crate) router: Router,
    pub(crate) canaries: Canaries,
    pub(crate) stable: Mutex<Stable>,
    trail: Mutex<Trail>,
    app: Option<App>,
    folder: TempDir,
    users: Mutex<BTreeMap<String, User>>,
    requests: AtomicU64,
    config: Config,
    fixed: Arc<Fixed>,
    verifier: audit::VKey,
    finished: bool,
}

/// A user that the kit made.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) token: String,
}

impl Kit {
    /// Begins to describe a server.
    #[expect(clippy::new_ret_no_self, reason = "the kit exists once it is started")]
    pub fn new() -> Setup {
        Setup::new()
    }

    pub(crate) async fn start(setup: Setup) -> Kit {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let Setup { mut config, plugins, classes } = setup;
        let canaries = Canaries::listen();
        config.server.data_dir = folder.path().join("data");
        if config.database.uri.is_none() {
            let made = tokio::task::spawn_blocking(|| Backend::of_kits().database()).await;
            config.database.uri = made.expect("no panic");
        }
        let audit_dir = config.audit_dir();
        let origin = audit::Config { dir: audit_dir.clone(), ..config.audit.clone() }.origin();
        let keys_dir = config.audit_keys_dir();
        let fixed = Fixed::new();
        // Boxed: it is by far the largest thing that a scenario waits for.
        let app = Box::pin(wire::build(config.clone(), fixed.sources())).await.expect("the server starts");
        let verifier = audit::Keys::open(&keys_dir).expect("the trail's keys").vkey(&origin);
        let kit = Kit {
            router: app.router.clone(),
            canaries,
            // Guests see the machine's clock.
            stable: Mutex::new(Stable::since(SystemClock.now().min(Date(START)).to_string())),
            trail: Mutex::new(Trail::open(&audit_dir)),
            app: Some(app),
            folder,
            users: Mutex::default(),
            requests: AtomicU64::new(1),
            config,
            fixed,
            verifier,
            finished: false,
        };
        for schema in classes {
            let name = schema["className"].as_str().expect("a class has a name").to_owned();
            kit.post(&format!("/schemas/{name}")).json(schema).as_master().await.ok(200);
        }
        for wanted in plugins {
            kit.activate(&wanted.component, wanted.settings).await;
        }
        kit
    }

    /// Asks with GET; the path is below the Parse mount.
    pub fn get(&self, path: &str) -> Request<'_> {
        self.ask(Method::GET, path)
    }

    /// Asks with POST.
    pub fn post(&self, path: &str) -> Request<'_> {
        self.ask(Method::POST, path)
    }

    /// Asks with PUT.
    pub fn put(&self, path: &str) -> Request<'_> {
        self.ask(Method::PUT, path)
    }

    /// Asks with DELETE.
    pub fn delete(&self, path: &str) -> Request<'_> {
        self.ask(Method::DELETE, path)
    }

    /// Asks with any method below the Parse mount.
    pub fn ask(&self, method: Method, path: &str) -> Request<'_> {
        Request::new(self, method, format!("{MOUNT}{path}"))
    }

    /// Asks at a path that isn't below the Parse mount.
    pub fn at(&self, method: Method, path: &str) -> Request<'_> {
        Request::new(self, method, path.to_owned())
    }

    /// Installs, approves with everything it asks, and activates a plugin; gives its name.
    pub async fn activate(&self, component: &[u8], settings: Option<Json>) -> String {
        let plugins = "/parapet/v1/plugins";
        let installed = self.at(Method::POST, plugins).bytes(component).as_master().await.ok(201);
        let name = installed.body["name"].as_str().expect("an installed plugin has a name").to_owned();
        let version = installed.body["digest"].as_str().expect("an installed plugin has a digest").to_owned();
        let mut approval = json!({"version": version, "by": "the kit"});
        if let Some(settings) = settings {
            approval["settings"] = settings;
        }
        let at = |act: &str| self.at(Method::POST, &format!("{plugins}/{name}/{act}")).as_master();
        at("approve").json(approval).await.ok(200);
        at("activate").json(json!({"version": version})).await.ok(200);
        name
    }

    /// The session of a user, who is signed up if this is the first time.
    pub(crate) async fn user(&self, name: &str) -> User {
        let known = self.users.lock().expect("no test panicked here").get(name).cloned();
        if let Some(user) = known {
            return user;
        }
        let body = json!({"username": name, "password": PASSWORD});
        let made = Box::pin(self.post("/users").json(body).send()).await.ok(201);
        let word =
            |field: &str| made.body[field].as_str().expect("a user has an id and a session").to_owned();
        let user = User { id: word("objectId"), token: word("sessionToken") };
        self.users.lock().expect("no test panicked here").insert(name.to_owned(), user.clone());
        self.stable.lock().expect("no test panicked here").name(&user.id, name);
        user
    }

    /// The object id of a user, who is signed up if this is the first time.
    pub async fn id_of(&self, user: &str) -> String {
        self.user(user).await.id
    }

    /// The session token of a user, who is signed up if this is the first time.
    pub async fn token_of(&self, user: &str) -> String {
        self.user(user).await.token
    }

    /// Makes a role with members; gives its object id.
    pub async fn role(&self, name: &str, members: &[&str]) -> String {
        let mut objects = Vec::new();
        for member in members {
            objects.push(
                json!({"__type": "Pointer", "className": "_User", "objectId": self.id_of(member).await}),
            );
        }
        let mut body = json!({"name": name, "ACL": {"*": {"read": true}}});
        if !objects.is_empty() {
            body["users"] = json!({"__op": "AddRelation", "objects": objects});
        }
        self.post("/roles").json(body).as_master().await.ok(201).id()
    }

    /// Makes an object with the master key; gives its object id.
    pub async fn seed(&self, class: &str, body: Json) -> String {
        self.post(&format!("/classes/{class}")).json(body).as_master().await.ok(201).id()
    }

    /// A text that nothing else contains and that must appear in no record, log line or error.
    pub fn canary(&self) -> String {
        self.canaries.plant()
    }

    /// A name for the next request.
    pub(crate) fn next_request(&self) -> String {
        format!("kit-{}", self.requests.fetch_add(1, Ordering::Relaxed))
    }

    /// Every record that the trail has now.
    pub fn records(&self) -> Vec<Record> {
        self.trail.lock().expect("no test panicked here").all()
    }

    /// The server's data folder.
    pub fn data_dir(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// The verifier key of the trail.
    pub fn verifier(&self) -> audit::VKey {
        self.verifier.clone()
    }

    /// Closes the server and starts it again on what it kept.
    pub async fn restart(&mut self) {
        self.router = Router::new();
        if let Some(app) = self.app.take() {
            app.close().await.expect("the server closes");
        }
        let app = Box::pin(wire::build(self.config.clone(), self.fixed.sources()))
            .await
            .expect("the server starts again");
        self.router = app.router.clone();
        self.app = Some(app);
    }

    /// Where the trail is.
    pub fn trail_dir(&self) -> std::path::PathBuf {
        self.config.audit_dir()
    }

    /// The clock and the ids of the server.
    pub fn clock(&self) -> &Fixed {
        &self.fixed
    }

    /// The settings that the server runs with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Ends the scenario as [`Kit::finish`] does, and looks at what the closed server left before it is removed.
    pub async fn close_and(mut self, look: impl FnOnce()) {
        self.end().await;
        look();
    }

    /// The server itself.
    pub fn app(&self) -> &App {
        self.app.as_ref().expect("the server runs until it is finished")
    }

    /// Closes the server, verifies the whole trail, and looks for canaries in trail and log.
    pub async fn finish(mut self) {
        self.end().await;
    }

    async fn end(&mut self) {
        self.finished = true;
        self.router = Router::new();
        if let Some(app) = self.app.take() {
            app.close().await.expect("the server closes");
        }
        let trail = self.trail_dir();
        let options = audit::verify::Options { key: Some(self.verifier()), ..Default::default() };
        let report = audit::verify(&trail, &options).expect("the trail can be read");
        assert!(report.findings.is_empty(), "the trail isn't whole: {:?}", report.findings);
        assert_eq!(report.unsealed, 0, "the last checkpoint covers the whole trail");
        self.canaries.search_files(&trail);
        self.canaries.search_log();
    }

    /// Whether the log since this kit started holds a text. Other scenarios that run meanwhile write there too.
    pub fn log_holds(&self, text: &str) -> bool {
        self.canaries.log_holds(text)
    }

    /// Whether a file below the data folder holds a text: an embedded database shows that looking for canaries finds some.
    pub fn data_holds(&self, text: &str) -> bool {
        crate::canary::files_hold(Path::new(&self.data_dir()), text)
    }
}

impl Drop for Kit {
    fn drop(&mut self) {
        assert!(self.finished || std::thread::panicking(), "end the scenario with kit.finish().await");
    }
}
