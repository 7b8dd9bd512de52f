//! The hall that every request walks through, from its bytes to its answer.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, HttpBody as _},
    extract::{ConnectInfo, Request, State},
    response::Response,
};
use data::{Context, Credentials, Data, Unheard};
use http::{HeaderValue, Method, StatusCode, header, request::Parts};
use serde_json::{Map as JsonMap, Value as Json};
use tracing::Instrument as _;

use crate::{
    Config, Running,
    error::Failure,
    extract::{address, body, caller, json, url},
    layer::{cors::Cors, detach::detached},
    reply::Reply,
    route::{self, Call, Handler, Match, Row},
};

#[cfg(test)]
mod tests;

const REQUEST_ID: &str = "x-parse-request-id";

/// What every request needs.
pub(crate) struct Hall {
    pub(crate) data: Data,
    pub(crate) config: Config,
    cors: Cors,
    running: Running,
}

/// Makes the REST API's router.
///
/// It hangs below the mount path of the settings, and answers everything outside of it that no other route takes
/// with a 404 of JSON. A router merged with it must not have a fallback of its own.
pub fn router(data: Data, config: Config) -> Router {
    router_counting(data, config, Running::default())
}

/// Makes the REST API's router, as [`router`] does, and counts the requests that are being worked on.
pub fn router_counting(data: Data, config: Config, running: Running) -> Router {
    let cors = Cors::new(&config);
    Router::new().fallback(answer).with_state(Arc::new(Hall { data, config, cors, running }))
}

async fn answer(State(hall): State<Arc<Hall>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(path) = url::below(parts.uri.path(), hall.config.mount()) else {
        return Failure::not_found().reply().into_response();
    };
    let (mut response, request_id) = if parts.method == Method::OPTIONS {
        let mut response = Response::new(Body::from("OK"));
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, text);
        (response, None)
    } else {
        let (reply, request_id) = serve(&hall, path, &parts, body).await;
        (reply.into_response(), request_id)
    };
    let headers = response.headers_mut();
    hall.cors.apply(parts.headers.get(header::ORIGIN), headers);
    if let Some(id) = request_id.or_else(|| parts.headers.get(REQUEST_ID).cloned()) {
        headers.insert(REQUEST_ID, id);
    }
    // What leaves is somebody's health: no cache keeps it.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if parts.method == Method::HEAD {
        let body = std::mem::replace(response.body_mut(), Body::empty());
        if let Some(length) = body.size_hint().exact() {
            response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
    }
    response
}

/// Answers a request, with its id if the door gave it one.
async fn serve(hall: &Arc<Hall>, path: &str, parts: &Parts, body: Body) -> (Reply, Option<HeaderValue>) {
    let visit = match admit(&hall.config, path, parts, body).await {
        Ok(visit) => visit,
        Err(failure) => return (turned_away(hall, path, parts, failure).await.reply(), None),
    };
    let row = visit.row;
    let id = Arc::new(OnceLock::new());
    let work = visit.carry_out(hall.clone(), id.clone());
    let reply = detached(&hall.running, work).await;
    let id: Option<&Arc<str>> = id.get();
    let reply = reply.unwrap_or_else(|| {
        tracing::error!(id = id.map(|id| &**id), method = %row.method, route = row.path, "a request panicked");
        Reply::broken()
    });
    (reply, id.and_then(|id| HeaderValue::from_str(id).ok()))
}

/// Records that a request was refused before the door, if it names the application and a route; who can be proved to
/// ask is named.
///
/// # Errors
/// Answers why it couldn't be recorded, else what the request was refused with.
async fn turned_away(hall: &Hall, path: &str, parts: &Parts, failure: Failure) -> Failure {
    let config = &hall.config;
    // Nobody is told of what leads nowhere: it asked for nothing that exists.
    let (false, Some((row, params))) = (matches!(failure, Failure::Method(_)), route::first(path)) else {
        return failure;
    };
    let mut credentials = caller::shown(&parts.headers, origin(config, parts), config.app_id.as_deref());
    if credentials.app_id.is_none() || credentials.app_id != config.app_id {
        return failure;
    }
    credentials.ignore_session = row.ignores_session;
    // Wrong keys or a dead session are recorded as such; the answer is about what came first.
    let recorded = match hall.data.enter(credentials).await {
        Ok(cx) => {
            let asked = route::asked(&parts.method, row.path, params.first().map(String::as_str));
            let unheard = Unheard { asked: &asked, rule: "unreadable", code: failure.code() };
            hall.data.unheard(&cx, unheard).await
        }
        Err(error) => Err(error),
    };
    match recorded {
        Err(error @ data::Error::Unavailable { .. }) => error.into(),
        _ => failure,
    }
}

