//! `/parapet/v1/plugins`: the life cycle of plugins.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{FromRequestParts as _, Path, Request, State},
    http::{Method, StatusCode, request::Parts},
    response::Response,
    routing::{get, post},
};
use data::{Act, Context, Data, Unheard};
use model::Code;
use plugin::{Decision, Host};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value as Json, json};

use super::{
    desk,
    reply::{Failure, answer},
};

/// Where the routes hang.
pub(crate) const PLUGINS: &str = "/parapet/v1/plugins";

/// The word that stands for the newest version in a path.
const LATEST: &str = "latest";

/// The largest JSON body, in bytes: grants and settings are small.
const MOST_JSON: usize = 256 << 10;

/// What the handlers work with.
#[derive(Clone)]
struct Desk {
    data: Data,
    plugins: Host,
    /// The largest component, in bytes.
    most: usize,
}

/// Makes the routes.
pub(crate) fn router(data: Data, plugins: Host, most: usize) -> Router {
    let one = format!("{PLUGINS}/{{name}}");
    let version = format!("{one}/versions/{{version}}");
    Router::new()
        .route(PLUGINS, get(serve).post(serve).fallback(no_method))
        .route(&one, get(serve).delete(serve).fallback(no_method))
        .route(&version, get(serve).delete(serve).fallback(no_method))
        .route(&format!("{one}/{{act}}"), post(serve).fallback(no_method))
        .with_state(Desk { data, plugins, most })
}

async fn no_method() -> Response {
    answer(StatusCode::METHOD_NOT_ALLOWED, &json!({"error": "Method not allowed"}))
}

/// What a request asks for.
enum Wish {
    List,
    Install,
    Inspect { name: String, version: Option<String> },
    Remove { name: String, version: Option<String> },
    Approve { name: String },
    Activate { name: String },
    RollBack { name: String },
    Disable { name: String },
}

impl Wish {
    /// Reads the method and the parts of the path.
    fn read(method: &Method, path: Vec<String>) -> Option<Wish> {
        let posts = method == Method::POST;
        let mut path = path.into_iter();
        Some(match (path.next(), path.next()) {
            (None, _) if posts => Wish::Install,
            (None, _) => Wish::List,
            (Some(name), Some(act)) if posts => match act.as_str() {
                "approve" => Wish::Approve { name },
                "activate" => Wish::Activate { name },
                "rollback" => Wish::RollBack { name },
                "disable" => Wish::Disable { name },
                _ => return None,
            },
            (Some(name), version) => {
                let version = version.filter(|version| version != LATEST);
                match *method == Method::DELETE {
                    true => Wish::Remove { name, version },
                    false => Wish::Inspect { name, version },
                }
            }
        })
    }

    /// How the trail names it, and what it is done to.
    fn act(&self) -> (Act, &str) {
        match self {
            Wish::List => (Act::PluginRead, "*"),
            Wish::Install => (Act::PluginInstall, "*"),
            Wish::Inspect { name, .. } => (Act::PluginRead, name),
            Wish::Remove { name, .. } => (Act::PluginRemove, name),
            Wish::Approve { name } => (Act::PluginApprove, name),
            Wish::Activate { name } => (Act::PluginActivate, name),
            Wish::RollBack { name } => (Act::PluginRollback, name),
            Wish::Disable { name } => (Act::PluginDisable, name),
        }
    }
}

/// Names the version that an act concerns.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Which {
    version: Option<String>,
}

/// An approval: which version, and what the approver decides.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Approve {
    version: Option<String>,
    granted: Option<plugin::manifest::Asks>,
    settings: Option<Json>,
    by: Option<String>,
    note: Option<String>,
}

async fn serve(State(desk): State<Desk>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // In a task of its own: a caller who leaves can't stop an act half-way.
    let work = tokio::spawn(async move { desk.answer(parts, body).await });
    match work.await {
        Ok(Ok(response)) => response,
        Ok(Err(failure)) => axum::response::IntoResponse::into_response(failure),
        Err(_) => {
            answer(StatusCode::INTERNAL_SERVER_ERROR, &json!({"code": 1, "error": "Internal server error."}))
        }
    }
}

impl Desk {
    async fn answer(&self, mut parts: Parts, body: Body) -> Result<Response, Failure> {
        let path = match Path::<Vec<String>>::from_request_parts(&mut parts, &()).await {
            Ok(Path(path)) => path.into_iter().filter(|part| part != "versions").collect(),
            Err(_) => Vec::new(),
        };
        let Some(wish) = Wish::read(&parts.method, path) else {
            return Ok(answer(StatusCode::NOT_FOUND, &json!({"error": "Not found"})));
        };
        let asks = desk::enter(&self.data, &parts).await?;
        self.permit(&asks, &wish).await?;
        let most = if matches!(wish, Wish::Install) { self.most } else { MOST_JSON };
        let body = axum::body::to_bytes(body, most).await;
        // Its time begins when it is there whole: a component may be long on its way.
        let cx = desk::enter(&self.data, &parts).await?;
        let answer = match body {
            Ok(bytes) => self.carry_out(&cx, wish, bytes).await,
            Err(_) => Err(Failure::TooLarge),
        };
        if answer.is_err() && !cx.is_recorded() {
            let asked = format!("{} {PLUGINS}", parts.method);
            let unheard = Unheard { asked: &asked, rule: "unreadable", code: None };
            self.data.unheard(&cx, unheard).await?;
        }
        answer
    }

