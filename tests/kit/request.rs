//! One request of a scenario, put together and sent.

use std::future::{Future, IntoFuture};
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use futures_util::stream;
use http::{HeaderName, HeaderValue, Method};
use serde_json::Value as Json;
use tower::ServiceExt as _;

use crate::answer::Answer;
use crate::kit::{APP_ID, Kit, MASTER_KEY};

/// The header by which answer and trail are matched.
const REQUEST_ID: &str = "X-Parse-Request-Id";

/// A request that is sent when it is awaited.
///
/// Unless it is told otherwise it carries the application id and nothing else: an anonymous caller.
#[must_use = "a request is sent by awaiting it"]
pub struct Request<'a> {
    kit: &'a Kit,
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    pause: Option<Duration>,
    caller: Caller,
    from: SocketAddr,
}

/// Who asks.
enum Caller {
    /// Somebody who doesn't even name the application.
    Stranger,
    /// Somebody who names the application.
    Anonymous,
    /// The holder of the master key.
    Master,
    /// A user of the kit.
    User(String),
    /// Whoever holds a session token.
    Session(String),
}

impl<'a> Request<'a> {
    pub(crate) fn new(kit: &'a Kit, method: Method, path: String) -> Request<'a> {
        Request {
            kit,
            method,
            path,
            query: Vec::new(),
            headers: Vec::new(),
            body: Vec::new(),
            pause: None,
            caller: Caller::Anonymous,
            from: SocketAddr::from(([127, 0, 0, 1], 50_000)),
        }
    }

    /// Gives it a JSON body.
    pub fn json(mut self, body: Json) -> Self {
        self.body = body.to_string().into_bytes();
        self.header("Content-Type", "application/json")
    }

    /// Gives it a body as it is.
    pub fn bytes(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        self
    }

    /// Lets its body come a while after its head.
    pub fn slowly(mut self, pause: Duration) -> Self {
        self.pause = Some(pause);
        self
    }

    /// Adds a parameter to its URL; JSON that isn't text is written as JSON.
    pub fn query(mut self, name: &str, value: impl Into<Json>) -> Self {
        let value = match value.into() {
            Json::String(text) => text,
            other => other.to_string(),
        };
        self.query.push((name.to_owned(), value));
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends it as nobody: without the application id.
    pub fn as_stranger(mut self) -> Self {
        self.caller = Caller::Stranger;
        self
    }

    /// Sends it with the application id alone, as is the default.
    pub fn anonymous(mut self) -> Self {
        self.caller = Caller::Anonymous;
        self
    }

    /// Sends it with the master key.
    pub fn as_master(mut self) -> Self {
        self.caller = Caller::Master;
        self
    }

    /// Sends it as a user of the kit, who is signed up if this is the first time.
    pub fn as_user(mut self, name: &str) -> Self {
        self.caller = Caller::User(name.to_owned());
        self
    }

    /// Sends it with a session token.
    pub fn with_session(mut self, token: &str) -> Self {
        self.caller = Caller::Session(token.to_owned());
        self
    }

    /// Sends it from another address than this machine's.
    pub fn from(mut self, address: &str) -> Self {
        self.from = SocketAddr::new(address.parse().expect("an IP address"), 50_000);
        self
    }

    /// Sends it and waits for the whole answer.
    pub async fn send(mut self) -> Answer {
        match std::mem::replace(&mut self.caller, Caller::Anonymous) {
            Caller::Stranger => {}
            Caller::Anonymous => self = self.header("X-Parse-Application-Id", APP_ID),
            Caller::Master => {
                self = self.header("X-Parse-Application-Id", APP_ID).header("X-Parse-Master-Key", MASTER_KEY);
            }
            Caller::User(name) => {
                let token = self.kit.user(&name).await.token;
                self = self.header("X-Parse-Application-Id", APP_ID).header("X-Parse-Session-Token", &token);
            }
            Caller::Session(token) => {
                self = self.header("X-Parse-Application-Id", APP_ID).header("X-Parse-Session-Token", &token);
            }
        }
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(REQUEST_ID)) {
            let id = self.kit.next_request();
            self = self.header(REQUEST_ID, &id);
        }
        let id = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(REQUEST_ID));
        let id = id.map(|(_, id)| id.clone()).unwrap_or_default();
        let request = self.assemble();
        let response = self.kit.router.clone().oneshot(request).await.expect("a router always answers");
        Answer::read(self.kit, response, id).await
    }

    fn assemble(&mut self) -> http::Request<Body> {
        let mut target = self.path.clone();
        for (at, (name, value)) in self.query.iter().enumerate() {
            target.push(if at == 0 { '?' } else { '&' });
            target.push_str(&format!("{}={}", escape(name), escape(value)));
        }
        let body = std::mem::take(&mut self.body);
        let length = body.len();
        let body = match self.pause {
            None => Body::from(body),
            Some(pause) => Body::from_stream(stream::once(async move {
                tokio::time::sleep(pause).await;
                Ok::<_, std::convert::Infallible>(body)
            })),
        };
        let mut request = http::Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = target.parse().expect("a path that can be asked for");
        request.extensions_mut().insert(ConnectInfo(self.from));
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("a header value");
            request.headers_mut().insert(name, value);
        }
        if length > 0 {
            request.headers_mut().insert(http::header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        request
    }
}

impl<'a> IntoFuture for Request<'a> {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// Escapes what a query string can't hold as it is (RFC 3986 2.3).
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}