/// Where a request comes from.
fn origin(config: &Config, parts: &Parts) -> Option<IpAddr> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    address::client(peer, &parts.headers, &config.trusted_proxies)
}

/// A request that was understood, before anybody was asked for keys.
struct Visit {
    row: &'static Row,
    params: Vec<String>,
    query: Option<String>,
    body: JsonMap<String, Json>,
    credentials: Credentials,
}

/// Reads a request: its route, its body, and who it says it comes from.
async fn admit(config: &Config, path: &str, parts: &Parts, body: Body) -> Result<Visit, Failure> {
    let length = parts.uri.path().len() + parts.uri.query().map_or(0, str::len);
    if length > config.max_url {
        return Err(Failure::Broken(StatusCode::URI_TOO_LONG, "the URL is too long"));
    }
    if !route::knows(path) {
        return Err(Failure::not_found());
    }
    let method = if parts.method == Method::HEAD { Method::GET } else { parts.method.clone() };
    if let Match::Row(row, _) = route::find(&method, path)
        && matches!(row.handler, Handler::Keyless(_))
    {
        let (params, query, body, credentials) = Default::default();
        return Ok(Visit { row, params, query, body, credentials });
    }
    let limits = body::Limits { bytes: config.max_body, time: Duration::from_secs(config.body_timeout) };
    let bytes = body::read(&parts.headers, body, limits).await?;
    // What isn't JSON may still be a file, of which only the headers speak.
    let (mut body, malformed) = match json::object(&bytes, config.max_values) {
        Ok(body) => (body, None),
        Err(failure) => (JsonMap::new(), Some(failure)),
    };
    drop(bytes);
    let method = overridden(method, &mut body);
    let (row, params) = match route::find(&method, path) {
        Match::Row(row, params) => (row, params),
        Match::Methods(methods) => return Err(Failure::Method(methods)),
        Match::Nothing => return Err(Failure::not_found()),
    };
    if let Some(failure) = malformed.filter(|_| !row.later) {
        return Err(failure);
    }
    let mut credentials =
        caller::read(&parts.headers, &mut body, origin(config, parts), config.app_id.as_deref())?;
    credentials.ignore_session = row.ignores_session;
    Ok(Visit { row, params, query: parts.uri.query().map(ToOwned::to_owned), body, credentials })
}

/// Takes the method out of the body of a tunnelled request.
fn overridden(method: Method, body: &mut JsonMap<String, Json>) -> Method {
    if method != Method::POST || !body.get("_method").is_some_and(Json::is_string) {
        return method;
    }
    let Some(Json::String(name)) = body.remove("_method") else { return method };
    // A method that nobody has finds no route.
    Method::from_bytes(name.to_ascii_uppercase().as_bytes()).unwrap_or(Method::TRACE)
}

impl Visit {
    /// Goes through the door and to the handler; tells the request's id before it is refused or answered.
    async fn carry_out(self, hall: Arc<Hall>, told: Arc<OnceLock<Arc<str>>>) -> Reply {
        let row = self.row;
        if let Handler::Keyless(handler) = row.handler {
            return handler(hall).await.unwrap_or_else(Failure::reply);
        }
        let mut credentials = self.credentials;
        let id = told.get_or_init(|| hall.data.name_request(credentials.request_id.as_deref()));
        credentials.request_id = Some(id.as_ref().to_owned());
        let token: Option<Arc<str>> = credentials.session_token.as_deref().map(Into::into);
        let cx = match hall.data.enter(credentials).await {
            Ok(cx) => cx,
            Err(error) => return Failure::from(error).reply(),
        };
        let span = tracing::info_span!("request", id = &**id, method = %row.method, route = row.path);
        let sanitise = hall.config.sanitise_errors;
        let call = Call { hall, cx, params: self.params, query: self.query, body: self.body, token };
        let reply = async {
            let reply = call.answer(row).await.unwrap_or_else(|failure| failure.sanitised(sanitise).reply());
            tracing::debug!(status = reply.status().as_u16(), "answered");
            reply
        };
        reply.instrument(span).await
    }
}

impl Hall {
    /// Refuses a route that the settings don't open to the caller.
    pub(crate) fn open_to(&self, cx: &Context, row: &Row, params: &[String]) -> Result<(), Failure> {
        self.config.allowed_routes.as_ref().map_or(Ok(()), |allowed| allowed.check(cx, row, params))
    }

    /// Where clients find the API: what `Location` starts with.
    pub(crate) fn base(&self) -> &str {
        self.config.public_url.as_deref().unwrap_or(&self.config.mount_path).trim_end_matches('/')
    }
}