    /// Refuses, and records it, before a body is even read.
    async fn permit(&self, cx: &Context, wish: &Wish) -> Result<(), Failure> {
        let (act, name) = wish.act();
        let looks = act == Act::PluginRead && cx.is_master();
        if cx.may_administer() || looks {
            return Ok(());
        }
        Ok(self.data.administer(cx, act, name, async { Err(data::Error::Forbidden("unauthorized")) }).await?)
    }

    async fn carry_out(&self, cx: &Context, wish: Wish, bytes: Bytes) -> Result<Response, Failure> {
        let (host, data) = (&self.plugins, &self.data);
        Ok(match wish {
            Wish::List => ok(&json!({"plugins": host.list(data, cx).await?})),
            Wish::Install => {
                let installed = host.install(data, cx, bytes.to_vec()).await?;
                answer(StatusCode::CREATED, &installed)
            }
            Wish::Inspect { name, version } => ok(&host.inspect(data, cx, &name, version.as_deref()).await?),
            Wish::Remove { name, version } => ok(&host.remove(data, cx, &name, version.as_deref()).await?),
            Wish::Approve { name } => {
                let Approve { version, granted, settings, by, note } = read(&bytes)?;
                let decision = Decision { granted, settings, by, note };
                ok(&host.approve(data, cx, &name, version.as_deref(), decision).await?)
            }
            Wish::Activate { name } => {
                let Which { version } = read(&bytes)?;
                ok(&host.activate(data, cx, &name, version.as_deref()).await?)
            }
            Wish::RollBack { name } => {
                let Which { version } = read(&bytes)?;
                ok(&host.roll_back(data, cx, &name, version.as_deref()).await?)
            }
            Wish::Disable { name } => ok(&host.disable(data, cx, &name).await?),
        })
    }
}

fn ok(body: &impl Serialize) -> Response {
    answer(StatusCode::OK, body)
}

/// Reads a JSON body; nothing at all is an empty one.
fn read<T: DeserializeOwned + Default>(bytes: &[u8]) -> Result<T, Failure> {
    if bytes.trim_ascii().is_empty() {
        return Ok(T::default());
    }
    // Where it is wrong is told, what stands there isn't: settings may be secret.
    serde_json::from_slice(bytes).map_err(|error| {
        let why = match error.classify() {
            serde_json::error::Category::Data => "has a field that isn't known or of another type",
            _ => "is not JSON",
        };
        let place = format!("the body {why} (line {}, column {})", error.line(), error.column());
        Failure::Data(data::Error::refused(Code::InvalidJson, place))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(method: Method, path: &[&str]) -> Option<(Act, String)> {
        let wish = Wish::read(&method, path.iter().map(|part| (*part).to_owned()).collect())?;
        let (act, name) = wish.act();
        Some((act, name.to_owned()))
    }

    #[test]
    fn paths_and_methods_are_acts() {
        let named = |act: Act| Some((act, "p".to_owned()));
        assert_eq!(act(Method::GET, &[]), Some((Act::PluginRead, "*".to_owned())));
        assert_eq!(act(Method::POST, &[]), Some((Act::PluginInstall, "*".to_owned())));
        assert_eq!(act(Method::GET, &["p"]), named(Act::PluginRead));
        assert_eq!(act(Method::DELETE, &["p"]), named(Act::PluginRemove));
        assert_eq!(act(Method::DELETE, &["p", "1.0.0"]), named(Act::PluginRemove));
        assert_eq!(act(Method::POST, &["p", "approve"]), named(Act::PluginApprove));
        assert_eq!(act(Method::POST, &["p", "activate"]), named(Act::PluginActivate));
        assert_eq!(act(Method::POST, &["p", "rollback"]), named(Act::PluginRollback));
        assert_eq!(act(Method::POST, &["p", "disable"]), named(Act::PluginDisable));
        assert_eq!(act(Method::POST, &["p", "explode"]), None);
    }

    #[test]
    fn a_bad_body_is_placed_and_not_quoted() {
        assert!(read::<Which>(b" ").unwrap().version.is_none());
        assert_eq!(read::<Which>(b"{\"version\": \"1.0.0\"}").unwrap().version.as_deref(), Some("1.0.0"));
        for bad in [&b"{\"hunter2\": 1}"[..], b"{\"version\": hunter2", b"{\"version\": [\"hunter2\"]}"] {
            let Err(Failure::Data(error)) = read::<Which>(bad) else { panic!("a refusal is expected") };
            assert!(
                error.to_string().starts_with("the body ") && !error.to_string().contains("hunter2"),
                "{error}"
            );
        }
    }
}
