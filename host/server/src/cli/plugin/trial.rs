//! `parapet plugin run`: one event through a plugin, on a whole server that lives in memory.

mod fixture;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context as _, anyhow, bail};
use axum::{Router, body::Body, extract::ConnectInfo};
use clap::Args;
use hyper::{Method, Request};
use serde_json::{Map, Value as Json, json};
use tower::ServiceExt as _;

use super::{pack, project::Project};
use crate::{
    admin,
    cli::{block_on, print},
    config::Config,
    exit::Exit,
    wire,
};
use fixture::{Caller, Event, Fixture};

/// Runs one event through the plugin on a server in memory.
///
/// The plugin is granted everything it asks for. The answer, the object as it is stored then, and the
/// trail's records of the plugin's calls are printed as JSON.
#[derive(Debug, Args)]
pub(in crate::cli) struct Run {
    /// The plugin's folder, which is built first, or a built .wasm file.
    #[arg(default_value = ".", value_name = "DIR|FILE")]
    path: PathBuf,
    /// The event to run, as JSON: see `event`, `class`, `object`, `original`, `user`, `objects`.
    #[arg(long, value_name = "FILE")]
    event: PathBuf,
}

impl Run {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let text = std::fs::read_to_string(&self.event).with_context(|| self.event.display().to_string())?;
        let fixture = Fixture::parse(&text).with_context(|| self.event.display().to_string())?;
        let bytes = if self.path.is_dir() {
            pack::build(&Project::open(&self.path)?, None, pack::Stamp::AsWritten)?.bytes
        } else {
            std::fs::read(&self.path).with_context(|| self.path.display().to_string())?
        };
        let outcome = block_on(run(&bytes, &fixture))?;
        print::line(serde_json::to_string_pretty(&outcome)?);
        Ok(())
    }
}

/// Runs one event and gathers everything that came of it.
async fn run(component: &[u8], fixture: &Fixture) -> anyhow::Result<Json> {
    let mut config = Config::default();
    // Nobody has made the fixture's class before.
    config.data.allow_client_class_creation = true;
    let memory = wire::in_memory(config).await?;
    let desk = Desk { router: memory.app.router.clone(), app_id: memory.app_id, master: memory.master_key };

    for (class, objects) in &fixture.objects {
        for object in objects {
            desk.seed(&format!("classes/{class}"), Json::Object(object.clone())).await?;
        }
    }
    let id = match (&fixture.original, &fixture.class) {
        (Some(original), Some(class)) => {
            Some(desk.seed(&format!("classes/{class}"), Json::Object(original.clone())).await?)
        }
        _ => None,
    };
    let session = match &fixture.user {
        Some(caller) => Some(desk.sign_up(caller).await?),
        None => None,
    };
    let plugin = desk.install(component, fixture.settings.as_ref()).await?;

    let who = match (&session, fixture.master) {
        (Some(token), false) => Who::User(token),
        (_, true) => Who::Master,
        (None, false) => Who::Nobody,
    };
    let (method, path, body) = request(fixture, id.as_deref())?;
    let (status, answer) = desk.ask(method, &path, who, body).await?;
    desk.disable(&plugin).await?;
    let stored = match (id.as_deref().or(answer.get("objectId").and_then(Json::as_str)), &fixture.class) {
        (Some(id), Some(class)) => desk.stored(class, id).await?,
        _ => Json::Null,
    };
    memory.app.data.close().await;
    let calls: Vec<_> = memory.sink.records().into_iter().filter(|record| record.plugin.is_some()).collect();
    Ok(json!({"status": status, "answer": answer, "stored": stored, "calls": calls}))
}

/// The request that raises an event.
fn request(fixture: &Fixture, id: Option<&str>) -> anyhow::Result<(Method, String, Option<Json>)> {
    if fixture.event == Event::Function {
        let name = fixture.function.as_deref().context("the fixture names no function")?;
        return Ok((Method::POST, format!("functions/{name}"), Some(fixture.params.clone())));
    }
    let class = fixture.class.as_deref().context("the fixture names no class")?;
    let object = || Json::Object(fixture.object.clone().unwrap_or_default());
    let one = |id: &str| format!("classes/{class}/{id}");
    Ok(match (fixture.event, id) {
        (Event::BeforeSave | Event::AfterSave, Some(id)) => (Method::PUT, one(id), Some(object())),
        (Event::BeforeSave | Event::AfterSave, None) => {
            (Method::POST, format!("classes/{class}"), Some(object()))
        }
        (Event::BeforeDelete | Event::AfterDelete, Some(id)) => (Method::DELETE, one(id), None),
        (Event::BeforeDelete | Event::AfterDelete, None) => bail!("the fixture has no original to delete"),
        (Event::BeforeFind | Event::AfterFind | Event::Function, _) => {
            let mut body: Map<String, Json> = fixture.query.clone().unwrap_or_default();
            body.insert("_method".to_owned(), "GET".into());
            (Method::POST, format!("classes/{class}"), Some(Json::Object(body)))
        }
    })
}

/// As whom a request is made.
#[derive(Clone, Copy)]
enum Who<'a> {
    Nobody,
    User(&'a str),
    Master,
}

/// The server's routes, asked without a socket.
struct Desk {
    router: Router,
    app_id: String,
    master: String,
}

impl Desk {
    async fn ask(
        &self,
        method: Method,
        path: &str,
        who: Who<'_>,
        body: Option<Json>,
    ) -> anyhow::Result<(u16, Json)> {
        let body = body.map_or_else(Body::empty, |json| Body::from(json.to_string()));
        self.send(method, &format!("/parse/{path}"), "application/json", who, body).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        who: Who<'_>,
        body: Body,
    ) -> anyhow::Result<(u16, Json)> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("Content-Type", kind)
            .header("X-Parse-Application-Id", &self.app_id);
        request = match who {
            Who::Nobody => request,
            Who::User(token) => request.header("X-Parse-Session-Token", token),
            Who::Master => request.header("X-Parse-Master-Key", &self.master),
        };
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let request = request.extension(ConnectInfo(peer)).body(body)?;
        let answer = self.router.clone().oneshot(request).await?;
        let status = answer.status().as_u16();
        let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await?;
        Ok((status, if bytes.is_empty() { Json::Null } else { serde_json::from_slice(&bytes)? }))
    }

    /// Stores something with the master key and answers its id.
    async fn seed(&self, path: &str, body: Json) -> anyhow::Result<String> {
        let (status, answer) = self.ask(Method::POST, path, Who::Master, Some(body)).await?;
        let id = answer.get("objectId").and_then(Json::as_str).filter(|_| status < 300);
        id.map(str::to_owned).ok_or_else(|| anyhow!("{path} can't be seeded: status {status}, {answer}"))
    }

    /// Makes the caller with its roles and answers its session token.
    async fn sign_up(&self, caller: &Caller) -> anyhow::Result<String> {
        let password = auth::token::key();
        let body = json!({"username": caller.username, "password": password});
        let (status, answer) = self.ask(Method::POST, "users", Who::Nobody, Some(body)).await?;
        let word = |field: &str| answer.get(field).and_then(Json::as_str).map(str::to_owned);
        let Some((id, token)) = word("objectId").zip(word("sessionToken")) else {
            bail!("the user can't be made: status {status}, {answer}");
        };
        for role in &caller.roles {
            let user = json!({"__type": "Pointer", "className": "_User", "objectId": id});
            let users = json!({"__op": "AddRelation", "objects": [user]});
            self.seed("roles", json!({"name": role, "ACL": {"*": {"read": true}}, "users": users})).await?;
        }
        Ok(token)
    }

    /// Installs the component, grants it what it asks, puts it to work, and answers its name.
    async fn install(&self, component: &[u8], settings: Option<&Json>) -> anyhow::Result<String> {
        let root = admin::PLUGINS;
        let body = Body::from(component.to_vec());
        let (status, answer) = self.send(Method::POST, root, "application/wasm", Who::Master, body).await?;
        settle(status, &answer).context(Exit::Plugin)?;
        let word = |field: &str| answer.get(field).and_then(Json::as_str).unwrap_or_default().to_owned();
        let (name, digest) = (word("name"), word("digest"));
        let mut approve = json!({"version": digest, "by": "parapet plugin run"});
        if let (Some(settings), Some(approve)) = (settings, approve.as_object_mut()) {
            approve.insert("settings".to_owned(), settings.clone());
        }
        for (act, body) in [("approve", approve), ("activate", json!({"version": digest}))] {
            let path = format!("{root}/{name}/{act}");
            let body = Body::from(body.to_string());
            let (status, answer) =
                self.send(Method::POST, &path, "application/json", Who::Master, body).await?;
            settle(status, &answer).context(Exit::Plugin)?;
        }
        Ok(name)
    }

    /// Takes the plugin out of work.
    async fn disable(&self, name: &str) -> anyhow::Result<()> {
        let path = format!("{}/{name}/disable", admin::PLUGINS);
        let (status, answer) =
            self.send(Method::POST, &path, "application/json", Who::Master, Body::empty()).await?;
        settle(status, &answer)
    }

    /// Reads an object as it is stored; the plugin is out of work by then, so it masks nothing.
    async fn stored(&self, class: &str, id: &str) -> anyhow::Result<Json> {
        let (status, answer) =
            self.ask(Method::GET, &format!("classes/{class}/{id}"), Who::Master, None).await?;
        Ok(if status == 200 { answer } else { Json::Null })
    }
}

fn settle(status: u16, answer: &Json) -> anyhow::Result<()> {
    match answer.get("error").and_then(Json::as_str) {
        _ if status < 300 => Ok(()),
        Some(error) => bail!("{error}"),
        None => bail!("status {status}"),
    }
}
